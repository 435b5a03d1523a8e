"""What an operator watches: how each source's runs went, and whether its slots are served."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, and_, case, func, select
from sqlalchemy.orm import Session

from app.domain.runs import RunKind
from app.domain.slots import served_slot, slot_at
from app.store.queries.sources import ENDED, GOOD, Run, Upstream, list_sources, newest_runs
from app.store.tables import EDITION, LEADERBOARD, LEASE, RUN

SCRAPE = "scrape"  # the lease of scrapes, whoever asked for them
CLOCK_TOLERANCE = timedelta(days=1)  # what a clock further ahead has noted does not count


class WatchedSource(NamedTuple):
    """A source and its scrapes. Each part is None where there is nothing yet.

    `newest_slot`: the last one that was served, however that ended, counted in the source's
    present interval; `scheduled_at`: when a scheduler last claimed the source; `held_until`: how
    long somebody works on it at least.
    """

    source: Upstream
    last_ended: Run | None
    last_success: Run | None
    newest_edition_date: date | None
    newest_slot: int | None
    scheduled_at: datetime | None
    held_until: datetime | None

    @property
    def is_done(self) -> bool:
        """Whether it needs no scheduler any more: its upstream has ended, and it was read."""
        return self.source.archived and self.last_success is not None


class RunTally(NamedTuple):
    """The runs of a source that ended so, and what they did; `kind` is a run's."""

    source: str
    kind: str
    outcome: str
    runs: int
    bytes_fetched: int
    entries_written: int


def watched_sources(session: Session, now: datetime) -> list[WatchedSource]:
    """Every source by slug; a fixed number of queries."""
    sources = list_sources(session)
    ids = [source.id for source in sources]
    last_ended = newest_runs(session, ids, ENDED)
    last_success = newest_runs(session, ids, GOOD)
    editions = _newest_editions(session)
    claims = {claim.source_id: claim for claim in session.execute(_newest_claims(now))}
    held = {
        lease.source_id: lease.lease_until
        for lease in session.execute(
            select(LEASE.c.source_id, LEASE.c.lease_until).where(
                LEASE.c.lease_until > now, LEASE.c.kind == SCRAPE
            )
        )
    }
    return [
        WatchedSource(
            source=source,
            last_ended=last_ended.get(source.id),
            last_success=last_success.get(source.id),
            newest_edition_date=editions.get(source.id),
            newest_slot=_slot(source, claims.get(source.id), now),
            scheduled_at=claims[source.id].scheduled_at if source.id in claims else None,
            held_until=held.get(source.id),
        )
        for source in sources
    ]


def _newest_claims(now: datetime) -> Select[Any]:
    """When schedulers last claimed each source, and the newest run that served a slot."""
    moment = RUN.c.started_at.type
    served_at = case((RUN.c.slot.is_not(None), RUN.c.started_at))
    newest = (
        select(
            RUN.c.source_id,
            func.max(RUN.c.started_at, type_=moment).label("scheduled_at"),
            func.max(served_at, type_=moment).label("served_at"),
        )
        .where(RUN.c.kind == RunKind.SCHEDULED, RUN.c.started_at <= now + CLOCK_TOLERANCE)
        .group_by(RUN.c.source_id)
        .subquery()
    )
    serving = and_(
        RUN.c.source_id == newest.c.source_id,
        RUN.c.started_at == newest.c.served_at,
        RUN.c.slot.is_not(None),
    )
    return select(newest, RUN.c.slot).outerjoin(RUN, serving).order_by(RUN.c.id)


def _slot(source: Upstream, claim: Row[Any] | None, now: datetime) -> int | None:
    if claim is None or claim.slot is None:
        return None
    every = timedelta(seconds=source.every_seconds)
    return served_slot(
        source.slug,
        every,
        slot=claim.slot,
        started_at=claim.served_at,
        present=slot_at(source.slug, every, now),
        now=now,
    )


def _newest_editions(session: Session) -> dict[int, date]:
    """The date of each source's newest edition, by the source's number."""
    newest = (
        select(func.max(EDITION.c.edition_date))
        .where(EDITION.c.leaderboard_id == LEADERBOARD.c.id)
        .scalar_subquery()
    )
    rows = session.execute(
        select(LEADERBOARD.c.source_id, func.max(newest, type_=newest.type)).group_by(
            LEADERBOARD.c.source_id
        )
    )
    return {source_id: day for source_id, day in rows if day is not None}


def run_tallies(session: Session, sources: Sequence[WatchedSource]) -> list[RunTally]:
    """What all runs did that have ended, by source, kind and outcome."""
    slugs = {one.source.id: one.source.slug for one in sources}
    rows = session.execute(
        select(
            RUN.c.source_id,
            RUN.c.kind,
            RUN.c.outcome,
            func.count(),
            func.sum(RUN.c.bytes_fetched),
            func.sum(RUN.c.entries_written),
        )
        .where(RUN.c.outcome.in_(ENDED))
        .group_by(RUN.c.source_id, RUN.c.kind, RUN.c.outcome)
        .order_by(RUN.c.source_id, RUN.c.kind, RUN.c.outcome)
    )
    return [
        RunTally(slugs[source_id], kind, outcome, runs, int(size), int(entries))
        for source_id, kind, outcome, runs, size, entries in rows
    ]
