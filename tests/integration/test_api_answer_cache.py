"""Kept answers are the same as those worked out anew, whatever happens meanwhile."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.api.answer_cache import MOST_KEY_BYTES, AnswerCache, Told
from app.api.answers import Exchange
from app.api.limits import Limiter
from app.main import create_app
from app.store.engine import SessionFactory
from app.store.watch import Watch
from tests.api import Api, statements
from tests.factories import Record, SettableClock, leaderboard, snapshot
from tests.stores import stored

STANDINGS = "/v1/leaderboards/demo-text/standings"
OTHER = "/v1/leaderboards/demo-other/standings"
PATHS = [
    STANDINGS,
    OTHER,
    f"{STANDINGS}?format=csv",
    f"{STANDINGS}?as_of=2024-07-01&known_at=2024-07-02",  # closed
    f"{STANDINGS}?as_of=2024-07-01&known_at=2024-07-31",
    f"{STANDINGS}?fields=rank,model.id",
    "/v1/leaderboards",
    "/v1/leaderboards/demo-text/leaders",
    "/v1/models/openai--a",
    "/v1/models/openai--a/history?leaderboard=demo-text",
    "/v1/organizations",
    "/v1/sources/demo",
    "/v1/models/nobody",
    "/v1/models/a",
    "/openapi.json",
]
PUBLISHED = datetime(2024, 7, 3, tzinfo=UTC)
_publications = count()  # a record outlives an example, and publishes nothing twice at a moment
SETTINGS = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def with_cache(sessions: SessionFactory, most_bytes: int = 10_000_000) -> Api:
    """A caller of a service that keeps answers, as another process does."""
    clock = SettableClock()
    with sessions() as session:
        watch = Watch(session.get_bind().engine)
    return Api(sessions, clock=clock, answers=AnswerCache(most_bytes, watch, clock))


@pytest.fixture
def cached(sessions: SessionFactory) -> Iterator[Api]:
    """A service that keeps its answers."""
    api = with_cache(sessions)
    yield api
    answers_of(api).close()


@stored(autouse=True)
def _something(record: Record) -> None:
    record.add(snapshot("2024-07-01", {"OpenAI/a": 10, "Meta/b": 9}))
    record.add(snapshot("2024-07-01", {"OpenAI/a": 1}, leaderboard("demo-other")))


def answers_of(api: Api) -> AnswerCache:
    assert api.answers is not None
    return api.answers


def told(api: Api, path: str, **how: Any) -> tuple[int, dict[str, str], bytes]:  # noqa: ANN401
    answer = api.ask(path, **how)
    return answer.status_code, dict(answer.headers), answer.content


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_kept_answer_is_the_one_worked_out(api: Api, cached: Api, path: str, method: str) -> None:
    plain = told(api, path, method=method)

    assert [told(cached, path, method=method) for _ in range(3)] == [plain] * 3
    assert told(cached, path) == told(api, path)
    assert told(cached, path, method=method) == plain


@pytest.mark.parametrize("path", PATHS)
def test_conditions_are_judged_as_ever(api: Api, cached: Api, path: str) -> None:
    headers = api.ask(path).headers
    conditions = [
        {"If-None-Match": headers.get("etag", "x")},
        {"If-None-Match": f'W/{headers.get("etag", "x")}, "other"'},
        {"If-None-Match": '"other"'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": headers.get("last-modified", "never")},
        {"If-Modified-Since": "Thu, 01 Aug 2000 12:00:00 GMT"},
        {"If-Modified-Since": "yesterday"},
    ]

    for _ in range(2):
        for condition in conditions:
            assert told(cached, path, headers=condition) == told(api, path, headers=condition)
        cached.ask(path)


def test_nothing_is_asked_of_the_database_again(cached: Api) -> None:
    cached.ask(STANDINGS)

    with statements(cached.engine) as sent:
        assert cached.ask(STANDINGS).status_code == 200
        assert cached.ask(STANDINGS, method="HEAD").status_code == 200

    assert sent == []


def test_who_always_has_it_never_needs_it(api: Api, cached: Api) -> None:
    headers = {"If-None-Match": api.ask(STANDINGS).headers["etag"]}
    assert cached.ask(STANDINGS, headers=headers).status_code == 304

    with statements(cached.engine) as sent:
        assert cached.ask(STANDINGS, headers=headers).status_code == 304
    assert sent == []
    assert told(cached, STANDINGS) == told(api, STANDINGS)


def test_what_can_be_told_at_once_is_what_is_kept_and_true(
    sessions: SessionFactory, record: Record
) -> None:
    clock = SettableClock()
    with sessions() as session:
        answers = AnswerCache(10_000_000, Watch(session.get_bind().engine), clock)
    app = create_app(sessions, admin_token=None, run_now=None, clock=clock, answers=answers)
    client = TestClient(app)

    def at_once(method: str = "GET", path: str = STANDINGS, **fields: str) -> Told | None:
        async def ask() -> Told | None:
            sent = {"host": "testserver", "accept": "*/*", **fields}
            raw = [(name.encode(), value.encode()) for name, value in sent.items()]
            return app.at_once(method, path.encode(), raw)

        return asyncio.run(ask())

    asked = at_once(), client.get(STANDINGS), client.get(f"{STANDINGS}?limit=1")
    etag = asked[1].headers["etag"]
    kept = at_once(), at_once("HEAD"), at_once(**{"if-none-match": etag})
    limited = at_once(path=f"{STANDINGS}?limit=1")
    others = (
        at_once("POST"),
        at_once(path=OTHER),
        at_once(accept="text/csv"),
        at_once(host="elsewhere"),
        at_once(authorization="Bearer x"),
    )
    app.state.services = replace(app.state.services, limiter=Limiter(None))
    unlimited = at_once(), at_once(**{"x-api-key": "almanac_x"})
    app.state.services = replace(app.state.services, limiter=Limiter("9/s"))
    counted = at_once()
    app.state.services = replace(app.state.services, limiter=None)
    record.add(snapshot("2024-07-02", {"Meta/b": 11}))
    stale = at_once()
    app.state.services = replace(app.state.services, answers=None)
    unkept = at_once()
    answers.close()

    assert [asked[0], *others, unlimited[1], counted, stale, unkept] == [None] * 10
    if answers.is_instant:
        assert all(one is not None for one in (*kept, limited, unlimited[0]))
        assert [one and (one.status, one.body) for one in kept] == [
            (200, asked[1].content),
            (200, b""),
            (304, b""),
        ]
        assert limited is not None
        assert limited.body == asked[2].content
        assert kept[0] == unlimited[0]
        assert kept[0] is not None
        told_fields = {name.decode(): value.decode() for name, value in kept[0].headers}
        assert told_fields == dict(asked[1].headers)
    else:
        assert {*kept, limited, unlimited[0]} == {None}


def test_a_snapshot_is_seen_the_moment_it_lands(cached: Api, record: Record) -> None:
    before = cached.get(STANDINGS)
    record.add(snapshot("2024-07-02", {"Meta/b": 11, "OpenAI/a": 10}))
    after = cached.get(STANDINGS)

    assert before["data"][0]["model"]["id"] == "openai--a"
    assert after["data"][0]["model"]["id"] == "meta--b"


def test_a_commit_that_is_about_another_board_costs_little(cached: Api, record: Record) -> None:
    with statements(cached.engine) as first:
        before = told(cached, STANDINGS)
    record.add(snapshot("2024-07-02", {"OpenAI/a": 2}, leaderboard("demo-other")))

    with statements(cached.engine) as sent:
        assert told(cached, STANDINGS) == before
    with statements(cached.engine) as again:
        assert told(cached, STANDINGS) == before

    assert 0 < len(sent) < len(first) / 2
    assert again == []


def test_tomorrow_is_another_day(cached: Api) -> None:
    today = cached.get(STANDINGS)
    cached.clock.advance(timedelta(days=1))

    assert (today["meta"]["as_of"], cached.get(STANDINGS)["meta"]["as_of"]) == (
        "2024-08-01",
        "2024-08-02",
    )


def test_what_is_told_to_one_is_not_told_to_all(cached: Api) -> None:
    cached.ask(STANDINGS, headers={"Authorization": "Bearer x"})
    cached.ask("/v1/sources")
    cached.ask("/v1/models/nobody")
    cached.ask("/v1/models/a")
    cached.ask("/health/ready")
    cached.ask("/v1/sources/demo/runs", method="POST")
    cached.ask(f"{STANDINGS}?organization={'x' * MOST_KEY_BYTES}")

    assert answers_of(cached).bytes == 0


def test_forms_are_kept_apart(cached: Api) -> None:
    for _ in range(2):
        for accept, kind in (
            ("application/json", "application/json"),
            ("text/csv", "text/csv; charset=utf-8; header=present"),
        ):
            answer = cached.ask(STANDINGS, headers={"Accept": accept})
            assert answer.headers["content-type"] == kind


def not_asked(*_given: object, **_further: object) -> None:
    raise AssertionError("it is worked out")


def test_memory_is_bounded(sessions: SessionFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    api = with_cache(sessions, most_bytes=60_000)
    answers = answers_of(api)
    for limit in range(1, 60):
        api.ask(f"{STANDINGS}?limit={limit}")
        assert answers.bytes <= 60_000
    full = answers.bytes

    monkeypatch.setattr(Exchange, "settle", not_asked)
    assert api.ask(f"{STANDINGS}?limit=59").status_code == 200
    assert api.ask(f"{STANDINGS}?limit=1").status_code == 500
    assert full > 40_000
    answers.close()


def test_what_is_too_large_is_not_kept(sessions: SessionFactory) -> None:
    api = with_cache(sessions, most_bytes=8_000)

    assert told(api, STANDINGS) == told(api, STANDINGS)
    assert answers_of(api).bytes == 0
    answers_of(api).close()


def test_what_is_gone_is_not_kept(cached: Api) -> None:
    cached.ask(STANDINGS)
    answers = answers_of(cached)
    kept = answers.bytes
    answers.close()

    assert kept > 0
    assert cached.ask(STANDINGS).status_code == 200


def test_a_question_is_answered_once_for_all_who_ask_it(cached: Api) -> None:
    with statements(cached.engine) as alone:
        cached.ask(OTHER)
    with statements(cached.engine) as sent, ThreadPoolExecutor(8) as callers:
        answers = list(callers.map(lambda _: cached.ask(STANDINGS), range(8)))

    assert {answer.status_code for answer in answers} == {200}
    assert len(sent) < 2 * len(alone)


editions = st.tuples(st.sampled_from(["2024-07-01", "2024-07-02"]), st.sampled_from(["text", "x"]))


@SETTINGS
@given(st.lists(st.tuples(editions, st.floats(1, 100)), max_size=4), st.data())
def test_cached_is_uncached_whatever_is_written(
    api: Api,
    cached: Api,
    record: Record,
    writes: list[tuple[tuple[str, str], float]],
    data: st.DataObject,
) -> None:
    for (day, board), score in writes:
        path = data.draw(st.sampled_from(PATHS))
        headers = cached.ask(path).headers
        record.add(
            snapshot(day, {"OpenAI/a": score, "Meta/b": 50}, leaderboard(f"demo-{board}")),
            published_at=PUBLISHED + timedelta(minutes=next(_publications)),
        )
        condition = {"If-None-Match": headers.get("etag", "x")}

        assert told(cached, path, headers=condition) == told(api, path, headers=condition)
        assert told(cached, path) == told(api, path)


def test_a_kept_answer_is_told_with_the_fields_of_its_day(cached: Api) -> None:
    path = f"{STANDINGS}?as_of=2024-07-01&known_at=2024-07-30"
    ahead = f"{STANDINGS}?as_of=2024-07-01&known_at=2024-08-10"
    first = [cached.ask(one) for one in (path, ahead)]

    cached.clock.now += timedelta(days=20)
    kept = [cached.ask(one) for one in (path, ahead)]
    anew = [Api(cached.sessions, clock=cached.clock).ask(one) for one in (path, ahead)]

    assert [answer.headers for answer in kept] == [answer.headers for answer in anew]
    assert kept[0].headers["cache-control"] != first[0].headers["cache-control"]
    assert "memento-datetime" in kept[1].headers
    assert "memento-datetime" not in first[1].headers
    assert kept[0].content == first[0].content
