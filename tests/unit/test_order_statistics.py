"""The k-th smallest of each row."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.order_statistics import order_statistics


def smallest(rows: list[list[float]], ranks: list[list[int]]) -> list[list[float]]:
    """Rows of any lengths, filled up with infinity."""
    sizes = np.array([len(row) for row in rows])
    table = np.full((len(rows), sizes.max()), np.inf)
    for place, row in enumerate(rows):
        table[place, : len(row)] = row
    found = order_statistics(table, sizes, np.array(ranks), np.empty(table.size))
    return [list(map(float, row)) for row in found]


@pytest.mark.parametrize(
    ("row", "ranks", "expected"),
    [
        pytest.param([3.0, 1.0, 2.0], [0, 1, 2], [1, 2, 3], id="few"),
        pytest.param([7.0], [0, 0], [7, 7], id="one"),
        pytest.param([0.0] * 500 + [1.0], [499, 500], [0, 1], id="tied-far-beyond-the-window"),
        pytest.param([1e300, 1.0, -1e300], [1, 2], [1, 1e300], id="far-apart"),
        pytest.param([5e-324 * n for n in range(50)], [25], [25 * 5e-324], id="crowded"),
        pytest.param([1e6] + [n / 1e9 for n in range(3000)], [7], [7e-9], id="one-far-off"),
    ],
)
def test_a_rank_finds_its_value(row: list[float], ranks: list[int], expected: list[float]) -> None:
    assert smallest([row], [ranks]) == [expected]


def test_what_is_not_asked_is_not_answered() -> None:
    ((first, second),) = smallest([[2.0, 1.0]], [[-1, 1]])

    assert np.isnan(first)
    assert second == 2


def test_a_short_row_among_long_ones_has_its_own_values() -> None:
    long = [float(n) for n in range(5000)]

    assert smallest([long, [9.0, 8.0]], [[4999, 2500], [1, 0]]) == [[4999, 2500], [9, 8]]


@pytest.mark.parametrize("kind", ["normal", "heavy", "rounded", "steps"])
def test_many_are_as_sorted(kind: str) -> None:
    random = np.random.default_rng(7)
    rows = {
        "normal": random.normal(size=(20, 2000)),
        "heavy": random.standard_cauchy(size=(20, 2000)),
        "rounded": random.normal(size=(20, 2000)).round(1),
        "steps": random.normal(size=(20, 2000)).clip(0) + 1e-9 * random.normal(size=(20, 2000)),
    }[kind]
    ranks = random.integers(0, 2000, size=(20, 5))

    found = order_statistics(rows, np.full(20, 2000), ranks, np.empty(rows.size))

    assert (found == np.take_along_axis(np.sort(rows, axis=1), ranks, axis=1)).all()


@st.composite
def questions(draw: st.DrawFn) -> tuple[list[float], list[int]]:
    row = draw(
        st.lists(st.integers(-3, 3) | st.floats(-1e6, 1e6), min_size=1, max_size=60).map(
            lambda numbers: [float(n) for n in numbers]
        )
    )
    ranks = st.lists(st.integers(0, len(row) - 1), min_size=1, max_size=4)
    return row, draw(ranks)


@given(questions())
def test_the_answer_is_that_of_a_sort(question: tuple[list[float], list[int]]) -> None:
    row, ranks = question

    assert smallest([row], [ranks]) == [[sorted(row)[rank] for rank in ranks]]
