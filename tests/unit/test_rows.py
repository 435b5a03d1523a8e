"""Rows made column by column say what they would say one by one."""

from datetime import date
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.rows import rows_of, values

DAYS = [date(2024, 7, 1), None, date(2025, 1, 31)]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param(np.zeros(0), [], id="an-empty-array"),
        pytest.param([3, None, -1], [b"3", b"null", b"-1"], id="integers"),
        pytest.param(np.array([1.5, np.nan]), [b"1.5", b"null"], id="nan"),
        pytest.param(DAYS, [b'"2024-07-01"', b"null", b'"2025-01-31"'], id="dates"),
    ],
)
def test_what_there_is_none_of_is_null(column: Any, expected: list[bytes]) -> None:  # noqa: ANN401
    assert values(column) == expected


def test_what_is_not_known_is_null() -> None:
    column = np.array([5, 6, 7], np.int32)

    assert values(column, column != 6) == [b"5", b"null", b"7"]
    assert values(column, column < 0) == [b"null"] * 3
    assert values(column, column > 0) == [b"5", b"6", b"7"]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)))
def test_a_number_is_written_as_it_is_alone(column: list[float]) -> None:
    assert values(np.array(column)) == [orjson.dumps(value) for value in column]


def test_a_row_has_the_values_of_its_place() -> None:
    rows = rows_of(b'{"a":%b,"b":%b}', [values([1, 2]), [b'"%b"', b'"x,y"']])

    assert rows == [b'{"a":1,"b":"%b"}', b'{"a":2,"b":"x,y"}']
