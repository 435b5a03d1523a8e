"""Spans: none unless they are wanted; whose they are and what they tell."""

import asyncio
import sys
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from starlette.types import Message, Receive, Scope, Send

from app.api.limits import Limited
from app.api.observing import Logged, Traced
from app.config import Settings, TracingSettings
from app.domain.runs import RunKind
from app.ingest.runner import run_scrape
from app.main import Service
from app.store.engine import SessionFactory
from app.telemetry.otel import SERVICE, OtelTracing, resource
from app.telemetry.spans import span, trace_to, tracing
from app.wiring import assemble, configure_tracing
from tests.api import Api
from tests.factories import Record, Upstream, snapshot, work

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
STANDINGS = "/v1/leaderboards/demo-text/standings"
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database will do."""
    return sqlite_url


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """Spans that are kept in memory."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace_to(OtelTracing(provider.get_tracer("tests")))
    yield exporter
    trace_to(None)


def told(spans: InMemorySpanExporter) -> list[tuple[str, dict[str, object]]]:
    return [(one.name, dict(one.attributes or {})) for one in spans.get_finished_spans()]


def only(spans: InMemorySpanExporter) -> ReadableSpan:
    (one,) = spans.get_finished_spans()
    return one


def test_nobody_who_does_not_want_spans_pays_for_them() -> None:
    assert tracing() is None
    assert span("a", {}) is span("b", {"c": 1})
    with span("a", {}) as step:
        step.note(c=1)
        step.call("b")


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        pytest.param({}, False, id="nothing"),
        pytest.param({"EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, True, id="endpoint"),
        pytest.param({"EXPORTER_OTLP_TRACES_ENDPOINT": "http://c/v1"}, True, id="of-traces"),
        pytest.param({"TRACES_EXPORTER": "otlp"}, True, id="exporter"),
        pytest.param({"TRACES_EXPORTER": "none"}, False, id="no-exporter"),
        pytest.param(
            {"EXPORTER_OTLP_ENDPOINT": "http://c", "TRACES_EXPORTER": "none"},
            False,
            id="not-traces",
        ),
        pytest.param(
            {"EXPORTER_OTLP_ENDPOINT": "http://c", "SDK_DISABLED": "true"}, False, id="disabled"
        ),
        pytest.param({"SERVICE_NAME": "x", "TRACES_SAMPLER": "always_on"}, False, id="nowhere-to"),
    ],
)
def test_the_standard_variables_say_whether(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], *, wanted: bool
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"OTEL_{name}", value)

    assert TracingSettings().is_wanted is wanted


def test_they_are_sent_where_the_variables_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:9")
    configure_tracing(TracingSettings())
    begun = tracing()
    trace_to(None)

    assert isinstance(begun, OtelTracing)


@pytest.mark.parametrize(("given", "name"), [(None, SERVICE), ("ours", "ours")])
def test_the_service_has_a_name(
    monkeypatch: pytest.MonkeyPatch, given: str | None, name: str
) -> None:
    if given is not None:
        monkeypatch.setenv("OTEL_SERVICE_NAME", given)

    assert resource().attributes["service.name"] == name


def test_without_the_extra_it_is_said_and_nothing_else_is_lost(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "app.telemetry.otel", None)

    configure_tracing(TracingSettings())

    assert tracing() is None
    assert "almanac[otel] is not installed" in caplog.text


def answering(status: int) -> Traced:
    """A traced application that says so."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        if status == 500:
            raise ValueError("with a secret")

    where = tracing()
    assert where is not None
    return Traced(app, where, {})


def ask(app: Traced, fields: list[tuple[bytes, bytes]], method: str = "GET") -> None:
    async def nothing(message: Message | None = None) -> Message:  # noqa: ARG001
        return {}

    scope = {"type": "http", "method": method, "path": "/v1/x", "headers": fields}
    asyncio.run(app(scope, nothing, nothing))  # type: ignore[arg-type]


def test_a_request_is_a_step_of_its_callers(spans: InMemorySpanExporter) -> None:
    fields = [(b"traceparent", TRACEPARENT.encode()), (b"x-request-id", b"ours-1")]
    ask(answering(404), fields)

    one = only(spans)
    assert (one.name, one.kind, one.status.status_code) == (
        "GET",
        SpanKind.SERVER,
        StatusCode.UNSET,
    )
    assert one.parent is not None
    assert f"{one.parent.trace_id:x}" == TRACEPARENT.split("-")[1]
    assert dict(one.attributes or {}) == {
        "http.request.method": "GET",
        "url.path": "/v1/x",
        "request_id": "ours-1",
        "http.response.status_code": 404,
    }


@pytest.mark.parametrize(
    ("method", "name", "told_as"), [("HEAD", "HEAD", "HEAD"), ("BREW-1", "HTTP", "_OTHER")]
)
def test_a_method_is_none_of_the_callers_words(
    spans: InMemorySpanExporter, method: str, name: str, told_as: str
) -> None:
    ask(answering(405), [], method)

    one = only(spans)
    assert (one.name, (one.attributes or {})["http.request.method"]) == (name, told_as)
    assert "BREW" not in one.to_json()


def test_a_failure_is_one_and_its_message_stays_in_the_log(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="secret"):
        ask(answering(500), [])

    one = only(spans)
    assert one.status.status_code is StatusCode.ERROR
    assert (one.attributes or {})["error.type"] == "ValueError"
    assert "secret" not in one.to_json()


def test_an_answer_is_named_by_its_route(
    api: Api,
    record: Record,
    spans: InMemorySpanExporter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record.add(snapshot("2024-07-01", {"OpenAI/a": 10}))
    where = tracing()
    assert where is not None
    monkeypatch.setattr(
        api.application, "front", Traced(api.application.front, where, api.application.paths)
    )

    api.get(STANDINGS)

    ((name, attributes),) = told(spans)
    assert name == "GET /v1/leaderboards/{leaderboard}/standings"
    assert attributes["http.route"] == "/v1/leaderboards/{leaderboard}/standings"
    assert attributes["http.response.status_code"] == 200


def test_a_run_is_a_step_that_tells_how_it_ended(
    sessions: SessionFactory, spans: InMemorySpanExporter
) -> None:
    upstream = Upstream()
    upstream.publish("2024-07-01", {"OpenAI/a": 10})

    run_scrape(work(upstream, sessions), RunKind.MANUAL)

    assert told(spans) == [
        ("run demo", {"source": "demo", "run": 1, "kind": "manual", "outcome": "succeeded"})
    ]


def test_statements_are_steps_without_their_values(
    sqlite_url: str, spans: InMemorySpanExporter
) -> None:
    almanac = assemble(Settings(database_url=sqlite_url))  # type: ignore[arg-type]
    with almanac.engine.connect() as connection:
        connection.execute(text("SELECT :word"), {"word": "a value"})
        with pytest.raises(OperationalError):
            connection.execute(text("SELECT * FROM nowhere"))
    almanac.engine.dispose()

    first, second = [one for one in spans.get_finished_spans() if one.name == "SELECT"]
    assert dict(first.attributes or {}) == {
        "db.system.name": "sqlite",
        "db.query.text": "SELECT ?",
    }
    assert second.status.status_code is StatusCode.ERROR
    assert "a value" not in "".join(one.to_json() for one in spans.get_finished_spans())


def test_a_database_that_cannot_be_reached_has_no_statement_to_fail(
    spans: InMemorySpanExporter,
) -> None:
    url = "postgresql+psycopg://nobody@127.0.0.1:9/none"
    almanac = assemble(Settings(database_url=url))  # type: ignore[arg-type]

    with pytest.raises(OperationalError):
        almanac.engine.connect()

    assert told(spans) == []


def test_whoever_wants_to_see_every_request_stands_in_front(
    spans: InMemorySpanExporter, caplog: pytest.LogCaptureFixture
) -> None:
    traced = Service().front
    trace_to(None)
    with caplog.at_level("DEBUG", logger="app.access"):
        logged = Service().front
    usual = Service().front

    assert [type(front) for front in (traced, logged, usual)] == [Traced, Logged, Limited]
    assert told(spans) == []
