"""Whether anything was committed since: the cheapest question that can be put to a database."""

import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.store.engine import beside

# On SQLite a number that changes when another connection commits; on PostgreSQL the transactions
# that are visible. A replica does not say which are under way, so that a commit among them would
# go unnoticed: there it is how far the log was read. None of them tells what changed.
_QUESTIONS = {
    "sqlite": "PRAGMA data_version",
    "postgresql": "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()::text"
    " ELSE pg_current_snapshot()::text END",
}


class Watch:
    """Tells the states of a database apart, over a connection of its own that never writes.

    It waits for none of the pool's: on SQLite it is asked where nothing may wait.
    """

    def __init__(
        self, engine: Engine, route: Callable[[], tuple[int, Engine]] | None = None
    ) -> None:
        """Nothing is opened before it is asked.

        Where readers are now here and now there, `route` says how often that changed, and where.
        """
        self._engine = engine
        self._route = route or (lambda: (0, engine))
        self._question = _QUESTIONS[engine.dialect.name]
        self._cursor: Any = None
        self._opened = 0
        self._asked = engine
        self._lock = threading.Lock()

    @property
    def is_instant(self) -> bool:
        """Whether asking takes microseconds and waits for nobody."""
        return self._engine.dialect.name == "sqlite"

    def state(self) -> object:
        """What is equal to an earlier answer only if nothing was committed in between.

        While the database does not answer no state is equal to another, nor to one of before when
        it does again: it may be another server by then.
        """
        with self._lock:
            return self._state()

    def _state(self) -> object:
        turn, engine = self._route()
        try:
            if self._cursor is None or engine is not self._asked:
                self.close()
                self._cursor, self._asked = self._open(engine), engine
                self._opened += 1
            self._cursor.execute(self._question)
            return turn, self._opened, self._cursor.fetchone()[0]
        except (self._engine.dialect.loaded_dbapi.Error, SQLAlchemyError):
            self.close()
            return object()

    def close(self) -> None:
        """Let go of the connection; it is opened again if need be."""
        cursor, self._cursor = self._cursor, None
        if cursor is not None:
            cursor.connection.close()

    def _open(self, engine: Engine) -> Any:  # noqa: ANN401 - the driver's
        pooled = beside(engine).raw_connection()
        connection: Any = pooled.driver_connection
        pooled.detach()
        if not self.is_instant:
            connection.autocommit = True
        return connection.cursor()
