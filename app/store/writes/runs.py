"""Runs and the right to make them.

A run is claimed in the database before anything is asked of an upstream. The lease says who
works on a source until when; its fence grows with every holder, and goes on growing where the
record is replaced by a backup. What a run found is stored in the same transaction that proves the
fence, so that a process that was thought dead and comes back late can store nothing.
"""

from collections.abc import Callable
from dataclasses import asdict, fields
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.domain.runs import Claim, Counts, Outcome, RunKind
from app.domain.slots import served_slot
from app.errors import LeaseLostError
from app.store.bulk import insert_dicts, storable
from app.store.tables import LEASE, RUN, SOURCE
from app.store.writes.counters import FENCES, version_of

LEASE_FOR = timedelta(minutes=5)
CLOCK_TOLERANCE = timedelta(days=1)
SCRAPE = "scrape"
BACKFILL = "backfill"


def lease_kind(kind: RunKind) -> str:
    """Scrapes exclude each other, whoever asked; so do back-fills."""
    return BACKFILL if kind is RunKind.BACKFILL else SCRAPE


def claim_run(
    session: Session,
    *,
    source_id: int,
    source: str,
    kind: RunKind,
    slot: int | None,
    owner: str,
    now: datetime,
    is_dead: Callable[[str], bool] = lambda _owner: False,
) -> Claim | None:
    """Take the source for one run; None when another holds it or the slot is served.

    A claim whose lease lapsed, or whose owner `is_dead` for certain, is void: its run is noted
    as abandoned, and its slot may be served again. Slots never go back, even when the clock
    does; only what a clock more than a day ahead has noted does not count. What
    was served when the source had another interval counts all the same.

    Raises:
        IntegrityError: another process was faster, or has served the slot.
    """
    fence = _take_lease(session, source_id, lease_kind(kind), owner, now, is_dead)
    if fence is None:
        return None
    _abandon(session, source_id, kind, now)
    missed = 0
    if slot is not None:
        newest = _newest_slot(session, source_id, slot, now)
        if newest is not None and newest >= slot:
            _free_lease(session, source_id, lease_kind(kind), now)
            return None
        missed = 0 if newest is None else slot - newest - 1
    run_id = _begin(
        session,
        source_id=source_id,
        kind=kind,
        slot=slot,
        owner=owner,
        fence=fence,
        started_at=now,
        missed_slots=missed,
    )
    return Claim(
        run_id=run_id,
        source_id=source_id,
        source=source,
        kind=kind,
        owner=owner,
        fence=fence,
        lease_until=now + LEASE_FOR,
    )


def _newest_slot(session: Session, source_id: int, present: int, now: datetime) -> int | None:
    """The last slot of a source that was served, None if none ever was."""
    newest = session.execute(
        select(SOURCE.c.slug, SOURCE.c.every_seconds, RUN.c.slot, RUN.c.started_at)
        .join(SOURCE, SOURCE.c.id == RUN.c.source_id)
        .where(RUN.c.source_id == source_id, RUN.c.slot.is_not(None))
        .where(RUN.c.started_at <= now + CLOCK_TOLERANCE)
        .order_by(RUN.c.started_at.desc(), RUN.c.id.desc())
        .limit(1)
    ).first()
    if newest is None:
        return None
    return served_slot(
        newest.slug,
        timedelta(seconds=newest.every_seconds),
        slot=newest.slot,
        started_at=newest.started_at,
        present=present,
        now=now,
    )


def _abandon(session: Session, source_id: int, kind: RunKind, now: datetime) -> None:
    """Note that the runs which still seem under way are not: we hold the source."""
    kinds = [RunKind.BACKFILL] if kind is RunKind.BACKFILL else [RunKind.SCHEDULED, RunKind.MANUAL]
    session.execute(
        update(RUN)
        .where(RUN.c.source_id == source_id, RUN.c.kind.in_(kinds))
        .where(RUN.c.outcome == Outcome.RUNNING)
        .values(
            outcome=Outcome.ABANDONED,
            finished_at=now,
            error_kind="abandoned",
            error="its process ended, or lost its claim, before it was done",
            slot=None,
        )
    )


def _begin(session: Session, *, fence: int, owner: str, **facts: object) -> int:
    """Note that a run begins; returns its number."""
    insert_dicts(
        session,
        RUN,
        [
            {
                **facts,
                "owner": owner,
                "fence": fence,
                "outcome": Outcome.RUNNING,
                "finished_at": None,
                "error_kind": None,
                "error": None,
                "notes": None,
                "documents": 0,
                "bytes_fetched": 0,
                "snapshots_seen": 0,
                "snapshots_written": 0,
                "entries_written": 0,
            }
        ],
    )
    run_id: int = session.execute(
        select(func.max(RUN.c.id))
        .where(RUN.c.source_id == facts["source_id"], RUN.c.fence == fence)
        .where(RUN.c.owner == owner, RUN.c.outcome == Outcome.RUNNING)
    ).scalar_one()
    return run_id


def _take_lease(
    session: Session,
    source_id: int,
    kind: str,
    owner: str,
    now: datetime,
    is_dead: Callable[[str], bool],
) -> int | None:
    where = (LEASE.c.source_id == source_id, LEASE.c.kind == kind)
    held = session.execute(select(LEASE).where(*where).with_for_update()).first()
    until = now + LEASE_FOR
    if held is None:
        first = version_of(session, FENCES) + 1
        lease = {"source_id": source_id, "kind": kind, "owner": owner, "fence": first}
        insert_dicts(session, LEASE, [{**lease, "lease_until": until}])
        return first
    # One that lasts longer than any was taken before the clock was set back, and is void.
    if now < held.lease_until <= until and not is_dead(held.owner):
        return None
    fence: int = held.fence + 1
    session.execute(update(LEASE).where(*where).values(owner=owner, fence=fence, lease_until=until))
    return fence


def _free_lease(session: Session, source_id: int, kind: str, now: datetime) -> None:
    session.execute(
        update(LEASE)
        .where(LEASE.c.source_id == source_id, LEASE.c.kind == kind)
        .values(lease_until=now)
    )


def renew_lease(session: Session, claim: Claim, now: datetime) -> None:
    """Hold a claim for longer, and prove that it is still held and its run under way.

    Until the transaction ends nobody else can take the source, or give the run up.

    Raises:
        LeaseLostError: another process holds the source now, or the end of the run was noted.
    """
    _prove(session, claim, now + LEASE_FOR)
    # A statement of its own: it sees what the one before may have waited for.
    outcome = session.scalars(select(RUN.c.outcome).where(RUN.c.id == claim.run_id)).one()
    if outcome != Outcome.RUNNING:
        msg = f"{claim.source}: run {claim.run_id} has ended, it was {outcome}"
        raise LeaseLostError(msg)


def note_counts(session: Session, claim: Claim, counts: Counts) -> None:
    """Note what a run has done so far, in the transaction that stores it.

    So it is known of a run, too, of whose end nobody hears.
    """
    session.execute(update(RUN).where(RUN.c.id == claim.run_id).values(**asdict(counts)))


def noted_counts(session: Session, claim: Claim) -> Counts:
    """What was noted of a run."""
    columns = [RUN.c[field.name] for field in fields(Counts)]
    row = session.execute(select(*columns).where(RUN.c.id == claim.run_id)).mappings().one()
    return Counts(**row)


def finish_run(
    session: Session,
    claim: Claim,
    *,
    outcome: Outcome,
    now: datetime,
    counts: Counts | None = None,
    error_kind: str | None = None,
    error: str | None = None,
    notes: str | None = None,
) -> Outcome:
    """Note how a run ended and give the source free; how it ended.

    That is not what is given where its end was noted before: whoever noted it could not know
    that, because the connection was lost while it was stored. Without `counts` the run did what
    was noted on the way (`note_counts`).

    Raises:
        LeaseLostError: another process holds the source now; nothing is noted.
    """
    _prove(session, claim, now)
    result = session.connection().execute(
        update(RUN)
        .where(RUN.c.id == claim.run_id, RUN.c.outcome == Outcome.RUNNING)
        .values(
            outcome=outcome,
            finished_at=now,
            error_kind=error_kind,
            error=storable(error),
            notes=storable(notes),
            **({} if counts is None else asdict(counts)),
        )
    )
    if result.rowcount == 1:
        return outcome
    return Outcome(session.scalars(select(RUN.c.outcome).where(RUN.c.id == claim.run_id)).one())


def let_go(session: Session, *, source: str, owner: str, now: datetime) -> int:
    """Note that a process gives up what it has under way for a source; how many runs that is.

    Their slots may be served again, at once and by anybody; they themselves can store nothing any
    more, not even when the claim has lapsed unnoticed. Waits for what is being stored in this
    moment, and leaves it as it then is.
    """
    source_id = select(SOURCE.c.id).where(SOURCE.c.slug == source).scalar_subquery()
    session.execute(
        update(LEASE)
        .where(LEASE.c.source_id == source_id, LEASE.c.owner == owner)
        .values(lease_until=now, fence=LEASE.c.fence + 1)
    )
    result = session.connection().execute(
        update(RUN)
        .where(RUN.c.source_id == source_id, RUN.c.owner == owner)
        .where(RUN.c.outcome == Outcome.RUNNING)
        .values(
            outcome=Outcome.ABANDONED,
            finished_at=now,
            error_kind="interrupted",
            error="its process was told to end before it was done",
            slot=None,
        )
    )
    return result.rowcount


def _prove(session: Session, claim: Claim, until: datetime) -> None:
    result = session.connection().execute(
        update(LEASE)
        .where(
            LEASE.c.source_id == claim.source_id,
            LEASE.c.kind == lease_kind(claim.kind),
            LEASE.c.owner == claim.owner,
            LEASE.c.fence == claim.fence,
        )
        .values(lease_until=until)
    )
    if result.rowcount != 1:
        msg = f"{claim.source}: the claim of run {claim.run_id} was taken over"
        raise LeaseLostError(msg)


def has_succeeded(session: Session, source: str) -> bool:
    """Whether a scrape of a source ever brought it up to date."""
    found = session.scalar(
        select(RUN.c.id)
        .join(SOURCE, SOURCE.c.id == RUN.c.source_id)
        .where(
            SOURCE.c.slug == source,
            RUN.c.kind != RunKind.BACKFILL,
            RUN.c.outcome.in_([Outcome.SUCCEEDED, Outcome.UNCHANGED]),
        )
        .limit(1)
    )
    return found is not None
