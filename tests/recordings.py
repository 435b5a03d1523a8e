"""What upstreams sent, by hand: a few public figures typed in, in the upstreams' own formats."""

import io
import struct
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from app.sources.base import Payload, Revision

V1 = "open-llm-leaderboard-old/contents"
V2 = "open-llm-leaderboard/contents"
ARENA = "lmarena-ai/leaderboard-dataset"
TABLE = "data/train-00000-of-00001.parquet"

V2_COLUMNS = (
    *("Average ⬆️", "IFEval", "BBH", "MATH Lvl 5", "GPQA", "MUSR", "MMLU-PRO"),
    *("#Params (B)", "Hub License", "Maintainer's Highlight"),
)
# As the board stood on 2024-07-13, in its order.
V2_ROWS: dict[str, Sequence[object]] = {
    "Qwen/Qwen2-72B-Instruct": (
        *(42.49, 79.89, 57.48, 35.12, 16.33, 17.17, 48.92),
        *(72, "other", True),
    ),
    "meta-llama/Meta-Llama-3-70B-Instruct": (
        *(36.18, 80.99, 50.19, 23.34, 4.92, 10.92, 46.74),
        *(70, "llama3", True),
    ),
    "gpt2": (6.54, 18.08, 2.67, 0.23, 1.12, 15.35, 1.77, 0, "mit", True),
}
V1_COLUMNS = (
    *("Average ⬆️", "ARC", "HellaSwag", "MMLU", "TruthfulQA", "Winogrande", "GSM8K"),
    *("#Params (B)", "Hub License"),
)
V1_ROWS: dict[str, Sequence[object]] = {
    "meta-llama/Meta-Llama-3-70B-Instruct": (
        *(77.88, 71.42, 85.69, 80.06, 61.81, 82.87, 85.44),
        *(70, "llama3"),
    ),
    "Qwen/Qwen-72B": (73.6, 65.19, 85.94, 77.37, 60.19, 82.48, 70.43, 72, "other"),
    "llama-65b": (58.3, 57.8, 84.2, 48.8, 42.3, None, None, None, None),
}
# lmarena: model, organization, licence, rating, lower, upper, votes, rank, category.
TEXT_ROWS: Sequence[Sequence[object]] = (
    ("claude-opus-4-6", "anthropic", "Proprietary", 1534.8, 1528.9, 1540.7, 17275, 1, "coding"),
    (
        *("claude-opus-4-6-thinking", "anthropic", "Proprietary"),
        *(1501.18, 1497.39, 1504.96, 58968, 1, "overall"),
    ),
    ("claude-opus-4-6", "anthropic", "Proprietary", 1497.51, 1493.82, 1501.2, 62650, 2, "overall"),
    ("gpt-4", "", "", 1274.19, None, None, None, 3, "overall"),
)
TEXT_DATE = "2026-07-10"


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


def link(name: str) -> str:
    """A model's name as the Open LLM Leaderboard prints it."""
    return (
        f'<a target="_blank" href="https://huggingface.co/{name}" style="color: red;">{name}</a>  '
        f'<a target="_blank" href="https://huggingface.co/datasets/details">📑</a>'
    )


def open_llm_columns(
    columns: Sequence[str] = V2_COLUMNS,
    rows: Mapping[str, Sequence[object]] = V2_ROWS,
    replaced: Mapping[str, Sequence[object] | None] | None = None,
) -> dict[str, Sequence[Any]]:
    """The columns of an Open LLM table; those given replace or, being None, remove one."""
    table: dict[str, Sequence[Any]] = {
        "fullname": list(rows),
        "Model": [link(name) for name in rows],
        **{column: [row[n] for row in rows.values()] for n, column in enumerate(columns)},
    }
    changed = {**table, **(replaced or {})}
    return {name: values for name, values in changed.items() if values is not None}


def arena_columns(
    rows: Sequence[Sequence[object]] = TEXT_ROWS, published: str = TEXT_DATE
) -> dict[str, Sequence[Any]]:
    """The columns of an LMArena table, votes and ranks as floats like `text` has them."""
    names = ("model_name", "organization", "license", "rating", "rating_lower", "rating_upper")
    table: dict[str, Sequence[Any]] = {
        name: [row[n] for row in rows] for n, name in enumerate((*names, "vote_count", "rank"))
    }
    for name in ("vote_count", "rank"):
        table[name] = [None if value is None else float(value) for value in table[name]]
    table["variance"] = [None] * len(rows)
    table["category"] = [row[8] for row in rows]
    table["leaderboard_publish_date"] = [published] * len(rows)
    return table


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
            paths=tuple(f"part-{n}" for n in range(len(files))),
            digests=(),
        ),
        files=files,
    )


# One per document that each source knows.
RECORDINGS: dict[str, tuple[Payload, ...]] = {
    "open_llm": (
        payload(f"{V1}:data", parquet(open_llm_columns(V1_COLUMNS, V1_ROWS))),
        payload(f"{V2}:data", parquet(open_llm_columns())),
    ),
    "lmarena": (payload(f"{ARENA}:text/latest", parquet(arena_columns())),),
}
