"""Whether standing on one board carries over to another, held against drawing by hand."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from app.analytics.generalization import (
    REPLICATES,
    REPLICATES_AT_ONCE,
    SEED,
    Floats,
    Generalization,
    MeanChange,
    ModelShift,
    generalization,
)
from app.domain.groups import UNKNOWN

UNTESTED = (None, None, None, None)


def compare(
    old: Sequence[float] | Floats,
    new: Sequence[float] | Floats,
    groups: list[int] | None = None,
    tops: tuple[int, ...] = (),
) -> Generalization:
    numbers = np.array(groups or [UNKNOWN] * len(old), np.int32)
    found = generalization(np.array(old, np.float64), np.array(new, np.float64), numbers, tops=tops)
    assert found is not None
    return found


def boards(models: int, *, noise: float = 1.0, seed: int = 1) -> tuple[Floats, Floats]:
    """Two noisy measurements of one ability."""
    random = np.random.default_rng(seed)
    ability = random.normal(size=models)
    return ability + random.normal(0, noise, models), ability + random.normal(0, noise, models)


def counted_percentile(own: float, others: Sequence[float]) -> float:
    below = sum(other < own for other in others)
    ties = sum(other == own for other in others)
    return (below + ties / 2) / len(others)


class ByHand(NamedTuple):
    """Changes by replicate and model, and the random numbers that come next."""

    changes: list[list[float]]
    random: np.random.Generator


def redrawn(old: list[float], new: list[float]) -> ByHand:
    """Each model among the others that were drawn, one by one."""
    random = np.random.default_rng(SEED)
    count = len(old)
    changes = []
    for _ in range(REPLICATES // REPLICATES_AT_ONCE):
        for drawn in random.integers(0, count, (REPLICATES_AT_ONCE, count)).tolist():
            row = []
            for model in range(count):
                others = [other for other in drawn if other != model]
                was = counted_percentile(old[model], [old[other] for other in others])
                became = counted_percentile(new[model], [new[other] for other in others])
                row.append(became - was)
            changes.append(row)
    return ByHand(changes, random)


def t_test(value: float, replicates: list[list[float]], rows: list[list[int]]) -> MeanChange:
    """Student's t with the standard error of means over the rows drawn for each replicate."""
    means = [
        sum(changes[row] for row in drawn) / len(drawn)
        for changes, drawn in zip(replicates, rows, strict=True)
    ]
    count = len(rows[0])
    error = float(np.std(means, ddof=1)) * math.sqrt(count / (count - 1))
    lower, upper = stats.t.interval(0.95, count - 1, loc=value, scale=error)
    return MeanChange(value, lower, upper, 2 * stats.t.sf(abs(value) / error, count - 1), None)


scores = st.integers(0, 6).map(float)


@given(st.lists(st.tuples(scores, scores), min_size=3, max_size=9))
def test_percentiles_are_what_counting_gives(pairs: list[tuple[float, float]]) -> None:
    old, new = (list(column) for column in zip(*pairs, strict=True))

    found = compare(old, new)

    assert found.common_models == len(pairs)
    for row, model in enumerate(found.models):
        was = counted_percentile(old[row], old[:row] + old[row + 1 :])
        became = counted_percentile(new[row], new[:row] + new[row + 1 :])
        assert model[:3] == pytest.approx((was, became, became - was))


def test_the_interval_of_a_model_is_what_drawing_others_by_hand_gives() -> None:
    old = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0, 5.0, 3.0, 5.0]
    new = [2.0, 7.0, 1.0, 8.0, 2.0, 8.0, 1.0, 8.0, 2.0, 8.0, 4.0]

    found = compare(old, new)

    changes = np.array(redrawn(old, new).changes)
    bounds = np.quantile(changes, [0.025, 0.975], axis=0)
    assert [model.lower for model in found.models] == pytest.approx(bounds[0].tolist())
    assert [model.upper for model in found.models] == pytest.approx(bounds[1].tolist())


def test_a_mean_is_tested_as_by_drawing_its_models_by_hand() -> None:
    old, new = (board.tolist() for board in boards(12))
    rows = [2, 3, 5, 7, 11]
    groups = [4 if row in rows else UNKNOWN for row in range(12)]

    found = compare(old, new, groups)

    by_hand = redrawn(old, new)
    drawn = [[rows[i] for i in places] for places in by_hand.random.integers(0, 5, (1000, 5))]
    change = sum(found.models[row].percentile_change for row in rows) / 5
    (shift,) = found.groups
    assert shift[:2] == (4, 5)
    assert shift.change[:4] == pytest.approx(t_test(change, by_hand.changes, drawn)[:4])


@pytest.mark.parametrize("noise", [0.2, 3.0])
def test_correlations_are_what_scipy_gives(noise: float) -> None:
    old, new = boards(200, noise=noise)
    old, new = np.round(old), np.round(new)

    found = compare(old, new)

    rho = stats.spearmanr(old, new).statistic
    error = math.sqrt((1 + rho**2 / 2) / 197)
    assert found.kendall_tau_b == pytest.approx(stats.kendalltau(old, new).statistic)
    assert found.spearman == pytest.approx(
        (rho, *(math.tanh(math.atanh(rho) + z * error) for z in stats.norm.ppf([0.025, 0.975])))
    )


@pytest.mark.parametrize("shape", [np.negative, np.exp, np.array])
def test_leaders_fall_on_the_mean_though_nothing_is_wrong_with_either_board(
    shape: Callable[[Floats], Floats],
) -> None:
    random = np.random.default_rng(2)
    ability = shape(random.exponential(size=1000))
    scatter = random.normal(0, ability.std(), (2, 1000))

    found = compare(ability + scatter[0], ability + scatter[1], tops=(50,))

    (top,) = found.leaders
    assert top.change.upper is not None
    assert top.change.upper < 0
    assert top.excess.p_value is not None
    assert top.excess.p_value > 0.05
    assert top.excess.q_value is None


def test_what_leaders_changed_in_excess_is_what_the_new_ones_do_not_the_other_way() -> None:
    old, new = boards(60)

    (top,) = compare(old, new, tops=(10,)).leaders

    changes = [model.percentile_change for model in compare(old, new).models]
    led, lead = np.argsort(old)[-10:].tolist(), np.argsort(new)[-10:].tolist()
    assert top.expected_change == pytest.approx(-sum(changes[row] for row in lead) / 10)
    assert top.change.value == pytest.approx(sum(changes[row] for row in led) / 10)
    assert top.excess.value == pytest.approx(top.change.value - top.expected_change)


def test_the_excess_is_tested_as_by_drawing_the_leaders_of_either_board_by_hand() -> None:
    old, new = (board.tolist() for board in boards(12))

    (top,) = compare(old, new, tops=(4,)).leaders

    by_hand = redrawn(old, new)
    led, lead = (set(np.argsort(board)[-4:].tolist()) for board in (old, new))
    either = sorted(led | lead)
    by_hand.random.integers(0, 4, (1000, 4))  # the change is tested first
    drawn = [
        [either[place] for place in places]
        for places in by_hand.random.integers(0, len(either), (1000, len(either)))
    ]
    back = -top.expected_change
    scatter = [
        [
            (change - top.change.value) * (row in led) * len(either) / 4
            + (change - back) * (row in lead) * len(either) / 4
            for row, change in enumerate(changes)
        ]
        for changes in by_hand.changes
    ]
    assert top.excess[:4] == pytest.approx(t_test(top.excess.value, scatter, drawn)[:4])


def test_leaders_that_were_made_for_the_old_board_fall_further() -> None:
    old, new = boards(500, noise=0.3)
    new[np.argsort(old)[-25:]] -= 3

    (top,) = compare(old, new, tops=(25,)).leaders

    assert top.held == 0
    assert top.excess.upper is not None
    assert top.excess.upper < -0.5


def test_those_that_held_are_among_the_first_of_both_boards() -> None:
    old = [9.0, 8.0, 8.0, 7.0, 6.0, 5.0]
    new = [9.0, 1.0, 8.0, 7.0, 6.0, 8.0]

    found = compare(old, new, tops=(1, 2, 5, 6, 7))

    assert [top[:3] for top in found.leaders] == [(1, 1, 1), (2, 3, 2), (5, 5, 4)]


def test_an_organization_that_falls_is_told_from_others() -> None:
    old, new = boards(300, noise=0.3)
    groups = [row % 10 for row in range(300)]
    new[::10] -= 2

    found = compare(old, new, groups)

    assert [shift.group for shift in found.groups] == list(range(10))
    fallen, *others = [shift.change for shift in found.groups]
    assert fallen.upper is not None
    assert fallen.upper < -0.2
    assert fallen.q_value is not None
    assert fallen.q_value < 1e-6
    assert [other.q_value for other in others if (other.q_value or 0) < 0.01] == []


def test_q_values_are_of_all_organizations_tested() -> None:
    groups = [min(row // 4, 5) if row < 22 else UNKNOWN for row in range(40)]

    found = compare(*boards(40), groups)

    changes = [shift.change for shift in found.groups]
    assert changes[5][1:] == UNTESTED
    assert [change.q_value for change in changes[:5]] == pytest.approx(
        stats.false_discovery_control([change.p_value for change in changes[:5]]).tolist()
    )


def test_three_models_of_one_mind_are_no_proof() -> None:
    old, new = boards(400, noise=0.0)
    new[:3] -= [0.1, 0.4, 1.2]

    (shift,) = compare(old, new, [0] * 3 + [UNKNOWN] * 397).groups

    assert shift.change.value < 0
    assert shift.change.p_value is not None
    assert shift.change.p_value > 0.05


def test_few_models_have_figures_without_intervals() -> None:
    found = compare(*boards(9), [0] * 9, tops=(5,))

    assert found.spearman is not None
    assert found.spearman[1:] == (None, None)
    assert all((model.lower, model.upper) == (None, None) for model in found.models)
    assert found.groups[0].change[1:] == UNTESTED
    assert found.leaders[0].excess[1:] == UNTESTED


def test_a_board_of_equals_correlates_with_nothing() -> None:
    found = compare([1.0] * 12, list(range(12)), [0] * 12, tops=(3,))

    assert (found.spearman, found.kendall_tau_b) == (None, None)
    assert found.leaders[0][:3] == (3, 12, 3)
    assert found.leaders[0].change.value == pytest.approx(0)


def test_the_same_board_twice_leaves_nothing_to_test() -> None:
    found = compare(range(20), range(20), [0] * 20)

    assert found.spearman == (1.0, None, None)
    assert found.models[3] == ModelShift(3 / 19, 3 / 19, 0.0, 0.0, 0.0)
    assert found.groups[0].change == MeanChange(0.0, *UNTESTED)


@pytest.mark.parametrize("models", [0, 1, 2])
def test_too_few_models_say_nothing(models: int) -> None:
    values = np.arange(models, dtype=np.float64)

    assert generalization(values, values, np.zeros(models, np.int32)) is None


def test_the_same_question_has_the_same_answer() -> None:
    old, new = boards(60)

    assert compare(old, new, [0] * 60, (10,)) == compare(old, new, [0] * 60, (10,))


@given(
    st.lists(st.tuples(scores, scores, st.integers(UNKNOWN, 2)), min_size=3, max_size=14),
)
def test_every_figure_is_finite_or_missing(rows: list[tuple[float, float, int]]) -> None:
    old, new, groups = (list(column) for column in zip(*rows, strict=True))

    found = compare(old, new, groups, (2, 10))

    means = [shift.change for shift in found.groups]
    means += [mean for top in found.leaders for mean in (top.change, top.excess)]
    numbers = [v for row in (*found.models, *means) for v in row if v is not None]
    assert np.isfinite(numbers).all()
    assert np.abs(numbers).max() <= 1
