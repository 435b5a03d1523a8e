"""Which edition stood for a date, found in memory."""

from datetime import UTC, date, datetime

import pytest

from app.domain.standings import Edition
from app.store.queries.board_editions import BoardEditions

DAYS = [date(2024, 7, 1), date(2024, 7, 4), date(2024, 7, 9)]
MOMENT = datetime(2024, 7, 10, tzinfo=UTC)


def edition(day: date) -> Edition:
    return Edition(day.day, day, MOMENT, MOMENT, "rev", 3, 9.0, "complete", None)


THREE = BoardEditions([edition(day) for day in DAYS])
NONE = BoardEditions([])


@pytest.mark.parametrize(
    ("day", "at", "before"),
    [
        pytest.param(date(2024, 6, 30), None, None, id="before-all"),
        pytest.param(date(2024, 7, 1), 1, None, id="the-first"),
        pytest.param(date(2024, 7, 3), 1, 1, id="between"),
        pytest.param(date(2024, 7, 4), 4, 1, id="on-the-day"),
        pytest.param(date.max, 9, 9, id="after-all"),
        pytest.param(date.min, None, None, id="the-first-of-days"),
    ],
)
def test_the_edition_of_a_date_and_the_one_before_it(
    day: date, at: int | None, before: int | None
) -> None:
    found = THREE.at(day), THREE.before(day)

    assert [one and one.snapshot_id for one in found] == [at, before]
    assert (NONE.at(day), NONE.before(day)) == (None, None)


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        pytest.param(None, None, [1, 4, 9], id="all"),
        pytest.param(date(2024, 7, 1), date(2024, 7, 4), [1, 4], id="limits-are-inclusive"),
        pytest.param(date(2024, 7, 2), None, [4, 9], id="from"),
        pytest.param(None, date(2024, 7, 8), [1, 4], id="to"),
        pytest.param(date(2024, 7, 8), date(2024, 7, 2), [], id="the-wrong-way-round"),
    ],
)
def test_the_editions_of_a_range(first: date | None, last: date | None, found: list[int]) -> None:
    assert [one.snapshot_id for one in THREE.between(first, last)] == found


def test_the_first_date_is_that_of_the_first() -> None:
    assert (THREE.first_date, NONE.first_date) == (DAYS[0], None)
