"""Reading the columns of a parquet document that a stranger wrote.

What a file declares is bounded before anything is read, and a column is only handed out when
it has the type that was asked for. Texts are read as dictionaries: a few bytes of a parquet
file can stand for any number of repetitions of a long text.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from app.errors import ParseError

MAX_ROWS = 5_000_000
MAX_COLUMNS = 500
MAX_ROW_GROUPS = 10_000
MAX_UNPACKED_BYTES = 2**30
MAX_TEXT = 4_000

_LFS_POINTER = b"version https://git-lfs"


class Document:
    """The shards of one table, in order."""

    def __init__(
        self, source: str, name: str, shards: Sequence[bytes], columns: Sequence[str]
    ) -> None:
        """Read the columns; those that are not there are only missed when asked for.

        `source` and `name` are for messages.

        Raises:
            ParseError: a shard is no parquet file, or declares more than is accepted.
        """
        self._source = source
        self._name = name
        self._tables = [self._read(shard, columns) for shard in shards]

    def pieces(self, rows: int) -> Iterator[Self]:
        """The same table in pieces of so many rows, so that not all is unpacked at once.

        A table without rows is one piece.
        """
        for table in self._tables:
            for start in range(0, max(table.num_rows, 1), rows):
                piece = copy(self)
                piece._tables = [table.slice(start, rows)]  # noqa: SLF001 - of one's own class
                yield piece

    def has(self, column: str) -> bool:
        """Whether every shard has the column."""
        return all(column in table.column_names for table in self._tables)

    def texts(self, column: str) -> list[str | None]:
        """A column of texts; equal ones are one object.

        Raises:
            ParseError: there is no such column, or it is not one of texts that can be kept.
        """
        pool: dict[str | None, str | None] = {}
        texts: list[str | None] = []
        for part in self._parts(column, pa.string()):
            with self._reading(column):
                encoded = part if pa.types.is_dictionary(part.type) else part.dictionary_encode()
                encoded.validate(full=True)  # codes of a damaged file can point anywhere
                values = [pool.setdefault(text, text) for text in encoded.dictionary.to_pylist()]
                codes = encoded.indices.fill_null(len(values)).to_pylist()
            values.append(None)
            texts += [values[code] for code in codes]
        for text in pool:
            if text is not None and (len(text) > MAX_TEXT or "\x00" in text):
                raise self._error(f"column {column!r} holds a text that cannot be kept")
        return texts

    def numbers(self, column: str) -> list[float | None]:
        """A column of numbers; NaN and infinities stay what they are.

        Raises:
            ParseError: there is no such column, or it is not one of numbers.
        """
        return self._cast(column, pa.float64())

    def wholes(self, column: str) -> list[int | None]:
        """A column of whole numbers, whatever type of number they are stored as.

        Raises:
            ParseError: there is no such column, or one of its values is no whole number.
        """
        return self._cast(column, pa.int64())

    def flags(self, column: str) -> list[bool | None]:
        """A column of truth values.

        Raises:
            ParseError: there is no such column, or it is not one of truth values.
        """
        return self._cast(column, pa.bool_())

    def _cast(self, column: str, wanted: pa.DataType) -> list[Any]:
        values: list[Any] = []
        for part in self._parts(column, wanted):
            with self._reading(column):
                values += part.cast(wanted).to_pylist()
        return values

    def _parts(self, column: str, wanted: pa.DataType) -> Iterator[pa.Array]:
        """A column's arrays, of the wanted kind of type: no text is taken for a number."""
        for table in self._tables:
            if column not in table.column_names:
                raise self._error(f"column {column!r} is missing")
            for part in table.column(column).chunks:
                if pa.types.is_null(part.type):
                    yield pa.nulls(len(part), wanted)
                elif _same_kind(part.type, wanted):
                    yield part
                else:
                    raise self._error(f"column {column!r} is {part.type}, not {wanted}")

    def _read(self, body: bytes, columns: Sequence[str]) -> pa.Table:
        start = body[:64].lstrip()
        if start.startswith(_LFS_POINTER):
            raise self._error("is a git-LFS pointer, not the file it points to")
        if start.startswith(b"<"):
            raise self._error("is an HTML page, not a parquet file")
        with self._reading():
            file = pq.ParquetFile(pa.BufferReader(body))
            self._check_size(file.metadata)
            fields = [field for field in file.schema_arrow if field.name in columns]
            names = [field.name for field in fields]
            if len(names) != len(set(names)):
                raise self._error("has two columns of one name")
            texts = [field.name for field in fields if _same_kind(field.type, pa.string())]
            table = pq.ParquetFile(
                pa.BufferReader(body),
                metadata=file.metadata,
                read_dictionary=texts,
                page_checksum_verification=True,
            ).read(columns=names, use_threads=False)
            rows = file.metadata.num_rows
            if names and table.num_rows != rows:  # the library takes what there is
                raise self._error(f"declares {rows} rows and has {table.num_rows}")
            return table

    def _check_size(self, facts: pq.FileMetaData) -> None:
        rows, columns, groups = facts.num_rows, facts.num_columns, facts.num_row_groups
        if rows > MAX_ROWS or columns > MAX_COLUMNS or groups > MAX_ROW_GROUPS:
            raise self._error(f"declares {rows} rows, {columns} columns, {groups} row groups")
        unpacked = sum(abs(facts.row_group(group).total_byte_size) for group in range(groups))
        if unpacked > MAX_UNPACKED_BYTES:
            raise self._error(f"declares {unpacked} bytes unpacked")

    @contextmanager
    def _reading(self, column: str | None = None) -> Iterator[None]:
        """Whatever the parquet library says of a damaged file is a ParseError."""
        try:
            yield
        except (pa.ArrowException, OSError, ValueError, KeyError) as error:
            where = "" if column is None else f"column {column!r} "
            raise self._error(f"{where}cannot be read: {str(error)[:200]}") from error

    def _error(self, text: str) -> ParseError:
        return ParseError(self._source, f"{self._name}: {text}")


def _same_kind(found: pa.DataType, wanted: pa.DataType) -> bool:
    """Whether values of one type may be read as the other."""
    if wanted == pa.string():
        inner = found.value_type if pa.types.is_dictionary(found) else found
        return bool(pa.types.is_string(inner) or pa.types.is_large_string(inner))
    if wanted == pa.bool_():
        return bool(pa.types.is_boolean(found))
    return bool(pa.types.is_integer(found) or pa.types.is_floating(found))
