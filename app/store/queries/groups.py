"""Groups of entries: what counts in an edition, who led when, and who appeared first."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

import numpy as np
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.domain.groups import Dimension, Ints, Lines
from app.domain.selection import Selection
from app.store.blocks import Block
from app.store.queries.columns import Columns
from app.store.queries.editions import editions_by_board, is_as_stored
from app.store.queries.standings import blocks_of
from app.store.tables import EDITION, ENTRY, LISTING

BLOCKS_AT_ONCE = 50
NO_NUMBERS = np.zeros(0, np.int32)


class Counting(NamedTuple):
    """Which entries count, and how they are grouped."""

    dimension: Dimension
    selection: Selection


class Counted(NamedTuple):
    """The entries of an edition that count: to which groups they belong, and what they are.

    `everyone` are all entries.
    """

    lines: Lines
    entries: Block
    everyone: Block


class Led(NamedTuple):
    """Whose the first place of a board was, from a date until another edition's.

    `end` is None for the newest edition. `holders` are numbers of the dimension asked for, several
    where the place was shared, none where nobody counted.
    """

    board_id: int
    start: date
    end: date | None
    holders: tuple[int, ...]


class Appearances(NamedTuple):
    """The first edition of each board that each printed name stood in, as columns.

    `profile_id` is that of a later edition where one is asked for and the name stands in it; 0
    where the name stood behind another of its model.
    """

    board_id: list[int]
    alias_id: Ints
    profile_id: Ints
    day: list[date]

    def on(self, boards: Collection[int]) -> "Appearances":
        """Those on these boards."""
        places = [place for place, board in enumerate(self.board_id) if board in boards]
        return Appearances(
            [self.board_id[place] for place in places],
            self.alias_id[places],
            self.profile_id[places],
            [self.day[place] for place in places],
        )


def counted_entries(
    session: Session, columns: Columns, snapshot_ids: Sequence[int], counting: Counting
) -> Iterator[tuple[int, Counted]]:
    """The entries of each snapshot that count, in the order asked for, a few at a time."""
    for some in _batches(snapshot_ids):
        blocks = blocks_of(session, some)
        for snapshot_id in some:
            yield snapshot_id, _counted(columns, blocks[snapshot_id], counting)


def groups_led(
    session: Session,
    columns: Columns,
    board_ids: Sequence[int],
    as_of: date,
    counting: Counting,
    *,
    known_at: datetime | None = None,
) -> list[Led]:
    """Whose the first place among what counts was in every edition up to a date, oldest first.

    Editions remember who leads among all and among the official entries; for any other
    selection, for what was known before, and where a place is shared, they are read.
    """
    remembered = counting.selection in {Selection(), Selection(official=True)}
    if remembered and is_as_stored(session, known_at):
        return _remembered(session, columns, board_ids, as_of, counting)
    by_board = editions_by_board(session, board_ids, last=as_of, known_at=known_at)
    numbers = [e.snapshot_id for editions in by_board.values() for e in editions]
    counted = counted_entries(session, columns, numbers, counting)
    led: list[Led] = []
    for board_id, editions in by_board.items():
        ends = [edition.edition_date for edition in editions[1:]]
        for edition, end in zip(editions, [*ends, None], strict=True):
            _, found = next(counted)
            led.append(Led(board_id, edition.edition_date, end, _holders(found)))
    return led


def _holders(counted: Counted) -> tuple[int, ...]:
    lines = counted.lines
    return tuple(sorted(set(lines.group[lines.filtered_rank == 1].tolist())))


def appearances(
    session: Session,
    as_of: date,
    *,
    board_id: int | None = None,
    alias_ids: Collection[int] | None = None,
    known_at: datetime | None = None,
) -> Appearances:
    """Where and when names first stood, up to a date: on one board, or of some names, or both."""
    if not is_as_stored(session, known_at):
        return _known_appearances(session, as_of, board_id, alias_ids, known_at)
    statement = (
        select(
            LISTING.c.leaderboard_id,
            LISTING.c.alias_id,
            func.coalesce(ENTRY.c.profile_id, 0),
            LISTING.c.first_date,
        )
        .join(
            ENTRY,
            and_(
                ENTRY.c.leaderboard_id == LISTING.c.leaderboard_id,
                ENTRY.c.alias_id == LISTING.c.alias_id,
                ENTRY.c.edition_date == LISTING.c.first_date,
            ),
            isouter=True,
        )
        .where(LISTING.c.first_date <= as_of)
    )
    if board_id is not None:
        statement = statement.where(LISTING.c.leaderboard_id == board_id)
    if alias_ids is not None:
        statement = statement.where(LISTING.c.alias_id.in_(alias_ids))
    rows = session.execute(statement).all()
    return Appearances(
        [row[0] for row in rows],
        np.array([row[1] for row in rows], np.int32),
        np.array([row[2] for row in rows], np.int32),
        [row[3] for row in rows],
    )


def as_printed_now(seen: Appearances, standing: Mapping[int, Block]) -> Appearances:
    """Let what is printed beside names now go before what was when they appeared.

    `standing` are the entries of the editions that are now, by board.
    """
    boards = np.array(seen.board_id, np.int32)
    profile_id = seen.profile_id.copy()
    for board_id, block in standing.items():
        here = boards == board_id
        highest = max(seen.alias_id.max(initial=0), block.alias_id.max(initial=0))
        now = np.zeros(highest + 1, np.int32)
        now[block.alias_id] = block.profile_id
        found = now[seen.alias_id[here]]
        profile_id[here] = np.where(found > 0, found, profile_id[here])
    return seen._replace(profile_id=profile_id)


def _known_appearances(
    session: Session,
    as_of: date,
    board_id: int | None,
    alias_ids: Collection[int] | None,
    known_at: datetime | None,
) -> Appearances:
    """The same as far as it was public: editions were restated since, and others published."""
    wanted = None if alias_ids is None else np.array(sorted(alias_ids), np.int32)
    boards = [board_id] if board_id is not None else _boards_listing(session, alias_ids or ())
    found: list[tuple[int, int, int, date]] = []
    seen: dict[int, Ints] = {}
    of_snapshot = {
        edition.snapshot_id: (board, edition.edition_date)
        for board, editions in editions_by_board(
            session, boards, last=as_of, known_at=known_at
        ).items()
        for edition in editions
    }
    for some in _batches(list(of_snapshot)):
        blocks = blocks_of(session, some)
        for snapshot_id in some:
            board, day = of_snapshot[snapshot_id]
            block = blocks[snapshot_id]
            before = seen.get(board, NO_NUMBERS)
            seen[board] = np.union1d(before, block.alias_id).astype(np.int32)
            block = block.only(~np.isin(block.alias_id, before))
            if wanted is not None:
                block = block.only(np.isin(block.alias_id, wanted))
            pairs = zip(block.alias_id.tolist(), block.profile_id.tolist(), strict=True)
            found += [(board, alias, profile, day) for alias, profile in pairs]
    return Appearances(
        [row[0] for row in found],
        np.array([row[1] for row in found], np.int32),
        np.array([row[2] for row in found], np.int32),
        [row[3] for row in found],
    )


def _boards_listing(session: Session, alias_ids: Collection[int]) -> list[int]:
    boards = select(LISTING.c.leaderboard_id).where(LISTING.c.alias_id.in_(alias_ids)).distinct()
    return sorted(session.scalars(boards))


def _counted(columns: Columns, everyone: Block, counting: Counting) -> Counted:
    block = everyone
    if counting.selection:
        block = everyone.only(columns.selected(everyone, counting.selection))
    within = (np.searchsorted(block.rank, block.rank, side="left") + 1).astype(np.int32)
    groups = columns.groups(counting.dimension, block)
    return Counted(Lines(groups, block.rank, within), block, everyone)


class _Leaders(NamedTuple):
    alias_id: Ints
    profile_id: Ints


def _remembered(
    session: Session,
    columns: Columns,
    board_ids: Sequence[int],
    as_of: date,
    counting: Counting,
) -> list[Led]:
    official = counting.selection.official
    leader = EDITION.c.official_leader_alias_id if official else EDITION.c.leader_alias_id
    day = EDITION.c.edition_date
    until = func.lead(day, type_=day.type).over(partition_by=EDITION.c.leaderboard_id, order_by=day)
    rows = session.execute(
        select(
            EDITION.c.leaderboard_id,
            day,
            until,
            func.coalesce(leader, 0),
            func.coalesce(ENTRY.c.profile_id, 0),
            func.coalesce(ENTRY.c.tied, 0),
            EDITION.c.snapshot_id,
        )
        .join(
            ENTRY,
            and_(
                ENTRY.c.leaderboard_id == EDITION.c.leaderboard_id,
                ENTRY.c.alias_id == leader,
                ENTRY.c.edition_date == day,
            ),
            isouter=True,
        )
        .where(EDITION.c.leaderboard_id.in_(board_ids), day <= as_of)
        .order_by(EDITION.c.leaderboard_id, day)
    ).all()
    leaders = _Leaders(
        np.array([row[3] for row in rows], np.int32), np.array([row[4] for row in rows], np.int32)
    )
    groups = columns.groups(counting.dimension, leaders).tolist()
    shared = [row.snapshot_id for row in rows if row[5]]
    holders = {
        number: _holders(counted)
        for number, counted in counted_entries(session, columns, shared, counting)
    }
    return [
        Led(*row[:3], holders.get(row.snapshot_id, (group,) if row[3] else ()))
        for row, group in zip(rows, groups, strict=True)
    ]


def _batches(snapshot_ids: Sequence[int]) -> Iterator[tuple[int, ...]]:
    for start in range(0, len(snapshot_ids), BLOCKS_AT_ONCE):
        yield tuple(snapshot_ids[start : start + BLOCKS_AT_ONCE])
