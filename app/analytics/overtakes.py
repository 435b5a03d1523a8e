"""Who passed whom between consecutive editions, near the top of a board."""

from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Places(NamedTuple):
    """An edition in columns: each model's number, unique, its rank and its score's interval.

    Ranks are those on the whole board. NaN bounds are missing. Rows may be in any order.
    """

    model: npt.NDArray[np.integer]
    rank: npt.NDArray[np.integer]
    score_lower: npt.NDArray[np.float64]
    score_upper: npt.NDArray[np.float64]


class Overtake(NamedTuple):
    """One model passed another: strictly behind it in an edition, strictly ahead in the next.

    `edition` is the index of the later one. `definitive` says whether the intervals that the two
    have there are apart; None unless both are known.
    """

    edition: int
    model: int
    overtaken: int
    rank_before: int
    rank_after: int
    overtaken_rank_before: int
    overtaken_rank_after: int
    definitive: bool | None


class _Pair(NamedTuple):
    """The models in both of two editions: their rows in the later one and both ranks."""

    rows: npt.NDArray[np.intp]
    before: npt.NDArray[np.integer]
    after: npt.NDArray[np.integer]


def overtakes(
    editions: Sequence[Places],
    *,
    top_n: int,
    higher_is_better: bool,
    concerning: Collection[int] | None = None,
) -> list[Overtake]:
    """Every overtake that touched the top N, in order of editions.

    It does if the overtaken stood within it before or the overtaker does after; ties may make
    the top N more than N. Both models stand in both editions: who comes, comes back or leaves
    passes nobody. With `concerning`, one of the two is among these models. Those of an edition
    are in order of the overtaker's new rank, then of the overtaken's, then of their numbers.

    Only rows that changed order with any other are compared with each other.
    """
    size = 1 + max((int(edition.model.max(initial=-1)) for edition in editions), default=-1)
    wanted = None if concerning is None else np.fromiter(concerning, np.int64, len(concerning))
    row_of = np.full(size, -1, np.intp)
    found: list[Overtake] = []
    for index, (earlier, later) in enumerate(pairwise(editions), 1):
        pair = _stayers(earlier, later, row_of)
        ahead, behind = _crossings(pair, top_n)
        if wanted is not None and ahead.size:
            model = later.model[pair.rows]
            of_them = np.isin(model[ahead], wanted) | np.isin(model[behind], wanted)
            ahead, behind = ahead[of_them], behind[of_them]
        if ahead.size:
            found += _told(index, later, pair, (ahead, behind), higher_is_better=higher_is_better)
    return found


def _stayers(earlier: Places, later: Places, row_of: npt.NDArray[np.intp]) -> _Pair:
    """Match two editions; `row_of` has -1 for every model, and has it again afterwards."""
    row_of[earlier.model] = np.arange(earlier.model.size)
    was = row_of[later.model]
    row_of[earlier.model] = -1
    rows = np.flatnonzero(was >= 0)
    return _Pair(rows, earlier.rank[was[rows]], later.rank[rows])


def _crossings(pair: _Pair, top_n: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Who is ahead now and who is behind, as positions among the stayers."""
    order = np.lexsort((pair.after, pair.before))
    after = pair.after[order]
    if (after[1:] >= after[:-1]).all():
        nobody = np.zeros(0, np.intp)
        return nobody, nobody
    # In this order only somebody strictly behind can come later with a better rank.
    passed = order[np.minimum.accumulate(after[::-1])[::-1] < after]
    passing = order[np.maximum.accumulate(after) > after]
    topped = pair.before[passed] <= top_n
    arrived = passing[pair.after[passing] <= top_n]
    blocks = ((passing, passed[topped]), (arrived, passed[~topped]))
    pairs = [_compared(pair, *block) for block in blocks]
    return np.concatenate([a for a, _ in pairs]), np.concatenate([b for _, b in pairs])


def _compared(
    pair: _Pair, passing: npt.NDArray[np.intp], passed: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    was_behind = pair.before[passing][:, None] > pair.before[passed]
    is_ahead = pair.after[passing][:, None] < pair.after[passed]
    one, other = np.nonzero(was_behind & is_ahead)
    return passing[one], passed[other]


def _told(
    edition: int,
    later: Places,
    pair: _Pair,
    crossings: tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]],
    *,
    higher_is_better: bool,
) -> list[Overtake]:
    """The overtakes of one edition in order."""
    model = later.model[pair.rows]
    ahead, behind = crossings
    order = np.lexsort((model[behind], model[ahead], pair.after[behind], pair.after[ahead]))
    ahead, behind = ahead[order], behind[order]
    best, second = (ahead, behind) if higher_is_better else (behind, ahead)
    lower, upper = later.score_lower[pair.rows], later.score_upper[pair.rows]
    known = ~(np.isnan(lower) | np.isnan(upper))
    apart = (lower[best] > upper[second]).tolist()
    told = (known[ahead] & known[behind]).tolist()
    columns = (
        model[ahead].tolist(),
        model[behind].tolist(),
        pair.before[ahead].tolist(),
        pair.after[ahead].tolist(),
        pair.before[behind].tolist(),
        pair.after[behind].tolist(),
        [one if sure else None for one, sure in zip(apart, told, strict=True)],
    )
    return [Overtake(edition, *row) for row in zip(*columns, strict=True)]
