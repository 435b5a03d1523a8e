"""Trends of the models of a leaderboard."""

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from app.analytics.shifts import breaks_between
from app.analytics.trends import METHOD
from app.api.cursors import Bookmark, Number, Word
from app.api.deps import AnExchange, ReadRecord
from app.api.identifiers import board_at
from app.api.openapi import problems
from app.api.parameters import LeaderboardId, Window
from app.api.questions import (
    DEFAULT_WINDOW,
    AsOfQuestion,
    EntryFilter,
    KnownAtQuestion,
    ListQuestion,
)
from app.api.schemas.common import model_ref, organization_ref, selection_out
from app.api.schemas.shifts import breaks_out
from app.api.schemas.trends import TrendOut, TrendsAnswer, TrendsMetaOut, fit_out
from app.api.shifts import shifts_of
from app.api.trending import Metric, Trending, window_of
from app.domain.durations import Duration

router = APIRouter(prefix="/leaderboards/{leaderboard}/trends", tags=["leaderboards"])

TrendsKey = tuple[bool, Number, int, Word]


class TrendSort(StrEnum):
    """The order of trends; a minus puts the largest first. What is unknown comes last."""

    RANK = "rank"
    SLOPE = "slope"
    SLOPE_DOWN = "-slope"
    Q_VALUE = "q_value"


class TrendsQuestion(AsOfQuestion, KnownAtQuestion, EntryFilter, ListQuestion):
    """`GET /v1/leaderboards/{leaderboard}/trends`."""

    window: Annotated[
        Window | None,
        Field(
            description="The editions of this time until `as_of`. Default P90D.", examples=["P1Y"]
        ),
    ] = None
    metric: Annotated[
        Metric,
        Field(
            description="What is followed: the score, or the place, whose slope is in places a day "
            "and positive when it improves."
        ),
    ] = Metric.SCORE
    sort: Annotated[TrendSort, Field(description="The order.", examples=["-slope"])] = (
        TrendSort.RANK
    )

    @property
    def span(self) -> Duration:
        """The window that is meant."""
        return self.window or DEFAULT_WINDOW


@router.get(
    "",
    operation_id="get_trends",
    summary="Who rises, who falls, and how surely",
    responses={200: {"model": TrendsAnswer}, **problems(404, 422)},
)
def get_trends(
    leaderboard: LeaderboardId,
    question: Annotated[TrendsQuestion, Query()],
    record: ReadRecord,
    exchange: AnExchange,
) -> Response:
    """The trend over a window of every model that stands in the newest edition.

    A slope is the median of those between all pairs of editions, with its 95 % interval; whether
    it is more than chance is tested, allowing for autocorrelation and for how many models are
    tested. `net` is what remains of a score's trend when the whole pool's common shift is taken
    out; of a place, which every newcomer above makes worse, it is the trend of the percentile.
    """
    board = board_at(record.session, leaderboard)
    page = exchange.page(question, Bookmark[TrendsKey], record)
    selection = record.selection(question.selection)
    exchange.settle(*record.version_of(board), changed_at=board.changed_at, day=page.day)
    as_of = question.moment(page.day)
    start = question.span.before(as_of.day)
    # first of all, as it may read the whole board, of which the window is a part
    shifts = shifts_of(record, board, known_at=question.known_until)
    found = window_of(
        record,
        board,
        selection,
        metric=question.metric,
        start=start,
        as_of=as_of.day,
        known_at=question.known_until,
    )
    breaks = breaks_between(shifts, start, as_of.day)
    key = _order(question.sort)
    shown = page.cut(sorted(found.rows, key=key), key)
    meta = TrendsMetaOut(
        {
            **record.board_meta(board, found.edition),
            "as_of": as_of.text,
            "known_at": question.known_at_text,
            "window": question.span.text,
            "window_start": start,
            "metric": question.metric,
            "sort": question.sort,
            "selection": selection_out(selection),
            "editions": found.editions,
            "models_tested": found.models_tested,
            "methodology_breaks": breaks_out(breaks),
            "matched_total": len(found.rows),
            "limit": page.limit,
            "next_cursor": shown.next_cursor,
        }
    )
    return exchange.reply(
        TrendsAnswer(
            data=[_trend_out(one, as_of.day) for one in shown.items],
            meta=meta,
            links=exchange.list_links(shown.next_cursor),
        )
    )


def _trend_out(one: Trending, day: date) -> TrendOut:
    standing, trend = one.standing, one.trend
    return {
        "model": model_ref(standing.model),
        "organization": organization_ref(standing.model.organization, day),
        "rank": standing.rank,
        "points": trend.points,
        "from": _day(trend.first_day),
        "to": _day(trend.last_day),
        **fit_out(trend),
        "insufficient_data": trend.insufficient_data,
        "method": METHOD,
        "net": fit_out(one.net),
    }


def _day(number: float | None) -> date | None:
    return None if number is None else date.fromordinal(int(number))


def _order(sort: TrendSort) -> Callable[[Trending], TrendsKey]:
    """The key of an order: what is unknown last, then by rank; ties by the model's id."""
    sign = -1 if sort.startswith("-") else 1

    def key(one: Trending) -> TrendsKey:
        standing = one.standing
        value = _SORTED_BY[sort.removeprefix("-")](one)
        return value is None, sign * (value or 0.0), standing.rank, standing.model.slug

    return key


_SORTED_BY: dict[str, Callable[[Trending], float | None]] = {
    TrendSort.RANK: lambda one: one.standing.rank,
    TrendSort.SLOPE: lambda one: one.trend.slope_per_day,
    TrendSort.Q_VALUE: lambda one: one.trend.q_value,
}
