"""What an export holds, and exports that something happens to."""

import hashlib
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from sqlalchemy import Engine, event

Row = dict[str, Any]


def rows_of(root: Path, table: str) -> list[Row]:
    """The rows of a table, as a reader of Parquet sees them."""
    rows: list[Row] = pq.read_table(root / f"{table}.parquet").to_pylist()
    return rows


def entries_of(root: Path) -> list[Row]:
    """All entries, with what their paths say."""
    rows: list[Row] = ds.dataset(root / "entries", partitioning="hive").to_table().to_pylist()
    return rows


def descriptor_of(root: Path) -> dict[str, Any]:
    """What is said of the export."""
    said: dict[str, Any] = orjson.loads((root / "datapackage.json").read_bytes())
    return said


def contents(root: Path) -> dict[str, str]:
    """Every file that is no matter of ours alone, by its digest."""
    return {
        file.relative_to(root).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(root.rglob("*"))
        if file.is_file() and not file.name.startswith(".")
    }


class Place(NamedTuple):
    """What changes when a file is written, be it with the same."""

    inode: int
    changed: int


def places(root: Path) -> dict[str, Place]:
    """Every file, and when and where it was written."""
    return {
        name: Place((root / name).stat().st_ino, (root / name).stat().st_mtime_ns)
        for name in contents(root)
    }


def rewritten(before: dict[str, Place], after: dict[str, Place]) -> set[str]:
    """The files that have come, gone or been written since."""
    return {name for name in before | after if before.get(name) != after.get(name)}


def when_entries_are_read(engine: Engine, number: int, do: Callable[[], object]) -> None:
    """Let something happen just before entries are read for the n-th time, from 0."""
    seen = count()

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "FROM snapshot_block" in statement and next(seen) == number:
            do()

    event.listen(engine, "before_cursor_execute", note)
