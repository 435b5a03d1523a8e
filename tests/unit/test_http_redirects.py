"""Where the polite client lets itself be led, and to whom it shows its token."""

import httpx2 as httpx
import pytest

from app.errors import FetchError
from app.sources.http import MAX_REDIRECTS, Client
from tests.upstreams import HUB, Upstream, client_of, failure_of, plain

URL = f"{HUB}/api/thing"
HOSTS = (".cdn.example", "exact.example")


def test_a_redirect_to_a_host_of_the_source_is_followed() -> None:
    upstream = Upstream(
        plain(302, Location="https://eu.cdn.example/a?sig=1", X_Linked_Etag='"digest"'),
        plain(307, Location="/b"),
        plain(content=b"file"),
    )

    with client_of(upstream, hosts=HOSTS) as client:
        response = client.get(URL)

    assert upstream.asked == [URL, "https://eu.cdn.example/a?sig=1", "https://eu.cdn.example/b"]
    assert (response.url, response.body) == ("https://eu.cdn.example/b", b"file")
    assert response.first_headers["X-Linked-Etag"] == '"digest"'


@pytest.mark.parametrize(
    "location",
    [
        pytest.param("https://elsewhere.example/", id="another-host"),
        pytest.param("https://evilcdn.example/", id="suffix-without-its-dot"),
        pytest.param("https://cdn.example/", id="the-suffix-alone"),
        pytest.param("https://sub.exact.example/", id="below-an-exact-name"),
        pytest.param("https://hub.example.elsewhere.example/", id="our-name-in-front"),
        pytest.param("http://hub.example/api/thing", id="no-longer-encrypted"),
        pytest.param("http://a.cdn.example/", id="cdn-no-longer-encrypted"),
        pytest.param("https://hub.example@elsewhere.example/", id="our-name-as-a-user"),
        pytest.param("https://user:word@a.cdn.example/", id="credentials"),
        pytest.param("file:///etc/passwd", id="file"),
        pytest.param("ftp://a.cdn.example/", id="ftp"),
        pytest.param("http://169.254.169.254/latest/meta-data", id="metadata"),
        pytest.param("https://169.254.169.254/latest/meta-data", id="metadata-encrypted"),
        pytest.param("http://127.0.0.1:9/", id="loopback"),
        pytest.param("https://localhost/", id="loopback-name"),
        pytest.param("http://[::1]:9/", id="loopback-six"),
        pytest.param("http://[::ffff:127.0.0.1]/", id="loopback-mapped"),
    ],
)
def test_a_redirect_to_anywhere_else_is_refused(location: str) -> None:
    upstream = Upstream(plain(302, Location=location), plain(content=b"loot"))

    error = failure_of(upstream)

    assert len(upstream.requests) == 1
    assert "is not an address of this source" in str(error)
    assert not error.transient


@pytest.mark.parametrize(
    "location",
    [
        pytest.param(b"https://hub.example\x00.elsewhere/", id="nul"),
        pytest.param(b"https://[::1/", id="broken-bracket"),
        pytest.param(b"https://a.cdn.example:port/", id="no-port"),
        pytest.param(b"https://\x80.example/", id="no-name"),
        pytest.param(b"", id="empty"),
    ],
)
def test_a_redirect_that_is_no_address_is_refused(location: bytes) -> None:
    error = failure_of(Upstream(httpx.Response(302, headers=[(b"Location", location)])))

    assert not error.transient


def test_a_redirect_without_a_target_is_refused() -> None:
    assert "redirects to nowhere" in str(failure_of(Upstream(plain(302))))


def test_a_redirect_loop_ends() -> None:
    upstream = Upstream(plain(302, Location=URL))

    error = failure_of(upstream)

    assert len(upstream.requests) == MAX_REDIRECTS + 1
    assert "redirects more than 5 times" in str(error)


@pytest.mark.parametrize(
    ("endpoint", "location"),
    [
        pytest.param("http://127.0.0.1:8900", "http://localhost:8900/a", id="by-name"),
        pytest.param("http://localhost:8900", "http://[::1]:8901/a", id="by-address"),
        pytest.param("http://127.0.0.1:8900", "https://a.cdn.example/a", id="to-the-real-cdn"),
        pytest.param("http://upstream:8900", "http://upstream:8900/a", id="own-address"),
    ],
)
def test_a_local_endpoint_may_lead_to_its_neighbours(endpoint: str, location: str) -> None:
    upstream = Upstream(plain(302, Location=location), plain())

    with client_of(upstream, endpoint=endpoint, hosts=HOSTS) as client:
        assert client.get(f"{endpoint}/thing").url == location


@pytest.mark.parametrize(
    ("endpoint", "location"),
    [
        pytest.param("http://127.0.0.1:8900", "http://169.254.169.254/", id="metadata"),
        pytest.param("http://upstream:8900", "http://localhost:8900/", id="loopback-from-outside"),
        pytest.param("http://upstream:8900", "http://upstream:22/", id="another-port"),
    ],
)
def test_a_local_endpoint_may_not_lead_anywhere_else(endpoint: str, location: str) -> None:
    upstream = Upstream(plain(302, Location=location), plain())

    error = failure_of(upstream, f"{endpoint}/thing", endpoint=endpoint)

    assert "is not an address of this source" in str(error)


def test_the_token_goes_to_its_own_host_only() -> None:
    upstream = Upstream(
        plain(302, Location="/again"),
        plain(302, Location="https://eu.cdn.example/file"),
        plain(302, Location="https://hub.example:8443/file"),
        plain(),
    )

    with client_of(upstream, hosts=HOSTS, token="hf_secret") as client:
        client.get(URL)

    sent = [request.headers.get("Authorization") for request in upstream.requests]
    assert sent == ["Bearer hf_secret", "Bearer hf_secret", None, None]


def test_without_a_token_nothing_is_sent() -> None:
    upstream = Upstream(plain())

    with client_of(upstream, token=" ") as client:
        client.get(URL)

    assert "Authorization" not in upstream.requests[0].headers


def test_a_token_that_is_none_is_refused_without_showing_it() -> None:
    with pytest.raises(FetchError) as caught:
        Client(source="example", endpoint=HUB, user_agent="test", token="hf_\x07secret")

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(plain(400, X_Error_Message="bad token hf_secret"), id="refusal"),
        pytest.param(plain(429, X_Error_Message="hf_secret!", Retry_After="9999"), id="pause"),
        pytest.param(httpx.ReadError("hf_secret"), id="transport"),
    ],
)
def test_an_error_does_not_show_the_token(answer: httpx.Response | Exception) -> None:
    assert "hf_secret" not in str(failure_of(Upstream(answer), token="hf_secret"))


def test_an_error_does_not_show_a_signed_address() -> None:
    upstream = Upstream(plain(302, Location="https://a.cdn.example/f?Signature=s3"), plain(403))

    error = failure_of(upstream)

    assert "a.cdn.example/f answered 403" in str(error)
    assert "s3" not in str(error)


@pytest.mark.parametrize("port", ["0", "-1", "65536", "99999"])
def test_a_redirect_to_a_port_that_there_is_not_is_refused(port: str) -> None:
    upstream = Upstream(plain(302, Location=f"{HUB}:{port}/"), plain())

    error = failure_of(upstream)

    assert str(error) == f"example: hub.example has no port {port}"
    assert not error.transient
    assert upstream.asked == [URL]
