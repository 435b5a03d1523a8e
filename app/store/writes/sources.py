"""Sources, their leaderboards, and what was fetched from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import zstandard
from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session

from app.domain.leaderboard import BoardStatus, Leaderboard
from app.domain.runs import UNREAD, BackfillState, RevisionStatus
from app.store.bulk import insert_dicts, insert_or_else, storable
from app.store.tables import (
    BACKFILL,
    EDITION,
    LEADERBOARD,
    PAYLOAD,
    REVISION,
    REVISION_FILE,
    SNAPSHOT,
    SOURCE,
    VALIDATOR,
)

RETIRED_AFTER = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """What the record keeps of a source's description."""

    slug: str
    title: str
    homepage: str
    licence: str
    licence_url: str | None
    attribution: str
    every_seconds: int
    cadence_seconds: int | None
    archived: bool


class StoredBoard(NamedTuple):
    """A leaderboard's number and what the writer needs to know of it."""

    id: int
    slug: str
    higher_is_better: bool


def save_source(session: Session, facts: SourceFacts) -> int:
    """Store a source, or bring the stored one in line; returns its id.

    Another process may do the same at the same time: both get one id.
    """
    values = {name: getattr(facts, name) for name in facts.__slots__}
    found = session.execute(select(SOURCE).where(SOURCE.c.slug == facts.slug)).mappings().first()
    if found is None:
        statement = insert_or_else(session, SOURCE).values(values)
        session.execute(statement.on_conflict_do_nothing(index_elements=["slug"]))
        return save_source(session, facts)
    source_id: int = found["id"]
    if any(found[name] != value for name, value in values.items()):
        session.execute(update(SOURCE).where(SOURCE.c.id == source_id).values(**values))
    return source_id


def save_leaderboards(
    session: Session,
    source_id: int,
    boards: Sequence[Leaderboard],
    *,
    archived: bool,
    now: datetime,
) -> dict[str, StoredBoard]:
    """Store what is new of these boards and what is said of them; all of the source's by slug.

    A board is born `archived` when its source is. Which scores are better is not changed here.
    """
    known = _boards_of(session, source_id)
    _bring_in_line(session, [board for board in boards if board.slug in known], now)
    new = {board.slug: board for board in boards if board.slug not in known}
    if not new:
        return known
    insert_dicts(
        session,
        LEADERBOARD,
        (
            {
                "source_id": source_id,
                "slug": board.slug,
                "higher_is_better": board.higher_is_better,
                **_told(board),
                "status": BoardStatus.ARCHIVED if archived else BoardStatus.ACTIVE,
                "data_version": 0,
                "changed_at": now,
            }
            for board in new.values()
        ),
    )
    return _boards_of(session, source_id)


def _told(board: Leaderboard) -> dict[str, str | None]:
    """What an adapter says of a board, and may say better later."""
    return {
        "title": board.title,
        "family": board.family,
        "era": board.era,
        "category": board.category,
        "kind": board.kind,
        "unit": board.unit,
        "entry_kind": board.entry_kind,
    }


def _bring_in_line(session: Session, boards: Sequence[Leaderboard], now: datetime) -> None:
    """Let stored boards say what their adapter says now."""
    wanted = {board.slug: _told(board) for board in boards}
    columns = [LEADERBOARD.c[name] for name in _told(boards[0])] if boards else []
    rows = session.execute(
        select(LEADERBOARD.c.id, LEADERBOARD.c.slug, *columns).where(
            LEADERBOARD.c.slug.in_(list(wanted))
        )
    ).mappings()
    for row in list(rows):
        told = wanted[row["slug"]]
        if any(row[name] != value for name, value in told.items()):
            session.execute(update(LEADERBOARD).where(LEADERBOARD.c.id == row["id"]).values(**told))
            touch_leaderboards(session, [row["id"]], now)


def _boards_of(session: Session, source_id: int) -> dict[str, StoredBoard]:
    rows = session.execute(
        select(LEADERBOARD.c.id, LEADERBOARD.c.slug, LEADERBOARD.c.higher_is_better).where(
            LEADERBOARD.c.source_id == source_id
        )
    )
    return {row.slug: StoredBoard(*row) for row in rows}


def turn_leaderboard(session: Session, leaderboard_id: int, *, higher_is_better: bool) -> None:
    """Let a board rank the other way; for one of which no snapshot has an order."""
    session.execute(
        update(LEADERBOARD)
        .where(LEADERBOARD.c.id == leaderboard_id)
        .values(higher_is_better=higher_is_better)
    )


def all_leaderboards(session: Session) -> set[int]:
    """The numbers of all boards."""
    return set(session.scalars(select(LEADERBOARD.c.id)))


def source_of_board(session: Session, leaderboard_id: int) -> int:
    """The number of the source that publishes a board."""
    source_id: int = session.scalars(
        select(LEADERBOARD.c.source_id).where(LEADERBOARD.c.id == leaderboard_id)
    ).one()
    return source_id


def touch_leaderboards(session: Session, ids: Sequence[int], now: datetime) -> None:
    """Say that the record of these boards changed."""
    session.execute(
        update(LEADERBOARD)
        .where(LEADERBOARD.c.id.in_(ids))
        .values(data_version=LEADERBOARD.c.data_version + 1, changed_at=now)
    )


def retire_leaderboards(session: Session, source_id: int, now: datetime) -> None:
    """Archive the boards that stayed behind their family, and revive those that came back.

    A category is retired when its newest edition lies more than 90 days before the newest
    one of its family: until then it may be published less often than the others.
    """
    newest = (
        select(LEADERBOARD.c.id, LEADERBOARD.c.family, LEADERBOARD.c.status)
        .add_columns(func.max(EDITION.c.edition_date).label("newest"))
        .join(EDITION, EDITION.c.leaderboard_id == LEADERBOARD.c.id)
        .where(LEADERBOARD.c.source_id == source_id)
        .group_by(LEADERBOARD.c.id)
    )
    boards = session.execute(newest).all()
    front: dict[str, object] = {}
    for board in boards:
        front[board.family] = max(front.get(board.family, board.newest), board.newest)
    for board in boards:
        behind = front[board.family] - board.newest > RETIRED_AFTER
        status = BoardStatus.ARCHIVED if behind else BoardStatus.ACTIVE
        if board.status != status:
            session.execute(
                update(LEADERBOARD).where(LEADERBOARD.c.id == board.id).values(status=status)
            )
            touch_leaderboards(session, [board.id], now)


def handled_revisions(session: Session, source_id: int) -> dict[tuple[str, str], RevisionStatus]:
    """(document, revision) of everything that was dealt with, and how it ended."""
    rows = session.execute(
        select(REVISION.c.document, REVISION.c.revision, REVISION.c.status).where(
            REVISION.c.source_id == source_id
        )
    )
    return {(row.document, row.revision): RevisionStatus(row.status) for row in rows}


def handled_revisions_of(session: Session, slug: str) -> dict[tuple[str, str], RevisionStatus]:
    """As `handled_revisions`, of a source that may not be stored yet."""
    source_id: int | None = session.scalar(select(SOURCE.c.id).where(SOURCE.c.slug == slug))
    return {} if source_id is None else handled_revisions(session, source_id)


def files_before(
    session: Session, source_id: int, document: str, published_at: datetime
) -> tuple[bytes, ...]:
    """The digests of the files of the revision of a document just before this moment.

    Empty when there is none, or it is not wholly stored: who knows what it says.
    """
    before = session.execute(
        select(REVISION.c.id, REVISION.c.status)
        .where(
            REVISION.c.source_id == source_id,
            REVISION.c.document == document,
            REVISION.c.published_at < published_at,
        )
        .order_by(REVISION.c.published_at.desc(), REVISION.c.id.desc())
        .limit(1)
    ).first()
    if before is None or before.status != RevisionStatus.STORED:
        return ()
    return _files_of(session, before.id)


def _files_of(session: Session, revision_id: int) -> tuple[bytes, ...]:
    rows = session.scalars(
        select(PAYLOAD.c.digest)
        .join(REVISION_FILE, REVISION_FILE.c.payload_id == PAYLOAD.c.id)
        .where(REVISION_FILE.c.revision_id == revision_id)
        .order_by(REVISION_FILE.c.position)
    )
    return tuple(rows)


def doubt_repetition(
    session: Session,
    source_id: int,
    document: str,
    published_at: datetime,
    digests: tuple[bytes, ...],
) -> None:
    """Something else was published at this moment, after what has these digests.

    A revision just after it that was taken for a repetition, and brought nothing, is none: it is
    to be read again.
    """
    after = session.execute(
        select(REVISION.c.id, REVISION.c.status)
        .where(
            REVISION.c.source_id == source_id,
            REVISION.c.document == document,
            REVISION.c.published_at > published_at,
        )
        .order_by(REVISION.c.published_at, REVISION.c.id)
        .limit(1)
    ).first()
    if (
        after is not None
        and after.status == RevisionStatus.STORED
        and _files_of(session, after.id) == digests
        and not session.scalar(select(exists().where(SNAPSHOT.c.revision_id == after.id)))
    ):
        session.execute(
            update(REVISION).where(REVISION.c.id == after.id).values(status=RevisionStatus.PARTLY)
        )


def save_revision(
    session: Session,
    *,
    source_id: int,
    document: str,
    revision: str,
    published_at: datetime,
    status: RevisionStatus,
    error: str | None,
    now: datetime,
) -> int:
    """Note what became of a revision, in place of an earlier note; returns its id.

    What is stored stays so, whoever could not read it once more meanwhile.
    """
    where = (
        REVISION.c.source_id == source_id,
        REVISION.c.document == document,
        REVISION.c.revision == revision,
    )
    values = {
        "published_at": published_at,
        "status": status,
        "error": storable(error),
        "handled_at": now,
    }
    found = session.execute(select(REVISION.c.id, REVISION.c.status).where(*where)).first()
    if found is not None:
        if status not in UNREAD or found.status != RevisionStatus.STORED:
            session.execute(update(REVISION).where(REVISION.c.id == found.id).values(**values))
        known: int = found.id
        return known
    key = {"source_id": source_id, "document": document, "revision": revision}
    insert_dicts(session, REVISION, [{**key, **values}])
    stored: int = session.execute(select(REVISION.c.id).where(*where)).scalar_one()
    return stored


def archive_files(
    session: Session, revision_id: int, files: Sequence[bytes], digests: Sequence[bytes]
) -> None:
    """Keep the files of a revision, each content once, compressed where that helps."""
    session.execute(delete(REVISION_FILE).where(REVISION_FILE.c.revision_id == revision_id))
    for position, (file, digest) in enumerate(zip(files, digests, strict=True)):
        payload_id = session.scalar(select(PAYLOAD.c.id).where(PAYLOAD.c.digest == digest))
        if payload_id is None:
            packed = zstandard.ZstdCompressor(level=3).compress(file)
            encoding, data = ("zstd", packed) if len(packed) < len(file) else ("identity", file)
            insert_dicts(
                session,
                PAYLOAD,
                [
                    {
                        "digest": digest,
                        "size": len(file),
                        "encoding": encoding,
                        "data": data,
                    }
                ],
            )
            payload_id = session.scalar(select(PAYLOAD.c.id).where(PAYLOAD.c.digest == digest))
        insert_dicts(
            session,
            REVISION_FILE,
            [
                {
                    "revision_id": revision_id,
                    "position": position,
                    "payload_id": payload_id,
                }
            ],
        )


def load_validators(session: Session, source_id: int) -> dict[str, str]:
    """The ETags of the listings whose content is stored, by URL."""
    rows = session.execute(
        select(VALIDATOR.c.url, VALIDATOR.c.etag).where(VALIDATOR.c.source_id == source_id)
    )
    return {row.url: row.etag for row in rows}


def save_validators(session: Session, source_id: int, validators: Mapping[str, str]) -> None:
    """Replace the ETags of a source's listings."""
    session.execute(delete(VALIDATOR).where(VALIDATOR.c.source_id == source_id))
    insert_dicts(
        session,
        VALIDATOR,
        [{"source_id": source_id, "url": url, "etag": etag} for url, etag in validators.items()],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillProgress:
    """Where a back-fill stands; counts are of revisions."""

    state: BackfillState
    planned: int
    done: int
    failed: int
    entries_written: int
    started_at: datetime
    updated_at: datetime
    error: str | None


def save_backfill(session: Session, source_id: int, progress: BackfillProgress) -> None:
    """Replace what is known of a source's back-fill."""
    values = {name: getattr(progress, name) for name in progress.__slots__}
    values["error"] = storable(progress.error)
    session.execute(delete(BACKFILL).where(BACKFILL.c.source_id == source_id))
    insert_dicts(session, BACKFILL, [{"source_id": source_id, **values}])
