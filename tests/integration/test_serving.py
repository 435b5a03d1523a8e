"""The server waits for nobody for ever, and hurries nobody who is merely slow."""

import asyncio
import time
from collections.abc import Callable

import pytest

from app.connection import Outwards
from tests.servers import LARGE, REQUEST, saying
from tests.sockets import Address, asked, line_to

SLOW_SECONDS = 0.6


def test_who_does_not_finish_a_request_is_told_so(of: Callable[..., Address]) -> None:
    address = of(saying(b"hello"), request=0.3)

    answer = asked(address, REQUEST[:-2])

    assert answer is not None
    assert answer.status == 408
    assert answer.headers["content-type"] == "application/problem+json"
    assert b"0.3 seconds" in answer.body


def test_who_says_nothing_is_left(of: Callable[..., Address]) -> None:
    with line_to(of(saying(b"hello"), request=0.3)) as line:
        assert line.is_closed()


@pytest.mark.parametrize(
    ("before", "drop"),
    [
        pytest.param(b"", b"\r\n", id="empty-lines"),
        pytest.param(REQUEST, b"\r\n", id="empty-lines-after-a-request"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nX-A: ", b"a", id="header"),
        pytest.param(
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n", b"a", id="body"
        ),
    ],
)
def test_dripping_does_not_keep_a_connection(
    of: Callable[..., Address], before: bytes, drop: bytes
) -> None:
    address = of(saying(b"hello"), request=0.3)
    begin = time.monotonic()

    with line_to(address) as line:
        line.say(before)
        while line.say(drop):
            assert time.monotonic() - begin < 10
            time.sleep(0.05)


def test_a_slow_service_is_no_fault_of_the_caller(of: Callable[..., Address]) -> None:
    address = of(saying(b"hello", after=1.4), request=1.2)  # it then waits for 1 s more

    with line_to(address) as line:
        line.say(REQUEST + REQUEST[:-2])
        first = line.hear()
        line.say(REQUEST[-2:])
        second = line.hear()

    assert (first and first.body, second and second.body) == (b"hello", b"hello")


def test_a_head_grows_only_so_far_while_an_answer_is_due(of: Callable[..., Address]) -> None:
    address = of(saying(b"hello", after=SLOW_SECONDS))

    with line_to(address) as line:
        line.say(REQUEST + REQUEST + b"GET /" + b"a" * 1_000_000)
        answers = [line.hear() for _ in range(3)]

    assert [answer and answer.status for answer in answers] == [200, 200, None]


def test_a_bad_body_after_the_answer_ends_the_connection(of: Callable[..., Address]) -> None:
    address = of(saying(b"hello"))

    with line_to(address) as line:
        line.say(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        first = line.hear("POST")
        line.say(b"no chunk\r\n")

        assert first is not None
        assert line.is_closed()


def test_who_does_not_take_the_answer_is_left(of: Callable[..., Address]) -> None:
    address = of(saying(b"a" * LARGE), stalled=0.3)

    with line_to(address, receive_buffer=4096) as line:
        line.say(REQUEST)
        time.sleep(3 * 0.3)

        assert line.hear() is None


def test_who_takes_the_answer_slowly_gets_it_all(of: Callable[..., Address]) -> None:
    address = of(saying(b"a" * LARGE), stalled=0.3)

    with line_to(address) as line:
        line.say(REQUEST)
        taken = 0
        while taken < LARGE:
            part = len(line.socket.recv(LARGE // 20))
            assert part
            taken += part
            time.sleep(0.05)


class Gone(asyncio.Transport):
    """A transport that can write no more, as uvloop's when the caller has hung up."""

    def __init__(self, *, closing: bool) -> None:
        super().__init__()
        self._closing = closing

    def write(self, data: bytes | bytearray | memoryview) -> None:
        raise RuntimeError(f"the handler is closed: {data!r}")

    def is_closing(self) -> bool:
        return self._closing


def test_nobody_is_told_of_an_answer_that_nobody_waits_for() -> None:
    Outwards(Gone(closing=True)).write(b"an answer")

    with pytest.raises(RuntimeError, match="closed"):
        Outwards(Gone(closing=False)).write(b"an answer")
