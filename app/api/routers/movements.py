"""Movements between two editions of a leaderboard."""

from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.analytics.movements import Move, movements
from app.api.comparisons import Comparison, MovementsKey, compare_movements, seen_by
from app.api.cursors import Bookmark
from app.api.deps import AnExchange, ReadRecord, Record
from app.api.identifiers import board_at
from app.api.openapi import problems
from app.api.parameters import LeaderboardId
from app.api.questions import MovementSort, MovementsQuestion
from app.api.schemas.common import edition_ref, selection_out
from app.api.schemas.standings import MovementsAnswer, MovementsMetaOut, move_out
from app.domain.selection import Selection
from app.domain.standings import Board

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
    page = exchange.page(question, Bookmark[MovementsKey])
    selection = record.selection(question.selection)
    exchange.settle(*record.version_of(board), changed_at=board.changed_at, day=page.day)
    comparison = compare_movements(record, board, question, page)
    key = _order(question.sort)
    chosen = sorted(_matching(record, board, comparison, question, selection), key=key)
    shown = page.cut(chosen, key, snapshots=comparison.snapshots)
    meta = MovementsMetaOut(
        {
            **comparison.meta(record, board),
            "from": comparison.since,
            "to": comparison.until,
            "window": question.window_text,
            "known_at": question.known_at_text,
            "from_edition": edition_ref(comparison.earlier),
            "sort": question.sort,
            "organization": selection.organization,
            "selection": selection_out(selection),
            "matched_total": len(chosen),
            "limit": page.limit,
            "next_cursor": shown.next_cursor,
        }
    )
    return exchange.reply(
        MovementsAnswer(
            data=[move_out(move, comparison.day) for move in shown.items],
            meta=meta,
            links=exchange.list_links(shown.next_cursor),
        )
    )


def _matching(
    record: Record,
    board: Board,
    comparison: Comparison,
    question: MovementsQuestion,
    selection: Selection,
) -> Sequence[Move]:
    now, before = comparison.now(record), comparison.before(record)
    newcomers = {s.model.slug for s in now} - {s.model.slug for s in before}
    seen = seen_by(record, board, newcomers, comparison.earlier)
    return [
        move
        for move in movements(before, now, seen=seen)
        if selection.selects(move.standing) and question.movement in {None, move.movement}
    ]


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
