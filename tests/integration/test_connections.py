"""How PostgreSQL is reached: how many at once, for how long, and by which name."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import DatabaseError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.config import Settings
from app.store import engine as engines
from app.store.engine import Connections, build_engine, session_factory, transaction
from app.store.watch import Watch
from app.wiring import assemble

OFTEN = 2 * engines.PREPARE_AFTER


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def engine_on(opened: ExitStack, url: str, connections: Connections = Connections()) -> Engine:  # noqa: B008
    engine = build_engine(url, connections)
    opened.callback(engine.dispose)
    return engine


def settings_of(engine: Engine) -> dict[str, str]:
    names = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
    with transaction(session_factory(engine)) as session:
        return {name: str(session.scalar(text(f"SHOW {name}"))) for name in names}


def test_a_writer_waits_for_nobody_for_ever(opened: ExitStack, postgresql_url: str) -> None:
    engine = engine_on(opened, postgresql_url)

    limits = settings_of(engine)

    assert limits == {
        "lock_timeout": "2min",
        "statement_timeout": "5min",
        "idle_in_transaction_session_timeout": "5min",
    }
    with engine.connect() as after:
        assert after.scalar(text("SHOW lock_timeout")) == "0"


def test_where_each_statement_is_alone_there_is_nothing_to_limit(
    opened: ExitStack, postgresql_url: str
) -> None:
    engine = engine_on(opened, postgresql_url).execution_options(isolation_level="AUTOCOMMIT")

    assert set(settings_of(engine).values()) == {"0"}


def test_the_server_is_told_who_asks(opened: ExitStack, postgresql_url: str) -> None:
    almanac = assemble(Settings(database_url=SecretStr(postgresql_url)), "almanac schedule")
    opened.callback(almanac.engine.dispose)
    joined = "&" if "?" in postgresql_url else "?"
    other = engine_on(opened, f"{postgresql_url}{joined}application_name=mine")

    names = []
    for engine in (almanac.engine, other):
        with engine.connect() as connection:
            names.append(connection.scalar(text("SHOW application_name")))

    assert names == ["almanac schedule", "mine"]


def test_what_the_address_says_goes_first(opened: ExitStack) -> None:
    told = []
    for query in ("", "?connect_timeout=2&keepalives_idle=7"):
        engine = engine_on(opened, f"postgresql+psycopg://nobody@127.0.0.1:9/nothing{query}")
        event.listen(engine, "do_connect", lambda *facts: told.append(facts[3]))
        with pytest.raises(OperationalError, match="refused"):
            engine.connect()

    assert [given["connect_timeout"] for given in told] == [5, "2"]
    assert [given["keepalives_idle"] for given in told] == [30, "7"]
    assert {given["tcp_user_timeout"] for given in told} == {60_000}


def test_no_more_connections_than_are_allowed(
    opened: ExitStack, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "WAIT_SECONDS", 0.05)
    engine = engine_on(opened, postgresql_url, Connections(most=2))
    for _ in range(2):
        opened.enter_context(engine.connect())

    with pytest.raises(PoolTimeoutError):
        engine.connect()


def test_who_watches_waits_for_no_connection(
    opened: ExitStack, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "WAIT_SECONDS", 0.05)
    engine = engine_on(opened, database_url, Connections(most=1))
    opened.enter_context(engine.connect())
    watch = Watch(engine)
    opened.callback(watch.close)

    assert watch.state() == watch.state()


@pytest.mark.parametrize("prepared", [True, False])
def test_statements_are_prepared_where_they_may_be(
    opened: ExitStack, postgresql_url: str, *, prepared: bool
) -> None:
    settings = Settings(database_url=SecretStr(postgresql_url), prepared_statements=prepared)
    almanac = assemble(settings)
    opened.callback(almanac.engine.dispose)

    with almanac.engine.connect() as connection:
        for number in range(OFTEN):
            connection.execute(text("SELECT count(*) FROM source WHERE id = :id"), {"id": number})
        kept = connection.scalar(text("SELECT count(*) FROM pg_prepared_statements"))

    assert (kept or 0) > 0 if prepared else kept == 0


@pytest.mark.parametrize("prepared", [True, False])
def test_a_pooler_may_give_every_transaction_another_connection(
    opened: ExitStack, postgresql_url: str, *, prepared: bool
) -> None:
    """As on a connection that knows nothing of what was done on the one before."""
    engine = engine_on(opened, postgresql_url, Connections(most=1, prepared=prepared))
    sessions = session_factory(engine)

    def work() -> None:
        for number in range(OFTEN):
            with transaction(sessions) as session:
                session.execute(text("SELECT count(*) FROM source WHERE id = :id"), {"id": number})
                assert session.scalar(text("SHOW lock_timeout")) == "2min"
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as other:
                other.exec_driver_sql("DISCARD ALL")

    if prepared:
        with pytest.raises(ProgrammingError, match="prepared statement"):
            work()
    else:
        work()


def test_a_file_that_another_one_is_making_is_waited_for(
    tmp_path: Path, opened: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "new.db"
    other = opened.enter_context(closing(sqlite3.connect(path, isolation_level=None)))
    other.execute("BEGIN IMMEDIATE")
    waited = []

    def let_go(_state: object) -> float:
        waited.append(other.execute("COMMIT"))
        return 0.0

    monkeypatch.setattr(engines, "_BETWEEN_OPENINGS", let_go)
    with engine_on(opened, f"sqlite:///{path}").connect() as connection:
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()

    assert (mode, len(waited)) == ("wal", 1)


def test_what_is_no_database_is_not_opened_twice(
    tmp_path: Path, opened: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "letter.db"
    path.write_text("Dear Sir or Madam, " * 20)
    waited: list[object] = []
    monkeypatch.setattr(engines, "_BETWEEN_OPENINGS", waited.append)

    with pytest.raises(DatabaseError, match="not a database"):
        engine_on(opened, f"sqlite:///{path}").connect()

    assert waited == []


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_in_memory_can_be_opened(opened: ExitStack, url: str) -> None:
    with engine_on(opened, url).connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1


def test_a_file_has_a_connection_for_every_thread(opened: ExitStack, tmp_path: Path) -> None:
    engine = engine_on(opened, f"sqlite:///{tmp_path / 'file.db'}")

    held = [opened.enter_context(engine.connect()) for _ in range(engines.MOST_TO_A_FILE)]

    assert len({connection.connection.driver_connection for connection in held}) == len(held)
