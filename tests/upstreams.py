"""Upstreams for tests: answers from a function, a server that misbehaves, a clock that obeys."""

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import httpx2 as httpx
import pytest

from app.errors import FetchError
from app.sources.http import Client, ClientLimits

HUB = "https://hub.example"
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


@contextmanager
def client_of(
    answer: Answer | None = None,
    *,
    endpoint: str = HUB,
    hosts: tuple[str, ...] = (),
    token: str | None = None,
    limits: ClientLimits | None = None,
    time: FakeTime | None = None,
) -> Iterator[Client]:
    """The production client, over a function instead of a network when one is given."""
    time = time or FakeTime()
    with Client(
        source="example",
        endpoint=endpoint,
        user_agent="almanac/test (tests@almanac.example)",
        hosts=hosts,
        token=token,
        limits=limits,
        transport=None if answer is None else transport_of(answer),
        sleep=time.sleep,
        monotonic=time.monotonic,
    ) as client:
        yield client


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
    """Answers every request on a path with whatever bytes that path's script sends."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        self.scripts: dict[str, Script] = {}
        self.requests: list[str] = []
        super().__init__(("127.0.0.1", 0), _Conversation)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def serve(self, path: str, script: Script) -> str:
        """Answer `path` so from now on; gives the address."""
        self.scripts[path] = script
        return f"{self.url}{path}"


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
            self.server.scripts[text.split(" ")[1]](self.request)


@contextmanager
def hostile_server() -> Iterator[HostileServer]:
    """A hostile server on a free loopback port."""
    with HostileServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
