"""The proxy's configuration, tried on the real program before two servers of this process."""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
import pytest
import zstandard

from app.api.limits import Limiter
from app.api.routers.docs import EDITION
from app.main import create_app
from app.store.engine import build_engine, session_factory
from app.wiring import utc_now
from tests.containers.stack import free_port, until
from tests.containers.test_compose import CADDYFILE
from tests.factories import Record
from tests.servers import serving

LARGE = "/openapi.json"
PLAIN = {"Accept-Encoding": "identity"}
DAYS = range(1, 21)
STANDINGS = "/v1/leaderboards/demo-text/standings"
WRONG = "&".join(f"nothing_{number}=1" for number in range(60))


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health/live", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


@contextmanager
def proxied(
    folder: Path, database: Path, *, instead: tuple[str, str] = ("", ""), **settings: str
) -> Iterator[str]:
    """The address of a proxy before one server that answers and one that nobody has started.

    `instead` is a bound of its configuration, and a shorter one to be tried in its place.
    """
    caddy = shutil.which("caddy")
    if caddy is None:
        pytest.skip("there is no `caddy` command")
    port, own, nobody = free_port(), free_port(), free_port()
    configuration = folder / "Caddyfile"
    text = CADDYFILE.read_text(encoding="utf-8")
    for written, tried in (("127.0.0.1:8081", f"127.0.0.1:{own}"), instead):
        assert not written or text.count(written) == 1
        text = text.replace(written, tried) if written else text
    configuration.write_text(text, encoding="utf-8")
    engine = build_engine(f"sqlite:///{database}")
    app = create_app(
        session_factory(engine),
        admin_token=None,
        run_now=None,
        clock=utc_now,
        limiter=Limiter("1/h burst 1000"),
    )
    with serving(app, None, trusted_proxies="127.0.0.1") as (host, replica):
        settings = {
            "PROXY_SITE": f":{port}",
            "PROXY_UPSTREAMS": f"{host}:{replica} {host}:{nobody}",
            "XDG_DATA_HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder),
            **settings,
        }
        words = [caddy, "run", "--adapter", "caddyfile", "--config", str(configuration)]
        with subprocess.Popen(
            words, env={**os.environ, **settings}, stderr=subprocess.DEVNULL
        ) as run:
            try:
                until(lambda: answers(f"http://127.0.0.1:{port}"), 30)
                yield f"http://127.0.0.1:{port}"
            finally:
                run.terminate()
        assert run.returncode == 0
    engine.dispose()


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[str]:
    """One that believes nobody who could ask here."""
    folder = tmp_path_factory.mktemp("proxy")
    file = folder / "almanac.db"
    shutil.copy(sqlite_template, file)
    engine = build_engine(f"sqlite:///{file}")
    days = {f"2024-07-{day:02}": {f"OpenAI/m{n}": 1000 + n for n in range(20)} for day in DAYS}
    Record(session_factory(engine)).history(days)
    engine.dispose()
    with proxied(folder, file, PROXY_TRUSTED="192.0.2.0/24") as address:
        yield address


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_an_answer_is_compressed_and_still_conditional(proxy: str, encoding: str) -> None:
    plain = httpx.get(proxy + LARGE, headers={"Accept-Encoding": "identity"})
    small = httpx.get(proxy + LARGE, headers={"Accept-Encoding": encoding})
    asked = {"Accept-Encoding": encoding, "If-None-Match": small.headers["etag"]}
    again = httpx.get(proxy + LARGE, headers=asked)

    assert "content-encoding" not in plain.headers
    assert small.headers["content-encoding"] == encoding
    assert _decoded(small) == plain.content
    assert small.headers["etag"] == plain.headers["etag"]
    assert small.headers["etag"].startswith('W/"')
    assert "Accept-Encoding" in plain.headers["vary"]
    assert "Accept-Encoding" in small.headers["vary"]
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-control"] == small.headers["cache-control"] != ""


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        (STANDINGS, "application/json"),
        (f"{STANDINGS}?format=csv", "text/csv"),
        (f"{STANDINGS}?format=ndjson", "application/x-ndjson"),
        (f"{STANDINGS}/timemap", "application/link-format"),
        (f"{STANDINGS}?{WRONG}", "application/problem+json"),
        ("/llms.txt", "text/plain"),
        (f"/docs/{EDITION}/swagger-ui.css", "text/css"),
        (f"/docs/{EDITION}/redoc.standalone.js", "text/javascript"),
    ],
)
def test_whatever_is_text_is_compressed(proxy: str, path: str, media_type: str) -> None:
    plain = httpx.get(proxy + path, headers={"Accept-Encoding": "identity"})
    small = httpx.get(proxy + path, headers={"Accept-Encoding": "gzip"})

    assert small.headers["content-type"].partition(";")[0] == media_type
    assert small.headers["content-encoding"] == "gzip"
    assert small.content == plain.content
    assert small.num_bytes_downloaded < len(plain.content)


@pytest.mark.parametrize("path", ["/health/live", f"{STANDINGS}?format=parquet"])
def test_what_would_not_become_smaller_is_not_compressed(proxy: str, path: str) -> None:
    answer = httpx.get(proxy + path, headers={"Accept-Encoding": "gzip, zstd"})

    assert answer.status_code == 200
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize(
    "path",
    [
        *("/metrics", "/metrics/", "//metrics", "/METRICS", "/%6detrics", "/metrics?x=1"),
        *("/health/ready", "/health/ready/", "/health//ready", "/Health/Ready", "/health/./ready"),
    ],
)
def test_the_operator_s_figures_are_not_for_the_world(proxy: str, path: str) -> None:
    answer = httpx.get(proxy + path)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {"type": "about:blank", "title": "Not Found", "status": 404}


def test_a_replica_that_is_away_is_passed_over(proxy: str) -> None:
    codes = [httpx.get(f"{proxy}/v1").status_code for _ in range(30)]

    assert codes == [200] * 30


def test_a_head_that_is_too_large_is_refused(proxy: str) -> None:
    answer = httpx.get(f"{proxy}/v1", headers={"X-Long": "a" * 30_000})

    assert answer.status_code == 431


def test_a_body_that_is_too_large_is_refused(proxy: str) -> None:
    answer = httpx.post(f"{proxy}/v1/sources/lmarena/runs", content=b"a" * 100_000)

    assert answer.status_code == 413
    assert answer.json() == {
        "type": "about:blank",
        "title": "Request Entity Too Large",
        "status": 413,
    }


@pytest.mark.parametrize("pieces", [2, 100])
def test_a_body_of_unknown_length_is_refused_and_takes_nothing_away(
    proxy: str, pieces: int
) -> None:
    codes = [_sent_in_pieces(proxy, pieces) for _ in range(4)]
    others = [httpx.get(f"{proxy}/v1").status_code for _ in range(4)]

    assert set(codes) <= {403, 413, 502, None}
    assert others == [200] * 4


def left(proxy: str, forwarded: str) -> int:
    """How many requests a caller has left who is said to ask for somebody else."""
    answer = httpx.get(f"{proxy}/v1", headers={"X-Forwarded-For": forwarded})
    found = re.search(r"r=(\d+)", answer.headers["ratelimit"])
    assert found is not None, answer.headers["ratelimit"]
    return int(found[1])


def test_whoever_asks_for_others_is_one_client(proxy: str) -> None:
    shares = [left(proxy, f"203.0.113.{number}") for number in range(3)]

    assert shares == [shares[0], shares[0] - 1, shares[0] - 2]


def test_a_balancer_in_front_tells_callers_apart_and_they_cannot_forge(
    tmp_path: Path, sqlite_template: Path
) -> None:
    with proxied(tmp_path, sqlite_template, PROXY_TRUSTED="127.0.0.0/8") as behind:
        alone = [left(behind, f"203.0.113.{number}") for number in range(3)]
        forged = [left(behind, f"203.0.113.{number}, 198.51.100.1") for number in range(3)]

    assert alone == [999] * 3
    assert forged == [999, 998, 997]


@pytest.mark.uncounted
def test_a_caller_that_is_slow_to_ask_is_hung_up_on(proxy: str) -> None:
    host, _, port = proxy.removeprefix("http://").partition(":")
    begun = time.monotonic()
    with socket.create_connection((host, int(port)), timeout=30) as slow:
        slow.sendall(b"GET /v1 HTTP/1.1\r\nHost: x\r\n")
        rest = slow.recv(1000)

    assert rest == b"" or b" 408 " in rest
    assert time.monotonic() - begun < 15


@pytest.mark.uncounted
@pytest.mark.parametrize("is_short", [False, True])
@pytest.mark.parametrize(
    ("bound", "sent"),
    [
        ("read_body 20s", b"POST /v1/sources/lmarena/runs HTTP/1.1\r\nContent-Length: 9\r\n"),
        ("idle 2m", b"GET /health/live HTTP/1.1\r\n"),
    ],
)
def test_a_caller_that_is_silent_is_hung_up_on(
    tmp_path: Path, sqlite_template: Path, bound: str, sent: bytes, *, is_short: bool
) -> None:
    instead = (bound, f"{bound.partition(' ')[0]} 1s" if is_short else bound)
    with (
        proxied(tmp_path, sqlite_template, instead=instead) as address,
        connected(address) as silent,
    ):
        silent.sendall(sent + b"Host: x\r\n\r\n")
        got = everything(silent, 15 if is_short else 3)

    assert (got is not None) is is_short


@pytest.mark.uncounted
@pytest.mark.parametrize("is_short", [False, True])
def test_a_caller_that_is_slow_to_take_its_answer_is_hung_up_on(
    tmp_path: Path, sqlite_template: Path, *, is_short: bool
) -> None:
    number = 30  # answers, more than what lies between the two will hold
    asked = f"GET {LARGE} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    last = asked.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    instead = ("write 10m", "write 1s" if is_short else "write 10m")
    with proxied(tmp_path, sqlite_template, instead=instead) as address:
        whole = int(httpx.get(address + LARGE, headers=PLAIN).headers["content-length"])
        with connected(address) as slow:
            slow.sendall(asked * (number - 1) + last)
            time.sleep(3)
            got = everything(slow, 60)

    assert got is not None
    assert (got < number * whole) is is_short


@contextmanager
def connected(address: str) -> Iterator[socket.socket]:
    """A connection that takes little before it is asked for it."""
    host, _, port = address.removeprefix("http://").partition(":")
    with socket.socket() as made:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        made.connect((host, int(port)))
        yield made


def everything(connection: socket.socket, seconds: float) -> int | None:
    """How many bytes come until the other side hangs up; None if it does not in time."""
    deadline, got = time.monotonic() + seconds, 0
    while (left := deadline - time.monotonic()) > 0:
        connection.settimeout(left)
        try:
            block = connection.recv(1 << 20)
        except TimeoutError:
            return None
        except ConnectionError:
            return got
        if not block:
            return got
        got += len(block)
    return None


def test_without_any_replica_the_proxy_says_when_to_come_again(tmp_path: Path) -> None:
    caddy = shutil.which("caddy")
    if caddy is None:
        pytest.skip("there is no `caddy` command")
    port = free_port()
    settings = {"PROXY_SITE": f":{port}", "PROXY_UPSTREAMS": f"127.0.0.1:{free_port()}"}
    text = CADDYFILE.read_text(encoding="utf-8")
    assert text.count("lb_try_duration 8s") == 1
    text = text.replace("lb_try_duration 8s", "lb_try_duration 0s")
    configuration = tmp_path / "Caddyfile"
    configuration.write_text(text.replace(":8081", f":{free_port()}"), encoding="utf-8")
    folders = {"XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    words = [caddy, "run", "--adapter", "caddyfile", "--config", str(configuration)]
    with subprocess.Popen(
        words, env={**os.environ, **settings, **folders}, stderr=subprocess.DEVNULL
    ) as run:
        try:
            answer = until(lambda: _asked(f"http://127.0.0.1:{port}/v1"), 30)
        finally:
            run.terminate()

    assert answer.status_code in {502, 503}
    assert answer.headers["retry-after"] == "5"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["status"] == answer.status_code


def _sent_in_pieces(proxy: str, number: int) -> int | None:
    """The answer to a body of so many pieces; None if hung up on while it was still sent."""
    pieces = (b"a" * 6_000 for _ in range(number))
    try:
        return httpx.post(f"{proxy}/v1/sources/lmarena/runs", content=pieces).status_code
    except httpx.HTTPError:
        return None


def _decoded(answer: httpx.Response) -> bytes:
    """What was compressed; the client itself knows gzip only."""
    if answer.headers["content-encoding"] == "zstd":
        return zstandard.ZstdDecompressor().decompressobj().decompress(answer.content)
    return answer.content


def _asked(url: str) -> httpx.Response | None:
    try:
        return httpx.get(url, timeout=20)
    except httpx.HTTPError:
        return None
