"""What groups have of an edition: shares, and how concentrated it is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.groups import Concentration, Division, Holding
from app.domain.groups import NOBODY, UNKNOWN, Lines

A, B, C = 0, 1, 2


def lines(*entries: tuple[int, int], ranks: list[int] | None = None) -> Lines:
    """Entries as (group, rank among those that count); `ranks` are those on the whole board."""
    groups, within = zip(*entries, strict=True)
    return Lines(
        np.array(groups, np.int32),
        np.array(ranks or within, np.int32),
        np.array(within, np.int32),
    )


def test_a_group_is_as_strong_as_its_part_of_the_top() -> None:
    found = Division(lines((A, 1), (B, 2), (A, 3), (A, 30), ranks=[1, 2, 3, 40]), 3).holding(A)

    assert (found.best, found.best_rank, found.best_filtered_rank) == (0, 1, 1)
    assert (found.entries, found.entries_in_top_n) == (3, 2)
    assert found.entry_share == pytest.approx(2 / 3)
    assert found.weighted_share == pytest.approx((1 + 1 / 3) / (1 + 1 / 2 + 1 / 3))


def test_ties_may_make_the_top_n_more_than_n() -> None:
    division = Division(lines((A, 1), (B, 2), (C, 2), (A, 4)), 2)

    assert division.concentration().entries_in_top_n == 3
    assert division.holding(A).entry_share == pytest.approx(1 / 3)
    assert division.holding(B).weighted_share == pytest.approx(0.25)


def test_the_top_n_is_taken_among_those_that_count() -> None:
    division = Division(lines((A, 1), (B, 2), (A, 3), ranks=[3, 7, 9]), 2)

    assert [h.entries_in_top_n for h in division.holdings()] == [1, 1]
    assert [h.best_rank for h in division.holdings()] == [3, 7]


def test_groups_stand_in_order_of_their_best_and_of_a_tie_by_number() -> None:
    division = Division(lines((C, 1), (B, 2), (A, 2), (C, 4), (UNKNOWN, 5)), 10)

    assert [h.group for h in division.holdings()] == [C, A, B]
    assert division.best_ranks() == [(A, 2), (B, 2), (C, 1)]


def test_entries_without_a_group_have_their_part_of_the_top() -> None:
    division = Division(lines((A, 1), (UNKNOWN, 2)), 10)

    assert division.holding(A).entry_share == 0.5
    assert division.concentration().unknown_share == 0.5
    assert division.concentration().unknown_weighted_share == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("groups", "hhi", "number"),
    [
        pytest.param([A, A], 1.0, 1.0, id="monopoly"),
        pytest.param([A, B], 0.5, 2.0, id="two-equals"),
        pytest.param([A, UNKNOWN, UNKNOWN, A], 6 / 16, 16 / 6, id="unknown-makers-are-not-one"),
        pytest.param([UNKNOWN], 1.0, 1.0, id="one-unknown-maker"),
    ],
)
def test_concentration(groups: list[int], hhi: float, number: float) -> None:
    table = lines(*((group, rank) for rank, group in enumerate(groups, start=1)))

    found = Division(table, 10).concentration()

    assert (found.hhi, found.effective_number) == pytest.approx((hhi, number))


def test_who_is_not_in_the_top_has_no_part_of_it() -> None:
    assert Division(lines((B, 1)), 10).holding(A) == Holding(A, None, None, None, 0, 0, 0.0, 0.0)


def test_of_nothing_there_is_no_part() -> None:
    division = Division(NOBODY, 10)

    assert division.holding(A) == Holding(A, None, None, None, 0, 0, None, None)
    assert division.holdings() == []
    assert division.concentration() == Concentration(0, None, None, None, None)


@st.composite
def tables(draw: st.DrawFn) -> Lines:
    """Editions with ties and unknown makers, ranks of either kind rising."""
    steps = draw(st.lists(st.booleans(), min_size=1, max_size=30))
    within = [1]
    for position, tied in enumerate(steps[1:], start=2):
        within.append(within[-1] if tied else position)
    groups = draw(st.lists(st.integers(UNKNOWN, 3), min_size=len(steps), max_size=len(steps)))
    return lines(*zip(groups, within, strict=True), ranks=[3 * rank for rank in within])


@given(tables(), st.integers(1, 40))
def test_shares_are_what_a_sum_by_hand_gives(table: Lines, top_n: int) -> None:
    top = [(g, r) for g, r in zip(*map(np.ndarray.tolist, table[::2]), strict=True) if r <= top_n]
    weight = sum(1 / rank for _, rank in top)
    division = Division(table, top_n)

    for held in division.holdings():
        own = [rank for group, rank in top if group == held.group]
        assert held.entries == table.group.tolist().count(held.group)
        assert held.entries_in_top_n == len(own)
        assert held.entry_share == pytest.approx(len(own) / len(top))
        assert held.weighted_share == pytest.approx(sum(1 / rank for rank in own) / weight)


@given(tables(), st.integers(1, 40))
def test_all_shares_add_to_one(table: Lines, top_n: int) -> None:
    division = Division(table, top_n)
    found = division.concentration()

    assert found.hhi is not None
    assert 0 < found.hhi <= 1
    assert sum(h.entry_share or 0 for h in division.holdings()) + (
        found.unknown_share or 0
    ) == pytest.approx(1)
    assert sum(h.weighted_share or 0 for h in division.holdings()) + (
        found.unknown_weighted_share or 0
    ) == pytest.approx(1)
