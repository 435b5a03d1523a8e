"""Readiness: what can be served is served, and what is behind it is told."""

from datetime import timedelta
from typing import Any, NoReturn

import pytest

from app.analytics.health import GRACE
from app.domain.runs import RunKind
from app.errors import FetchError
from app.ingest.pipeline import register_source
from app.ingest.runner import claim, run_claimed, run_scrape
from app.scheduler import slot_of, slot_start, tick
from app.store.engine import SessionFactory
from app.store.writes.runs import LEASE_FOR
from tests.api import Api, statements
from tests.factories import Upstream, source_info, work

SLOT = timedelta(hours=6)


def upstream_of(slug: str = "demo", *, archived: bool = False) -> Upstream:
    upstream = Upstream(source_info(slug, archived=archived))
    upstream.publish("2024-07-01", {"OpenAI/a": 10}, board=f"{slug}-text")
    return upstream


def down() -> NoReturn:
    raise FetchError("demo", "503 after 4 tries", transient=True)


def ready(api: Api) -> dict[str, Any]:
    data: dict[str, Any] = api.get("/health/ready")["data"]
    assert data["status"] == "ready"
    return data


def words(api: Api) -> list[str]:
    """How well the sources are, by readiness and by the sources themselves."""
    told = [source["health"] for source in api.get("/v1/sources")["data"]]
    return [*ready(api)["sources"].values(), *told]


def test_an_empty_store_is_ready_and_needs_no_scheduler(api: Api) -> None:
    data = ready(api)

    assert data["scheduler"] == {"state": "not_needed", "seen_at": None}
    assert data["sources"] == {}


def test_a_scheduler_that_stops_is_told_and_takes_no_replica_away(
    api: Api, sessions: SessionFactory
) -> None:
    upstream = upstream_of()
    api.clock.now = slot_start(upstream.info, slot_of(upstream.info, api.clock.now))
    job = work(upstream, sessions, clock=api.clock)
    seen_at = f"{api.clock.now:%Y-%m-%dT%H:%M:%SZ}"
    tick(job)
    begun = ready(api)
    api.clock.advance(SLOT + GRACE)
    due = ready(api)
    api.clock.advance(timedelta(seconds=1))
    stopped = ready(api)
    tick(job)
    again = ready(api)

    states = [data["scheduler"]["state"] for data in (begun, due, stopped, again)]
    assert states == ["alive", "alive", "stopped", "alive"]
    assert begun["scheduler"]["seen_at"] == stopped["scheduler"]["seen_at"] == seen_at
    assert again["scheduler"]["seen_at"] > seen_at
    assert begun["sources"] == stopped["sources"] == {"demo": "ok"}


@pytest.mark.parametrize(
    ("before", "after"),
    [pytest.param(6, 12, id="lengthened"), pytest.param(12, 6, id="shortened")],
)
def test_another_interval_neither_hides_a_stopped_scheduler_nor_feigns_one(
    api: Api, sessions: SessionFactory, before: int, after: int
) -> None:
    upstream = upstream_of()
    upstream.info = source_info(every=timedelta(hours=before))
    api.clock.now = slot_start(upstream.info, slot_of(upstream.info, api.clock.now))
    tick(work(upstream, sessions, clock=api.clock))
    register_source(sessions, source_info(every=timedelta(hours=after)))
    begun = ready(api)["scheduler"]["state"]
    api.clock.advance(timedelta(days=30))

    assert (begun, ready(api)["scheduler"]["state"]) == ("alive", "stopped")


def test_a_source_that_fails_and_one_that_is_late_are_told_apart(
    api: Api, sessions: SessionFactory
) -> None:
    failing, late = upstream_of(), upstream_of("other")
    for upstream in (failing, late):
        tick(work(upstream, sessions, clock=api.clock))
    failing.listing_fault = down
    api.clock.advance(SLOT * 3)
    tick(work(failing, sessions, clock=api.clock))

    data = ready(api)

    assert data["sources"] == {"demo": "failing", "other": "late"}
    assert data["scheduler"]["state"] == "alive"


def test_a_source_that_fails_is_failing_until_it_was_read(
    api: Api, sessions: SessionFactory
) -> None:
    upstream = upstream_of()
    job = work(upstream, sessions, clock=api.clock)
    before = words(api)
    claim(job, RunKind.MANUAL)
    first = words(api)
    api.clock.advance(LEASE_FOR)
    run_scrape(job, RunKind.MANUAL)
    upstream.listing_fault = down
    run_scrape(job, RunKind.MANUAL)
    upstream.listing_fault = None
    failed = words(api)
    held = claim(job, RunKind.MANUAL)
    retried = words(api)
    assert held is not None
    run_claimed(job, held)

    assert (before, first, failed) == ([], ["never_run"] * 2, ["failing"] * 2)
    assert (retried, words(api)) == (["failing"] * 2, ["ok"] * 2)


def test_a_source_that_is_read_and_gives_nothing_new_is_late_by_its_own_cadence(
    api: Api, sessions: SessionFactory
) -> None:
    """Upstream answers, lists what it always did, and has published nothing for 98 days."""
    quiet, patient = upstream_of("quiet"), upstream_of("patient")
    quiet.info = source_info("quiet", cadence=timedelta(days=40))
    patient.info = source_info("patient", cadence=timedelta(days=180))
    told = []
    for _day in range(98):
        for upstream in (quiet, patient):
            tick(work(upstream, sessions, clock=api.clock))
        told.append(ready(api)["sources"])
        api.clock.advance(timedelta(days=1))
    api.clock.advance(-timedelta(days=1))
    patience, silence = api.get("/v1/sources")["data"]
    quiet.publish("2024-11-05", {"OpenAI/a": 11}, board="quiet-text")
    run_scrape(work(quiet, sessions, clock=api.clock), RunKind.MANUAL)

    # The edition of 2024-07-01 was 31 days old on the first day.
    assert [words["quiet"] for words in told] == ["ok"] * 10 + ["late"] * 88
    assert {words["patient"] for words in told} == {"ok"}
    assert (silence["health"], silence["late_reason"]) == ("late", "nothing_new")
    assert (silence["newest_edition_age_days"], silence["cadence_days"]) == (128, 40)
    assert silence["last_run"]["outcome"] == "unchanged"
    assert (patience["late_reason"], patience["cadence_days"]) == (None, 180)
    assert ready(api)["sources"]["quiet"] == "ok"


def test_a_source_that_is_not_read_says_so(api: Api, sessions: SessionFactory) -> None:
    upstream = upstream_of()
    upstream.info = source_info(cadence=timedelta(days=1))
    tick(work(upstream, sessions, clock=api.clock))
    api.clock.advance(SLOT * 3)

    [source] = api.get("/v1/sources")["data"]

    assert (source["health"], source["late_reason"]) == ("late", "not_read")


def test_runs_by_hand_are_no_scheduler(api: Api, sessions: SessionFactory) -> None:
    run_scrape(work(upstream_of(), sessions, clock=api.clock), RunKind.MANUAL)

    data = ready(api)

    assert data["scheduler"] == {"state": "never_seen", "seen_at": None}
    assert data["sources"] == {"demo": "ok"}


def test_whoever_works_on_a_source_keeps_its_slot_from_being_overdue(
    api: Api, sessions: SessionFactory
) -> None:
    job = work(upstream_of(), sessions, clock=api.clock)
    tick(job)
    api.clock.advance(SLOT * 2)
    before = ready(api)["scheduler"]["state"]
    claim(job, RunKind.MANUAL)

    assert before == "stopped"
    assert ready(api)["scheduler"]["state"] == "alive"


def test_a_source_that_has_ended_needs_no_scheduler_once_it_was_read(
    api: Api, sessions: SessionFactory
) -> None:
    upstream = upstream_of(archived=True)
    job = work(upstream, sessions, clock=api.clock)
    upstream.listing_fault = down
    tick(job)
    before = ready(api)
    upstream.listing_fault = None
    api.clock.advance(SLOT)
    tick(job)
    api.clock.advance(SLOT * 100)
    after = ready(api)

    assert (before["scheduler"]["state"], before["sources"]) == ("alive", {"demo": "failing"})
    assert (after["scheduler"]["state"], after["sources"]) == ("not_needed", {"demo": "archived"})


@pytest.mark.parametrize("sources", [1, 4])
def test_what_it_costs_does_not_grow_with_the_sources(
    api: Api, sessions: SessionFactory, sources: int
) -> None:
    for number in range(sources):
        tick(work(upstream_of(f"demo{number}"), sessions, clock=api.clock))

    with statements(api.engine) as sent:
        ready(api)

    assert len([one for one in sent if "alembic" not in one and "pg_catalog" not in one]) == 6
