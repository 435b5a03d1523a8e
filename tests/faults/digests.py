"""What is stored, in a form that does not depend on the numbers that rows were given.

PostgreSQL takes a number of a sequence for a row that is never committed, so that after a kill the
same record has other numbers than an undisturbed one.
"""

from hashlib import sha256
from typing import Any

from sqlalchemy import Table

from app.store.engine import SessionFactory, reading
from app.store.queries.whole import all_rows, tables_of_record

LOGS = {"run", "backfill"}


def stored(sessions: SessionFactory) -> dict[str, str]:
    """Digests of the tables of a record, but for the logs of who has worked on it."""
    digests = {}
    known: dict[str, dict[Any, bytes]] = {}
    with reading(sessions) as session:
        for table in sorted(tables_of_record(), key=lambda table: table.name == "entry"):
            rows = [row for batch in all_rows(session, table) for row in batch]
            named = _named(table, rows, known)
            if table.name not in LOGS:
                digests[table.name] = sha256(b"".join(sorted(named))).hexdigest()
    return digests


def _named(table: Table, rows: list[Any], known: dict[str, dict[Any, bytes]]) -> list[bytes]:
    """A digest for each row, in which a reference is the digest of what it refers to.

    By the names of columns: `leader_alias_id` is the number of an alias, and lines have no keys
    that the database watches over.
    """
    columns = [column.name for column in table.columns]
    refers = [_referred(column, known) if column != "id" else None for column in columns]
    own = known.setdefault(table.name, {})
    named = []
    for row in rows:
        values = [
            value if numbers is None or value is None else numbers[value]
            for column, numbers, value in zip(columns, refers, row, strict=True)
            if column != "id"
        ]
        digest = sha256(repr(values).encode()).digest()
        named.append(digest)
        if "id" in columns:
            own[row[columns.index("id")]] = digest
    return named


def _referred(column: str, known: dict[str, dict[Any, bytes]]) -> dict[Any, bytes] | None:
    """The table whose numbers stand in a column."""
    if not column.endswith("_id"):
        return None
    return known[column.removesuffix("_id").rpartition("_")[2]]
