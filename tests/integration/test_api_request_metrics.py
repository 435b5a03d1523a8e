"""Metrics of requests: every answer is counted once, and nothing a caller says is told."""

import asyncio
import time
from pathlib import Path

import httpx2 as httpx
import pytest
from fastapi.testclient import TestClient
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from app import __version__
from app.api import metering
from app.api.answer_cache import AnswerCache
from app.api.deps import Services
from app.api.lanes import THREADS_TO_A_FILE, THREADS_TO_A_SERVER
from app.api.limits import Limiter
from app.api.metering import Meters
from app.api.observing import Logged
from app.main import create_app
from app.store.engine import SessionFactory, build_engine, is_file, session_factory
from app.store.watch import Watch
from app.telemetry.tally import Tally
from app.wiring import utc_now
from tests.api import Api, statements
from tests.factories import (
    Record,
    SettableClock,
    leaderboard,
    snapshot,
    source_info,
)
from tests.metrics import Metered, Samples, names_of, read, value
from tests.servers import serving

STANDINGS = "/v1/leaderboards/demo-text/standings"
GET_STANDINGS = {"operation": "get_standings", "method": "GET"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database will do: none of this is counted there."""
    return sqlite_url


def kept_by(sessions: SessionFactory) -> AnswerCache:
    with sessions() as session:
        return AnswerCache(10_000_000, Watch(session.get_bind().engine), SettableClock())


def requests(samples: Samples) -> dict[tuple[str, str, str, str], float]:
    return {
        (told["operation"], told["method"], told["status"], told["answer"]): number
        for (name, labels), number in samples.items()
        if name == "almanac_requests_total" and (told := dict(labels))
    }


@pytest.fixture
def filled(sessions: SessionFactory, record: Record) -> Metered:
    record.add(snapshot("2024-07-01", {"OpenAI/a": 10}))
    return Metered(sessions)


def test_every_answer_is_counted_once_by_what_the_service_made_of_it(filled: Metered) -> None:
    get = filled.client.get
    etag = get(STANDINGS).headers["etag"]
    get(STANDINGS, headers={"If-None-Match": etag})
    filled.client.head(STANDINGS)
    get(STANDINGS, params={"limit": 0})
    get("/v1/models/a")
    get("/v1/nothing/to/see")
    filled.client.request("BREW", "/v1")
    get("/openapi.json")

    assert requests(filled.metrics()) == {
        ("get_standings", "GET", "2xx", "worked_out"): 1,
        ("get_standings", "GET", "304", "worked_out"): 1,
        ("get_standings", "HEAD", "2xx", "worked_out"): 1,
        ("get_standings", "GET", "4xx", "worked_out"): 1,
        ("get_model", "GET", "3xx", "worked_out"): 1,
        ("none", "GET", "4xx", "worked_out"): 1,
        ("get_index", "other", "4xx", "worked_out"): 1,
        ("none", "GET", "2xx", "worked_out"): 1,
    }


def test_times_are_told_of_what_was_worked_out(filled: Metered) -> None:
    for _ in range(3):
        filled.client.get(STANDINGS)

    samples = filled.metrics()
    labels = {**GET_STANDINGS, "status": "2xx"}
    name = "almanac_request_duration_seconds"
    buckets = [
        number
        for (n, found), number in samples.items()
        if n == f"{name}_bucket" and set(labels.items()) < found
    ]
    assert value(samples, f"{name}_count", **labels) == 3
    assert value(samples, f"{name}_bucket", **labels, le="+Inf") == 3
    assert 0 < (value(samples, f"{name}_sum", **labels) or 0) < 60
    assert buckets == sorted(buckets)


def test_answers_from_memory_are_counted_as_such(sessions: SessionFactory, record: Record) -> None:
    record.add(snapshot("2024-07-01", {"OpenAI/a": 10}))
    answers = kept_by(sessions)
    service = Metered(sessions, answers=answers)
    etag = service.client.get(STANDINGS).headers["etag"]
    for _ in range(3):
        service.client.get(STANDINGS)
    service.client.head(STANDINGS)
    service.client.get(STANDINGS, headers={"If-None-Match": etag})
    record.add(snapshot("2024-07-02", {"OpenAI/a": 11}))
    service.client.get(STANDINGS)
    service.client.get(STANDINGS)

    samples = service.metrics()
    assert requests(samples) == {
        ("get_standings", "GET", "2xx", "worked_out"): 2,
        ("get_standings", "GET", "2xx", "kept"): 4,
        ("get_standings", "HEAD", "2xx", "kept"): 1,
        ("get_standings", "GET", "304", "kept"): 1,
    }
    assert value(samples, "almanac_answer_cache_answers") == 1
    assert value(samples, "almanac_answer_cache_bytes") == answers.bytes
    assert value(samples, "almanac_answer_cache_max_bytes") == 10_000_000
    answers.close()


def test_an_answer_that_a_commit_elsewhere_left_right_is_told_as_the_caller_saw_it(
    sessions: SessionFactory, record: Record
) -> None:
    record.add(snapshot("2024-07-01", {"OpenAI/a": 10}))
    answers = kept_by(sessions)
    service = Metered(sessions, answers=answers)
    service.client.get(STANDINGS)
    other = leaderboard("other-text")
    record.of(source_info("other")).add(snapshot("2024-07-01", {"OpenAI/a": 10}, other))
    service.client.get(STANDINGS)
    service.client.get(STANDINGS)

    assert requests(service.metrics()) == {
        ("get_standings", "GET", "2xx", "worked_out"): 2,
        ("get_standings", "GET", "2xx", "kept"): 1,
    }
    answers.close()


def test_who_is_refused_is_counted_and_metrics_are_refused_to_nobody(
    sessions: SessionFactory,
) -> None:
    service = Metered(sessions, limiter=Limiter("1/h"))
    for _ in range(3):
        service.client.get("/v1")

    counted = requests(service.metrics())
    assert counted["get_index", "GET", "2xx", "worked_out"] == 1
    assert counted["none", "GET", "4xx", "worked_out"] == 2


def test_nothing_a_caller_says_makes_a_series(filled: Metered) -> None:
    filled.client.get(STANDINGS)
    known = set(filled.metrics())
    for path in ("/v1/x", "/v1/leaderboards/x/standings", "/metrics/x", "/x%00y", "/docs/1/2"):
        for method in ("GET", "PUT", "SECRET"):
            filled.client.request(method, path, headers={"X-Request-Id": "s", "Host": "s"})

    new = {labels for _, labels in filled.metrics().keys() - known}
    assert {dict(labels).get("operation") for labels in new} == {"none", "get_standings"}
    assert {dict(labels).get("method") for labels in new} == {"GET", "other"}


@pytest.mark.parametrize(
    "accept",
    [
        "application/openmetrics-text; version=1.0.0; charset=utf-8",
        "application/openmetrics-text;version=\x7f;escaping=;=",
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;q=0.4",
    ],
)
def test_there_is_openmetrics_for_who_asks(filled: Metered, accept: str) -> None:
    filled.client.get(STANDINGS)

    answer = filled.client.get("/metrics", headers={"Accept": accept})

    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    found = {family.name for family in text_string_to_metric_families(answer.text)}  # type: ignore[no-untyped-call]
    assert {"almanac_requests", "almanac_request_duration_seconds"} <= found


@pytest.mark.parametrize(
    "accept",
    ["", "*/*", "text/html", "text/plain;version=x", "text/plain;version=99;="],
)
def test_whoever_asks_for_anything_else_gets_text(filled: Metered, accept: str) -> None:
    answer = filled.client.get("/metrics", headers={"Accept": accept})

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert value(read(answer.text), "almanac_build_info", version=__version__) == 1


def test_they_are_for_nobody_to_keep_and_for_no_other_site(filled: Metered) -> None:
    answer = filled.client.get("/metrics", headers={"Origin": "https://elsewhere.example"})
    bare = filled.client.head("/metrics")

    assert answer.headers["cache-control"] == "no-store"
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert (bare.status_code, bare.content) == (200, b"")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_names_of_hosts_do_not_matter_to_who_scrapes(sessions: SessionFactory) -> None:
    app = create_app(
        sessions, admin_token=None, run_now=None, clock=utc_now, hosts=("almanac.example",)
    )
    client = TestClient(app)

    told = [
        client.get(path, headers={"Host": "10.0.0.7:8000"}).status_code
        for path in ("/metrics", "/metrics/x")
    ]

    assert told == [200, 400]


def test_a_database_that_is_away_is_told_and_nothing_else_is_lost() -> None:
    engine = build_engine("postgresql+psycopg://nobody:secret@127.0.0.1:9/none")
    service = Metered(session_factory(engine))
    service.client.get("/v1")

    samples = service.metrics()

    assert value(samples, "almanac_database_up") == 0
    assert not [name for name, _ in samples if "_source_" in name or "_scheduler_" in name]
    assert requests(samples)["get_index", "GET", "2xx", "worked_out"] == 1


def test_a_schema_of_another_version_is_no_database_of_ours(tmp_path: Path) -> None:
    engine = build_engine(f"sqlite:///{tmp_path / 'other.db'}")

    assert value(Metered(session_factory(engine)).metrics(), "almanac_database_up") == 0
    engine.dispose()


def test_a_database_that_is_slow_delays_nobody_for_long(
    filled: Metered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metering, "DATABASE_SECONDS", 0.05)
    monkeypatch.setattr(metering, "_ask", lambda _services: time.sleep(0.5))

    begin = time.monotonic()
    samples = filled.metrics()

    assert value(samples, "almanac_database_up") == 0
    assert time.monotonic() - begin < 0.4


def test_who_asks_while_others_wait_shares_a_look_with_them(api: Api) -> None:
    api.ask("/metrics")
    meters = Meters(Tally())

    async def three() -> list[tuple[bytes, str]]:
        services = api.application.state.services
        return await asyncio.gather(*(meters.told(services, "") for _ in range(3)))

    with statements(api.engine) as sent:
        asyncio.run(three())

    assert len([one for one in sent if "source.homepage" in one]) == 2


def test_pools_and_threads_are_told(sessions: SessionFactory) -> None:
    service = Metered(sessions)
    with sessions() as session:
        session.connection()
        samples = service.metrics()

    assert value(samples, "almanac_workers") == 1
    lanes = 2 * (THREADS_TO_A_FILE if is_file(sessions) else THREADS_TO_A_SERVER)
    assert (value(samples, "almanac_threads_max") or 0) > lanes
    assert value(samples, "almanac_requests_in_progress") == 1  # this one
    assert (value(samples, "almanac_database_connections_in_use", pool="primary") or 0) >= 1
    assert (value(samples, "almanac_database_connections_max", pool="primary") or 0) >= 5
    assert value(samples, "almanac_database_pools_exhausted", pool="primary") == 0
    assert value(samples, "almanac_database_connections_max", pool="replica") is None


def test_who_answers_and_who_waits_is_told(api: Api) -> None:
    services: Services = api.application.state.services
    lane = services.lanes.short

    async def told_meanwhile() -> Samples:
        holders = [object() for _ in range(int(lane.total_tokens))]
        for holder in holders:
            await lane.acquire_on_behalf_of(holder)
        waiting = asyncio.create_task(lane.acquire_on_behalf_of(object()))
        await asyncio.sleep(0)
        text, _ = await Meters(api.tally).told(services, "")
        waiting.cancel()
        for holder in holders:
            lane.release_on_behalf_of(holder)
        return read(text.decode())

    samples = asyncio.run(told_meanwhile())

    assert value(samples, "almanac_threads_busy") == lane.total_tokens
    assert value(samples, "almanac_requests_waiting") == 1


def test_without_a_pool_there_is_none_to_tell() -> None:
    engine = build_engine("sqlite://")

    samples = Metered(session_factory(engine)).metrics()

    assert value(samples, "almanac_database_connections_max", pool="primary") == 0
    assert value(samples, "almanac_database_pools_exhausted", pool="primary") == 0
    engine.dispose()


def test_the_service_of_the_tests_tells_them_too(api: Api) -> None:
    assert "almanac_database_up" in names_of(api.ask("/metrics").text)


async def total(meters: Meters, services: Services) -> tuple[float | None, float | None]:
    """How many kept answers it tells of, and how many workers."""
    samples = read((await meters.told(services, ""))[0].decode())
    labels = {"operation": "get_index", "method": "GET", "status": "2xx", "answer": "kept"}
    return value(samples, "almanac_requests_total", **labels), value(samples, "almanac_workers")


def two_processes(directory: Path) -> tuple[list[Tally], list[Meters]]:
    tallies = [Tally(["get_index"]) for _ in range(2)]
    all_meters = [Meters(tally) for tally in tallies]
    for meters in all_meters:
        meters.share_in(directory)
    return tallies, all_meters


def test_processes_tell_the_same_while_they_run_and_afterwards(api: Api, tmp_path: Path) -> None:
    services = api.application.state.services
    tallies, (first, second) = two_processes(tmp_path)

    async def both() -> list[tuple[float | None, float | None]]:
        for _ in range(3):
            tallies[1].kept(1, "GET", 200)
        async with first.publishing(services):
            async with second.publishing(services):
                tallies[0].kept(1, "GET", 200)
                await asyncio.sleep(0)
                during = [await total(first, services), await total(second, services)]
            return [*during, await total(first, services)]

    assert asyncio.run(both()) == [(4, 2), (4, 2), (4, 1)]


def test_what_was_told_is_not_lost_with_a_process_that_is_killed(api: Api, tmp_path: Path) -> None:
    services = api.application.state.services
    tallies, (first, second) = two_processes(tmp_path)

    async def both() -> list[tuple[float | None, float | None]]:
        async with first.publishing(services), second.publishing(services):
            await asyncio.sleep(0)
            tallies[0].kept(1, "GET", 200)  # and nothing is published by itself for a second
            return [await total(first, services), await total(second, services)]

    assert asyncio.run(both()) == [(1, 2), (1, 2)]


def test_what_the_server_tells_at_once_is_counted_and_logged_where_that_is_wanted(
    sessions: SessionFactory,
    record: Record,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    record.add(snapshot("2024-07-01", {"OpenAI/a": 10}))
    service = Metered(sessions, answers=kept_by(sessions))
    service.get(STANDINGS)
    caplog.set_level("DEBUG", logger="app.access")
    with serving(service.application, None) as (host, port):
        for _ in range(4):
            httpx.get(f"http://{host}:{port}{STANDINGS}").raise_for_status()
        counted = requests(service.metrics())
        unseen = caplog.text
        monkeypatch.setattr(service.application, "front", Logged(service.application.front))
        httpx.get(f"http://{host}:{port}{STANDINGS}").raise_for_status()

    assert counted == {
        ("get_standings", "GET", "2xx", "worked_out"): 2,  # of the tests' host, and of this one
        ("get_standings", "GET", "2xx", "kept"): 3,
    }
    assert STANDINGS not in unseen
    assert STANDINGS in caplog.text
