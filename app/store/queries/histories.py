"""A model through time: one index range of `entry` per printed name."""

from collections.abc import Sequence
from datetime import date, datetime
from operator import itemgetter
from typing import NamedTuple, cast

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from app.domain.periods import Granularity, period_start
from app.domain.standings import Edition, Figures, Point
from app.store.blocks import Block
from app.store.queries.board_editions import BoardEditions
from app.store.queries.editions import is_as_stored
from app.store.queries.names import Alias
from app.store.queries.standings import blocks_of, missing_float, missing_integer
from app.store.tables import EDITION, ENTRY, LISTING


class Presence(NamedTuple):
    """A model on one board: the reach of its history, its best rank and when it was first held."""

    board_id: int
    first_date: date
    last_date: date
    best_rank: int
    best_rank_date: date


class LastEntry(NamedTuple):
    """A model's entry in the newest edition of a board that it stands in.

    `entries_total` is the edition's.
    """

    board_id: int
    edition_date: date
    rank: int
    tied: int
    score: float
    profile_id: int
    entries_total: int


_BEFORE_ALL = -2  # and not just before the first
_BY_DAY = itemgetter(0)
_RANK = Figures._fields.index("rank")
_OF_A_BOARD = select(  # in the order of `Figures`, as which rows are taken as they come
    ENTRY.c.edition_date,
    ENTRY.c.alias_id,
    ENTRY.c.rank,
    ENTRY.c.tied,
    ENTRY.c.score,
    ENTRY.c.score_lower,
    ENTRY.c.score_upper,
    ENTRY.c.votes,
    ENTRY.c.published_rank,
    ENTRY.c.variants,
).where(  # in no order: sorting would cost more than it saves
    ENTRY.c.leaderboard_id == bindparam("board"),
    ENTRY.c.edition_date >= bindparam("first"),
    ENTRY.c.edition_date <= bindparam("last"),
)
_LINES = _OF_A_BOARD.where(ENTRY.c.alias_id.in_(bindparam("names", expanding=True)))
_LINES_OF_ONE = _OF_A_BOARD.where(ENTRY.c.alias_id == bindparam("name"))


def history_of(
    session: Session,
    board_id: int,
    aliases: Sequence[Alias],
    there: BoardEditions,
    *,
    first: date | None = None,
    last: date | None = None,
    known_at: datetime | None = None,
    granularity: Granularity = Granularity.EDITION,
) -> list[Point]:
    """A model's entries on one board, oldest first, one per edition it stands in.

    `there` are the board's editions in force at `known_at`. Limits are inclusive. A coarser
    granularity keeps the last edition of each period, and compares with the one kept before.
    """
    start = first
    if first is not None:
        before = there.before(period_start(first, granularity))
        start = first if before is None else before.edition_date
    editions = last_of_each_period(there.between(start, last), granularity)
    lines = _lines(session, board_id, aliases, first=start, last=last)
    if not is_as_stored(session, known_at):
        lines = _as_known(session, board_id, aliases, editions, lines)
    printed = {alias.id: alias.printed_name for alias in aliases}
    place_of = {edition.edition_date: place for place, edition in enumerate(editions)}
    begin = first or date.min
    points = []
    place_before, rank_before = _BEFORE_ALL, 0
    for line in sorted(lines.values(), key=_BY_DAY):
        day = line[0]
        place = place_of.get(day)
        if place is None:
            continue
        if day >= begin:
            points.append(
                Point(
                    editions[place],
                    line,
                    rank_before if place_before == place - 1 else None,
                    editions[place - 1].edition_date if place else None,
                    printed[line[1]],
                )
            )
        place_before, rank_before = place, line[2]
    return points


def last_of_each_period(editions: Sequence[Edition], granularity: Granularity) -> list[Edition]:
    """The last edition of each calendar period; editions come and go oldest first, one a date."""
    if granularity is Granularity.EDITION:
        return list(editions)
    kept = {period_start(edition.edition_date, granularity): edition for edition in editions}
    return list(kept.values())


def presences(session: Session, alias_ids: Sequence[int]) -> list[Presence]:
    """The boards on which any of these printed names stands or stood, by board id."""
    boards = session.scalars(
        select(LISTING.c.leaderboard_id).where(LISTING.c.alias_id.in_(alias_ids)).distinct()
    ).all()
    day = ENTRY.c.edition_date
    rows = session.execute(
        select(
            ENTRY.c.leaderboard_id,
            ENTRY.c.rank,
            func.min(day, type_=day.type),
            func.max(day, type_=day.type),
        )
        .where(ENTRY.c.leaderboard_id.in_(boards), ENTRY.c.alias_id.in_(alias_ids))
        .group_by(ENTRY.c.leaderboard_id, ENTRY.c.rank)
        .order_by(ENTRY.c.leaderboard_id, ENTRY.c.rank)
    )
    found: dict[int, Presence] = {}
    for board_id, rank, first, last in rows:
        known = found.get(board_id)
        if known is None:
            found[board_id] = Presence(board_id, first, last, rank, first)
        else:
            found[board_id] = known._replace(
                first_date=min(known.first_date, first),
                last_date=max(known.last_date, last),
            )
    return list(found.values())


def last_entries(
    session: Session, alias_ids: Sequence[int], board_ids: Sequence[int]
) -> dict[int, LastEntry]:
    """For each board the best entry of these names in the newest edition they stand in."""
    newest = (
        select(
            ENTRY.c.leaderboard_id.label("board"),
            func.max(ENTRY.c.edition_date).label("day"),
        )
        .where(ENTRY.c.leaderboard_id.in_(board_ids), ENTRY.c.alias_id.in_(alias_ids))
        .group_by(ENTRY.c.leaderboard_id)
        .subquery()
    )
    rows = session.execute(
        select(
            ENTRY.c.leaderboard_id,
            ENTRY.c.edition_date,
            ENTRY.c.rank,
            ENTRY.c.tied,
            ENTRY.c.score,
            ENTRY.c.profile_id,
            EDITION.c.entries_total,
        )
        .join(
            newest,
            (newest.c.board == ENTRY.c.leaderboard_id) & (newest.c.day == ENTRY.c.edition_date),
        )
        .join(
            EDITION,
            (EDITION.c.leaderboard_id == ENTRY.c.leaderboard_id)
            & (EDITION.c.edition_date == ENTRY.c.edition_date),
        )
        .where(ENTRY.c.alias_id.in_(alias_ids))
        .order_by(ENTRY.c.leaderboard_id, ENTRY.c.rank.desc(), ENTRY.c.alias_id.desc())
    )
    return {row[0]: LastEntry(*row) for row in rows}


def _lines(
    session: Session,
    board_id: int,
    aliases: Sequence[Alias],
    *,
    first: date | None,
    last: date | None,
) -> dict[date, Figures]:
    names = [alias.id for alias in aliases]
    terms = {"board": board_id, "first": first or date.min, "last": last or date.max}
    if len(names) == 1:
        found = session.execute(_LINES_OF_ONE, {"name": names[0], **terms}).all()
    else:
        found = session.execute(_LINES, {"names": names, **terms}).all()
        found = sorted(found, key=itemgetter(_RANK))[::-1]
    return {row[0]: row for row in cast("Sequence[Figures]", found)}


def _as_known(
    session: Session,
    board_id: int,
    aliases: Sequence[Alias],
    editions: Sequence[Edition],
    lines: dict[date, Figures],
) -> dict[date, Figures]:
    """Replace the lines of editions that were restated since by what they said then."""
    now = {
        row.edition_date: row.snapshot_id
        for row in session.execute(
            select(EDITION.c.edition_date, EDITION.c.snapshot_id).where(
                EDITION.c.leaderboard_id == board_id
            )
        )
    }
    names = {alias.id for alias in aliases}
    restated = {e.snapshot_id for e in editions if now.get(e.edition_date) != e.snapshot_id}
    blocks = blocks_of(session, sorted(restated))
    known: dict[date, Figures] = {}
    for edition in editions:
        day = edition.edition_date
        if edition.snapshot_id not in blocks:
            if day in lines:
                known[day] = lines[day]
            continue
        block = blocks[edition.snapshot_id]
        for row, alias_id in enumerate(block.alias_id.tolist()):
            if alias_id in names:
                known.setdefault(day, _line(day, block, row))
    return known


def _line(day: date, block: Block, row: int) -> Figures:
    return Figures(
        day,
        int(block.alias_id[row]),
        int(block.rank[row]),
        int(block.tied[row]),
        float(block.score[row]),
        missing_float(float(block.score_lower[row])),
        missing_float(float(block.score_upper[row])),
        missing_integer(int(block.votes[row])),
        missing_integer(int(block.published_rank[row])),
        int(block.variants[row]),
    )
