"""Metrics of the record are true whichever process tells them."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import NoReturn

from app.domain.runs import RunKind
from app.errors import FetchError
from app.ingest.backfill import run_backfill
from app.ingest.pipeline import register_source
from app.ingest.runner import claim, run_scrape
from app.scheduler import slot_of, slot_start, tick
from app.store.engine import SessionFactory, build_engine, reading, session_factory
from app.store.writes.runs import LEASE_FOR
from app.upkeep.checking import check_record
from tests.factories import (
    NOW,
    Record,
    Upstream,
    as_owner,
    eight_editions,
    snapshot,
    source_info,
    work,
)
from tests.metrics import Metered, Samples, value


def upstream_of(slug: str = "demo", *, archived: bool = False) -> Upstream:
    upstream = Upstream(source_info(slug, archived=archived))
    upstream.publish("2024-07-01", {"OpenAI/a": 10, "Meta/b": 9}, board=f"{slug}-text")
    return upstream


def down() -> NoReturn:
    raise FetchError("demo", "503 after 4 tries", transient=True)


def test_what_is_told_of_a_source_is_what_its_runs_did(sessions: SessionFactory) -> None:
    service = Metered(sessions)
    upstream = upstream_of()
    begun = service.clock.now = slot_start(upstream.info, slot_of(upstream.info, NOW))
    job = work(upstream, sessions, clock=service.clock)
    tick(job)
    run_backfill(job)
    good = service.metrics()
    upstream.listing_fault = down
    service.clock.advance(timedelta(hours=7))
    tick(job)
    service.clock.advance(timedelta(hours=6))
    bad = service.metrics()

    def told(name: str, **labels: str) -> tuple[float | None, float | None]:
        full = f"almanac_source_{name}"
        return tuple(value(s, full, source="demo", **labels) for s in (good, bad))  # type: ignore[return-value]

    assert told("up") == (1, 0)
    assert told("last_run_entries") == (2, 0)
    assert told("last_run_bytes")[0] == len(upstream.revisions[0][1])
    assert told("last_run_duration_seconds") == (0, 0)
    later = begun + timedelta(hours=7)
    assert told("last_run_timestamp_seconds") == (begun.timestamp(), later.timestamp())
    assert told("last_success_timestamp_seconds") == (begun.timestamp(),) * 2
    assert told("newest_edition_timestamp_seconds") == (1719792000,) * 2  # 2024-07-01
    assert told("overdue_seconds") == (0, 3600)
    assert told("interval_seconds") == (21600, 21600)
    assert told("archived") == (0, 0)
    assert told("runs_total", kind="scheduled", outcome="succeeded") == (1, 1)
    assert told("runs_total", kind="scheduled", outcome="failed") == (None, 1)
    assert told("runs_total", kind="backfill", outcome="unchanged") == (1, 1)
    assert told("entries_written_total", kind="scheduled") == (2, 2)
    assert told("fetched_bytes_total", kind="scheduled")[0] == told("last_run_bytes")[0]
    scheduler = [value(samples, "almanac_scheduler_up") for samples in (good, bad)]
    seen = value(bad, "almanac_scheduler_last_seen_timestamp_seconds")
    assert (scheduler, seen) == ([1, 0], later.timestamp())


def test_what_a_back_fill_stored_is_told_however_it_ended(sessions: SessionFactory) -> None:
    service = Metered(sessions)
    job = work(eight_editions(), sessions, clock=service.clock)

    def two_steps(end: Callable[[], None]) -> Samples:
        """What is told after a back-fill that ends at its second step."""
        steps = iter([lambda: None, end])
        with suppress(KeyboardInterrupt):
            run_backfill(job, on_step=lambda _step: next(steps)())
        return service.metrics()

    def lose_the_claim() -> None:
        service.clock.advance(LEASE_FOR)
        assert claim(as_owner(job, "another"), RunKind.BACKFILL) is not None

    def interrupt() -> NoReturn:
        raise KeyboardInterrupt

    lost = two_steps(lose_the_claim)
    service.clock.advance(LEASE_FOR)
    interrupted = two_steps(interrupt)
    report = run_backfill(job)
    done = service.metrics()

    told = [
        value(samples, "almanac_source_entries_written_total", source="demo", kind="backfill")
        for samples in (lost, interrupted, done)
    ]
    assert told == [4, 8, 16]
    assert report.counts.entries_written == 8
    with reading(sessions) as session:
        assert list(check_record(session)) == []


def test_a_source_that_never_ran_or_has_ended_is_told_as_far_as_there_is_anything(
    sessions: SessionFactory, record: Record
) -> None:
    record.of(source_info("quiet")).add(snapshot("2024-07-01", {"a": 1}))
    register_source(sessions, source_info("new"))
    service = Metered(sessions)
    before = service.metrics()
    run_scrape(work(upstream_of("old", archived=True), sessions), RunKind.MANUAL)
    after = service.metrics()

    def names(samples: Samples, source: str) -> set[str]:
        return {
            name.removeprefix("almanac_source_")
            for name, labels in samples
            if ("source", source) in labels
        }

    assert names(before, "quiet") == {
        "archived",
        "interval_seconds",
        "newest_edition_timestamp_seconds",
    }
    assert names(before, "new") == {"archived", "interval_seconds"}
    assert value(before, "almanac_scheduler_up") == 0
    assert value(after, "almanac_source_archived", source="old") == 1
    assert value(after, "almanac_source_up", source="old") == 1
    assert "overdue_seconds" not in names(after, "old")


def test_a_cadence_is_told_where_something_can_be_expected(sessions: SessionFactory) -> None:
    register_source(sessions, source_info("regular", cadence=timedelta(days=14)))
    register_source(sessions, source_info("irregular"))

    samples = Metered(sessions).metrics()

    assert value(samples, "almanac_source_cadence_seconds", source="regular") == 14 * 86400
    assert value(samples, "almanac_source_cadence_seconds", source="irregular") is None


def test_two_replicas_tell_the_same_of_the_record(sessions: SessionFactory) -> None:
    tick(work(upstream_of(), sessions))
    one, two = (
        {key: number for key, number in service.metrics().items() if "_source_" in key[0]}
        for service in (Metered(sessions), Metered(sessions))
    )

    assert one == two
    assert one


def test_who_waits_for_a_next_question_uses_no_connection(sqlite_url: str) -> None:
    sessions = session_factory(build_engine(sqlite_url))
    service = Metered(sessions)
    with reading(sessions), reading(sessions):
        pass

    samples = service.metrics()

    told = {
        gauge: value(samples, f"almanac_database_connections_{gauge}", pool="primary")
        for gauge in ("in_use", "idle")
    }
    assert (told["in_use"], (told["idle"] or 0) >= 2) == (0, True)
    sessions.kw["bind"].dispose()
