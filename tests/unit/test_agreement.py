"""How far two rankings agree: measures of all of a list, and of its top."""

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from app.analytics.agreement import (
    Agreement,
    Churn,
    RankBiasedOverlap,
    Ranking,
    agreement,
    among_common,
    churn,
    kendall_tau_b,
    rank_biased_overlap,
    top_k_overlap,
)

NOBODY: list[list[int]] = []


def board(groups: list[list[int]]) -> Ranking:
    """Items best first, those of one list tied; laid out worst first, for no order is asked for."""
    places: list[tuple[int, int]] = []
    for group in groups:
        rank = len(places) + 1
        places.extend((item, rank) for item in group)
    table = np.array(places[::-1], np.int32).reshape(-1, 2)
    return Ranking(table[:, 0], table[:, 1])


def strict(items: Sequence[int]) -> Ranking:
    return board([[item] for item in items])


def counted_pairs(one: list[int], other: list[int]) -> float | None:
    """Tau-b by looking at every pair."""
    same, untied_in_one, untied_in_other = 0, 0, 0
    for i, j in itertools.combinations(range(len(one)), 2):
        first = (one[i] > one[j]) - (one[i] < one[j])
        second = (other[i] > other[j]) - (other[i] < other[j])
        same += first * second
        untied_in_one += first != 0
        untied_in_other += second != 0
    if not untied_in_one or not untied_in_other:
        return None
    return same / math.sqrt(untied_in_one * untied_in_other)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        pytest.param([1, 2, 3], [1, 2, 3], 1.0, id="the-same"),
        pytest.param([1, 2, 3], [3, 2, 1], -1.0, id="reversed"),
        pytest.param([1, 2, 3, 4], [1, 2, 4, 3], 4 / 6, id="one-pair-swapped"),
        pytest.param([1, 2, 2], [1, 2, 3], 2 / math.sqrt(6), id="a-tie"),
        pytest.param([1, 1], [1, 2], None, id="one-side-all-tied"),
        pytest.param([1], [1], None, id="one-item"),
        pytest.param([], [], None, id="nothing"),
    ],
)
def test_tau_b(one: list[int], other: list[int], expected: float | None) -> None:
    assert kendall_tau_b(np.array(one, np.int32), np.array(other, np.int32)) == (
        expected if expected is None else pytest.approx(expected)
    )


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=40))
def test_tau_b_is_what_counting_pairs_gives(pairs: list[tuple[int, int]]) -> None:
    one, other = [pair[0] for pair in pairs], [pair[1] for pair in pairs]

    found = kendall_tau_b(np.array(one, np.int32), np.array(other, np.float64))

    counted = counted_pairs(one, other)
    assert found == (counted if counted is None else pytest.approx(counted, abs=1e-12))


def test_tau_b_is_what_scipy_gives() -> None:
    random = np.random.default_rng(1)
    one = random.integers(0, 300, 1000).astype(np.float64)
    other = one + random.integers(0, 500, 1000)

    found = kendall_tau_b(one, other)

    assert found == pytest.approx(kendalltau(one, other).statistic, abs=1e-12)


def overlap_by_sets(one: list[list[int]], other: list[list[int]], p: float) -> RankBiasedOverlap:
    """RBO by its definition: the sets at each depth, until no depth has any weight left."""
    short, long = sorted((one, other), key=lambda groups: sum(map(len, groups)))
    s, l = sum(map(len, short)), sum(map(len, long))  # noqa: E741
    at_s = agreement_of_sets(short, long, s)
    at_l = (len(top(short, l) & top(long, l)) + at_s * (l - s)) / l
    least = most = extrapolated = 0.0
    for depth in range(1, 800):
        weight = (1 - p) * p ** (depth - 1)
        first, second = top(short, depth), top(long, depth)
        shared, unseen = len(first & second), max(depth - s, 0) + max(depth - l, 0)
        size = (max(len(first), depth) + max(len(second), depth)) / 2
        least += weight * shared / size
        most += weight * min(shared + unseen, depth if unseen else math.inf) / size
        guess = (shared + at_s * max(depth - s, 0)) / size
        extrapolated += weight * (guess if depth <= l else at_l)
    return RankBiasedOverlap(least, most - least, extrapolated)


def top(groups: list[list[int]], depth: int) -> set[int]:
    """The items of rank <= depth."""
    found: set[int] = set()
    for group in groups:
        found |= set(group) if len(found) < depth else set()
    return found


def agreement_of_sets(one: list[list[int]], other: list[list[int]], depth: int) -> float:
    first, second = top(one, depth), top(other, depth)
    return 2 * len(first & second) / (len(first) + len(second))


@st.composite
def boards(draw: st.DrawFn) -> list[list[int]]:
    """Up to six items with ties of at most three."""
    items = draw(st.permutations(range(8)))[: draw(st.integers(1, 6))]
    groups: list[list[int]] = []
    for item in items:
        if groups and len(groups[-1]) < 3 and draw(st.booleans()):
            groups[-1].append(item)
        else:
            groups.append([item])
    return groups


@given(boards(), boards(), st.sampled_from([0.3, 0.9, 0.97]))
def test_rank_biased_overlap_is_what_its_definition_gives(
    one: list[list[int]], other: list[list[int]], p: float
) -> None:
    found = rank_biased_overlap(board(one), board(other), persistence=p)

    assert found == pytest.approx(overlap_by_sets(one, other, p), abs=1e-9)


@given(boards(), boards(), st.floats(0.01, 0.99))
def test_the_extrapolated_overlap_lies_between_its_bounds(
    one: list[list[int]], other: list[list[int]], p: float
) -> None:
    found = rank_biased_overlap(board(one), board(other), persistence=p)

    assert found is not None
    assert found == rank_biased_overlap(board(other), board(one), persistence=p)
    assert found.minimum <= found.extrapolated + 1e-12
    assert found.extrapolated <= found.minimum + found.residual + 1e-12
    assert 0 <= found.minimum + found.residual <= 1 + 1e-12


def test_a_list_agrees_wholly_with_itself() -> None:
    tied = board([[1], [2, 3, 4], [5]])

    found = rank_biased_overlap(tied, tied)

    assert found is not None
    assert found.extrapolated == pytest.approx(1)
    assert found.minimum + found.residual == pytest.approx(1)


def test_a_swap_at_the_top_costs_the_weight_of_the_first_place() -> None:
    found = rank_biased_overlap(strict([1, 2, 3, 4, 5, 6, 7]), strict([2, 1, 3, 4, 5, 6, 7]))

    assert found is not None
    assert found.extrapolated == pytest.approx(0.9)


def test_lists_that_share_nothing_may_still_share_what_is_unseen() -> None:
    found = rank_biased_overlap(strict([1, 2]), strict([3, 4, 5]))

    assert found is not None
    assert (found.minimum, found.extrapolated) == (0, 0)
    assert found.residual > 0.5


def test_a_match_far_down_a_long_list_counts_for_next_to_nothing() -> None:
    one, other = strict(range(3000)), strict([*range(5000, 8000), 2999])

    found = rank_biased_overlap(one, other)

    assert found is not None
    assert 0 <= found.minimum <= found.extrapolated < 1e-100
    assert found.residual < 1e-100


def test_a_long_list_with_little_in_common() -> None:
    random = np.random.default_rng(1)
    one, other = random.permutation(4000).tolist(), random.permutation(5000)[:4500].tolist()
    mine: set[int] = set()
    theirs: set[int] = set()
    least = 0.0
    for depth in range(1, 4501):
        mine |= set(one[depth - 1 : depth])
        theirs.add(other[depth - 1])
        least += 0.01 * 0.99 ** (depth - 1) * len(mine & theirs) / depth

    found = rank_biased_overlap(strict(one), strict(other), persistence=0.99)

    assert found is not None
    assert found.minimum == pytest.approx(least, abs=1e-9)


@pytest.mark.parametrize("p", [0.0, 1.0, -0.5, 2.0, math.nan])
def test_a_persistence_is_a_probability(p: float) -> None:
    with pytest.raises(ValueError, match="persistence"):
        rank_biased_overlap(strict([1]), strict([1]), persistence=p)


def test_ties_may_make_the_top_more_than_k() -> None:
    one, other = board([[1], [2, 3], [4]]), board([[1], [2], [3, 4]])

    assert top_k_overlap(one, other, 2) == pytest.approx(2 / 3)
    assert top_k_overlap(one, other, 3) == pytest.approx(3 / 4)


@given(boards(), boards(), st.integers(0, 8))
def test_top_k_overlap_is_what_sets_give(
    one: list[list[int]], other: list[list[int]], k: int
) -> None:
    first, second = top(one, k), top(other, k)

    found = top_k_overlap(board(one), board(other), k)

    either = len(first | second)
    assert found == (pytest.approx(len(first & second) / either) if either else None)


def test_boards_agree_by_all_measures() -> None:
    one, other = strict([1, 2, 3, 4]), strict([1, 3, 2, 9, 4])

    found = agreement(one, other, k=2)

    assert found.common_models == 4
    assert found.kendall_tau_b == pytest.approx(4 / 6)
    assert found.rank_biased_overlap == rank_biased_overlap(one, other, persistence=0.9)
    assert found.top_k_overlap == pytest.approx(1 / 3)


def test_a_board_without_entries_agrees_with_nothing() -> None:
    assert agreement(board(NOBODY), strict([1])) == Agreement(0, None, None, 0.0)
    assert agreement(board(NOBODY), board(NOBODY)) == Agreement(0, None, None, None)


@given(boards(), boards())
def test_what_stands_on_both_is_ranked_anew(one: list[list[int]], other: list[list[int]]) -> None:
    common = {item for group in one for item in group} & {item for group in other for item in group}

    for ranking, groups in zip(among_common(board(one), board(other)), (one, other), strict=True):
        kept = [[item for item in group if item in common] for group in groups]
        expected = board([group for group in kept if group])
        assert ranks(ranking) == ranks(expected)


def ranks(ranking: Ranking) -> dict[int, int]:
    return dict(zip(ranking.item.tolist(), ranking.rank.tolist(), strict=True))


def test_churn_is_what_came_and_went() -> None:
    before, after = strict([1, 2, 3, 4, 5]), strict([9, 1, 2, 5, 8, 7])

    found = churn(before, after, k=3)

    overlap = rank_biased_overlap(before, after)
    assert overlap is not None
    assert found == Churn(1 - overlap.extrapolated, 1 / 3, entered=3, left=2)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(NOBODY, [[1], [2]], Churn(None, 1.0, 2, 0), id="the-first-entries"),
        pytest.param([[1]], NOBODY, Churn(None, None, 0, 1), id="all-went"),
        pytest.param(NOBODY, NOBODY, Churn(None, None, 0, 0), id="nothing"),
    ],
)
def test_churn_of_an_empty_edition(
    before: list[list[int]], after: list[list[int]], expected: Churn
) -> None:
    assert churn(board(before), board(after)) == expected
