"""Intervals from the number of items of a benchmark."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from app.analytics.binomial import BENCHMARKS, derived, wilson


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))))
def test_the_interval_is_scipys(counts: tuple[int, int]) -> None:
    items, correct = counts

    found = wilson(np.array([correct / items]), items, unit="fraction")

    expected = binomtest(correct, items).proportion_ci(0.95, method="wilson")
    assert found.lower[0] == pytest.approx(expected.low, abs=1e-12)
    assert found.upper[0] == pytest.approx(expected.high, abs=1e-12)


def rescaled(score: float, items: int, floor: float) -> tuple[float, float]:
    """The formula as Wilson wrote it, on the raw scale, one score in 0..1 at a time."""
    z = 1.959963984540054
    raw = floor + (1 - floor) * score
    half = z * sqrt(raw * (1 - raw) / items + z * z / (4 * items * items))
    bounds = [(raw + z * z / (2 * items) + side * half) / (1 + z * z / items) for side in (-1, 1)]
    lower, upper = [(bound - floor) / (1 - floor) for bound in bounds]
    return max(lower, 0.0), min(upper, 1.0)


@given(st.floats(0, 1), st.integers(1, 2000), st.sampled_from([0.0, 0.1, 0.25, 0.5]))
def test_a_rescaled_score_has_the_interval_of_its_raw_share(
    score: float, items: int, floor: float
) -> None:
    found = wilson(np.array([score]), items, unit="fraction", floor=floor)

    assert (found.lower[0], found.upper[0]) == pytest.approx(
        rescaled(score, items, floor), abs=1e-12
    )


@given(st.lists(st.floats(0, 100), max_size=5), st.sampled_from([0.0, 0.25]))
def test_an_interval_lies_in_the_scale_and_holds_its_score(
    scores: list[float], floor: float
) -> None:
    percent = np.array(scores, np.float64)

    found = wilson(percent, 50, unit="percent", floor=floor)

    assert (found.lower >= 0).all()
    assert (found.lower <= percent + 1e-12).all()
    assert (percent - 1e-12 <= found.upper).all()
    assert (found.upper <= 100).all()


def test_percent_and_fractions_differ_by_a_factor_only() -> None:
    percent = wilson(np.array([0.0, 42.0, 100.0]), 541, unit="percent")
    fraction = wilson(np.array([0.0, 0.42, 1.0]), 541, unit="fraction")

    assert percent.lower == pytest.approx(100 * fraction.lower)
    assert percent.upper == pytest.approx(100 * fraction.upper)


@pytest.mark.parametrize(
    "score",
    [
        pytest.param(float("nan"), id="missing"),
        pytest.param(-0.1, id="below-the-scale"),
        pytest.param(100.1, id="above-the-scale"),
    ],
)
def test_what_is_no_share_has_no_interval(score: float) -> None:
    found = wilson(np.array([50.0, score]), 100, unit="percent")

    assert np.isnan(found.lower).tolist() == [False, True]
    assert np.isnan(found.upper).tolist() == [False, True]


@pytest.mark.parametrize("items", [9, 10, 25])
def test_rounding_does_not_push_a_score_out_of_its_interval(items: int) -> None:
    found = wilson(np.array([0.0, 1.0]), items, unit="fraction")

    assert found.lower[0] == 0
    assert found.upper[1] == 1


def test_a_score_at_the_floor_is_uncertain_upwards_only() -> None:
    found = derived("open-llm-v2-gpqa", np.array([0.0]))

    assert found is not None
    assert found.lower[0] == 0
    assert found.upper[0] == pytest.approx(100 * rescaled(0.0, 493, 0.25)[1])


def test_a_known_board_has_the_interval_of_its_items() -> None:
    found = derived("open-llm-v2-math", np.array([100 * 331 / 1324]))

    expected = binomtest(331, 1324).proportion_ci(0.95, method="wilson")
    assert found is not None
    assert found.lower[0] == pytest.approx(100 * expected.low)
    assert found.upper[0] == pytest.approx(100 * expected.high)


@pytest.mark.parametrize(
    "leaderboard",
    ["open-llm-v1", "open-llm-v1-mmlu", "open-llm-v2-ifeval", "open-llm-v2-bbh", "lmarena-text"],
)
def test_a_board_whose_scores_are_no_shares_has_none(leaderboard: str) -> None:
    assert derived(leaderboard, np.array([50.0])) is None


def test_repeated_questions_are_worth_less_than_their_number() -> None:
    weights = [3] * 198 + [2] * (448 - 198) + [1] * (546 - 448)

    gpqa = BENCHMARKS["open-llm-v2-gpqa"]

    assert gpqa.items == sum(weights)
    assert gpqa.effective_items == int(sum(weights) ** 2 / sum(w * w for w in weights))


@pytest.mark.parametrize(
    ("leaderboard", "percent"),
    [
        pytest.param("open-llm-v2-math", 52.416918429003, id="math"),
        pytest.param("open-llm-v2-gpqa", 29.4183445190157, id="gpqa"),
        pytest.param("open-llm-v2-mmlu-pro", 70.0336140661939, id="mmlu-pro"),
    ],
)
def test_published_scores_are_whole_numbers_of_items(leaderboard: str, percent: float) -> None:
    items, _effective, floor, _source = BENCHMARKS[leaderboard]

    correct = (floor + (1 - floor) * percent / 100) * items

    assert correct == pytest.approx(round(correct), abs=1e-6)
