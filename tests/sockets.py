"""A caller who writes what it likes to a socket, and reads what comes back."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from io import BufferedReader

Address = tuple[str, int]
TIMEOUT_SECONDS = 20


@dataclass(frozen=True)
class Answer:
    """An answer as it came."""

    status: int
    headers: dict[str, str]
    body: bytes


class _Kept(BufferedReader):
    """What is read of a connection, for one answer after the other."""

    def makefile(self, _mode: str) -> BufferedReader:
        """Itself, as a socket gives itself to who reads an answer."""
        return self

    def close(self) -> None:
        """Stay open: the end of an answer is not that of the connection."""


class Line:
    """A connection."""

    def __init__(self, opened: socket.socket) -> None:
        """Take an open one."""
        self.socket = opened
        self._kept = _Kept(socket.SocketIO(opened, "r"))

    def say(self, text: bytes) -> bool:
        """Send; whether anybody listens still."""
        try:
            self.socket.sendall(text)
        except ConnectionError:
            return False
        return True

    def hear(self, method: str = "GET") -> Answer | None:
        """The next answer, None if the connection was closed instead.

        Raises:
            TimeoutError: neither happened.
        """
        response = HTTPResponse(self._kept, method=method)  # type: ignore[arg-type] # as a socket
        try:
            response.begin()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, headers, response.read())
        except (HTTPException, ConnectionError):
            return None

    def is_closed(self) -> bool:
        """Whether the other side ends the connection without another word.

        Raises:
            TimeoutError: it does neither.
        """
        try:
            return self._kept.read(1) == b""
        except ConnectionError:
            return True


@contextmanager
def line_to(address: Address, *, receive_buffer: int | None = None) -> Iterator[Line]:
    """A connection to a service."""
    with socket.socket() as opened:
        opened.settimeout(TIMEOUT_SECONDS)
        if receive_buffer is not None:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        opened.connect(address)
        yield Line(opened)


def asked(address: Address, text: bytes, *, method: str = "GET") -> Answer | None:
    """The answer to what was sent, None if the connection was closed instead."""
    with line_to(address) as line:
        line.say(text)
        return line.hear(method)
