"""All lines of a snapshot in one value: little-endian columns, byte-shuffled, Zstandard.

Layout: one byte of format (1), four bytes of row count, two bytes of flags (bit i: column i is
present), then one Zstandard frame of the present columns, each with its bytes transposed
(all first bytes, all second bytes, ...), which is what makes numbers compress. A missing
value is NaN in a float column and the smallest number in an integer column; a column without
any value is left out.

Rows are the printed lines, in order of score, then name. One line of each model is its entry. The
others stand behind it: instead of a rank they have, negated, the place of that line among the
rows, so that who is meant can be decided anew without the payload.
"""

import struct
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import zstandard

from app.domain.ranking import competition_ranks

FORMAT = 1
LEVEL = 6
MISSING = np.iinfo(np.int32).min
_HEAD = struct.Struct("<BIH")

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]


class Block(NamedTuple):
    """The columns of a snapshot, one row per line, best first.

    `tied` is the number of other entries with the same rank; `variants` the printed rows this
    line was the best of.
    """

    alias_id: Ints
    rank: Ints
    tied: Ints
    score: Floats
    score_lower: Floats
    score_upper: Floats
    votes: Ints
    published_rank: Ints
    profile_id: Ints
    variants: Ints

    def entries(self) -> "Block":
        """The entries only, each with the variants of the lines behind it."""
        behind = self.rank < 0
        if not behind.any():
            return self
        variants = self.variants.copy()
        np.add.at(variants, -self.rank[behind] - 1, self.variants[behind])
        return self._replace(variants=variants).only(~behind)

    def by_name(self) -> "Block":
        """The rows in order of their names' numbers."""
        return self.in_order(self.alias_id.argsort(kind="stable"))

    def in_order(self, order: npt.NDArray[np.intp]) -> "Block":
        """The rows at these places."""
        return Block(*(column[order] for column in self))  # type: ignore[arg-type]

    def head(self, rows: int) -> "Block":
        """The first rows only."""
        return Block(*(column[:rows] for column in self))  # type: ignore[arg-type]

    def only(self, wanted: npt.NDArray[np.bool_]) -> "Block":
        """The rows for which `wanted` is true."""
        return Block(*(column[wanted] for column in self))  # type: ignore[arg-type]


def one_entry_per_model(block: Block, models: Ints) -> Block:
    """Ranks for the best line of each model; its other lines stand behind it.

    `models` tells whose each line is. Of equal scores the first line stands for the model.
    """
    _, first, model = np.unique(models, return_index=True, return_inverse=True)
    lead = first[model]
    behind = lead != np.arange(len(lead))
    rank = (-1 - lead).astype(np.int32)
    tied = np.zeros(len(lead), np.int32)
    rank[~behind], tied[~behind] = competition_ranks(block.score[~behind])
    return block._replace(rank=rank, tied=tied)


_TYPES: tuple[np.dtype[np.int32] | np.dtype[np.float64], ...] = tuple(
    np.dtype("<f8") if name.startswith("score") else np.dtype("<i4") for name in Block._fields
)

NOTHING = Block(*(np.zeros(0, kind) for kind in _TYPES))


def encode(block: Block) -> bytes:
    """The stored form of a block."""
    flags = 0
    parts = []
    for index, kind in enumerate(_TYPES):
        column: npt.NDArray[Any] = block[index]
        if _is_absent(column):
            continue
        flags |= 1 << index
        raw = np.ascontiguousarray(column, dtype=kind).view(np.uint8)
        parts.append(raw.reshape(-1, kind.itemsize).T.tobytes())
    body = zstandard.ZstdCompressor(level=LEVEL).compress(b"".join(parts))
    return _HEAD.pack(FORMAT, len(block.rank), flags) + body


def decode(data: bytes) -> Block:
    """The columns of a stored block.

    Raises:
        ValueError: the value was not written by `encode`.
    """
    if len(data) < _HEAD.size:
        raise ValueError("a block has a head")
    version, rows, flags = _HEAD.unpack_from(data)
    if version != FORMAT:
        raise ValueError(f"unknown block format {version}")
    try:
        body = zstandard.ZstdDecompressor().decompress(data[_HEAD.size :])
    except zstandard.ZstdError as error:
        raise ValueError(f"the block's frame is damaged: {error}") from error
    present = sum(kind.itemsize for index, kind in enumerate(_TYPES) if flags >> index & 1)
    if rows * present != len(body):
        raise ValueError(f"a block of {rows} rows with {len(body)} bytes")
    columns: list[npt.NDArray[Any]] = []
    start = 0
    for index, kind in enumerate(_TYPES):
        if not flags >> index & 1:
            filler = np.nan if kind.kind == "f" else MISSING
            columns.append(np.full(rows, filler, dtype=kind))
            continue
        end = start + rows * kind.itemsize
        raw = np.frombuffer(body, np.uint8, count=end - start, offset=start)
        columns.append(np.ascontiguousarray(raw.reshape(kind.itemsize, rows).T).view(kind).ravel())
        start = end
    return Block(*columns)


def _is_absent(column: npt.NDArray[Any]) -> bool:
    if column.dtype.kind == "f":
        return bool(np.isnan(column).all())
    return bool((column == MISSING).all())
