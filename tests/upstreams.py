"""Upstreams for tests: answers from a function, a server that misbehaves, a clock that obeys."""

import socket
import socketserver
import struct
import threading
import time as real_time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import httpx2 as httpx
import pytest

from app.errors import FetchError
from app.sources import base
from app.sources.base import Endpoints, Source
from app.sources.http import Client, ClientLimits

HUB = "https://hub.example"
ENDPOINTS = Endpoints(
    hf=HUB,
    hf_token=None,
    github_api="https://api.git.example",
    github_raw="https://raw.git.example",
    github_token=None,
)
Answer = Callable[[httpx.Request], httpx.Response]
Script = Callable[[socket.socket], None]


@dataclass
class FakeTime:
    """Time that passes only while somebody sleeps."""

    now: float = 1_000.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def monotonic(self) -> float:
        return self.now


def transport_of(answer: Answer) -> httpx.MockTransport:
    """A network that is a function. What it gives arrives unread, as from a real one."""

    def handle(request: httpx.Request) -> httpx.Response:
        given = answer(request)
        if not given.is_stream_consumed:
            return given
        body = httpx.ByteStream(given.content)
        return httpx.Response(given.status_code, headers=given.headers, stream=body)

    return httpx.MockTransport(handle)


def client_of(
    answer: Answer | None = None,
    *,
    endpoint: str = HUB,
    hosts: tuple[str, ...] = (),
    also: tuple[str, ...] = (),
    token: str | None = None,
    limits: ClientLimits | None = None,
    time: FakeTime | None = None,
) -> Client:
    """The production client, over a function instead of a network when one is given.

    To be closed, or used as a context manager.
    """
    time = time or FakeTime()
    return Client(
        source="example",
        endpoint=endpoint,
        user_agent="almanac/test (tests@almanac.example)",
        hosts=hosts,
        also=also,
        token=token,
        limits=limits,
        transport=None if answer is None else transport_of(answer),
        sleep=time.sleep,
        monotonic=time.monotonic,
    )


def client_for(source: Source, answer: Answer, *, tries: int = 2) -> Client:
    """The production client of a source, over a function; no time passes while it waits."""
    at_github = source.info.upstream is base.Upstream.GITHUB
    return client_of(
        answer,
        endpoint=ENDPOINTS.github_api if at_github else ENDPOINTS.hf,
        also=(ENDPOINTS.github_raw,) if at_github else (),
        hosts=source.info.hosts,
        limits=ClientLimits(tries=tries),
        time=FakeTime(),
    )


class Upstream:
    """Gives its answers one after the other, the last one for ever, and keeps the requests."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = answers
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def asked(self) -> list[str]:
        """The addresses asked for, in order."""
        return [str(request.url) for request in self.requests]


def plain(status: int = 200, content: bytes = b"data", **headers: str) -> httpx.Response:
    """An answer; `_` stands for `-` in the names of headers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers=named, content=content)


def failure_of(
    answer: Answer,
    url: str = f"{HUB}/api/thing",
    *,
    endpoint: str = HUB,
    hosts: tuple[str, ...] = (".cdn.example", "exact.example"),
    token: str | None = None,
    limits: ClientLimits | None = None,
    time: FakeTime | None = None,
) -> FetchError:
    """How a request for `url` fails."""
    with (
        client_of(
            answer, endpoint=endpoint, hosts=hosts, token=token, limits=limits, time=time
        ) as client,
        pytest.raises(FetchError) as caught,
    ):
        client.get(url)
    return caught.value


class HostileServer(socketserver.ThreadingTCPServer):
    """Answers every request on a path with whatever bytes that path's script sends.

    On other paths it does as `otherwise` says, which is given the request.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, otherwise: Callable[[str], Script] | None = None) -> None:
        self.scripts: dict[str, Script] = {}
        self.requests: list[str] = []
        self._otherwise = otherwise
        super().__init__(("127.0.0.1", 0), _Conversation)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def serve(self, path: str, script: Script) -> str:
        """Answer `path` so from now on; gives the address."""
        self.scripts[path] = script
        return f"{self.url}{path}"

    def script_for(self, request: str) -> Script:
        """What to do about a request."""
        path = request.split(" ")[1]
        if self._otherwise is not None and path not in self.scripts:
            return self._otherwise(request)
        return self.scripts[path]


class _Conversation(socketserver.BaseRequestHandler):
    server: HostileServer

    def handle(self) -> None:
        request = b""
        while b"\r\n\r\n" not in request:
            received = self.request.recv(65536)
            if not received:
                return
            request += received
        text = request.decode("latin-1")
        self.server.requests.append(text)
        with suppress(OSError):  # the client had enough
            self.server.script_for(text)(self.request)


@contextmanager
def hostile_server(
    otherwise: Callable[[str], Script] | None = None,
) -> Iterator[HostileServer]:
    """A hostile server on a free loopback port."""
    with HostileServer(otherwise) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def head(*lines: str, status: str = "200 OK") -> bytes:
    """The beginning of an answer, up to its body."""
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode()


def says(*parts: bytes) -> Script:
    """Sends these bytes and ends."""

    def script(connection: socket.socket) -> None:
        connection.sendall(b"".join(parts))

    return script


def drips(start: bytes, drop: bytes, *, seconds: float = 3.0) -> Script:
    """Sends `start`, then `drop` again and again, never silent for as long as a timeout."""

    def script(connection: socket.socket) -> None:
        connection.sendall(start)
        end = real_time.monotonic() + seconds
        while real_time.monotonic() < end:
            connection.sendall(drop)
            real_time.sleep(0.02)

    return script


def resets(connection: socket.socket) -> None:
    """Ends a connection as one that never was."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def is_silent(connection: socket.socket) -> None:
    """Waits for the other side to speak."""
    connection.recv(1)


def bomb(size: int) -> bytes:
    """So many bytes of nothing, packed."""
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    block = bytes(2**20)
    return b"".join(packer.compress(block) for _ in range(size // 2**20)) + packer.flush()


def spoken(answer: httpx.Response) -> bytes:
    """An answer as it goes over the wire, to the end of which the connection lasts."""
    headers = [f"{name}: {value}" for name, value in answer.headers.items()]
    return head(*headers, "Connection: close", status=f"{answer.status_code} -") + answer.content
