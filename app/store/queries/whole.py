"""The record as a whole: which tables it is, and all of their rows."""

from collections.abc import Generator, Sequence
from contextlib import closing
from typing import Any, cast

from sqlalchemy import Table, extract, inspect, literal, select, text
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from app.store.portable import Row, Tally, from_database
from app.store.tables import (
    BUCKET,
    COUNTRY,
    EDITION,
    LEASE,
    LICENCE,
    ORGANIZATION,
    ORGANIZATION_ALIAS,
    ORGANIZATION_NAME,
    PAYLOAD,
    SNAPSHOT_BLOCK,
    SOURCE,
    VERSION,
)

ROWS_AT_ONCE = 10_000
LARGE = (PAYLOAD, SNAPSHOT_BLOCK)  # their rows may be of any size
PASSING = (LEASE, BUCKET)
_PARTITIONS = text(
    "SELECT substr(c.relname, 7)::int FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid"
    " WHERE inhparent = 'entry'::regclass AND NOT inhdetachpending AND relname ~ '^entry_[0-9]+$'"
)
FACTS = (
    COUNTRY,
    LICENCE,
    ORGANIZATION,
    ORGANIZATION_ALIAS,
    ORGANIZATION_NAME,
    SOURCE,
    VERSION,
)


def tables_of_record() -> list[Table]:
    """The tables that outlast every process, those that others refer to before them."""
    return [table for table in SQLModel.metadata.sorted_tables if table not in PASSING]


def tables_of_facts() -> list[Table]:
    """Those of them that the program fills from what it brings along, in the same order."""
    return [table for table in SQLModel.metadata.sorted_tables if table in FACTS]


def tables_in_use(session: Session) -> list[str]:
    """The tables that have rows of somebody's doing, of whatever version the schema is.

    Somebody who works on a source counts; buckets do not, as asking for anything fills one.
    """
    there = set(inspect(session.connection()).get_table_names())
    own = {BUCKET, *FACTS}
    return [
        name
        for name, table in sorted(SQLModel.metadata.tables.items())
        if name in there and table not in own and _has_rows(session, table)
    ]


def years_taken_out(session: Session) -> list[int]:
    """The years that have editions, but not their lines: on PostgreSQL they may be elsewhere."""
    if session.connection().dialect.name != "postgresql":
        return []
    there = set(session.scalars(_PARTITIONS))
    year = extract("year", EDITION.c.edition_date)
    return [
        int(y) for y in session.scalars(select(year).distinct().order_by(year)) if y not in there
    ]


def _has_rows(session: Session, table: Table) -> bool:
    return session.scalar(select(literal(1)).select_from(table).limit(1)) is not None


def unlimited(session: Session) -> None:
    """Let the rest of a transaction take its time."""
    if session.connection().dialect.name == "postgresql":
        for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
            session.execute(text(f"SET LOCAL {limit} = 0"))


def all_rows(session: Session, table: Table) -> Generator[Sequence[Row]]:
    """Every row of a table in the common form (`app.store.portable`), some at a time.

    They come in no order; large ones come one by one.
    """
    connection = session.connection()
    dialect = connection.dialect.name
    driver = cast("Any", connection.connection.driver_connection)
    # PostgreSQL sends everything at once but to a cursor that has a name
    cursor = driver.cursor() if dialect == "sqlite" else driver.cursor("whole", binary=True)
    at_once = 1 if table in LARGE else ROWS_AT_ONCE
    names = ", ".join(column.name for column in table.columns)
    with closing(cursor):
        cursor.execute(f"SELECT {names} FROM {table.name}")  # noqa: S608 - our names
        while rows := cursor.fetchmany(at_once):
            yield from_database(table, dialect, rows)


def tally_of(session: Session, table: Table) -> Tally:
    """How many rows a table has and their digest, the same on either kind of database."""
    tally = Tally(table)
    for rows in all_rows(session, table):
        tally.add(rows)
    return tally
