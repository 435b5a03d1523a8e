"""What the service refuses whatever is asked, and what it tells browsers."""

import re
from dataclasses import replace
from functools import cache

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.api.answer_cache import AnswerCache
from app.api.edge import FIXED
from app.api.limits import Limiter, client_of
from app.main import create_app
from app.store.engine import SessionFactory, build_engine, session_factory
from app.store.queries.catalogue import Catalogue
from app.store.watch import Watch
from tests.api import Api
from tests.factories import Record, SettableClock, snapshot
from tests.stores import stored

STANDINGS = "/v1/leaderboards/demo-text/standings"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database will do: none of this is decided there."""
    return sqlite_url


@stored(autouse=True)
def _something(record: Record) -> None:
    record.add(snapshot("2024-07-01", {"OpenAI/a": 10}))


def limited(sessions: SessionFactory, quota: str) -> Api:
    return Api(sessions, limiter=Limiter(quota))


def test_who_asks_too_much_is_told_when_to_go_on(sessions: SessionFactory) -> None:
    api = limited(sessions, "2/h")
    answers = [api.ask(STANDINGS) for _ in range(2)]
    refused = api.ask(STANDINGS)

    assert [answer.status_code for answer in answers] == [200, 200]
    assert [answer.headers["ratelimit-policy"] for answer in answers] == [
        '"default";q=2;w=3600'
    ] * 2
    assert re.fullmatch(r'"default";r=1;t=\d+', answers[0].headers["ratelimit"])
    assert re.fullmatch(r'"default";r=0;t=\d+', answers[1].headers["ratelimit"])
    assert refused.status_code == 429
    assert refused.json()["type"] == "/v1/problems/too-many-requests"
    assert 1700 < int(refused.headers["retry-after"]) <= 1800


def test_there_may_be_more_at_once_than_in_the_long_run(sessions: SessionFactory) -> None:
    api = limited(sessions, "1/h burst 3")

    assert [api.ask(STANDINGS).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert api.ask(STANDINGS).headers["ratelimit-policy"] == '"default";q=3;w=10800'


def test_whatever_is_asked_counts_but_health(sessions: SessionFactory) -> None:
    api = limited(sessions, "3/h")
    for path, method in (("/v1/nothing", "GET"), (STANDINGS, "HEAD"), ("/v1", "POST")):
        assert api.ask(path, method=method).status_code != 429

    assert api.ask("/v1").status_code == 429
    assert api.ask("/health/live").status_code == 200
    assert "ratelimit" not in api.ask("/health/live").headers


def test_a_kept_answer_tells_nobody_of_anothers_share(sessions: SessionFactory) -> None:
    clock = SettableClock()
    with sessions() as session:
        answers = AnswerCache(100_000, Watch(session.get_bind().engine), clock)
    api = Api(sessions, clock=clock, answers=answers, limiter=Limiter("3/h"))

    told = [api.ask(STANDINGS).headers for _ in range(4)]

    assert [headers["ratelimit"][:13] for headers in told] == [
        '"default";r=2',
        '"default";r=1',
        '"default";r=0',
        '"default";r=0',
    ]
    assert {len(headers.get_list("ratelimit")) for headers in told} == {1}
    assert answers.bytes > 0
    answers.close()


def test_each_client_has_a_share(sessions: SessionFactory) -> None:
    api = limited(sessions, "1/h")
    one, other = (
        TestClient(api.client.app, client=(host, 1)) for host in ("192.0.2.1", "192.0.2.2")
    )

    statuses = [client.get("/v1").status_code for client in (one, other, one, other)]

    assert statuses == [200, 200, 429, 429]


@pytest.mark.parametrize(
    ("host", "client"),
    [
        pytest.param("192.0.2.1", "192.0.2.1", id="address"),
        pytest.param("2001:db8:0:1:2::3", "2001:db8:0:1::/64", id="network"),
        pytest.param("::ffff:192.0.2.1", "192.0.2.1", id="address-in-another"),
        pytest.param("testclient", "testclient", id="name"),
        pytest.param("", "unknown", id="nothing"),
    ],
)
def test_a_client_is_an_address_or_a_network(host: str, client: str) -> None:
    assert client_of({"client": (host, 1)}) == client


def test_a_client_without_an_address_is_one_too() -> None:
    assert client_of({"client": None}) == client_of({}) == "unknown"


@pytest.mark.parametrize("path", [STANDINGS, "/v1/nothing", "/health/live"])
def test_browsers_are_told_what_they_may(api: Api, path: str) -> None:
    headers = api.ask(path, headers={"Origin": "https://else.example"}).headers

    assert set(FIXED) <= set(headers.raw)
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert "access-control-allow-credentials" not in headers


def test_other_sites_may_ask_with_conditions(api: Api) -> None:
    asked = {"Origin": "https://else.example", "Access-Control-Request-Method": "GET"}
    answer = api.client.options(STANDINGS, headers=asked)

    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-methods"] == "GET, HEAD"
    assert answer.headers["access-control-allow-headers"] == "*"


@cache
def with_names() -> FastAPI:
    """A service that goes by two names: made once, as it takes a while to describe itself."""
    return create_app(
        session_factory(build_engine("sqlite://")),
        admin_token=None,
        run_now=None,
        clock=SettableClock(),
        hosts=("almanac.example", "[::1]"),
    )


@pytest.mark.parametrize(
    ("host", "status"),
    [
        pytest.param("almanac.example", 200, id="name"),
        pytest.param("Almanac.Example:8000", 200, id="name-with-port"),
        pytest.param("[::1]", 200, id="address"),
        pytest.param("evil.example", 400, id="another"),
        pytest.param("almanac.example.evil.example", 400, id="longer"),
        pytest.param("almanac.example:evil", 400, id="no-port"),
        pytest.param("", 400, id="nothing"),
    ],
)
def test_a_service_with_names_goes_by_no_other(
    sessions: SessionFactory, host: str, status: int
) -> None:
    app = with_names()
    app.state.services = replace(app.state.services, sessions=sessions, catalogue=Catalogue())

    client = TestClient(app)
    assert client.get(STANDINGS, headers={"Host": host}).status_code == status
    assert client.get("/health/live", headers={"Host": host}).status_code == 200
