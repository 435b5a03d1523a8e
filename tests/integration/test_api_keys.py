"""Callers who show a key: a limit of their own, and nothing else that is other."""

import asyncio
import logging
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, text

from app.api.answer_cache import AnswerCache
from app.api.keys import FRESH_SECONDS, HASTE_SECONDS, KeyRing
from app.api.limits import Limiter
from app.domain.keys import new_secret
from app.store.engine import SessionFactory, transaction
from app.store.queries.keys import list_keys
from app.store.watch import Watch
from app.store.writes.keys import add_key, revoke_key
from tests.api import Api, statements
from tests.factories import NOW, Record, SettableClock, Stopwatch, snapshot
from tests.stores import stored

STANDINGS = "/v1/leaderboards/demo-text/standings"
UNKNOWN = "/v1/problems/unauthorized"


@stored(autouse=True)
def _something(record: Record) -> None:
    record.add(snapshot("2024-07-01", {"OpenAI/a": 10}))


@pytest.fixture
def seconds() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def made(sessions: SessionFactory) -> Callable[..., dict[str, str]]:
    """Makes a key; the header that shows it."""

    def make(quota: str = "4/h") -> dict[str, str]:
        secret = new_secret()
        with transaction(sessions) as session:
            add_key(session, secret, name="somebody", quota=quota, now=NOW)
        return {"X-API-Key": secret}

    return make


@pytest.fixture
def revoked(sessions: SessionFactory) -> Callable[[], None]:
    """Revokes every key."""

    def revoke() -> None:
        with transaction(sessions) as session:
            for key in list_keys(session):
                revoke_key(session, key.id, NOW)

    return revoke


@pytest.fixture
def api(sessions: SessionFactory, seconds: Stopwatch) -> Api:
    """A service where an address may ask twice."""
    return Api(sessions, limiter=Limiter("2/h", keys=KeyRing(sessions, seconds)))


Make = Callable[..., dict[str, str]]


def test_a_key_has_a_limit_of_its_own(api: Api, made: Make) -> None:
    key = made("4/h")

    answers = [api.ask(STANDINGS, headers=key) for _ in range(5)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429]
    assert {answer.headers["ratelimit-policy"] for answer in answers} == {'"key";q=4;w=3600'}
    assert answers[0].headers["ratelimit"] == '"key";r=3;t=900'
    assert api.ask(STANDINGS).headers["ratelimit"] == '"default";r=1;t=1800'


def test_each_key_has_a_bucket(api: Api, made: Make) -> None:
    one, other = made("1/h"), made("1/h")

    statuses = [api.ask("/v1", headers=key).status_code for key in (one, other, one, other)]

    assert statuses == [200, 200, 429, 429]


@pytest.mark.parametrize("shown", ["", "alm_", "x" * 5000, "alm_\xe9", "{key},{key}"])
def test_what_is_no_key_is_refused_and_costs_the_address(api: Api, made: Make, shown: str) -> None:
    key = made()["X-API-Key"]
    guess = {b"X-API-Key": shown.format(key=key).encode("latin-1")}

    answers = [api.client.get(STANDINGS, headers=guess) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert answers[0].json()["type"] == UNKNOWN
    assert answers[0].headers["www-authenticate"] == 'ApiKey realm="almanac"'
    assert answers[0].headers["ratelimit-policy"] == '"default";q=2;w=3600'
    assert answers[0].headers["cache-control"] == "no-store"
    assert answers[0].headers["access-control-allow-origin"] == "*"


def test_a_key_twice_is_none(api: Api, made: Make) -> None:
    [field] = made().items()

    assert api.client.get(STANDINGS, headers=[field, field]).status_code == 401


@pytest.mark.parametrize("path", ["/v1", STANDINGS, "/openapi.json", "/docs", "/v1/nothing"])
def test_a_wrong_key_is_refused_whatever_is_asked(api: Api, path: str) -> None:
    assert api.ask(path, headers={"X-API-Key": "wrong"}).status_code == 401
    assert api.ask(path, method="HEAD", headers={"X-API-Key": "wrong"}).status_code == 401


def test_health_is_told_to_anybody(api: Api) -> None:
    assert api.ask("/health/live", headers={"X-API-Key": "wrong"}).status_code == 200


def test_a_key_revoked_is_refused_seconds_later(
    api: Api, made: Make, revoked: Callable[[], None], seconds: Stopwatch
) -> None:
    key = made("9/h")
    before = api.ask("/v1", headers=key).status_code
    revoked()
    seconds.at += FRESH_SECONDS - 0.1
    meanwhile = api.ask("/v1", headers=key).status_code
    seconds.at += 0.1

    assert (before, meanwhile) == (200, 200)
    assert api.ask("/v1", headers=key).status_code == 401
    assert FRESH_SECONDS <= 10


def test_a_new_key_is_known_a_second_later(api: Api, made: Make, seconds: Stopwatch) -> None:
    made()
    assert api.ask("/v1", headers={"X-API-Key": "wrong"}).status_code == 401
    key = made()
    seconds.at += HASTE_SECONDS

    assert api.ask("/v1", headers=key).status_code == 200


def test_the_database_is_asked_for_keys_only_when_one_is_shown(
    api: Api, made: Make, seconds: Stopwatch
) -> None:
    key = made("9/h")

    with statements(api.engine) as sent:
        api.ask("/v1")
        assert sent == []
        for headers in (key, key, {"X-API-Key": "wrong"}):
            api.ask("/v1", headers=headers)
        assert len(sent) == 1
        seconds.at += FRESH_SECONDS
        api.ask("/v1", headers=key)

    assert len(sent) == 2
    assert all("FROM api_key" in statement for statement in sent)


def test_kept_answers_are_for_whoever_shows_a_key_too(sessions: SessionFactory, made: Make) -> None:
    key = made("9/h")
    clock = SettableClock()
    with sessions() as session:
        answers = AnswerCache(100_000, Watch(session.get_bind().engine), clock)
    limiter = Limiter("9/h", keys=KeyRing(sessions))
    api = Api(sessions, clock=clock, answers=answers, limiter=limiter)
    plain = api.ask(STANDINGS)
    api.ask(STANDINGS, headers=key)
    kept = answers.bytes

    with statements(api.engine) as sent:
        shown = api.ask(STANDINGS, headers=key)
        again = api.ask(STANDINGS, headers={**key, "If-None-Match": plain.headers["etag"]})

    assert sent == []
    assert (shown.content, shown.headers["etag"]) == (plain.content, plain.headers["etag"])
    assert shown.headers["cache-control"] == plain.headers["cache-control"]
    assert shown.headers["vary"] == plain.headers["vary"]
    assert again.status_code == 304
    assert answers.bytes == kept > 0
    answers.close()


def test_without_a_limit_a_key_is_looked_at_all_the_same(
    sessions: SessionFactory, made: Make
) -> None:
    api = Api(sessions, limiter=Limiter(None, keys=KeyRing(sessions)))
    key = made("1/h")

    answers = [api.ask("/v1", headers=key) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert "ratelimit-policy" not in answers[0].headers
    assert api.ask("/v1", headers={"X-API-Key": "wrong"}).status_code == 401


def rename(engine: Engine, old: str, new: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))


def test_while_keys_cannot_be_read_none_is_refused(
    api: Api, made: Make, seconds: Stopwatch, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    key = made("9/h")
    rename(engine, "api_key", "elsewhere")

    with caplog.at_level(logging.ERROR, logger="app.api.keys"):
        unsure = [api.ask("/v1", headers=key)]
        seconds.at += HASTE_SECONDS
        unsure.append(api.ask("/v1", headers=key))
    logged = len(caplog.records)
    rename(engine, "elsewhere", "api_key")
    seconds.at += HASTE_SECONDS
    known = api.ask("/v1", headers=key)
    rename(engine, "api_key", "elsewhere")
    seconds.at += FRESH_SECONDS
    still = api.ask("/v1", headers=key)

    assert [answer.headers["ratelimit-policy"][:9] for answer in unsure] == ['"default"'] * 2
    assert [answer.status_code for answer in (*unsure, known, still)] == [200] * 4
    assert still.headers["ratelimit-policy"] == known.headers["ratelimit-policy"]
    assert known.headers["ratelimit-policy"].startswith('"key"')
    assert logged == 1


def test_a_key_is_stored_as_a_digest_alone(engine: Engine, made: Make) -> None:
    secret = made()["X-API-Key"]

    with engine.connect() as connection:
        [row] = connection.execute(text("SELECT * FROM api_key")).mappings()

    assert all(secret[8:] not in repr(value) for value in row.values())
    assert row["start"] == secret[:8]
    assert len(row["digest"]) == 32


def test_other_sites_scripts_may_show_a_key(api: Api) -> None:
    asked = {
        "Origin": "https://else.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "x-api-key",
    }

    answer = api.client.options(STANDINGS, headers=asked)

    assert answer.status_code == 204
    assert answer.headers["access-control-allow-headers"] == "*"


def test_many_who_show_a_key_at_once_read_once(
    sessions: SessionFactory, made: Make, engine: Engine
) -> None:
    secret = made()["X-API-Key"].encode()
    ring = KeyRing(sessions)

    async def all_at_once() -> list[object]:
        return list(await asyncio.gather(*(ring.find(secret) for _ in range(5))))

    with statements(engine) as sent:
        found = asyncio.run(all_at_once())

    assert len(set(found)) == 1
    assert len(sent) == 1
