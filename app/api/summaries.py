"""One organization or country on all boards, at a date and a while before; and where all stand."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

import numpy as np

from app.analytics.debuts import Appearance, newest_anywhere, newest_by_board
from app.analytics.groups import Division
from app.analytics.tenure import days_held
from app.api.eras import eras_ended
from app.api.grouping import Divided, Row, Series, debuts_of, divide, model_at, tenures
from app.api.record import Record
from app.domain.groups import NOBODY, Dimension
from app.domain.selection import Selection
from app.domain.standings import Board, Edition, Model, Organization
from app.store.queries.boards import boards_by_id, ranking_board_ids
from app.store.queries.editions import newest_editions
from app.store.queries.groups import (
    Appearances,
    Counting,
    appearances,
    as_printed_now,
    counted_entries,
    groups_led,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The group that is summed up: makers that are told of together, by `key`."""

    dimension: Dimension
    key: str
    makers: Sequence[Organization]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRow:
    """A group on one board, and the editions of now and of then; None before any.

    `is_over`: the next era of the board has begun.
    """

    board: Board
    edition: Edition | None
    earlier_edition: Edition | None
    is_over: bool
    row: Row

    @property
    def best_rank(self) -> int | None:
        """Its best place on the whole board, None without an entry that counts."""
        return self.row.now.best_rank

    @property
    def leads(self) -> bool:
        """Whether it stands first among the entries that count, and the board's era lasts."""
        return not self.is_over and self.row.now.best_filtered_rank == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A group over all boards. `debut` is its newest model's, None before any.

    `models` are those of its own that stood on any board by then.
    """

    rows: list[BoardRow]
    debut: Appearance | None
    debut_board: Board | None
    models: int


class _Compared(NamedTuple):
    """Where names stood by a date, and the editions in force then and earlier, by board.

    `divided` are the entries that count of all these editions, by snapshot.
    """

    seen: Appearances
    boards: Mapping[int, Board]
    now: Mapping[int, Edition]
    before: Mapping[int, Edition]
    divided: Mapping[int, Divided]


def summarize(
    record: Record,
    scope: Scope,
    *,
    as_of: date,
    start: date,
    compare_to: date,
    top_n: int,
    official: bool | None,
    known_at: datetime | None,
) -> Summary:
    """A row for every board it stood on by `as_of`; best ranks first, then by board id.

    Boards of whatever stands there, of any kind, are left out: the ranking beside them counts.
    Days as leader in the window count from `start`. The number of queries does not depend on how
    many boards there are.
    """
    session, columns = record.session, record.columns
    counting = Counting(scope.dimension, Selection(official=official))
    group = columns.number(scope.dimension, scope.key)
    seen, boards, now, before, found = _compared(
        record, scope, counting, as_of=as_of, to=compare_to, top_n=top_n, known_at=known_at
    )
    nothing = Division(NOBODY, top_n).holding(group)
    standing = {board_id: found[edition.snapshot_id].everyone for board_id, edition in now.items()}
    counted = debuts_of(record, counting, as_printed_now(seen, standing))
    newest = newest_by_board(counted)
    ended = eras_ended(record, boards.values(), as_of, known_at=known_at)
    of_each = groups_led(session, columns, sorted(boards), as_of, counting, known_at=known_at)
    led = tenures(of_each, ended)
    rows = []
    for board_id, board in boards.items():
        edition, earlier = now.get(board_id), before.get(board_id)
        divided = edition and found[edition.snapshot_id]
        held = divided.division.holding(group) if divided else nothing
        times = led.get((board_id, group), ())
        rows.append(
            BoardRow(
                board=board,
                edition=edition,
                earlier_edition=earlier,
                is_over=board_id in ended,
                row=Row(
                    key=scope.key,
                    now=held,
                    best_model=divided and model_at(record, divided.entries, held.best),
                    before=earlier and found[earlier.snapshot_id].division.holding(group),
                    days_led=days_held(times, last=as_of),
                    days_led_in_window=days_held(times, first=start, last=as_of),
                    debut=newest.get((board_id, group)),
                ),
            )
        )
    debut = newest_anywhere(counted)
    return Summary(
        rows=sorted(rows, key=_best_first),
        debut=debut,
        debut_board=debut and boards[debut.board_id],
        models=len({record.names.aliases[n].model.slug for n in seen.alias_id.tolist()}),
    )


def _compared(
    record: Record,
    scope: Scope,
    counting: Counting,
    *,
    as_of: date,
    to: date,
    top_n: int,
    known_at: datetime | None,
) -> _Compared:
    """The boards of one kind of entry on which the scope's names stood by `as_of`."""
    session = record.session
    alias_ids = record.names.names_of(scope.makers)
    seen = appearances(session, as_of, alias_ids=alias_ids, known_at=known_at)
    standing_on = boards_by_id(session, sorted(set(seen.board_id)))
    boards = {number: one for number, one in standing_on.items() if one.entry_kind is not None}
    ids = sorted(boards)
    now = newest_editions(session, as_of, ids, known_at=known_at)
    before = newest_editions(session, to, ids, known_at=known_at)
    numbers = sorted({edition.snapshot_id for edition in (*now.values(), *before.values())})
    counted = counted_entries(session, record.columns, numbers, counting)
    divided = {number: divide(entries, top_n) for number, entries in counted}
    return _Compared(seen.on(boards), boards, now, before, divided)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Where a group stands now: on how many boards, and its best rank on any."""

    boards: int
    best_rank: int | None


NOWHERE = Reach(boards=0, best_rank=None)


def reaches(record: Record, dimension: Dimension, today: date) -> dict[str, Reach]:
    """Where every group stands in the newest editions, all entries counted; those that do."""
    session, columns = record.session, record.columns
    ids = ranking_board_ids(session)
    editions = newest_editions(session, today, ids)
    numbers = [edition.snapshot_id for edition in editions.values()]
    boards: Counter[int] = Counter()
    best: dict[int, int] = {}
    counting = Counting(dimension, Selection())
    for _number, counted in counted_entries(session, columns, numbers, counting):
        for group, rank in Division(counted.lines, 1).best_ranks():
            boards[group] += 1
            best[group] = min(rank, best.get(group, rank))
    keys = columns.keys[dimension]
    return {keys[group]: Reach(boards=boards[group], best_rank=best[group]) for group in boards}


def _best_first(row: BoardRow) -> tuple[bool, int, str]:
    best = row.best_rank
    return best is None, best or 0, row.board.slug


@dataclass(frozen=True, slots=True, kw_only=True)
class Flagship:
    """The model that stands for a group in an edition; `debut_date` is that on the board."""

    model: Model
    rank: int
    filtered_rank: int
    score: float
    debut_date: date | None


def flagship_of(
    record: Record, passed: Series, group: int, debuts: Mapping[str, date], *, latest: bool
) -> Flagship | None:
    """The best placed of a group's entries in an edition, or with `latest` the newest model's.

    `debuts` tells when models came to the board. Of several of one day the best placed counts.
    """
    lines, entries, _everyone = passed.counted
    rows = np.flatnonzero(lines.group == group).tolist()
    models = [record.names.aliases[int(entries.alias_id[row])].model for row in rows]
    if not rows:
        return None
    days = [debuts.get(model.slug, date.min) for model in models]
    chosen = days.index(max(days)) if latest else 0
    row, model = rows[chosen], models[chosen]
    return Flagship(
        model=model,
        rank=int(lines.rank[row]),
        filtered_rank=int(lines.filtered_rank[row]),
        score=float(entries.score[row]),
        debut_date=debuts.get(model.slug),
    )


def debut_dates(
    record: Record, board: Board, scope: Scope, as_of: date, *, known_at: datetime | None
) -> dict[str, date]:
    """When each of a group's models came to a board, by the model's id."""
    counting = Counting(scope.dimension, Selection())
    seen = appearances(
        record.session,
        as_of,
        board_id=board.id,
        alias_ids=record.names.names_of(scope.makers),
        known_at=known_at,
    )
    return {one.model: one.day for one in debuts_of(record, counting, seen)}
