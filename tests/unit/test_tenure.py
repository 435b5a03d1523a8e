"""How long something held."""

from datetime import date

import pytest

from app.analytics.tenure import Tenure, days_held


def july(day: int) -> date:
    return date(2024, 7, day)


@pytest.mark.parametrize(
    ("tenures", "days"),
    [
        pytest.param([], 0, id="never"),
        pytest.param([(1, 11)], 5, id="began-before-the-window"),
        pytest.param([(8, 11)], 3, id="inside"),
        pytest.param([(15, None)], 5, id="lasts"),
        pytest.param([(15, 30)], 5, id="ends-after-the-window"),
        pytest.param([(1, 5)], 0, id="before-the-window"),
        pytest.param([(20, None)], 0, id="began-on-the-last-day"),
        pytest.param([(7, 9), (9, 12), (18, None)], 7, id="several"),
    ],
)
def test_days_in_a_window(tenures: list[tuple[int, int | None]], days: int) -> None:
    held = [Tenure(july(start), None if end is None else july(end)) for start, end in tenures]

    assert days_held(held, first=july(6), last=july(20)) == days


def test_without_a_window_all_days_count() -> None:
    assert days_held([Tenure(date(2023, 7, 1), None)], last=date(2024, 7, 1)) == 366
