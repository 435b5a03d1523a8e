"""What groups have of a board: as of a date beside an earlier one, and edition after edition."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import NamedTuple

from app.analytics.debuts import Appearance, debuts, newest_by_board
from app.analytics.eras import held_until
from app.analytics.groups import Concentration, Division, Holding
from app.analytics.reigns import holders_in_turn
from app.analytics.tenure import Tenure, days_held
from app.api.comparisons import Comparison
from app.api.eras import eras_ended
from app.api.group_questions import ByCountry, ByLicence, ByOrganization
from app.api.identifiers import licence_called, organization_called
from app.api.parameters import words_of
from app.api.record import Record
from app.domain.groups import Dimension
from app.domain.periods import Granularity
from app.domain.standings import Board, Edition, Model
from app.errors import InvalidQueryError
from app.store.blocks import Block
from app.store.queries.groups import (
    Appearances,
    Counted,
    Counting,
    Led,
    appearances,
    as_printed_now,
    counted_entries,
    groups_led,
)
from app.store.queries.histories import last_of_each_period

LAST = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """Which entries count, in which groups, and how many are the top.

    `groups` are the ones asked for, None for all.
    """

    counting: Counting
    top_n: int
    groups: tuple[str, ...] | None


class Divided(NamedTuple):
    """An edition's entries that count, divided among groups; `everyone` are all entries."""

    entries: Block
    division: Division
    everyone: Block


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A group of a board: what it has, what it had, how long it led, and its newest debut.

    `before` is None where there was no earlier edition; `debut` is that of its newest model, None
    where none that counts has come to the board.
    """

    key: str
    now: Holding
    best_model: Model | None
    before: Holding | None
    days_led: int
    days_led_in_window: int
    debut: Appearance | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A group in an edition, and the model of its best entry among those that count."""

    edition: Edition
    key: str
    holding: Holding
    best_model: Model | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The groups of a board, best first, and how concentrated its top is."""

    rows: list[Row]
    concentration: Concentration


def grouping_of(record: Record, question: ByOrganization | ByCountry | ByLicence) -> Grouping:
    """What a question groups and counts, by canonical ids.

    Raises:
        NotFoundError: it names an organization or a licence that there is not.
        InvalidQueryError: it names licences where openness is asked about.
    """
    if isinstance(question, ByOrganization):
        groups = tuple(
            organization_called(record.names, word).slug for word in words_of(question.organization)
        )
    elif isinstance(question, ByCountry):
        groups = words_of(question.country)
    else:
        if question.licence is not None and question.dimension is not Dimension.LICENCE:
            raise InvalidQueryError("licence", "goes with `by=licence` only")
        groups = tuple(licence_called(record.names, word).id for word in words_of(question.licence))
    return Grouping(
        counting=Counting(question.dimension, record.selection(question.selection)),
        top_n=question.top_n,
        groups=tuple(dict.fromkeys(groups)) or None,
    )


def divide(counted: Counted, top_n: int) -> Divided:
    """The entries that count, divided among groups."""
    return Divided(counted.entries, Division(counted.lines, top_n), counted.everyone)


def table(
    record: Record,
    board: Board,
    comparison: Comparison,
    grouping: Grouping,
    *,
    window: tuple[date, date],
    known_at: datetime | None,
) -> Table:
    """The league table of a comparison's edition; `window` is when days as leader count."""
    counting, top_n = grouping.counting, grouping.top_n
    start, as_of = window
    editions = [e for e in (comparison.edition, comparison.earlier) if e is not None]
    numbers = list(dict.fromkeys(edition.snapshot_id for edition in editions))
    found = {
        number: divide(counted, top_n)
        for number, counted in counted_entries(record.session, record.columns, numbers, counting)
    }
    if comparison.edition is None:
        return Table(rows=[], concentration=Concentration(0, None, None, None, None))
    now = found[comparison.edition.snapshot_id]
    earlier = comparison.earlier and found[comparison.earlier.snapshot_id]
    led = tenures(
        groups_led(record.session, record.columns, [board.id], as_of, counting, known_at=known_at),
        eras_ended(record, [board], as_of, known_at=known_at),
    )
    seen = appearances(record.session, as_of, board_id=board.id, known_at=known_at)
    came = debuts_of(record, counting, as_printed_now(seen, {board.id: now.everyone}))
    newest = newest_by_board(came)
    keys = record.columns.keys[counting.dimension]
    rows = [
        Row(
            key=keys[holding.group],
            now=holding,
            best_model=model_at(record, now.entries, holding.best),
            before=earlier and earlier.division.holding(holding.group),
            days_led=days_held(led.get((board.id, holding.group), ()), last=as_of),
            days_led_in_window=days_held(
                led.get((board.id, holding.group), ()), first=start, last=as_of
            ),
            debut=newest.get((board.id, holding.group)),
        )
        for holding in now.division.holdings()
        if grouping.groups is None or keys[holding.group] in grouping.groups
    ]
    return Table(rows=rows, concentration=now.division.concentration())


class Series(NamedTuple):
    """One edition: its entries that count, the groups in it, best first, and its concentration."""

    edition: Edition
    counted: Counted
    points: list[Point]
    concentration: Concentration


def series(
    record: Record,
    board: Board,
    grouping: Grouping,
    *,
    first: date | None,
    last: date,
    granularity: Granularity,
    known_at: datetime | None,
) -> Iterator[Series]:
    """Edition after edition, oldest first, each worked out when it is asked for.

    A group that is asked for has a point in every edition, were it nothing; otherwise those have
    one that have entries.
    """
    counting = grouping.counting
    editions = last_of_each_period(
        record.editions(board, known_at=known_at).between(first, last),
        granularity,
    )
    counted = counted_entries(
        record.session, record.columns, [e.snapshot_id for e in editions], counting
    )
    for edition, (_, found) in zip(editions, counted, strict=True):
        entries, division, _everyone = divide(found, grouping.top_n)
        points = [
            Point(
                edition=edition,
                key=key,
                holding=holding,
                best_model=model_at(record, entries, holding.best),
            )
            for key, holding in _held(record, division, grouping)
        ]
        yield Series(edition, found, points, division.concentration())


def _held(record: Record, division: Division, grouping: Grouping) -> list[tuple[str, Holding]]:
    """What the groups have that are to be told of, best first; those without entries last."""
    dimension = grouping.counting.dimension
    if grouping.groups is None:
        keys = record.columns.keys[dimension]
        return [(keys[holding.group], holding) for holding in division.holdings()]
    held = [
        (key, division.holding(record.columns.number(dimension, key))) for key in grouping.groups
    ]
    return sorted(held, key=lambda one: (one[1].best_filtered_rank or LAST, one[0]))


def model_at(record: Record, entries: Block, row: int | None) -> Model | None:
    """The model of an entry."""
    return None if row is None else record.names.aliases[int(entries.alias_id[row])].model


def tenures(led: Sequence[Led], ended: Mapping[int, date]) -> dict[tuple[int, int], list[Tenure]]:
    """By (board, group): the times in which it led; `ended` is as `eras_ended` tells it."""
    found: dict[tuple[int, int], list[Tenure]] = {}
    for board_id, of_board in groupby(led, key=lambda one: one.board_id):
        editions = list(of_board)
        holders = holders_in_turn(one.holders for one in editions)
        for one, holder in zip(editions, holders, strict=True):
            if holder is not None:
                end = one.end or held_until(one.start, ended.get(board_id))
                found.setdefault((board_id, holder), []).append(Tenure(one.start, end))
    return found


def debuts_of(record: Record, counting: Counting, seen: Appearances) -> list[Appearance]:
    """The debuts of models that count."""
    counts = record.columns.selected(seen, counting.selection)
    groups = record.columns.groups(counting.dimension, seen)
    aliases = record.names.aliases
    lines = zip(
        seen.day,
        seen.alias_id.tolist(),
        seen.board_id,
        groups.tolist(),
        counts.tolist(),
        strict=True,
    )
    return debuts(
        Appearance(day, aliases[alias_id].model.slug, board, group)
        for day, alias_id, board, group, counted in lines
        if counted
    )
