"""What is read of a store to prove that it is sound: long tables as columns, the rest streamed."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sqlalchemy import Integer, Select, case, exists, func, select, text, type_coerce
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from app.domain.runs import UNREAD, RevisionStatus, RunKind
from app.store.blocks import MISSING, Block
from app.store.tables import (
    ALIAS,
    BACKFILL,
    EDITION,
    ENTRY,
    LEADERBOARD,
    LEASE,
    LISTING,
    MODEL,
    MODEL_REDIRECT,
    ORGANIZATION,
    ORGANIZATION_ALIAS,
    PAYLOAD,
    PROFILE,
    REVISION,
    REVISION_FILE,
    RUN,
    SNAPSHOT,
    SNAPSHOT_BLOCK,
    SOURCE,
)
from app.store.writes.runs import BACKFILL as BACKFILL_LEASE
from app.store.writes.runs import SCRAPE

ROWS_AT_ONCE = 50_000
VALUES_AT_ONCE = 8  # blocks and files are large

Days = npt.NDArray[np.int64]


class StoredBoard(NamedTuple):
    """A leaderboard, and how often its record changed."""

    id: int
    slug: str
    source_id: int
    higher_is_better: bool
    data_version: int


class StoredSnapshot(NamedTuple):
    """What is stored of a snapshot; `data` is its block, None where there is none."""

    id: int
    day: date
    published_at: datetime
    repeated_at: datetime | None
    content_hash: bytes
    entries_total: int
    leader_score: float
    status: str
    status_reason: str | None
    data: bytes | None


class StoredEdition(NamedTuple):
    """What is in force for a date, as stored."""

    day: date
    snapshot_id: int
    entries_total: int
    leader_alias_id: int
    official_leader_alias_id: int | None
    leader_score: float


class Series(NamedTuple):
    """Lines in force, in order of name and date. `day` is days since 1970-01-01."""

    day: Days
    lines: Block


class StoredName(NamedTuple):
    """A printed name; `kind` is that of the maker of its model."""

    id: int
    source_id: int
    printed_name: str
    model_id: int
    kind: str | None


class StoredProfile(NamedTuple):
    """What a source printed beside a score, with the digest it goes by."""

    id: int
    source_id: int
    digest: bytes
    namespace: str | None
    organization: str | None
    licence: str | None
    official: bool | None
    parameters_b: float | None
    kind: str


class StoredFile(NamedTuple):
    """An archived file; `size` is that of its content in bytes."""

    id: int
    digest: bytes
    size: int
    encoding: str
    data: bytes


class StoredRun(NamedTuple):
    """A run; `holds` says that no later claim than its own is known.

    None at all is known of a copy, which leaves claims behind.
    """

    id: int
    source: str
    kind: str
    outcome: str
    finished_at: datetime | None
    error_kind: str | None
    snapshots_written: int
    holds: bool


def damage_of_file(session: Session, most: int) -> list[str]:
    """What SQLite finds wrong with its file, indexes included; nothing on a server."""
    if session.connection().dialect.name != "sqlite":
        return []
    try:
        found = session.scalars(text(f"PRAGMA integrity_check({most})")).all()
    except DatabaseError as error:
        return [str(error.orig)]
    return [line for line in found if line != "ok"]


def broken_references(session: Session) -> Iterator[tuple[str, Any, int]]:
    """Foreign keys that lead nowhere: column, value, rows.

    As `PRAGMA foreign_key_check` does, and on PostgreSQL too, where a server may have been told not
    to look.
    """
    for table in SQLModel.metadata.sorted_tables:
        for key in sorted(table.foreign_keys, key=lambda key: key.parent.name):
            child, parent = key.parent, key.column
            rows = session.execute(
                select(child, func.count())
                .where(child.is_not(None), ~exists().where(parent == child))
                .group_by(child)
                .order_by(child)
            )
            for value, count in rows:
                yield f"{table.name}.{child.name}", value, count


def lines_of_no_board(session: Session) -> list[tuple[int, int]]:
    """Boards that there are not, and how many lines in force they have."""
    rows = session.execute(
        select(ENTRY.c.leaderboard_id, func.count())
        .group_by(ENTRY.c.leaderboard_id)
        .having(ENTRY.c.leaderboard_id.not_in(select(LEADERBOARD.c.id)))
        .order_by(ENTRY.c.leaderboard_id)
    )
    return [(board_id, count) for board_id, count in rows]


def stored_boards(session: Session) -> list[StoredBoard]:
    """All boards, by slug."""
    columns = [LEADERBOARD.c[name] for name in StoredBoard._fields]
    rows = session.execute(select(*columns).order_by(LEADERBOARD.c.slug)).all()
    return sorted((StoredBoard(*row) for row in rows), key=lambda board: board.slug)


def stored_names(session: Session) -> Iterator[StoredName]:
    """All printed names."""
    yield from map(
        StoredName._make,
        _streamed(
            session,
            select(
                ALIAS.c.id,
                ALIAS.c.source_id,
                ALIAS.c.printed_name,
                ALIAS.c.model_id,
                ORGANIZATION.c.kind,
            )
            .join(MODEL, MODEL.c.id == ALIAS.c.model_id, isouter=True)
            .join(ORGANIZATION, ORGANIZATION.c.id == MODEL.c.organization_id, isouter=True)
            .order_by(ALIAS.c.id),
        ),
    )


def stored_profiles(session: Session) -> Iterator[StoredProfile]:
    """All profiles."""
    columns = [PROFILE.c[name] for name in StoredProfile._fields]
    rows = _streamed(session, select(*columns).order_by(PROFILE.c.id))
    yield from map(StoredProfile._make, rows)


def nameless_models(session: Session) -> list[str]:
    """The ids of models that no printed name means."""
    found = session.scalars(
        select(MODEL.c.slug)
        .where(~exists().where(ALIAS.c.model_id == MODEL.c.id))
        .order_by(MODEL.c.id)
    )
    return list(found)


def taken_ids(session: Session) -> list[str]:
    """Ids that belong to somebody else than who has them, with the kind of thing they are."""
    models = (
        select(MODEL.c.slug)
        .join(MODEL_REDIRECT, MODEL_REDIRECT.c.slug == MODEL.c.slug)
        .join(ALIAS, ALIAS.c.id == MODEL_REDIRECT.c.alias_id)
        .where(ALIAS.c.model_id != MODEL.c.id)
    )
    makers = (
        select(ORGANIZATION.c.slug)
        .join(ORGANIZATION_ALIAS, ORGANIZATION_ALIAS.c.spelling == ORGANIZATION.c.slug)
        .where(ORGANIZATION_ALIAS.c.kind == "former_id")
    )
    return [
        *(f"model {slug}" for slug in sorted(session.scalars(models))),
        *(f"organization {slug}" for slug in sorted(session.scalars(makers))),
    ]


def stored_files(session: Session) -> Iterator[StoredFile]:
    """The archived files, a few at a time."""
    columns = [PAYLOAD.c[name] for name in StoredFile._fields]
    rows = _streamed(session, select(*columns).order_by(PAYLOAD.c.id), VALUES_AT_ONCE)
    yield from map(StoredFile._make, rows)


_FILES = select(REVISION_FILE.c.revision_id).where(REVISION_FILE.c.revision_id == REVISION.c.id)


def revisions_without_files(session: Session) -> list[tuple[str, str]]:
    """Document and revision of what is said to be stored, wholly or in part, and is not archived.

    Neither are those whose files do not count 0, 1, 2, ...
    """
    gaps = (
        select(REVISION_FILE.c.revision_id)
        .group_by(REVISION_FILE.c.revision_id)
        .having(
            (func.min(REVISION_FILE.c.position) != 0)
            | (func.max(REVISION_FILE.c.position) != func.count() - 1)
        )
    )
    stored = REVISION.c.status.in_([RevisionStatus.STORED, RevisionStatus.PARTLY])
    rows = session.execute(
        select(REVISION.c.document, REVISION.c.revision)
        .where((stored & ~_FILES.exists()) | REVISION.c.id.in_(gaps))
        .order_by(REVISION.c.id)
    )
    return [(document, revision) for document, revision in rows]


def snapshots_of_no_revision(session: Session) -> list[tuple[str, date, int]]:
    """Board, date and number of snapshots whose revision is not archived, or is not theirs."""
    rows = session.execute(
        select(LEADERBOARD.c.slug, SNAPSHOT.c.edition_date, SNAPSHOT.c.id)
        .join(LEADERBOARD, LEADERBOARD.c.id == SNAPSHOT.c.leaderboard_id)
        .join(REVISION, REVISION.c.id == SNAPSHOT.c.revision_id, isouter=True)
        .where(
            REVISION.c.id.is_(None)
            | (REVISION.c.source_id != LEADERBOARD.c.source_id)
            | (REVISION.c.revision != SNAPSHOT.c.revision)
            | (REVISION.c.status.in_(UNREAD) & ~_FILES.exists())
        )
        .order_by(SNAPSHOT.c.id)
    )
    return [(slug, day, number) for slug, day, number in rows]


def stored_snapshots(session: Session, board_id: int) -> Iterator[StoredSnapshot]:
    """The snapshots of a board with their blocks, by date and publication, a few at a time."""
    columns = [SNAPSHOT.c["edition_date" if n == "day" else n] for n in StoredSnapshot._fields[:-1]]
    rows = _streamed(
        session,
        select(*columns, SNAPSHOT_BLOCK.c.data)
        .join(SNAPSHOT_BLOCK, SNAPSHOT_BLOCK.c.snapshot_id == SNAPSHOT.c.id, isouter=True)
        .where(SNAPSHOT.c.leaderboard_id == board_id)
        .order_by(SNAPSHOT.c.edition_date, SNAPSHOT.c.published_at),
        VALUES_AT_ONCE,
    )
    yield from map(StoredSnapshot._make, rows)


def stored_editions(session: Session, board_id: int) -> dict[date, StoredEdition]:
    """What is in force on a board, by date."""
    columns = [EDITION.c["edition_date" if n == "day" else n] for n in StoredEdition._fields]
    rows = session.execute(select(*columns).where(EDITION.c.leaderboard_id == board_id))
    return {row[0]: StoredEdition(*row) for row in rows}


def stored_series(session: Session, board_id: int) -> Series:
    """All lines in force on a board."""
    parts: list[Series] = [_series([()] * (len(Block._fields) + 1))]
    rows = session.execute(
        select(
            type_coerce(ENTRY.c.edition_date, Integer),  # as the database has it: quicker
            *(
                func.coalesce(ENTRY.c[name], MISSING) if name in _GAPPY else ENTRY.c[name]
                for name in Block._fields
            ),
        )
        .where(ENTRY.c.leaderboard_id == board_id)
        .order_by(ENTRY.c.alias_id, ENTRY.c.edition_date)
        .execution_options(yield_per=ROWS_AT_ONCE)
    )
    parts += [_series(list(zip(*part, strict=True))) for part in rows.partitions()]
    return Series(
        np.concatenate([part.day for part in parts]),
        joined([part.lines for part in parts]),
    )


_GAPPY = {"votes", "published_rank"}


def joined(blocks: Sequence[Block]) -> Block:
    """The rows of one block after the other; there is at least one."""
    return Block(*(np.concatenate(columns) for columns in zip(*blocks, strict=True)))


def _series(columns: Sequence[Sequence[Any]]) -> Series:
    kinds = (np.float64 if name.startswith("score") else np.int32 for name in Block._fields)
    lines: Iterator[npt.NDArray[Any]] = (
        np.array(column, kind) for column, kind in zip(columns[1:], kinds, strict=True)
    )
    # Both dates and numbers of days are read as days.
    return Series(np.array(columns[0], "datetime64[D]").astype(np.int64), Block(*lines))


def stored_listing(session: Session, board_id: int) -> dict[int, date]:
    """Since when each name stands, or stood, on a board."""
    rows = session.execute(
        select(LISTING.c.alias_id, LISTING.c.first_date).where(LISTING.c.leaderboard_id == board_id)
    )
    return {alias_id: first for alias_id, first in rows}  # noqa: C416 - rows are not pairs to mypy


def stored_runs(session: Session) -> Iterator[StoredRun]:
    """All runs, oldest first."""
    lease_kind = case((RUN.c.kind == RunKind.BACKFILL, BACKFILL_LEASE), else_=SCRAPE)
    held = (LEASE.c.source_id == RUN.c.source_id) & (LEASE.c.kind == lease_kind)
    other = (LEASE.c.owner != RUN.c.owner) | (LEASE.c.fence != RUN.c.fence)
    rows = _streamed(
        session,
        select(
            RUN.c.id,
            SOURCE.c.slug,
            RUN.c.kind,
            RUN.c.outcome,
            RUN.c.finished_at,
            RUN.c.error_kind,
            RUN.c.snapshots_written,
            ~exists().where(held, other),
        )
        .join(SOURCE, SOURCE.c.id == RUN.c.source_id)
        .order_by(RUN.c.id),
    )
    yield from map(StoredRun._make, rows)


def overfull_backfills(session: Session) -> list[str]:
    """Sources whose back-fill has dealt with more than was planned."""
    found = session.scalars(
        select(SOURCE.c.slug)
        .join(BACKFILL, BACKFILL.c.source_id == SOURCE.c.id)
        .where(BACKFILL.c.done + BACKFILL.c.failed > BACKFILL.c.planned)
        .order_by(SOURCE.c.id)
    )
    return list(found)


def _streamed(session: Session, question: Select[Any], rows: int = ROWS_AT_ONCE) -> Iterator[Any]:
    yield from session.execute(question.execution_options(yield_per=rows))
