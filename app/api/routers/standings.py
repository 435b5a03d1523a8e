"""Standings of a leaderboard as of a date."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Header, Query, Response
from orjson import Fragment

from app.analytics.movements import Bools, all_came
from app.analytics.selection import ranks_within
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
from app.api.schemas.standings import (
    StandingsAnswer,
    StandingsMetaOut,
    among_selected,
    entries_out,
)
from app.domain.groups import Ints
from app.domain.selection import Selection
from app.domain.standings import Edition
from app.store.queries.names import Names

router = APIRouter(prefix="/leaderboards/{leaderboard}/standings", tags=["leaderboards"])


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
    chosen, within = _chosen(record, entries, selection)
    shown = page.cut(chosen, partial(_key, entries, record.names), snapshots=comparison.snapshots)
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
            "data": _data(record, comparison, entries, shown.items, within),
            "meta": meta,
            "links": exchange.list_links(shown.next_cursor),
        },
        headers=memento_headers(comparison.edition, past=past),
        links=paths_of(exchange, board).links(),
    )


def _chosen(
    record: Record, entries: Entries, selection: Selection
) -> tuple[Sequence[int], Mapping[int, int]]:
    """The places of the entries that are all that is asked, and their ranks among themselves.

    Without a selection there are no such ranks.
    """
    if not selection:
        return range(len(entries)), {}
    wanted = np.flatnonzero(record.columns.selected(entries.block, selection))
    places = wanted.tolist()
    within = ranks_within(entries.block.rank[wanted].tolist())
    return places, dict(zip(places, within, strict=True))


def _key(entries: Entries, names: Names, place: int) -> StandingsKey:
    """Best first, ties by the model's id: the order of standings."""
    block = entries.block
    alias = names.aliases[int(block.alias_id[place])]
    return int(block.rank[place]), alias.model.slug, alias.printed_name


def _data(
    record: Record,
    comparison: Comparison,
    entries: Entries,
    shown: Sequence[int],
    within: Mapping[int, int],
) -> Fragment:
    """The page's entries, with what only the whole edition and the earlier one can tell."""
    kept = entries.rows_since(comparison.earlier)
    others = [place for place in shown if place not in kept]
    made = {}
    if others and comparison.edition is not None:
        made = _made(record, comparison, entries, comparison.edition, others)
    rows = [made[place] if place in made else kept[place] for place in shown]
    if within:
        places = zip(rows, shown, strict=True)
        rows = [among_selected(row, within[place]) for row, place in places]
    return encoded_list(rows)


def _made(
    record: Record,
    comparison: Comparison,
    entries: Entries,
    edition: Edition,
    others: Sequence[int],
) -> dict[int, bytes]:
    """Rows that are not kept, by place; those that cannot become others are, from now on."""
    places = np.array(others, np.intp)
    lines, open_ranks = entries.block, entries.open_ranks
    if len(places) < len(entries):
        lines, open_ranks = lines.in_order(places), open_ranks.at(places)
    before = comparison.before(record)
    stood = before.best_of(entries.models[places])
    seen = _seen(record, comparison, lines.alias_id, stood.there)
    rows = entries_out(
        lines,
        edition,
        open_ranks=open_ranks,
        before=stood,
        came=all_came(lines.rank, stood, seen),
        labels=record.labels.of(lines, edition.edition_date),
    )
    made = dict(zip(others, rows, strict=True))
    kept = entries.rows_since(comparison.earlier)
    kept.update((place, made[place]) for place in places[stood.there].tolist())
    return made


def _seen(record: Record, comparison: Comparison, alias_id: Ints, stood: Bools) -> Bools:
    """Of which lines the model had stood on the board by the earlier edition; of newcomers only."""
    seen = np.zeros(len(stood), np.bool_)
    places = np.flatnonzero(~stood)
    if len(places):
        aliases = record.names.aliases
        models = [aliases[number].model.slug for number in alias_id[places].tolist()]
        known = seen_by(record, comparison.board, set(models), comparison.earlier)
        seen[places] = [model in known for model in models]
    return seen
