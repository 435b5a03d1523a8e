"""The directory of an export: files that appear whole and know what they were made from.

Every file is written beside its place and then renamed. What it was made from stands in its own
footer, so a run that was killed needs no log to go on. `datapackage.json` is taken away before the
first change and written last: where it is, all files are there and of one state of the record.
"""

import fcntl
import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from app.errors import ConflictError, ExportError

DESCRIPTOR = "datapackage.json"
MARK = ".almanac-export"
_PART = ".almanac-part"
_VERSION = b"almanac.version"
_PARTITIONS = "entries/leaderboard=*/year=*/*.parquet"
_JSON = (
    orjson.OPT_INDENT_2
    | orjson.OPT_APPEND_NEWLINE
    | orjson.OPT_UTC_Z
    | orjson.OPT_OMIT_MICROSECONDS
)


class File(NamedTuple):
    """A Parquet file of the export. `version`: what it was made from; `digest`: its content's.

    `path` is below the directory, `new` whether this run wrote it.
    """

    path: str
    version: str
    rows: int
    size: int
    digest: str
    new: bool


@contextmanager
def opened(root: Path) -> Iterator["Directory"]:
    """A directory to export into, made if need be, for one writer at a time.

    Raises:
        ConflictError: another process exports into it now.
        ExportError: it holds something else, or cannot be written.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        if any(root.iterdir()) and not (root / MARK).exists():
            raise ExportError(f"{root} holds something else; name a directory that is empty")
        with (root / MARK).open("a", encoding="utf-8") as mark:
            try:
                fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise ConflictError(f"{root} is being exported into now") from error
            try:
                yield Directory(root)
            finally:
                (root / _PART).unlink(missing_ok=True)
    except OSError as error:
        raise ExportError(f"{root} cannot be written: {error}") from error


class Directory:
    """What is there, and what comes to it. For the one who holds it (`opened`)."""

    def __init__(self, root: Path) -> None:
        """Read what the export before said of its files."""
        self._root = root
        self._described = _read(root / DESCRIPTOR)
        self._digests = {
            (one.get("path"), one.get("version"), one.get("bytes")): one.get("hash")
            for one in self._described.get("resources", ())
        }

    def find(self, path: str, version: str) -> File | None:
        """The file at a place, None unless it is whole and was made from this."""
        file = self._root / path
        try:
            footer = pq.read_metadata(file)
        except (FileNotFoundError, pa.ArrowInvalid):
            return None
        if (footer.metadata or {}).get(_VERSION) != version.encode():
            return None
        size = file.stat().st_size
        digest = self._digests.get((path, version, size)) or _digest(file)
        return File(path, version, footer.num_rows, size, digest, new=False)

    def write(self, path: str, version: str, schema: pa.Schema, tables: Iterable[pa.Table]) -> File:
        """Put a file at a place; each table becomes a row group."""
        part, rows = self._root / _PART, 0
        with pq.ParquetWriter(part, schema, compression="zstd", store_schema=False) as writer:
            for table in tables:
                writer.write_table(table, row_group_size=max(len(table), 1))
                rows += len(table)
            writer.add_key_value_metadata({_VERSION: version})
        size, digest = part.stat().st_size, _digest(part)
        self._put(path)
        return File(path, version, rows, size, digest, new=True)

    def keep_only(self, paths: Collection[str]) -> int:
        """Take away the partitions that are at no such place; how many these were."""
        kept = {self._root / path for path in paths}
        gone = [file for file in sorted(self._root.glob(_PARTITIONS)) if file not in kept]
        for file in gone:
            self._withdraw()
            file.unlink()
            with suppress(OSError):  # there are others
                file.parent.rmdir()
                file.parent.parent.rmdir()
        return len(gone)

    def describe(self, descriptor: Mapping[str, Any], *, now: datetime) -> None:
        """Say what is there, now that it is whole; nothing if that is what is said."""
        before = {key: value for key, value in self._described.items() if key != "created"}
        if (self._root / DESCRIPTOR).exists() and before == descriptor:
            return
        text = orjson.dumps({**descriptor, "created": now}, option=_JSON)
        (self._root / _PART).write_bytes(text)
        self._put(DESCRIPTOR)

    def _put(self, path: str) -> None:
        target = self._root / path
        self._withdraw()
        target.parent.mkdir(parents=True, exist_ok=True)
        (self._root / _PART).replace(target)

    def _withdraw(self) -> None:
        """Say no longer that all is there and of one state."""
        (self._root / DESCRIPTOR).unlink(missing_ok=True)


def _read(file: Path) -> dict[str, Any]:
    """What a descriptor says; nothing where there is none, or it is damaged."""
    try:
        value = orjson.loads(file.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return f"sha256:{hashlib.file_digest(content, 'sha256').hexdigest()}"
