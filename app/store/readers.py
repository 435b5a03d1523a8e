"""Readers of an SQLite file, between one view and the next.

SQLAlchemy takes longer to begin and to end a session than SQLite to find a hundred rows. So those
who only read keep theirs, with its connection, and the driver is told where a transaction begins
and ends.
"""

import sqlite3
from collections.abc import Callable
from typing import Any, NamedTuple, cast

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.store.recall import ask_driver

MOST_IDLE = 5


class Reader(NamedTuple):
    """A session that only reads, and its connection.

    `info` is what the session was given; `term` how often all connections had been closed before.
    """

    session: Session
    connection: Connection
    info: dict[Any, Any]
    term: int


class Readers:
    """Those of an engine that wait for their next view, a few at most, outside of transactions.

    Several threads may use them at once. All who ask have sessions made in the same way.
    """

    def __init__(self) -> None:
        """Nobody waits yet."""
        self._idle: list[Reader] = []
        self._term = 0

    def __len__(self) -> int:
        return len(self._idle)

    def begin(self, make: Callable[[], Session]) -> Reader:
        """Whoever came last, else a new one, in a transaction."""
        while (reader := self._taken()) is not None:
            try:
                ask_driver(reader.connection, "BEGIN")
            except SQLAlchemyError:
                reader.session.invalidate()
            else:
                return reader
        term, session = self._term, make()
        info = dict(session.info)
        try:
            return Reader(session, session.connection(), info, term)
        except BaseException:
            session.close()
            raise

    def end(self, reader: Reader) -> None:
        """Let a reader wait; whose connection is still asked something, or lost, is given up.

        A view that somebody ends by himself gives its connection back as SQLAlchemy does.
        """
        session, connection, info, term = reader
        is_ours = session.in_transaction() and not session.in_nested_transaction()
        if not is_ours or connection.closed or connection.invalidated:
            session.close()
            return
        try:
            _roll_back(connection)
        except (SQLAlchemyError, sqlite3.Error):
            session.invalidate()
            return
        session.expunge_all()
        session.info.clear()
        session.info.update(info)
        self._idle.append(reader)
        if term != self._term:
            self.close()
        elif len(self._idle) > MOST_IDLE:
            self._give_up_one()

    def close(self) -> None:
        """Close the connections of all who wait, and of those who read when they end."""
        self._term += 1
        while self._give_up_one():
            pass

    def _give_up_one(self) -> bool:
        reader = self._taken()
        if reader is not None:
            reader.session.invalidate()
        return reader is not None

    def _taken(self) -> Reader | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None


def _roll_back(connection: Connection) -> None:
    """End the transaction.

    A question that was not read to its end would hold the view for all who come after. While there
    is one, whatever is begun after `interrupt` is interrupted, too; else it has no effect. Source:
    SQLite, `sqlite3_interrupt`.

    Raises:
        DBAPIError: there is such a question, or no transaction.
        sqlite3.Error: the connection is closed.
    """
    cast("sqlite3.Connection", connection.connection.driver_connection).interrupt()
    ask_driver(connection, "ROLLBACK")
