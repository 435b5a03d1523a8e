"""Readers of a file keep their connection between one view and the next."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from app.store import readers
from app.store.engine import (
    SessionFactory,
    build_engine,
    reading,
    session_factory,
    transaction,
    waiting_readers,
)
from app.store.recall import ask_driver

COUNT = text("SELECT count(*) FROM there")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = build_engine(f"sqlite:///{tmp_path / 'record.db'}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE there (number INTEGER)"))
    yield engine
    engine.dispose()


@pytest.fixture
def sessions(engine: Engine) -> SessionFactory:
    return session_factory(engine)


def add_one(sessions: SessionFactory) -> None:
    with transaction(sessions) as session:
        session.execute(text("INSERT INTO there VALUES (1)"))


def count(sessions: SessionFactory) -> int:
    with reading(sessions, seconds=10) as session:
        return int(session.scalars(COUNT).one())


def test_who_reads_next_has_the_session_of_who_read_last(sessions: SessionFactory) -> None:
    with reading(sessions) as first:
        first.info["of this view"] = 1
    with reading(sessions) as second:
        assert second is first
        assert "of this view" not in second.info
        with reading(sessions) as meanwhile:
            assert meanwhile is not second


def test_who_came_last_is_the_next(sessions: SessionFactory) -> None:
    with reading(sessions) as outer, reading(sessions):
        pass
    with reading(sessions) as following:
        assert following is outer


def test_what_a_session_was_given_it_has_in_every_view(engine: Engine) -> None:
    given = sessionmaker(engine, info={"given": 1})

    for _ in range(2):
        with reading(given) as session:
            assert session.info["given"] == 1
            session.info["given"] = 2


def test_whose_connection_was_closed_while_he_waited_is_given_up(sessions: SessionFactory) -> None:
    with reading(sessions) as session:
        driver = session.connection().connection.driver_connection
    assert driver is not None
    driver.close()

    assert count(sessions) == 0


def test_each_view_is_of_its_own_moment(sessions: SessionFactory) -> None:
    found = [count(sessions)]
    with reading(sessions) as before:
        found.append(before.scalars(COUNT).one())
        add_one(sessions)
        found.append(before.scalars(COUNT).one())
    found.append(count(sessions))

    assert found == [0, 0, 0, 1]


def test_whoever_waits_holds_up_no_one_and_nothing(engine: Engine, tmp_path: Path) -> None:
    sessions = session_factory(engine)
    count(sessions)

    add_one(sessions)
    with engine.connect() as connection:
        busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
    assert busy == 0

    engine.dispose()
    assert list(tmp_path.glob("*-wal")) == []  # with the last connection
    assert count(sessions) == 1


@pytest.mark.parametrize("fails", [False, True])
def test_a_question_that_was_not_read_to_its_end_holds_no_later_view(
    sessions: SessionFactory,
    fails: bool,  # noqa: FBT001 - a case
) -> None:
    elsewhere = session_factory(build_engine(sessions.kw["bind"].url))
    held = []
    with suppress(LookupError), reading(sessions) as session:
        held.append(session.execute(text("SELECT number FROM there UNION SELECT 2 UNION SELECT 3")))
        held[0].fetchone()
        if fails:
            raise LookupError

    found = [count(sessions)]
    for _ in range(2):
        add_one(elsewhere)
        found.append(count(sessions))

    assert found == [0, 1, 2]
    held.clear()
    with sessions.kw["bind"].connect() as connection:
        assert connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0] == 0
    elsewhere.kw["bind"].dispose()


def test_who_has_failed_reads_on(sessions: SessionFactory) -> None:
    with suppress(LookupError), reading(sessions) as session:
        session.scalars(COUNT).one()
        raise LookupError

    with reading(sessions) as again:
        assert again is session


def test_what_one_view_has_loaded_is_loaded_again_by_the_next(sessions: SessionFactory) -> None:
    class Base(DeclarativeBase):
        pass

    class There(Base):
        __tablename__ = "there"
        number: Mapped[int] = mapped_column(primary_key=True)

    add_one(sessions)
    with reading(sessions) as session:
        before = session.get(There, 1)
    with transaction(sessions) as writing:
        writing.execute(text("DELETE FROM there"))

    with reading(sessions) as session:
        assert (before is None, session.get(There, 1)) == (False, None)


def test_who_reads_while_all_is_closed_is_closed_at_the_end(engine: Engine, tmp_path: Path) -> None:
    sessions = session_factory(engine)
    with reading(sessions) as session:
        session.scalars(COUNT).one()
        engine.dispose()

    assert (waiting_readers(engine), list(tmp_path.glob("*-wal"))) == (0, [])
    assert count(sessions) == 0


def ended(session: Session) -> None:
    session.close()


def ended_and_begun_again(session: Session) -> None:
    session.rollback()
    session.execute(COUNT)


def lost(session: Session) -> None:
    session.connection().invalidate()


def rolled_back(session: Session) -> None:
    session.connection().exec_driver_sql("ROLLBACK")


def closed(session: Session) -> None:
    driver = session.connection().connection.driver_connection
    assert driver is not None
    driver.close()


def nested(session: Session) -> None:
    session.begin_nested()


@pytest.mark.parametrize("end", [ended, ended_and_begun_again, lost, rolled_back, closed, nested])
def test_who_was_ended_by_others_is_not_kept(
    sessions: SessionFactory, end: Callable[[Session], None]
) -> None:
    with reading(sessions) as session:
        end(session)

    assert waiting_readers(sessions.kw["bind"]) == 0
    assert count(sessions) == 0


@pytest.mark.parametrize("statement", ["BEGIN", "ROLLBACK"])
def test_who_cannot_begin_or_end_is_given_up(
    sessions: SessionFactory, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    with reading(sessions) as session:
        driver = session.connection().connection.driver_connection

    def failing(connection: Connection, asked: str) -> sqlite3.Cursor:
        if asked == statement:
            raise OperationalError(asked, None, Exception("disk I/O error"))
        return ask_driver(connection, asked)

    with monkeypatch.context() as patch:
        patch.setattr("app.store.readers.ask_driver", failing)
        assert count(sessions) == 0

    with reading(sessions) as other, reading(sessions) as further:
        assert session not in {other, further}
        for one in (other, further):
            assert one.connection().connection.driver_connection is not driver
    engine = sessions.kw["bind"]
    assert engine.pool.checkedout() == waiting_readers(engine) == 2


def test_as_many_wait_as_are_soon_needed_again(sessions: SessionFactory) -> None:
    with ExitStack() as stack:
        at_once = [stack.enter_context(reading(sessions)) for _ in range(readers.MOST_IDLE + 2)]
    with ExitStack() as stack:
        again = [stack.enter_context(reading(sessions)) for _ in range(readers.MOST_IDLE + 2)]

    assert len(set(at_once) & set(again)) == readers.MOST_IDLE


def test_where_there_is_no_file_nobody_begins(tmp_path: Path) -> None:
    nowhere = session_factory(build_engine(f"sqlite:///{tmp_path / 'nowhere' / 'record.db'}"))

    for _ in range(2):
        with pytest.raises(DBAPIError, match="unable to open"), reading(nowhere):
            pass


def test_what_is_in_memory_is_read_as_ever() -> None:
    engine = build_engine("sqlite://")
    with reading(session_factory(engine)) as session:
        assert session.scalar(text("SELECT 1")) == 1
    engine.dispose()
