"""Many rows at once: `executemany` on SQLite, COPY on PostgreSQL."""

from collections.abc import Iterable, Sequence
from typing import Any, cast, overload

from sqlalchemy import Table, bindparam, delete, insert, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

LONGEST_TEXT = 4000
MANY_NAMES = 1000  # more are not listed one by one in a statement


def insert_rows(
    session: Session,
    table: Table,
    columns: Sequence[str],
    values: Sequence[tuple[Any, ...]],
) -> None:
    """Insert tuples given in the database's own representation (dates as SQLite or PG want them).

    The fast way in: no objects, no conversion. For rows whose values the caller has just made.
    """
    names = ", ".join(columns)
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608 - our names
        connection.exec_driver_sql(statement, list(values))
        return
    driver = cast("Any", connection.connection.driver_connection)
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy,
    ):
        for value in values:
            copy.write_row(value)


def insert_dicts(session: Session, table: Table, values: Iterable[dict[str, Any]]) -> None:
    """Insert rows whose values are Python's (dates, instants), converted by their types."""
    rows = list(values)
    if rows:
        session.execute(insert(table), rows)


def update_dicts(session: Session, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Bring rows in line with dictionaries, which name them by `id`; all have the same keys."""
    if rows:
        changed: dict[str, Any] = {
            name: bindparam(f"new_{name}") for name in rows[0] if name != "id"
        }
        session.connection().execute(
            update(table).where(table.c.id == bindparam("new_id")).values(changed),
            [{f"new_{name}": value for name, value in row.items()} for row in rows],
        )


def delete_dicts(session: Session, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Delete the rows that are like these dictionaries, which all have the same keys."""
    if rows:
        alike = [table.c[name] == bindparam(f"old_{name}") for name in rows[0]]
        session.connection().execute(
            delete(table).where(*alike),
            [{f"old_{name}": value for name, value in row.items()} for row in rows],
        )


def insert_or_else(session: Session, table: Table) -> Any:  # noqa: ANN401 - one of two dialects
    """An insert that may say what is done `on_conflict`."""
    if session.connection().dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


@overload
def storable(text: str) -> str: ...


@overload
def storable(text: None) -> None: ...


@overload
def storable(text: str | None) -> str | None: ...


def storable(text: str | None) -> str | None:
    """Free text as databases and logs take it: no NUL, no lone surrogate, not without end."""
    if text is None:
        return None
    clean = text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\ufffd")
    return clean if len(clean) <= LONGEST_TEXT else clean[: LONGEST_TEXT - 1] + "…"


def lock_writers(session: Session) -> None:
    """Let one writer decide ids and names at a time.

    SQLite has one writer anyway. On PostgreSQL an advisory lock held to the end of the
    transaction spares collisions; where it is missing, unique keys still refuse a second
    row of the same name, and the run fails and is tried again.
    """
    if session.connection().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(7236428011)"))
