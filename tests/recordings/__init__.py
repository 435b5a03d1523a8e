"""What upstreams sent, by hand: a few public figures typed in, in the upstreams' own formats."""

import importlib
import io
import struct
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from app.sources.base import Payload, Revision


def parquet(columns: Mapping[str, Sequence[Any]], **options: object) -> bytes:
    """A parquet file with these columns."""
    return written(pa.table(dict(columns)), **options)


def written(table: pa.Table, **options: object) -> bytes:
    """A table as a parquet file."""
    file = io.BytesIO()
    pq.write_table(table, file, **options)
    return file.getvalue()


def declaring(rows: int, file: bytes) -> bytes:
    """A parquet file whose footer says that there are so many rows, whatever there are."""
    length = struct.unpack("<I", file[-8:-4])[0]
    there = pq.ParquetFile(pa.BufferReader(file)).metadata.num_rows
    footer = file[-8 - length : -8].replace(b"\x16" + _varint(there), b"\x16" + _varint(rows))
    return file[: -8 - length] + footer + struct.pack("<I", len(footer)) + file[-4:]


def _varint(number: int) -> bytes:
    """A whole number as the footer writes it: zigzag, seven bits a byte, the low ones first."""
    rest, packed = number * 2, bytearray()
    while rest > 127:
        packed.append(rest & 127 | 128)
        rest >>= 7
    return bytes([*packed, rest])


def payload(
    document: str,
    *files: bytes,
    published_at: datetime = datetime(2024, 7, 13, 11, 16, 14, tzinfo=UTC),
    edition_date: date | None = None,
) -> Payload:
    """Files as they would have been fetched."""
    return Payload(
        revision=Revision(
            document=document,
            revision="1af63c698f59c4235668ec9c1395468cb7cd7e79",
            published_at=published_at,
            edition_date=edition_date,
            cumulative=False,
            paths=tuple(f"owner/repository/part-{n}" for n in range(len(files))),
            digests=(),
        ),
        files=files,
    )


def recordings_of(source: str) -> tuple[Payload, ...]:
    """What is recorded of a source, in the module that is called like it: one per document."""
    module = importlib.import_module(f"{__name__}.{source}")
    recordings: tuple[Payload, ...] = module.RECORDINGS
    return recordings
