"""The clock: one job per source. When it strikes, the database decides who works."""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from app.domain import slots
from app.domain.runs import Claim, Outcome, RunKind
from app.ingest.pipeline import Report
from app.ingest.runner import Work, claim, give_up, run_claimed
from app.sources.base import SourceInfo
from app.store.engine import SessionFactory, reading
from app.store.queries.sources import find_source, lease_holder
from app.store.writes.runs import LEASE_FOR, SCRAPE, has_succeeded

log = logging.getLogger(__name__)

LONGEST_JITTER = 60.0
WATCH_SECONDS = 15.0
JUMP_SECONDS = 30.0


def offset_seconds(info: SourceInfo) -> int:
    """How far into its interval a source is scraped: the same on every machine."""
    return slots.offset_seconds(info.slug, info.every)


def slot_of(info: SourceInfo, now: datetime) -> int:
    """The number of the interval that `now` lies in. Each is scraped once, by whoever claims it."""
    return slots.slot_at(info.slug, info.every, now)


def slot_start(info: SourceInfo, slot: int) -> datetime:
    """When a slot begins."""
    return slots.start_of_slot(info.slug, info.every, slot)


def _at_any_time() -> AbstractContextManager[bool]:
    return nullcontext(enter_result=True)


def tick(
    work: Work, *, claiming: Callable[[], AbstractContextManager[bool]] = _at_any_time
) -> Report | None:
    """Scrape a source if its present slot is not served; None when there was nothing to do.

    A source whose upstream has ended needs one success, and is left in peace after it. `claiming`
    surrounds the claim, and says whether it may be made.
    """
    with claiming() as may:
        held = _claim_due(work) if may else None
    return None if held is None else run_claimed(work, held)


def _claim_due(work: Work) -> Claim | None:
    info = work.source.info
    if info.archived and _has_succeeded(work.sessions, info.slug):
        return None
    return claim(work, RunKind.SCHEDULED, slot=slot_of(info, work.clock()))


def _has_succeeded(sessions: SessionFactory, slug: str) -> bool:
    with reading(sessions) as session:
        return has_succeeded(session, slug)


def _is_held(work: Work) -> bool:
    """Whether somebody has a claim on the source now, alive or not."""
    with reading(work.sessions) as session:
        source = find_source(session, work.source.info.slug)
        return lease_holder(session, source.id, SCRAPE, work.clock()) is not None


class SlotTrigger(BaseTrigger):  # type: ignore[misc]  # an untyped library
    """Strikes a little after the beginning of every slot.

    Counted from the present, not from the last strike: neither jitter nor the moment at which
    the process was started adds up until a slot is passed over.
    """

    def __init__(self, info: SourceInfo) -> None:
        """For one source."""
        self._info = info
        self._jitter = min(LONGEST_JITTER, info.every.total_seconds() / 20)

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        """A moment early in the slot after the present one."""
        begin = slot_start(self._info, slot_of(self._info, now) + 1)
        return begin + timedelta(seconds=random.uniform(0, self._jitter))  # noqa: S311 - no secret


class Scheduler:
    """Strikes for every source at start and once in each of its slots.

    Missed times are made up for by one strike, however late. Where a source is held by another
    process, or the database is away, it is looked at again when the claim must have lapsed. A
    watchdog compares the wall clock with the monotonic one: APScheduler 3 waits for a time that
    a clock set back reaches an hour late, so after a jump every job is set anew.
    """

    def __init__(
        self,
        works: Sequence[Work],
        *,
        wall: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
        watch_seconds: float = WATCH_SECONDS,
        again_seconds: float = LEASE_FOR.total_seconds(),
        on_report: Callable[[Report], None] = lambda _report: None,
    ) -> None:
        """`wall` and `monotonic` are the two clocks the watchdog compares."""
        self._works = {work.source.info.slug: work for work in works}
        self._wall = wall
        self._monotonic = monotonic
        self._watch_seconds = watch_seconds
        self._again_seconds = again_seconds
        self._on_report = on_report
        self._stop = threading.Event()
        self._claims = {slug: threading.Lock() for slug in self._works}
        self._first: dict[str, threading.Event] = {slug: threading.Event() for slug in self._works}
        self._clock = BackgroundScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "misfire_grace_time": None}
        )
        self._watchdog = threading.Thread(target=self._watch, name="clock-watchdog", daemon=True)

    def start(self) -> None:
        """Begin: every source is looked at once now, then in its slots."""
        for slug, work in self._works.items():
            self._clock.add_job(self._strike, SlotTrigger(work.source.info), args=[slug], id=slug)
        self._clock.start()
        self._watchdog.start()
        self.strike_all()

    def stop(self) -> None:
        """End. A run that is being stored is waited for; any other is given up, for others.

        So is one that is just being claimed; after that nothing is claimed any more.
        """
        self._stop.set()
        if self._clock.running:
            self._clock.shutdown(wait=False)
        if self._watchdog.is_alive():
            self._watchdog.join()
        for claim_under_way in self._claims.values():
            with claim_under_way:  # whoever comes after it claims nothing
                pass
        give_up(list(self._works.values()))

    def wait_for_first_round(self, timeout_seconds: float | None = None) -> bool:
        """Wait until every source was looked at once, or the scheduler was stopped."""
        deadline = None if timeout_seconds is None else self._monotonic() + timeout_seconds
        for event in self._first.values():
            while not event.wait(0.1):
                late = deadline is not None and self._monotonic() > deadline
                if late or self._stop.is_set():
                    return False
        return True

    def strike_all(self) -> None:
        """Look at every source now, and set all later times anew."""
        for slug, work in self._works.items():
            self._clock.reschedule_job(slug, trigger=SlotTrigger(work.source.info))
            self._strike(slug)

    def _strike(self, slug: str) -> None:
        """Look at a source in a thread that does not keep the process from ending."""
        threading.Thread(
            target=self._look, args=(slug,), name=f"scrape-{slug}", daemon=True
        ).start()

    def _look(self, slug: str) -> None:
        again = self._try(slug)
        self._first[slug].set()
        while again and not self._stop.wait(self._again_seconds):
            again = self._try(slug)

    def _try(self, slug: str) -> bool:
        """Scrape a source if that is due; whether it must be tried again before the next slot."""
        work = self._works[slug]
        try:
            report = tick(work, claiming=lambda: self._claiming(slug))
            if report is None:
                return _is_held(work)
            self._on_report(report)
            if report.outcome is Outcome.FAILED:
                log.warning("source %s: this run failed; the next slot tries again", slug)
        except Exception:
            log.exception("source %s could not be looked at", slug)
            return True
        return False

    @contextmanager
    def _claiming(self, slug: str) -> Iterator[bool]:
        """Whether a claim may be made; one that is being made is waited for by `stop`."""
        with self._claims[slug]:
            yield not self._stop.is_set()

    def _watch(self) -> None:
        wall, steady = self._wall(), self._monotonic()
        while not self._stop.wait(self._watch_seconds):
            passed = (self._wall() - wall).total_seconds()
            true = self._monotonic() - steady
            wall, steady = self._wall(), self._monotonic()
            if abs(passed - true) > JUMP_SECONDS:
                log.warning("the clock jumped by %.0f seconds; schedule set anew", passed - true)
                self.strike_all()
