"""How long one group's best trails another's."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query, Response

from app.analytics.frontiers import Best, lag, records
from app.analytics.frontiers import Record as Level
from app.analytics.shifts import breaks_between
from app.api.analysis_questions import LagBy, LagQuestion
from app.api.common_models import settle
from app.api.cursors import Bookmark
from app.api.deps import AnExchange, ReadRecord
from app.api.identifiers import board_called, organization_called
from app.api.openapi import problems
from app.api.parameters import country_code
from app.api.record import Record
from app.api.schemas.lag import (
    FrontierLevelOut,
    LagAnswer,
    LagMetaOut,
    WaitOut,
    all_waits_out,
    level_out,
)
from app.api.schemas.shifts import breaks_out
from app.api.shifts import shifts_of
from app.domain.groups import Dimension
from app.errors import InvalidQueryError
from app.store.queries.columns import OPENNESS
from app.store.queries.panels import Panel, panel_of

router = APIRouter(prefix="/analyses", tags=["analyses"])

LagKey = tuple[date]
FLOATING = "elo"
METHOD = (
    "Days from each record of the frontier ahead (running best over editions, whether a new model "
    "set it or the one that held it improved) to the first edition in which the group's best was "
    "as good; medians of the waits that ended, and by Kaplan-Meier. What the first edition holds "
    "was reached by then, not on that day."
)
NOTE = (
    "The scale floats: scores are estimated anew in every edition and are used as each printed "
    "them, so that a level may be reached because the whole board moved."
)


@router.get(
    "/lag",
    operation_id="get_lag",
    summary="How long one group trails another",
    responses={200: {"model": LagAnswer}, **problems(404, 422)},
)
def get_lag(
    question: Annotated[LagQuestion, Query()], record: ReadRecord, exchange: AnExchange
) -> Response:
    """Every level of the frontier of `behind`, oldest first, and when `group` reached it.

    Levels not reached by the newest edition are open waits. Official entries count, all with
    `include_community=true`. `meta.trailing_days` is the lag in the end: how long before the newest
    edition the one first stood where the other stands.
    """
    board = board_called(record.session, question.leaderboard)
    page = exchange.page(question, Bookmark[LagKey], record)
    group, behind = _groups(record, question)
    settle(exchange, record, [board], page.day)
    as_of, known_at = question.moment(page.day), question.known_until
    panel = panel_of(record.session, board.id, last=as_of.day, known_at=known_at)
    # Whether a level was reached later nobody has seen, so waits end with the newest edition.
    until = panel.days[-1] if panel.editions else None
    counted = panel.only(record.columns.selected(panel.entries, question.counted))
    dimension = Dimension(question.by)
    better = board.higher_is_better
    reached, ahead = (
        records(_bests(record, counted, dimension, key), higher_is_better=better)
        for key in (group, behind)
    )
    found = lag(ahead, reached, as_of=until or date.min, higher_is_better=better)
    shown = page.cut(found.waits, lambda wait: (wait.level.edition_date,))
    shifts = shifts_of(record, board, known_at=known_at)
    meta = LagMetaOut(
        {
            **record.board_meta(board, panel.editions[-1] if panel.editions else None),
            "as_of": as_of.text,
            "known_at": question.known_at_text,
            "by": question.by,
            "group": group,
            "behind": behind,
            "include_community": question.include_community,
            "editions": len(panel.editions),
            "group_best": _last(record, reached),
            "behind_best": _last(record, ahead),
            **all_waits_out(found),
            "methodology_breaks": breaks_out(breaks_between(shifts, None, as_of.day)),
            "matched_total": len(found.waits),
            "method": METHOD,
            "note": NOTE if board.unit == FLOATING else None,
            "limit": page.limit,
            "next_cursor": shown.next_cursor,
        }
    )
    by_day = {level.edition_date: level for level in reached}
    data: list[WaitOut] = [
        {
            **_told(record, wait.level),
            "reached_by": _told(record, by_day[wait.reached]) if wait.reached else None,
            "days": wait.days,
            "open": wait.open,
        }
        for wait in shown.items
    ]
    links = exchange.list_links(shown.next_cursor)
    return exchange.reply(LagAnswer(data=data, meta=meta, links=links))


def _groups(record: Record, question: LagQuestion) -> tuple[str, str]:
    """The canonical ids of who may trail and of whom."""
    group = _group(record, question.by, "group", question.group)
    behind = _group(record, question.by, "behind", question.behind)
    if group == behind:
        raise InvalidQueryError("behind", "must be another than `group`")
    return group, behind


def _group(record: Record, by: LagBy, parameter: str, asked: str) -> str:
    if by is LagBy.ORGANIZATION:
        return organization_called(record.names, asked, parameter=parameter).slug
    if by is LagBy.COUNTRY:
        try:
            return country_code(asked)
        except ValueError as error:
            raise InvalidQueryError(parameter, str(error)) from error
    if asked not in OPENNESS:
        raise InvalidQueryError(parameter, "must be open or closed")
    return asked


def _bests(record: Record, counted: Panel, dimension: Dimension, key: str) -> list[Best]:
    """A group's best entry in each edition in which it has any."""
    columns = record.columns
    groups = columns.groups(dimension, counted.entries)
    own = counted.only(groups == columns.number(dimension, key))
    models = columns.groups(Dimension.MODEL, own.entries)
    days = own.days
    return [
        Best(days[number], int(models[row]), float(own.entries.score[row]))
        for number, row in zip(*np.unique(own.edition, return_index=True), strict=True)
    ]


def _last(record: Record, frontier: Sequence[Level]) -> FrontierLevelOut | None:
    return _told(record, frontier[-1]) if frontier else None


def _told(record: Record, level: Level) -> FrontierLevelOut:
    slug = record.columns.keys[Dimension.MODEL][level.model]
    return level_out(level, record.names.models[slug])
