"""A caller who writes what it likes to a socket and reads what comes back, and lines that fail."""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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


class Proxy:
    """A line of bad quality to a server: late, stalled, cut after so many bytes, or reset.

    `latency_seconds` is added to everything that comes back. While `flows` is not set nothing
    passes. After `most_bytes` from the server a connection is ended, by a reset if `abrupt`.
    """

    def __init__(self, goal: Address | str) -> None:
        """`goal` is where the server is, the path of its socket if it has no port."""
        self.latency_seconds = 0.0
        self.most_bytes: int | None = None
        self.abrupt = False
        self.flows = threading.Event()
        self.flows.set()
        self._goal = goal
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> Address:
        """Where it listens."""
        host, port = self._listener.getsockname()[:2]
        return host, port

    def close(self) -> None:
        """End everything."""
        self.flows.set()
        for ended in (self._listener, *self._open):
            _end(ended)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                kind = socket.AF_UNIX if isinstance(self._goal, str) else socket.AF_INET
                far = socket.socket(kind)
                far.connect(self._goal)
                self._open += [near, far]
                for origin, goal, back in ((near, far, False), (far, near, True)):
                    threading.Thread(
                        target=self._pump, args=(origin, goal, back), daemon=True
                    ).start()

    def _pump(self, origin: socket.socket, goal: socket.socket, back: bool) -> None:  # noqa: FBT001
        passed = 0
        with suppress(OSError):
            while data := origin.recv(65536):
                self.flows.wait()
                if back:
                    time.sleep(self.latency_seconds)
                    if self.most_bytes is not None and passed + len(data) > self.most_bytes:
                        goal.sendall(data[: self.most_bytes - passed])
                        break
                passed += len(data)
                goal.sendall(data)
        if back and self.abrupt:
            with suppress(OSError):
                goal.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        _end(goal)
        _end(origin)


def _end(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
