"""Snapshots: storing one, and keeping what is in force in step."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.domain.leaderboard import SnapshotStatus
from app.store.blocks import MISSING, Block, decode, encode
from app.store.bulk import insert_dicts, insert_rows
from app.store.tables import EDITION, ENTRY, LISTING, SNAPSHOT, SNAPSHOT_BLOCK
from app.store.types import day_number


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """A snapshot ready to be stored: who is meant is known, ranks are computed.

    `block` is in order of rank, then printed name. `content_hash` covers what was printed,
    so that two captures of the same content are recognised.
    """

    leaderboard_id: int
    edition_date: date
    published_at: datetime
    captured_at: datetime
    revision: str
    revision_id: int
    cumulative: bool
    content_hash: bytes
    block: Block
    leader_score: float


class Assessed(NamedTuple):
    """A stored snapshot as the checks see it. `entries_total` is its length."""

    id: int
    edition_date: date
    published_at: datetime
    entries_total: int
    status: SnapshotStatus
    reason: str | None


class Officials(NamedTuple):
    """Which lines are official: by profile where upstream says so, else by alias."""

    by_profile: dict[int, bool | None]
    by_alias: dict[int, bool]

    def first(self, block: Block) -> int | None:
        """The alias of the first official line of a block."""
        pairs = zip(block.alias_id.tolist(), block.profile_id.tolist(), strict=True)
        for alias_id, profile_id in pairs:
            flag = self.by_profile[profile_id]
            if self.by_alias[alias_id] if flag is None else flag:
                return int(alias_id)
        return None


def content_hash(names: Sequence[str], block: Block, profiles: Sequence[str]) -> bytes:
    """Digest of what a snapshot printed: names, figures and what was said of each model.

    `names` and `profiles` are in the order of the block's rows.
    """
    digest = hashlib.blake2b(digest_size=16)
    digest.update("\0".join(names).encode("utf-8", "surrogatepass"))
    digest.update("\0".join(profiles).encode("utf-8", "surrogatepass"))
    for column in (
        block.rank,
        block.score,
        block.score_lower,
        block.score_upper,
        block.votes,
        block.published_rank,
        block.variants,
    ):
        digest.update(column.tobytes())
    return digest.digest()


def save_capture(session: Session, capture: Capture) -> int | None:
    """Store a snapshot beside those of its edition; None when it says nothing new.

    The same content published again is no restatement. Content known first from a cumulative
    document, which cannot say when it was published, learns its date from the revision
    that can.

    Raises:
        ValueError: other content of the same edition was published at the same moment.
    """
    same_edition = session.execute(
        select(SNAPSHOT).where(
            SNAPSHOT.c.leaderboard_id == capture.leaderboard_id,
            SNAPSHOT.c.edition_date == capture.edition_date,
        )
    ).all()
    for stored in same_edition:
        if stored.content_hash == capture.content_hash:
            if stored.cumulative and not capture.cumulative:
                session.execute(
                    update(SNAPSHOT)
                    .where(SNAPSHOT.c.id == stored.id)
                    .values(
                        published_at=capture.published_at,
                        revision=capture.revision,
                        revision_id=capture.revision_id,
                        cumulative=False,
                    )
                )
            return None
        if stored.published_at == capture.published_at:
            msg = f"two contents of {capture.edition_date} published at the same moment"
            raise ValueError(msg)
    return _insert(session, capture)


def _insert(session: Session, capture: Capture) -> int:
    highest: int | None = session.scalar(select(func.max(SNAPSHOT.c.id)))
    snapshot_id = (highest or 0) + 1
    insert_dicts(
        session,
        SNAPSHOT,
        [
            {
                "id": snapshot_id,
                "leaderboard_id": capture.leaderboard_id,
                "edition_date": capture.edition_date,
                "published_at": capture.published_at,
                "captured_at": capture.captured_at,
                "revision": capture.revision,
                "revision_id": capture.revision_id,
                "cumulative": capture.cumulative,
                "content_hash": capture.content_hash,
                "entries_total": len(capture.block.rank),
                "leader_score": capture.leader_score,
                "status": SnapshotStatus.COMPLETE,
                "status_reason": None,
            }
        ],
    )
    insert_dicts(
        session,
        SNAPSHOT_BLOCK,
        [{"snapshot_id": snapshot_id, "data": encode(capture.block)}],
    )
    return snapshot_id


def has_edition(session: Session, leaderboard_id: int, day: date) -> bool:
    """Whether any snapshot of that edition is stored."""
    found = session.scalar(
        select(SNAPSHOT.c.id)
        .where(SNAPSHOT.c.leaderboard_id == leaderboard_id, SNAPSHOT.c.edition_date == day)
        .limit(1)
    )
    return found is not None


def assessed_snapshots(session: Session, leaderboard_id: int) -> list[Assessed]:
    """Every snapshot of a board, by edition and publication."""
    rows = session.execute(
        select(
            SNAPSHOT.c.id,
            SNAPSHOT.c.edition_date,
            SNAPSHOT.c.published_at,
            SNAPSHOT.c.entries_total,
            SNAPSHOT.c.status,
            SNAPSHOT.c.status_reason,
        )
        .where(SNAPSHOT.c.leaderboard_id == leaderboard_id)
        .order_by(SNAPSHOT.c.edition_date, SNAPSHOT.c.published_at)
    )
    return [Assessed(*row[:4], SnapshotStatus(row[4]), row[5]) for row in rows]


def set_status(
    session: Session, snapshot_id: int, status: SnapshotStatus, reason: str | None
) -> None:
    """Note what the checks say of a snapshot."""
    session.execute(
        update(SNAPSHOT)
        .where(SNAPSHOT.c.id == snapshot_id)
        .values(status=status, status_reason=reason)
    )


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
                        "entries_total": len(block.rank),
                        "leader_alias_id": int(block.alias_id[0]),
                        "official_leader_alias_id": officials.first(block),
                        "leader_score": wanted.leader_score,
                    }
                ],
            )
            written += len(block.rank)
    return written


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
    """Write the lines of a snapshot, in the order of the key."""
    order = block.alias_id.argsort(kind="stable")
    columns: list[list[Any]] = [column[order].tolist() for column in block]
    rows = len(columns[0])
    key_day: int | date = day_number(day) if _is_sqlite(session) else day
    head: list[list[Any]] = [[leaderboard_id] * rows, columns[0], [key_day] * rows]
    for index, name in enumerate(Block._fields):
        if name in {"score_lower", "score_upper"}:
            columns[index] = [None if v != v else v for v in columns[index]]  # noqa: PLR0124 - NaN
        elif name in {"votes", "published_rank"}:
            columns[index] = [None if v == MISSING else v for v in columns[index]]
    insert_rows(session, ENTRY, _ENTRY_COLUMNS, list(zip(*head, *columns[1:], strict=True)))
    _extend_listing(session, leaderboard_id, day, columns[0])


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
    alias_ids = _block(session, snapshot_id).alias_id.tolist()
    on_day = (ENTRY.c.leaderboard_id == leaderboard_id, ENTRY.c.edition_date == day)
    session.execute(delete(ENTRY).where(*on_day, ENTRY.c.alias_id.in_(alias_ids)))
    session.execute(
        delete(EDITION).where(
            EDITION.c.leaderboard_id == leaderboard_id, EDITION.c.edition_date == day
        )
    )
    session.execute(
        delete(LISTING).where(
            LISTING.c.leaderboard_id == leaderboard_id,
            LISTING.c.alias_id.in_(alias_ids),
        )
    )
    reach = session.execute(
        select(
            ENTRY.c.alias_id,
            func.min(ENTRY.c.edition_date, type_=ENTRY.c.edition_date.type),
        )
        .where(ENTRY.c.leaderboard_id == leaderboard_id, ENTRY.c.alias_id.in_(alias_ids))
        .group_by(ENTRY.c.alias_id)
    )
    insert_dicts(
        session,
        LISTING,
        [
            {
                "alias_id": alias_id,
                "leaderboard_id": leaderboard_id,
                "first_date": first,
            }
            for alias_id, first in reach
        ],
    )


def _is_sqlite(session: Session) -> bool:
    return session.connection().dialect.name == "sqlite"
