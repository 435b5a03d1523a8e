"""Who passed whom near the top of a board."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.intp]


class Places(NamedTuple):
    """An edition in columns: each model's number, unique, its rank and its score's interval.

    Ranks are those on the whole board. NaN bounds are missing. Rows may be in any order.
    """

    model: npt.NDArray[np.integer]
    rank: npt.NDArray[np.integer]
    score_lower: npt.NDArray[np.float64]
    score_upper: npt.NDArray[np.float64]


class Overtake(NamedTuple):
    """One model is strictly ahead of another, and was strictly behind when last not level.

    `edition` and `previous_edition` are the indices of these two. If they are not consecutive,
    the models were level or one was away in between. `definitive` says whether the intervals that
    the two have in `edition` are apart; None unless both are known.
    """

    edition: int
    previous_edition: int
    model: int
    overtaken: int
    rank_before: int
    rank_after: int
    overtaken_rank_before: int
    overtaken_rank_after: int
    definitive: bool | None


class _History(NamedTuple):
    """The rows of all editions one after the other, and which of them is whose.

    `row` is the number of each model's row by edition and model, -1 where it is absent; `last`
    the newest edition until then in which it stands, -1 if it never did. `topped` is whether a
    model ever stands in the top N. Models are counted from 0 here.
    """

    columns: Places
    row: npt.NDArray[np.int32]
    last: npt.NDArray[np.int32]
    topped: npt.NDArray[np.bool_]

    def rank(self, edition: int | Positions, model: Positions) -> npt.NDArray[np.integer]:
        rank: npt.NDArray[np.integer] = self.columns.rank[self.row[edition, model]]
        return rank


class _Pairs(NamedTuple):
    """Who is ahead of whom in which edition, and the earlier one that this is held against."""

    edition: Positions
    previous: Positions
    ahead: Positions
    behind: Positions

    def only(self, wanted: npt.NDArray[np.bool_] | Positions) -> "_Pairs":
        return _Pairs(*(column[wanted] for column in self))


def overtakes(
    editions: Sequence[Places],
    *,
    top_n: int,
    higher_is_better: bool,
    concerning: Collection[int] | None = None,
    since: int = 0,
) -> list[Overtake]:
    """Every overtake that touched the top N, in order of editions, from that of index `since`.

    Two models are held against the last earlier edition in which both stood and were not level,
    so the overtakes of a pair alternate. It touched the top N if the overtaken stood within it
    there or the overtaker does now; ties may make the top N more than N. With `concerning`, one
    of the two is among these models. Those of an edition are in order of the overtaker's new
    rank, then of the overtaken's, then of their numbers.

    For E editions of M models each it takes O(E M log M), and a step for each pair that changed
    order, or is no longer level, or of which one came back, if either ever stood in the top N; for
    editions in which they were level one each more. Memory is O(E M).
    """
    model = np.concatenate([np.zeros(0, np.int64), *(one.model for one in editions)])
    numbers = np.flatnonzero(np.bincount(model))
    history = _history(editions, numbers, top_n)
    wanted = np.ones(numbers.size, np.bool_)
    if concerning is not None:
        wanted = np.isin(numbers, np.fromiter(concerning, np.int64, len(concerning)))
    found = [_Pairs(*np.zeros((4, 0), np.intp))]
    for edition in range(max(since, 1), len(editions)):
        found += [
            pairs.only(wanted[pairs.ahead] | wanted[pairs.behind])
            for pairs in (_at_once(history, edition, top_n), _paused(history, edition))
            if pairs.edition.size
        ]
    pairs = _resolved(history, _Pairs(*map(np.concatenate, zip(*found, strict=True))), top_n)
    return _told(history, pairs, numbers, higher_is_better=higher_is_better)


def _history(editions: Sequence[Places], numbers: Positions, top_n: int) -> _History:
    empty = Places(np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0), np.zeros(0))
    columns = Places(*map(np.concatenate, zip(empty, *editions, strict=True)))
    model = np.searchsorted(numbers, columns.model)
    number = np.arange(len(editions), dtype=np.int32)
    edition = np.repeat(number, [one.model.size for one in editions])
    row = np.full((len(editions), numbers.size), -1, np.int32)
    row[edition, model] = np.arange(model.size, dtype=np.int32)
    last = np.maximum.accumulate(np.where(row >= 0, number[:, None], np.int32(-1)), axis=0)
    topped = np.zeros(numbers.size, np.bool_)
    topped[model[columns.rank <= top_n]] = True
    return _History(columns, row, last, topped)


def _at_once(history: _History, edition: int, top_n: int) -> _Pairs:
    """The pairs whose order is the opposite of that in the edition before."""
    stayers = np.flatnonzero((history.row[edition - 1 : edition + 1] >= 0).all(axis=0))
    before, after = (history.rank(number, stayers) for number in (edition - 1, edition))
    order = np.lexsort((after, before))
    sorted_after = after[order]
    if (sorted_after[1:] >= sorted_after[:-1]).all():
        return _pairs(edition, order[:0], order[:0])
    # In this order only somebody strictly behind can come later with a better rank.
    passed = order[np.minimum.accumulate(sorted_after[::-1])[::-1] < sorted_after]
    passing = order[np.maximum.accumulate(sorted_after) > sorted_after]
    topped = before[passed] <= top_n
    arrived = passing[after[passing] <= top_n]
    ahead, behind = [], []
    for one, other in ((passing, passed[topped]), (arrived, passed[~topped])):
        was_behind = before[one][:, None] > before[other]
        is_ahead = after[one][:, None] < after[other]
        first, second = np.nonzero(was_behind & is_ahead)
        ahead.append(stayers[one[first]])
        behind.append(stayers[other[second]])
    return _pairs(edition, np.concatenate(ahead), np.concatenate(behind))


def _paused(history: _History, edition: int) -> _Pairs:
    """The pairs, not level now, that were level or not both there in the edition before.

    One of the two is in the top N in some edition, and both stood earlier.
    """
    old = np.flatnonzero((history.row[edition] >= 0) & (history.last[edition - 1] >= 0))
    stayed = history.row[edition - 1, old] >= 0
    one, other = _level(history, edition - 1, old[stayed])
    if not stayed.all():
        back = _back(history, old, stayed)
        one, other = np.concatenate((one, back[0])), np.concatenate((other, back[1]))
    rank, its = history.rank(edition, one), history.rank(edition, other)
    pairs = _pairs(edition, np.where(rank < its, one, other), np.where(rank < its, other, one))
    return pairs.only(rank != its)


def _level(history: _History, edition: int, models: Positions) -> tuple[Positions, Positions]:
    """Who shares a rank with whom."""
    rank, topped = history.rank(edition, models), history.topped[models]
    sizes = np.bincount(rank)
    chosen = np.flatnonzero(topped & (sizes[rank] > 1))
    order = np.argsort(rank, kind="stable")
    shared = sizes[rank[chosen]]
    begins = np.searchsorted(rank, rank[chosen], sorter=order)
    one = np.repeat(chosen, shared)
    within = np.arange(one.size) - np.repeat(np.cumsum(shared) - shared, shared)
    other = order[np.repeat(begins, shared) + within]
    # If both topped, both would name the pair.
    once = (one < other) | ((one > other) & ~topped[other])
    return models[one[once]], models[other[once]]


def _back(
    history: _History, old: Positions, stayed: npt.NDArray[np.bool_]
) -> tuple[Positions, Positions]:
    """Who is back from an absence, and everyone else."""
    topped = history.topped[old]
    returned = np.flatnonzero(~stayed)
    touched = topped[returned][:, None] | topped
    once = stayed | (returned[:, None] < np.arange(old.size))
    one, other = np.nonzero(touched & once)
    return old[returned[one]], old[other]


def _pairs(edition: int, ahead: Positions, behind: Positions) -> _Pairs:
    now = np.full(ahead.size, edition, np.intp)
    return _Pairs(now, now - 1, ahead, behind)


def _resolved(history: _History, pairs: _Pairs, top_n: int) -> _Pairs:
    """The pairs whose order was the opposite when they last were not level, and that touch."""
    previous = pairs.previous.copy()
    open_ = np.arange(previous.size)
    while open_.size:
        day, ahead, behind = previous[open_], pairs.ahead[open_], pairs.behind[open_]
        both = np.minimum(history.last[day, ahead], history.last[day, behind]).astype(np.intp)
        level = history.rank(day, ahead) == history.rank(day, behind)
        previous[open_] = np.where((both == day) & level, day - 1, both)
        open_ = open_[(previous[open_] >= 0) & ((both < day) | level)]
    pairs = pairs._replace(previous=previous).only(previous >= 0)
    overtaken = history.rank(pairs.previous, pairs.behind)
    touched = (overtaken <= top_n) | (history.rank(pairs.edition, pairs.ahead) <= top_n)
    return pairs.only(touched & (history.rank(pairs.previous, pairs.ahead) > overtaken))


def _told(
    history: _History, pairs: _Pairs, numbers: Positions, *, higher_is_better: bool
) -> list[Overtake]:
    """The overtakes in order."""
    now, before, ahead, behind = pairs
    after, its_after = history.rank(now, ahead), history.rank(now, behind)
    order = np.lexsort((behind, ahead, its_after, after, now))
    best, second = (ahead, behind) if higher_is_better else (behind, ahead)
    lower = history.columns.score_lower
    upper = history.columns.score_upper
    unknown = np.isnan(lower) | np.isnan(upper)
    definitive = (lower[history.row[now, best]] > upper[history.row[now, second]]).astype(object)
    definitive[unknown[history.row[now, ahead]] | unknown[history.row[now, behind]]] = None
    columns = (
        now,
        before,
        numbers[ahead],
        numbers[behind],
        history.rank(before, ahead),
        after,
        history.rank(before, behind),
        its_after,
        definitive,
    )
    return [
        Overtake(*row) for row in zip(*(column[order].tolist() for column in columns), strict=True)
    ]
