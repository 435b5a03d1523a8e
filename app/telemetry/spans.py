"""Spans: how long a request, a run and its fetches took, for whoever collects traces.

Nothing of OpenTelemetry is imported before it is wanted; until then a span is nothing.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from typing import Protocol, cast

from sqlalchemy import Engine

Fields = list[tuple[bytes, bytes]]
Value = str | int | float | bool

_METHODS = {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"}


class Span(Protocol):
    """One step under way."""

    def note(self, **attributes: Value) -> None:
        """Add what is known by now."""
        ...

    def call(self, name: str) -> None:
        """Give it a better name."""
        ...


class Tracing(Protocol):
    """Where spans go."""

    def span(self, name: str, attributes: Mapping[str, Value]) -> AbstractContextManager[Span]:
        """A step inside of the present one; what is raised fails it."""
        ...

    def request(
        self, name: str, attributes: Mapping[str, Value], fields: Fields
    ) -> AbstractContextManager[Span]:
        """An answer to a request, which may say in its fields what step of its caller's it is."""
        ...

    def watch(self, engine: Engine) -> None:
        """Make a span of each statement of a database from now on."""
        ...


class _Nothing:
    def note(self, **attributes: Value) -> None:
        pass

    def call(self, name: str) -> None:
        pass


class _Current:
    tracing: Tracing | None = None


_NOTHING = nullcontext(_Nothing())


def span(name: str, attributes: Mapping[str, Value]) -> AbstractContextManager[Span]:
    """A step, told to whoever collects them; in most processes nobody does."""
    return _NOTHING if _Current.tracing is None else _Current.tracing.span(name, attributes)


def tracing() -> Tracing | None:
    """Where spans go, None if nobody wants them."""
    return _Current.tracing


def trace_to(tracing: Tracing | None) -> None:
    """Tell spans there from now on."""
    _Current.tracing = tracing


def names_of_method(method: str) -> tuple[str, str]:
    """What a span and its attribute call a method: a word that no caller can choose.

    Those of RFC 9110 and 5789 by their names, any other as OpenTelemetry's semantic conventions
    for HTTP have it.
    """
    return (method, method) if method in _METHODS else ("HTTP", "_OTHER")


def begin_tracing() -> bool:
    """Tell spans as the environment says (`OTEL_*`, which the SDK reads); whether that can be.

    It cannot without the extra `almanac[otel]`.
    """
    try:
        module = import_module("app.telemetry.otel")
    except ImportError:
        return False
    trace_to(cast("Tracing", module.by_environment()))
    return True
