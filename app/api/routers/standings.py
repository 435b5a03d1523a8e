"""Standings of a leaderboard as of a date."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from orjson import Fragment

from app.analytics.movements import came
from app.analytics.selection import Selected, select
from app.api.answers import encoded_list
from app.api.comparisons import Comparison, StandingsKey, compare_standings, seen_by
from app.api.cursors import Bookmark
from app.api.deps import AnExchange, ReadRecord
from app.api.entries import Entries
from app.api.identifiers import board_at
from app.api.memento import ACCEPT_DATETIME, memento_headers, paths_of, time_gate
from app.api.openapi import problems
from app.api.parameters import LeaderboardId
from app.api.questions import StandingsQuestion
from app.api.record import Record
from app.api.schemas.common import edition_ref, selection_out
from app.api.schemas.standings import StandingsAnswer, StandingsMetaOut, among_selected
from app.domain.standings import Edition, Standing

router = APIRouter(prefix="/leaderboards/{leaderboard}/standings", tags=["leaderboards"])

FEW = 20  # rows that are soon encoded


@router.get(
    "",
    operation_id="get_standings",
    summary="Standings as of a date",
    responses={
        200: {"model": StandingsAnswer},
        302: {"description": "`Accept-Datetime`: where what was public then is told (RFC 7089)."},
        **problems(404, 422),
    },
)
def get_standings(
    leaderboard: LeaderboardId,
    question: Annotated[StandingsQuestion, Query()],
    record: ReadRecord,
    exchange: AnExchange,
    accept_datetime: Annotated[
        str | None,
        Header(
            description="A moment, as in `Date`: leads to the standings that were public then, "
            "where neither `as_of` nor `known_at` is given (RFC 7089).",
            examples=["Wed, 26 Jun 2024 12:00:00 GMT"],
        ),
    ] = None,
) -> Response:
    """The entries of the edition in force at a date, best first, each with its movement.

    `rank` is the place on the whole board; under a filter `filtered_rank` is the place among
    the selected. A board without an edition by then answers with an empty list.
    """
    board = board_at(record.session, leaderboard)
    exchange.vary_by(ACCEPT_DATETIME)
    known_until = question.known_until
    page = exchange.page(question, Bookmark[StandingsKey], record)
    if question.selection:
        record.begin_long()
    selection = record.selection(question.selection)
    if accept_datetime is not None and question.as_of is None and known_until is None:
        elsewhere = time_gate(record, board, exchange, accept_datetime)
        if elsewhere is not None:
            return elsewhere
    past = known_until is not None and known_until < exchange.now
    exchange.settle(*record.version_of(board), past, changed_at=board.changed_at, day=page.day)
    comparison = compare_standings(record, board, question, page)
    entries = comparison.now(record)
    chosen = select(entries.standings, selection) if selection else entries.all
    shown = page.cut(chosen, _key, snapshots=comparison.snapshots)
    meta: StandingsMetaOut = {
        **comparison.meta(record, board),
        "as_of": comparison.until,
        "known_at": question.known_at_text,
        "compare_to": question.compare_to_text,
        "compared_edition": edition_ref(comparison.earlier),
        "organization": selection.organization,
        "selection": selection_out(selection),
        "matched_total": len(chosen),
        "intervals": entries.intervals,
        "limit": page.limit,
        "next_cursor": shown.next_cursor,
    }
    return exchange.reply(
        {
            "data": _rows(record, comparison, entries, shown.items),
            "meta": meta,
            "links": exchange.list_links(shown.next_cursor),
        },
        headers=memento_headers(comparison.edition, past=past),
        links=paths_of(exchange, board).links(),
    )


def _key(selected: Selected) -> StandingsKey:
    """Best first, ties by the model's id: the order of standings."""
    standing = selected.standing
    return standing.rank, standing.model.slug, standing.printed_name


def _rows(
    record: Record, comparison: Comparison, entries: Entries, shown: Sequence[Selected]
) -> Fragment:
    """The page's entries, with what only the whole edition and the earlier one can tell."""
    rows = entries.rows_since(comparison.earlier)
    others = [one.standing for one in shown if one.standing.printed_name not in rows]
    if len(others) > FEW:
        record.begin_long()
    if others and comparison.edition is not None:
        rows = rows | _made(record, comparison, entries, comparison.edition, others)
    return encoded_list(
        among_selected(rows[standing.printed_name], filtered_rank)
        if filtered_rank is not None
        else rows[standing.printed_name]
        for standing, filtered_rank in shown
    )


def _made(
    record: Record,
    comparison: Comparison,
    entries: Entries,
    edition: Edition,
    others: Sequence[Standing],
) -> dict[str, bytes]:
    """Rows that are not kept, by printed name; those that cannot become others are, from now on."""
    kept = entries.rows_since(comparison.earlier)
    earlier = comparison.before(record).best
    newcomers = {standing.model.slug for standing in others} - earlier.keys()
    seen = seen_by(record, comparison.board, newcomers, comparison.earlier)
    made = {}
    for standing in others:
        before = earlier.get(standing.model.slug)
        movement = came(standing, before, seen)
        row = entries.row(standing, edition, before=before, movement=movement)
        made[standing.printed_name] = row
        if before is not None:
            kept[standing.printed_name] = row
    return made
