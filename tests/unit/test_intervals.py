"""Ranks that overlapping score intervals leave open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.intervals import RankIntervals
from app.domain.standings import Standing
from tests.values import ranked, standing

Bounds = tuple[float, float] | None


def open_ranks(
    entries: list[Standing], *, higher_is_better: bool = True
) -> list[tuple[int, int] | None]:
    intervals = RankIntervals(entries, higher_is_better=higher_is_better)
    found = [intervals.of(entry) for entry in entries]
    return [open_rank and (open_rank.lower, open_rank.upper) for open_rank in found]


def tiers(entries: list[Standing], *, higher_is_better: bool = True) -> list[int | None]:
    intervals = RankIntervals(entries, higher_is_better=higher_is_better)
    found = [intervals.of(entry) for entry in entries]
    return [open_rank and open_rank.tier for open_rank in found]


@pytest.mark.parametrize(
    ("intervals", "expected"),
    [
        pytest.param([(9, 11), (5, 7)], [(1, 1), (2, 2)], id="apart"),
        pytest.param([(9, 11), (8, 10)], [(1, 2), (1, 2)], id="overlap"),
        pytest.param([(9, 11), (7, 9)], [(1, 2), (1, 2)], id="touch"),
        pytest.param([(9, 11), (6, 10), (5, 7)], [(1, 2), (1, 3), (2, 3)], id="chain"),
        pytest.param([(9, 11), None, (5, 7)], [(1, 1), None, (2, 2)], id="unknown-not-counted"),
        pytest.param([], [], id="nobody"),
    ],
)
def test_overlap_decides(intervals: list[Bounds], expected: list[tuple[int, int] | None]) -> None:
    assert open_ranks(ranked(intervals)) == expected


def test_a_low_score_can_be_the_better_one() -> None:
    entries = [standing("a", interval=(1, 2)), standing("b", interval=(3, 4))]

    assert open_ranks(entries, higher_is_better=False) == [(1, 1), (2, 2)]


bounds = st.none() | st.tuples(st.integers(0, 20), st.integers(0, 5)).map(
    lambda pair: (float(pair[0]), float(pair[0] + pair[1]))
)


@given(st.lists(bounds, max_size=30))
def test_sorting_gives_what_counting_does(intervals: list[Bounds]) -> None:
    known = [interval for interval in intervals if interval is not None]

    counted = [
        interval
        and (
            1 + sum(other[0] > interval[1] for other in known),
            sum(other[1] >= interval[0] for other in known),
        )
        for interval in intervals
    ]

    assert open_ranks(ranked(intervals)) == counted


@pytest.mark.parametrize(
    ("intervals", "expected"),
    [
        pytest.param([(9, 11), (5, 7)], [1, 2], id="apart"),
        pytest.param([(9, 11), (8, 10), (7, 9)], [1, 1, 1], id="all-touch-the-first"),
        pytest.param([(9, 11), (7, 10), (5, 8)], [1, 1, 2], id="a-chain-is-cut"),
        pytest.param([(9, 11), (5, 8), (4, 7), (1, 3)], [1, 2, 2, 3], id="several"),
        pytest.param([(9, 11), None, (5, 7)], [1, None, 2], id="unknown-is-in-none"),
        pytest.param([], [], id="nobody"),
    ],
)
def test_a_tier_is_what_cannot_be_told_from_its_first(
    intervals: list[Bounds], expected: list[int | None]
) -> None:
    assert tiers(ranked(intervals)) == expected


def test_where_less_is_better_the_lowest_are_the_first_tier() -> None:
    entries = [
        standing("a", score=1.5, interval=(1, 2)),
        standing("b", rank=2, score=3.5, interval=(3, 4)),
    ]

    assert tiers(entries, higher_is_better=False) == [1, 2]


@given(st.lists(bounds, max_size=20))
def test_tiers_are_those_of_going_down_by_score(intervals: list[Bounds]) -> None:
    entries = ranked(intervals)
    expected: dict[float, int] = {}
    anchor = float("inf")
    for score in sorted({e.score for e in entries if e.score_lower is not None}, reverse=True):
        same = [e for e in entries if e.score == score and e.score_upper is not None]
        first = max(same, key=lambda e: (e.score_upper or 0.0, e.score_lower or 0.0))
        began = (first.score_upper or 0.0) < anchor
        expected[score] = (max(expected.values(), default=0)) + began
        if began:
            anchor = first.score_lower or 0.0

    assert tiers(entries) == [None if e.score_lower is None else expected[e.score] for e in entries]


def test_the_leader_begins_the_first_tier_however_wide_anothers_interval_is() -> None:
    entries = [
        standing("leader", score=10, interval=(9, 11)),
        standing("unsure", rank=2, score=8, interval=(2, 14)),
        standing("third", rank=3, score=7, interval=(6.5, 7.5)),
    ]

    assert tiers(entries) == [1, 1, 2]
