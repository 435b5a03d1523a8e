"""Tables that strangers wrote as text: CSV, YAML, and whatever else has rows of cells.

Read by name of column, never by position. A row may end early: what it lacks is missing. A row
with more cells than there are columns cannot be understood, and neither can a header that names a
column twice.
"""

import csv
import io
import math
import re
from collections.abc import Collection, Sequence

import yaml

from app.errors import ParseError

MISSING = frozenset({"", "-", "--", "—", "n/a", "na", "nan", "none", "null"})
MAX_TEXT = 4_000
MAX_YAML = 4 * 2**20
MAX_CELLS = 2**20

_LFS_POINTER = "version https://git-lfs"
_NUMBER = re.compile(r"[+-]?(\d+(,\d{3})*|\d*)(\.\d*)?([eE][+-]?\d+)?", re.ASCII)
_YAML_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_YAML_NULL = "tag:yaml.org,2002:null"
_YAML_DEPTH = 20


def text_of(source: str, name: str, file: bytes) -> str:
    """A file as text, without a byte order mark; `name` is for messages.

    Raises:
        ParseError: it is no text in UTF-8, an HTML page, or a pointer to a file elsewhere.
    """
    try:
        text = file.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ParseError(source, f"{name}: is no text in UTF-8 ({error.reason})") from error
    start = text[:64].lstrip()
    if start.startswith(_LFS_POINTER):
        raise ParseError(source, f"{name}: is a git-LFS pointer, not the file it points to")
    if start[:5].lower() in {"<!doc", "<html"}:
        raise ParseError(source, f"{name}: is an HTML page")
    if "\x00" in text:
        raise ParseError(source, f"{name}: holds a NUL")
    return text


class TextTable:
    """A table of texts under named columns."""

    def __init__(
        self, source: str, name: str, header: Sequence[str], rows: Sequence[Sequence[str]]
    ) -> None:
        """Blanks around a cell are none of it. `source` and `name` are for messages.

        Raises:
            ParseError: a column is named twice, or a row has cells beyond the last column.
        """
        self._source = source
        self._name = name
        self.header = tuple(cell.strip() for cell in header)
        if len(set(self.header)) < len(self.header):
            raise self._error(f"has two columns of one name: {self.header}"[:300])
        for number, row in enumerate(rows, start=1):
            if len(row) > len(self.header):
                cells = f"{len(row)} cells for {len(self.header)} columns"
                raise self._error(f"row {number} has {cells}")
        self._rows = [[cell.strip() for cell in row] for row in rows]

    def __len__(self) -> int:
        return len(self._rows)

    def has(self, column: str) -> bool:
        """Whether there is such a column."""
        return column in self.header

    def texts(self, column: str) -> list[str | None]:
        """A column as printed; None where the cell is empty or the row too short.

        Raises:
            ParseError: there is no such column, or it holds a text that cannot be kept.
        """
        if column not in self.header:
            raise self._error(f"column {column!r} is missing")
        place = self.header.index(column)
        cells = [row[place] if place < len(row) else "" for row in self._rows]
        if any(len(cell) > MAX_TEXT for cell in cells):
            raise self._error(f"column {column!r} holds a text that cannot be kept")
        return [cell or None for cell in cells]

    def numbers(
        self, column: str, *, unit: str = "", missing: Collection[str] = MISSING
    ) -> list[float | None]:
        """A column of numbers; `unit` may follow each, such as `%`.

        None where a cell, in lower case, is one of `missing`.

        Raises:
            ParseError: there is no such column, or one of its cells is no number.
        """
        return [
            self._number(column, row, text, unit, missing)
            for row, text in enumerate(self.texts(column), start=1)
        ]

    def wholes(self, column: str, *, missing: Collection[str] = MISSING) -> list[int | None]:
        """A column of whole numbers, however they are written (`12,730`, `25628.0`).

        Raises:
            ParseError: there is no such column, or one of its cells is no whole number.
        """
        numbers = self.numbers(column, missing=missing)
        for row, number in enumerate(numbers, start=1):
            if number is not None and not number.is_integer():
                raise self._error(f"column {column!r}, row {row}: {number} is no whole number")
        return [None if number is None else int(number) for number in numbers]

    def _number(
        self, column: str, row: int, text: str | None, unit: str, missing: Collection[str]
    ) -> float | None:
        if text is None or text.lower() in missing:
            return None
        digits = text.removesuffix(unit).strip()
        if _NUMBER.fullmatch(digits) and any(character.isdigit() for character in digits):
            number = float(digits.replace(",", ""))
            if math.isfinite(number):
                return number
        raise self._error(f"column {column!r}, row {row}: {text[:40]!r} is no number")

    def _error(self, text: str) -> ParseError:
        return ParseError(self._source, f"{self._name}: {text}")


def csv_table(source: str, name: str, file: bytes) -> TextTable:
    """A CSV file with a header, as RFC 4180 has it; empty lines are none.

    Raises:
        ParseError: it is none, or has no row.
    """
    text = text_of(source, name, file)
    try:
        lines = [line for line in csv.reader(io.StringIO(text, newline=""), strict=True) if line]
    except csv.Error as error:
        raise ParseError(source, f"{name}: is no CSV ({error})") from error
    if len(lines) < 2:  # noqa: PLR2004 - a header and a row
        raise ParseError(source, f"{name}: has no rows")
    return TextTable(source, name, lines[0], lines[1:])


def yaml_table(source: str, name: str, file: bytes) -> TextTable:
    """A YAML list of mappings, whose keys are the columns.

    Cells are texts as they are written: no rule of YAML's makes a number, a date or a truth value
    of them, and null is an empty one. A key that has a list or a mapping somewhere is no column.

    Raises:
        ParseError: it is none, or has no row; a row names a key twice; it has anchors or aliases,
            is too long or nested too deep; of rows with ever other keys it would be too large.
    """
    text = text_of(source, name, file)
    try:
        fault = _fault_of_yaml(text)
        root = None if fault else yaml.compose(text, Loader=_YAML_LOADER)
    except yaml.YAMLError as error:
        where = " ".join(str(error).split())[:200]
        raise ParseError(source, f"{name}: is no YAML ({where})") from error
    if not isinstance(root, yaml.SequenceNode) or not root.value:
        raise ParseError(source, f"{name}: {fault or 'has no rows'}")
    rows = [_yaml_row(source, f"{name}: row {n}", row) for n, row in enumerate(root.value, start=1)]
    nested = {key for row in rows for key, cell in row.items() if cell is None}
    header = [key for key in dict.fromkeys(key for row in rows for key in row) if key not in nested]
    if len(rows) * len(header) > MAX_CELLS:
        raise ParseError(source, f"{name}: has {len(header)} columns in {len(rows)} rows")
    cells = [[row.get(key) or "" for key in header] for row in rows]
    return TextTable(source, name, header, cells)


def _fault_of_yaml(text: str) -> str | None:
    """What makes a YAML document unfit to be read whole, found without doing so."""
    if len(text) > MAX_YAML:
        return "is too long"
    depth = 0
    for event in yaml.parse(text, Loader=_YAML_LOADER):
        if getattr(event, "anchor", None) is not None:
            return "has anchors or aliases"
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _YAML_DEPTH:
            return "is nested too deep"
    return None


def _yaml_row(source: str, where: str, row: yaml.Node) -> dict[str, str | None]:
    """A row's cells by key; None where there is a list or a mapping."""
    if not isinstance(row, yaml.MappingNode):
        raise ParseError(source, f"{where} is no mapping")
    cells: dict[str, str | None] = {}
    for key, value in row.value:
        if not isinstance(key, yaml.ScalarNode) or key.value in cells:
            raise ParseError(source, f"{where} has a key twice, or one that is no text")
        cells[key.value] = None
        if isinstance(value, yaml.ScalarNode):
            cells[key.value] = "" if value.tag == _YAML_NULL else value.value
    return cells
