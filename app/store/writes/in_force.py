"""What is in force: `edition`, `entry` and `listing` follow from the snapshots."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.domain.leaderboard import SnapshotStatus
from app.store.blocks import MISSING, Block, decode
from app.store.bulk import insert_dicts, insert_rows
from app.store.tables import (
    EDITION,
    ENTRY,
    LISTING,
    SNAPSHOT,
    SNAPSHOT_BLOCK,
)
from app.store.types import day_number
from app.store.writes.officials import Officials
from app.store.writes.years import make_room


def put_in_force(
    session: Session, leaderboard_id: int, days: Sequence[date], officials: Officials
) -> int:
    """Make `edition`, `entry` and `listing` say for these dates what the snapshots say.

    In force is the newest published complete snapshot of a date. Returns the number of
    entries written.
    """
    written = 0
    for day in days:
        wanted = session.execute(
            select(SNAPSHOT.c.id, SNAPSHOT.c.leader_score)
            .where(
                SNAPSHOT.c.leaderboard_id == leaderboard_id,
                SNAPSHOT.c.edition_date == day,
                SNAPSHOT.c.status == SnapshotStatus.COMPLETE,
            )
            .order_by(SNAPSHOT.c.published_at.desc())
            .limit(1)
        ).first()
        held: int | None = session.scalar(
            select(EDITION.c.snapshot_id).where(
                EDITION.c.leaderboard_id == leaderboard_id,
                EDITION.c.edition_date == day,
            )
        )
        if held is not None and (wanted is None or wanted.id != held):
            _withdraw(session, leaderboard_id, day, held)
        if wanted is not None and wanted.id != held:
            block = _block(session, wanted.id)
            _establish(session, leaderboard_id, day, block)
            insert_dicts(
                session,
                EDITION,
                [
                    {
                        "leaderboard_id": leaderboard_id,
                        "edition_date": day,
                        "snapshot_id": wanted.id,
                        "leader_score": wanted.leader_score,
                        **standing_facts(block, officials),
                    }
                ],
            )
            written += len(block.entries().rank)
    return written


def standing_facts(block: Block, officials: Officials) -> dict[str, int | None]:
    """What an edition remembers of its block: how many entries, and who leads."""
    return {
        "entries_total": len(block.entries().rank),
        "leader_alias_id": int(block.alias_id[0]),
        "official_leader_alias_id": officials.first(block),
    }


def _block(session: Session, snapshot_id: int) -> Block:
    return decode(
        session.scalars(
            select(SNAPSHOT_BLOCK.c.data).where(SNAPSHOT_BLOCK.c.snapshot_id == snapshot_id)
        ).one()
    )


_ENTRY_COLUMNS = (
    "leaderboard_id",
    "alias_id",
    "edition_date",
    "rank",
    "tied",
    "score",
    "score_lower",
    "score_upper",
    "votes",
    "published_rank",
    "profile_id",
    "variants",
)


def _establish(session: Session, leaderboard_id: int, day: date, block: Block) -> None:
    """Write the entries of a snapshot, in the order of the key; every line is listed."""
    entries = block.entries()
    write_entries(session, leaderboard_id, day, entries.by_name())
    _extend_listing(session, leaderboard_id, day, block.alias_id.tolist())


def write_entries(session: Session, leaderboard_id: int, day: date, entries: Block) -> None:
    """Write entries as rows of a series."""
    columns: list[list[Any]] = [column.tolist() for column in entries]
    rows = len(columns[0])
    key_day: int | date = day_number(day) if _is_sqlite(session) else day
    head: list[list[Any]] = [[leaderboard_id] * rows, columns[0], [key_day] * rows]
    for index, name in enumerate(Block._fields):
        if name in {"score_lower", "score_upper"}:
            columns[index] = [None if v != v else v for v in columns[index]]  # noqa: PLR0124 - NaN
        elif name in {"votes", "published_rank"}:
            columns[index] = [None if v == MISSING else v for v in columns[index]]
    make_room(session, [day.year])
    insert_rows(session, ENTRY, _ENTRY_COLUMNS, list(zip(*head, *columns[1:], strict=True)))


def _extend_listing(
    session: Session, leaderboard_id: int, day: date, alias_ids: Sequence[int]
) -> None:
    known = set(
        session.scalars(
            select(LISTING.c.alias_id).where(LISTING.c.leaderboard_id == leaderboard_id)
        ).all()
    )
    insert_dicts(
        session,
        LISTING,
        [
            {"alias_id": alias_id, "leaderboard_id": leaderboard_id, "first_date": day}
            for alias_id in alias_ids
            if alias_id not in known
        ],
    )
    later = (LISTING.c.leaderboard_id == leaderboard_id, LISTING.c.first_date > day)
    if session.scalar(select(LISTING.c.alias_id).where(*later).limit(1)) is not None:
        session.execute(
            update(LISTING).where(*later, LISTING.c.alias_id.in_(alias_ids)).values(first_date=day)
        )


def _withdraw(session: Session, leaderboard_id: int, day: date, snapshot_id: int) -> None:
    """Take the lines of a snapshot that is no longer in force out of the series."""
    make_room(session, [day.year])
    alias_ids = _block(session, snapshot_id).alias_id.tolist()
    on_day = (ENTRY.c.leaderboard_id == leaderboard_id, ENTRY.c.edition_date == day)
    session.execute(delete(ENTRY).where(*on_day, ENTRY.c.alias_id.in_(alias_ids)))
    session.execute(
        delete(EDITION).where(
            EDITION.c.leaderboard_id == leaderboard_id, EDITION.c.edition_date == day
        )
    )
    newcomers = session.scalars(
        select(LISTING.c.alias_id).where(
            LISTING.c.leaderboard_id == leaderboard_id, LISTING.c.first_date == day
        )
    ).all()
    session.execute(
        delete(LISTING).where(
            LISTING.c.leaderboard_id == leaderboard_id, LISTING.c.alias_id.in_(newcomers)
        )
    )
    insert_dicts(
        session,
        LISTING,
        [
            {"alias_id": alias_id, "leaderboard_id": leaderboard_id, "first_date": first}
            for alias_id, first in _next_dates(session, leaderboard_id, day, set(newcomers))
        ],
    )


def _next_dates(
    session: Session, leaderboard_id: int, day: date, alias_ids: set[int]
) -> Iterator[tuple[int, date]]:
    """Where these names stand first after a day, be it behind another of their model."""
    later = session.execute(
        select(EDITION.c.edition_date, EDITION.c.snapshot_id)
        .where(EDITION.c.leaderboard_id == leaderboard_id, EDITION.c.edition_date > day)
        .order_by(EDITION.c.edition_date)
    ).all()
    missing = set(alias_ids)
    for first, snapshot_id in later:
        if not missing:
            break
        found = missing.intersection(_block(session, snapshot_id).alias_id.tolist())
        missing -= found
        yield from ((alias_id, first) for alias_id in found)


def _is_sqlite(session: Session) -> bool:
    return session.connection().dialect.name == "sqlite"
