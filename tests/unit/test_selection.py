"""Which entries are wanted."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.selection import ranks_within, select
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
    chosen = select([BIG, SMALL, NOBODYS], selection)

    assert [one.standing.model.slug for one in chosen] == expected


def test_without_a_question_there_is_no_filtered_rank() -> None:
    assert [one.filtered_rank for one in select([BIG, SMALL], Selection())] == [None, None]


def test_a_filter_ranks_the_selected_among_themselves() -> None:
    chosen = select([BIG, SMALL, NOBODYS], Selection(official=True))

    assert [(one.standing.rank, one.filtered_rank) for one in chosen] == [(1, 1), (3, 2)]


@given(st.lists(st.integers(1, 9)))
def test_ranks_within_are_competition_ranks(ranks: list[int]) -> None:
    ranks.sort()

    assert ranks_within(ranks) == [1 + sum(other < rank for other in ranks) for rank in ranks]
