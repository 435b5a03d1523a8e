"""How far two rankings agree: two boards at a time, or two editions of one board."""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.domain.groups import Ints

Floats = npt.NDArray[np.float64]

PERSISTENCE = 0.9
TOP_N = 10


class Ranking(NamedTuple):
    """A board's entries in any order: whose each is, by number and once, and its rank ("1224")."""

    item: Ints
    rank: Ints


class RankBiasedOverlap(NamedTuple):
    """Overlap of two rankings that weighs the top most; 0 is disjoint, 1 the same. All in 0..1.

    `minimum` is what was seen, `residual` what the unseen below the ends of the lists could add
    at most, `extrapolated` the estimate if the agreement seen at the end went on for ever.
    """

    minimum: float
    residual: float
    extrapolated: float


class Agreement(NamedTuple):
    """How far two boards agree.

    `kendall_tau_b` (-1..1) is among the `common_models` only; `rank_biased_overlap` and
    `top_k_overlap` (0..1) are of the whole boards. None where there is nothing to compare.
    """

    common_models: int
    kendall_tau_b: float | None
    rank_biased_overlap: RankBiasedOverlap | None
    top_k_overlap: float | None


class Churn(NamedTuple):
    """How much of a board changed from one edition to another.

    `rank_biased_distance` is 1 - the extrapolated overlap, None if one is empty. `top_k_replaced`
    is the part of the later top k that was not in the earlier one, None if there is none.
    `entered` and `left` count the entries that only the later or only the earlier edition has.
    """

    rank_biased_distance: float | None
    top_k_replaced: float | None
    entered: int
    left: int


def agreement(
    one: Ranking, other: Ranking, *, k: int = TOP_N, persistence: float = PERSISTENCE
) -> Agreement:
    """How far two boards agree, all measures; symmetric.

    Raises:
        ValueError: `persistence` is not between 0 and 1.
    """
    ranks = _common_ranks(one, other)
    return Agreement(
        common_models=len(ranks[0]),
        kendall_tau_b=kendall_tau_b(*ranks),
        rank_biased_overlap=rank_biased_overlap(one, other, persistence=persistence),
        top_k_overlap=top_k_overlap(one, other, k),
    )


def among_common(one: Ranking, other: Ranking) -> tuple[Ranking, Ranking]:
    """Two rankings of what stands on both, ranked anew."""
    common, mine, theirs = np.intersect1d(
        one.item, other.item, assume_unique=True, return_indices=True
    )
    return Ranking(common, ranked_anew(one.rank[mine])), Ranking(
        common, ranked_anew(other.rank[theirs])
    )


def ranked_anew(rank: Ints) -> Ints:
    """The standard competition rank ("1224") of some among themselves, by theirs among more."""
    among: Ints = (np.sort(rank).searchsorted(rank) + 1).astype(np.int32)
    return among


def churn(
    before: Ranking, after: Ranking, *, k: int = TOP_N, persistence: float = PERSISTENCE
) -> Churn:
    """How much of a board changed from one edition to another.

    The rank-biased distance is 1 - RBO (Webber, Moffat and Zobel 2010, section 4.3).

    Raises:
        ValueError: `persistence` is not between 0 and 1.
    """
    overlap = rank_biased_overlap(before, after, persistence=persistence)
    was, top = top_items(before, k), top_items(after, k)
    common = len(np.intersect1d(before.item, after.item, assume_unique=True))
    return Churn(
        rank_biased_distance=None if overlap is None else 1 - overlap.extrapolated,
        top_k_replaced=len(top - was) / len(top) if top else None,
        entered=len(after.item) - common,
        left=len(before.item) - common,
    )


def top_k_overlap(one: Ranking, other: Ranking, k: int) -> float | None:
    """Jaccard index of the items with rank <= k: shared / in either; None if there are none.

    Ties may make the top k more than k. Source: Jaccard 1912, New Phytologist 11.
    """
    first, second = top_items(one, k), top_items(other, k)
    either = len(first | second)
    return len(first & second) / either if either else None


def top_items(ranking: Ranking, k: int) -> set[int]:
    """The items with rank <= k."""
    return set(ranking.item[ranking.rank <= k].tolist())


def kendall_tau_b(one: Ints | Floats, other: Ints | Floats) -> float | None:
    """Kendall's tau-b of two aligned columns, -1..1; None if all of one side is tied.

    (Pairs in the same order - pairs in opposite order) / sqrt(pairs not tied in `one` * pairs not
    tied in `other`). Source: Kendall 1945, Biometrika 33; counted in O(n log n) as in Knight 1966,
    JASA 61: after sorting by one side, pairs in opposite order are the inversions of the other.
    """
    pairs = math.comb(len(one), 2)
    _, first = np.unique(one, return_inverse=True)
    kinds, second = np.unique(other, return_inverse=True)
    untied_in_one = pairs - _tied_pairs(first)
    untied_in_other = pairs - _tied_pairs(second)
    if not untied_in_one or not untied_in_other:
        return None
    tied_in_both = _tied_pairs(first * len(kinds) + second)
    opposite = _inversions(second[np.lexsort((second, first))])
    same_less_opposite = untied_in_one + untied_in_other - pairs + tied_in_both - 2 * opposite
    return same_less_opposite / math.sqrt(untied_in_one * untied_in_other)


def rank_biased_overlap(
    one: Ranking, other: Ranking, *, persistence: float = PERSISTENCE
) -> RankBiasedOverlap | None:
    """Rank-biased overlap (RBO) of two lists of any lengths; None if one of them is empty.

    The mean of the agreement at every depth d, weighted by (1 - p) p^(d-1), where p is
    `persistence`: 0.9 gives the top 10 86 % of the weight. Agreement is 2 * shared items / all
    items of the two sets of rank <= d, so that tied items enter together and a list with ties
    agrees wholly with itself.

    Source: Webber, Moffat and Zobel 2010, ACM TOIS 28(4), doi:10.1145/1852102.1852106: agreement
    is their equation 28, minimum 11, residual 30, extrapolated 32 (lists of unequal length).
    Below its end a list is taken to go on without ties. Corsi and Urbano 2024, "The treatment of
    ties in rank-biased overlap", SIGIR, arXiv:2406.07121, call this treatment the w variant.

    Raises:
        ValueError: `persistence` is not between 0 and 1.
    """
    p = persistence
    if not 0 < p < 1:
        raise ValueError("persistence lies between 0 and 1")
    short, long = sorted((one, other), key=lambda ranking: len(ranking.item))
    s, l = len(short.item), len(long.item)  # noqa: E741 - as in the paper
    if not s:
        return None
    ranks = _common_ranks(short, long)
    common = len(ranks[0])
    full = s + l - common  # from this depth on all could be shared
    depths = np.arange(1, full + 1)
    below_short, below_long = np.maximum(depths - s, 0), np.maximum(depths - l, 0)
    shared = _until(np.maximum(*ranks), full)
    size = (_until(short.rank, full) + below_short + _until(long.rank, full) + below_long) / 2
    weight = (1 - p) * p ** (depths - 1) / size
    shared_at_end_of_short = float(shared[s - 1] / size[s - 1])

    # What all depths below `full` have of the weight, each divided by its depth; far down the
    # difference is nothing but rounding, so it is held under what it can be at most.
    beyond = (1 - p) / p * (-math.log1p(-p) - float((p**depths / depths).sum()))
    beyond = min(max(beyond, 0.0), p**full / (full + 1))
    minimum = float(shared @ weight) + common * beyond
    residual = float((below_short + below_long) @ weight) + p**full - common * beyond
    guessed = shared + shared_at_end_of_short * below_short
    onwards = float(guessed[l - 1]) / l
    extrapolated = float(guessed[:l] @ weight[:l]) + onwards * p**l
    return RankBiasedOverlap(*map(_share, (minimum, residual, extrapolated)))


def _until(rank: Ints, depth: int) -> npt.NDArray[np.intp]:
    """How many have a rank up to each depth from 1."""
    return np.bincount(rank - 1, minlength=depth).cumsum()[:depth]


def _inversions(values: npt.NDArray[np.intp]) -> int:
    """Pairs whose first is greater than their second: merge sort, all merges of a width at once.

    Values are 0 or more. The row is filled up to a power of two with what is greater than all.
    """
    top = int(values.max()) + 1
    row = np.full(1 << (len(values) - 1).bit_length(), top)
    row[: len(values)] = values
    found, width = 0, 1
    while width < len(row):
        halves = row.reshape(-1, 2, width)
        block = np.arange(len(halves))[:, np.newaxis]
        left, right = (halves[:, side] + block * (top + 1) for side in (0, 1))
        less = right.ravel().searchsorted(left.ravel()).reshape(left.shape)
        found += int((less - block * width).sum())
        row = np.sort(row.reshape(-1, 2 * width), axis=1).ravel()
        width *= 2
    return found


def _tied_pairs(codes: npt.NDArray[np.intp]) -> int:
    _, counts = np.unique(codes, return_counts=True)
    return int((counts * (counts - 1) // 2).sum())


def _common_ranks(one: Ranking, other: Ranking) -> tuple[Ints, Ints]:
    _, mine, theirs = np.intersect1d(one.item, other.item, assume_unique=True, return_indices=True)
    return one.rank[mine], other.rank[theirs]


def _share(value: float) -> float:
    """Without what rounding put outside 0..1."""
    return min(max(value, 0.0), 1.0)
