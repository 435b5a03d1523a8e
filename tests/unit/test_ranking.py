"""Places from scores: the "1224" ranks against an obvious count."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.ranking import competition_ranks
from app.domain.standings import difference, differences, percentile, percentiles

SCORES = st.one_of(
    st.integers(min_value=-3, max_value=3).map(float),
    st.floats(allow_nan=False, allow_infinity=False),
)


@pytest.mark.parametrize(
    ("scores", "rank", "tied"),
    [
        pytest.param([], [], [], id="nobody"),
        pytest.param([7.0], [1], [0], id="alone"),
        pytest.param([3.0, 2.0, 1.0], [1, 2, 3], [0, 0, 0], id="all-apart"),
        pytest.param([9.0, 8.0, 8.0, 7.0], [1, 2, 2, 4], [0, 1, 1, 0], id="1224"),
        pytest.param([5.0, 5.0, 5.0], [1, 1, 1], [2, 2, 2], id="all-tied"),
        pytest.param([1.0, 1.5, 1.5], [1, 2, 2], [0, 1, 1], id="lower-is-better"),
        pytest.param([0.0, -0.0, -1.0], [1, 1, 3], [1, 1, 0], id="zero-has-no-sign"),
    ],
)
def test_equal_scores_share_the_better_place(
    scores: list[float], rank: list[int], tied: list[int]
) -> None:
    ranks = competition_ranks(np.array(scores, dtype=np.float64))

    assert ranks.rank.tolist() == rank
    assert ranks.tied.tolist() == tied
    assert ranks.rank.dtype == ranks.tied.dtype == np.int32


@given(st.lists(SCORES), st.booleans())
def test_a_rank_is_one_more_than_the_number_of_better_scores(
    scores: list[float],
    lower_is_better: bool,  # noqa: FBT001 - a drawn value
) -> None:
    ordered = sorted(scores, reverse=not lower_is_better)

    ranks = competition_ranks(np.array(ordered, dtype=np.float64))

    sign = -1 if lower_is_better else 1
    assert ranks.rank.tolist() == [1 + sum(sign * o > sign * s for o in ordered) for s in ordered]
    assert ranks.tied.tolist() == [ordered.count(s) - 1 for s in ordered]


@pytest.mark.parametrize(
    ("rank", "tied", "entries_total", "expected"),
    [
        pytest.param(1, 0, 5, 1.0, id="best"),
        pytest.param(5, 0, 5, 0.0, id="last"),
        pytest.param(3, 0, 5, 0.5, id="middle"),
        pytest.param(2, 1, 5, 0.625, id="half-of-a-tie-counts"),
        pytest.param(1, 4, 5, 0.5, id="all-tied"),
        pytest.param(1, 0, 1, None, id="nobody-to-compare-with"),
    ],
)
def test_percentile_is_the_part_of_the_others_below(
    rank: int, tied: int, entries_total: int, expected: float | None
) -> None:
    assert percentile(rank, tied, entries_total) == expected


@given(st.lists(SCORES, min_size=2, max_size=30))
def test_percentiles_of_a_board_are_balanced_around_the_middle(scores: list[float]) -> None:
    ranks = competition_ranks(np.array(sorted(scores, reverse=True), dtype=np.float64))

    shares = [
        percentile(rank, tied, len(scores)) or 0.0
        for rank, tied in zip(ranks.rank.tolist(), ranks.tied.tolist(), strict=True)
    ]

    assert min(shares) >= 0
    assert max(shares) <= 1
    assert sum(shares) / len(shares) == pytest.approx(0.5)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=9), st.integers(1, 9))
def test_percentiles_of_a_column_are_those_of_each(tied: list[int], entries_total: int) -> None:
    rank = np.arange(1, len(tied) + 1, dtype=np.int32)
    totals = np.full(len(tied), entries_total, np.int32)

    one_by_one = [
        percentile(*pair, entries_total) for pair in zip(rank.tolist(), tied, strict=True)
    ]

    for total in (entries_total, totals):
        found = percentiles(rank, np.array(tied, np.int32), total).tolist()
        assert [None if math.isnan(one) else one for one in found] == one_by_one


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(42.49, 36.18, id="as-printed"),
        pytest.param(1.0000000005, 1.0, id="as-good-as-a-half"),
        pytest.param(2.5e-9, 0.0, id="a-half"),
        pytest.param(1e12, 0.1, id="so-large-that-nothing-is-left-to-round"),
        pytest.param(1e300, 1.0, id="so-large-that-it-cannot-be-scaled"),
        pytest.param(1e308, -1e308, id="no-number-any-more"),
        pytest.param(1.0, 1.0, id="none"),
    ],
)
def test_a_difference_of_columns_is_rounded_as_that_of_two(one: float, other: float) -> None:
    found = differences(np.array([one, other]), np.array([other, one])).tolist()

    assert found == [difference(one, other), difference(other, one)]


figures = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12),
    st.decimals(-2000, 2000, places=2).map(float),
    st.integers(-(10**12), 10**12).map(lambda halves: halves / 2e9),  # ends in half of the last
)


@given(st.lists(st.tuples(figures, figures), max_size=20))
def test_differences_of_columns_are_those_of_each(pairs: list[tuple[float, float]]) -> None:
    ones, others = np.array(pairs, np.float64).reshape(-1, 2).T

    assert differences(ones, others).tolist() == [difference(*pair) for pair in pairs]
    assert np.isnan(differences(ones, others * np.nan)).all()
