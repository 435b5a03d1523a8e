"""What moved all models of a board at once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.shifts import Break, PoolShift, Scores, methodology_breaks, pool_shift

NOTHING = PoolShift(0, None, None, None, None, None, None)


def edition(
    scores: dict[int, float], *, arms: dict[int, tuple[float, float]] | None = None
) -> Scores:
    """Scores by model; `arms` are how far their intervals reach down and up."""
    models = list(scores)
    score = np.array(list(scores.values()), np.float64)
    reach = np.array([(arms or {}).get(model, (np.nan, np.nan)) for model in models])
    reach = reach.reshape(-1, 2)
    return Scores(np.array(models, np.int32), score, score - reach[:, 0], score + reach[:, 1])


def test_a_shift_is_what_common_models_have_in_common() -> None:
    before = edition({1: 1000, 2: 1100, 3: 1200, 4: 900})
    after = edition({5: 2000, 3: 1210, 1: 1013, 2: 1109})

    found = pool_shift(before, after)

    assert found == PoolShift(3, 10, 1, 100, None, None, None)


def test_a_model_that_moved_by_itself_does_not_shift_the_pool() -> None:
    before = edition({1: 1000, 2: 1100, 3: 1200})
    after = edition({1: 1002, 2: 1102, 3: 1500})

    assert pool_shift(before, after).shift == 2


def test_sure_scores_weigh_more() -> None:
    scores = {1: 0.0, 2: 0.0, 3: 0.0}
    arms = {1: (1.0, 1.0), 2: (10.0, 10.0), 3: (10.0, 10.0)}

    found = pool_shift(edition(scores, arms=arms), edition({1: 1, 2: 5, 3: 6}, arms=arms))

    assert found.shift == 1


@pytest.mark.parametrize(
    "unsure",
    [
        pytest.param({1: (1.0, 1.0), 2: (10.0, 10.0)}, id="none"),
        pytest.param({1: (1.0, 1.0), 2: (10.0, 10.0), 3: (0.0, 0.0)}, id="without-width"),
    ],
)
def test_all_weigh_the_same_if_one_has_no_interval(unsure: dict[int, tuple[float, float]]) -> None:
    before = edition(dict.fromkeys((1, 2, 3), 0.0), arms=unsure)

    assert pool_shift(before, edition({1: 1, 2: 5, 3: 6}, arms=unsure)).shift == 5


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({}, {}, id="empty"),
        pytest.param({1: 1.0}, {2: 1.0}, id="strangers"),
        pytest.param({1: 1.0}, {1: np.nan}, id="score-unknown"),
    ],
)
def test_strangers_have_no_common_shift(before: dict[int, float], after: dict[int, float]) -> None:
    assert pool_shift(edition(before), edition(after)) == NOTHING


def test_intervals_are_compared_of_models_that_have_both() -> None:
    before = edition({1: 0, 2: 0, 3: 0}, arms={1: (3.0, 1.0), 2: (2.0, 2.0)})
    after = edition({1: 0, 2: 0, 3: 0}, arms={1: (4.0, 4.0), 2: (4.0, 4.0), 3: (9.0, 9.0)})

    found = pool_shift(before, after)

    assert (found.widening, found.even_before, found.even_after) == (2, 0.5, 1)


@given(
    st.lists(
        st.tuples(st.integers(-50, 50), st.integers(1, 9), st.integers(1, 9), st.integers(-50, 50)),
        min_size=1,
        max_size=12,
    )
)
def test_half_of_the_precision_is_on_either_side(
    rows: list[tuple[int, int, int, int]],
) -> None:
    before = edition(
        {n: row[0] for n, row in enumerate(rows)},
        arms={n: (r[1], r[1]) for n, r in enumerate(rows)},
    )
    after = edition(
        {n: row[3] for n, row in enumerate(rows)},
        arms={n: (r[2], r[2]) for n, r in enumerate(rows)},
    )

    shift = pool_shift(before, after).shift

    assert shift is not None
    weights = [1 / (one**2 + other**2) for _, one, other, _ in rows]
    changes = [new - old for old, _, _, new in rows]
    half = sum(weights) / 2 + 1e-9
    assert sum(w for w, c in zip(weights, changes, strict=True) if c < shift) <= half
    assert sum(w for w, c in zip(weights, changes, strict=True) if c > shift) <= half


@given(st.lists(st.integers(-99, 99), min_size=1, max_size=15))
def test_without_weights_it_is_the_median(changes: list[int]) -> None:
    before = edition(dict.fromkeys(range(len(changes)), 0.0))
    after = edition({n: float(change) for n, change in enumerate(changes)})

    found = pool_shift(before, after)

    assert found.shift == np.median(changes)
    assert found.spread == np.median([abs(change - np.median(changes)) for change in changes])


def shifted(shift: float, *, spread: float = 0.0, scale: float = 100.0) -> PoolShift:
    return PoolShift(50, shift, spread, scale, None, None, None)


def measured(widening: float, even_before: float, even_after: float) -> PoolShift:
    return PoolShift(50, 0.0, 0.0, 100.0, widening, even_before, even_after)


QUIET = [shifted(0.0), shifted(0.1), shifted(-0.1), shifted(0.0)]


@pytest.mark.parametrize(
    ("shift", "expected"),
    [
        pytest.param(shifted(63.0, spread=21.0, scale=76.0), True, id="anchored-anew"),
        pytest.param(shifted(-5.0), True, id="downwards"),
        pytest.param(shifted(2.4), False, id="small-beside-the-scale"),
        pytest.param(shifted(-12.0, spread=17.0), False, id="models-moved-more"),
        pytest.param(NOTHING, False, id="strangers"),
    ],
)
def test_a_shift_out_of_the_usual_is_a_break(shift: PoolShift, *, expected: bool) -> None:
    found = methodology_breaks([*QUIET, shift])

    assert found == [[], [], [], [], [Break.SCORE_SHIFT] if expected else []]


def test_a_board_that_always_shifts_is_not_broken_by_it() -> None:
    shifts = [shifted(float(n)) for n in (-20, 15, -9, 12, 25, -14)]

    assert methodology_breaks(shifts) == [[]] * 6


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(measured(1.6, 0.0, 0.0), True, id="wider"),
        pytest.param(measured(0.6, 0.0, 0.0), True, id="narrower"),
        pytest.param(measured(1.2, 0.38, 1.0), True, id="even-at-last"),
        pytest.param(measured(1.0, 1.0, 0.1), True, id="even-no-more"),
        pytest.param(measured(1.2, 1.0, 1.0), False, id="a-little-wider"),
        pytest.param(measured(1.0, 0.0, 0.49), False, id="rounded"),
        pytest.param(shifted(0.0), False, id="no-intervals"),
    ],
)
def test_intervals_of_another_kind_are_a_break(change: PoolShift, *, expected: bool) -> None:
    assert methodology_breaks([change]) == [[Break.INTERVAL_CHANGE] if expected else []]


def test_a_break_may_have_both_reasons() -> None:
    both = PoolShift(50, 19.0, 4.6, 198.0, 1.1, 0.07, 1.0)

    assert methodology_breaks([*QUIET, both])[-1] == [Break.SCORE_SHIFT, Break.INTERVAL_CHANGE]


def test_a_board_of_one_edition_has_no_breaks() -> None:
    assert methodology_breaks([]) == []


def test_a_board_whose_editions_share_nobody_has_no_breaks() -> None:
    assert methodology_breaks([NOTHING]) == [[]]


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=12))
def test_the_scale_is_the_range_of_the_middle_half(scores: list[int]) -> None:
    before = edition({n: float(score) for n, score in enumerate(scores)})

    low, high = np.quantile(scores, [0.25, 0.75])
    assert pool_shift(before, before).scale == pytest.approx(high - low)
