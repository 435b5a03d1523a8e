"""P-values that answer for how much was tested."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from app.analytics.false_discovery import q_values

chances = st.floats(0, 1)


@pytest.mark.parametrize(
    ("p_values", "expected"),
    [
        pytest.param([], [], id="nothing-tested"),
        pytest.param([0.03], [0.03], id="one-test-pays-nothing"),
        pytest.param([0.01, 0.04], [0.02, 0.04], id="the-least-pays-for-all"),
        pytest.param([0.03, 0.03], [0.03, 0.03], id="ties"),
        pytest.param([0.04, 0.039], [0.04, 0.04], id="never-above-that-of-a-greater"),
        pytest.param([0.01, None, 0.04, None], [0.02, None, 0.04, None], id="untested"),
        pytest.param([None], [None], id="none-tested"),
        pytest.param([0.0, 1.0], [0.0, 1.0], id="bounds"),
    ],
)
def test_a_q_value_is_what_a_p_value_costs_among_others(
    p_values: list[float | None], expected: list[float | None]
) -> None:
    assert q_values(p_values) == pytest.approx(expected)


@given(st.lists(chances, min_size=1, max_size=30))
def test_q_values_are_those_of_scipy(p_values: list[float]) -> None:
    assert q_values(p_values) == pytest.approx(false_discovery_control(p_values).tolist())


@given(st.lists(st.none() | chances, max_size=20))
def test_what_was_not_tested_costs_nothing(p_values: list[float | None]) -> None:
    tested = [p for p in p_values if p is not None]

    assert [q for q in q_values(p_values) if q is not None] == q_values(tested)
    assert [q is None for q in q_values(p_values)] == [p is None for p in p_values]
