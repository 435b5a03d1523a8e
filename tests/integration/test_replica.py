"""Answers are read from a replica that is near enough, else from the primary, else not at all."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import URL, Engine, text
from sqlalchemy.exc import OperationalError

from app.config import Settings
from app.domain.runs import Outcome, RunKind
from app.errors import StoreError
from app.ingest.runner import run_scrape
from app.main import app_of
from app.store.engine import SessionFactory, build_engine, reading, session_factory
from app.store.queries.boards import board_slugs
from app.store.replica import NearSessions
from app.store.watch import Watch
from app.upkeep.checking import check_record
from app.wiring import Almanac, assemble
from tests.databases import execute
from tests.factories import Record, Stopwatch, Upstream, snapshot, work
from tests.replicas import Server, primary_and_replica, until

pytestmark = pytest.mark.xdist_group("replica")

BEHIND = 60.0
BOARD = "/v1/leaderboards/demo-text/standings"
DATABASES = iter(range(100))


@dataclass
class Pair:
    """A database on both servers."""

    primary: Server
    replica: Server
    name: str
    opened: ExitStack = field(default_factory=ExitStack)

    def url(self, server: Server) -> URL:
        return server.url.set(database=self.name)

    def engine(self, server: Server) -> Engine:
        engine = build_engine(self.url(server))
        self.opened.callback(engine.dispose)
        return engine

    def near(self, seconds: Stopwatch, aside: Callable[[Callable[[], None]], None]) -> NearSessions:
        engines = self.engine(self.primary), self.engine(self.replica)
        near = NearSessions(*engines, max_lag_seconds=BEHIND, seconds=seconds, aside=aside)
        self.opened.callback(near.close)
        return near

    def almanac(self) -> Almanac:
        primary, replica = (
            SecretStr(self.url(server).render_as_string(hide_password=False))
            for server in (self.primary, self.replica)
        )
        almanac = assemble(
            Settings(
                database_url=primary,
                read_database_url=replica,
                admin_token=SecretStr("secret"),
                hf_endpoint="http://127.0.0.1:9",
                fetch_tries=1,
            )
        )
        self.opened.callback(almanac.engine.dispose)
        return almanac

    def record(self) -> Record:
        return Record(session_factory(self.engine(self.primary)))

    def catch_up(self) -> None:
        stored = self.primary.ask("SELECT pg_current_wal_flush_lsn()")
        until(lambda: self.replica.ask(f"SELECT pg_last_wal_replay_lsn() >= '{stored}'"))


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Server, Server]]:
    with primary_and_replica() as both:
        if both is None:
            pytest.skip("no PostgreSQL to make a replica of: the package is not installed")
        yield both


@pytest.fixture(scope="module")
def template(servers: tuple[Server, Server]) -> str:
    """A migrated database with the curated facts."""
    pair = Pair(*servers, "template")
    execute(pair.primary.url, "CREATE DATABASE template")
    with pair.opened:
        pair.almanac().migrate()
    return pair.name


@pytest.fixture
def pair(servers: tuple[Server, Server], template: str) -> Iterator[Pair]:
    """An almanac's database, on the primary and repeated."""
    pair = Pair(*servers, f"almanac_{next(DATABASES)}")
    execute(pair.primary.url, f"CREATE DATABASE {pair.name} TEMPLATE {template}")
    with pair.opened:
        pair.catch_up()
        yield pair


def at_once(look: Callable[[], None]) -> None:
    look()


def slugs(sessions: SessionFactory) -> list[str]:
    with reading(sessions) as session:
        return list(board_slugs(session))


def is_on(near: NearSessions, server: Server) -> bool:
    return dict(near.route()[1].url.query)["host"] == str(server.folder)


def test_who_waits_for_a_replica_that_hangs_waits_no_more(pair: Pair) -> None:
    near = pair.near(Stopwatch(), at_once)
    assert is_on(near, pair.replica)
    begun = threading.Event()

    def wait() -> None:
        with reading(near) as session:
            session.execute(text("SELECT 1"))
            begun.set()
            session.execute(text("SELECT pg_sleep(60)"))

    with ThreadPoolExecutor(1) as others:
        waiting = others.submit(wait)
        begun.wait(20)
        near.leave()

        with pytest.raises(OperationalError):
            waiting.result(20)
    assert slugs(near) == []


def test_what_is_near_is_read_and_what_is_behind_is_not(pair: Pair) -> None:
    seconds = Stopwatch()
    near = pair.near(seconds, at_once)
    watch = Watch(pair.engine(pair.primary), near.route)
    pair.opened.callback(watch.close)
    first = slugs(near), is_on(near, pair.replica)

    # nothing is written for an hour: nobody is behind
    seconds.at += 3600
    idle = is_on(near, pair.replica)
    states = [watch.state(), watch.state()]

    pair.replica.ask("SELECT pg_wal_replay_pause()")
    pair.record().add(snapshot("2024-07-01", {"OpenAI/a": 1}))
    seconds.at += 1
    held = slugs(near), is_on(near, pair.replica), watch.state()
    seconds.at += BEHIND - 1
    last = is_on(near, pair.replica)
    seconds.at += 0.5
    behind = slugs(near), is_on(near, pair.primary), watch.state()

    pair.replica.ask("SELECT pg_wal_replay_resume()")
    pair.catch_up()
    seconds.at += 1
    again = slugs(near), is_on(near, pair.replica), watch.state()

    assert first == ([], True)
    assert idle
    assert held == ([], True, states[0])
    assert last
    assert behind[:2] == (["demo-text"], True)
    assert again[:2] == (["demo-text"], True)
    assert states[0] == states[1]
    assert len({states[0], behind[2], again[2]}) == 3
    assert watch.state() == again[2]


def test_what_was_written_here_is_read_here(pair: Pair) -> None:
    seconds = Stopwatch()
    near = pair.near(seconds, at_once)
    before = is_on(near, pair.replica)
    pair.replica.ask("SELECT pg_wal_replay_pause()")
    pair.record().add(snapshot("2024-07-01", {"OpenAI/a": 1}))

    near.written()
    after = slugs(near)
    seconds.at += 2
    held = slugs(near)
    pair.replica.ask("SELECT pg_wal_replay_resume()")
    pair.catch_up()
    seconds.at += 2

    assert before
    assert after == held == ["demo-text"]
    assert is_on(near, pair.replica)


def test_a_look_that_began_before_something_was_written_tells_nothing(pair: Pair) -> None:
    looks: list[Callable[[], None]] = []
    near = pair.near(Stopwatch(), looks.append)
    near.route()
    near.route()
    [look] = looks  # one at a time
    ask = near._ask  # noqa: SLF001 - something is written in the middle of the look

    def ask_and_write(engine: Engine) -> Any:  # noqa: ANN401 - whatever it says
        near.written()
        return ask(engine)

    near._ask = ask_and_write  # type: ignore[method-assign] # noqa: SLF001
    look()

    assert is_on(near, pair.primary)


def test_where_no_thread_can_be_had_the_next_look_finds_out(
    pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    seconds, threads = Stopwatch(), [False, True]

    def begin(look: Callable[[], None]) -> None:
        if not threads.pop(0):
            raise RuntimeError("can't start new thread")
        look()

    near = pair.near(seconds, begin)
    without = slugs(near), is_on(near, pair.primary)
    seconds.at += 1

    assert without == ([], True)
    assert is_on(near, pair.replica)
    assert caplog.text.count("the replica is not looked at: can't start new thread") == 1


def test_of_another_cluster_or_database_nothing_is_read(pair: Pair) -> None:
    execute(pair.primary.url, f"CREATE DATABASE {pair.name}_too")
    pair.catch_up()
    other = build_engine(pair.replica.url.set(database=f"{pair.name}_too"))
    pair.opened.callback(other.dispose)
    near = NearSessions(
        pair.engine(pair.primary), other, max_lag_seconds=BEHIND, seconds=Stopwatch(), aside=at_once
    )
    pair.opened.callback(near.close)

    assert is_on(near, pair.primary)


def test_the_primary_may_be_its_own_replica(pair: Pair) -> None:
    both = pair.engine(pair.primary), pair.engine(pair.primary)
    near = NearSessions(*both, max_lag_seconds=BEHIND, seconds=Stopwatch(), aside=at_once)
    pair.opened.callback(near.close)

    assert near.route()[1] is both[1]


def test_a_replica_that_is_gone_is_done_without(
    pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    seconds = Stopwatch()
    near = pair.near(seconds, at_once)
    before = slugs(near), is_on(near, pair.replica)
    pair.replica.stop()
    pair.record().add(snapshot("2024-07-01", {"OpenAI/a": 1}))
    try:
        meanwhile = [slugs(near) for _ in range(2)]
        seconds.at += 1
        gone = is_on(near, pair.primary)
    finally:
        pair.replica.start()
    pair.catch_up()
    seconds.at += 1

    assert before == ([], True)
    assert meanwhile == [["demo-text"]] * 2
    assert gone
    assert caplog.text.count("the replica cannot be reached") == 1
    assert (is_on(near, pair.replica), slugs(near)) == (True, ["demo-text"])


def test_a_replica_is_for_postgresql(sqlite_url: str) -> None:
    other = SecretStr("postgresql+psycopg://nobody@127.0.0.1:9/nothing")
    for primary, replica in ((SecretStr(sqlite_url), other), (other, SecretStr(sqlite_url))):
        almanac = assemble(Settings(database_url=primary, read_database_url=replica))
        with pytest.raises(StoreError, match="ALMANAC_READ_DATABASE_URL is for PostgreSQL"):
            almanac.near_sessions()
        almanac.engine.dispose()


def test_answers_say_how_far_behind_they_may_be(pair: Pair) -> None:
    pair.record().add(snapshot("2024-07-01", {"OpenAI/a": 1}))
    pair.catch_up()
    app = app_of(pair.almanac())
    near = app.state.services.sessions

    with TestClient(app) as client:
        until(lambda: is_on(near, pair.replica))
        answer = client.get(BOARD)
        kept = client.get(BOARD, headers={"If-None-Match": answer.headers["etag"]})
        index = client.get("/v1")
        pair.replica.ask("SELECT pg_wal_replay_pause()")
        begun = client.post("/v1/sources/lmarena/runs", headers={"Authorization": "Bearer secret"})
        at_once_after = is_on(near, pair.primary)
        pair.replica.ask("SELECT pg_wal_replay_resume()")
        until(lambda: "scrape-lmarena" not in {thread.name for thread in threading.enumerate()})

    assert answer.json()["meta"]["max_staleness_seconds"] == BEHIND
    assert index.json()["meta"] == {"max_staleness_seconds": BEHIND}
    assert kept.status_code == 304
    assert begun.status_code == 202
    assert at_once_after


def test_a_primary_that_dies_takes_no_whole_edition_with_it(pair: Pair) -> None:
    """The last of these tests: there is but one server after it."""
    seconds = Stopwatch()
    upstream = Upstream()
    upstream.publish("2024-07-01", {"OpenAI/a": 2, "Meta/b": 1})
    pair.record().of(upstream.info)
    pair.record().add(snapshot("2024-07-01", {"OpenAI/a": 2, "Meta/b": 1}))
    pair.catch_up()
    app = app_of(pair.almanac())
    near: NearSessions = app.state.services.sessions
    near._seconds = seconds  # noqa: SLF001 - nobody waits a minute
    near._run_aside = at_once  # noqa: SLF001

    with TestClient(app) as client:
        before = client.get(BOARD)
        pair.primary.stop(how="immediate")
        seconds.at += BEHIND - 1
        within = client.get(BOARD)
        seconds.at += 2
        beyond = client.get(BOARD)
        pair.replica.promote()
        seconds.at += 2
        promoted = client.get(BOARD)

    assert before.status_code == within.status_code == 200
    assert before.content == within.content
    assert (beyond.status_code, promoted.status_code) == (503, 503)
    assert beyond.headers["content-type"] == "application/problem+json"
    # The operator says where the primary is now; nothing that was answered is missing there.
    new = session_factory(pair.engine(pair.replica))
    with reading(new) as session:
        assert list(check_record(session)) == []
    upstream.publish("2024-07-02", {"OpenAI/a": 2, "Meta/b": 3})
    report = run_scrape(work(upstream, new), RunKind.MANUAL)
    assert report is not None
    assert report.outcome is Outcome.SUCCEEDED
    assert pair.replica.ask("SELECT pg_is_in_recovery()") is False
