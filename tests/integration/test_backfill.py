"""The years before: filled once, whatever happens on the way."""

from collections.abc import Callable
from datetime import date
from typing import NoReturn

import pytest
from sqlalchemy import select

from app.domain.runs import BackfillState, Outcome, RunKind
from app.errors import ConflictError, FetchError, ParseError
from app.ingest.backfill import UNREACHABLE_AFTER, Step, dry_run, run_backfill
from app.ingest.runner import Work, claim
from app.store.engine import SessionFactory, reading
from app.store.queries.sources import list_runs, list_sources
from app.store.tables import REVISION, RUN, SNAPSHOT
from app.store.writes.runs import LEASE_FOR
from tests.factories import DAYS, SettableClock, Upstream, as_owner, eight_editions, work
from tests.views import everything, progress, statuses, stored_days


@pytest.fixture
def upstream() -> Upstream:
    return eight_editions()


def interrupt() -> NoReturn:
    raise KeyboardInterrupt


def broken() -> NoReturn:
    raise ParseError("demo", "the table has \0 and \ud800 in it")


def down() -> NoReturn:
    raise FetchError("demo", "503 after 4 tries", transient=True)


def gone() -> NoReturn:
    raise FetchError("demo", "404", transient=False)


def test_all_history_is_filled_and_told_step_by_step(job: Work) -> None:
    steps: list[Step] = []

    report = run_backfill(job, on_step=steps.append)

    assert (report.outcome, report.counts.snapshots_written) == (Outcome.SUCCEEDED, 8)
    assert stored_days(job.sessions) == DAYS
    assert [(step.done, step.failed, step.planned) for step in steps] == [
        (number, 0, 8) for number in range(1, 9)
    ]
    assert [step.counts.entries_written for step in steps] == list(range(2, 17, 2))
    filled = progress(job.sessions)
    assert (filled.state, filled.planned, filled.done, filled.failed) == ("finished", 8, 8, 0)
    assert filled.entries_written == 16


def test_a_second_back_fill_writes_nothing(job: Work, upstream: Upstream) -> None:
    run_backfill(job)
    before = everything(job.sessions)
    upstream.fetched.clear()

    report = run_backfill(job)

    assert (report.outcome, report.counts.documents) == (Outcome.UNCHANGED, 0)
    assert upstream.fetched == []
    assert everything(job.sessions) == before


@pytest.mark.parametrize("at", range(len(DAYS)))
def test_it_goes_on_where_it_was_interrupted(job: Work, upstream: Upstream, at: int) -> None:
    upstream.broken[upstream.revisions[at][0].revision] = interrupt

    with pytest.raises(KeyboardInterrupt):
        run_backfill(job)
    halted = progress(job.sessions)
    upstream.broken.clear()
    upstream.fetched.clear()
    report = run_backfill(job)

    assert (halted.state, halted.done) == ("interrupted", at)
    assert report.outcome is Outcome.SUCCEEDED
    assert upstream.fetched == [made.revision for made, _body in upstream.revisions[at:]]
    assert stored_days(job.sessions) == DAYS
    assert progress(job.sessions).state == BackfillState.FINISHED
    with reading(job.sessions) as session:
        kinds = [(run.outcome, run.error_kind) for run in list_runs(session, 1)]
    assert kinds == [("succeeded", None), ("failed", "interrupted")]


def test_it_can_be_interrupted_between_two_revisions(job: Work) -> None:
    pauses = iter([lambda: None, interrupt])

    with pytest.raises(KeyboardInterrupt):
        run_backfill(job, on_step=lambda _step: next(pauses)())

    assert stored_days(job.sessions) == DAYS[:2]
    run_backfill(job)
    assert stored_days(job.sessions) == DAYS


@pytest.mark.parametrize("fault", [broken, gone, down], ids=["broken", "gone", "down"])
def test_a_bad_revision_is_passed_over_and_tried_again(
    job: Work, upstream: Upstream, fault: Callable[[], bytes]
) -> None:
    bad = upstream.revisions[3][0].revision
    upstream.broken[bad] = fault

    failed = run_backfill(job)
    without = stored_days(job.sessions)
    noted = progress(job.sessions)
    upstream.broken.clear()
    upstream.fetched.clear()
    mended = run_backfill(job)

    assert (failed.outcome, mended.outcome) == (Outcome.FAILED, Outcome.SUCCEEDED)
    assert failed.error is not None
    assert failed.error.startswith(
        f"1 of 8 revisions could not be read: demo:latest at {bad[:12]}: "
    )
    assert without == [day for day in DAYS if day != "2024-07-04"]
    assert (noted.state, noted.done, noted.failed, noted.error) == ("finished", 7, 1, failed.error)
    assert upstream.fetched == [bad]
    assert stored_days(job.sessions) == DAYS
    assert progress(job.sessions).failed == 0


def test_a_bad_revision_says_what_is_wrong_with_it(job: Work, upstream: Upstream) -> None:
    upstream.broken[upstream.revisions[0][0].revision] = broken
    steps: list[Step] = []

    run_backfill(job, on_step=steps.append)

    assert steps[0].error == "demo: the table has \ufffd and ? in it"
    with reading(job.sessions) as session:
        error = session.scalar(select(REVISION.c.error).where(REVISION.c.status == "refused"))
    assert error == "demo: the table has \ufffd and ? in it"


def test_what_would_harm_the_record_is_passed_over(job: Work, upstream: Upstream) -> None:
    upstream.publish("2025-07-01", {"OpenAI/a": 1}, published_at="2024-07-09")

    report = run_backfill(job)

    assert report.outcome is Outcome.FAILED
    assert stored_days(job.sessions) == DAYS
    assert statuses(job.sessions) == {"refused": 1, "stored": 8}


def test_an_upstream_that_is_down_is_left_alone(job: Work, upstream: Upstream) -> None:
    for made, _body in upstream.revisions[2:]:
        upstream.broken[made.revision] = down

    report = run_backfill(job)

    assert report.outcome is Outcome.FAILED
    assert report.error == "demo: 503 after 4 tries"
    assert len(upstream.fetched) == 2 + UNREACHABLE_AFTER
    assert progress(job.sessions).state == BackfillState.FAILED
    assert stored_days(job.sessions) == DAYS[:2]
    upstream.broken.clear()
    run_backfill(job)
    assert stored_days(job.sessions) == DAYS


def test_an_upstream_that_stutters_is_not_down(job: Work, upstream: Upstream) -> None:
    for number, (made, _body) in enumerate(upstream.revisions):
        if number % 4:
            upstream.broken[made.revision] = down

    report = run_backfill(job)

    assert report.error is not None
    assert report.error.startswith("6 of 8 revisions could not be read: demo:latest at rev-")
    assert report.error.endswith(": 503 after 4 tries; and 1 more")
    assert len(upstream.fetched) == 8


def test_without_a_listing_nothing_begins(job: Work, upstream: Upstream) -> None:
    upstream.listing_fault = down

    report = run_backfill(job)

    assert report.outcome is Outcome.FAILED
    filled = progress(job.sessions)
    assert (filled.state, filled.error) == ("failed", "demo: 503 after 4 tries")


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        pytest.param("2024-07-03", "2024-07-05", DAYS[2:5], id="both"),
        pytest.param("2024-07-07", None, DAYS[6:], id="from"),
        pytest.param(None, "2024-07-02", DAYS[:2], id="to"),
    ],
)
def test_only_the_range_that_is_asked_for_is_read(
    job: Work, upstream: Upstream, first: str | None, last: str | None, expected: list[str]
) -> None:
    run_backfill(
        job,
        first=None if first is None else date.fromisoformat(first),
        last=None if last is None else date.fromisoformat(last),
    )

    assert stored_days(job.sessions) == expected
    assert len(upstream.fetched) == len(expected)
    assert progress(job.sessions).state == BackfillState.PARTLY
    run_backfill(job)
    assert stored_days(job.sessions) == DAYS
    assert len(upstream.fetched) == len(DAYS)
    assert progress(job.sessions).state == BackfillState.FINISHED


def test_a_cumulative_document_is_noted_as_partly_read_and_finished_later(
    sessions: SessionFactory,
) -> None:
    upstream = Upstream()
    upstream.publish_all({day: {"OpenAI/a": 1.0} for day in DAYS}, published_at="2024-07-20")
    job = work(upstream, sessions)

    run_backfill(job, first=date(2024, 7, 3), last=date(2024, 7, 4))
    partly = (stored_days(sessions), statuses(sessions))
    run_backfill(job)
    wholly = (stored_days(sessions), statuses(sessions))
    run_backfill(job, first=date(2024, 7, 3))

    assert partly == (DAYS[2:4], {"partly": 1})
    assert wholly == (DAYS, {"stored": 1})
    assert len(upstream.fetched) == 2


def test_a_range_without_editions_of_a_document_stores_none(sessions: SessionFactory) -> None:
    upstream = Upstream()
    upstream.publish_all({"2024-07-01": {"OpenAI/a": 1}}, published_at="2024-07-20")

    report = run_backfill(work(upstream, sessions), first=date(2025, 1, 1))

    assert (report.outcome, report.counts.snapshots_seen) == (Outcome.UNCHANGED, 0)
    assert statuses(sessions) == {"partly": 1}


def test_a_dry_run_says_what_would_be_read_and_writes_nothing(
    job: Work, upstream: Upstream
) -> None:
    unknown = dry_run(job)
    with reading(job.sessions) as session:
        assert list_sources(session) == []
    run_backfill(job, last=date(2024, 7, 2))
    upstream.fetched.clear()

    plan = dry_run(job, first=date(2024, 7, 2), last=date(2024, 7, 4))

    assert (len(unknown.pending), unknown.stored) == (8, 0)
    assert [str(made.edition_date) for made in plan.pending] == ["2024-07-03", "2024-07-04"]
    assert plan.stored == 1
    assert upstream.fetched == []
    with reading(job.sessions) as session:
        assert len(session.scalars(select(RUN.c.id)).all()) == 1
        assert len(session.scalars(select(SNAPSHOT.c.id)).all()) == 2


def test_one_back_fill_of_a_source_at_a_time(job: Work) -> None:
    other = as_owner(job, "another")

    def meanwhile() -> None:
        with pytest.raises(ConflictError, match="demo is being back-filled now"):
            run_backfill(other)

    run_backfill(job, pause=meanwhile)

    assert stored_days(job.sessions) == DAYS


def test_who_lost_the_claim_stores_no_more_and_spoils_nothing(
    job: Work, clock: SettableClock
) -> None:
    other = as_owner(job, "another")

    def sleep_through_it() -> None:
        clock.advance(LEASE_FOR)
        claim(other, RunKind.BACKFILL)

    pauses = iter([lambda: None, sleep_through_it])

    report = run_backfill(job, on_step=lambda _step: next(pauses)())

    assert report.outcome is Outcome.ABANDONED
    assert stored_days(job.sessions) == DAYS[:2]
    assert progress(job.sessions).state == "running"
    with reading(job.sessions) as session:
        runs = [(run.owner, run.outcome) for run in list_runs(session, 1)]
    assert runs == [("another", "running"), ("tests", "abandoned")]


def test_what_an_adapter_does_not_get_over_keeps_nothing_else_from_being_read(
    job: Work, upstream: Upstream
) -> None:
    body = upstream.revisions[2][1].replace(b'"demo-text"', b"0")
    upstream.revisions[2] = (upstream.revisions[2][0], body)

    report = run_backfill(job)

    assert report.outcome is Outcome.FAILED
    assert "the adapter did not get over it: " in (report.error or "")
    assert stored_days(job.sessions) == [*DAYS[:2], *DAYS[3:]]
    assert statuses(job.sessions) == {"refused": 1, "stored": 7}
