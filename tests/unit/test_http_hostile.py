"""The polite client against a real server that misbehaves on the wire."""

import gzip
import socket
import time
import tracemalloc
from collections.abc import Iterator

import pytest

from app.errors import FetchError
from app.sources.http import Client, ClientLimits
from tests.upstreams import (
    FakeTime,
    HostileServer,
    Script,
    bomb,
    client_of,
    drips,
    head,
    hostile_server,
    is_silent,
    resets,
    says,
)

CAP = 1_000_000
QUICK = ClientLimits(timeout_seconds=0.25, deadline_seconds=0.3, max_bytes=CAP, tries=1)
LONG_ENOUGH = 3.0


@pytest.fixture(scope="module")
def server() -> Iterator[HostileServer]:
    with hostile_server() as running:
        yield running


def fetch(server: HostileServer, script: Script, *, limits: ClientLimits = QUICK) -> bytes:
    url = server.serve("/thing", script)
    with client_of(endpoint=server.url, limits=limits, time=FakeTime()) as client:
        return client.get(url).body


PACKED = gzip.compress(b"data" * 5000)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(says(head("Content-Length: 4"), b"data"), id="by-length"),
        pytest.param(
            says(head("Transfer-Encoding: chunked"), b"2\r\nda\r\n2\r\nta\r\n0\r\n\r\n"),
            id="in-chunks",
        ),
        pytest.param(says(head("Connection: close"), b"data"), id="to-the-end"),
    ],
)
def test_a_body_is_read_however_it_is_framed(server: HostileServer, script: Script) -> None:
    assert fetch(server, script) == b"data"


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(drips(head("Content-Length: 100000"), b"."), id="dripping-body"),
        pytest.param(
            drips(head("Transfer-Encoding: chunked"), b"1\r\n.\r\n"), id="dripping-chunks"
        ),
        pytest.param(drips(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), id="dripping-headers"),
        pytest.param(drips(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), id="always-about-to-answer"),
        pytest.param(
            drips(b"HTTP/1.1 503 No\r\nContent-Length: 99999\r\n\r\n", b"."), id="dripping-refusal"
        ),
    ],
)
def test_a_drip_ends_at_the_deadline(server: HostileServer, script: Script) -> None:
    started = time.monotonic()

    with pytest.raises(FetchError) as caught:
        fetch(server, script)

    assert time.monotonic() - started < LONG_ENOUGH / 2
    assert "within 0.3 s" in str(caught.value)
    assert caught.value.transient


@pytest.mark.parametrize(
    ("script", "said"),
    [
        pytest.param(is_silent, "ReadTimeout", id="silence"),
        pytest.param(resets, "ReadError", id="reset"),
        pytest.param(says(), "disconnected", id="nothing"),
        pytest.param(says(b"\x00\x01\x02 nonsense\r\n\r\n"), "RemoteProtocol", id="not-http"),
        pytest.param(
            says(head("Content-Length: 100"), b"da"), "RemoteProtocol", id="shorter-than-announced"
        ),
        pytest.param(
            says(head("Transfer-Encoding: chunked"), b"8\r\nda"),
            "RemoteProtocol",
            id="half-a-chunk",
        ),
        pytest.param(
            says(head("Transfer-Encoding: chunked"), b"2\r\nda\r\n"), "RemoteProtocol", id="no-end"
        ),
        pytest.param(
            says(head("Transfer-Encoding: chunked"), b"zz\r\nda"), "RemoteProtocol", id="bad-chunk"
        ),
        pytest.param(
            says(head("Content-Encoding: gzip", "Connection: close"), PACKED[:-20]),
            "gzip stream cut off",
            id="half-a-gzip-stream",
        ),
        pytest.param(
            says(head("Content-Length: many"), b"data"), "RemoteProtocol", id="length-no-number"
        ),
        pytest.param(
            says(head(*(f"X-{n}: {'y' * 1000}" for n in range(300)))),
            "RemoteProtocol",
            id="headers-without-end",
        ),
    ],
)
def test_a_broken_answer_is_never_accepted(
    server: HostileServer, script: Script, said: str
) -> None:
    with pytest.raises(FetchError, match=said) as caught:
        fetch(server, script)

    assert caught.value.transient
    assert server.url.removeprefix("http://").split(":")[0] in str(caught.value)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(says(head(f"Content-Length: {CAP + 1}")), id="announced"),
        pytest.param(says(head("Content-Length: 99999999999999999999")), id="announced-absurd"),
        pytest.param(says(head("Connection: close"), bytes(CAP + 1)), id="not-announced"),
        pytest.param(
            says(head("Content-Encoding: gzip", "Connection: close"), bomb(64 * 2**20)), id="bomb"
        ),
        pytest.param(
            says(
                head("Content-Encoding: gzip, gzip", "Connection: close"),
                gzip.compress(bomb(64 * 2**20)),
            ),
            id="bomb-in-a-bomb",
        ),
    ],
)
def test_a_body_too_large_costs_no_memory(server: HostileServer, script: Script) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(FetchError) as caught:
            fetch(server, script)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert not caught.value.transient
    assert peak < 8 * CAP


def test_a_server_that_recovers_is_heard(server: HostileServer) -> None:
    scripts = iter([resets, says(head("Content-Length: 9"), b"da"), says(head(), b"data")])

    def script(connection: socket.socket) -> None:
        next(scripts)(connection)

    patient = ClientLimits(timeout_seconds=0.25, deadline_seconds=0.5, tries=3)
    assert fetch(server, script, limits=patient) == b"data"


def test_a_small_refusal_leaves_the_connection_usable(server: HostileServer) -> None:
    def script(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 404 No\r\nContent-Length: 3\r\n\r\nno!")
        connection.recv(65536)
        connection.sendall(head("Content-Length: 4") + b"data")

    url = server.serve("/thing", script)
    with client_of(endpoint=server.url, limits=QUICK) as client:
        with pytest.raises(FetchError, match="answered 404"):
            client.get(url)
        assert client.get(url).body == b"data"


def test_a_refusal_of_many_bytes_is_not_read(server: HostileServer) -> None:
    with pytest.raises(FetchError, match="answered 400"):
        fetch(server, drips(b"HTTP/1.1 400 No\r\nConnection: close\r\n\r\n", bytes(70_000)))


def test_a_port_where_nobody_listens_is_a_passing_failure() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}"
        with (
            client_of(endpoint=url, limits=QUICK) as client,
            pytest.raises(FetchError, match="ConnectError") as caught,
        ):
            client.get(url)

    assert caught.value.transient


def test_a_client_can_be_closed_unused() -> None:
    Client(source="example", endpoint="https://hub.example", user_agent="test").close()
