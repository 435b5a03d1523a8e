"""Where names of hosts lead: hosts of upstream's choice only to public addresses."""

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from app.errors import FetchError
from app.sources.addresses import PublicPeer, is_public
from app.sources.http import Client, ClientLimits
from tests.upstreams import HUB

CDN = "files.cdn.example"


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("::ffff:93.184.215.14", True),
        ("64:ff9b::93.184.215.14", True),
        ("127.0.0.1", False),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff0e::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::169.254.169.254", False),
        ("2002:7f00:1::", False),
        ("64:ff9b:1::a00:1", False),
        ("fec0::1", False),
        ("::10.0.0.1", False),
    ],
)
def test_an_address_is_public_or_not(address: str, *, public: bool) -> None:
    assert is_public(address) == public


@pytest.fixture
def listening(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """What listens on loopback, where every name leads."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def found(*_asked: Any, **_how: Any) -> list[Any]:  # noqa: ANN401 - as the library's
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", listening.getsockname())]

        monkeypatch.setattr(socket, "getaddrinfo", found)
        yield listening


def failure(endpoint: str, url: str) -> FetchError:
    with (
        Client(
            source="demo",
            endpoint=endpoint,
            user_agent="almanac",
            hosts=(".cdn.example",),
            limits=ClientLimits(timeout_seconds=1, tries=1),
        ) as client,
        pytest.raises(FetchError) as failed,
    ):
        client.get(url)
    return failed.value


@pytest.mark.parametrize("host", [CDN, "xn--mnchen-3ya.cdn.example"])
def test_nothing_is_sent_to_a_host_of_an_upstream_that_leads_to_ourselves(
    listening: socket.socket, host: str
) -> None:
    error = failure(HUB, f"https://{host}:{listening.getsockname()[1]}/file")

    connection, _ = listening.accept()
    assert f"{host} leads to 127.0.0.1, which is not public" in str(error)
    assert not error.transient
    assert connection.recv(1) == b""
    connection.close()


class Stream:
    """A connection that was made to an address, as the library tells of one."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.is_open = True

    def get_extra_info(self, _name: str) -> tuple[str, int]:
        return self._address, 443

    async def aclose(self) -> None:
        self.is_open = False


def test_a_public_host_is_spoken_to() -> None:
    streams = [Stream("93.184.215.14"), Stream("10.1.2.3")]

    async def connect(stream: Stream) -> None:
        peer = PublicPeer(CDN, ValueError)
        await peer("connection.connect_tcp.started", {"host": CDN})
        await peer("connection.connect_tcp.complete", {"return_value": stream})

    asyncio.run(connect(streams[0]))
    with pytest.raises(ValueError, match="is not public"):
        asyncio.run(connect(streams[1]))

    assert [stream.is_open for stream in streams] == [True, False]


def test_the_endpoint_is_where_the_operator_says(listening: socket.socket) -> None:
    endpoint = f"https://hub.example:{listening.getsockname()[1]}"

    error = failure(endpoint, f"{endpoint}/api")

    connection, _ = listening.accept()
    assert "which is not public" not in str(error)
    assert connection.recv(1) != b""
    connection.close()


def test_a_proxy_is_where_the_operator_says(
    listening: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{listening.getsockname()[1]}")

    error = failure(HUB, f"https://{CDN}/file")

    connection, _ = listening.accept()
    assert "which is not public" not in str(error)
    assert connection.recv(7) == b"CONNECT"
    connection.close()
