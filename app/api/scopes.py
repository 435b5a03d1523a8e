"""Answers about one organization or country: summed up over all boards, and through time on one."""

from datetime import date
from typing import Any, NamedTuple

from fastapi import Response

from app.api.answers import Exchange
from app.api.cursors import Bookmark
from app.api.group_questions import Flagship, GroupHistoryQuestion, SummaryQuestion
from app.api.grouping import Grouping, Series, series
from app.api.identifiers import board_called
from app.api.pages import Page
from app.api.questions import check_order
from app.api.record import Record
from app.api.schemas.common import attribution
from app.api.schemas.organizations import (
    GroupHistoryMetaOut,
    SummaryMetaOut,
    history_point_out,
)
from app.api.shifts import breaks_told
from app.api.summaries import Scope, Summary, debut_dates, flagship_of, summarize
from app.domain.groups import Dimension
from app.domain.selection import Selection
from app.domain.standings import Board
from app.store.queries.boards import record_state
from app.store.queries.groups import Counting
from app.store.queries.sources import list_sources

HistoryKey = tuple[date]


class Summed(NamedTuple):
    """A summary, and what its answer says of the question."""

    summary: Summary
    meta: SummaryMetaOut


def sum_up(record: Record, exchange: Exchange, question: SummaryQuestion, scope: Scope) -> Summed:
    """A group over all boards.

    Raises:
        NotModified: the caller has that answer.
        InvalidQueryError: `compare_to` lies after `as_of`.
    """
    state = record_state(record.session)
    exchange.about(question)
    exchange.settle(*record.version_of_all(state), changed_at=state.changed_at, day=exchange.today)
    as_of = question.moment(exchange.today)
    start = question.span.before(as_of.day)
    earlier = question.earlier(start)
    check_order("compare_to", earlier, "as_of", as_of)
    summary = summarize(
        record,
        scope,
        as_of=min(as_of.day, exchange.today),
        start=start,
        compare_to=earlier.day,
        top_n=question.top_n,
        official=question.official,
        known_at=question.known_until,
    )
    sources = {row.board.source for row in summary.rows}
    meta: SummaryMetaOut = {
        "as_of": as_of.text,
        "known_at": question.known_at_text,
        "compare_to": earlier.text,
        "window": question.span.text,
        "window_start": start,
        "top_n": question.top_n,
        "include_community": question.include_community,
        "attribution": [
            attribution(source) for source in list_sources(record.session) if source.slug in sources
        ],
    }
    return Summed(summary, meta)


def _of_page(
    record: Record,
    board: Board,
    grouping: Grouping,
    question: GroupHistoryQuestion,
    page: Page[HistoryKey],
    *,
    last: date,
) -> list[Series]:
    """The editions of a page, and one more if there is more."""
    passed: list[Series] = []
    for one in series(
        record,
        board,
        grouping,
        first=question.from_day if page.after is None else page.after[0],
        last=last,
        granularity=question.granularity,
        known_at=question.known_until,
    ):
        if page.after is None or one.edition.edition_date > page.after[0]:
            passed.append(one)
        if len(passed) > page.limit:
            break
    return passed


def answer_history(
    record: Record, exchange: Exchange, question: GroupHistoryQuestion, scope: Scope
) -> Response:
    """A group on one board, edition after edition.

    Raises:
        NotFoundError: there is no such board.
        NotModified: the caller has that answer.
    """
    board = board_called(record.session, question.leaderboard)
    page = exchange.page(question, Bookmark[HistoryKey], record)
    exchange.settle(*record.version_of(board), changed_at=board.changed_at, day=page.day)
    to = question.end(page.day)
    grouping = Grouping(
        counting=Counting(scope.dimension, Selection(official=question.official)),
        top_n=question.top_n,
        groups=(scope.key,),
    )
    passed = _of_page(record, board, grouping, question, page, last=to.day)
    shown = page.trim(passed, lambda one: (one.edition.edition_date,))
    debuts = debut_dates(record, board, scope, to.day, known_at=question.known_until)
    group = record.columns.number(scope.dimension, scope.key)
    latest = question.flagship is Flagship.LATEST
    edition = record.edition(board, to.day, known_at=question.known_until)
    meta = GroupHistoryMetaOut(
        {
            **record.board_meta(board, edition),
            "organization": scope.key if scope.dimension is Dimension.ORGANIZATION else None,
            "country": scope.key if scope.dimension is Dimension.COUNTRY else None,
            "from": question.from_text,
            "to": to.text,
            "known_at": question.known_at_text,
            "granularity": question.granularity,
            "methodology_breaks": breaks_told(record, board, question, last=to.day),
            "flagship": question.flagship,
            "top_n": question.top_n,
            "include_community": question.include_community,
            "limit": page.limit,
            "next_cursor": shown.next_cursor,
        }
    )
    data: list[Any] = [
        history_point_out(point, flagship_of(record, one, group, debuts, latest=latest))
        for one in shown.items
        for point in one.points
    ]
    links = {
        **exchange.list_links(shown.next_cursor),
        "leaderboard": exchange.to("v1", "leaderboards", board.slug),
    }
    return exchange.reply({"data": data, "meta": meta, "links": links})
