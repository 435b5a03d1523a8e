"""Requests and runs in the log: found by an id, and only a failure tells it."""

import asyncio
import logging
import time
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import TracerProvider
from starlette.types import Receive, Scope, Send

from app.api.answer_cache import AnswerCache
from app.api.observing import Logged, Traced
from app.ingest.backfill import run_backfill
from app.ingest.runner import start_scrape
from app.store.engine import SessionFactory
from app.store.queries.catalogue import Catalogue
from app.store.watch import Watch
from app.telemetry.logs import AboutFilter
from app.telemetry.otel import OtelTracing
from tests.api import TOKEN, Api
from tests.factories import Record, SettableClock, Upstream, snapshot, work

STANDINGS = "/v1/leaderboards/demo-text/standings"
OURS = {"X-Request-Id": "ours-1"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database will do: none of this is decided there."""
    return sqlite_url


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """The log, with what each line is about."""
    about = AboutFilter()
    caplog.handler.addFilter(about)
    caplog.set_level("DEBUG", logger="app")
    yield caplog
    caplog.handler.removeFilter(about)


def about(lines: pytest.LogCaptureFixture, message: str) -> dict[str, object]:
    (line,) = [one for one in lines.records if message in one.getMessage()]
    return {k: v for k, v in vars(line).items() if k in {"request", "source", "run"}}


def broken(self: Catalogue, session: object, **_how: object) -> None:  # noqa: ARG001
    raise RuntimeError("a bug")


def test_a_failure_tells_its_id_and_the_log_has_it(
    api: Api,
    record: Record,
    lines: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record.add(snapshot("2024-07-01", {"OpenAI/a": 10}))
    with monkeypatch.context() as patch:
        patch.setattr(Catalogue, "read", broken)
        bug = api.ask(STANDINGS, headers={"X-Request-Id": "no id"})
    with api.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE leaderboard RENAME TO elsewhere")
    away = api.ask(STANDINGS, headers=OURS)

    assert (away.status_code, away.headers["x-request-id"]) == (503, "ours-1")
    assert about(lines, "the database does not answer") == {"request": "ours-1"}
    assert (bug.status_code, len(bug.headers["x-request-id"])) == (500, 32)


def test_what_did_not_fail_is_the_same_for_everybody(sessions: SessionFactory, api: Api) -> None:
    clock = SettableClock()
    answers = AnswerCache(100_000, Watch(api.engine), clock)
    cached = Api(sessions, clock=clock, answers=answers)

    told = [
        one.ask(path, headers=headers)
        for one in (api, cached, cached)
        for path in ("/v1", "/v1/models/nobody")
        for headers in (OURS, {})
    ]

    assert all("x-request-id" not in answer.headers for answer in told)
    assert len({(a.content, tuple(a.headers.items())) for a in told}) == 2
    answers.close()


def test_a_run_is_named_by_its_lines_and_by_the_request_that_asked_for_it(
    sessions: SessionFactory, lines: pytest.LogCaptureFixture
) -> None:
    upstream = Upstream()
    upstream.publish("2024-07-01", {"OpenAI/a": 10})
    job = work(upstream, sessions)
    begun: list[int] = []

    def run_now(source: str) -> int:  # noqa: ARG001
        begun.append(start_scrape(job))
        return begun[0]

    api = Api(sessions, admin_token=TOKEN, run_now=run_now)
    headers = {"Authorization": f"Bearer {TOKEN}", **OURS}
    assert api.ask("/v1/sources/demo/runs", method="POST", headers=headers).status_code == 202
    while api.get(f"/v1/sources/demo/runs/{begun[0]}")["data"]["finished_at"] is None:
        time.sleep(0.02)
    upstream.broken[upstream.publish("2024-07-02", {"OpenAI/a": 11}).revision] = lambda: b"<html>"
    run_backfill(job)

    assert about(lines, "outcome=succeeded") == {
        "request": "ours-1",
        "source": "demo",
        "run": begun[0],
    }
    assert about(lines, "passed over") == {"source": "demo", "run": begun[0] + 1}
    assert TOKEN not in lines.text


def test_every_request_has_a_line_where_that_is_wanted(
    api: Api, lines: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = api.application
    monkeypatch.setattr(application, "front", Logged(application.front))
    api.ask("/v1", headers=OURS)
    api.ask("/v1/nothing?a=b", method="HEAD")

    first, second = [one for one in lines.records if one.name == "app.access"]
    assert first.getMessage().startswith("GET '/v1' 200 ")
    assert about(lines, "'/v1'") == {"request": "ours-1"}
    assert (second.method, second.path, second.status) == ("HEAD", "/v1/nothing", 404)  # type: ignore[attr-defined]
    assert 0 < second.milliseconds < 60_000  # type: ignore[attr-defined]
    assert second.levelno == logging.DEBUG


def test_what_is_no_request_is_passed_on() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001
        seen.append(scope["type"])

    tracing = OtelTracing(TracerProvider().get_tracer("tests"))
    for layer in (Logged(app), Traced(app, tracing, {})):
        asyncio.run(layer({"type": "lifespan"}, None, None))  # type: ignore[arg-type]

    assert seen == ["lifespan"] * 2
