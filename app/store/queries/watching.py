"""What an operator watches: how each source's runs went, and whether its slots are served."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.runs import Outcome, RunKind
from app.store.queries.sources import GOOD, Run, Upstream, list_sources, newest_runs
from app.store.tables import EDITION, LEADERBOARD, LEASE, RUN

SCRAPE = "scrape"  # the lease of scrapes, whoever asked for them
ENDED = (*GOOD, Outcome.FAILED, Outcome.ABANDONED)
CLOCK_TOLERANCE = timedelta(days=1)  # what a clock further ahead has noted does not count


class WatchedSource(NamedTuple):
    """A source and its scrapes. Each part is None where there is nothing yet.

    `newest_slot`: the last one that was served, however that ended; `scheduled_at`: when a
    scheduler last claimed the source; `held_until`: how long somebody works on it at least.
    """

    source: Upstream
    last_run: Run | None
    last_ended: Run | None
    last_success: Run | None
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
    last_run = newest_runs(session, ids)
    last_ended = newest_runs(session, ids, ENDED)
    last_success = newest_runs(session, ids, GOOD)
    served = {
        source_id: (slot, moment)
        for source_id, slot, moment in session.execute(
            select(
                RUN.c.source_id,
                func.max(RUN.c.slot),
                func.max(RUN.c.started_at, type_=RUN.c.started_at.type),
            )
            .where(RUN.c.kind == RunKind.SCHEDULED, RUN.c.started_at <= now + CLOCK_TOLERANCE)
            .group_by(RUN.c.source_id)
        )
    }
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
            last_run=last_run.get(source.id),
            last_ended=last_ended.get(source.id),
            last_success=last_success.get(source.id),
            newest_slot=served.get(source.id, (None, None))[0],
            scheduled_at=served.get(source.id, (None, None))[1],
            held_until=held.get(source.id),
        )
        for source in sources
    ]


def newest_editions(session: Session) -> dict[int, date]:
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
