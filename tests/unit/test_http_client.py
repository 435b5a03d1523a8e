"""The polite client against answers made up on the spot: what it asks, accepts and refuses."""

import gzip

import httpx2 as httpx
import pytest

from app.errors import FetchError
from app.sources.http import ClientLimits
from tests.upstreams import HUB, FakeTime, Upstream, client_of, failure_of, plain

URL = f"{HUB}/api/thing"


def test_an_answer_comes_whole_with_its_headers() -> None:
    upstream = Upstream(plain(content=b"data", ETag='"1"'))

    with client_of(upstream) as client:
        response = client.get(URL)

    assert (response.status, response.body, response.url) == (200, b"data", URL)
    assert response.headers["etag"] == response.first_headers["ETag"] == '"1"'


def test_a_request_says_who_is_asking() -> None:
    upstream = Upstream(plain())

    with client_of(upstream) as client:
        client.get(URL)

    assert upstream.requests[0].headers["User-Agent"] == "almanac/test (tests@almanac.example)"
    assert upstream.requests[0].headers["Accept-Encoding"] == "gzip"


def test_a_known_etag_makes_the_request_conditional() -> None:
    upstream = Upstream(plain(304, b""))

    with client_of(upstream) as client:
        response = client.get(URL, etag='W/"1"')

    assert upstream.requests[0].headers["If-None-Match"] == 'W/"1"'
    assert (response.status, response.body) == (304, b"")


def test_a_304_that_was_not_asked_for_is_refused() -> None:
    error = failure_of(Upstream(plain(304, b"")))

    assert "answered 304" in str(error)
    assert not error.transient


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_passing_status_is_tried_again(status: int) -> None:
    time = FakeTime()
    upstream = Upstream(plain(status), plain(status), plain())

    with client_of(upstream, time=time) as client:
        response = client.get(URL)

    assert response.body == b"data"
    first, second = time.slept
    assert 1 <= first <= 2 <= second <= 3


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(httpx.ConnectError("refused"), id="connect"),
        pytest.param(httpx.ConnectTimeout("slow"), id="connect-timeout"),
        pytest.param(httpx.ReadTimeout("silent"), id="read-timeout"),
        pytest.param(httpx.RemoteProtocolError("cut off"), id="protocol"),
    ],
)
def test_a_broken_connection_is_tried_again(error: Exception) -> None:
    with client_of(Upstream(error, plain())) as client:
        assert client.get(URL).body == b"data"


def test_the_number_of_tries_is_bounded() -> None:
    upstream = Upstream(plain(503))

    error = failure_of(upstream, limits=ClientLimits(tries=3))

    assert len(upstream.requests) == 3
    assert error.transient
    assert error.status == 503
    assert str(error) == "example: hub.example/api/thing answered 503 Service Unavailable"


@pytest.mark.parametrize("status", [204, 206, 400, 401, 403, 404, 410, 416, 451, 501, 505])
def test_a_lasting_status_is_not_tried_again(status: int) -> None:
    upstream = Upstream(plain(status, b""))

    error = failure_of(upstream)

    assert len(upstream.requests) == 1
    assert not error.transient
    assert error.status == status
    assert f"hub.example/api/thing answered {status}" in str(error)


def test_what_never_answered_has_no_status() -> None:
    assert failure_of(Upstream(httpx.ConnectError("no name"))).status is None


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param(
            plain(401, X_Error_Code="RepoNotFound", X_Error_Message="Repository not found"),
            "(RepoNotFound; Repository not found; there is no such repository, or it is private",
            id="missing-repository",
        ),
        pytest.param(plain(403, X_Error_Code="GatedRepo"), "a gated repository needs", id="gated"),
        pytest.param(
            plain(404, X_Error_Code="EntryNotFound"), "(EntryNotFound; there is no", id="entry"
        ),
        pytest.param(plain(400, X_Error_Message="e" * 9999), "e" * 200 + "...)", id="long-story"),
        pytest.param(plain(400, X_Error_Message="a\x1b[2Jb"), "(a [2Jb)", id="control-characters"),
    ],
)
def test_a_refusal_is_readable(answer: httpx.Response, said: str) -> None:
    error = failure_of(Upstream(answer))

    assert said in str(error)
    assert len(str(error)) < 400


@pytest.mark.parametrize(
    ("headers", "least"),
    [
        pytest.param({"Retry-After": "7"}, 7, id="seconds"),
        pytest.param(
            {
                "Retry-After": "Wed, 01 Jul 2026 00:01:00 GMT",
                "Date": "Wed, 01 Jul 2026 00:00:00 GMT",
            },
            60,
            id="date",
        ),
        pytest.param({"RateLimit": '"api";r=0;t=55'}, 56, id="spent-quota"),
        pytest.param({"RateLimit": '"api";r=0;t=55', "Retry-After": "90"}, 90, id="the-longer"),
    ],
)
def test_upstream_says_how_long_to_wait(headers: dict[str, str], least: float) -> None:
    time = FakeTime()
    upstream = Upstream(httpx.Response(429, headers=headers), plain())

    with client_of(upstream, time=time) as client:
        client.get(URL)

    assert sum(time.slept) == pytest.approx(least)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Retry-After": "-5"}, id="negative"),
        pytest.param({"Retry-After": "soon"}, id="garbage"),
        pytest.param({"Retry-After": "Wed, 01 Jul 2026 00:01:00 GMT"}, id="date-without-clock"),
        pytest.param(
            {
                "Retry-After": "Wed, 01 Jul 2026 00:01:00 GMT",
                "Date": "Wed, 01 Jul 2026 00:02:00 GMT",
            },
            id="date-in-the-past",
        ),
        pytest.param(
            {"Retry-After": "Wed, 01 Jul 2026 00:01:00", "Date": "Wed, 01 Jul 2026 00:00:00 GMT"},
            id="dates-that-do-not-compare",
        ),
        pytest.param({"RateLimit": '"api";r=0;t=x'}, id="quota-garbage"),
        pytest.param({"RateLimit": '"api";t=5'}, id="quota-incomplete"),
    ],
)
def test_a_pause_that_makes_no_sense_is_ours_to_choose(headers: dict[str, str]) -> None:
    time = FakeTime()
    upstream = Upstream(httpx.Response(429, headers=headers), plain())

    with client_of(upstream, time=time) as client:
        client.get(URL)

    assert 1 <= sum(time.slept) <= 2


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Retry-After": "86400"}, id="a-day"),
        pytest.param({"Retry-After": "9" * 5000}, id="absurd"),
        pytest.param({"RateLimit": '"api";r=0;t=999999'}, id="quota"),
    ],
)
def test_a_pause_beyond_patience_ends_the_request(headers: dict[str, str]) -> None:
    time = FakeTime()
    upstream = Upstream(httpx.Response(429, headers=headers), plain())

    error = failure_of(upstream, time=time)

    assert error.transient
    assert "answered 429 Too Many Requests and asks to wait" in str(error)
    assert not time.slept


def test_a_spent_quota_delays_the_next_request() -> None:
    time = FakeTime()
    upstream = Upstream(plain(RateLimit='"api";r=0;t=55'), plain(RateLimit='"api";r=499;t=300'))

    with client_of(upstream, time=time) as client:
        client.get(URL)
        assert not time.slept
        client.get(URL)
        client.get(URL)

    assert time.slept == [56]


def test_a_body_over_the_cap_is_refused() -> None:
    error = failure_of(Upstream(plain(content=b"12345")), limits=ClientLimits(max_bytes=4))

    assert str(error) == "example: hub.example/api/thing announces 5 bytes, more than 4"
    assert not error.transient


def test_a_caller_can_only_lower_the_cap() -> None:
    upstream = Upstream(plain(content=b"12345"))

    with client_of(upstream, limits=ClientLimits(max_bytes=8)) as client:
        assert client.get(URL, max_bytes=99).body == b"12345"
        with pytest.raises(FetchError):
            client.get(URL, max_bytes=4)


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "GZip "])
def test_a_gzip_body_is_unpacked(coding: str) -> None:
    packed = gzip.compress(b"data" * 1000)

    with client_of(lambda _: raw(packed, coding)) as client:
        assert client.get(URL).body == b"data" * 1000


def test_an_identity_coding_is_no_coding() -> None:
    with client_of(lambda _: raw(b"data", "identity")) as client:
        assert client.get(URL).body == b"data"


@pytest.mark.parametrize(
    "packed",
    [
        pytest.param(gzip.compress(b"data" * 1000)[:-9], id="cut-off"),
        pytest.param(gzip.compress(b"data" * 1000) + b"more", id="something-after-the-end"),
        pytest.param(b"not gzip at all", id="not-gzip"),
        pytest.param(b"", id="empty"),
    ],
)
def test_a_damaged_gzip_body_is_tried_again(packed: bytes) -> None:
    answers = iter([raw(packed, "gzip"), raw(gzip.compress(b"data"), "gzip")])

    with client_of(lambda _: next(answers)) as client:
        assert client.get(URL).body == b"data"


@pytest.mark.parametrize("coding", ["br", "zstd", "deflate", "gzip, gzip", "gzip,identity", "\x7f"])
def test_a_coding_that_was_not_asked_for_is_refused(coding: str) -> None:
    error = failure_of(lambda _: raw(b"data", coding))

    assert "not asked for" in str(error)
    assert not error.transient


def raw(content: bytes, coding: str) -> httpx.Response:
    """An answer whose body is sent as it is, whatever coding its headers claim."""
    return httpx.Response(
        200, headers={"Content-Encoding": coding}, stream=httpx.ByteStream(content)
    )
