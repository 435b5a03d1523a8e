"""A scheduler that is told to end leaves its work to others, and is not kept from ending."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from app.domain.runs import Outcome
from app.scheduler import Scheduler, slot_of, tick
from app.store.engine import SessionFactory, reading
from app.store.queries.sources import list_runs
from app.wiring import utc_now
from tests.factories import SettableClock, as_owner, work
from tests.scheduling import PATIENCE, Reports, outcomes, running, upstream_of

ROOT = Path(__file__).parents[2]

HANGING = """
import sys, threading
from app.scheduler import Scheduler
from app.store.engine import build_engine, session_factory
from app.wiring import utc_now
from tests.factories import Upstream, work

asked = threading.Event()
def hang():
    asked.set()
    threading.Event().wait()
upstream = Upstream(listing_fault=hang)
scheduler = Scheduler([work(upstream, session_factory(build_engine(sys.argv[1])))], wall=utc_now)
scheduler.start()
asked.wait()
scheduler.stop()
"""


def test_a_run_under_way_is_given_up_and_its_slot_is_anybody_s_at_once(
    sessions: SessionFactory, clock: SettableClock
) -> None:
    upstream, asked, go_on, reports = upstream_of(), threading.Event(), threading.Event(), Reports()

    def hang() -> None:
        asked.set()
        go_on.wait(PATIENCE)

    upstream.listing_fault = hang
    job = work(upstream, sessions, clock=clock)
    other = as_owner(work(upstream_of(), sessions, clock=clock), "elsewhere:1:alive")
    scheduler = Scheduler([job], wall=utc_now, on_report=reports)

    with running(scheduler):
        assert asked.wait(PATIENCE)
        before = tick(other)
    after = tick(other)
    go_on.set()
    late = reports.wait()

    assert before is None
    assert after is not None
    assert (after.outcome, late.outcome) == (Outcome.SUCCEEDED, Outcome.ABANDONED)
    with reading(sessions) as session:
        runs = list_runs(session, 1)
    assert [(run.outcome, run.error_kind) for run in runs] == [
        ("succeeded", None),
        ("abandoned", "interrupted"),
    ]
    assert [run.slot for run in runs] == [slot_of(job.source.info, clock()), None]


def test_who_is_told_to_end_while_it_claims_holds_nothing_afterwards(
    sessions: SessionFactory, clock: SettableClock
) -> None:
    upstream, reports = upstream_of(), Reports()
    asked, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def slow() -> datetime:
        asked.set()
        go_on.wait(PATIENCE)
        return clock()

    def hang() -> None:
        ended.wait(PATIENCE)

    upstream.listing_fault = hang
    scheduler = Scheduler([work(upstream, sessions, clock=slow)], wall=utc_now, on_report=reports)
    other = as_owner(work(upstream_of(), sessions, clock=clock), "elsewhere:1:alive")

    with ThreadPoolExecutor(1) as threads:
        scheduler.start()
        assert asked.wait(PATIENCE)
        scheduler.strike_all()
        looking = [thread for thread in threading.enumerate() if thread.name == "scrape-demo"]
        stopped = threads.submit(scheduler.stop)
        with pytest.raises(TimeoutError):
            stopped.result(0.1)
        go_on.set()
        stopped.result(PATIENCE)
    served = tick(other)
    ended.set()
    for thread in looking:
        thread.join(PATIENCE)

    assert len(looking) == 2
    assert served is not None
    assert served.outcome is Outcome.SUCCEEDED
    assert [report.outcome for report in reports.all] == [Outcome.ABANDONED]
    assert outcomes(sessions) == ["succeeded", "abandoned"]


def test_it_ends_though_the_database_is_away(
    sessions: SessionFactory, clock: SettableClock, caplog: pytest.LogCaptureFixture
) -> None:
    away = threading.Event()

    def told() -> datetime:
        if away.is_set():
            raise OSError("the database is away")
        return clock()

    reports = Reports()
    with running(
        Scheduler([work(upstream_of(), sessions, clock=told)], wall=utc_now, on_report=reports)
    ):
        reports.wait()
        away.set()

    assert "could not give up demo: the database is away" in caplog.text


def test_a_run_under_way_does_not_keep_the_process_from_ending(sqlite_url: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", HANGING, sqlite_url], cwd=ROOT, timeout=PATIENCE, check=False
    )

    assert ended.returncode == 0
