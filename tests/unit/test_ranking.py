"""Places from scores: the "1224" ranks against an obvious count."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.ranking import competition_ranks
from app.domain.standings import percentile

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
