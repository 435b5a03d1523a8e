"""What was read before is not read again while nothing is committed, and never wrongly."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, update
from sqlalchemy.exc import DatabaseError, OperationalError

from app.store.engine import SessionFactory, build_engine, reading, session_factory, transaction
from app.store.queries.boards import find_board, record_state
from app.store.queries.names import names_version
from app.store.recall import MOST_FOUND, Recall, ask_driver
from app.store.tables import LEADERBOARD
from tests.factories import Record
from tests.statements import statements
from tests.titles import rename, title


@pytest.fixture(autouse=True)
def board(record: Record) -> None:
    record.history({"2024-07-01": {"OpenAI/a": 1.0}})


def test_nothing_is_read_again_while_nothing_is_committed(
    engine: Engine, sessions: SessionFactory
) -> None:
    def ask() -> tuple[object, ...]:
        with reading(sessions, seconds=60) as session:
            return find_board(session, "demo-text"), names_version(session), record_state(session)

    first = ask()
    with statements(engine) as sent:
        again = ask()

    assert again == first
    assert [sql for sql, _parameters in sent if "FROM" in sql] == []


@pytest.mark.parametrize("where", ["here", "elsewhere"])
def test_what_was_committed_is_read_by_the_next(
    engine: Engine, sessions: SessionFactory, where: str
) -> None:
    other = engine if where == "here" else build_engine(engine.url)
    titles = [title(sessions)]
    for text in ("one", "two", "two"):
        rename(session_factory(other), text)
        titles += [title(sessions), title(sessions)]
    other.dispose()

    assert titles[1:] == ["one", "one", "two", "two", "two", "two"]


def test_what_was_not_stored_is_never_told(sessions: SessionFactory) -> None:
    before = title(sessions)

    rename(sessions, "never", stored=False)

    assert [title(sessions), title(sessions)] == [before, before]


def test_a_reader_sees_one_moment_whatever_is_committed_meanwhile(
    engine: Engine, sessions: SessionFactory
) -> None:
    other = build_engine(engine.url)
    before = title(sessions)

    with reading(sessions, seconds=60) as session:
        early = record_state(session)
        rename(session_factory(other), "meanwhile")
        late = find_board(session, "demo-text").title, record_state(session)

    assert late == (before, early)
    assert title(sessions) == "meanwhile"
    other.dispose()


def test_a_session_that_writes_reads_what_it_wrote(sessions: SessionFactory) -> None:
    title(sessions)
    with transaction(sessions) as session:
        session.execute(update(LEADERBOARD).values(title="mine"))

        assert find_board(session, "demo-text").title == "mine"


def test_what_the_driver_says_itself_fails_as_what_it_is_asked(sqlite_url: str) -> None:
    engine = build_engine(sqlite_url)
    with engine.connect() as connection, pytest.raises(OperationalError, match="no such column"):
        ask_driver(connection, "SELECT nowhere")
    engine.dispose()


def test_of_a_file_that_was_damaged_the_driver_says_so_as_ever(tmp_path: Path) -> None:
    file = tmp_path / "damaged.db"
    engine = build_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE one (number INTEGER)")
    with closing(sqlite3.connect(file)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with file.open("r+b") as damage:
        damage.write(b"\xff" * 4096)

    with (
        pytest.raises(DatabaseError, match="not a database"),
        reading(session_factory(engine)) as session,
    ):
        session.connection()
    engine.dispose()


def test_what_is_recalled_is_bounded() -> None:
    kept = Recall()
    for number in range(3 * MOST_FOUND):
        assert kept.of(number, lambda: number) == number  # noqa: B023 - called at once

    assert kept.of(0, lambda: "anew") == "anew"
    assert kept.of(0, lambda: "once more") == "anew"
