"""Parquet files from strangers: their types, their damage, and what they may cost."""

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from math import inf, isnan, nan
from random import Random

import pyarrow as pa
import pytest

from app.errors import ParseError
from app.sources import parquet
from tests.recordings import declaring, written
from tests.recordings import parquet as made

Reader = Callable[[parquet.Document, str], object]


def document(*shards: bytes) -> parquet.Document:
    return parquet.Document("example", "doc", shards, ["x", "y"])


def column(values: object) -> parquet.Document:
    return document(written(pa.table({"x": values})))


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(pa.array(["a", None, "b", "a"]), id="text"),
        pytest.param(pa.array(["a", None, "b", "a"], pa.large_string()), id="large-text"),
        pytest.param(pa.array(["a", None, "b", "a"]).dictionary_encode(), id="dictionary"),
        pytest.param(pa.chunked_array([["a", None], ["b"], ["a"]]), id="chunks"),
    ],
)
def test_texts_are_read_from_every_type_of_text(values: object) -> None:
    texts = column(values).texts("x")

    assert texts == ["a", None, "b", "a"]
    assert texts[0] is texts[3]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param(pa.array([1.5, None]), [1.5, None], id="double"),
        pytest.param(pa.array([1.5, None], pa.float32()), [1.5, None], id="float"),
        pytest.param(pa.array([72, None]), [72.0, None], id="integer"),
        pytest.param(pa.array([7, None], pa.uint8()), [7.0, None], id="byte"),
        pytest.param(pa.nulls(2), [None, None], id="only-nulls"),
        pytest.param(pa.array([inf, -inf]), [inf, -inf], id="infinities"),
        pytest.param(pa.array([], pa.float64()), [], id="no-rows"),
    ],
)
def test_numbers_are_read_from_every_type_of_number(
    values: object, expected: list[float | None]
) -> None:
    assert column(values).numbers("x") == expected


def test_a_number_that_is_none_stays_one() -> None:
    [value] = column(pa.array([nan])).numbers("x")

    assert value is not None
    assert isnan(value)


@pytest.mark.parametrize("values", [pa.array([7.0, None, -1.0]), pa.array([7, None, -1])])
def test_whole_numbers_may_be_stored_as_floats(values: object) -> None:
    wholes = column(values).wholes("x")

    assert wholes == [7, None, -1]
    assert all(isinstance(value, int) for value in wholes if value is not None)


@pytest.mark.parametrize("values", [[1.5], [nan], [inf], [1e300], ["7"], [True]])
def test_what_is_no_whole_number_is_refused(values: list[object]) -> None:
    with pytest.raises(ParseError, match="column 'x'"):
        column(values).wholes("x")


def test_flags_are_truth_values() -> None:
    assert column(pa.array([True, None, False])).flags("x") == [True, None, False]
    assert column(pa.nulls(1)).flags("x") == [None]
    assert column(pa.nulls(1)).texts("x") == [None]


@pytest.mark.parametrize(
    ("values", "read"),
    [
        pytest.param(["1,234"], parquet.Document.numbers, id="text-for-number"),
        pytest.param([True], parquet.Document.numbers, id="truth-for-number"),
        pytest.param([Decimal(1)], parquet.Document.numbers, id="decimal-for-number"),
        pytest.param([[1.0]], parquet.Document.numbers, id="list-for-number"),
        pytest.param([{"x": 1.0}], parquet.Document.numbers, id="record-for-number"),
        pytest.param([2**60 + 1], parquet.Document.numbers, id="number-without-a-double"),
        pytest.param([1.0], parquet.Document.texts, id="number-for-text"),
        pytest.param([b"a"], parquet.Document.texts, id="bytes-for-text"),
        pytest.param(
            pa.array([1, 1]).dictionary_encode(), parquet.Document.texts, id="numbers-in-dictionary"
        ),
        pytest.param(["a\0b"], parquet.Document.texts, id="nul-in-text"),
        pytest.param(["a" * 4001], parquet.Document.texts, id="endless-text"),
        pytest.param([1], parquet.Document.flags, id="number-for-truth"),
        pytest.param(["true"], parquet.Document.flags, id="text-for-truth"),
    ],
)
def test_a_column_of_another_type_is_refused_by_name(values: object, read: Reader) -> None:
    with pytest.raises(ParseError, match="example: doc: column 'x'"):
        read(column(values), "x")


def test_text_that_is_not_utf8_is_refused() -> None:
    broken = pa.StringArray.from_buffers(
        1, pa.array([0, 2], pa.int32()).buffers()[1], pa.py_buffer(b"\xff\xfe")
    )

    with pytest.raises(ParseError, match="column 'x' cannot be read"):
        column(broken).texts("x")


def test_a_missing_column_is_only_missed_when_asked_for() -> None:
    found = document(made({"x": [1.0]}), made({"x": [2.0], "y": ["b"]}))

    assert found.numbers("x") == [1.0, 2.0]
    assert found.has("x")
    assert not found.has("y")
    with pytest.raises(ParseError, match="column 'y' is missing"):
        found.texts("y")


def test_two_columns_of_one_name_are_refused() -> None:
    twice = written(pa.table([[1.0], [2.0]], names=["x", "x"]))

    with pytest.raises(ParseError, match="two columns of one name"):
        document(twice)


def test_row_groups_are_read_in_order() -> None:
    values = [f"v{n}" for n in range(10)]

    assert document(made({"x": values}, row_group_size=3)).texts("x") == values


def test_a_table_can_be_read_in_pieces() -> None:
    whole = document(made({"x": ["a", "b", "c"]}), made({"x": ["d"]}), made({"x": ["e"][:0]}))

    pieces = [piece.texts("x") for piece in whole.pieces(2)]

    assert pieces == [["a", "b"], ["c"], ["d"], []]
    assert whole.texts("x") == ["a", "b", "c", "d"]


GOOD = made({"x": [1.0, 2.0]})


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param(b"", "cannot be read", id="empty"),
        pytest.param(b"<!DOCTYPE html><html>", "HTML page", id="html"),
        pytest.param(b"\n  <html>", "HTML page", id="html-after-space"),
        pytest.param(
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n",
            "git-LFS pointer",
            id="lfs-pointer",
        ),
        pytest.param(b"{}", "cannot be read", id="json"),
        pytest.param(GOOD[:-1], "cannot be read", id="cut-off"),
        pytest.param(GOOD[: len(GOOD) // 2], "cannot be read", id="half"),
        pytest.param(b"PAR1" + bytes(100) + b"PAR1", "cannot be read", id="no-footer"),
        pytest.param(b"PAR1\xff\xff\xff\x7fPAR1", "cannot be read", id="endless-footer"),
        pytest.param(b"PAR1" + bytes(60) + GOOD[64:], "cannot be read", id="overwritten"),
    ],
)
def test_what_is_no_parquet_file_is_refused(body: bytes, said: str) -> None:
    with pytest.raises(ParseError, match=said):
        document(body)


@pytest.mark.parametrize(
    ("bound", "least"),
    [
        pytest.param("MAX_ROWS", 3, id="rows"),
        pytest.param("MAX_COLUMNS", 2, id="columns"),
        pytest.param("MAX_ROW_GROUPS", 3, id="row-groups"),
        pytest.param("MAX_UNPACKED_BYTES", 50, id="bytes"),
    ],
)
def test_a_file_that_declares_too_much_is_not_read(
    monkeypatch: pytest.MonkeyPatch, bound: str, least: int
) -> None:
    body = made({"x": [1.0, 2.0, 3.0], "y": ["a", "b", "c"]}, row_group_size=1)

    monkeypatch.setattr(parquet, bound, least - 1)

    with pytest.raises(ParseError, match="declares"):
        document(body)


def test_a_long_text_a_million_times_costs_nothing() -> None:
    repeated = pa.DictionaryArray.from_arrays(pa.array([0] * 1_000_000, pa.int8()), ["a" * 4000])

    texts = column(repeated).texts("x")

    assert len(texts) == 1_000_000
    assert texts[0] is texts[-1]


def test_a_damaged_file_is_read_or_refused_and_never_anything_else() -> None:
    body = made({"x": ["a", "b", None, "a"] * 50, "y": [0.5, None, 1.5, 2.5] * 50})
    chance = Random(2024)

    for _ in range(1000):
        damaged = bytearray(body)
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(len(body))] = chance.randrange(256)
        with suppress(ParseError):
            found = document(bytes(damaged))
            assert len(found.texts("x")) == len(found.numbers("y"))


@pytest.mark.parametrize("rows", [13, 1000])
def test_rows_that_are_declared_and_not_there_are_missed(rows: int) -> None:
    file = made({"x": list(range(12)), "y": list(range(12))})

    with pytest.raises(ParseError, match=f"declares {rows} rows and has 12"):
        document(declaring(rows, file))


def test_a_table_of_other_columns_has_as_many_rows_as_it_declares() -> None:
    assert not document(made({"z": [1, 2]})).has("x")
