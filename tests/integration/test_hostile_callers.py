"""Whoever calls, and with whatever bytes, the service answers properly or hangs up, and goes on."""

import json
import shutil
import signal
import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from app.api.problems import KINDS
from app.cli import DONE
from app.store.engine import build_engine, session_factory
from tests.commands import started
from tests.factories import Record, snapshot
from tests.sockets import Address, Answer, asked, line_to

pytestmark = pytest.mark.xdist_group("one service")

HOST = b"Host: almanac.example\r\n"
STANDINGS = b"/v1/leaderboards/demo-text/standings"
RUNS = b"/v1/sources/demo/runs"
MANY = 5000


@pytest.fixture(scope="module")
def service(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """The service as a process. In the end it has logged no trace, and stops when told."""
    folder = tmp_path_factory.mktemp("service")
    path = folder / "almanac.db"
    shutil.copy(sqlite_template, path)
    engine = build_engine(f"sqlite:///{path}")
    Record(session_factory(engine)).add(snapshot("2024-07-01", {"OpenAI/gpt-4": 9, "Meta/b": 8}))
    engine.dispose()
    with started(
        folder, "serve", database_url=f"sqlite:///{path}", port="0", log_level="INFO"
    ) as almanac:
        address = urlsplit(almanac.wait_for(r"serving on (http://127\.0\.0\.1:\d+)/v1")[1])
        yield str(address.hostname), address.port or 0
        code = almanac.end(signal.SIGTERM)
    log = "".join(almanac.log)
    assert code == DONE
    assert "Traceback" not in log
    assert " ERROR " not in log


@pytest.fixture(autouse=True)
def _it_goes_on(service: Address) -> Iterator[None]:
    yield
    answer = asked(service, b"GET /health/ready HTTP/1.1\r\n" + HOST + b"\r\n")
    assert answer is not None
    assert answer.status == 200


def get(target: bytes, *fields: bytes) -> bytes:
    """A request as a browser might send it."""
    lines = [b"GET " + target + b" HTTP/1.1", *fields]
    return b"\r\n".join(lines) + b"\r\n" + HOST + b"\r\n"


def post(*fields: bytes, body: bytes = b"") -> bytes:
    """A request with a body, without the operator's token."""
    lines = [b"POST " + RUNS + b" HTTP/1.1", *fields]
    return b"\r\n".join(lines) + b"\r\n" + HOST + b"\r\n" + body


def check(answer: Answer) -> None:
    """Whatever is refused is a problem document of a kind that is described."""
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "x-evil" not in answer.headers
    if answer.status < 400:
        assert b"evil.example" not in answer.body
    else:
        assert answer.headers["content-type"] == "application/problem+json"
        problem = json.loads(answer.body)
        assert not urlsplit(problem["instance"]).netloc
        assert problem["status"] == answer.status
        assert KINDS[problem["type"].rpartition("/")[2]].status == answer.status


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param(b"NONSENSE\r\n\r\n", 400, id="no-request-line"),
        pytest.param(bytes(range(256)) * 4, 400, id="noise"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 9, 400, id="tls"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, id="http-2"),
        pytest.param(b"GET /v1 HTTP/9.9\r\n" + HOST + b"\r\n", 400, id="http-9"),
        pytest.param(b"GET /v1 HTTP/1.0\r\n\r\n", 200, id="http-1.0"),
        pytest.param(b"GET /v1\r\n\r\n", 200, id="http-0.9"),
        pytest.param(b"get /v1 HTTP/1.1\r\n" + HOST + b"\r\n", 400, id="method-in-small-letters"),
        pytest.param(b"BREW /v1 HTTP/1.1\r\n" + HOST + b"\r\n", 400, id="no-such-method"),
        pytest.param(b"PROPFIND /v1 HTTP/1.1\r\n" + HOST + b"\r\n", 405, id="method-of-others"),
        pytest.param(b"TRACE /v1 HTTP/1.1\r\n" + HOST + b"\r\n", 405, id="trace"),
        pytest.param(b"CONNECT evil.example:443 HTTP/1.1\r\n" + HOST + b"\r\n", 400, id="connect"),
        pytest.param(b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n", 404, id="asterisk"),
        pytest.param(b"GET  /v1  HTTP/1.1\r\n" + HOST + b"\r\n", 200, id="spaces"),
        pytest.param(b"GET /v1 HTTP/1.1\n" + HOST + b"\n", 400, id="bare-line-feeds"),
        pytest.param(b"\r\n\r\n" + get(b"/v1"), 200, id="empty-lines-first"),
    ],
)
def test_a_strange_request_line(service: Address, sent: bytes, status: int) -> None:
    answer = asked(service, sent)

    assert answer is not None
    assert answer.status == status
    check(answer)


@pytest.mark.parametrize(
    ("target", "status"),
    [
        pytest.param(b"http://evil.example/v1", 200, id="absolute"),
        pytest.param(b"http://evil.example", 400, id="absolute-without-a-path"),
        pytest.param(b"http://a:b@evil.example:99999/v1", 400, id="absolute-with-a-bad-port"),
        pytest.param(b"ftp://evil.example/v1", 200, id="absolute-of-another-scheme"),
        pytest.param(b"v1", 400, id="relative"),
        pytest.param(b"//v1", 404, id="two-slashes"),
        pytest.param(b"//evil.example/v1", 404, id="looks-like-a-host"),
        pytest.param(b"/./v1", 404, id="dot"),
        pytest.param(b"/v1/../v1", 404, id="dots"),
        pytest.param(b"/v1/%2e%2e/%2e%2e/etc/passwd", 404, id="dots-encoded"),
        pytest.param(b"/v1/models/..%2f..%2fetc%2fpasswd", 404, id="slashes-encoded"),
        pytest.param(b"/v1%2fmodels", 200, id="slash-encoded"),
        pytest.param(b"/v1/models/%00", 422, id="nul-encoded"),
        pytest.param(b"/v1/mod\0els", 400, id="nul"),
        pytest.param(b"\\v1\\..\\models", 400, id="backslashes"),
        pytest.param(b"/v1/models/a%0d%0aX-Evil:%201", 422, id="line-break-in-path"),
        pytest.param(b"/v1/models/GPT%204?x=%0d%0aX-Evil:%201", 422, id="line-break-in-query"),
        pytest.param(b"/v1/models/GPT%204?format=json#%0d%0aX-Evil:1", 308, id="fragment"),
        pytest.param(b"/v1/models/%zz%f", 404, id="no-hexadecimal"),
        pytest.param(b"/v1/models/%ff%fe", 404, id="no-utf-8"),
        pytest.param(b"/v1/models/%ed%a0%80", 404, id="surrogate"),
        pytest.param(b"/v1/models/%E2%80%AEtxt", 404, id="right-to-left"),
        pytest.param("/v1/models/é".encode(), 400, id="not-encoded"),
        pytest.param(b"/v1/models?" + b"&" * 20_000, 200, id="empty-parameters"),
        pytest.param(b"/v1/models?" + b"q=a&" * MANY, 422, id="one-parameter-many-times"),
        pytest.param(b"/v1/models?" + b"".join(b"%x&" % n for n in range(MANY)), 422, id="many"),
        pytest.param(b"/v1/models/" + b"a" * 60_000, 422, id="long-path"),
        pytest.param(b"/v1/models/" + b"a" * 70_000, 431, id="path-too-long"),
        pytest.param(b"/v1/models?q=" + b"a" * 10_000_000, 431, id="query-far-too-long"),
    ],
)
def test_a_strange_target(service: Address, target: bytes, status: int) -> None:
    answer = asked(service, get(target))

    assert answer is not None
    assert answer.status == status
    check(answer)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        pytest.param([b"X-A: a\rX-Evil: 1"], 400, id="carriage-return"),
        pytest.param([b"X-A: a\n b"], 400, id="line-feed"),
        pytest.param([b"X-A: a\r\n b"], 400, id="folded"),
        pytest.param([b"X-A: a\0b"], 400, id="nul"),
        pytest.param([b"X-A : a"], 400, id="space-before-the-colon"),
        pytest.param([b"X-A"], 400, id="no-colon"),
        pytest.param([b"X-\xe9: \xff"], 400, id="name-beyond-ascii"),
        pytest.param([b"Accept: \xff\xfe"], 406, id="value-beyond-ascii"),
        pytest.param([b"Host: other.example"], 400, id="two-hosts"),
        pytest.param([b"X-A: " + b"a" * 60_000], 200, id="long"),
        pytest.param([b"X-A: " + b"a" * 10_000_000], 431, id="far-too-long"),
        pytest.param([b"X-%d: a" % number for number in range(90)], 200, id="many"),
        pytest.param([b"X-%d: a" % number for number in range(101)], 431, id="too-many"),
        pytest.param([b"X-%d: a" % number for number in range(100_000)], 431, id="far-too-many"),
        pytest.param([b"Range: bytes=0-0,1-1,2-2"], 200, id="range"),
        pytest.param([b"Expect: the-impossible"], 200, id="expect"),
        pytest.param([b"If-None-Match: " + b'"a",' * 10_000], 200, id="many-tags"),
        pytest.param([b"If-Modified-Since: " + b"9" * 10_000], 200, id="no-date"),
        pytest.param([b"Accept: " + b"a/b;q=1," * MANY], 406, id="many-types"),
        pytest.param([b"Connection: Upgrade", b"Upgrade: websocket"], 200, id="websocket"),
        pytest.param([b"Connection: Upgrade", b"Upgrade: h2c"], 200, id="http-2-offered"),
        pytest.param([b"Content-Length: 5"], 200, id="body-that-does-not-come"),
    ],
)
def test_strange_fields(service: Address, fields: list[bytes], status: int) -> None:
    answer = asked(service, get(b"/v1/models", *fields))

    assert answer is not None
    assert answer.status == status
    check(answer)


def test_nobody_has_two_names_in_an_older_version_either(service: Address) -> None:
    old = get(b"/v1/models", b"Host: other.example").replace(b"HTTP/1.1", b"HTTP/1.0")

    answer = asked(service, old)

    assert answer is not None
    assert answer.status == 400


@pytest.mark.parametrize(
    ("host", "status"),
    [
        pytest.param(b"Host: evil.example\r\n", 308, id="forged"),
        pytest.param(b"Host: a/../b@[\r\n", 308, id="malformed"),
        pytest.param(b"Host:\r\n", 308, id="empty"),
        pytest.param(b"", 400, id="missing"),
        pytest.param(
            HOST + b"X-Forwarded-Host: evil.example\r\nForwarded: host=evil.example\r\n",
            308,
            id="forwarded-by-nobody",
        ),
    ],
)
def test_a_forged_host_leads_nowhere_else(service: Address, host: bytes, status: int) -> None:
    answer = asked(service, b"GET /v1/models/GPT%204 HTTP/1.1\r\n" + host + b"\r\n")

    assert answer is not None
    assert answer.status == status
    assert answer.headers.get("location") in {None, "/v1/models/openai--gpt-4"}


CHUNKED = b"Transfer-Encoding: chunked"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param(get(b"/v1", b"Content-Length: 5") + b"hello", 200, id="of-a-get"),
        pytest.param(post(b"Content-Length: 50", body=b"hello"), 403, id="short"),
        pytest.param(post(b"Content-Length: -1", body=b"hello"), 400, id="negative"),
        pytest.param(post(b"Content-Length: 1e3", body=b"hello"), 400, id="no-number"),
        pytest.param(post(b"Content-Length: " + b"9" * 100), 400, id="no-number-of-this-world"),
        pytest.param(post(b"Content-Length: 99999999"), 413, id="too-large"),
        pytest.param(post(b"Content-Length: 5", b"Content-Length: 6"), 400, id="two-lengths"),
        pytest.param(post(b"Content-Length: 5", CHUNKED, body=b"0\r\n\r\n"), 400, id="two-ways"),
        pytest.param(post(b"Transfer-Encoding: xchunked", body=b"0\r\n\r\n"), 400, id="odd-coding"),
        pytest.param(post(CHUNKED, body=b"zz\r\nhello\r\n"), 400, id="chunk-without-a-size"),
        pytest.param(post(CHUNKED, body=b"-1\r\nhello\r\n"), 400, id="negative-chunk"),
        pytest.param(post(CHUNKED, body=b"f" * 18 + b"\r\n"), 400, id="chunk-of-another-world"),
        pytest.param(post(CHUNKED, body=b"9\r\nhello\r\n0\r\n\r\n"), 400, id="chunk-too-short"),
        pytest.param(
            post(CHUNKED, body=(b"10000\r\n" + b"a" * 65536 + b"\r\n") * 100), 403, id="endless"
        ),
        pytest.param(post(b"Expect: 100-continue", b"Content-Length: 5"), 403, id="asked-before"),
    ],
)
def test_a_strange_body(service: Address, sent: bytes, status: int) -> None:
    answer = asked(service, sent)

    assert answer is not None
    assert answer.status == status
    check(answer)


def test_nothing_is_smuggled_behind_a_body(service: Address) -> None:
    with line_to(service) as line:
        line.say(post(b"Content-Length: 5", CHUNKED, body=b"0\r\n\r\n" + get(b"/v1/smuggled")))
        first = line.hear("POST")

        assert first is not None
        assert first.status == 400
        assert line.is_closed()


def test_requests_in_a_row_are_answered_in_a_row(service: Address) -> None:
    targets = [b"/v1", b"/no", STANDINGS, b"/v1/models"] * 25

    with line_to(service) as line:
        line.say(b"".join(get(target) for target in targets))
        answers = [line.hear() for _ in targets]

    assert [answer and answer.status for answer in answers] == [200, 404, 200, 200] * 25


def test_answers_that_are_due_come_before_the_end(service: Address) -> None:
    with line_to(service) as line:
        # answers that are not kept yet, as those would be there before the nonsense is
        asked_for = get(b"/v1/models?limit=41") + get(STANDINGS + b"?limit=41")
        line.say(asked_for + b"NONSENSE\r\n\r\n" + get(b"/v1"))
        answers = [line.hear() for _ in range(3)]

    assert [answer and answer.status for answer in answers] == [200, 200, None]


def test_who_sends_byte_by_byte_keeps_nobody_waiting(service: Address) -> None:
    with ExitStack() as stack:
        lines = [stack.enter_context(line_to(service)) for _ in range(100)]
        for byte in get(b"/v1"):
            for line in lines:
                line.say(bytes([byte]))
            other = asked(service, get(b"/health/live"))
            assert other is not None
            assert other.status == 200
        answers = [line.hear() for line in lines]

    assert {answer and answer.status for answer in answers} == {200}


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="at-once"),
        pytest.param(b"GET /v1/mod", id="in-the-line"),
        pytest.param(get(STANDINGS)[:-2], id="in-the-header"),
        pytest.param(post(b"Content-Length: 50", body=b"hello"), id="in-the-body"),
        pytest.param(get(STANDINGS), id="before-the-answer"),
        pytest.param(get(b"/openapi.json") * 50, id="in-the-answer"),
    ],
)
@pytest.mark.parametrize("rudely", [False, True], ids=["closed", "reset"])
def test_who_hangs_up_half_way_leaves_no_trace(
    service: Address, sent: bytes, *, rudely: bool
) -> None:
    for _ in range(5):
        with line_to(service) as line:
            line.say(sent)
            if rudely:
                linger = struct.pack("ii", 1, 0)
                line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
