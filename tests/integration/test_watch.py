"""Whether anything was committed since."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from app.store.engine import SessionFactory, build_engine, session_factory, transaction
from app.store.watch import Watch
from tests.factories import Record, snapshot


@pytest.fixture
def watch(database_url: str) -> Iterator[Watch]:
    """A watch over the test's database, with an engine of its own as in another process."""
    engine = build_engine(database_url)
    watch = Watch(engine)
    yield watch
    watch.close()
    engine.dispose()


def test_nothing_has_happened(watch: Watch, sessions: SessionFactory) -> None:
    before = watch.state()
    with sessions() as session:
        session.execute(text("SELECT * FROM leaderboard"))

    assert watch.state() == before


def test_a_commit_is_seen_at_once_and_once(watch: Watch, record: Record) -> None:
    before = watch.state()
    record.add(snapshot("2024-07-01", {"OpenAI/a": 1}))
    after = watch.state()

    assert after != before
    assert watch.state() == after


def test_what_is_not_committed_is_not_seen(watch: Watch, sessions: SessionFactory) -> None:
    with transaction(sessions) as session:
        session.execute(text("INSERT INTO version (subject, value) VALUES ('test', 1)"))
        during = watch.state()
        assert watch.state() == during

    assert watch.state() != during


def test_a_database_that_does_not_answer_is_in_no_known_state(watch: Watch, engine: Engine) -> None:
    watch.state()
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
    else:
        watch._line.cursor.connection.close()  # noqa: SLF001 - nothing else ends it

    lost = watch.state()
    assert watch.state() != lost
    assert watch.state() == watch.state()


def test_a_database_that_is_not_there_is_in_no_known_state() -> None:
    engine = build_engine("postgresql+psycopg://nobody@127.0.0.1:9/nothing")
    watch = Watch(engine)

    assert watch.state() != watch.state()
    assert not Watch(engine).is_instant
    engine.dispose()


def test_two_processes_see_the_same(database_url: str, record: Record) -> None:
    engines = [build_engine(database_url) for _ in range(2)]
    watches = [Watch(engine) for engine in engines]
    before = [watch.state() for watch in watches]

    record.add(snapshot("2024-07-01", {"OpenAI/a": 1}))

    assert all(watch.state() != state for watch, state in zip(watches, before, strict=True))
    for watch, engine in zip(watches, engines, strict=True):
        watch.close()
        engine.dispose()


def test_its_connection_is_its_own(database_url: str) -> None:
    engine = build_engine(database_url)
    watch = Watch(engine)
    watch.state()

    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    sessions = session_factory(engine)
    with sessions() as session:
        session.execute(text("SELECT 1"))
    watch.close()
    engine.dispose()
