"""Sources and the log of their runs."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.domain.runs import Outcome, RevisionStatus, RunKind
from app.errors import NotFoundError
from app.store.tables import (
    BACKFILL,
    EDITION,
    LEADERBOARD,
    LEASE,
    REVISION,
    RUN,
    SOURCE,
)

GOOD = (Outcome.SUCCEEDED, Outcome.UNCHANGED)
ENDED = (*GOOD, Outcome.FAILED, Outcome.ABANDONED)


class Upstream(NamedTuple):
    """A source as stored.

    `every_seconds`: time between two scrapes. `cadence_seconds`: the longest time that usually
    passes between two editions, None where nothing can be expected.
    """

    id: int
    slug: str
    title: str
    homepage: str
    licence: str
    licence_url: str | None
    attribution: str
    every_seconds: int
    cadence_seconds: int | None
    archived: bool


class Run(NamedTuple):
    """One attempt. `missed_slots`: scheduled times before this one that nobody served."""

    id: int
    source: str
    kind: str
    slot: int | None
    owner: str
    outcome: str
    started_at: datetime
    finished_at: datetime | None
    error_kind: str | None
    error: str | None
    notes: str | None
    missed_slots: int
    documents: int
    bytes_fetched: int
    snapshots_seen: int
    snapshots_written: int
    entries_written: int


class Backfill(NamedTuple):
    """How far a back-fill has come; counts are of upstream revisions."""

    state: str
    planned: int
    done: int
    failed: int
    entries_written: int
    started_at: datetime
    updated_at: datetime
    error: str | None


class SourceState(NamedTuple):
    """What is known of a source's health. Each part is None where there is nothing yet."""

    source: Upstream
    last_run: Run | None
    last_ended: Run | None
    last_success: Run | None
    backfill: Backfill | None
    newest_edition_date: date | None
    leaderboards: int


def with_revisions_to_try_again(session: Session) -> set[int]:
    """The numbers of the sources of which a revision could not be had, and may be another time."""
    rows = session.scalars(
        select(REVISION.c.source_id).where(REVISION.c.status == RevisionStatus.FAILED).distinct()
    )
    return set(rows)


def _sources() -> Select[Any]:
    return select(
        SOURCE.c.id,
        SOURCE.c.slug,
        SOURCE.c.title,
        SOURCE.c.homepage,
        SOURCE.c.licence,
        SOURCE.c.licence_url,
        SOURCE.c.attribution,
        SOURCE.c.every_seconds,
        SOURCE.c.cadence_seconds,
        SOURCE.c.archived,
    )


def _runs() -> Select[Any]:
    return select(
        RUN.c.id,
        SOURCE.c.slug,
        RUN.c.kind,
        RUN.c.slot,
        RUN.c.owner,
        RUN.c.outcome,
        RUN.c.started_at,
        RUN.c.finished_at,
        RUN.c.error_kind,
        RUN.c.error,
        RUN.c.notes,
        RUN.c.missed_slots,
        RUN.c.documents,
        RUN.c.bytes_fetched,
        RUN.c.snapshots_seen,
        RUN.c.snapshots_written,
        RUN.c.entries_written,
    ).join(SOURCE, SOURCE.c.id == RUN.c.source_id)


def _backfills() -> Select[Any]:
    return select(
        BACKFILL.c.state,
        BACKFILL.c.planned,
        BACKFILL.c.done,
        BACKFILL.c.failed,
        BACKFILL.c.entries_written,
        BACKFILL.c.started_at,
        BACKFILL.c.updated_at,
        BACKFILL.c.error,
    )


def list_sources(
    session: Session, *, after: str | None = None, limit: int | None = None
) -> list[Upstream]:
    """Sources by slug."""
    statement = _sources().order_by(SOURCE.c.slug)
    if after is not None:
        statement = statement.where(SOURCE.c.slug > after)
    if limit is not None:
        statement = statement.limit(limit)
    return [Upstream(*row) for row in session.execute(statement)]


def find_source(session: Session, slug: str) -> Upstream:
    """One source.

    Raises:
        NotFoundError: there is none; the error holds all slugs as candidates.
    """
    row = session.execute(_sources().where(SOURCE.c.slug == slug)).first()
    if row is None:
        known = session.scalars(select(SOURCE.c.slug).order_by(SOURCE.c.slug))
        raise NotFoundError("source", slug, list(known))
    return Upstream(*row)


def source_states(session: Session, sources: Sequence[Upstream]) -> list[SourceState]:
    """The state of each source, in the order given; a fixed number of queries."""
    ids = [source.id for source in sources]
    last_run = newest_runs(session, ids)
    last_ended = newest_runs(session, ids, ENDED)
    last_success = newest_runs(session, ids, GOOD)
    backfills = {
        row[-1]: Backfill(*row[:-1])
        for row in session.execute(
            _backfills().add_columns(BACKFILL.c.source_id).where(BACKFILL.c.source_id.in_(ids))
        )
    }
    newest = (
        select(func.max(EDITION.c.edition_date))
        .where(EDITION.c.leaderboard_id == LEADERBOARD.c.id)
        .scalar_subquery()
    )
    reach = {
        source_id: (count, day)
        for source_id, count, day in session.execute(
            select(
                LEADERBOARD.c.source_id,
                func.count(),
                func.max(newest, type_=newest.type),
            )
            .where(LEADERBOARD.c.source_id.in_(ids))
            .group_by(LEADERBOARD.c.source_id)
        )
    }
    return [
        SourceState(
            source=source,
            last_run=last_run.get(source.id),
            last_ended=last_ended.get(source.id),
            last_success=last_success.get(source.id),
            backfill=backfills.get(source.id),
            newest_edition_date=reach.get(source.id, (0, None))[1],
            leaderboards=reach.get(source.id, (0, None))[0],
        )
        for source in sources
    ]


def find_backfill(session: Session, source_id: int) -> Backfill | None:
    """How far the back-fill of a source has come, None if there never was one."""
    row = session.execute(_backfills().where(BACKFILL.c.source_id == source_id)).first()
    return None if row is None else Backfill(*row)


def newest_runs(
    session: Session, source_ids: Sequence[int], outcomes: Collection[Outcome] = ()
) -> dict[int, Run]:
    """The newest scrape of each source, of those that ended so; of all without `outcomes`.

    Back-fills are told apart in `Backfill`.
    """
    newest = select(RUN.c.source_id, func.max(RUN.c.id).label("id")).where(
        RUN.c.source_id.in_(source_ids), RUN.c.kind != RunKind.BACKFILL
    )
    if outcomes:
        newest = newest.where(RUN.c.outcome.in_(outcomes))
    chosen = newest.group_by(RUN.c.source_id).subquery()
    rows = session.execute(
        _runs().add_columns(RUN.c.source_id).join(chosen, chosen.c.id == RUN.c.id)
    )
    return {row[-1]: Run(*row[:-1]) for row in rows}


def list_runs(
    session: Session, source_id: int, *, before: int | None = None, limit: int = 50
) -> list[Run]:
    """The log of a source's runs, newest first, those with an id below `before`."""
    statement = _runs().where(RUN.c.source_id == source_id).order_by(RUN.c.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(RUN.c.id < before)
    return [Run(*row) for row in session.execute(statement)]


def find_run(session: Session, run_id: int) -> Run | None:
    """One run by its number."""
    row = session.execute(_runs().where(RUN.c.id == run_id)).first()
    return None if row is None else Run(*row)


def lease_holder(session: Session, source_id: int, kind: str, now: datetime) -> str | None:
    """Who works on a source at this moment, None if nobody."""
    return session.scalar(
        select(LEASE.c.owner).where(
            LEASE.c.source_id == source_id,
            LEASE.c.kind == kind,
            LEASE.c.lease_until > now,
        )
    )
