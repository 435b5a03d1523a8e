"""Who led a leaderboard when."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import Field

from app.analytics.reigns import Reign
from app.api.common_models import settle
from app.api.cursors import Bookmark
from app.api.deps import AnExchange, ReadRecord
from app.api.eras import with_its_eras
from app.api.identifiers import board_at
from app.api.openapi import problems
from app.api.parameters import LeaderboardId
from app.api.questions import ListQuestion
from app.api.schemas.common import selection_out
from app.api.schemas.leaders import LeadersAnswer, LeadersMetaOut, reign_out
from app.api.schemas.shifts import breaks_out
from app.api.timelines import TimelineQuestion, reigns_of, timeline_of
from app.domain.groups import Dimension

router = APIRouter(prefix="/leaderboards/{leaderboard}", tags=["leaderboards"])

LeadersKey = tuple[date]
METHOD = (
    "First place among the selected entries; who holds it keeps it while it is shared. "
    "Co-leaders, where the leader has an interval: no lower bound, nor score without one, lies "
    "above their upper bound (rank_lower 1)."
)


class LeadersBy(StrEnum):
    """Whose reigns are told."""

    MODEL = "model"
    ORGANIZATION = "organization"
    COUNTRY = "country"


class LeadersQuestion(TimelineQuestion, ListQuestion):
    """`GET /v1/leaderboards/{leaderboard}/leaders`."""

    by: Annotated[
        LeadersBy,
        Field(description="Successive leaders of one organization or country are one reign."),
    ] = LeadersBy.MODEL


@router.get(
    "/leaders",
    operation_id="get_leaders",
    summary="Who led when",
    responses={200: {"model": LeadersAnswer}, **problems(404, 422)},
)
def get_leaders(
    leaderboard: LeaderboardId,
    question: Annotated[LeadersQuestion, Query()],
    record: ReadRecord,
    exchange: AnExchange,
) -> Response:
    """Reigns in order: from the edition that began each until the one that ended it.

    Those that had not ended by `from` are told whole. The last has no `to` while it lasts; where
    upstream began the next era of the board, it ended then. Under a filter the leader is the first
    of the selected entries.
    """
    board = board_at(record.session, leaderboard)
    page = exchange.page(question, Bookmark[LeadersKey], record)
    settle(exchange, record, with_its_eras(record, board), page.day)
    timeline = timeline_of(record, board, question, page.day)
    dimension = Dimension(question.by)
    begin = question.from_day or date.min
    found = [
        reign for reign in reigns_of(timeline, dimension) if reign.end is None or reign.end > begin
    ]
    shown = page.cut(found, _key)
    meta = LeadersMetaOut(
        {
            **timeline.meta(),
            "from": question.from_text,
            "to": timeline.to.text,
            "known_at": question.known_at_text,
            "by": dimension,
            "selection": selection_out(timeline.selection),
            "editions": len(timeline.everyone.editions),
            "editions_with_intervals": timeline.editions_with_intervals,
            "matched_total": len(found),
            "intervals": timeline.intervals,
            "methodology_breaks": breaks_out(timeline.breaks(question.from_day)),
            "method": METHOD,
            "limit": page.limit,
            "next_cursor": shown.next_cursor,
        }
    )
    data: list[Any] = [reign_out(timeline, dimension, reign) for reign in shown.items]
    links = exchange.list_links(shown.next_cursor)
    return exchange.reply({"data": data, "meta": meta, "links": links})


def _key(reign: Reign) -> LeadersKey:
    return (reign.start,)
