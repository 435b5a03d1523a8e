"""What was read before is not read again, for as long as nothing was committed since.

SQLite tells each connection in a few microseconds whether another one has committed: the question
begins to read, and what is read in the same transaction is of that moment. Of what the connection
itself commits it is told (`forget`).

PostgreSQL tells which transactions a view sees. That comes with what each reader has to tell it
anyway, and costs no round trip of its own. A replica does not know which are under way.
"""

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TypeVar, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

Found = TypeVar("Found")
MOST_STATES = 4
MOST_FOUND = 1_000  # in a state
_KEPT = "almanac_recall"

# For how long a statement may take, in milliseconds; what is seen, by which server, and since which
# checkpoint: after a crash, numbers of transactions that were lost are given again.
_TERMS = text(
    "SELECT set_config('statement_timeout', :limit, true), CASE WHEN NOT pg_is_in_recovery()"
    " THEN concat_ws(' ', pg_postmaster_start_time(), (pg_control_checkpoint()).redo_lsn,"
    " pg_current_snapshot()) END"
)


class Recall:
    """What was found in one state of a record; two who ask at once may both find it."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._found: dict[Hashable, object] = {}

    def of(self, key: Hashable, find: Callable[[], Found]) -> Found:
        """What was found under a key, else what `find` gives."""
        found = self._found
        if key not in found:
            if len(found) >= MOST_FOUND:
                found = self._found = {}
            found[key] = find()
        return cast("Found", found[key])


_views: WeakKeyDictionary[Engine, OrderedDict[str, Recall]] = WeakKeyDictionary()
_lock = threading.Lock()


def ask_driver(connection: Connection, question: str) -> sqlite3.Cursor:
    """What SQLite's driver says by itself, in a tenth of the time.

    Raises:
        DBAPIError: SQLAlchemy's, as if it had been asked.
    """
    driver = cast("sqlite3.Connection", connection.connection.driver_connection)
    try:
        return driver.execute(question)
    except sqlite3.Error as error:
        dialect = connection.dialect
        raise DBAPIError.instance(question, None, error, sqlite3.Error, dialect=dialect) from error


def recall_on(session: Session, connection: Connection) -> None:
    """Let a session that only reads recall what its SQLite connection has read before."""
    state: int = ask_driver(connection, "PRAGMA data_version").fetchone()[0]
    seen: tuple[int, Recall] | None = connection.info.get(_KEPT)
    if seen is None or seen[0] != state:
        seen = connection.info[_KEPT] = (state, Recall())
    session.info[_KEPT] = seen[1]


def forget(connection: Connection) -> None:
    """Recall nothing of before this SQLite connection changed the record."""
    connection.info.pop(_KEPT, None)


def tell_terms(session: Session, connection: Connection, seconds: float) -> None:
    """Bound what a reader's statements may take on PostgreSQL, and let it recall what it can."""
    state = connection.execute(_TERMS, {"limit": str(int(seconds * 1000))}).one()[1]
    if state is None:
        return
    with _lock:
        states = _views.setdefault(connection.engine, OrderedDict())
        session.info[_KEPT] = states.setdefault(state, Recall())
        states.move_to_end(state)
        while len(states) > MOST_STATES:
            states.popitem(last=False)


def recalled(session: Session, key: Hashable, find: Callable[[], Found]) -> Found:
    """What was found under a key, found again if anything was committed, or cannot be recalled.

    What `find` gives must depend on the key and the record alone, and is not to be changed.
    """
    kept: Recall | None = session.info.get(_KEPT)
    return find() if kept is None else kept.of(key, find)
