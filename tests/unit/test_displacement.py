"""What of a rank change is the model's own, and what others did."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.displacement import Scores, displacement

Edition = dict[int, float]
Parts = dict[int, tuple[int, int, int, int]]


def columns(edition: Edition) -> Scores:
    return Scores(np.array(list(edition), np.int64), np.array(list(edition.values()), np.float64))


def split(before: Edition, after: Edition, pool_shift: float = 0.0) -> Parts:
    """Own, others, newcomers, leavers by model."""
    found = displacement(columns(before), columns(after), pool_shift=pool_shift)
    parts = zip(found.own, found.others, found.newcomers, found.leavers, strict=True)
    return {
        int(model): (int(own), int(others), int(came), int(left))
        for model, (own, others, came, left) in zip(found.model, parts, strict=True)
    }


def counted(before: Edition, after: Edition, pool_shift: float) -> Parts:
    """The same by comparing everyone with everyone."""
    stayers = [model for model in sorted(before) if model in after]
    parts: Parts = {}
    for one in stayers:
        others = [model for model in stayers if model != one]
        net = after[one] - pool_shift
        old_above = sum(before[other] > before[one] for other in others)
        net_above = sum(before[other] > net for other in others)
        new_above = sum(after[other] > after[one] for other in others)
        came = sum(after[m] > after[one] for m in after if m not in before)
        left = sum(before[m] > before[one] for m in before if m not in after)
        parts[one] = (old_above - net_above, net_above - new_above, -came, left)
    return parts


def rank(edition: Edition, model: int) -> int:
    return 1 + sum(score > edition[model] for score in edition.values())


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param({1: 9, 2: 8}, {1: 9, 2: 8}, (0, 0, 0, 0), id="nothing-happened"),
        pytest.param({1: 7, 2: 8}, {1: 9, 2: 8}, (1, 0, 0, 0), id="it-rose"),
        pytest.param({1: 7, 2: 8}, {1: 7, 2: 6}, (0, 1, 0, 0), id="the-other-fell"),
        pytest.param({1: 7}, {1: 7, 2: 8, 3: 6}, (0, 0, -1, 0), id="one-came-above"),
        pytest.param({1: 7, 2: 8, 3: 6}, {1: 7}, (0, 0, 0, 1), id="one-above-left"),
        pytest.param({1: 7, 2: 8}, {1: 9, 2: 10}, (1, -1, 0, 0), id="both-rose"),
        pytest.param({1: 8, 2: 7}, {1: 7, 2: 7}, (0, 0, 0, 0), id="down-to-a-tie"),
        pytest.param({1: 7, 2: 8, 3: 9}, {1: 8, 3: 9, 4: 10}, (0, 0, -1, 1), id="one-for-another"),
    ],
)
def test_a_change_has_causes(
    before: Edition, after: Edition, expected: tuple[int, int, int, int]
) -> None:
    assert split(before, after)[1] == expected


def test_a_model_that_moved_with_the_pool_has_no_part_of_its_own() -> None:
    before, after = {1: 7.0, 2: 8.0, 3: 8.5}, {1: 9.0, 2: 10.0, 3: 10.5}

    assert split(before, after)[1] == (2, -2, 0, 0)
    assert split(before, after, pool_shift=2.0)[1] == (0, 0, 0, 0)


def test_rounding_does_not_break_a_tie() -> None:
    before, after = {1: 8.1, 2: 8.1}, {1: 8.1 + 2.3, 2: 8.1 + 2.3}

    assert (8.1 + 2.3) - 2.3 < 8.1
    assert split(before, after, pool_shift=2.3)[1] == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({}, {}, id="empty"),
        pytest.param({1: 5}, {}, id="all-left"),
        pytest.param({1: 5}, {2: 5}, id="nobody-stayed"),
    ],
)
def test_without_stayers_there_is_nothing_to_split(before: Edition, after: Edition) -> None:
    assert split(before, after) == {}


editions = st.dictionaries(st.integers(0, 15), st.integers(0, 9).map(float), max_size=14)


@given(editions, editions, st.integers(-3, 3))
def test_sorting_gives_what_counting_does(before: Edition, after: Edition, pool_shift: int) -> None:
    assert split(before, after, pool_shift) == counted(before, after, pool_shift)


@given(editions, editions, st.floats(-5, 5))
def test_the_parts_add_up_to_the_change(before: Edition, after: Edition, pool_shift: float) -> None:
    parts = split(before, after, pool_shift)

    assert parts.keys() == before.keys() & after.keys()
    assert {model: sum(four) for model, four in parts.items()} == {
        model: rank(before, model) - rank(after, model) for model in parts
    }
    assert all(came <= 0 <= left for _own, _others, came, left in parts.values())
