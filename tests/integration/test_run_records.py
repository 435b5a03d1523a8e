"""A run is recorded however it ends, and its claim is kept while it goes on."""

import os
import socket
import subprocess
import sys
import threading
from datetime import datetime
from typing import NoReturn

import pytest

from app.domain.runs import Outcome, RunKind
from app.errors import ConflictError, ParseError
from app.ingest.runner import (
    Work,
    claim,
    is_dead,
    keeping_lease,
    process_name,
    run_claimed,
    run_scrape,
    start_scrape,
)
from app.store.engine import reading
from app.store.queries.sources import find_run, lease_holder
from app.store.writes.runs import LEASE_FOR, SCRAPE, has_succeeded
from tests.factories import SettableClock, Upstream, as_owner, one_edition, work
from tests.views import runs

PATIENCE = 20.0
HERE = process_name().split(":")[0]


@pytest.fixture
def upstream() -> Upstream:
    return one_edition()


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        pytest.param(ParseError("demo", "no table"), "parse", "demo: no table", id="readable"),
        pytest.param(
            ParseError("demo", "cell 'a\0b\ud800' in ü"),
            "parse",
            "demo: cell 'a\ufffdb?' in ü",
            id="what-no-database-takes",
        ),
        pytest.param(
            ParseError("demo", "x" * 10_000), "parse", f"demo: {'x' * 3993}…", id="without-end"
        ),
        pytest.param(KeyError("rows"), "internal", "'rows'", id="unexpected"),
        pytest.param(RuntimeError(), "internal", "RuntimeError", id="wordless"),
    ],
)
def test_a_failed_run_says_why(
    ours: Work, upstream: Upstream, error: Exception, kind: str, text: str
) -> None:
    def fail() -> NoReturn:
        raise error

    upstream.listing_fault = fail

    report = run_scrape(ours, RunKind.SCHEDULED, slot=5)

    assert report is not None
    assert report.outcome is Outcome.FAILED
    [run] = runs(ours.sessions)
    assert (run.outcome, run.error_kind, run.error) == ("failed", kind, text)
    assert run.finished_at is not None
    with reading(ours.sessions) as session:
        assert not has_succeeded(session, "demo")


def test_an_interrupted_run_is_recorded_and_leaves_the_source_free(
    ours: Work, theirs: Work, upstream: Upstream
) -> None:
    def interrupt() -> NoReturn:
        raise KeyboardInterrupt

    upstream.listing_fault = interrupt

    with pytest.raises(KeyboardInterrupt):
        run_scrape(ours, RunKind.MANUAL)

    [run] = runs(ours.sessions)
    assert (run.outcome, run.error_kind, run.error) == ("failed", "interrupted", "interrupted")
    assert claim(theirs, RunKind.MANUAL) is not None


def test_a_run_tells_what_it_did(ours: Work, clock: SettableClock) -> None:
    run_scrape(ours, RunKind.SCHEDULED, slot=5)

    [run] = runs(ours.sessions)
    assert (run.source, run.kind, run.slot, run.owner) == ("demo", "scheduled", 5, ours.owner)
    assert (run.started_at, run.finished_at) == (clock(), clock())
    assert (run.documents, run.snapshots_seen) == (1, 1)
    assert (run.snapshots_written, run.entries_written) == (1, 1)
    assert run.bytes_fetched > 0
    with reading(ours.sessions) as session:
        assert find_run(session, run.id) == run
        assert find_run(session, run.id + 1) is None
        assert has_succeeded(session, "demo")


def test_a_run_in_the_background_has_a_number_at_once(ours: Work, upstream: Upstream) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        asked.set()
        go_on.wait(PATIENCE)

    upstream.listing_fault = wait

    run_id = start_scrape(ours)
    assert asked.wait(PATIENCE)
    with reading(ours.sessions) as session:
        running = find_run(session, run_id)
        holder = lease_holder(session, 1, SCRAPE, ours.clock())
    with pytest.raises(ConflictError, match="demo is being scraped now"):
        start_scrape(ours)
    threads = [t for t in threading.enumerate() if t.name == "scrape-demo"]
    go_on.set()
    for thread in threads:
        thread.join(PATIENCE)

    assert running is not None
    assert (running.outcome, running.kind) == ("running", "manual")
    assert holder == ours.owner
    assert [run.outcome for run in runs(ours.sessions)] == ["succeeded"]


def test_a_claim_is_kept_while_the_work_goes_on(
    ours: Work, theirs: Work, upstream: Upstream, clock: SettableClock
) -> None:
    held = claim(ours, RunKind.MANUAL)
    assert held is not None
    renewed = threading.Semaphore(0)

    def telling_clock() -> datetime:
        renewed.release()
        return clock()

    clock.advance(LEASE_FOR)
    told = work(upstream, ours.sessions, clock=telling_clock, owner=ours.owner)
    with keeping_lease(told, held, every_seconds=0.001):
        assert renewed.acquire(timeout=PATIENCE)
        assert renewed.acquire(timeout=PATIENCE)
        taken = claim(theirs, RunKind.MANUAL)

    assert taken is None


def test_a_claim_that_cannot_be_kept_does_not_stop_the_work(
    ours: Work,
    theirs: Work,
    upstream: Upstream,
    clock: SettableClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    held = claim(ours, RunKind.MANUAL)
    assert held is not None
    clock.advance(LEASE_FOR)
    claim(theirs, RunKind.MANUAL)
    tried = threading.Semaphore(0)

    def telling_clock() -> datetime:
        tried.release()
        return clock()

    told = work(upstream, ours.sessions, clock=telling_clock, owner=ours.owner)
    with keeping_lease(told, held, every_seconds=0.001):
        assert tried.acquire(timeout=PATIENCE)
        assert tried.acquire(timeout=PATIENCE)

    assert f"could not renew the claim of run {held.run_id}" in caplog.text


def ended_process() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


@pytest.mark.parametrize(
    ("owner", "dead"),
    [
        pytest.param(process_name(), False, id="ourselves"),
        pytest.param(f"{HERE}:{os.getpid()}:before", True, id="had-our-number-before"),
        pytest.param(f"{HERE}:{os.getppid()}:x", False, id="lives"),
        pytest.param(f"{HERE}:{ended_process()}:x", True, id="ended"),
        pytest.param("another-host:1:x", False, id="nobody-can-tell-from-here"),
        pytest.param(f"{socket.gethostname()}:1:x", False, id="only-called-as-we-are"),
        pytest.param("someone", False, id="no-process"),
    ],
)
def test_who_is_dead(owner: str, dead: bool) -> None:  # noqa: FBT001
    assert is_dead(owner) is dead


def test_the_claim_of_a_dead_neighbour_need_not_lapse(ours: Work) -> None:
    claim(as_owner(ours, f"{HERE}:{ended_process()}:x"), RunKind.SCHEDULED, slot=5)

    held = claim(ours, RunKind.SCHEDULED, slot=5)

    assert held is not None
    report = run_claimed(ours, held)
    assert report.outcome is Outcome.SUCCEEDED
