"""Runs: claimed before any request, recorded whatever happens."""

import hashlib
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import uuid4

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.domain.runs import Claim, Counts, Outcome, RunKind
from app.errors import (
    AlmanacError,
    ConflictError,
    InterruptedRunError,
    LeaseLostError,
    SourceError,
)
from app.ingest.pipeline import Report, register_source, scrape
from app.ingest.reading import Clock
from app.sources.base import Source
from app.sources.http import Client
from app.store.bulk import storable
from app.store.engine import SessionFactory, write
from app.store.writes.runs import LEASE_FOR, claim_run, finish_run, let_go, renew_lease
from app.telemetry.context import about_run
from app.telemetry.spans import Span, Value, span

log = logging.getLogger(__name__)


def _where_numbers_count() -> str:
    """This host since it was booted, or this container of it: where a process has one number.

    Host names alone do not tell: containers and machines may share one.
    """
    marks = hashlib.blake2b(digest_size=4)
    with suppress(OSError):  # not everywhere
        marks.update(Path("/proc/sys/kernel/random/boot_id").read_bytes())
        marks.update(bytes(Path("/proc/self/ns/pid").readlink()))
    return f"{socket.gethostname()}-{marks.hexdigest()}"


_HERE = _where_numbers_count()
_THIS_PROCESS = f"{_HERE}:{os.getpid()}:{uuid4().hex[:8]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is needed to work on one source. `open_client` gives a client to be closed after."""

    source: Source
    open_client: Callable[[], Client]
    sessions: SessionFactory
    clock: Clock
    owner: str


def process_name() -> str:
    """Who this process is, in leases and logs: host, process, and a part that is never reused."""
    return _THIS_PROCESS


def is_dead(owner: str) -> bool:
    """Whether a process by that name ran on this host, since it was booted, and runs no more.

    So that after a crash the next call need not wait for the lease to lapse. False for
    processes of other hosts: nobody can tell from here.
    """
    host, _, rest = owner.partition(":")
    pid, _, _unique = rest.partition(":")
    if host != _HERE or not pid.isdigit():
        return False
    if int(pid) == os.getpid():
        return owner != _THIS_PROCESS
    try:
        with suppress(PermissionError):  # somebody else's, and alive
            os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    return False


def claim(work: Work, kind: RunKind, *, slot: int | None = None) -> Claim | None:
    """Take the source for one run; None when another has it, or the slot is served."""
    source_id = register_source(work.sessions, work.source.info)
    try:
        return write(
            work.sessions,
            lambda session: claim_run(
                session,
                source_id=source_id,
                source=work.source.info.slug,
                kind=kind,
                slot=slot,
                owner=work.owner,
                now=work.clock(),
                is_dead=is_dead,
            ),
        )
    except IntegrityError:
        return None


def run_scrape(work: Work, kind: RunKind, *, slot: int | None = None) -> Report | None:
    """Claim, scrape, record. None when there was nothing to claim; never raises for a source."""
    held = claim(work, kind, slot=slot)
    return None if held is None else run_claimed(work, held)


def start_scrape(work: Work) -> int:
    """Begin a scrape in the background and return the run's number.

    Raises:
        ConflictError: the source is being scraped now.
    """
    held = claim(work, RunKind.MANUAL)
    if held is None:
        message = f"{work.source.info.slug} is being scraped now"
        raise ConflictError(message)
    threading.Thread(
        target=copy_context().run,  # the log goes on naming the request that asked for it
        args=(run_claimed, work, held),
        name=f"scrape-{held.source}",
        daemon=True,
    ).start()
    return held.run_id


def run_claimed(work: Work, held: Claim) -> Report:
    """Scrape a claimed source and record how it went."""
    with about(held) as step:
        report = _run(work, held)
        step.note(outcome=str(report.outcome))
    return report


@contextmanager
def about(held: Claim) -> Iterator[Span]:
    """What is logged meanwhile, and told in spans, is about this run."""
    told: dict[str, Value] = {"source": held.source, "run": held.run_id, "kind": str(held.kind)}
    with about_run(held.source, held.run_id), span(f"run {held.source}", told) as step:
        yield step


def _run(work: Work, held: Claim) -> Report:
    started = work.clock()
    try:
        with keeping_lease(work, held), work.open_client() as client:
            report = scrape(
                work.source, client=client, sessions=work.sessions, claim=held, clock=work.clock
            )
    except Exception as error:  # noqa: BLE001 - recorded as the run's outcome, and logged
        report = record_failure(work, held, error)
    except BaseException:
        record_failure(work, held, InterruptedRunError("interrupted"))
        raise
    seconds = (work.clock() - started).total_seconds()
    log.info(
        "run source=%s run=%d kind=%s outcome=%s seconds=%.1f documents=%d snapshots=%d entries=%d",
        held.source,
        held.run_id,
        held.kind,
        report.outcome,
        seconds,
        report.counts.documents,
        report.counts.snapshots_written,
        report.counts.entries_written,
    )
    return report


def give_up(works: Sequence[Work]) -> None:
    """Leave the sources that this process works on to others, because it is about to end.

    A run that is being stored is waited for. Any other goes on in its thread until the process
    has ended, and has no claim any more by which it could store something.
    """
    for work in works:
        source = work.source.info.slug
        try:
            given_up = write(work.sessions, partial(_let_go, work))
        except Exception as error:  # noqa: BLE001 - the lease lapses by itself
            log.warning("could not give up %s: %s", source, error)
            continue
        if given_up:
            log.warning("run of %s was given up: this process ends", source)


def _let_go(work: Work, session: Session) -> int:
    source = work.source.info.slug
    return let_go(session, source=source, owner=work.owner, now=work.clock())


def record_failure(
    work: Work,
    held: Claim,
    error: Exception,
    *,
    also: Callable[[Session], None] = lambda _session: None,
) -> Report:
    """Note a failed run. What it would have stored is not stored; nobody else is hurt.

    What was noted of it on the way stays (`note_counts`); the report does not tell it.
    `also` is what else is to be noted, if the claim is still held.
    """
    message = storable(str(error) or type(error).__name__)
    if isinstance(error, LeaseLostError):
        log.warning("%s", error)
        return Report(outcome=Outcome.ABANDONED, counts=Counts(), error=message)
    if isinstance(error, SourceError):
        log.warning("run failed: %s", message)
        kind = error.kind
    elif isinstance(error, InterruptedRunError):
        log.warning("run of %s was interrupted", held.source)
        kind = "interrupted"
    else:
        log.error("run of %s failed unexpectedly", held.source, exc_info=error)
        kind = "internal"

    def note(session: Session) -> Outcome:
        noted = finish_run(
            session,
            held,
            outcome=Outcome.FAILED,
            now=work.clock(),
            error_kind=kind,
            error=message,
        )
        if noted is Outcome.FAILED:
            also(session)
        return noted

    try:
        noted = write(work.sessions, note)
    except AlmanacError as lost:
        log.warning("%s", lost)
        return Report(outcome=Outcome.ABANDONED, counts=Counts(), error=str(lost))
    if noted is not Outcome.FAILED:
        log.warning("run %d was stored all the same: %s", held.run_id, noted)
        return Report(outcome=noted, counts=Counts())
    return Report(outcome=Outcome.FAILED, counts=Counts(), error=message)


@contextmanager
def keeping_lease(
    work: Work, held: Claim, *, every_seconds: float = LEASE_FOR.total_seconds() / 3
) -> Iterator[None]:
    """Renew a claim, every third of its life, while the work goes on.

    When it cannot be renewed the work goes on all the same: its last transaction proves the
    claim, and stores nothing if another holds it.
    """
    done = threading.Event()

    def renew() -> None:
        while not done.wait(every_seconds):
            try:
                write(work.sessions, lambda session: renew_lease(session, held, work.clock()))
            except Exception as error:  # noqa: BLE001 - tried again; the store has the last word
                log.warning("could not renew the claim of run %d: %s", held.run_id, error)

    thread = threading.Thread(
        target=copy_context().run, args=(renew,), name=f"lease-{held.source}", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
