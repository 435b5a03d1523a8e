"""Whether anything was committed since: the cheapest question that can be put to a database."""

import threading
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.store.engine import beside

# On SQLite a number that changes when another connection commits; on PostgreSQL the transactions
# that are visible. Neither tells what changed.
_QUESTIONS = {"sqlite": "PRAGMA data_version", "postgresql": "SELECT pg_current_snapshot()::text"}


class Watch:
    """Tells the states of a database apart, over a connection of its own that never writes.

    It waits for none of the pool's: on SQLite it is asked where nothing may wait.
    """

    def __init__(self, engine: Engine) -> None:
        """Nothing is opened before it is asked."""
        self._engine = engine
        self._question = _QUESTIONS[engine.dialect.name]
        self._cursor: Any = None
        self._lock = threading.Lock()

    @property
    def is_instant(self) -> bool:
        """Whether asking takes microseconds and waits for nobody."""
        return self._engine.dialect.name == "sqlite"

    def state(self) -> object:
        """What is equal to an earlier answer only if nothing was committed in between.

        While the database does not answer no state is equal to another.
        """
        with self._lock:
            return self._state()

    def _state(self) -> object:
        try:
            if self._cursor is None:
                self._cursor = self._open()
            self._cursor.execute(self._question)
            return self._cursor.fetchone()[0]
        except (self._engine.dialect.loaded_dbapi.Error, SQLAlchemyError):
            self.close()
            return object()

    def close(self) -> None:
        """Let go of the connection; it is opened again if need be."""
        cursor, self._cursor = self._cursor, None
        if cursor is not None:
            cursor.connection.close()

    def _open(self) -> Any:  # noqa: ANN401 - the driver's
        pooled = beside(self._engine).raw_connection()
        connection: Any = pooled.driver_connection
        pooled.detach()
        if not self.is_instant:
            connection.autocommit = True
        return connection.cursor()
