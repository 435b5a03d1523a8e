"""Snapshots: storing what was captured, and what the checks say of it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, auto
from typing import Any, NamedTuple

from sqlalchemy import Row, func, select, update
from sqlalchemy.orm import Session

from app.domain.leaderboard import SnapshotStatus
from app.store.blocks import Block, encode
from app.store.bulk import insert_dicts
from app.store.tables import REVISION, SNAPSHOT, SNAPSHOT_BLOCK


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """A snapshot ready to be stored: who is meant is known, ranks are computed.

    `block` is in order of score, then printed name. `content_hash` covers what was printed,
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


class Saved(Enum):
    """What storing a capture has changed: there is a further snapshot, or only a date is new."""

    NEW = auto()
    REDATED = auto()
    NOTHING = auto()


def save_capture(session: Session, capture: Capture) -> Saved:
    """Store a snapshot beside those of its edition, unless it says nothing new.

    The same content published again is no restatement, unless other content was published
    in between: then it was taken back. Content known first from a later publication learns
    the earlier date. A cumulative document cannot say when what it repeats was published:
    that is learnt from the revision that can, in whichever order they are read.

    Raises:
        ValueError: other content of the same edition was published at the same moment.
    """
    stored = session.execute(
        select(SNAPSHOT, REVISION.c.published_at.label("document_at"))
        .join(REVISION, REVISION.c.id == SNAPSHOT.c.revision_id)
        .where(
            SNAPSHOT.c.leaderboard_id == capture.leaderboard_id,
            SNAPSHOT.c.edition_date == capture.edition_date,
        )
        .order_by(SNAPSHOT.c.published_at)
    ).all()
    same = [row for row in stored if row.content_hash == capture.content_hash]
    if capture.cumulative and same:
        return Saved.NOTHING
    if any(row.published_at == capture.published_at for row in stored if row not in same):
        raise ValueError(f"two contents of {capture.edition_date} published at the same moment")
    if capture.cumulative:
        _insert(session, capture)
        return Saved.NEW
    return _save_dated(session, capture, stored)


def _save_dated(session: Session, capture: Capture, stored: Sequence[Row[Any]]) -> Saved:
    """Place a capture among the stored ones, whose revisions say when they were published."""
    moment = capture.published_at
    dated = [row for row in stored if not row.cumulative]
    before = next((row for row in reversed(dated) if row.published_at <= moment), None)
    after = next((row for row in dated if row.published_at > moment), None)
    if before is not None and before.content_hash == capture.content_hash:
        if moment > (before.repeated_at or before.published_at):
            _redate(session, before.id, repeated_at=moment)
        return Saved.NOTHING
    within = before is not None and before.repeated_at is not None and before.repeated_at > moment
    if after is not None and after.content_hash == capture.content_hash and not within:
        again = after.repeated_at or after.published_at
        _redate(session, after.id, **_dating(capture), repeated_at=again)
        return Saved.REDATED
    if before is not None and within:
        _take_up_again(session, before)
    taken = {row.published_at for row in stored}
    for row in stored:
        if row.cumulative and row.content_hash == capture.content_hash:
            _redate(session, row.id, **_dating(capture))
            return Saved.REDATED
        restates = row.cumulative and row.published_at < moment < row.document_at
        if restates and row.document_at not in taken:
            _redate(session, row.id, published_at=row.document_at)
    _insert(session, capture)
    return Saved.NEW


def _dating(capture: Capture) -> dict[str, Any]:
    return {
        "published_at": capture.published_at,
        "revision": capture.revision,
        "revision_id": capture.revision_id,
        "cumulative": False,
    }


def _redate(session: Session, snapshot_id: int, **values: object) -> None:
    session.execute(update(SNAPSHOT).where(SNAPSHOT.c.id == snapshot_id).values(**values))


def _take_up_again(session: Session, row: Row[Any]) -> None:
    """Something else was published between two publications of this content: they are two."""
    _redate(session, row.id, repeated_at=None)
    known = {column.name: getattr(row, column.name) for column in SNAPSHOT.c}
    again = {**known, "id": _next_id(session), "published_at": row.repeated_at, "repeated_at": None}
    insert_dicts(session, SNAPSHOT, [again])
    data = session.scalars(
        select(SNAPSHOT_BLOCK.c.data).where(SNAPSHOT_BLOCK.c.snapshot_id == row.id)
    ).one()
    insert_dicts(session, SNAPSHOT_BLOCK, [{"snapshot_id": again["id"], "data": data}])


def _next_id(session: Session) -> int:
    highest: int | None = session.scalar(select(func.max(SNAPSHOT.c.id)))
    return (highest or 0) + 1


def _insert(session: Session, capture: Capture) -> None:
    snapshot_id = _next_id(session)
    insert_dicts(
        session,
        SNAPSHOT,
        [
            {
                "id": snapshot_id,
                "leaderboard_id": capture.leaderboard_id,
                "edition_date": capture.edition_date,
                "published_at": capture.published_at,
                "repeated_at": None,
                "captured_at": capture.captured_at,
                "revision": capture.revision,
                "revision_id": capture.revision_id,
                "cumulative": capture.cumulative,
                "content_hash": capture.content_hash,
                "entries_total": len(capture.block.entries().rank),
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


def has_edition(session: Session, leaderboard_id: int, day: date) -> bool:
    """Whether any snapshot of that edition is stored."""
    found = session.scalar(
        select(SNAPSHOT.c.id)
        .where(SNAPSHOT.c.leaderboard_id == leaderboard_id, SNAPSHOT.c.edition_date == day)
        .limit(1)
    )
    return found is not None


def has_order(session: Session, leaderboard_id: int) -> bool:
    """Whether any snapshot of a board has more than one line."""
    found = session.scalar(
        select(SNAPSHOT.c.id)
        .where(SNAPSHOT.c.leaderboard_id == leaderboard_id, SNAPSHOT.c.entries_total > 1)
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
