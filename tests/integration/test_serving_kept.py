"""What the application keeps is sent again, and at once where nothing has to be waited for."""

import asyncio
from collections.abc import Callable

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.answer_cache import KeptFields, RawHeaders, Told
from tests.servers import LARGE, REQUEST
from tests.sockets import Address, Answer, asked, line_to


def saying_again(body: bytes, *fields: tuple[bytes, bytes], status: int = 200) -> ASGIApp:
    """An application that keeps its answer, without a body where the status has none."""
    kept = KeptFields([*fields, (b"content-length", str(len(body)).encode())] if body else fields)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001
        if scope["type"] == "lifespan":
            return
        await send({"type": "http.response.start", "status": status, "headers": kept})
        told = b"" if scope["method"] == "HEAD" else body
        await send({"type": "http.response.body", "body": told})

    return app


def without_date(answer: Answer | None) -> Answer:
    assert answer is not None
    assert answer.headers.pop("date")
    return answer


@pytest.mark.parametrize("together", [True, False], ids=["pipelined", "one-by-one"])
def test_a_kept_answer_is_the_same_each_time(of: Callable[..., Address], *, together: bool) -> None:
    address = of(saying_again(b"hello", (b"etag", b'"1"'), (b"vary", b"accept")))
    expected = Answer(200, {"etag": '"1"', "vary": "accept", "content-length": "5"}, b"hello")

    with line_to(address) as line:
        if together:
            line.say(REQUEST * 4)
        answers = []
        for _ in range(4):
            if not together:
                line.say(REQUEST)
            answers.append(without_date(line.hear()))

    assert answers == [expected] * 4


def test_a_kept_answer_is_told_without_its_body(of: Callable[..., Address]) -> None:
    head = REQUEST.replace(b"GET", b"HEAD")

    with line_to(of(saying_again(b"hello"))) as line:
        bodies = []
        for method, request in (("GET", REQUEST), ("HEAD", head), ("GET", REQUEST)):
            line.say(request)
            answer = without_date(line.hear(method))
            bodies.append((answer.headers["content-length"], answer.body))
    with line_to(of(saying_again(b"", (b"etag", b'"1"'), status=304))) as line:
        line.say(REQUEST * 2)
        unchanged = [without_date(line.hear()) for _ in range(2)]

    assert bodies == [("5", b"hello"), ("5", b""), ("5", b"hello")]
    assert unchanged == [Answer(304, {"etag": '"1"'}, b"")] * 2


def test_the_last_answer_of_a_connection_says_so_kept_or_not(of: Callable[..., Address]) -> None:
    last = REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")

    with line_to(of(saying_again(b"hello"))) as line:
        line.say(REQUEST + last)
        answers = [without_date(line.hear()) for _ in range(2)]
        assert line.is_closed()

    assert [answer.headers.get("connection") for answer in answers] == [None, "close"]


def test_no_field_of_a_kept_answer_can_hold_another(
    of: Callable[..., Address], caplog: pytest.LogCaptureFixture
) -> None:
    address = of(saying_again(b"hello", (b"x-a", b"1\r\nX-B: 2")))

    answers = [asked(address, REQUEST) for _ in range(2)]

    assert answers == [None, None]
    assert "Invalid HTTP header value" in caplog.text


class Keeping:
    """An application that keeps what it says, and counts how often it is asked in which way."""

    def __init__(self, app: ASGIApp, told: Told) -> None:
        self._app, self._told = app, told
        self.tasks = self.asked_at_once = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.tasks += scope["type"] == "http"
        await self._app(scope, receive, send)

    def at_once(self, method: str, target: bytes, fields: RawHeaders) -> Told | None:
        self.asked_at_once += 1
        assert (b"host", b"x") in fields
        if target != b"/":
            return None
        return self._told._replace(body=b"") if method == "HEAD" else self._told


def keeping(body: bytes, *, status: int = 200, seconds: float = 0.1) -> Keeping:
    """One that says the same by a task and at once, and something else after a while."""
    length = [(b"content-length", str(len(body)).encode())] if status == 200 else []
    told = Told(status, KeptFields([*length, (b"etag", b'"1"')]), body)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001
        if scope["type"] == "lifespan":
            return
        start = {"type": "http.response.start", "status": status, "headers": told.headers}
        if scope["path"] != "/" or scope["query_string"]:
            await asyncio.sleep(seconds)
            start = {**start, "headers": [(b"content-length", b"4")]}
            await send(start)
            await send({"type": "http.response.body", "body": b"else"})
            return
        await send(start)
        said = b"" if scope["method"] == "HEAD" else body
        await send({"type": "http.response.body", "body": said})

    return Keeping(app, told)


@pytest.mark.parametrize("together", [True, False], ids=["pipelined", "one-by-one"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(("status", "body"), [(200, b"hello"), (304, b"")])
def test_what_is_told_at_once_is_what_a_task_would_tell(
    of: Callable[..., Address], method: str, status: int, body: bytes, *, together: bool
) -> None:
    app = keeping(body, status=status)
    address = of(app)
    request = REQUEST.replace(b"GET", method.encode())
    expected = {"etag": '"1"'} | ({"content-length": "5"} if body else {})

    with line_to(address) as line:
        line.say(request)
        answers = [without_date(line.hear(method))]
        if together:
            line.say(request * 3)
        for _ in range(3):
            if not together:
                line.say(request)
            answers.append(without_date(line.hear(method)))

    assert answers == [Answer(status, expected, body if method == "GET" else b"")] * 4
    assert app.tasks == 1  # of which the fields are looked at


@pytest.mark.parametrize(
    ("request_", "asked_at_once"),
    [
        pytest.param(REQUEST.replace(b"/ ", b"http://x/ "), 0, id="a-whole-url"),
        pytest.param(REQUEST.replace(b"/ ", b"//x/ "), 0, id="two-slashes"),
        pytest.param(REQUEST.replace(b"/ ", b"/#a "), 0, id="a-fragment"),
        pytest.param(REQUEST.replace(b"/ ", b"/?a "), 1, id="another-question"),
        pytest.param(REQUEST.replace(b"1.1", b"1.0"), 0, id="http-1.0"),
        pytest.param(REQUEST[:-2] + b"Connection: close\r\n\r\n", 0, id="last"),
        pytest.param(REQUEST[:-2] + b"Expect: 100-continue\r\n\r\n", 0, id="expecting"),
        pytest.param(
            REQUEST[:-2] + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 0, id="upgrade"
        ),
    ],
)
def test_what_is_not_plain_is_left_to_a_task(
    of: Callable[..., Address], request_: bytes, asked_at_once: int
) -> None:
    app = keeping(b"hello")
    address = of(app)
    asked(address, REQUEST)
    before = app.asked_at_once

    answer = asked(address, request_)

    assert answer is not None
    assert answer.status in {200, 400}
    assert app.tasks == 1 + (answer.status == 200)
    assert app.asked_at_once - before == asked_at_once


def test_answers_come_in_the_order_of_the_requests(of: Callable[..., Address]) -> None:
    app = keeping(b"hello")
    slow = REQUEST.replace(b"/ ", b"/slow ")

    with line_to(of(app)) as line:
        line.say(REQUEST + REQUEST + slow + REQUEST + slow + REQUEST)
        answers = [line.hear() for _ in range(6)]
        line.say(REQUEST)
        last = line.hear()

    said = [answer and answer.body for answer in answers]
    assert said == [b"hello", b"hello", b"else", b"hello", b"else", b"hello"]
    assert last is not None
    assert last.body == b"hello"


def test_what_is_told_at_once_waits_for_who_takes_it_slowly(of: Callable[..., Address]) -> None:
    app = keeping(b"a" * LARGE)
    address = of(app)
    with line_to(address) as line:
        line.say(REQUEST)
        line.hear()

    with line_to(address, receive_buffer=4096) as line:
        line.say(REQUEST * 20)
        first = line.hear()
        told = app.asked_at_once

    assert first is not None
    assert first.body == b"a" * LARGE
    assert told <= 4


def test_who_waits_for_an_answer_behind_a_kept_one_is_waited_for(
    of: Callable[..., Address],
) -> None:
    address = of(keeping(b"hello", seconds=1.5), keep_alive=1)
    asked(address, REQUEST)

    with line_to(address) as line:
        line.say(REQUEST + REQUEST.replace(b"/ ", b"/slow "))
        answers = [line.hear() for _ in range(2)]

    assert [answer and answer.body for answer in answers] == [b"hello", b"else"]


def test_a_kept_connection_that_says_nothing_more_is_ended(of: Callable[..., Address]) -> None:
    address = of(keeping(b"hello"), keep_alive=1)

    with line_to(address) as line:
        line.say(REQUEST * 2)
        answers = [line.hear() for _ in range(2)]

        assert line.is_closed()
    assert [answer and answer.body for answer in answers] == [b"hello"] * 2
