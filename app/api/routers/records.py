"""The progression of the best score ever on a leaderboard."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.analytics.frontiers import Best, Record, records
from app.api.cursors import Bookmark
from app.api.deps import AnExchange, ReadRecord
from app.api.identifiers import board_at
from app.api.openapi import problems
from app.api.parameters import LeaderboardId
from app.api.questions import ListQuestion
from app.api.schemas.common import selection_out
from app.api.schemas.records import RecordOut, RecordsAnswer, RecordsMetaOut, record_out
from app.api.schemas.shifts import breaks_out
from app.api.timelines import Timeline, TimelineQuestion, timeline_of
from app.domain.groups import Dimension
from app.store.queries.standings import missing_float

router = APIRouter(prefix="/leaderboards/{leaderboard}", tags=["leaderboards"])

RecordsKey = tuple[date]
FLOATING = "elo"
METHOD = (
    "The strictly improving running best of the selected entries, edition after edition; to equal "
    "a record sets none. Of entries that share one the first by printed name is told."
)
NOTE = (
    "The scale floats: scores are estimated anew in every edition, of old entries too, so a record "
    "may be the scale's and not the model's. Compare within an edition where it matters."
)


class RecordsQuestion(TimelineQuestion, ListQuestion):
    """`GET /v1/leaderboards/{leaderboard}/records`."""


@router.get(
    "/records",
    operation_id="get_records",
    summary="Records",
    responses={200: {"model": RecordsAnswer}, **problems(404, 422)},
)
def get_records(
    leaderboard: LeaderboardId,
    question: Annotated[RecordsQuestion, Query()],
    record: ReadRecord,
    exchange: AnExchange,
) -> Response:
    """The best score ever, each time it was beaten, oldest first.

    With `from` only those set since are told; they beat what was before all the same. Under a
    filter records are those of the selected entries.
    """
    board = board_at(record.session, leaderboard)
    page = exchange.page(question, Bookmark[RecordsKey], record)
    exchange.settle(*record.version_of(board), changed_at=board.changed_at, day=page.day)
    timeline = timeline_of(record, board, question, page.day)
    bests = _bests(timeline)
    begin = question.from_day or date.min
    everything = records(bests.values(), higher_is_better=board.higher_is_better)
    found = [one for one in everything if one.edition_date >= begin]
    shown = page.cut(found, _key)
    row_of = {best.edition_date: row for row, best in bests.items()}
    meta = RecordsMetaOut(
        {
            **timeline.meta(),
            "from": question.from_text,
            "to": timeline.to.text,
            "known_at": question.known_at_text,
            "selection": selection_out(timeline.selection),
            "editions": len(timeline.everyone.editions),
            "matched_total": len(found),
            "intervals": timeline.intervals,
            "methodology_breaks": breaks_out(timeline.breaks(question.from_day)),
            "days_since_newest": (
                (timeline.last - everything[-1].edition_date).days if everything else None
            ),
            "method": METHOD,
            "note": NOTE if board.unit == FLOATING else None,
            "limit": page.limit,
            "next_cursor": shown.next_cursor,
        }
    )
    data = [_told(timeline, one, row_of[one.edition_date]) for one in shown.items]
    links = exchange.list_links(shown.next_cursor)
    return exchange.reply(RecordsAnswer(data=data, meta=meta, links=links))


def _bests(timeline: Timeline) -> dict[int, Best]:
    """The best entry of each edition that has any, by row."""
    panel = timeline.counted
    models, scores = timeline.groups(Dimension.MODEL), panel.entries.score
    begins = panel.starts[:-1].tolist()
    return {
        row: Best(day, int(models[row]), float(scores[row]))
        for day, row, end in zip(panel.days, begins, panel.starts[1:].tolist(), strict=True)
        if row < end
    }


def _told(timeline: Timeline, one: Record, row: int) -> RecordOut:
    entries = timeline.counted.entries
    bounds = (float(entries.score_lower[row]), float(entries.score_upper[row]))
    lower, upper = map(missing_float, bounds)
    return record_out(one, timeline.model_of(row), (lower, upper))


def _key(one: Record) -> RecordsKey:
    return (one.edition_date,)
