"""A question that is in order goes a shorter way than FastAPI's, to the same answer."""

from collections.abc import Callable
from datetime import datetime
from itertools import product
from typing import Any
from urllib.parse import urlencode

import pytest
from anyio.to_thread import run_sync
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api import direct
from app.api.direct import ON_LOOP, SHORT, Direct, Failed
from app.api.routers import V1_ROUTERS
from app.main import DIRECT
from app.store.engine import build_engine, session_factory
from tests.api import Api
from tests.description import application
from tests.factories import Record, leaderboard, snapshot
from tests.lists import lists

STANDINGS = "/v1/leaderboards/demo-text/standings"
HISTORY = "/v1/models/alibaba--qwen-1/history"
WELL_ASKED = [
    "/v1/leaderboards/demo-text",
    "/v1/models/alibaba--qwen-1",
    "/v1/organizations/alibaba?window=P30D",
    "/v1/countries/CN",
    "/v1/sources/demo",
    "/health/ready",
    f"{STANDINGS}?limit=1&fields=rank,model.id&format=csv",
    f"{STANDINGS}?organization=alibaba&as_of=2024-07-25T00:00:00Z&compare_to=2024-07-01",
    f"{STANDINGS}?known_at=2024-07-02&official=true&max_parameters=7.5&include_partial=true",
    f"{HISTORY}?leaderboard=demo-text&from=2024-07-02&to=2024-07-25&granularity=week",
    "/v1/leaderboards/demo-text/movements?window=P10D&sort=-rank_change",
]
REFUSED_LATER = [
    "/v1/leaderboards/Demo-Text/standings",
    "/v1/leaderboards/nobody/standings",
    f"{STANDINGS}?organization=nobody",
    f"{STANDINGS}?limit=501",
    f"{STANDINGS}?cursor=x",
    f"{HISTORY}?leaderboard=nobody",
    "/v1/models/Alibaba/qwen-1",
    "/v1/models/no/such/history",
    "/v1/sources/demo/runs/7",
]
NOT_IN_ORDER = [
    f"{STANDINGS}?limit=0",
    f"{STANDINGS}?limit=",
    f"{STANDINGS}?limit=1e2&as_of=never",
    f"{STANDINGS}?as_off=2024-07-01",
    f"{STANDINGS}?limit=1&limit=2",
    f"{STANDINGS}?format=xml",
    f"{STANDINGS}?fields=rank,nothing",
    HISTORY,
    f"{HISTORY}?leaderboard=",
    f"{HISTORY}?leaderboard=demo-text&from_=2024-07-01",
    "/v1/leaderboards/%00/standings",
    "/v1/sources/demo/runs/first",
]
USUAL = ["/v1", "/v1/problems", "/v1/problems/not-found", "/health/live", "/v1/nothing", "/docs"]
HEADERS = [
    {"Accept": "text/csv"},
    {"Accept": "application/json;q=0.5, */*;q=0.1"},
    {"Accept": "image/png"},
    {"Accept-Datetime": "Wed, 03 Jul 2024 12:00:00 GMT"},
    {"If-None-Match": "*"},
]
pytestmark = pytest.mark.usefixtures("told")


def told(api: Api, path: str, **request: object) -> tuple[int, dict[str, str], bytes]:
    """All of an answer."""
    answer = api.client.request(url=path, **{"method": "GET", **request})  # type: ignore[arg-type]
    return answer.status_code, dict(answer.headers), answer.content


def led_through(app: ASGIApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an application answer in place of the direct way and FastAPI's."""
    monkeypatch.setattr(application().edge, "app", app)


async def usually(scope: Scope, receive: Receive, send: Send) -> None:
    """FastAPI's way, whatever stands in front of it."""
    await FastAPI.__call__(application(), scope, receive, send)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database will do: none of this is decided there."""
    return sqlite_url


@pytest.fixture
def paths(api: Api) -> list[str]:
    """All that may be asked, and what may not."""
    found = [f"{one.path}?{urlencode(one.query)}" for one in lists(api)]
    return [*found, *WELL_ASKED, *REFUSED_LATER, *NOT_IN_ORDER, *USUAL]


def test_both_ways_lead_to_the_same_answer(
    api: Api, paths: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, dict[str, str]]] = [(path, {}) for path in paths]
    asked += product([STANDINGS, f"{HISTORY}?leaderboard=demo-text", *NOT_IN_ORDER], HEADERS)
    short = [told(api, path, headers=headers) for path, headers in asked]

    led_through(usually, monkeypatch)
    usual = [told(api, path, headers=headers) for path, headers in asked]

    assert {status for status, _, _ in usual} == {200, 302, 304, 308, 404, 406, 422}
    for (path, headers), one, other in zip(asked, short, usual, strict=True):
        assert one == other, (path, headers)


@pytest.mark.parametrize("method", ["HEAD", "POST", "OPTIONS", "DELETE"])
def test_both_ways_lead_to_the_same_with_another_method(
    api: Api, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [STANDINGS, f"{HISTORY}?leaderboard=demo-text", "/v1/sources/demo/runs", "/v1/none"]
    short = [told(api, path, method=method) for path in asked]

    led_through(usually, monkeypatch)

    assert short == [told(api, path, method=method) for path in asked]


def test_only_what_is_not_in_order_goes_the_usual_way(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = [f"{one.path}?{urlencode(one.query)}" for one in lists(api)]
    usual = Response("the usual way", status_code=418)
    in_front = Direct(Failed(usual), DIRECT[: len(V1_ROUTERS)], application())
    led_through(in_front, monkeypatch)

    def statuses(paths: list[str]) -> dict[str, int]:
        return {path: told(api, path)[0] for path in paths}

    answered = statuses([*listed, *WELL_ASKED, *REFUSED_LATER])
    assert {path for path, status in answered.items() if status == 418} == {
        "/v1/problems?",
        "/health/ready",
    }
    assert set(statuses([*NOT_IN_ORDER, *USUAL]).values()) == {418}


def test_what_leads_elsewhere_or_says_that_nothing_changed_goes_the_short_way(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = Response("the usual way", status_code=418)
    led_through(Direct(usual, DIRECT[: len(V1_ROUTERS)], application()), monkeypatch)

    asked = [
        told(api, STANDINGS, headers={"If-None-Match": told(api, STANDINGS)[1]["etag"]}),
        told(api, "/v1/leaderboards/Demo-Text/standings"),
        told(api, "/v1/leaderboards/nobody/standings"),
    ]

    assert [status for status, _, _ in asked] == [304, 308, 418]


def test_where_a_proxy_has_put_the_service_elsewhere_it_goes_the_usual_way(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = Response("the usual way", status_code=418)
    led_through(Direct(usual, DIRECT[: len(V1_ROUTERS)], application()), monkeypatch)
    behind = TestClient(api.client.app, root_path="/almanac")

    assert behind.get(STANDINGS).status_code == 418


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is answered by a thread, in order."""
    asked: list[str] = []

    async def by_a_thread(
        answer: Callable[..., Response],
        request: Request,
        *rest: Any,  # noqa: ANN401 - as `run_sync` has it
        **how: Any,  # noqa: ANN401
    ) -> Response:
        asked.append(request.url.path)
        return await run_sync(answer, request, *rest, **how)

    monkeypatch.setattr(direct, "run_sync", by_a_thread)
    return asked


def test_what_is_in_memory_is_answered_by_no_thread(
    api: Api, record: Record, threads: list[str]
) -> None:
    history = f"{HISTORY}?leaderboard=demo-text"
    first = [told(api, path) for path in (STANDINGS, history)]
    assert len(threads) == 2

    again = [told(api, path) for path in (STANDINGS, history)]

    assert again == first
    assert len(threads) == 2
    record.add(snapshot("2024-07-29", {"Alibaba/qwen-1": 5}))
    assert [told(api, path)[0] for path in (STANDINGS, history)] == [200, 200]
    assert len(threads) == 4


@pytest.mark.parametrize(
    "path",
    [
        f"{STANDINGS}?organization=alibaba",
        f"{STANDINGS}?format=csv",
        f"{STANDINGS}?fields=rank",
        f"{STANDINGS}?known_at=2024-07-02",
        f"{STANDINGS}?include_partial=true",
        f"{HISTORY}?leaderboard=demo-text&known_at=2024-07-02",
        f"{HISTORY}?leaderboard=demo-text&granularity=week",
        "/v1/models/nobody/history?leaderboard=demo-text",
        "/v1/leaderboards/demo-text",
    ],
)
def test_what_may_take_long_is_answered_by_a_thread(
    api: Api, path: str, threads: list[str]
) -> None:
    first = told(api, path)

    assert told(api, path) == first
    assert len(threads) == 2


def test_histories_of_many_editions_are_read_by_a_thread(
    api: Api, record: Record, threads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    record.history({f"2024-06-{day:02}": {"Alibaba/qwen-1": day} for day in range(1, 9)})
    part = f"{HISTORY}?leaderboard=demo-text&from=2024-06"
    told(api, f"{part}-08")
    threads.clear()

    told(api, f"{part}-07")
    editions = api.get("/v1/leaderboards/demo-text/editions", limit=500)["data"]
    later = [one for one in editions if one["edition_date"] >= "2024-06-06"]
    threads.clear()
    monkeypatch.setattr("app.api.histories.MANY_EDITIONS", len(later))
    told(api, f"{part}-06")
    assert threads == []
    first, again, then = (told(api, f"{part}-02") for _ in range(3))

    assert first == again == then
    assert len(threads) == 1


def test_an_edition_of_many_entries_is_read_by_a_thread(
    api: Api, record: Record, threads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    record.history({f"2024-06-{day:02}": {"OpenAI/a": day, "OpenAI/b": 2} for day in range(1, 7)})
    told(api, STANDINGS)
    threads.clear()

    told(api, f"{STANDINGS}?as_of=2024-06-06")
    monkeypatch.setattr("app.api.record.MANY_ENTRIES", 2)
    told(api, f"{STANDINGS}?as_of=2024-06-04")
    assert threads == []
    monkeypatch.setattr("app.api.record.MANY_ENTRIES", 1)
    told(api, f"{STANDINGS}?as_of=2024-06-02")
    assert len(threads) == 1


def test_names_are_laid_out_by_a_thread(api: Api, record: Record, threads: list[str]) -> None:
    told(api, STANDINGS)
    record.add(snapshot("2024-07-01", {"OpenAI/new": 5}, leaderboard("demo-other")))
    told(api, "/v1/models")  # reads them
    threads.clear()

    first, again = (told(api, STANDINGS) for _ in range(2))

    assert first == again
    assert threads == [STANDINGS]


def test_where_the_past_is_is_looked_for_by_a_thread(api: Api, threads: list[str]) -> None:
    when = {"Accept-Datetime": "Wed, 03 Jul 2024 12:00:00 GMT"}

    assert [told(api, STANDINGS, headers=when)[0] for _ in range(2)] == [302, 302]
    assert len(threads) == 2


def test_a_server_is_waited_for_by_a_thread(postgresql_url: str, threads: list[str]) -> None:
    engine = build_engine(postgresql_url)
    sessions = session_factory(engine)
    Record(sessions).add(snapshot("2024-07-01", {"OpenAI/a": 5}))
    far = Api(sessions)

    assert [told(far, STANDINGS)[0] for _ in range(3)] == [200] * 3
    assert len(threads) == 3
    engine.dispose()


def test_what_goes_wrong_before_the_endpoint_is_told_as_ever(api: Api) -> None:
    def no_clock() -> datetime:
        raise RuntimeError("it has stopped")

    broken = Api(api.sessions, clock=no_clock)  # type: ignore[arg-type]

    answer = broken.ask(STANDINGS)

    assert (answer.status_code, answer.json()["type"]) == (500, "/v1/problems/internal-error")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_what_is_short_is_there() -> None:
    known = {
        operation["operationId"]
        for path in application().openapi()["paths"].values()
        for operation in path.values()
    }
    assert ON_LOOP < SHORT < known
