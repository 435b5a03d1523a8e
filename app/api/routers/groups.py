"""Tables and histories of a leaderboard by organization, by country and by licence."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from app.api.answers import Exchange
from app.api.common_models import settle
from app.api.comparisons import compare_groups
from app.api.cursors import Bookmark, Word
from app.api.deps import AnExchange, ReadRecord
from app.api.eras import with_its_eras
from app.api.group_questions import (
    CountrySeriesQuestion,
    CountryTableQuestion,
    LicenceSeriesQuestion,
    LicenceTableQuestion,
    OrganizationSeriesQuestion,
    OrganizationTableQuestion,
)
from app.api.grouping import LAST, Grouping, Point, Row, Series, grouping_of, series, table
from app.api.identifiers import board_at
from app.api.openapi import problems
from app.api.parameters import LeaderboardId
from app.api.record import Record
from app.api.schemas.common import edition_ref, selection_out
from app.api.schemas.groups import (
    CountedMetaOut,
    CountrySeriesAnswer,
    CountryTableAnswer,
    LicenceSeriesAnswer,
    LicenceTableAnswer,
    OrganizationSeriesAnswer,
    OrganizationTableAnswer,
    SeriesMetaOut,
    TableMetaOut,
    concentration_out,
    editions_out,
    key_out,
    point_out,
    row_out,
)
from app.api.shifts import breaks_told

router = APIRouter(prefix="/leaderboards/{leaderboard}", tags=["groups"])

TableKey = tuple[int, Word]
SeriesKey = tuple[date, int, Word]

AnyTableQuestion = OrganizationTableQuestion | CountryTableQuestion | LicenceTableQuestion
AnySeriesQuestion = OrganizationSeriesQuestion | CountrySeriesQuestion | LicenceSeriesQuestion


@router.get(
    "/organizations",
    operation_id="get_organization_table",
    summary="Organizations on a leaderboard",
    responses={200: {"model": OrganizationTableAnswer}, **problems(404, 422)},
)
def get_organization_table(
    leaderboard: LeaderboardId,
    question: Annotated[OrganizationTableQuestion, Query()],
    record: ReadRecord,
    exchange: AnExchange,
) -> Response:
    """The league table of makers as of a date, in order of their best.

    Official entries count, all with `include_community=true`; a filter leaves out the others, and
    leaders and the top N are taken among what counts. Shares are parts of the top N; those of all
    rows and `unknown_share` add to 1.
    """
    return _table(leaderboard, question, record, exchange)


@router.get(
    "/countries",
    operation_id="get_country_table",
    summary="Countries on a leaderboard",
    responses={200: {"model": CountryTableAnswer}, **problems(404, 422)},
)
def get_country_table(
    leaderboard: LeaderboardId,
    question: Annotated[CountryTableQuestion, Query()],
    record: ReadRecord,
    exchange: AnExchange,
) -> Response:
    """The same by country: that of the maker's headquarters. Makers without one are unknown."""
    return _table(leaderboard, question, record, exchange)


@router.get(
    "/licenses",
    operation_id="get_licence_table",
    summary="Licences on a leaderboard",
    responses={200: {"model": LicenceTableAnswer}, **problems(404, 422)},
)
def get_licence_table(
    leaderboard: LeaderboardId,
    question: Annotated[LicenceTableQuestion, Query()],
    record: ReadRecord,
    exchange: AnExchange,
) -> Response:
    """The same by licence, or with `by=open_weights` by whether the weights can be had."""
    return _table(leaderboard, question, record, exchange)


@router.get(
    "/organizations/history",
    operation_id="get_organization_series",
    summary="Organizations on a leaderboard over time",
    responses={200: {"model": OrganizationSeriesAnswer}, **problems(404, 422)},
)
def get_organization_series(
    leaderboard: LeaderboardId,
    question: Annotated[OrganizationSeriesQuestion, Query()],
    record: ReadRecord,
    exchange: AnExchange,
) -> Response:
    """What every maker had of each edition. Those named have a row in each, were it nothing."""
    return _series(leaderboard, question, record, exchange)


@router.get(
    "/countries/history",
    operation_id="get_country_series",
    summary="Countries on a leaderboard over time",
    responses={200: {"model": CountrySeriesAnswer}, **problems(404, 422)},
)
def get_country_series(
    leaderboard: LeaderboardId,
    question: Annotated[CountrySeriesQuestion, Query()],
    record: ReadRecord,
    exchange: AnExchange,
) -> Response:
    """What every country had of each edition. Those named have a row in each, were it nothing."""
    return _series(leaderboard, question, record, exchange)


@router.get(
    "/licenses/history",
    operation_id="get_licence_series",
    summary="Licences on a leaderboard over time",
    responses={200: {"model": LicenceSeriesAnswer}, **problems(404, 422)},
)
def get_licence_series(
    leaderboard: LeaderboardId,
    question: Annotated[LicenceSeriesQuestion, Query()],
    record: ReadRecord,
    exchange: AnExchange,
) -> Response:
    """What every licence had of each edition. Those named have a row in each, were it nothing."""
    return _series(leaderboard, question, record, exchange)


def _table(
    leaderboard: str, question: AnyTableQuestion, record: Record, exchange: Exchange
) -> Response:
    board = board_at(record.session, leaderboard)
    page = exchange.page(question, Bookmark[TableKey], record)
    grouping = grouping_of(record, question)
    settle(exchange, record, with_its_eras(record, board), page.day)
    comparison = compare_groups(record, board, question, page)
    as_of = question.moment(page.day).day
    start = question.span.before(as_of)
    found = table(
        record,
        board,
        comparison,
        grouping,
        window=(start, min(as_of, page.day)),
        known_at=question.known_until,
    )
    shown = page.cut(found.rows, _table_key, snapshots=comparison.snapshots)
    meta = TableMetaOut(
        {
            **comparison.meta(record, board),
            **_counted_meta(grouping),
            "as_of": comparison.until,
            "known_at": question.known_at_text,
            "compare_to": comparison.since,
            "compared_edition": edition_ref(comparison.earlier),
            "window": question.span.text,
            "window_start": start,
            "matched_total": len(found.rows),
            "concentration": concentration_out(found.concentration),
            "limit": page.limit,
            "next_cursor": shown.next_cursor,
        }
    )
    data: list[Any] = [
        {
            **key_out(record.names, grouping.counting.dimension, row.key, comparison.day),
            **row_out(record.names, row, leaderboard=board.slug, compared=comparison.earlier),
        }
        for row in shown.items
    ]
    links = exchange.list_links(shown.next_cursor)
    return exchange.reply({"data": data, "meta": meta, "links": links})


def _series(
    leaderboard: str, question: AnySeriesQuestion, record: Record, exchange: Exchange
) -> Response:
    board = board_at(record.session, leaderboard)
    page = exchange.page(question, Bookmark[SeriesKey], record)
    grouping = grouping_of(record, question)
    exchange.settle(*record.version_of(board), changed_at=board.changed_at, day=page.day)
    to = question.end(page.day)
    passed: list[Series] = []
    points: list[Point] = []
    for one in series(
        record,
        board,
        grouping,
        first=question.from_day if page.after is None else page.after[0],
        last=to.day,
        granularity=question.granularity,
        known_at=question.known_until,
    ):
        further = [p for p in one.points if page.after is None or _series_key(p) > page.after]
        points += further
        if further:
            passed.append(one)
        if len(points) > page.limit:
            break
    shown = page.trim(points, _series_key)
    dates = {point.edition.edition_date for point in shown.items}
    edition = record.edition(board, to.day, known_at=question.known_until)
    meta = SeriesMetaOut(
        {
            **record.board_meta(board, edition),
            **_counted_meta(grouping),
            "from": question.from_text,
            "to": to.text,
            "known_at": question.known_at_text,
            "granularity": question.granularity,
            "methodology_breaks": breaks_told(record, board, question, last=to.day),
            "editions": editions_out([one for one in passed if one.edition.edition_date in dates]),
            "limit": page.limit,
            "next_cursor": shown.next_cursor,
        }
    )
    data: list[Any] = [
        {
            **key_out(
                record.names,
                grouping.counting.dimension,
                point.key,
                point.edition.edition_date,
            ),
            **point_out(point),
        }
        for point in shown.items
    ]
    links = exchange.list_links(shown.next_cursor)
    return exchange.reply({"data": data, "meta": meta, "links": links})


def _counted_meta(grouping: Grouping) -> CountedMetaOut:
    return {
        "by": grouping.counting.dimension,
        "top_n": grouping.top_n,
        "include_community": grouping.counting.selection.official is None,
        "selection": selection_out(grouping.counting.selection),
        "groups": None if grouping.groups is None else list(grouping.groups),
    }


def _table_key(row: Row) -> TableKey:
    return row.now.best_filtered_rank or LAST, row.key


def _series_key(point: Point) -> SeriesKey:
    rank = point.holding.best_filtered_rank
    return point.edition.edition_date, rank or LAST, point.key
