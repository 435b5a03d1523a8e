"""Runs are claimed before any request, and one process at a time may work on a source."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.runs import Claim, Counts, Outcome, RunKind
from app.errors import LeaseLostError, ParseError
from app.ingest.pipeline import register_source
from app.ingest.runner import (
    Work,
    claim,
    give_up,
    record_failure,
    run_claimed,
    run_scrape,
)
from app.scheduler import slot_of, slot_start, tick
from app.store.engine import SessionFactory, reading, transaction
from app.store.queries.boards import board_slugs
from app.store.queries.sources import lease_holder
from app.store.writes.runs import LEASE_FOR, SCRAPE, claim_run, finish_run, renew_lease
from tests.factories import NOW, SettableClock, Upstream, as_owner, one_edition, source_info, work
from tests.views import runs

SECOND = timedelta(seconds=1)
WAITING = """SELECT count(DISTINCT waits.pid) FROM pg_locks waits JOIN pg_locks holds USING (pid)
JOIN pg_database here ON here.oid = holds.database
WHERE NOT waits.granted AND here.datname = current_database()"""


@pytest.fixture
def upstream() -> Upstream:
    return one_edition()


def end(job: Work, held: Claim | None, outcome: Outcome = Outcome.SUCCEEDED) -> None:
    assert held is not None
    with transaction(job.sessions) as session:
        finish_run(session, held, outcome=outcome, counts=Counts(), now=job.clock())


def serve(job: Work, slot: int) -> bool:
    held = claim(job, RunKind.SCHEDULED, slot=slot)
    if held is not None:
        end(job, held)
    return held is not None


def test_of_two_processes_one_gets_the_slot(ours: Work, theirs: Work) -> None:
    held = claim(ours, RunKind.SCHEDULED, slot=5)
    meanwhile = claim(theirs, RunKind.SCHEDULED, slot=5)
    end(ours, held)
    afterwards = claim(theirs, RunKind.SCHEDULED, slot=5)

    assert held is not None
    assert held.lease_until == ours.clock() + LEASE_FOR
    assert meanwhile is afterwards is None
    assert [(run.owner, run.slot, run.outcome) for run in runs(ours.sessions)] == [
        (ours.owner, 5, "succeeded")
    ]


def test_a_slot_that_is_served_leaves_the_source_free(ours: Work, theirs: Work) -> None:
    serve(ours, 5)

    refused = claim(theirs, RunKind.SCHEDULED, slot=5)

    assert refused is None
    assert claim(theirs, RunKind.MANUAL) is not None


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        pytest.param(RunKind.SCHEDULED, RunKind.MANUAL, False, id="scheduled-and-manual"),
        pytest.param(RunKind.MANUAL, RunKind.MANUAL, False, id="manual-twice"),
        pytest.param(RunKind.BACKFILL, RunKind.BACKFILL, False, id="back-fill-twice"),
        pytest.param(RunKind.BACKFILL, RunKind.MANUAL, True, id="scrape-beside-a-back-fill"),
        pytest.param(RunKind.MANUAL, RunKind.BACKFILL, True, id="back-fill-beside-a-scrape"),
    ],
)
def test_what_excludes_what(
    ours: Work,
    theirs: Work,
    first: RunKind,
    second: RunKind,
    both: bool,  # noqa: FBT001
) -> None:
    claim(ours, first)

    assert (claim(theirs, second) is not None) is both


def test_other_sources_are_not_excluded(ours: Work, sessions: SessionFactory) -> None:
    claim(ours, RunKind.MANUAL)

    assert claim(work(Upstream(source_info("other")), sessions), RunKind.MANUAL) is not None


def test_a_lapsed_claim_is_taken_over_with_a_higher_fence(
    ours: Work, theirs: Work, clock: SettableClock
) -> None:
    first = claim(ours, RunKind.SCHEDULED, slot=5)
    clock.advance(LEASE_FOR - SECOND)
    too_early = claim(theirs, RunKind.SCHEDULED, slot=5)
    clock.advance(SECOND)

    second = claim(theirs, RunKind.SCHEDULED, slot=5)

    assert first is not None
    assert too_early is None
    assert second is not None
    assert second.fence > first.fence
    newest, abandoned = runs(ours.sessions)
    assert (newest.owner, newest.slot, newest.outcome) == (theirs.owner, 5, "running")
    assert (abandoned.owner, abandoned.slot, abandoned.outcome) == (ours.owner, None, "abandoned")
    assert abandoned.error == "its process ended, or lost its claim, before it was done"
    assert abandoned.finished_at == clock()


def test_a_renewed_claim_does_not_lapse(ours: Work, theirs: Work, clock: SettableClock) -> None:
    held = claim(ours, RunKind.MANUAL)
    assert held is not None
    clock.advance(LEASE_FOR - SECOND)
    with transaction(ours.sessions) as session:
        renew_lease(session, held, clock())
    clock.advance(LEASE_FOR - SECOND)

    assert claim(theirs, RunKind.MANUAL) is None


def test_a_claim_that_was_taken_over_can_not_be_renewed(
    ours: Work, theirs: Work, clock: SettableClock
) -> None:
    held = claim(ours, RunKind.MANUAL)
    assert held is not None
    clock.advance(LEASE_FOR)
    claim(theirs, RunKind.MANUAL)

    with (
        pytest.raises(LeaseLostError, match=f"demo: the claim of run {held.run_id} was taken over"),
        transaction(ours.sessions) as session,
    ):
        renew_lease(session, held, clock())


def test_who_comes_back_from_the_dead_stores_nothing(
    ours: Work, theirs: Work, upstream: Upstream, clock: SettableClock
) -> None:
    late = upstream.publish("2024-07-02", {"OpenAI/late": 11}, board="demo-late", document="late")
    body = upstream.revisions[-1][1]

    def sleep_through_it() -> bytes:
        clock.advance(LEASE_FOR)
        upstream.broken.clear()
        upstream.revisions.pop()
        run_scrape(theirs, RunKind.MANUAL)
        return body

    upstream.broken[late.revision] = sleep_through_it

    report = run_scrape(ours, RunKind.MANUAL)

    assert report is not None
    assert report.outcome is Outcome.ABANDONED
    assert [(run.owner, run.outcome) for run in runs(ours.sessions)] == [
        (theirs.owner, "succeeded"),
        (ours.owner, "abandoned"),
    ]
    with reading(ours.sessions) as session:
        assert board_slugs(session) == ["demo-text"]


def test_a_failure_of_one_who_lost_the_claim_is_not_noted_over_the_others_run(
    ours: Work, theirs: Work, clock: SettableClock
) -> None:
    held = claim(ours, RunKind.MANUAL)
    assert held is not None
    clock.advance(LEASE_FOR)
    claim(theirs, RunKind.MANUAL)

    report = record_failure(ours, held, ParseError("demo", "too late"))

    assert report.outcome is Outcome.ABANDONED
    assert [run.outcome for run in runs(ours.sessions)] == ["running", "abandoned"]


def test_who_gave_up_after_its_claim_had_lapsed_stores_nothing(
    ours: Work, upstream: Upstream, clock: SettableClock
) -> None:
    def be_told_to_end() -> None:
        clock.advance(LEASE_FOR)
        give_up([ours])

    upstream.listing_fault = be_told_to_end

    report = run_scrape(ours, RunKind.MANUAL)

    assert report is not None
    assert report.outcome is Outcome.ABANDONED
    assert [(run.outcome, run.error_kind) for run in runs(ours.sessions)] == [
        ("abandoned", "interrupted")
    ]
    with reading(ours.sessions) as session:
        assert board_slugs(session) == []


def test_a_run_of_which_the_end_was_noted_stores_nothing(ours: Work, upstream: Upstream) -> None:
    held = claim(ours, RunKind.MANUAL)
    assert held is not None
    upstream.listing_fault = lambda: end(ours, held, Outcome.FAILED)

    report = run_claimed(ours, held)

    assert report.outcome is Outcome.ABANDONED
    assert report.error == f"demo: run {held.run_id} has ended, it was failed"
    assert [run.outcome for run in runs(ours.sessions)] == ["failed"]
    with reading(ours.sessions) as session:
        assert board_slugs(session) == []
        assert lease_holder(session, held.source_id, SCRAPE, ours.clock()) is None


def test_missed_slots_are_counted(
    ours: Work, sessions: SessionFactory, clock: SettableClock
) -> None:
    begun = clock()
    for slot in (5, 6, 10, 11):
        clock.now = begun + slot * ours.source.info.every
        serve(ours, slot)

    assert [(run.slot, run.missed_slots) for run in runs(sessions)] == [
        (11, 0),
        (10, 3),
        (6, 0),
        (5, 0),
    ]


def test_slots_never_go_back_when_the_clock_does(ours: Work, clock: SettableClock) -> None:
    served = [serve(ours, 5)]
    clock.advance(timedelta(hours=18))
    served.append(serve(ours, 8))
    clock.advance(timedelta(hours=-6))

    again = [serve(ours, 7)]
    for slot in (8, 9):
        clock.advance(timedelta(hours=6))
        again.append(serve(ours, slot))

    assert served == [True, True]
    assert again == [False, False, True]


@pytest.mark.parametrize(
    ("before", "after"),
    [pytest.param(6, 12, id="lengthened"), pytest.param(12, 6, id="shortened")],
)
def test_slots_go_on_under_another_interval(
    ours: Work, upstream: Upstream, clock: SettableClock, before: int, after: int
) -> None:
    upstream.info = source_info(every=timedelta(hours=before))
    clock.now = slot_start(upstream.info, slot_of(upstream.info, clock()))
    tick(ours)
    upstream.info = source_info(every=timedelta(hours=after))
    at_once = tick(ours)
    clock.advance(timedelta(hours=3 * after))
    later, again = tick(ours), tick(ours)

    assert at_once is again is None
    assert later is not None
    assert [run.missed_slots for run in runs(ours.sessions)] == [2, 0]


def test_a_clock_that_was_far_ahead_does_not_end_all_scraping(
    ours: Work, clock: SettableClock
) -> None:
    clock.advance(timedelta(days=365))
    serve(ours, 1500)
    clock.advance(timedelta(days=-365))

    assert [serve(ours, slot) for slot in (5, 5, 6)] == [True, False, True]
    assert [run.missed_slots for run in runs(ours.sessions)] == [0, 0, 0]


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(days=-365)], ids=["hour", "year"])
def test_a_clock_set_back_does_not_lock_a_source(
    ours: Work, theirs: Work, clock: SettableClock, jump: timedelta
) -> None:
    end(ours, claim(ours, RunKind.MANUAL))
    clock.advance(jump)

    assert claim(theirs, RunKind.MANUAL) is not None


def test_of_many_threads_one_gets_the_slot(ours: Work) -> None:
    register_source(ours.sessions, ours.source.info)
    racers = 8
    start = threading.Barrier(racers)

    def race(number: int) -> Claim | None:
        start.wait()
        return claim(as_owner(ours, f"far-away:{number}:racer"), RunKind.SCHEDULED, slot=5)

    with ThreadPoolExecutor(racers) as threads:
        claims = list(threads.map(race, range(racers)))

    winners = [held for held in claims if held is not None]
    assert len(winners) == 1
    assert [run.owner for run in runs(ours.sessions)] == [winners[0].owner]


def blocked(session: Session) -> int:
    """How many wait for what a transaction has done."""
    waiting: int = session.execute(text(WAITING)).scalar_one()
    return waiting


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_who_claims_what_another_is_just_claiming_gets_nothing(ours: Work, theirs: Work) -> None:
    source_id = register_source(ours.sessions, ours.source.info)

    with ThreadPoolExecutor(1) as threads:
        with transaction(ours.sessions) as session:
            first = claim_run(
                session,
                source_id=source_id,
                source="demo",
                kind=RunKind.MANUAL,
                slot=None,
                owner=ours.owner,
                now=NOW,
            )
            second = threads.submit(claim, theirs, RunKind.MANUAL)
            while not blocked(session) and not second.done():
                time.sleep(0.01)
        assert second.result() is None

    assert first is not None
    assert [run.owner for run in runs(ours.sessions)] == [ours.owner]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_who_gives_up_waits_for_what_is_being_stored(ours: Work) -> None:
    with ThreadPoolExecutor(2) as threads:
        with transaction(ours.sessions) as session:
            session.execute(text("LOCK TABLE entry IN SHARE MODE"))
            stored = threads.submit(run_scrape, ours, RunKind.MANUAL)
            while blocked(session) < 1 and not stored.done():
                time.sleep(0.01)
            given_up = threads.submit(give_up, [ours])
            while blocked(session) < 2 and not given_up.done():
                time.sleep(0.01)
            waited = not given_up.done()
        report = stored.result()
        given_up.result()

    assert waited
    assert report is not None
    assert report.outcome is Outcome.SUCCEEDED
    assert [run.outcome for run in runs(ours.sessions)] == ["succeeded"]


def test_many_may_be_the_first_to_know_a_source(ours: Work) -> None:
    racers = 8
    start = threading.Barrier(racers)

    def register(_number: int) -> int:
        start.wait()
        return register_source(ours.sessions, ours.source.info)

    with ThreadPoolExecutor(racers) as threads:
        ids = set(threads.map(register, range(racers)))

    assert len(ids) == 1
