"""Scrapes and back-fills write one record, whoever comes first."""

from datetime import timedelta
from typing import NoReturn

import pytest

from app.domain.runs import RunKind
from app.errors import ParseError
from app.ingest.backfill import Step, run_backfill
from app.ingest.runner import Work, run_scrape
from app.store.engine import SessionFactory
from tests.factories import DAYS, SettableClock, Upstream, eight_editions, source_info, work
from tests.views import everything, statuses, stored_days


@pytest.fixture
def upstream() -> Upstream:
    return eight_editions()


def broken() -> NoReturn:
    raise ParseError("demo", "the table has \0 and \ud800 in it")


def test_a_scrape_day_by_day_gives_the_same_record_as_a_back_fill(
    sessions: SessionFactory, clock: SettableClock
) -> None:
    upstream, replay = Upstream(), Upstream(source_info("replay"))
    for number, day in enumerate(DAYS):
        entries = {"OpenAI/a": 10, "Meta/b": 9 + number / 4, f"Google/g{number}": 8}
        replay.publish(day, entries, board="replay-text")
        upstream.publish(day, entries)
        clock.now = replay.revisions[-1][0].published_at + timedelta(hours=1)
        run_scrape(work(replay, sessions, clock=clock), RunKind.MANUAL)

    run_backfill(work(upstream, sessions, clock=clock))

    assert everything(sessions, "replay-text") == everything(sessions)
    assert len(everything(sessions)) == 3 * len(DAYS)


def test_a_back_fill_after_a_scrape_fills_what_is_before(job: Work, upstream: Upstream) -> None:
    run_scrape(job, RunKind.MANUAL)

    report = run_backfill(job)

    assert report.counts.snapshots_written == 7
    assert stored_days(job.sessions) == DAYS
    assert len(upstream.fetched) == 8


def test_an_edition_scraped_late_learns_when_it_was_published(
    sessions: SessionFactory, clock: SettableClock
) -> None:
    upstream = Upstream()
    upstream.publish("2024-07-01", {"OpenAI/a": 1}, published_at="2024-07-01")
    upstream.publish("2024-07-01", {"OpenAI/a": 1}, published_at="2024-07-05")
    upstream.revisions[1] = (upstream.revisions[1][0], upstream.revisions[1][1] + b" ")
    job = work(upstream, sessions, clock=clock)
    run_scrape(job, RunKind.MANUAL)
    late = everything(sessions)

    run_backfill(job)

    assert [str(line[1]) for line in late] == ["2024-07-05 12:00:00+00:00"]
    assert [str(line[1]) for line in everything(sessions)] == ["2024-07-01 12:00:00+00:00"]


def test_what_failed_in_between_is_not_taken_for_unchanged(
    sessions: SessionFactory, clock: SettableClock
) -> None:
    upstream = Upstream()
    for day, score in (("2024-07-01", 1), ("2024-07-02", 2), ("2024-07-03", 1)):
        upstream.publish("2024-07-01", {"OpenAI/a": score}, published_at=day)
    bad = upstream.revisions[1][0].revision
    upstream.broken[bad] = broken
    job = work(upstream, sessions, clock=clock)

    run_backfill(job)
    upstream.broken.clear()
    run_backfill(job)

    assert [(str(line[1])[:10], line[4]) for line in everything(sessions)] == [("2024-07-03", 1)]


def test_what_was_taken_back_is_no_repetition_once_it_is_known_what_stood_between(
    sessions: SessionFactory, clock: SettableClock
) -> None:
    upstream = Upstream()
    first, between, back = [{"OpenAI/a": score} for score in (1, 2, 1)]
    job = work(upstream, sessions, clock=clock)
    upstream.publish("2024-07-01", first, document="demo:text")
    run_scrape(job, RunKind.MANUAL)
    upstream.publish("2024-07-02", between, document="demo:text")
    upstream.publish("2024-07-03", back, document="demo:text")
    for number, (revision, body) in enumerate(upstream.revisions):
        table = body.replace(str(revision.edition_date).encode(), b"2024-07-01")
        upstream.revisions[number] = (revision, table)
    run_scrape(job, RunKind.MANUAL)
    steps: list[Step] = []

    report = run_backfill(job, on_step=steps.append)

    stored = [(str(line[1])[:10], line[4]) for line in everything(sessions)]
    assert stored == [("2024-07-03", 1)]
    assert report.counts.snapshots_written == 2
    assert [(step.done, step.planned) for step in steps] == [(1, 1), (2, 2)]
    assert run_backfill(job).counts.documents == 0


def test_what_a_scrape_stored_meanwhile_is_no_failure(job: Work, upstream: Upstream) -> None:
    newest = upstream.revisions[-1][0].revision

    def on_step(step: Step) -> None:
        if step.done == 1:
            run_scrape(job, RunKind.MANUAL)
            upstream.broken[newest] = broken

    report = run_backfill(job, on_step=on_step)

    assert report.error is not None
    assert statuses(job.sessions) == {"stored": 8}
    assert stored_days(job.sessions) == DAYS
