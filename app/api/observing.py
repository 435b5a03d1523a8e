"""Requests as the operator sees them: counted and timed, named in the log, traced if wanted.

Nothing of it touches a kept answer, whose bytes are the same for everybody and whose path is short:
that is counted by one addition (`Tally.kept`).
"""

import logging
from collections.abc import Awaitable, Mapping
from time import perf_counter
from types import TracebackType
from typing import Self

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.telemetry.context import REQUEST_FIELD, request_id, request_id_of
from app.telemetry.spans import Tracing, names_of_method
from app.telemetry.tally import Tally

log = logging.getLogger("app.access")

FAILED = 500
_ID = "almanac.request_id"


class Observed:
    """A request that is being answered: from when on, as what, and with which status.

    It stands for `send`. An answer that says that the service failed tells the request's id, by
    which the log has it; others do not, as they are the same to whoever asks.
    """

    __slots__ = ("_begin", "_id", "_scope", "_send", "_status", "_tally")

    def __init__(self, tally: Tally, scope: Scope, send: Send) -> None:
        """Nothing was answered yet."""
        self._tally = tally
        self._scope = scope
        self._send = send
        self._status = FAILED  # what the server says if nobody says anything

    def __enter__(self) -> Self:
        """Begin. The id is not taken back: each request has a task, and the server logs in it."""
        self._id = _identify(self._scope)
        self._tally.in_progress += 1
        self._begin = perf_counter()
        return self

    def __call__(self, message: Message) -> Awaitable[None]:
        """Send a part of the answer."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            if self._status >= FAILED:
                field = (REQUEST_FIELD, self._id.encode())
                message = {**message, "headers": [*message["headers"], field]}
        return self._send(message)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Count it."""
        seconds = perf_counter() - self._begin
        self._tally.in_progress -= 1
        operation = operation_of(self._tally, self._scope)
        self._tally.worked_out(operation, self._scope["method"], self._status, seconds)


class Logged:
    """Writes a line for each request, kept answers included. Costs time; stands here on demand."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand in front of an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        _identify(scope)
        begin, status = perf_counter(), FAILED

        def note(message: Message) -> Awaitable[None]:
            nonlocal status
            status = message.get("status", status)
            return send(message)

        try:
            await self._app(scope, receive, note)
        finally:
            milliseconds = round((perf_counter() - begin) * 1000, 3)
            told = {"method": scope["method"], "path": scope["path"], "status": status}
            log.debug(
                "%s %r %d %.3f ms",
                *told.values(),
                milliseconds,
                extra={**told, "milliseconds": milliseconds},
            )


class Traced:
    """Makes a span of each request."""

    def __init__(self, app: ASGIApp, tracing: Tracing, paths: Mapping[str, str]) -> None:
        """Stand in front of an application that has these operations under these paths."""
        self._app = app
        self._tracing = tracing
        self._paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        name, method = names_of_method(scope["method"])
        attributes = {"http.request.method": method, "url.path": scope["path"]}
        with self._tracing.request(name, attributes, scope["headers"]) as span:

            def note(message: Message) -> Awaitable[None]:
                if "status" in message:
                    span.note(http__response__status_code=message["status"])
                return send(message)

            span.note(request_id=_identify(scope))
            await self._app(scope, receive, note)
            route = self._paths.get(_operation_id(scope) or "")
            if route is not None:
                span.call(f"{name} {route}")
                span.note(http__route=route)


def operation_of(tally: Tally, scope: Scope) -> int:
    """The operation that a request was for, as the tally calls it; known once it was routed."""
    return tally.number_of(_operation_id(scope))


def _operation_id(scope: Scope) -> str | None:
    found: str | None = getattr(scope.get("route"), "operation_id", None)
    return found


def hand_back_route(inner: Scope, scope: Scope) -> None:
    """Let whoever counts a request know what it was for, where another was asked in its place."""
    if "route" in inner:
        scope["route"] = inner["route"]


def _identify(scope: Scope) -> str:
    """The id of a request, the same from the first layer that asks to the last."""
    known: str | None = scope.get(_ID)
    if known is None:
        known = scope[_ID] = request_id_of(scope["headers"])
        request_id.set(known)
    return known
