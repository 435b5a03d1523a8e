"""Ranks that overlapping score intervals leave open."""

from collections.abc import Collection

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.intervals import RankInterval, rank_intervals
from app.domain.standings import Standing
from tests.values import ranked, standing

Bounds = tuple[float, float] | None


def intervals_of(
    entries: list[Standing], *, higher_is_better: bool = True
) -> list[RankInterval | None]:
    columns = [
        np.array([getattr(entry, name) for entry in entries], np.float64)
        for name in ("score", "score_lower", "score_upper")
    ]
    found = rank_intervals(*columns, higher_is_better=higher_is_better)
    return [found.of(place) for place in range(len(entries))]


def open_ranks(
    entries: list[Standing], *, higher_is_better: bool = True
) -> list[tuple[int, int] | None]:
    found = intervals_of(entries, higher_is_better=higher_is_better)
    return [open_rank and (open_rank.lower, open_rank.upper) for open_rank in found]


def without_interval(entries: list[Standing], places: Collection[int]) -> list[Standing]:
    """The entries, of which those at some places were given no interval."""
    return [
        entry._replace(score_lower=None, score_upper=None) if place in places else entry
        for place, entry in enumerate(entries)
    ]


def mirrored(entry: Standing) -> Standing:
    """The same entry on a scale on which less is better."""
    lower, upper = entry.score_lower, entry.score_upper
    return entry._replace(
        score=-entry.score,
        score_lower=None if upper is None else -upper,
        score_upper=None if lower is None else -lower,
    )


def as_bounds(entry: Standing) -> tuple[float, float]:
    """The interval that an entry is compared with."""
    if entry.score_lower is None or entry.score_upper is None:
        return entry.score, entry.score
    return entry.score_lower, entry.score_upper


def tiers(entries: list[Standing], *, higher_is_better: bool = True) -> list[int | None]:
    found = intervals_of(entries, higher_is_better=higher_is_better)
    return [open_rank and open_rank.tier for open_rank in found]


@pytest.mark.parametrize(
    ("intervals", "expected"),
    [
        pytest.param([(9, 11), (5, 7)], [(1, 1), (2, 2)], id="apart"),
        pytest.param([(9, 11), (8, 10)], [(1, 2), (1, 2)], id="overlap"),
        pytest.param([(9, 11), (7, 9)], [(1, 2), (1, 2)], id="touch"),
        pytest.param([(9, 11), (6, 10), (5, 7)], [(1, 2), (1, 3), (2, 3)], id="chain"),
        pytest.param([(9, 11), None, (5, 7)], [(1, 1), None, (2, 2)], id="unknown-is-below"),
        pytest.param([], [], id="nobody"),
    ],
)
def test_overlap_decides(intervals: list[Bounds], expected: list[tuple[int, int] | None]) -> None:
    assert open_ranks(ranked(intervals)) == expected


def test_a_low_score_can_be_the_better_one() -> None:
    entries = [standing("a", interval=(1, 2)), standing("b", interval=(3, 4))]

    assert open_ranks(entries, higher_is_better=False) == [(1, 1), (2, 2)]


bounds = st.tuples(st.integers(0, 20), st.integers(0, 5)).map(
    lambda pair: (float(pair[0]), float(pair[0] + pair[1]))
)
some_without_interval = st.builds(
    lambda intervals, places: without_interval(ranked(intervals), places),
    st.lists(bounds, max_size=30),
    st.sets(st.integers(0, 29)),
)


@given(some_without_interval)
def test_sorting_gives_what_counting_does(entries: list[Standing]) -> None:
    compared = [as_bounds(entry) for entry in entries]

    counted = [
        None
        if entry.score_lower is None
        else (
            1 + sum(other[0] > upper for other in compared),
            sum(other[1] >= lower for other in compared),
        )
        for entry, (lower, upper) in zip(entries, compared, strict=True)
    ]

    assert open_ranks(entries) == counted


@pytest.mark.parametrize("sign", [1, -1])
def test_who_has_no_interval_still_stands_ahead_of_who_has_one(sign: int) -> None:
    entries = without_interval(ranked([(89, 91), (79, 81), (69, 71), (68, 70)]), {0, 1})
    if sign < 0:
        entries = [mirrored(entry) for entry in entries]

    higher = sign > 0
    assert open_ranks(entries, higher_is_better=higher) == [None, None, (3, 4), (3, 4)]
    assert tiers(entries, higher_is_better=higher) == [None, None, 3, 3]


def test_a_score_without_interval_lies_in_anothers() -> None:
    entries = without_interval(ranked([(9, 11), (6, 12), (5, 6)]), {0})

    assert open_ranks(entries) == [None, (1, 3), (2, 3)]
    assert tiers(entries) == [None, 1, 2]


def test_where_nobody_has_an_interval_no_ranks_are_open() -> None:
    entries = without_interval(ranked([(9, 11), (5, 7)]), {0, 1})

    assert open_ranks(entries) == [None, None]
    assert tiers(entries) == [None, None]


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


@given(some_without_interval)
def test_tiers_are_those_of_going_down_by_score(entries: list[Standing]) -> None:
    expected: dict[float, int] = {}
    anchor = float("inf")
    for score in sorted({e.score for e in entries}, reverse=True):
        lower, upper = max(
            (as_bounds(e) for e in entries if e.score == score),
            key=lambda bound: (bound[1], bound[0]),
        )
        began = upper < anchor
        expected[score] = (max(expected.values(), default=0)) + began
        if began:
            anchor = lower

    assert tiers(entries) == [None if e.score_lower is None else expected[e.score] for e in entries]


def test_the_leader_begins_the_first_tier_however_wide_anothers_interval_is() -> None:
    entries = [
        standing("leader", score=10, interval=(9, 11)),
        standing("unsure", rank=2, score=8, interval=(2, 14)),
        standing("third", rank=3, score=7, interval=(6.5, 7.5)),
    ]

    assert tiers(entries) == [1, 1, 2]


def test_those_of_some_places_are_theirs() -> None:
    columns = (np.array([3.0, 2.0, 1.0]), np.array([2.5, np.nan, 0.5]), np.array([3.5, 2.0, 1.5]))
    found = rank_intervals(*columns, higher_is_better=True)

    some = found.at(np.array([2, 1]))

    assert [some.of(place) for place in (0, 1)] == [found.of(2), None]


def test_of_equal_scores_the_widest_interval_counts() -> None:
    entries = [
        standing("leader", score=10, interval=(9, 11)),
        standing("narrow", rank=2, score=8, interval=(7.5, 8.5)),
        standing("wide", rank=2, score=8, interval=(6, 9.5)),
    ]

    assert tiers(entries) == tiers([entries[0], *entries[:0:-1]]) == [1, 1, 1]
