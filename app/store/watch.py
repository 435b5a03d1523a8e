"""Whether anything was committed since: the cheapest question that can be put to a database."""

import threading
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, ClassVar

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
        self,
        engine: Engine,
        route: Callable[[], tuple[int, Engine]] | None = None,
        give_up: Callable[[], None] = lambda: None,
    ) -> None:
        """Nothing is opened before it is asked.

        Where readers are now here and now there, `route` says how often that changed, and where;
        `give_up` is told of a database that does not answer.
        """
        self._engine = engine
        self._route = route or (lambda: (0, engine))
        self._give_up = give_up
        self._line = _Line(engine)

    @property
    def is_instant(self) -> bool:
        """Whether asking takes microseconds and waits for nobody."""
        return self._engine.dialect.name == "sqlite"

    def state(self) -> object:
        """What is equal to an earlier answer only if nothing was committed in between.

        While the database does not answer no state is equal to another, nor to one of before when
        it does again: it may be another server by then.
        """
        line = self._line
        try:
            return line.ask(*self._route())
        finally:
            if line is not self._line:  # it was abandoned meanwhile
                line.close()

    def abandon(self) -> None:
        """Leave a question that gets no answer to whoever put it, and ask anew."""
        self._line = _Line(self._engine)
        self._give_up()

    def close(self) -> None:
        """Let go of the connection; it is opened again if need be."""
        self._line.close()


class _Line:
    """A connection for one question at a time, opened when it is needed."""

    _numbers: ClassVar[Iterator[int]] = count()

    def __init__(self, engine: Engine) -> None:
        self.cursor: Any = None
        self._errors = (engine.dialect.loaded_dbapi.Error, SQLAlchemyError)
        self._question = _QUESTIONS[engine.dialect.name]
        self._number = -1
        self._asked = engine
        self._lock = threading.Lock()

    def ask(self, turn: int, engine: Engine) -> object:
        with self._lock:
            try:
                if self.cursor is None or engine is not self._asked:
                    self.close()
                    self.cursor, self._asked = _opened(engine), engine
                    self._number = next(self._numbers)
                self.cursor.execute(self._question)
                return turn, self._number, self.cursor.fetchone()[0]
            except self._errors:
                self.close()
                return object()

    def close(self) -> None:
        cursor, self.cursor = self.cursor, None
        if cursor is not None:
            cursor.connection.close()


def _opened(engine: Engine) -> Any:  # noqa: ANN401 - the driver's
    pooled = beside(engine).raw_connection()
    connection: Any = pooled.driver_connection
    pooled.detach()
    if engine.dialect.name != "sqlite":
        connection.autocommit = True
    return connection.cursor()
