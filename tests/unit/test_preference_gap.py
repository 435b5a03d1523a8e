"""The gap between standing on benchmarks and with people, held against leaving one out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from app.analytics.preference_gap import (
    Direction,
    Floats,
    GroupGap,
    ModelGap,
    PreferenceGap,
    Regression,
    preference_gap,
    standard_scores,
)
from app.domain.groups import UNKNOWN

NO_GAP = ModelGap(None, None, None, None, None, None, None, None, None)


def boards(models: int = 40, *, seed: int = 1) -> tuple[Floats, Floats]:
    """A benchmark in per cent, and a preference that follows it with scatter."""
    random = np.random.default_rng(seed)
    benchmark = random.normal(50, 10, models)
    return benchmark, 1000 + 4 * benchmark + random.normal(0, 30, models)


def gap(benchmark: Floats, preference: Floats, groups: list[int] | None = None) -> PreferenceGap:
    numbers = np.array(groups or [UNKNOWN] * len(benchmark), np.int32)
    found = preference_gap(benchmark, preference, numbers)
    assert found is not None
    return found


def without(row: int, benchmark: Floats, preference: Floats) -> tuple[float, float, float]:
    """Of one model by the line of the others: what is expected, the t of its distance, and p."""
    x, y = np.delete(benchmark, row), np.delete(preference, row)
    design = np.column_stack([np.ones(len(x)), x])
    fitted, *_ = np.linalg.lstsq(design, y)
    left = y - design @ fitted
    here = np.array([1.0, benchmark[row]])
    variance = left @ left / (len(x) - 2)
    error = np.sqrt(variance * (1 + here @ np.linalg.inv(design.T @ design) @ here))
    expected = here @ fitted
    t = (preference[row] - expected) / error
    return float(expected), float(t), float(2 * stats.t.sf(abs(t), len(x) - 2))


@pytest.mark.parametrize("models", [20, 40])
def test_a_gap_is_what_leaving_the_model_out_and_fitting_again_gives(models: int) -> None:
    benchmark, preference = boards(models)

    found = gap(benchmark, preference)

    for row, model in enumerate(found.models):
        expected, t, p = without(row, benchmark, preference)
        assert model.expected == pytest.approx(expected)
        assert model.residual == pytest.approx(preference[row] - expected)
        assert (model.studentized, model.p_value) == pytest.approx((t, p))


def test_the_line_is_what_scipy_gives() -> None:
    benchmark, preference = boards()

    line = gap(benchmark, preference).regression

    scipy = stats.linregress(benchmark, preference)
    left = preference - scipy.intercept - scipy.slope * benchmark
    assert line == pytest.approx(
        Regression(40, scipy.slope, scipy.intercept, scipy.rvalue, np.sqrt(left @ left / 38))
    )


def test_the_interval_leaves_zero_out_when_p_is_below_five_per_cent() -> None:
    found = gap(*boards(200)).models

    lower, upper, middle, p = (
        np.array([getattr(model, name) for model in found])
        for name in ("lower", "upper", "residual", "p_value")
    )
    assert (lower + upper) / 2 == pytest.approx(middle)
    assert ((lower > 0) | (upper < 0)).tolist() == (p < 0.05).tolist()


def test_a_standardised_residual_is_in_deviations_of_preference() -> None:
    benchmark, preference = boards()

    first = gap(benchmark, preference).models[0]

    assert first.residual == pytest.approx(first.standardized * preference.std(ddof=1))


def test_q_values_are_of_all_models() -> None:
    found = gap(*boards())

    p_values = [model.p_value for model in found.models]
    assert [m.q_value for m in found.models] == pytest.approx(
        stats.false_discovery_control(p_values).tolist()
    )


@pytest.mark.parametrize(
    ("shift", "direction"),
    [
        pytest.param(200, Direction.PEOPLE_PREFER, id="above"),
        pytest.param(-200, Direction.BENCHMARKS_PREFER, id="below"),
        pytest.param(0, None, id="on-the-line"),
    ],
)
def test_who_stands_apart_is_told_with_its_direction(
    shift: float, direction: Direction | None
) -> None:
    benchmark, preference = boards()
    preference[7] = 1000 + 4 * benchmark[7] + shift

    found = gap(benchmark, preference)

    assert [m.direction for m in found.models] == [None] * 7 + [direction] + [None] * 32


def test_a_q_value_at_the_level_still_has_a_direction(monkeypatch: pytest.MonkeyPatch) -> None:
    benchmark, preference = boards()
    q_value = gap(benchmark, preference).models[7].q_value
    monkeypatch.setattr("app.analytics.preference_gap.SIGNIFICANCE", q_value)

    assert gap(benchmark, preference).models[7].direction is not None


def test_units_do_not_matter() -> None:
    benchmark, preference = boards()

    found = gap(benchmark / 100, preference * 2 - 500)

    plain = gap(benchmark, preference)
    for one, other in zip(found.models, plain.models, strict=True):
        assert one.studentized == pytest.approx(other.studentized)
        assert one.residual == pytest.approx(2 * (other.residual or 0))


@pytest.mark.parametrize(
    ("benchmark", "preference"),
    [
        pytest.param(np.arange(19.0), np.arange(19.0) % 5, id="nineteen-models"),
        pytest.param(np.full(20, 0.1), np.arange(20.0), id="benchmark-constant"),
        pytest.param(np.arange(20.0), np.full(20, 0.1), id="preference-constant"),
        pytest.param(np.zeros(0), np.zeros(0), id="nobody"),
    ],
)
def test_too_little_says_nothing(benchmark: Floats, preference: Floats) -> None:
    assert preference_gap(benchmark, preference, np.zeros(len(benchmark), np.int32)) is None


def test_a_model_that_alone_makes_the_line_has_no_gap() -> None:
    benchmark = np.array([1.0] + [0.0] * 24)
    preference = np.arange(25.0) ** 2

    found = gap(benchmark, preference)

    assert found.models[0] == NO_GAP
    assert all(model.studentized is not None for model in found.models[1:])


def test_without_scatter_nothing_is_significant() -> None:
    benchmark = np.arange(30.0)
    preference = 3 * benchmark
    preference[4] += 50

    found = gap(benchmark, preference, [0] * 30)

    off = found.models[4]
    assert off.residual == pytest.approx(50)
    assert (off.lower, off.studentized, off.p_value, off.direction) == (None, None, None, None)
    assert found.groups[0].models == 29


def test_a_perfect_line_leaves_nobody() -> None:
    found = gap(np.arange(30.0), 3 * np.arange(30.0), [0] * 30)

    assert found.regression.correlation == pytest.approx(1)
    assert found.groups == []


def test_an_organization_is_tested_by_the_mean_of_its_models() -> None:
    benchmark, preference = boards(60)
    groups = [1] * 10 + [2] * 10 + [0] * 2 + [UNKNOWN] * 38
    preference[:10] += 80

    found = gap(benchmark, preference, groups)

    studentized = np.array([model.studentized for model in found.models], np.float64)
    tests = [stats.ttest_1samp(studentized[start : start + 10], 0) for start in (0, 10)]
    q_values = stats.false_discovery_control([test.pvalue for test in tests])
    small, loved, plain = found.groups
    mean = float(np.mean(studentized[20:22]))
    assert small == pytest.approx(GroupGap(0, 2, mean, None, None, None))
    assert loved[:2] == (1, 10)
    assert loved.mean_studentized == pytest.approx(np.mean(studentized[:10]))
    assert (loved.p_value, loved.q_value) == pytest.approx((tests[0].pvalue, q_values[0]))
    assert loved.direction is Direction.PEOPLE_PREFER
    assert (plain.p_value, plain.q_value) == pytest.approx((tests[1].pvalue, q_values[1]))


def test_models_of_an_organization_that_are_all_alike_test_nothing() -> None:
    benchmark, preference = boards()
    benchmark[:3], preference[:3] = 50, 1250

    found = gap(benchmark, preference, [0] * 3 + [UNKNOWN] * 37)

    assert found.groups[0].models == 3
    assert found.groups[0].p_value is None


def test_a_standard_score_counts_deviations_from_the_mean() -> None:
    assert standard_scores(np.array([1.0, 2.0, 3.0])).tolist() == [-1, 0, 1]


@pytest.mark.parametrize("values", [[], [5.0], [0.1, 0.1, 0.1], [0.0, 5e-324]])
def test_what_does_not_differ_has_standard_scores_of_nothing(values: list[float]) -> None:
    assert standard_scores(np.array(values)).tolist() == [0] * len(values)


@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(-3, 3), st.integers(UNKNOWN, 2)),
        min_size=20,
        max_size=30,
    )
)
def test_every_figure_is_finite_or_missing(rows: list[tuple[int, int, int]]) -> None:
    benchmark, preference, groups = np.array(rows).T

    found = preference_gap(benchmark / 7, preference / 3, groups.astype(np.int32))

    constant = len(set(benchmark.tolist())) == 1 or len(set(preference.tolist())) == 1
    assert (found is None) == constant
    figures = [*found.models, *found.groups, found.regression] if found else []
    numbers = [value for row in figures for value in row if isinstance(value, float)]
    assert np.isfinite(numbers).all()
