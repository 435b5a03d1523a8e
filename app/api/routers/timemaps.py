"""What the standings of a leaderboard were when, for programs that travel in time."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from app.api.answers import Exchange
from app.api.deps import ReadRecord, check_parameters, services_of
from app.api.forms import Form
from app.api.identifiers import board_at
from app.api.memento import LINK_FORMAT, mementos, paths_of, timemap
from app.api.openapi import problems
from app.api.parameters import LeaderboardId
from app.store.queries.editions import publications_of

router = APIRouter(
    prefix="/leaderboards/{leaderboard}/standings",
    tags=["leaderboards"],
    dependencies=[Depends(check_parameters)],
)


async def _one_form(request: Request) -> Exchange:
    """An exchange without a choice: a TimeMap has a form of its own."""
    return Exchange(request, services_of(request).clock(), Form.JSON, None)


@router.get(
    "/timemap",
    operation_id="get_standings_timemap",
    summary="When standings were others",
    response_class=Response,
    responses={
        200: {
            "content": {LINK_FORMAT: {"schema": {"type": "string"}}},
            "description": "Links with `rel=memento` and `datetime` (RFC 7089).",
        },
        **problems(404, 422),
    },
)
def get_standings_timemap(
    leaderboard: LeaderboardId,
    record: ReadRecord,
    exchange: Annotated[Exchange, Depends(_one_form)],
) -> Response:
    """Every moment at which a publication changed what the newest standings were (RFC 7089)."""
    board = board_at(record.session, leaderboard)
    exchange.settle(*record.version_of(board), changed_at=board.changed_at)
    moments = mementos(publications_of(record.session, board.id))
    return exchange.tell(timemap(paths_of(exchange, board), moments), media_type=LINK_FORMAT)
