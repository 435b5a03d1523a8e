"""Whether values rise or fall, how fast, and how sure that is."""

from statistics import NormalDist, mean

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import false_discovery_control, kendalltau, theilslopes

from app.analytics.trends import MIN_POINTS, Direction, Trend, Trends, net_of, trends

Floats = npt.NDArray[np.float64]

NAN = float("nan")
WEEK = np.arange(10.0) * 7


def one(values: list[float], days: Floats | None = None) -> Trend:
    """The trend of a board's only model."""
    there = np.arange(len(values), dtype=np.float64) if days is None else days
    return trends(there, np.array([values], np.float64)).of(0)


def sign(number: float) -> int:
    return (number > 0) - (number < 0)


def mann_kendall(values: list[float]) -> tuple[int, float]:
    """S and its variance with ties, by the definition."""
    n = len(values)
    score = sum(sign(values[j] - values[i]) for i in range(n) for j in range(i + 1, n))
    ties = [values.count(value) for value in set(values)]
    return score, (n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties)) / 18


def hamed_rao(days: list[float], values: list[float], slope: float) -> float:
    """The factor n/n* by the formula, from the ranks of what the slope leaves."""
    n = len(values)
    fine = (max(values) - min(values) or 1.0) / 2**30
    left = [round((y - values[0] - slope * (x - days[0])) / fine) for x, y in zip(days, values)]  # noqa: B905 - same length
    ranks = [sum(a < b for a in left) + (left.count(b) + 1) / 2 for b in left]
    centre = mean(ranks)
    total = sum((rank - centre) ** 2 for rank in ranks)
    summed = 0.0
    for lag in range(1, n):
        products = ((ranks[i] - centre) * (ranks[i + lag] - centre) for i in range(n - lag))
        correlation = sum(products) / total if total else 0.0
        if abs(correlation) > NormalDist().inv_cdf(0.975) / n**0.5:
            summed += (n - lag) * (n - lag - 1) * (n - lag - 2) * correlation
    return max(1.0, 1 + 2 * summed / (n * (n - 1) * (n - 2)))


def same(found: float | None, expected: float) -> bool:
    """Equal to a billionth."""
    return found is not None and bool(np.isclose(found, expected, rtol=1e-9, atol=1e-12))


@st.composite
def boards(draw: st.DrawFn) -> tuple[Floats, Floats]:
    """Uneven days, and values with ties, jumps and gaps."""
    steps = draw(st.lists(st.integers(1, 30), min_size=MIN_POINTS, max_size=24))
    days = 19_000 + np.cumsum(steps).astype(np.float64)
    shape = (draw(st.integers(1, 4)), len(days))
    numbers = st.integers(-3, 3).map(float) | st.floats(-2000, 2000).map(lambda n: round(n, 2))
    values = draw(arrays(np.float64, shape, elements=numbers))
    absent = draw(arrays(np.bool_, shape, elements=st.booleans(), fill=st.just(value=False)))
    return days, np.where(absent, np.nan, values)


def held_against_definitions(days: Floats, values: Floats) -> None:
    """Every number of every model is what SciPy or the formula by hand gives."""
    found = trends(days, values)
    for row, (series, trend) in enumerate(zip(values, found.each(), strict=True)):
        there = ~np.isnan(series)
        assert trend == found.of(row)
        assert trend.points == there.sum()
        assert trend.insufficient_data is (trend.points < MIN_POINTS)
        if trend.insufficient_data:
            continue
        x, y = days[there].tolist(), series[there].tolist()
        slope = theilslopes(y, x)
        score, variance = mann_kendall(y)
        inflation = hamed_rao(x, y, slope.slope)
        z = (score - sign(score)) / (variance * inflation or 1) ** 0.5
        assert (trend.first_day, trend.last_day) == (x[0], x[-1])
        assert same(trend.slope_per_day, slope.slope)
        assert same(trend.slope_lower, slope.low_slope)
        assert same(trend.slope_upper, slope.high_slope)
        assert trend.score == score
        assert same(trend.inflation, inflation)
        assert same(trend.variance, variance * inflation)
        assert same(trend.z, z)
        assert same(trend.p_value, 2 * NormalDist().cdf(-abs(z)))
        if len(set(y)) > 1:
            assert same(trend.kendall_tau, kendalltau(x, y).statistic)
    known = found.p_value[~np.isnan(found.p_value)]
    if len(known):
        assert np.allclose(found.q_value[~np.isnan(found.p_value)], false_discovery_control(known))


@given(boards())
def test_numbers_are_those_of_scipy_and_of_the_formulas(board: tuple[Floats, Floats]) -> None:
    held_against_definitions(*board)


@pytest.mark.parametrize("digits", [pytest.param(9, id="untied"), pytest.param(0, id="tied")])
@pytest.mark.parametrize("gaps", [pytest.param(0.0, id="whole"), pytest.param(0.4, id="gaps")])
def test_long_series_are_no_different(digits: int, gaps: float) -> None:
    random = np.random.default_rng(11)
    days = np.cumsum(random.integers(1, 9, size=60)).astype(np.float64)
    values = np.round(1200 + random.normal(size=(6, 60)).cumsum(axis=1), digits)
    values[random.random(values.shape) < gaps] = np.nan

    held_against_definitions(days, values)


def test_a_model_has_the_same_trend_alone_as_among_many() -> None:
    random = np.random.default_rng(5)
    days = np.arange(300.0)
    values = random.normal(size=(25, 300)).round(1)
    values[random.random(values.shape) < 0.1] = np.nan

    together = trends(days, values)

    for row in range(len(values)):
        alone = trends(days, values[[row]]).of(0)
        assert alone[:-2] == pytest.approx(together.of(row)[:-2], rel=1e-12)


def test_a_slope_is_the_median_of_all_pairs() -> None:
    found = one([0, 1, 2, 3, 4, 5, 6, 700], np.arange(8.0) * 2)

    assert found.slope_per_day == 0.5


def test_uneven_days_count_as_what_they_are() -> None:
    days = np.array([0, 1, 2, 3, 10, 20, 40, 80.0])

    found = one((1000 + 0.25 * days).tolist(), days)

    assert found[3:6] == (0.25, 0.25, 0.25)


def test_a_line_is_sure_and_leaves_nothing_to_correct() -> None:
    found = one([0.1 * n for n in range(20)])

    assert (found.score, found.kendall_tau, found.inflation) == (190, 1, 1)
    assert found.direction is Direction.UP


@pytest.mark.parametrize(
    ("values", "direction"),
    [
        pytest.param([1, 2, 3, 4, 5, 6, 7, 8, 9], Direction.UP, id="up"),
        pytest.param([9, 8, 7, 6, 5, 4, 3, 2, 1], Direction.DOWN, id="down"),
        pytest.param([1, 9, 2, 8, 3, 7, 4, 6, 5], Direction.NONE, id="to-and-fro"),
        pytest.param([5] * 9, Direction.NONE, id="constant"),
        pytest.param([0] * 14 + [1] * 5, Direction.NONE, id="sure-but-too-seldom-for-a-slope"),
    ],
)
def test_a_direction_is_a_slope_that_is_sure(values: list[float], direction: Direction) -> None:
    assert one(values).direction is direction


def test_the_level_decides_what_is_sure() -> None:
    found = trends(np.arange(9.0), np.array([[1, 2, 4, 3, 6, 5, 7, 9, 8.0]]))

    assert found.of(0).direction is Direction.UP
    assert found.of(0, level=1e-6).direction is Direction.NONE


def test_many_models_make_each_less_sure() -> None:
    rising = np.arange(9.0)
    noise = np.random.default_rng(2).normal(size=(99, 9))

    alone = trends(rising, rising[None]).of(0)
    among = trends(rising, np.vstack([rising, noise])).of(0)

    assert among.p_value == alone.p_value == alone.q_value
    assert (alone.q_value or 0) < (among.q_value or 0)


def test_a_constant_has_no_trend_and_no_tau() -> None:
    assert one([7] * 10, WEEK) == Trend(
        points=10,
        first_day=0,
        last_day=63,
        slope_per_day=0,
        slope_lower=0,
        slope_upper=0,
        score=0,
        variance=0,
        inflation=1,
        kendall_tau=None,
        z=0,
        p_value=1,
        q_value=1,
        direction=Direction.NONE,
    )


@pytest.mark.parametrize(
    ("values", "points", "first", "last"),
    [
        pytest.param([NAN] * 10, 0, None, None, id="never-there"),
        pytest.param([NAN] * 9 + [1], 1, 63, 63, id="only-now"),
        pytest.param([NAN, 1, 2, 3, NAN, 4, 5, 6, 7, NAN], 7, 7, 56, id="one-too-few"),
    ],
)
def test_too_few_values_have_no_numbers(
    values: list[float], points: int, first: float | None, last: float | None
) -> None:
    found = one(values, WEEK)

    assert found.insufficient_data
    assert found == Trend(points, first, last, *[None] * 11)


@pytest.mark.parametrize(
    "shape",
    [
        pytest.param((0, 0), id="nothing"),
        pytest.param((0, 9), id="no-models"),
        pytest.param((3, 0), id="no-editions"),
        pytest.param((3, 1), id="one-edition"),
    ],
)
def test_a_board_without_history_has_no_trends(shape: tuple[int, int]) -> None:
    found = trends(np.arange(shape[1], dtype=np.float64), np.ones(shape))

    assert [len(column) for column in found] == [shape[0]] * len(Trends._fields)
    assert all(found.of(row).insufficient_data for row in range(shape[0]))


whole = arrays(np.float64, (3, 12), elements=st.integers(-40, 40).map(float))


@given(whole, st.integers(-1000, 1000))
def test_a_constant_more_changes_nothing(values: Floats, constant: int) -> None:
    days = np.arange(12.0)

    for column, other in zip(trends(days, values), trends(days, values + constant), strict=True):
        np.testing.assert_array_equal(column, other)


@given(whole)
def test_upside_down_all_is_the_same_but_for_the_sign(values: Floats) -> None:
    days = np.arange(12.0)
    upright, turned = trends(days, values), trends(days, -values)

    np.testing.assert_array_equal(turned.slope_per_day, -upright.slope_per_day)
    np.testing.assert_array_equal(turned.score, -upright.score)
    np.testing.assert_allclose(turned.p_value, upright.p_value)


@given(whole)
def test_what_is_likely_is_between_never_and_always(values: Floats) -> None:
    found = trends(np.arange(12.0), values)

    for chance in (found.p_value, found.q_value):
        assert ((chance >= 0) & (chance <= 1)).all()
    assert (found.q_value >= found.p_value).all()
    assert (found.slope_lower <= found.slope_per_day).all()
    assert (found.slope_per_day <= found.slope_upper).all()


def test_who_hangs_on_to_the_past_is_less_sure() -> None:
    random = np.random.default_rng(3)
    values = np.zeros((200, 60))
    for day in range(1, 60):
        values[:, day] = 0.7 * values[:, day - 1] + random.normal(size=200)

    found = trends(np.arange(60.0), values)

    uncorrected = [
        2 * NormalDist().cdf(-abs(z) * inflation**0.5)
        for z, inflation in zip(found.z.tolist(), found.inflation.tolist(), strict=True)
    ]
    assert (found.p_value >= np.array(uncorrected) - 1e-12).all()
    assert np.mean(found.p_value < 0.05) < 0.7 * np.mean(np.array(uncorrected) < 0.05)


def test_what_moved_all_is_taken_from_all() -> None:
    values = np.array([[10, 73, 74, 70], [NAN, 80, 80, 76.0]])

    net = net_of(values, [63.0, None, -4.0])

    np.testing.assert_array_equal(net, [[10, 10, 11, 11], [NAN, 17, 17, 17]])


def test_of_one_edition_nothing_is_taken() -> None:
    np.testing.assert_array_equal(net_of(np.ones((2, 1)), []), np.ones((2, 1)))


def test_of_no_edition_nothing_is_taken() -> None:
    assert net_of(np.ones((2, 0)), []).shape == (2, 0)
