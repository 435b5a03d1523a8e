"""Limits that several processes share: one bucket, whoever takes from it."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Literal, cast

import psycopg
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import Engine, event, func, select, text, update
from sqlalchemy.exc import OperationalError

from app.api.buckets import PAUSE_SECONDS, SharedBuckets
from app.api.limits import Limiter
from app.config import Settings
from app.domain.quotas import Quota, Taken, quota_of
from app.main import app_of
from app.store.engine import SessionFactory, build_engine
from app.store.tables import BUCKET
from app.store.watch import Watch
from app.store.writes.buckets import SWEEP_EVERY, BucketTable
from app.wiring import assemble
from tests.api import Api
from tests.factories import Record, SettableClock, Stopwatch, snapshot
from tests.sockets import Address, Proxy

STANDINGS = "/v1/leaderboards/demo-text/standings"
QUOTA = quota_of("1/h burst 3")


class Shared:
    """Any number of tables on one database, as processes would have them."""

    def __init__(self, engine: Engine, clock: SettableClock) -> None:
        self.engine = engine
        self.clock = clock
        self.tables: list[BucketTable] = []
        self.engines: list[Engine] = []

    def table(self) -> BucketTable:
        self.engines.append(build_engine(self.engine.url))
        self.tables.append(BucketTable(self.engines[-1], self.clock))
        return self.tables[-1]

    def where_they_are(self) -> Engine:
        url = self.engine.url
        if url.get_backend_name() == "sqlite":
            url = url.set(database=f"{url.database}.limits")
        self.engines.append(build_engine(url))
        return self.engines[-1]

    def pass_time(self, seconds: float) -> None:
        """As if all were so much longer ago."""
        with self.where_they_are().begin() as connection:
            micros = int(seconds * 1_000_000)
            connection.execute(update(BUCKET).values(full_at=BUCKET.c.full_at - micros))

    def count(self) -> int:
        with self.where_they_are().connect() as connection:
            return connection.scalars(select(func.count()).select_from(BUCKET)).one()

    def close(self) -> None:
        for each in self.tables:
            each.close()
        for engine in self.engines:
            engine.dispose()


@pytest.fixture
def shared(engine: Engine, clock: SettableClock) -> Iterator[Shared]:
    shared = Shared(engine, clock)
    yield shared
    shared.close()


def test_two_tables_on_one_database_share_a_bucket(shared: Shared) -> None:
    one, other = shared.table(), shared.table()

    taken = [table.take("a", QUOTA) for table in (one, other, one, other, one)]

    assert [t.remaining for t in taken] == [2, 1, 0, 0, 0]
    assert [t.retry_after is None for t in taken] == [True, True, True, False, False]


def test_names_have_buckets_of_their_own(shared: Shared) -> None:
    table = shared.table()

    assert [table.take(name, QUOTA).remaining for name in ("a", "a", "b", "a")] == [2, 1, 2, 0]


def test_who_has_none_left_is_told_when_there_is_one(shared: Shared) -> None:
    table = shared.table()
    full = [table.take("a", QUOTA) for _ in range(3)][-1]
    refused = table.take("a", QUOTA)

    assert full.reset_after == pytest.approx(3 * 3600, abs=60)
    assert refused.reset_after == pytest.approx(3 * 3600, abs=60)
    assert refused.retry_after == pytest.approx(3600, abs=60)


def test_a_bucket_fills_again_as_time_goes_by(shared: Shared) -> None:
    table = shared.table()
    for _ in range(3):
        table.take("a", QUOTA)

    shared.pass_time(3600)
    one = [table.take("a", QUOTA).retry_after is None for _ in range(2)]
    shared.pass_time(24 * 3600)
    whole = [table.take("a", QUOTA).retry_after is None for _ in range(4)]

    assert one == [True, False]
    assert whole == [True, True, True, False]


def test_many_at_once_never_get_more_than_there_is(shared: Shared) -> None:
    tables = [shared.table() for _ in range(4)]
    quota = Quota(50, 86400, 50)

    def take(turn: int) -> Taken:
        return tables[turn % len(tables)].take("a", quota)

    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(take, range(160)))

    let_through = [t for t in taken if t.retry_after is None]
    assert sorted(t.remaining for t in let_through) == list(range(50))


def test_a_bucket_that_is_full_is_forgotten_now_and_then(
    shared: Shared, clock: SettableClock
) -> None:
    table = shared.table()
    for name in "abc":
        table.take(name, QUOTA)
    shared.pass_time(24 * 3600)
    before = shared.count()

    clock.advance(SWEEP_EVERY)
    table.take("d", QUOTA)

    assert before == 3
    assert shared.count() == 1


def test_a_bucket_that_is_not_full_is_kept(shared: Shared, clock: SettableClock) -> None:
    table = shared.table()
    for _ in range(3):
        table.take("a", QUOTA)

    clock.advance(SWEEP_EVERY)
    table.take("b", QUOTA)

    assert table.take("a", QUOTA).retry_after is not None


def test_on_sqlite_counting_leaves_the_record_alone(sqlite_url: str, clock: SettableClock) -> None:
    engine = build_engine(sqlite_url)
    watch, table = Watch(engine), BucketTable(engine, clock)
    before = watch.state()

    table.take("a", QUOTA)

    assert watch.state() == before
    assert Path(f"{engine.url.database}.limits").exists()
    for each in (watch, table):
        each.close()
    engine.dispose()


def address_of(engine: Engine) -> Address | str:
    """Where a PostgreSQL server listens."""
    with engine.connect() as connection:
        info = cast("psycopg.Connection", connection.connection.driver_connection).info
        here = f"{info.host}/.s.PGSQL.{info.port}"
        return here if info.host.startswith("/") else (info.host, info.port)


def test_a_token_that_may_have_been_taken_is_not_taken_again(
    postgresql_url: str, clock: SettableClock
) -> None:
    """The connection is lost when the token was taken, and before anybody heard of it."""
    direct = build_engine(postgresql_url)
    with closing(Proxy(address_of(direct))) as proxy:
        host, port = proxy.address
        there = direct.url.difference_update_query(["host", "port"]).set(host=host, port=port)
        engine = build_engine(there)
        table = BucketTable(engine, clock)

        def lose(_connection: object, _cursor: object, words: str, *_rest: object) -> None:
            if words.startswith("INSERT INTO bucket"):
                proxy.most_bytes = 0

        def reach(*_facts: object) -> None:
            proxy.most_bytes = None

        first = table.take("a", QUOTA)
        event.listen(engine, "do_connect", reach)
        event.listen(engine, "before_cursor_execute", lose)
        with pytest.raises(OperationalError):
            table.take("a", QUOTA)
        event.remove(engine, "before_cursor_execute", lose)
        last = table.take("a", QUOTA)
        engine.dispose()
    direct.dispose()

    assert (first.remaining, last.remaining, last.retry_after) == (2, 0, None)


def break_down(engine: Engine) -> None:
    """Let there be no buckets where they should be."""
    if engine.dialect.name == "sqlite":
        Path(f"{engine.url.database}.limits").mkdir()
        return
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE bucket RENAME TO elsewhere"))


def mend(engine: Engine) -> None:
    """Undo that."""
    if engine.dialect.name == "sqlite":
        Path(f"{engine.url.database}.limits").rmdir()
        return
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO bucket"))


def test_while_nothing_can_be_counted_nobody_is_refused(
    sessions: SessionFactory,
    engine: Engine,
    shared: Shared,
    record: Record,
    caplog: pytest.LogCaptureFixture,
) -> None:
    record.add(snapshot("2024-07-01", {"OpenAI/a": 10}))
    seconds = Stopwatch()
    api = Api(sessions, limiter=Limiter("1/h", buckets=SharedBuckets(shared.table(), seconds)))
    break_down(engine)

    with caplog.at_level(logging.WARNING, logger="app.api.buckets"):
        meanwhile = [api.ask(STANDINGS) for _ in range(2)]
        seconds.at += PAUSE_SECONDS
        meanwhile.append(api.ask(STANDINGS))
        mend(engine)
        paused = api.ask(STANDINGS)
        seconds.at += PAUSE_SECONDS
        after = [api.ask(STANDINGS) for _ in range(2)]

    assert [answer.status_code for answer in [*meanwhile, paused]] == [200] * 4
    assert meanwhile[0].headers["ratelimit-policy"] == '"default";q=1;w=3600'
    assert "ratelimit" not in paused.headers
    assert [answer.status_code for answer in after] == [200, 429]
    assert [entry.message.partition(":")[0] for entry in caplog.records] == [
        "requests cannot be counted, so nobody is refused",
        "requests are counted again",
    ]


def test_who_was_refused_is_not_asked_after_until_there_is_a_token(
    sessions: SessionFactory, shared: Shared
) -> None:
    seconds = Stopwatch()
    api = Api(sessions, limiter=Limiter("1/h", buckets=SharedBuckets(shared.table(), seconds)))
    first = [api.ask("/v1").status_code for _ in range(2)]
    shared.pass_time(3600)  # which this process has no way to know

    seconds.at += 3599
    refused = api.ask("/v1")
    seconds.at += 1

    assert first == [200, 429]
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["ratelimit"] == '"default";r=0;t=1'
    assert api.ask("/v1").status_code == 200


def test_only_so_many_refusals_are_remembered(sessions: SessionFactory, shared: Shared) -> None:
    buckets = SharedBuckets(shared.table(), Stopwatch(), most_refused=1)
    api = Api(sessions, limiter=Limiter("1/d", buckets=buckets))
    one, other = (
        TestClient(api.client.app, client=(host, 1)) for host in ("192.0.2.1", "192.0.2.2")
    )
    for client in (one, one, other, other):
        client.get("/v1")

    shared.pass_time(2 * 86400)

    assert [client.get("/v1").status_code for client in (one, other)] == [200, 429]


def test_the_settings_say_where_is_counted(database_url: str) -> None:
    def settings(store: Literal["memory", "database"]) -> Settings:
        return Settings(
            database_url=SecretStr(database_url), rate_limit="3/h", rate_limit_store=store
        )

    def remaining(store: Literal["memory", "database"]) -> list[str]:
        parts = [assemble(settings(store)) for _ in range(2)]
        with ExitStack() as stack:
            clients = [stack.enter_context(TestClient(app_of(almanac))) for almanac in parts]
            told = [client.get("/v1").headers["ratelimit"] for client in clients]
        for almanac in parts:
            almanac.engine.dispose()
        return [field.partition(";t=")[0] for field in told]

    assert remaining("memory") == ['"default";r=2', '"default";r=2']
    assert remaining("database") == ['"default";r=2', '"default";r=1']


def test_two_services_on_one_database_share_a_limit(
    sessions: SessionFactory, shared: Shared
) -> None:
    one, other = (
        Api(sessions, limiter=Limiter("3/h", buckets=SharedBuckets(shared.table())))
        for _ in range(2)
    )

    answers = [api.ask("/v1") for api in (one, other, one, other)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[1].headers["ratelimit"].startswith('"default";r=1;t=')
    assert 1100 < int(answers[3].headers["retry-after"]) <= 1200
