"""Filling a store that is empty with a whole record, and what of one is not for another place."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Table, delete, func, select, text, update
from sqlalchemy.orm import Session

from app.domain.runs import Outcome
from app.store.bulk import insert_rows, lock_writers
from app.store.portable import Row, to_database
from app.store.queries.whole import PASSING, tables_of_facts, tables_of_record
from app.store.tables import ENTRY, LEASE, RUN
from app.store.writes.years import make_room

WAIT_FOR_WRITERS = "10s"


def lock_everything(session: Session) -> None:
    """Be the only one who writes until the transaction ends; readers go on.

    SQLite has one writer anyway. Asking for tokens of a bucket is not writing.
    """
    if session.connection().dialect.name == "postgresql":
        session.execute(text(f"SET LOCAL lock_timeout = '{WAIT_FOR_WRITERS}'"))
        lock_writers(session)
        names = ", ".join(table.name for table in (*tables_of_record(), LEASE))
        session.execute(text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))


def forget_facts(session: Session) -> None:
    """Make room for the facts of another record, with their numbers."""
    for table in reversed(tables_of_facts()):
        session.execute(delete(table))


def forget_processes(session: Session, now: datetime) -> None:
    """Note that nobody works here, nor ever asked; slots of runs under way may be served again."""
    for table in PASSING:
        session.execute(delete(table))
    session.execute(
        update(RUN)
        .where(RUN.c.outcome == Outcome.RUNNING)
        .values(
            outcome=Outcome.ABANDONED,
            finished_at=now,
            error_kind="abandoned",
            error="it was under way when the record was put by",
            slot=None,
        )
    )


def insert_all(session: Session, table: Table, batches: Iterable[Sequence[Row]]) -> None:
    """Store rows that are given in the common form (`app.store.portable`)."""
    dialect = session.connection().dialect.name
    names = [column.name for column in table.columns]
    for rows in batches:
        values = to_database(table, dialect, rows)
        if table is ENTRY and dialect == "postgresql":
            day = names.index("edition_date")
            make_room(session, {row[day].year for row in values})
        insert_rows(session, table, names, values)


def settle_in(session: Session) -> None:
    """Let PostgreSQL number new rows after those there are, and know how many there are.

    SQLite needs neither. A sequence that is altered goes back with its transaction, as `setval`
    would not.
    """
    if session.connection().dialect.name != "postgresql":
        return
    for table in tables_of_record():
        column = table.autoincrement_column
        if column is not None:
            highest = session.scalar(select(func.max(column))) or 0
            sequence = session.scalar(select(func.pg_get_serial_sequence(table.name, column.name)))
            session.execute(text(f"ALTER SEQUENCE {sequence} RESTART WITH {highest + 1}"))
        session.execute(text(f"ANALYZE {table.name}"))
