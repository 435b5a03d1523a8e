"""Lists as tables: the rows of an answer with one value to a column.

The columns are those that the API's description gives the rows, whatever rows there are: what is
nested has the names on its way joined by underscores, and what is many in one row is JSON.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

Row = Mapping[str, Any]

_SIGN = "[=+@＝＋－＠-]"  # noqa: RUF001 - with their wide twins
_FORMULA = re.compile(rf"^(?=[\t\r\n])|(?:^|(?<=[;\t\r\n]))(?=[\s\ufeff\u200b]*{_SIGN})")


class Kind(Enum):
    """What a column holds; the value is its type in Parquet."""

    TEXT = pa.string()
    INTEGER = pa.int64()
    NUMBER = pa.float64()
    BOOLEAN = pa.bool_()
    DATE = pa.date32()
    INSTANT = pa.timestamp("ms", tz="UTC")
    MANY = pa.large_string()


class Column(NamedTuple):
    """A column, and the way to its values in a row."""

    name: str
    path: tuple[str, ...]
    kind: Kind

    def of(self, rows: Sequence[Row]) -> list[Any]:
        """The value in each row; None also where a part of the way is."""
        found: Sequence[Any] = rows
        for step in self.path:
            found = [None if one is None else one.get(step) for one in found]
        if self.kind is Kind.MANY:
            return [None if one is None else orjson.dumps(one).decode() for one in found]
        return list(found)


Columns = Sequence[Column]
_BOOLEANS = {True: "true", False: "false", None: None}
_KINDS: dict[tuple[Any, Any], Kind] = {
    ("string", None): Kind.TEXT,
    ("string", "date"): Kind.DATE,
    ("string", "date-time"): Kind.INSTANT,
    ("integer", None): Kind.INTEGER,
    ("number", None): Kind.NUMBER,
    ("boolean", None): Kind.BOOLEAN,
}


def columns_of(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Columns | None:
    """The columns of an operation's list, as an OpenAPI document describes it; None of no list.

    Raises:
        ValueError: two of them would have one name.
    """
    schemas = document["components"]["schemas"]
    content = operation["responses"].get("200", {}).get("content", {})
    answer = content.get("application/json", {}).get("schema", {})
    lists = [
        data["items"]
        for schema in _options(answer, schemas)
        for data in _options(schema.get("properties", {}).get("data", {}), schemas)
        if data.get("type") == "array"
    ]
    if not lists:
        return None
    found: dict[str, Column] = {}
    for items in lists:
        for column in _columns(items, schemas, ()):
            before = found.setdefault(column.name, column)
            if before.path != column.path:
                raise ValueError(f"{before.path} and {column.path} are both {column.name}")
            if before.kind is not column.kind:
                found[column.name] = column._replace(kind=_wider(before.kind, column.kind))
    return tuple(found.values())


def to_csv(columns: Columns, rows: Sequence[Row]) -> bytes:
    """As RFC 4180, in UTF-8 with a header line; what is not known is empty.

    Text that a spreadsheet would take for a formula has an apostrophe before it, also after what
    separates cells in some countries (OWASP, CSV injection).
    """
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow([column.name for column in columns])
    writer.writerows(zip(*(_cells(column, rows) for column in columns), strict=True))
    return sheet.getvalue().encode("utf-8", "replace")


def to_ndjson(rows: Sequence[Row]) -> bytes:
    """A row on each line, as in JSON."""
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)


def to_parquet(columns: Columns, rows: Sequence[Row], *, meta: Mapping[str, Any]) -> bytes:
    """A Parquet file; what JSON says in `meta` is in its metadata, as `almanac.meta`."""
    schema = pa.schema(
        [pa.field(column.name, column.kind.value) for column in columns],
        metadata={"almanac.meta": orjson.dumps(meta)},
    )
    arrays = [_array(column.kind, column.of(rows)) for column in columns]
    sink = io.BytesIO()
    pq.write_table(pa.table(arrays, schema=schema), sink, compression="zstd")
    return sink.getvalue()


def _array(kind: Kind, values: list[Any]) -> pa.Array:
    if kind in {Kind.DATE, Kind.INSTANT}:
        return pa.array(values, pa.string()).cast(kind.value)
    return pa.array(values, kind.value)


def _cells(column: Column, rows: Sequence[Row]) -> list[object]:
    found = column.of(rows)
    if column.kind is Kind.BOOLEAN:
        return [_BOOLEANS[value] for value in found]
    if column.kind in {Kind.TEXT, Kind.MANY}:
        return [None if value is None else _harmless(value) for value in found]
    return found


@lru_cache(maxsize=20_000)  # the names of models and makers come again in every table
def _harmless(text: str) -> str:
    return _FORMULA.sub("'", text)


def _columns(
    schema: Mapping[str, Any], schemas: Mapping[str, Any], path: tuple[str, ...]
) -> Iterator[Column]:
    options = list(_options(schema, schemas))
    if options and all("properties" in option for option in options):
        for option in options:
            for name, inner in option["properties"].items():
                yield from _columns(inner, schemas, (*path, name))
        return
    kinds = {_KINDS.get((o.get("type"), o.get("format")), Kind.MANY) for o in options}
    kind = kinds.pop() if len(kinds) == 1 else Kind.MANY
    yield Column("_".join(path), path, kind)


def _options(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """What a value may be, but null."""
    if "$ref" in schema:
        yield from _options(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    elif "anyOf" in schema:
        for option in schema["anyOf"]:
            yield from _options(option, schemas)
    elif schema.get("type") != "null":
        yield schema


def _wider(one: Kind, other: Kind) -> Kind:
    return Kind.NUMBER if {one, other} == {Kind.INTEGER, Kind.NUMBER} else Kind.MANY
