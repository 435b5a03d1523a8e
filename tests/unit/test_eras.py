"""When the eras of boards ended."""

from datetime import date

import pytest

from app.analytics.eras import era_ends, held_until
from app.domain.eras import Beginning


def july(day: int) -> date:
    return date(2024, 7, day)


def begun(
    number: int, era: str, day: int, category: str = "overall", of: str = "demo"
) -> Beginning:
    return Beginning(number, of, category, era, july(day))


@pytest.mark.parametrize(
    ("beginnings", "expected"),
    [
        pytest.param([], {}, id="none"),
        pytest.param([begun(1, "v1", 1)], {}, id="one-lasts"),
        pytest.param([begun(1, "v1", 1), begun(2, "v2", 9)], {1: 9}, id="the-next-ends-it"),
        pytest.param(
            [begun(3, "a", 20), begun(2, "b", 9), begun(1, "c", 1)],
            {1: 9, 2: 20},
            id="in-order-of-dates",
        ),
        pytest.param(
            [begun(1, "v1", 1), begun(2, "v2", 9, of="other")], {}, id="of-the-same-family"
        ),
        pytest.param(
            [begun(1, "v1", 1), begun(2, "v1", 5, "hard"), begun(3, "v2", 9)],
            {1: 9, 2: 9},
            id="of-any-category-where-its-own-ends",
        ),
        pytest.param(
            [begun(1, "v1", 1, "hard"), begun(2, "v2", 9), begun(3, "v2", 12, "hard")],
            {1: 12},
            id="of-its-own-category-first",
        ),
        pytest.param(
            [begun(1, "v1", 1), begun(2, "v2", 3), begun(3, "v1", 9, "late")],
            {1: 3, 3: 3},
            id="a-category-that-came-when-its-era-was-over",
        ),
        pytest.param(
            [begun(1, "v1", 1), begun(2, "v2", 1), begun(3, "v3", 9)],
            {1: 9, 2: 9},
            id="those-of-one-day-are-beside-each-other",
        ),
    ],
)
def test_an_era_ends_when_the_next_begins(
    beginnings: list[Beginning], expected: dict[int, int]
) -> None:
    assert era_ends(beginnings) == {board: july(day) for board, day in expected.items()}


@pytest.mark.parametrize(
    ("ended", "until"),
    [
        pytest.param(None, None, id="lasts"),
        pytest.param(9, 9, id="until-the-next-era"),
        pytest.param(3, 5, id="printed-beside-the-next-era"),
    ],
)
def test_the_newest_edition_holds_until_the_era_ends(ended: int | None, until: int | None) -> None:
    found = held_until(july(5), None if ended is None else july(ended))

    assert found == (None if until is None else july(until))
