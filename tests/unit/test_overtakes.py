"""Who passed whom."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.overtakes import Overtake, Places, overtakes

A, B, C, D = 1, 2, 3, 4
Bounds = tuple[float, float] | None
Ranks = dict[int, int]


def edition(ranks: Ranks, bounds: dict[int, Bounds] | None = None) -> Places:
    intervals = [(bounds or {}).get(model) or (np.nan, np.nan) for model in ranks]
    return Places(
        np.array(list(ranks), np.int64),
        np.array(list(ranks.values()), np.int32),
        np.array([lower for lower, _ in intervals], np.float64),
        np.array([upper for _, upper in intervals], np.float64),
    )


def passed(*editions: Ranks, top_n: int = 10) -> list[tuple[int, int, int]]:
    """(Edition, who passed, who was passed)."""
    found = overtakes(list(map(edition, editions)), top_n=top_n, higher_is_better=True)
    return [(one.edition, one.model, one.overtaken) for one in found]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param({A: 1, B: 2}, {A: 1, B: 2}, [], id="nothing-happened"),
        pytest.param({A: 1, B: 2}, {A: 2, B: 1}, [(1, B, A)], id="passed"),
        pytest.param({A: 1, B: 2}, {A: 1, B: 1}, [], id="drew-level"),
        pytest.param({A: 1, B: 1}, {A: 2, B: 1}, [], id="was-level"),
        pytest.param({A: 1, B: 2}, {B: 1}, [], id="the-other-left"),
        pytest.param({A: 1}, {A: 2, B: 1}, [], id="came-in-ahead"),
        pytest.param(
            {A: 1, B: 2, C: 3}, {C: 1, A: 2, B: 3}, [(1, C, A), (1, C, B)], id="passed-two"
        ),
        pytest.param(
            {A: 1, B: 2, C: 3},
            {C: 1, B: 2, A: 3},
            [(1, C, B), (1, C, A), (1, B, A)],
            id="turned-round",
        ),
    ],
)
def test_passing_is_from_strictly_behind_to_strictly_ahead(
    before: Ranks, after: Ranks, expected: list[tuple[int, int, int]]
) -> None:
    assert passed(before, after) == expected


def test_every_pair_of_consecutive_editions_counts() -> None:
    assert passed({A: 1, B: 2}, {A: 2, B: 1}, {A: 2, B: 1}, {A: 1, B: 2}) == [(1, B, A), (3, A, B)]


def test_a_model_that_was_away_passed_nobody() -> None:
    assert passed({A: 1, B: 2}, {A: 1}, {A: 2, B: 1}) == []


@pytest.mark.parametrize(
    ("top_n", "expected"),
    [
        pytest.param(1, [(1, B, A)], id="the-overtaken-stood-in-it-or-the-overtaker-stands-there"),
        pytest.param(2, [(1, B, A)], id="who-stood-and-stands-below-does-not-count"),
        pytest.param(3, [(1, B, A), (1, D, C)], id="wide-enough-for-both"),
    ],
)
def test_the_top_must_be_touched(top_n: int, expected: list[tuple[int, int, int]]) -> None:
    assert passed({A: 1, B: 2, C: 3, D: 4}, {B: 1, A: 2, D: 3, C: 4}, top_n=top_n) == expected


def test_falling_out_of_the_top_is_being_passed_there() -> None:
    assert passed({A: 1, B: 8, C: 9}, {B: 7, C: 8, A: 9}, top_n=1) == [(1, B, A), (1, C, A)]


def test_rising_into_the_top_is_passing_there() -> None:
    assert passed({A: 7, B: 8, C: 9}, {C: 1, A: 8, B: 9}, top_n=1) == [(1, C, A), (1, C, B)]


def test_an_overtake_says_where_both_stood() -> None:
    found = overtakes(
        [edition({A: 2, B: 5}), edition({A: 4, B: 3})], top_n=10, higher_is_better=True
    )

    assert found == [Overtake(1, B, A, 5, 3, 2, 4, None)]


@pytest.mark.parametrize(
    ("winner", "loser", "higher_is_better", "definitive"),
    [
        pytest.param((8, 9), (5, 7), True, True, id="apart"),
        pytest.param((7, 9), (5, 7), True, False, id="touch"),
        pytest.param((6, 9), (5, 7), True, False, id="overlap"),
        pytest.param((5, 7), (8, 9), False, True, id="less-is-better"),
        pytest.param((5, 8), (8, 9), False, False, id="less-is-better-touch"),
        pytest.param(None, (5, 7), True, None, id="the-winner-has-none"),
        pytest.param((8, 9), None, True, None, id="the-loser-has-none"),
        pytest.param((8, np.nan), (5, 7), True, None, id="half-an-interval"),
    ],
)
def test_intervals_apart_make_it_definitive(
    winner: Bounds, loser: Bounds, *, higher_is_better: bool, definitive: bool | None
) -> None:
    before = edition({A: 1, B: 2}, {A: (0, 1), B: (0, 1)})
    after = edition({B: 1, A: 2}, {B: winner, A: loser})

    found = overtakes([before, after], top_n=10, higher_is_better=higher_is_better)

    assert [one.definitive for one in found] == [definitive]


def test_one_can_ask_for_some_models_only() -> None:
    editions = [edition({A: 1, B: 2, C: 3}), edition({C: 1, B: 2, A: 3})]

    found = overtakes(editions, top_n=10, higher_is_better=True, concerning={A})

    assert [(one.model, one.overtaken) for one in found] == [(C, A), (B, A)]
    assert overtakes(editions, top_n=10, higher_is_better=True, concerning=[D]) == []


@pytest.mark.parametrize(
    "editions",
    [
        pytest.param([], id="no-edition"),
        pytest.param([{A: 1, B: 2}], id="one-edition"),
        pytest.param([{}, {A: 1}, {}], id="empty-editions"),
    ],
)
def test_without_two_to_compare_nobody_passes(editions: list[Ranks]) -> None:
    assert passed(*editions) == []


def compared(
    editions: list[Ranks], bounds: list[dict[int, Bounds]], top_n: int, concerning: set[int] | None
) -> list[Overtake]:
    """The same by comparing everyone with everyone."""
    found = []
    for index, (before, after) in enumerate(pairwise(editions), 1):
        for one in before.keys() & after.keys():
            for other in before.keys() & after.keys():
                touched = before[other] <= top_n or after[one] <= top_n
                wanted = concerning is None or one in concerning or other in concerning
                if before[one] > before[other] and after[one] < after[other] and touched and wanted:
                    mine, its = bounds[index].get(one), bounds[index].get(other)
                    definitive = mine[0] > its[1] if mine and its else None
                    ranks = (before[one], after[one], before[other], after[other])
                    found.append(Overtake(index, one, other, *ranks, definitive))
    return sorted(found, key=lambda o: (o.edition, o.rank_after, o.overtaken_rank_after, *o[1:3]))


boards = st.dictionaries(st.integers(0, 12), st.integers(1, 9), max_size=10)
intervals = st.dictionaries(
    st.integers(0, 12),
    st.tuples(st.integers(0, 9), st.integers(0, 3)).map(lambda b: (float(b[0]), float(sum(b)))),
)


@given(
    st.lists(st.tuples(boards, intervals), max_size=4),
    st.integers(1, 10),
    st.none() | st.sets(st.integers(0, 12), max_size=3),
)
def test_candidates_give_what_comparing_all_does(
    series: list[tuple[Ranks, dict[int, Bounds]]], top_n: int, concerning: set[int] | None
) -> None:
    found = overtakes(
        [edition(ranks, bounds) for ranks, bounds in series],
        top_n=top_n,
        higher_is_better=True,
        concerning=concerning,
    )

    ranks, bounds = [one for one, _ in series], [one for _, one in series]
    assert found == compared(ranks, bounds, top_n, concerning)
