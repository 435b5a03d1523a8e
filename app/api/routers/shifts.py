"""What moved a whole leaderboard from one edition to the next."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.analytics.shifts import Shift
from app.api.cursors import Bookmark
from app.api.deps import AnExchange, ReadRecord
from app.api.identifiers import board_at
from app.api.openapi import problems
from app.api.parameters import LeaderboardId
from app.api.questions import KnownAtQuestion, ListQuestion, SpanQuestion
from app.api.schemas.shifts import ShiftsAnswer, ShiftsMetaOut, shift_out
from app.api.shifts import shifts_of

router = APIRouter(prefix="/leaderboards/{leaderboard}/shifts", tags=["leaderboards"])

ShiftsKey = tuple[date]
METHOD = (
    "Shift: median score change of the models in both editions, weighted by precision where all "
    "have intervals. Break: an outlying shift (modified z-score above 3.5, larger than the "
    "models' own spread), or intervals half as wide again or of another shape."
)


class ShiftsQuestion(SpanQuestion, KnownAtQuestion, ListQuestion):
    """`GET /v1/leaderboards/{leaderboard}/shifts`."""


@router.get(
    "",
    operation_id="get_shifts",
    summary="What moved the whole board",
    responses={200: {"model": ShiftsAnswer}, **problems(404, 422)},
)
def get_shifts(
    leaderboard: LeaderboardId,
    question: Annotated[ShiftsQuestion, Query()],
    record: ReadRecord,
    exchange: AnExchange,
) -> Response:
    """From each edition to the next what all models have in common of their change.

    Ratings float, and methods change: where `methodology_break` says so, scores before and after
    do not compare as they stand.
    """
    board = board_at(record.session, leaderboard)
    page = exchange.page(question, Bookmark[ShiftsKey], record)
    exchange.settle(*record.version_of(board), changed_at=board.changed_at, day=page.day)
    to = question.end(page.day)
    first, known_at = question.from_day or date.min, question.known_until
    found = [
        one
        for one in shifts_of(record, board, known_at=known_at)
        if first <= one.edition.edition_date <= to.day
    ]
    shown = page.cut(found, _key)
    meta = ShiftsMetaOut(
        {
            **record.board_meta(board, record.edition(board, to.day, known_at=known_at)),
            "from": question.from_text,
            "to": to.text,
            "known_at": question.known_at_text,
            "matched_total": len(found),
            "method": METHOD,
            "limit": page.limit,
            "next_cursor": shown.next_cursor,
        }
    )
    return exchange.reply(
        ShiftsAnswer(
            data=[shift_out(one) for one in shown.items],
            meta=meta,
            links=exchange.list_links(shown.next_cursor),
        )
    )


def _key(one: Shift) -> ShiftsKey:
    return (one.edition.edition_date,)
