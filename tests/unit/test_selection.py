"""Which entries are wanted."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.selection import ranks_within
from app.domain.selection import Selection
from tests.values import organization, standing

BIG = standing("big", rank=1, maker=organization("acme", country="US"), parameters_b=70.0)
SMALL = standing(
    "small",
    rank=2,
    maker=organization("alibaba", country="CN"),
    official=False,
    open_weights=True,
    parameters_b=7.0,
)
NOBODYS = standing("nobodys", rank=3, open_weights=False)


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        pytest.param(Selection(), ["big", "small", "nobodys"], id="all"),
        pytest.param(Selection(organization="acme"), ["big"], id="organization"),
        pytest.param(Selection(country="CN"), ["small"], id="country"),
        pytest.param(Selection(official=True), ["big", "nobodys"], id="official"),
        pytest.param(Selection(official=False), ["small"], id="community"),
        pytest.param(Selection(open_weights=True), ["small"], id="open"),
        pytest.param(Selection(open_weights=False), ["nobodys"], id="closed"),
        pytest.param(Selection(max_parameters=7.0), ["small"], id="at-most-so-large"),
        pytest.param(Selection(country="US", official=False), [], id="both"),
    ],
)
def test_what_is_unknown_is_not_selected(selection: Selection, expected: Sequence[str]) -> None:
    chosen = [one.model.slug for one in (BIG, SMALL, NOBODYS) if selection.selects(one)]

    assert chosen == expected


@given(st.lists(st.integers(1, 9)))
def test_ranks_within_are_competition_ranks(ranks: list[int]) -> None:
    ranks.sort()

    assert ranks_within(ranks) == [1 + sum(other < rank for other in ranks) for rank in ranks]


def test_whoever_is_ahead_of_the_selected_counts_for_nothing() -> None:
    assert ranks_within([1, 3, 3, 9]) == [1, 2, 2, 4]
