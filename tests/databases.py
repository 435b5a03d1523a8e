"""Databases for tests, which are put back to a template, or to what is made of it once."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import cast

import psycopg
from sqlalchemy import URL, Engine, create_engine, make_url, text
from sqlmodel import SQLModel

from app.store.engine import session_factory
from tests.factories import Record
from tests.postgresql import running, url_of

_numbers = count()
_UNTOUCHED = "SELECT NOT EXISTS (SELECT 1 FROM source)"

Fill = Callable[[Record], None]


def execute(server: URL, statement: str) -> None:
    """Have one statement executed, outside a transaction."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@contextmanager
def server(*, durable: bool) -> Iterator[URL | None]:
    """The server that `ALMANAC_TEST_DATABASE_URL` names, else one of a package's; or None.

    Where it is our own and need not be durable, nothing on it outlives a crash, and nothing changes
    what is seen there but the tests.
    """
    given = os.environ.get("ALMANAC_TEST_DATABASE_URL")
    if given:
        yield make_url(given)
        return
    with running() as own:
        if own is None:
            yield None
            return
        url = url_of(own)
        if not durable:
            for setting in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum"):
                execute(url, f"ALTER SYSTEM SET {setting} = off")
            execute(url, "SELECT pg_reload_conf()")
        yield url


@contextmanager
def database(server: URL, *, like: URL | None = None) -> Iterator[URL]:
    """A database of one's own for a while, empty or a copy of another."""
    name = f"almanac_test_{os.getpid()}_{next(_numbers)}"
    copied = f" TEMPLATE {like.database}" if like else ""
    execute(server, f"CREATE DATABASE {name}{copied}")
    try:
        yield server.set(database=name)
    finally:
        execute(server, f"DROP DATABASE {name} WITH (FORCE)")


@dataclass
class ReusedFile:
    """An SQLite file that is a copy of a template whenever it is lent."""

    template: Path
    path: Path
    _filled: dict[Fill, Path] = field(init=False, default_factory=dict)

    def lend(self) -> str:
        """Put everything back; where to find it."""
        self._put(self.template)
        return f"sqlite:///{self.path}"

    def become(self, fill: Fill, engine: Engine) -> None:
        """What `fill` makes of the template, which it does once. Nothing else may be in it yet."""
        with closing(sqlite3.connect(self.path)) as connection:
            assert connection.execute(_UNTOUCHED).fetchone() == (1,)
        kept = self._filled.get(fill)
        if kept is not None:
            engine.dispose()
            self._put(kept)
            return
        fill(Record(session_factory(engine)))
        engine.dispose()  # with the last connection all goes into the one file
        assert list(self.path.parent.glob("*-wal")) == []
        kept = self.template.with_name(f"filled-{len(self._filled)}.db")
        self._filled[fill] = Path(shutil.copy(self.path, kept))

    def _put(self, file: Path) -> None:
        for left in self.path.parent.iterdir():
            left.unlink()  # never written over, as somebody may still look into it
        shutil.copy(file, self.path)


@dataclass(frozen=True)
class Content:
    """The rows of the tables that have some, and where the sequences are."""

    rows: Mapping[str, bytes]
    sequences: Mapping[str, int | None]

    @classmethod
    def read(cls, cursor: psycopg.Cursor) -> "Content":
        """What there is."""
        rows = {name: _rows(cursor, name) for name in _filled(cursor)}
        cursor.execute("SELECT sequencename, last_value FROM pg_sequences")
        return cls(rows, dict(cursor.fetchall()))

    def put(self, cursor: psycopg.Cursor) -> None:
        """Bring the tables that differ to this."""
        there = _filled(cursor)
        same = {name for name in there if self.rows.get(name) == _rows(cursor, name)}
        cursor.execute("SET LOCAL session_replication_role = replica")  # rows refer to each other
        for name in _tables():
            if name in there and name not in same:
                cursor.execute(f"DELETE FROM {name}")
            if name in self.rows and name not in same:
                with cursor.copy(f"COPY {name} FROM STDIN") as copy:
                    copy.write(self.rows[name])
        for name, value in self.sequences.items():
            cursor.execute("SELECT setval(%s, %s, %s)", (name, value or 1, value is not None))


@dataclass
class Reused:
    """A copy of a PostgreSQL template that is as at first whenever it is lent.

    Rows that tests have changed are put back, which takes a sixth of the time of a new database;
    only where the schema is another now is there a new one. Statistics stay behind.
    """

    server: URL
    template: URL
    url: URL = field(init=False)
    _schema: str = field(init=False)
    _empty: Content = field(init=False)
    _filled: dict[Fill, Content] = field(init=False, default_factory=dict)
    _engine: Engine = field(init=False)
    _held: ExitStack = field(init=False, default_factory=ExitStack)

    def __post_init__(self) -> None:
        """Make it, and remember what there is."""
        self._open()
        with self._cursor() as cursor:
            self._schema = _schema(cursor)
            self._empty = Content.read(cursor)

    def close(self) -> None:
        """Take it away."""
        self._engine.dispose()
        self._held.close()

    def lend(self) -> str:
        """Put everything back; where to find it."""
        with self._cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            intact = _schema(cursor) == self._schema
            if intact:
                self._empty.put(cursor)
        if not intact:
            self.close()
            self._open()
        return self.url.render_as_string(hide_password=False)

    def become(self, fill: Fill, engine: Engine) -> None:
        """What `fill` makes of the template, which it does once, unless it needs a year of its own.

        Nothing else may be in it yet.
        """
        with self._cursor() as cursor:
            cursor.execute(_UNTOUCHED)
            assert cursor.fetchone() == (True,)
            if fill in self._filled:
                self._filled[fill].put(cursor)
                return
        fill(Record(session_factory(engine)))
        with self._cursor() as cursor:
            if _schema(cursor) == self._schema:  # and there is no year that the template lacks
                self._filled[fill] = Content.read(cursor)

    def _open(self) -> None:
        self.url = self._held.enter_context(database(self.server, like=self.template))
        self._engine = create_engine(self.url, pool_pre_ping=True)

    @contextmanager
    def _cursor(self) -> Iterator[psycopg.Cursor]:
        with self._engine.begin() as connection:
            driver = cast("psycopg.Connection", connection.connection.driver_connection)
            with driver.cursor() as cursor:
                yield cursor


def _tables() -> list[str]:
    """All tables, those that others refer to before them."""
    return [table.name for table in SQLModel.metadata.sorted_tables]


def _filled(cursor: psycopg.Cursor) -> list[str]:
    """The tables that have rows."""
    cursor.execute(
        " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (TABLE {name})" for name in _tables())
    )
    return [name for (name,) in cursor.fetchall()]


def _rows(cursor: psycopg.Cursor, table: str) -> bytes:
    with cursor.copy(f"COPY (TABLE {table}) TO STDOUT") as copy:
        return b"".join(copy)


def _schema(cursor: psycopg.Cursor) -> str:
    """Everything that is defined, by a digest."""
    cursor.execute(
        "SELECT md5(string_agg(concat_ws(' ', c.oid, relname, relfilenode, relchecks, attnum, "
        "attname, attisdropped, attnotnull, atthasdef), ',' ORDER BY c.oid, attnum)) "
        "FROM pg_class AS c LEFT JOIN pg_attribute ON attrelid = c.oid "
        "WHERE relnamespace = 'public'::regnamespace"
    )
    ((found,),) = cursor.fetchall()
    return str(found)
