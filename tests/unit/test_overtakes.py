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


@pytest.mark.parametrize(
    ("between", "previous"),
    [
        pytest.param([{A: 1, B: 1}], 0, id="level"),
        pytest.param([{A: 1}], 0, id="the-overtaker-away"),
        pytest.param([{B: 1}], 0, id="the-overtaken-away"),
        pytest.param([{}], 0, id="both-away"),
        pytest.param([{A: 1}, {B: 1}, {A: 1, B: 1}, {C: 1}], 0, id="one-after-the-other"),
        pytest.param([{A: 1, B: 1}, {A: 3, B: 4}, {A: 1}], 2, id="behind-again"),
    ],
)
def test_a_pause_in_between_is_stepped_over(between: list[Ranks], previous: int) -> None:
    series = [{A: 1, B: 2}, *between, {A: 2, B: 1}]

    found = overtakes(list(map(edition, series)), top_n=10, higher_is_better=True)

    before = series[previous]
    assert found == [
        Overtake(len(series) - 1, previous, B, A, before[B], 1, before[A], 2, definitive=None)
    ]


@pytest.mark.parametrize(
    "series",
    [
        pytest.param([{A: 1, B: 2}, {A: 1, B: 1}, {A: 1, B: 2}], id="level-and-behind-again"),
        pytest.param([{A: 1, B: 2}, {A: 1}, {A: 1, B: 2}], id="away-and-behind-again"),
        pytest.param([{A: 1, B: 1}, {A: 1, B: 1}, {A: 1, B: 2}], id="always-level"),
        pytest.param([{A: 1}, {}, {A: 2, B: 1}], id="who-comes-finds-who-comes-back"),
        pytest.param([{A: 1}, {B: 1}, {A: 2, B: 1}], id="never-met"),
    ],
)
def test_a_pause_alone_makes_no_overtake(series: list[Ranks]) -> None:
    assert passed(*series) == []


def test_the_top_before_a_pause_is_that_of_the_edition_compared() -> None:
    series: list[Ranks] = [{A: 1, B: 8}, {A: 3, B: 3}, {A: 9, B: 8}]

    assert passed(*series, top_n=1) == [(2, B, A)]
    assert passed({A: 1, B: 2}, {A: 5, B: 8}, *series[1:], top_n=1) == []


def test_editions_before_the_span_tell_who_was_behind() -> None:
    series = [{A: 1, B: 2}, {A: 2, B: 1}, {A: 1, B: 1}, {A: 1, B: 2}]
    editions = list(map(edition, series))

    found = overtakes(editions, top_n=10, higher_is_better=True, since=2)

    assert [(one.edition, one.previous_edition, one.model) for one in found] == [(3, 1, A)]


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

    assert found == [Overtake(1, 0, B, A, 5, 3, 2, 4, definitive=None)]


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
    """The same by following every two models through all editions."""
    found = []
    for one in range(13):
        for other in range(13):
            uneven = [
                (number, ranks[one], ranks[other])
                for number, ranks in enumerate(editions)
                if one in ranks and other in ranks and ranks[one] != ranks[other]
            ]
            for (before, was, its), (now, rank, its_rank) in pairwise(uneven):
                touched = its <= top_n or rank <= top_n
                wanted = concerning is None or one in concerning or other in concerning
                if was > its and rank < its_rank and touched and wanted:
                    mine, theirs = bounds[now].get(one), bounds[now].get(other)
                    definitive = mine[0] > theirs[1] if mine and theirs else None
                    ranks_of = (was, rank, its, its_rank)
                    found.append(Overtake(now, before, one, other, *ranks_of, definitive))
    return sorted(found, key=lambda o: (o.edition, o.rank_after, o.overtaken_rank_after, *o[2:4]))


boards = st.dictionaries(st.integers(0, 12), st.integers(1, 5), max_size=10)
intervals = st.dictionaries(
    st.integers(0, 12),
    st.tuples(st.integers(0, 9), st.integers(0, 3)).map(lambda b: (float(b[0]), float(sum(b)))),
)


@given(
    st.lists(st.tuples(boards, intervals), max_size=7),
    st.integers(1, 6),
    st.none() | st.sets(st.integers(0, 12), max_size=3),
    st.integers(0, 4),
)
def test_candidates_give_what_comparing_all_does(
    series: list[tuple[Ranks, dict[int, Bounds]]],
    top_n: int,
    concerning: set[int] | None,
    since: int,
) -> None:
    found = overtakes(
        [edition(ranks, bounds) for ranks, bounds in series],
        top_n=top_n,
        higher_is_better=True,
        concerning=concerning,
        since=since,
    )

    ranks, bounds = [one for one, _ in series], [one for _, one in series]
    told = compared(ranks, bounds, top_n, concerning)
    assert found == [one for one in told if one.edition >= since]
