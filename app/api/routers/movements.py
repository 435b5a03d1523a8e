"""Movements between two editions of a leaderboard."""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query, Response

from app.analytics.intervals import RankInterval
from app.analytics.movements import Move, by_model, movements, separate_net, splits
from app.analytics.shifts import Scores, Shift, breaks_between, pool_shift
from app.api.comparisons import Comparison, MovementsKey, compare_movements, seen_by
from app.api.cursors import Bookmark
from app.api.deps import AnExchange, ReadRecord
from app.api.entries import Entries
from app.api.identifiers import board_at
from app.api.intervals import Intervals, intervals_of
from app.api.openapi import problems
from app.api.parameters import LeaderboardId
from app.api.questions import MovementSort, MovementsQuestion
from app.api.record import Record
from app.api.schemas.common import edition_ref, selection_out
from app.api.schemas.shifts import breaks_out
from app.api.schemas.standings import MovementsAnswer, MovementsMetaOut, MoveOut, move_out
from app.api.shifts import shifts_of
from app.domain.selection import Selection
from app.domain.standings import Board, Standing

router = APIRouter(prefix="/leaderboards/{leaderboard}/movements", tags=["leaderboards"])


@router.get(
    "",
    operation_id="get_movements",
    summary="Movements between two dates",
    responses={200: {"model": MovementsAnswer}, **problems(404, 422)},
)
def get_movements(
    leaderboard: LeaderboardId,
    question: Annotated[MovementsQuestion, Query()],
    record: ReadRecord,
    exchange: AnExchange,
) -> Response:
    """How every model moved between the editions in force at `from` and at `to`.

    `new` never stood on this board before, `re_entry` did, `dropped_out` stood in the first
    edition only. `meta` names both editions.
    """
    board = board_at(record.session, leaderboard)
    page = exchange.page(question, Bookmark[MovementsKey], record)
    selection = record.selection(question.selection)
    exchange.settle(*record.version_of(board), changed_at=board.changed_at, day=page.day)
    comparison = compare_movements(record, board, question, page)
    now = _Side(record, comparison.now(record))
    before = _Side(record, comparison.before(record))
    key = _order(question.sort)
    moves = _moves(record, comparison, before, now)
    chosen = [move for move in moves if _matches(move, question, selection)]
    shown = page.cut(sorted(chosen, key=key), key, snapshots=comparison.snapshots)
    explained = _Explained(board, before, now)
    meta = MovementsMetaOut(
        {
            **comparison.meta(record, board),
            "from": comparison.since,
            "to": comparison.until,
            "window": question.window_text,
            "known_at": question.known_at_text,
            "from_edition": edition_ref(comparison.earlier),
            "pool_shift": explained.shift,
            "significant": question.significant,
            "methodology_breaks": breaks_out(_breaks(record, board, comparison, question)),
            "sort": question.sort,
            "organization": selection.organization,
            "selection": selection_out(selection),
            "matched_total": len(chosen),
            "intervals": now.entries.intervals,
            "limit": page.limit,
            "next_cursor": shown.next_cursor,
        }
    )
    return exchange.reply(
        MovementsAnswer(
            data=[explained.out(move, comparison.day) for move in shown.items],
            meta=meta,
            links=exchange.list_links(shown.next_cursor),
        )
    )


class _Side:
    """The entries of one of the two editions as values."""

    def __init__(self, record: Record, entries: Entries) -> None:
        self.entries = entries
        self.standings = entries.standings(record.names)
        self.best = by_model(self.standings)
        self._ranks = entries.open_ranks

    def open_ranks(self, standing: Standing | None) -> RankInterval | None:
        """The ranks that intervals leave open to an entry of the edition."""
        if standing is None:
            return None
        return self._ranks.of(bisect_left(self.standings, _place(standing), key=_place))


class _Explained:
    """What of a movement only both whole editions can tell."""

    def __init__(self, board: Board, before: _Side, now: _Side) -> None:
        higher = board.higher_is_better
        self.shift = _pool_shift(board, before.best, now.best)
        self._splits = splits(
            before.best, now.best, higher_is_better=higher, shift=self.shift or 0.0
        )
        self._before, self._now = before, now

    def out(self, move: Move, day: date) -> MoveOut:
        """The movement in an answer."""
        return move_out(
            move,
            day,
            significant_net=self._separate(move.before, move.now),
            split=None if move.rank_change is None else self._splits[move.standing.model.slug],
            interval=self._now.open_ranks(move.now),
            previous=self._before.open_ranks(move.before),
        )

    def _separate(self, before: Standing | None, now: Standing | None) -> bool | None:
        if before is None or now is None or self.shift is None:
            return None
        return separate_net(before, now, self.shift)


def _pool_shift(
    board: Board, before: Mapping[str, Standing], now: Mapping[str, Standing]
) -> float | None:
    """As `/shifts` tells it of consecutive editions: intervals weigh where they were published."""
    number = {slug: place for place, slug in enumerate(sorted(before.keys() | now.keys()))}
    published = intervals_of(board, np.zeros(0)) is not Intervals.DERIVED

    def scores(entries: Mapping[str, Standing]) -> Scores:
        columns = [
            [one.score for one in entries.values()],
            [one.score_lower if published else None for one in entries.values()],
            [one.score_upper if published else None for one in entries.values()],
        ]
        models = np.array([number[slug] for slug in entries], np.int64)
        return Scores(models, *(np.array(column, np.float64) for column in columns))

    return pool_shift(scores(before), scores(now)).shift


def _breaks(
    record: Record, board: Board, comparison: Comparison, question: MovementsQuestion
) -> list[Shift]:
    """The breaks of the board's method between the two editions."""
    edition, earlier = comparison.edition, comparison.earlier
    if edition is None or earlier is None:
        return []
    shifts = shifts_of(record, board, known_at=question.known_until)
    return breaks_between(shifts, earlier.edition_date, edition.edition_date)


def _moves(record: Record, comparison: Comparison, before: _Side, now: _Side) -> Sequence[Move]:
    newcomers = now.best.keys() - before.best.keys()
    seen = seen_by(record, comparison.board, newcomers, comparison.earlier)
    return movements(before.standings, now.standings, seen=seen)


def _place(standing: Standing) -> tuple[int, str, str]:
    """In which order an edition's entries stand."""
    return standing.rank, standing.model.slug, standing.printed_name


def _matches(move: Move, question: MovementsQuestion, selection: Selection) -> bool:
    return (
        selection.selects(move.standing)
        and question.movement in {None, move.movement}
        and (question.significant is None or question.significant is move.significant)
    )


def _order(sort: MovementSort) -> Callable[[Move], MovementsKey]:
    """The key of an order: what is unknown last, then by rank; ties by the model's id."""
    sign = -1 if sort.startswith("-") else 1

    def key(move: Move) -> MovementsKey:
        value = _SORTED_BY[sort.removeprefix("-")](move)
        standing = move.standing
        missing = value is None
        number = standing.rank if value is None else sign * value
        return missing, number, standing.model.slug, standing.printed_name

    return key


_SORTED_BY: dict[str, Callable[[Move], float | None]] = {
    MovementSort.RANK: lambda move: move.now and move.now.rank,
    MovementSort.PREVIOUS_RANK: lambda move: move.before and move.before.rank,
    MovementSort.RANK_CHANGE: lambda move: move.rank_change,
    MovementSort.SCORE_CHANGE: lambda move: move.score_change,
}
