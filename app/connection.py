"""An HTTP/1.1 connection: uvicorn's, with what it lacks.

Its own waits for ever for the rest of a request and for a caller that does not take its answer,
keeps a head of any size, says in plain text what it cannot read, and begins a task for every
request.
"""

import asyncio
from http import HTTPStatus
from typing import Any, ClassVar, Protocol

from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from app.api.answer_cache import KeptFields, RawHeaders, Told
from app.api.problems import (
    BAD_REQUEST,
    HEAD_TOO_LARGE,
    REQUEST_TIMEOUT,
    Kind,
    problem_response,
)

MOST_HEAD_BYTES = 64 * 1024
MOST_FIELDS = 100


class Outwards:
    """Where answers are written: uvloop raises when the caller has hung up a moment ago."""

    __slots__ = ("_transport", "close", "is_closing")

    def __init__(self, transport: asyncio.Transport) -> None:
        """Stand before a connection."""
        self._transport = transport
        self.close = transport.close
        self.is_closing = transport.is_closing

    def write(self, data: bytes) -> None:
        """Send, unless nobody is there any more.

        Raises:
            RuntimeError: it cannot be sent for another reason.
        """
        try:
            self._transport.write(data)
        except RuntimeError:
            if not self._transport.is_closing():
                raise


class Cycle(RequestResponseCycle):
    """A request and its answer, of which the fields are encoded only once if it is kept."""

    async def send(self, message: Any) -> None:  # noqa: ANN401 - uvicorn's type is its own
        """Send a part of the answer.

        Raises:
            RuntimeError: it cannot be sent, or not now.
        """
        fields = message.get("headers")
        if isinstance(fields, KeptFields) and self._can_begin():
            if fields.lines is not None:
                self.response_started = True
                self.waiting_for_100_continue = self.chunked_encoding = False
                self.expected_content_length = fields.length
                head = head_of(message["status"], self.default_headers, fields.lines)
                self.transport.write(head)
                return
            await super().send(message)  # which looks for what no field may hold
            fields.lines = _encoded(fields)
        else:
            await super().send(message)

    def _can_begin(self) -> bool:
        """Whether an answer can be begun at once, and leaves the connection open."""
        may_write = not (self.flow.write_paused or self.disconnected)
        return may_write and self.keep_alive and not self.response_started


class AtOnce(Protocol):
    """Tells without waiting what is kept for a request (method, target, fields); None if nothing.

    The request has no body, its fields are those of one host, and its target is a path.
    """

    def __call__(self, method: str, target: bytes, fields: RawHeaders) -> Told | None:
        """What to send."""
        ...


class Connection(HttpToolsProtocol):
    """An HTTP/1.1 connection of which every step has a bound.

    What its application keeps and can tell `at_once` is sent before a task is begun for it.
    """

    request_seconds: ClassVar[float] = 20
    stalled_seconds: ClassVar[float] = 60

    _deadline: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None
    _has_asked = False
    _in_head = True
    _is_whole = False
    _head_bytes = 0
    _chunk_bytes = 0
    _left = 0
    _fault: tuple[Kind, str] = (BAD_REQUEST, "the request is no HTTP/1.1")
    _at_once: AtOnce | None = None
    _is_told = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn
        """Wait for a request, so long."""
        super().connection_made(transport)
        self._outwards = Outwards(transport)
        self._at_once = getattr(self.config, "at_once", None)
        self._await_rest()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        super().connection_lost(exc)
        _end(self._deadline)
        _end(self._stalled)

    def data_received(self, data: bytes) -> None:
        """Read on, up to the bound of a head."""
        self._is_whole = False
        self._chunk_bytes = len(data)
        super().data_received(data)
        if self._is_whole or self.transport.is_closing():
            return
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD_BYTES:
                self._refuse(*_too_large())
                return
        if self._deadline is None:
            self._await_rest()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._is_whole = self._is_told = False

    def on_headers_complete(self) -> None:
        """Look at what no request needs, before it is served.

        Raises:
            ValueError: the head is too large, or does not name one host (RFC 9112, section 3.2).
        """
        is_long = self._head_bytes + self._chunk_bytes > MOST_HEAD_BYTES
        if len(self.headers) > MOST_FIELDS or (is_long and self._is_head_too_large()):
            self._fault = _too_large()
            raise ValueError(self._fault)
        hosts = [name for name, _ in self.headers].count(b"host")
        if hosts > 1 or (hosts == 0 and self.parser.get_http_version() == "1.1"):
            self._fault = (BAD_REQUEST, "a request has one Host field")
            raise ValueError(self._fault)
        self._is_told = self._tell_at_once()
        if not self._is_told:
            self._unset_keepalive_if_required()  # what was told before it has armed that
            super().on_headers_complete()
            self.cycle.__class__ = Cycle
            self.cycle.transport = self._outwards  # type: ignore[assignment] # all it needs of one
            self._has_asked = True
        self._in_head = False
        self._head_bytes = 0

    def on_message_complete(self) -> None:
        """A request is all there."""
        if not self._is_told:
            super().on_message_complete()
        self._in_head = self._is_whole = True
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - ours says more
        """Say what is wrong with a request that cannot be read."""
        self._refuse(*self._fault)

    def pause_writing(self) -> None:
        """The caller takes its answer slower than it is made."""
        super().pause_writing()
        self._await_taking()

    def resume_writing(self) -> None:
        """The caller has taken most of its answer."""
        super().resume_writing()
        _end(self._stalled)
        self._stalled = None

    def _should_upgrade_to_ws(self) -> bool:
        return False

    def _unsupported_upgrade_warning(self) -> None:
        """An offer to speak another protocol may be ignored (RFC 9110, section 7.8)."""

    def _tell_at_once(self) -> bool:
        """Whether what the application keeps was all there was to say."""
        if self._at_once is None or not self._is_plain():
            return False
        told = self._at_once(self.parser.get_method().decode(), self.url, self.headers)
        if told is None or told.headers.lines is None:
            return False
        self._outwards.write(
            head_of(told.status, self.server_state.default_headers, told.headers.lines)
        )
        if told.body:
            self._outwards.write(told.body)
        self.on_response_complete()
        return True

    def _is_plain(self) -> bool:
        """Whether a request comes after all answers, asks for a path and leaves the line open."""
        parser = self.parser
        return (
            not (self.pipeline or self._is_answering() or self.flow.write_paused)
            and self.url[:1] == b"/"
            and self.url[:2] != b"//"
            and b"#" not in self.url
            and not self.expect_100_continue
            and not parser.should_upgrade()
            and parser.should_keep_alive()
            and parser.get_http_version() == "1.1"
            and not self.transport.is_closing()
        )

    def _is_head_too_large(self) -> bool:
        fields = sum(len(name) + len(value) for name, value in self.headers)
        return len(self.url) + fields > MOST_HEAD_BYTES

    def _await_rest(self) -> None:
        self._deadline = self.loop.call_later(self.request_seconds, self._on_deadline)

    def _on_deadline(self) -> None:
        self._deadline = None
        if self._is_answering():
            self._await_rest()  # the caller is not who is slow
        elif self._head_bytes:
            self._refuse(REQUEST_TIMEOUT, f"not all of it came in {self.request_seconds:g} seconds")
        else:
            self.transport.close()

    def _await_taking(self) -> None:
        self._left = self.transport.get_write_buffer_size()
        self._stalled = self.loop.call_later(self.stalled_seconds, self._on_stalled)

    def _on_stalled(self) -> None:
        if self.transport.get_write_buffer_size() < self._left:
            self._await_taking()
        else:
            self.transport.abort()

    def _is_answering(self) -> bool:
        return self._has_asked and not self.cycle.response_complete

    def _refuse(self, kind: Kind, detail: str) -> None:
        """Answer with a problem and end the connection; answers to earlier requests come first."""
        is_due = bool(self.pipeline) or (
            self._is_answering() and (self._in_head or self.cycle.response_started)
        )
        if is_due:
            last = self.pipeline[0][0] if self.pipeline else self.cycle
            last.keep_alive = False
            self.flow.pause_reading()
            return
        if self._in_head or not self.cycle.response_complete:
            response = problem_response(kind, detail, path="/")
            head = f"HTTP/1.1 {kind.status} {HTTPStatus(kind.status).phrase}".encode()
            fields = [
                *self.server_state.default_headers,
                *response.raw_headers,
                (b"x-content-type-options", b"nosniff"),
                (b"connection", b"close"),
            ]
            lines = [head, *(b": ".join(field) for field in fields), b"", bytes(response.body)]
            self.transport.write(b"\r\n".join(lines))
        self.transport.close()


def head_of(status: int, default: RawHeaders, lines: bytes) -> bytes:
    """The head of an answer with fields that are encoded already, after those of every answer."""
    return STATUS_LINE[status] + _encoded(default) + lines + b"\r\n"


def _encoded(fields: RawHeaders) -> bytes:
    return b"".join([b"%s: %s\r\n" % field for field in fields])


def _end(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()


def _too_large() -> tuple[Kind, str]:
    return (
        HEAD_TOO_LARGE,
        f"the request's line and header may have {MOST_HEAD_BYTES} bytes and {MOST_FIELDS} fields",
    )
