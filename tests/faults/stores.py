"""Stores that begin each test in one state, behind engines that last: compiling SQL costs most."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

from sqlalchemy import URL, Engine

from app.store.engine import SessionFactory, build_engine, session_factory
from tests.databases import Reused, database

Begin = Callable[[SessionFactory], None]


class Stores:
    """One store of each kind and beginning, put back whenever it is lent."""

    def __init__(self, folder: Path, fixture: Callable[[str], Any]) -> None:
        """`fixture` gives what others have made, such as the template of a database."""
        self._folder = folder
        self._fixture = fixture
        self._held = ExitStack()
        self._made: dict[tuple[str, Begin], tuple[Engine, Callable[[], object]]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._held.close()

    @contextmanager
    def lend(self, kind: str, begin: Begin) -> Iterator[SessionFactory]:
        """A store of a kind, in which `begin` has been done and nothing else."""
        if (kind, begin) not in self._made:
            make = self._sqlite if kind == "sqlite" else self._postgresql
            self._made[kind, begin] = make(begin)
        engine, put_back = self._made[kind, begin]
        engine.dispose()
        put_back()
        yield session_factory(engine)
        engine.dispose()

    def _sqlite(self, begin: Begin) -> tuple[Engine, Callable[[], object]]:
        name = f"{len(self._made)}"
        template = self._folder / f"{name}-template.db"
        shutil.copy(self._fixture("sqlite_template"), template)
        first = build_engine(f"sqlite:///{template}")
        begin(session_factory(first))
        with first.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        first.dispose()
        path = self._folder / f"{name}.db"

        def put_back() -> None:
            for ending in ("-wal", "-shm"):
                path.with_name(path.name + ending).unlink(missing_ok=True)
            shutil.copy(template, path)

        return build_engine(f"sqlite:///{path}"), put_back

    def _postgresql(self, begin: Begin) -> tuple[Engine, Callable[[], object]]:
        server: URL = self._fixture("postgresql_server")
        empty: URL = self._fixture("postgresql_template")
        template = self._held.enter_context(database(server, like=empty))
        first = build_engine(template)
        begin(session_factory(first))
        first.dispose()
        reused = Reused(server, template)
        self._held.callback(reused.close)
        return build_engine(reused.url), reused.lend
