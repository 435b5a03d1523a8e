"""What a database is asked: every statement, how it would be answered, and how much work it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

Statement = tuple[str, Any]


@contextmanager
def statements(engine: Engine) -> Iterator[list[Statement]]:
    """Every statement that is sent while this lasts, with its parameters."""
    sent: list[Statement] = []

    def note(*facts: object) -> None:
        _connection, _cursor, sql, parameters, *_ = facts
        sent.append((str(sql), parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def plans(session: Session, sent: list[Statement]) -> str:
    """How each statement would be answered, on a large table too.

    PostgreSQL reads small tables whole, which would hide that it need not.
    """
    connection = session.connection()
    explain = "EXPLAIN QUERY PLAN "
    if connection.dialect.name == "postgresql":
        explain = "EXPLAIN (COSTS OFF) "
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
    return "\n".join(
        str(row[-1])
        for sql, parameters in sent
        for row in connection.exec_driver_sql(explain + sql, parameters)
    )


@contextmanager
def counted_steps(session: Session) -> Iterator[list[int]]:
    """How many instructions SQLite's machine executes while this lasts, one item each."""
    steps: list[int] = []
    driver: Any = session.connection().connection.driver_connection
    driver.set_progress_handler(lambda: steps.append(1), 1)
    try:
        yield steps
    finally:
        driver.set_progress_handler(None, 0)
