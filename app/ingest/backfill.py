"""Back-fill: the history an upstream still has, one revision after the other.

Resumable: every revision is one transaction that also notes that it is done, so that whoever
comes next goes on where the last one stopped. A revision that cannot be read is noted and
passed over, and tried again by the next back-fill.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial

from sqlalchemy.orm import Session

from app.domain.runs import (
    UNREAD,
    BackfillState,
    Claim,
    Counts,
    Outcome,
    RevisionStatus,
    RunKind,
)
from app.errors import ConflictError, FetchError, InterruptedRunError, SourceError
from app.ingest.pipeline import SHOWN, Report, Store, note_failure
from app.ingest.reading import read_revision
from app.ingest.runner import Work, about, claim, keeping_lease, record_failure
from app.sources.base import Revision, Source
from app.sources.http import Client
from app.store.bulk import storable
from app.store.engine import reading, write
from app.store.queries.sources import find_backfill
from app.store.writes.runs import finish_run, note_counts, noted_counts, renew_lease
from app.store.writes.sources import (
    BackfillProgress,
    handled_revisions,
    handled_revisions_of,
    save_backfill,
)

log = logging.getLogger(__name__)

UNREACHABLE_AFTER = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One revision dealt with: how many are, of how many, and what that brought so far."""

    done: int
    failed: int
    planned: int
    counts: Counts
    revision: Revision
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a back-fill would read, and the revisions of the range that are done already."""

    pending: tuple[Revision, ...]
    done: tuple[Revision, ...]

    @property
    def stored(self) -> int:
        """How many are done already."""
        return len(self.done)


def plan(
    source: Source,
    client: Client,
    handled: dict[tuple[str, str], RevisionStatus],
    *,
    first: date | None = None,
    last: date | None = None,
) -> Plan:
    """The revisions to read, in order.

    Those of which the listing tells an edition outside the range are left out; cumulative
    ones are read for any range. What could not be read before comes after what was never
    tried, so that some bad revisions cannot keep the others from being read.

    Raises:
        SourceError: the listing cannot be had.
    """
    wanted = [
        revision
        for revision in source.history(client)
        if revision.edition_date is None
        or (
            (first is None or revision.edition_date >= first)
            and (last is None or revision.edition_date <= last)
        )
    ]
    pending: list[Revision] = []
    done: list[Revision] = []
    for revision in wanted:
        stored = handled.get(revision.key) is RevisionStatus.STORED
        (done if stored else pending).append(revision)
    pending.sort(key=lambda r: (r.cumulative, handled.get(r.key) in UNREAD))
    return Plan(pending=tuple(pending), done=tuple(done))


def dry_run(work: Work, *, first: date | None = None, last: date | None = None) -> Plan:
    """What a back-fill would read now. Nothing is claimed and nothing is written.

    Raises:
        SourceError: the listing cannot be had.
    """
    with reading(work.sessions) as session:
        handled = handled_revisions_of(session, work.source.info.slug)
    with work.open_client() as client:
        return plan(work.source, client, handled, first=first, last=last)


def run_backfill(
    work: Work,
    *,
    first: date | None = None,
    last: date | None = None,
    on_step: Callable[[Step], None] = lambda _step: None,
    pause: Callable[[], None] = lambda: None,
) -> Report:
    """Read everything an upstream still has of the range and is not stored.

    `on_step` is told of every revision; `pause` is called between them, so that a back-fill
    beside readers can be polite to them.

    Raises:
        ConflictError: the source is being back-filled now.
    """
    held = claim(work, RunKind.BACKFILL)
    if held is None:
        message = f"{work.source.info.slug} is being back-filled now"
        raise ConflictError(message)
    with about(held):
        return _fill(work, held, _Filling(work, held, on_step, pause), first, last)


def _fill(
    work: Work, held: Claim, filling: "_Filling", first: date | None, last: date | None
) -> Report:
    try:
        with keeping_lease(work, held), work.open_client() as client:
            return filling.go(client, first, last)
    except Exception as error:  # noqa: BLE001 - recorded as the run's outcome, and logged
        note = partial(filling.note_break, state=BackfillState.FAILED, error=str(error))
        return replace(record_failure(work, held, error, also=note), counts=filling.counts)
    except BaseException:
        note = partial(filling.note_break, state=BackfillState.INTERRUPTED, error=None)
        ended = InterruptedRunError("interrupted")
        record_failure(work, held, ended, also=note)
        raise


class _Filling:
    """One back-fill under way."""

    def __init__(
        self,
        work: Work,
        held: Claim,
        on_step: Callable[[Step], None],
        pause: Callable[[], None],
    ) -> None:
        self.counts = Counts()
        self._work = work
        self._held = held
        self._on_step = on_step
        self._pause = pause
        self._store = Store(work.source.info, held.source_id)
        self._unreachable = 0
        self._reasons: list[str] = []
        self._stored = 0
        now = work.clock()
        self._progress = BackfillProgress(
            state=BackfillState.RUNNING,
            planned=0,
            done=0,
            failed=0,
            entries_written=0,
            started_at=now,
            updated_at=now,
            error=None,
        )

    def go(self, client: Client, first: date | None, last: date | None) -> Report:
        with reading(self._work.sessions) as session:
            handled = handled_revisions(session, self._held.source_id)
        planned = plan(self._work.source, client, handled, first=first, last=last)
        self._stored = planned.stored
        total = planned.stored + len(planned.pending)
        self._progress = replace(self._progress, planned=total, done=planned.stored)
        for revision in planned.pending:
            self._one(client, revision, first, last)
            self._pause()
        for revision in self._doubted(planned.done):
            self._one(client, revision, first, last)
            self._pause()
        whole = first is None and last is None
        return self._end(BackfillState.FINISHED if whole else BackfillState.PARTLY)

    def _doubted(self, done: tuple[Revision, ...]) -> list[Revision]:
        """What was done and is to be read again, after what was stored of the time before it."""
        with reading(self._work.sessions) as session:
            handled = handled_revisions(session, self._held.source_id)
        doubted = [r for r in done if handled.get(r.key) is not RevisionStatus.STORED]
        self._stored -= len(doubted)
        self._progress = replace(self._progress, done=self._progress.done - len(doubted))
        return doubted

    def _one(
        self, client: Client, revision: Revision, first: date | None, last: date | None
    ) -> None:
        error: str | None = None
        try:
            fetched = read_revision(self._work.source, client, revision, self._work.clock)

            def save(session: Session) -> tuple[Counts, BackfillProgress]:
                now = self._work.clock()
                renew_lease(session, self._held, now)
                report = self._store.save(session, [fetched], now=now, first=first, last=last)
                return self._note_step(session, report.counts, now, failed=False)

            self.counts, self._progress = write(self._work.sessions, save, undo=self._store.forget)
        except SourceError as problem:
            error = storable(str(problem))
            log.warning("revision %s passed over: %s", revision.revision[:12], error)
            if len(self._reasons) < SHOWN:
                why = error.removeprefix(f"{problem.source}: ")
                self._reasons.append(f"{revision.document} at {revision.revision[:12]}: {why}")
            self._note_failure(revision, problem)
            self._check_reachable(problem)
        else:
            self._unreachable = 0
        self._on_step(
            Step(
                done=self._progress.done - self._stored,
                failed=self._progress.failed,
                planned=self._progress.planned - self._stored,
                counts=self.counts,
                revision=revision,
                error=error,
            )
        )

    def _check_reachable(self, problem: SourceError) -> None:
        """Give up when it is the upstream that is bad, not a revision of it."""
        passing = isinstance(problem, FetchError) and problem.transient
        self._unreachable = self._unreachable + 1 if passing else 0
        if self._unreachable == UNREACHABLE_AFTER:
            raise problem

    def _note_step(
        self, session: Session, counts: Counts, now: datetime, *, failed: bool
    ) -> tuple[Counts, BackfillProgress]:
        """Store how far it has come with this step; what to remember once that is stored."""
        total = self.counts + counts
        progress = replace(
            self._progress,
            done=self._progress.done + (not failed),
            failed=self._progress.failed + failed,
            entries_written=total.entries_written,
            updated_at=now,
        )
        save_backfill(session, self._held.source_id, progress)
        note_counts(session, self._held, total)
        return total, progress

    def _note_failure(self, revision: Revision, problem: SourceError) -> None:
        def note(session: Session) -> tuple[Counts, BackfillProgress]:
            now = self._work.clock()
            renew_lease(session, self._held, now)
            note_failure(session, self._held.source_id, revision, problem, now)
            return self._note_step(session, Counts(), now, failed=True)

        self.counts, self._progress = write(self._work.sessions, note)

    def _told(self, failed: int) -> str:
        """The first revisions that could not be read, and why."""
        more = [f"and {failed - SHOWN} more"] if failed > SHOWN else []
        return "; ".join([*self._reasons, *more])

    def _end(self, state: BackfillState) -> Report:
        failed = self._progress.failed
        outcome = Outcome.SUCCEEDED if self.counts.snapshots_written else Outcome.UNCHANGED
        error = None
        if failed:
            outcome = Outcome.FAILED
            pending = self._progress.planned - self._stored
            error = f"{failed} of {pending} revisions could not be read: {self._told(failed)}"

        def finish(session: Session) -> None:
            finish_run(
                session,
                self._held,
                outcome=outcome,
                now=self._work.clock(),
                error_kind="revisions" if failed else None,
                error=error,
            )
            self.note_end(session, state=state, error=error)

        write(self._work.sessions, finish)
        return Report(outcome=outcome, counts=self.counts, error=error)

    def note_end(self, session: Session, *, state: BackfillState, error: str | None) -> None:
        """Note how the back-fill ended; what is stored stays."""
        self._progress = replace(
            self._progress, state=state, updated_at=self._work.clock(), error=error
        )
        save_backfill(session, self._held.source_id, self._progress)

    def note_break(self, session: Session, *, state: BackfillState, error: str | None) -> None:
        """Note that it ended early. A step that was stored unheard of is counted all the same."""
        self.counts = noted_counts(session, self._held)
        stored = find_backfill(session, self._held.source_id)
        if stored is not None and stored.started_at == self._progress.started_at:
            self._progress = replace(
                self._progress,
                done=stored.done,
                failed=stored.failed,
                entries_written=stored.entries_written,
            )
        self.note_end(session, state=state, error=error)
