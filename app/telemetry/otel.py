"""Spans for OpenTelemetry; only imported where they are wanted, as the library is optional.

Names of spans and attributes are those of the semantic conventions for HTTP and databases.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagate import extract
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span as OtelSpan
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer
from sqlalchemy import Engine, event

from app import __version__
from app.telemetry.spans import Fields, Span, Value

SERVICE = "almanac"
_UNNAMED = "unknown_service"


class Step:
    """A span of the library's, as the rest of the house sees it."""

    def __init__(self, span: OtelSpan) -> None:
        """Stand before it."""
        self._span = span

    def note(self, **attributes: Value) -> None:
        """Add what is known by now; a dot in a name is two underscores."""
        for name, value in attributes.items():
            self._span.set_attribute(name.replace("__", "."), value)
        if attributes.get("http__response__status_code", 0) in range(500, 600):
            self._span.set_status(Status(StatusCode.ERROR))

    def call(self, name: str) -> None:
        """Give it a better name."""
        self._span.update_name(name)


class OtelTracing:
    """Spans by a tracer of the library's."""

    def __init__(self, tracer: Tracer) -> None:
        """Nothing is told yet."""
        self._tracer = tracer

    @contextmanager
    def span(self, name: str, attributes: Mapping[str, Value]) -> Iterator[Span]:
        """A step inside of the present one."""
        with self._step(name, attributes, SpanKind.INTERNAL, None) as step:
            yield step

    @contextmanager
    def request(self, name: str, attributes: Mapping[str, Value], fields: Fields) -> Iterator[Span]:
        """An answer to a request; its caller's step is in `traceparent` (W3C Trace Context)."""
        carrier = {key.decode("latin-1"): value.decode("latin-1") for key, value in fields}
        with self._step(name, attributes, SpanKind.SERVER, extract(carrier)) as step:
            yield step

    @contextmanager
    def _step(
        self,
        name: str,
        attributes: Mapping[str, Value],
        kind: SpanKind,
        context: Context | None,
    ) -> Iterator[Step]:
        """Of an error only the kind is told: messages and tracebacks belong in the log."""
        with self._tracer.start_as_current_span(
            name,
            context=context,
            kind=kind,
            attributes=attributes,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield Step(span)
            except BaseException as error:
                span.set_attribute("error.type", type(error).__qualname__)
                span.set_status(Status(StatusCode.ERROR))
                raise

    def watch(self, engine: Engine) -> None:
        """Make a span of each statement; its text has no values in it, they are apart."""
        system = engine.dialect.name

        def begin(*call: Any) -> None:  # noqa: ANN401 - the library's
            _connection, _cursor, statement, _parameters, context, _many = call
            context.almanac_span = self._tracer.start_span(
                statement.split(None, 1)[0],
                kind=SpanKind.CLIENT,
                attributes={"db.system.name": system, "db.query.text": statement},
            )

        def end(*call: Any) -> None:  # noqa: ANN401 - the library's
            call[4].almanac_span.end()

        def fail(failure: Any) -> None:  # noqa: ANN401 - the library's
            span = getattr(failure.execution_context, "almanac_span", None)
            if span is not None:
                span.set_status(Status(StatusCode.ERROR))
                span.end()

        event.listen(engine, "before_cursor_execute", begin)
        event.listen(engine, "after_cursor_execute", end)
        event.listen(engine, "handle_error", fail)


def by_environment() -> OtelTracing:
    """Spans to where the environment says, in batches, from a thread of the library's."""
    provider = TracerProvider(resource=resource())
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return OtelTracing(provider.get_tracer("app", __version__))


def resource() -> Resource:
    """What the spans are of: the service, unless the environment calls it otherwise."""
    named = Resource.create()
    if str(named.attributes[SERVICE_NAME]).startswith(_UNNAMED):
        return named.merge(Resource({SERVICE_NAME: SERVICE}))
    return named
