"""Packed snapshots: what goes in comes out, bit for bit, and nothing else is taken."""

import struct
from typing import Any

import numpy as np
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from app.store.blocks import FORMAT, MISSING, Block, decode, encode

LARGEST = 2**31 - 1
INTEGERS = st.integers(min_value=MISSING, max_value=LARGEST)
FLOATS = st.floats(allow_nan=False, allow_infinity=False) | st.just(np.nan)
ROWS = st.lists(
    st.tuples(
        INTEGERS, INTEGERS, INTEGERS, FLOATS, FLOATS, FLOATS, INTEGERS, INTEGERS, INTEGERS, INTEGERS
    ),
    max_size=40,
)
NOTHING = zstandard.ZstdCompressor().compress(b"")


def block(rows: list[tuple[float, ...]]) -> Block:
    columns = zip(*rows, strict=True) if rows else [()] * len(Block._fields)
    kinds = [np.float64 if "score" in name else np.int32 for name in Block._fields]
    arrays: list[Any] = [np.array(c, dtype=k) for c, k in zip(columns, kinds, strict=True)]
    return Block(*arrays)


def raw(columns: Block) -> list[bytes]:
    return [column.tobytes() for column in columns]


@given(ROWS)
def test_a_block_comes_back_bit_for_bit(rows: list[tuple[float, ...]]) -> None:
    packed = block(rows)

    unpacked = decode(encode(packed))

    assert raw(unpacked) == raw(packed)
    assert [column.dtype for column in unpacked] == [column.dtype for column in packed]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(1505.09747419529, id="as-upstream-prints-it"),
        pytest.param(0.1 + 0.2, id="last-bit"),
        pytest.param(5e-324, id="smallest"),
        pytest.param(-1.7976931348623157e308, id="lowest"),
        pytest.param(-0.0019, id="negative"),
        pytest.param(-0.0, id="minus-zero"),
    ],
)
def test_a_score_keeps_its_full_precision(value: float) -> None:
    packed = block([(1, 1, 0, value, np.nan, value, MISSING, 1, 1, 1)])

    unpacked = decode(encode(packed))

    assert unpacked.score.tobytes() == struct.pack("<d", value)
    assert np.isnan(unpacked.score_lower[0])


def test_columns_without_a_value_cost_nothing() -> None:
    full = block([(i, i, 0, float(i), i / 3, i / 7, i * 999, i, 1, 1) for i in range(200)])
    bare = full._replace(
        score_lower=np.full(200, np.nan),
        score_upper=np.full(200, np.nan),
        votes=np.full(200, MISSING, dtype=np.int32),
    )

    assert len(encode(bare)) < len(encode(full)) / 2
    assert raw(decode(encode(bare))) == raw(bare)


def test_the_head_of_a_block_is_its_first_rows() -> None:
    packed = block([(i, i, 0, 0.5, 0.1, 0.9, 7, i, 1, 1) for i in range(5)])

    assert packed.head(2).alias_id.tolist() == [0, 1]
    assert {len(column) for column in packed.head(2)} == {2}


GOOD = encode(block([(1, 1, 0, 2.5, 2.0, 3.0, 4, 5, 6, 7), (2, 2, 0, 1.5, 1.0, 2.0, 4, 5, 6, 7)]))


@pytest.mark.parametrize(
    "garbage",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(GOOD[:3], id="half-a-head"),
        pytest.param(GOOD[:7], id="head-only"),
        pytest.param(GOOD[:-5], id="cut-off"),
        pytest.param(bytes([FORMAT + 1]) + GOOD[1:], id="a-later-format"),
        pytest.param(GOOD[:1] + struct.pack("<I", 1) + GOOD[5:], id="fewer-rows-than-bytes"),
        pytest.param(GOOD[:1] + struct.pack("<I", 3) + GOOD[5:], id="more-rows-than-bytes"),
        pytest.param(struct.pack("<BIH", FORMAT, 1, 0) + b"not zstandard", id="no-frame"),
        pytest.param(struct.pack("<BIH", FORMAT, 1, 1) + NOTHING, id="empty-frame"),
        pytest.param(b"<html>502 Bad Gateway</html>", id="something-else"),
    ],
)
def test_garbage_is_refused(garbage: bytes) -> None:
    with pytest.raises(ValueError, match="block"):
        decode(garbage)


@given(st.binary(max_size=60))
def test_bytes_of_anyone_else_are_refused(garbage: bytes) -> None:
    with pytest.raises(ValueError, match="block"):
        decode(garbage)
