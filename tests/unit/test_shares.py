"""Parts of the top N."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.presence import strength
from app.analytics.shares import (
    effective_number,
    entry_shares,
    herfindahl,
    maker_of,
    top,
    weighted_shares,
)
from tests.values import place


def test_ties_may_make_the_top_n_more_than_n() -> None:
    places = [place(1), place(2), place(2), place(4)]

    assert [p.rank for p in top(places, 2)] == [1, 2, 2]


def test_the_top_n_is_taken_among_the_selected() -> None:
    places = [place(3, among=1), place(7, among=2), place(9, among=3)]

    assert [p.rank for p in top(places, 2)] == [3, 7]


def test_unknown_makers_are_a_group_too() -> None:
    assert entry_shares([maker_of(place(1, "a")), maker_of(place(2))]) == {"a": 0.5, None: 0.5}


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        pytest.param([("a", 1), ("b", 2)], {"a": 2 / 3, "b": 1 / 3}, id="first-weighs-double"),
        pytest.param([("a", 1), ("b", 1)], {"a": 0.5, "b": 0.5}, id="tie"),
        pytest.param([("a", 1), ("a", 2)], {"a": 1.0}, id="alone"),
        pytest.param([], {}, id="nobody"),
    ],
)
def test_an_entry_weighs_the_inverse_of_its_rank(
    members: list[tuple[str, int]], expected: dict[str, float]
) -> None:
    assert weighted_shares(members) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("shares", "index", "number"),
    [
        pytest.param({"a": 1.0}, 1.0, 1.0, id="monopoly"),
        pytest.param({"a": 0.5, "b": 0.5}, 0.5, 2.0, id="two-equals"),
        pytest.param({}, None, None, id="nobody"),
    ],
)
def test_concentration(shares: dict[str, float], index: float | None, number: float | None) -> None:
    assert (herfindahl(shares), effective_number(shares)) == (index, number)


members = st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 50)), min_size=1)


@given(members)
def test_shares_sum_to_one(groups: list[tuple[str, int]]) -> None:
    assert sum(weighted_shares(groups).values()) == pytest.approx(1)
    assert sum(entry_shares([group for group, _ in groups]).values()) == pytest.approx(1)


def test_an_organization_is_as_strong_as_its_part_of_the_top() -> None:
    places = [place(1, "a"), place(2, "b"), place(3, "a"), place(40, "a", among=30)]

    found = strength(places, "a", 3)

    assert (found.best, found.entries, found.entries_in_top_n) == (places[0], 3, 2)
    assert found.entry_share == pytest.approx(2 / 3)
    assert found.weighted_share == pytest.approx((1 + 1 / 3) / (1 + 1 / 2 + 1 / 3))


def test_who_is_not_in_the_top_has_no_part_of_it() -> None:
    assert strength([place(1, "b")], "a", 10) == (None, 0, 0, 0.0, 0.0)


def test_of_nothing_there_is_no_part() -> None:
    assert strength([], "a", 10) == (None, 0, 0, None, None)
