"""The clock strikes, the database decides who works, and no slot is lost on the way."""

import threading
import time
from datetime import datetime, timedelta
from typing import NoReturn

import pytest

from app.domain.runs import Outcome, RunKind
from app.errors import FetchError
from app.ingest.runner import Work, claim
from app.scheduler import JUMP_SECONDS, Scheduler, slot_of, tick
from app.store.engine import SessionFactory, reading
from app.store.queries.sources import list_runs
from app.store.writes.runs import LEASE_FOR
from app.wiring import utc_now
from tests.factories import SettableClock, Upstream, as_owner, source_info, work
from tests.scheduling import PATIENCE, Reports, outcomes, running, upstream_of

SLOT = timedelta(hours=6)


def down() -> NoReturn:
    raise FetchError("demo", "503 after 4 tries", transient=True)


def test_a_slot_is_served_once(sessions: SessionFactory, clock: SettableClock) -> None:
    job = work(upstream_of(), sessions, clock=clock)

    reports = [tick(job), tick(job)]
    clock.advance(SLOT)
    reports += [tick(job), tick(job)]

    assert [report and report.outcome for report in reports] == [
        Outcome.SUCCEEDED,
        None,
        Outcome.UNCHANGED,
        None,
    ]
    with reading(sessions) as session:
        runs = list_runs(session, 1)
    assert [(run.kind, run.missed_slots) for run in runs] == [("scheduled", 0), ("scheduled", 0)]
    assert runs[0].slot == slot_of(job.source.info, clock())


def test_a_failed_run_uses_up_its_slot(sessions: SessionFactory, clock: SettableClock) -> None:
    upstream = upstream_of()
    upstream.listing_fault = down
    job = work(upstream, sessions, clock=clock)

    tick(job)
    again = tick(job)
    upstream.listing_fault = None
    clock.advance(SLOT)
    tick(job)

    assert again is None
    assert outcomes(sessions) == ["succeeded", "failed"]


def test_an_archived_source_is_left_in_peace_after_one_success(
    sessions: SessionFactory, clock: SettableClock
) -> None:
    upstream = upstream_of(archived=True)
    upstream.listing_fault = down
    job = work(upstream, sessions, clock=clock)

    for fault in (down, None, None, None):
        upstream.listing_fault = fault
        tick(job)
        clock.advance(SLOT)

    assert outcomes(sessions) == ["succeeded", "failed"]


def test_every_source_is_looked_at_once_at_the_start(
    sessions: SessionFactory, clock: SettableClock
) -> None:
    jobs = [work(upstream_of(slug), sessions, clock=clock) for slug in ("one", "two", "three")]
    reports = Reports()

    with running(Scheduler(jobs, wall=utc_now, on_report=reports)) as _:
        scheduler_is_done = [reports.wait() for _ in jobs]

    assert [report.outcome for report in scheduler_is_done] == [Outcome.SUCCEEDED] * 3
    assert [outcomes(sessions, slug) for slug in ("one", "two", "three")] == [["succeeded"]] * 3


def test_the_first_round_can_be_waited_for(
    sessions: SessionFactory, clock: SettableClock, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = upstream_of("bad"), upstream_of("good")
    bad.listing_fault = down
    good.listing_fault = lambda: time.sleep(0.3)
    jobs = [work(upstream, sessions, clock=clock) for upstream in (bad, good)]
    scheduler = Scheduler(jobs, wall=utc_now)

    with running(scheduler):
        done = scheduler.wait_for_first_round(PATIENCE)

    assert done
    assert outcomes(sessions, "bad") == ["failed"]
    assert outcomes(sessions, "good") == ["succeeded"]
    assert "source bad: this run failed; the next slot tries again" in caplog.text


def test_a_first_round_that_takes_long_is_not_waited_for_for_ever(
    sessions: SessionFactory, clock: SettableClock
) -> None:
    upstream, go_on, reports = upstream_of(), threading.Event(), Reports()

    def wait() -> None:
        go_on.wait(PATIENCE)

    upstream.listing_fault = wait
    scheduler = Scheduler([work(upstream, sessions, clock=clock)], wall=utc_now, on_report=reports)

    with running(scheduler):
        in_time = scheduler.wait_for_first_round(0.01)
        go_on.set()
        reports.wait()

    assert not in_time


def test_waiting_ends_when_the_scheduler_is_stopped(sessions: SessionFactory) -> None:
    scheduler = Scheduler([work(upstream_of(), sessions)], wall=utc_now)

    scheduler.stop()

    assert not scheduler.wait_for_first_round()


def test_it_strikes_in_every_slot(sessions: SessionFactory) -> None:
    info = source_info(every=timedelta(seconds=1))
    job = work(Upstream(info), sessions, clock=utc_now)
    reports = Reports()

    with running(Scheduler([job], wall=utc_now, on_report=reports)):
        for _ in range(3):
            reports.wait()

    with reading(sessions) as session:
        slots = [run.slot for run in list_runs(session, 1)]
    assert len(set(slots)) == len(slots) >= 3


@pytest.mark.parametrize(
    "jumps",
    [
        pytest.param([SLOT], id="forward"),
        pytest.param([-SLOT, SLOT * 2], id="back-and-on"),
        pytest.param([timedelta(hours=-1), timedelta(hours=7)], id="an-hour-back-and-on"),
    ],
)
def test_no_slot_is_lost_when_the_clock_jumps(
    sessions: SessionFactory,
    clock: SettableClock,
    caplog: pytest.LogCaptureFixture,
    jumps: list[timedelta],
) -> None:
    looked, reports = threading.Semaphore(0), Reports()

    def told() -> datetime:
        looked.release()
        return clock()

    scheduler = Scheduler(
        [work(upstream_of(), sessions, clock=told)],
        wall=clock,
        monotonic=lambda: 0.0,
        watch_seconds=0.001,
        on_report=reports,
    )

    with running(scheduler):
        reports.wait()
        for jump in jumps:
            while looked.acquire(blocking=False):
                pass
            clock.advance(jump)
            assert looked.acquire(timeout=PATIENCE)
        last = reports.wait()

    assert last.outcome is Outcome.UNCHANGED
    assert outcomes(sessions) == ["unchanged", "succeeded"]
    assert f"the clock jumped by {jumps[0].total_seconds():.0f} seconds" in caplog.text


def test_a_clock_that_only_drifts_is_no_jump(
    sessions: SessionFactory, clock: SettableClock, caplog: pytest.LogCaptureFixture
) -> None:
    seen, reports = threading.Semaphore(0), Reports()

    def steady() -> float:
        seen.release()
        return 0.0

    scheduler = Scheduler(
        [work(upstream_of(), sessions, clock=clock)],
        wall=clock,
        monotonic=steady,
        watch_seconds=0.001,
        on_report=reports,
    )

    with running(scheduler):
        reports.wait()
        clock.advance(timedelta(seconds=JUMP_SECONDS / 2))
        for _ in range(10):
            assert seen.acquire(timeout=PATIENCE)

    assert "jumped" not in caplog.text


def test_a_source_that_a_dead_process_holds_is_looked_at_again(
    sessions: SessionFactory, clock: SettableClock
) -> None:
    job = work(upstream_of(), sessions, clock=clock)
    claim(
        as_owner(job, "far-away:1:dead"), RunKind.SCHEDULED, slot=slot_of(job.source.info, clock())
    )
    reports = Reports()
    scheduler = Scheduler([job], wall=utc_now, again_seconds=0.001, on_report=reports)

    with running(scheduler):
        held = scheduler.wait_for_first_round(PATIENCE) and not reports.all
        clock.advance(LEASE_FOR)
        report = reports.wait()

    assert held
    assert report.outcome is Outcome.SUCCEEDED
    assert outcomes(sessions) == ["succeeded", "abandoned"]


def test_a_source_is_looked_at_again_when_the_database_was_away(
    sessions: SessionFactory, clock: SettableClock, caplog: pytest.LogCaptureFixture
) -> None:
    faults = iter([OSError("the database is away")])

    def told() -> datetime:
        for fault in faults:
            raise fault
        return clock()

    job: Work = work(upstream_of(), sessions, clock=told)
    reports = Reports()

    with running(Scheduler([job], wall=utc_now, again_seconds=0.001, on_report=reports)):
        report = reports.wait()

    assert report.outcome is Outcome.SUCCEEDED
    assert "source demo could not be looked at" in caplog.text
    assert "the database is away" in caplog.text
