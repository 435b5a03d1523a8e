"""Rows in one form whichever database they are in, and digests by which they are compared.

In that form a day is a number (days since 1970-01-01), an instant is text in UTC with
microseconds, a flag is 0 or 1, and there is no negative zero, which SQLite does not keep. All
else is what both drivers give: int, float, str, bytes, None.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import cache
from hashlib import sha256
from typing import Any

from sqlalchemy import Boolean, Double, LargeBinary, Table
from sqlmodel.sql.sqltypes import UTCDateTime

from app.store.types import EPOCH, Day, day_number

Row = tuple[Any, ...]
Change = Callable[[Any], Any]


def _instant(moment: datetime) -> str:
    in_utc = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return in_utc.replace(tzinfo=None).isoformat(" ", "microseconds")


@cache  # there are no more than 65,536
def _date(number: int) -> date:
    return date.fromordinal(EPOCH + number)


_FROM: dict[str, dict[type, Change]] = {
    "sqlite": {UTCDateTime: lambda text: _instant(datetime.fromisoformat(text))},
    "postgresql": {
        Boolean: int,
        Day: day_number,
        Double: lambda number: number + 0.0,
        UTCDateTime: _instant,
    },
}
_TO: dict[str, dict[type, Change]] = {
    "sqlite": {},
    "postgresql": {Boolean: bool, Day: _date, UTCDateTime: lambda text: f"{text}+00"},
}


def from_database(table: Table, dialect: str, rows: Sequence[Row]) -> Sequence[Row]:
    """Rows of a table as the driver of a database gives them, in the common form.

    Raises:
        ValueError, TypeError, AttributeError: a value is not of its column's type.
    """
    return _changed(table, _FROM[dialect], rows)


def to_database(table: Table, dialect: str, rows: Sequence[Row]) -> Sequence[Row]:
    """Rows in the common form as `app.store.bulk.insert_rows` takes them.

    Raises:
        ValueError, TypeError, OverflowError: a value is not of its column's type.
    """
    return _changed(table, _TO[dialect], rows)


class Tally:
    """How many rows there are of a table, and what they are, in whatever order they come.

    The digest is the sum modulo 2^256 of the SHA-256 digests of the rows, each written as
    Python's `ascii` writes it (a float by the shortest text that means it), blobs by their own
    digests. It finds accidents; whoever wants to may find other rows of the same sum.
    """

    def __init__(self, table: Table) -> None:
        """There are none so far."""
        self._blobs: dict[type, Change] = {LargeBinary: lambda blob: sha256(blob).digest()}
        self._table = table
        self._sum = 0
        self.rows = 0

    def add(self, rows: Sequence[Row]) -> None:
        """Count rows, in the common form."""
        self.rows += len(rows)
        more = sum(
            int.from_bytes(sha256(ascii(row).encode()).digest(), "big")
            for row in _changed(self._table, self._blobs, rows)
        )
        self._sum = (self._sum + more) % 2**256

    @property
    def digest(self) -> str:
        """64 hexadecimal digits."""
        return f"{self._sum:064x}"


def _changed(table: Table, changes: dict[type, Change], rows: Sequence[Row]) -> Sequence[Row]:
    """The rows with each column as its type wants it; those that no type changes as they are."""
    found = [changes.get(type(column.type)) for column in table.columns]
    if not any(found):
        return rows
    columns = [
        values if change is None else [None if v is None else change(v) for v in values]
        for change, values in zip(found, zip(*rows, strict=True), strict=False)
    ]
    return list(zip(*columns, strict=True))
