"""Column types that mean the same on SQLite and PostgreSQL."""

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import Date, SmallInteger
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

EPOCH = date(1970, 1, 1).toordinal()


class _Days(dict[int | None, date | None]):
    """The dates of numbers, as they are asked for."""

    def __missing__(self, number: int | None) -> date | None:
        day = None if number is None else date.fromordinal(EPOCH + number)
        self[number] = day
        return day


_DAYS = _Days()


class Day(TypeDecorator[date]):
    """A calendar date: `date` on PostgreSQL, days since 1970-01-01 on SQLite.

    SQLite would store a date as ten characters, twice over with the index of the largest
    table; the number takes two bytes and sorts the same.
    """

    impl = SmallInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column's type in the database."""
        return dialect.type_descriptor(SmallInteger() if dialect.name == "sqlite" else Date())

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:  # noqa: ANN401
        """To the database."""
        if value is None or dialect.name != "sqlite":
            return value
        return day_number(value)

    def result_processor(
        self,
        dialect: Dialect,
        coltype: object,  # noqa: ARG002
    ) -> Callable[[Any], date | None] | None:
        """From the database: a date is made of its number only once."""
        return _DAYS.__getitem__ if dialect.name == "sqlite" else None

    def coerce_compared_value(self, op: object, value: object) -> TypeEngine[Any]:  # noqa: ARG002
        """Compare dates as this type, never as text."""
        return self


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - EPOCH
