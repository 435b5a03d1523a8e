"""Who stood first when, by how much, and who could not be told from the leader."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.reigns import Contender, Scores, Summit, holders_in_turn, reigns, summit

DAY = date(2024, 7, 1)


def scores(
    groups: Sequence[int],
    points: Sequence[float],
    bounds: Sequence[tuple[float, float]] | None = None,
) -> Scores:
    """Entries best first, given what they have; ranks follow."""
    missing = [(np.nan, np.nan)] * len(points)
    lower, upper = np.array(bounds or missing, np.float64).reshape(-1, 2).T
    return Scores(
        np.array(groups, np.int32),
        np.array([1 + sum(p > q for p in points) for q in points], np.int32),
        np.array(points, np.float64),
        lower,
        upper,
    )


def peak(day: int, *holders: int, margin: float | None = 1.0, others: Sequence[int] = ()) -> Summit:
    contenders = frozenset(holders) | frozenset(others)
    return Summit(DAY + timedelta(days=day), holders, margin, bool(others), contenders)


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        pytest.param(scores([3, 1], [9.5, 9.2]), ((3,), 0.3, {3}), id="one"),
        pytest.param(scores([3, 3, 1], [9, 8, 5]), ((3,), 4, {3}), id="ahead-of-anyone-else"),
        pytest.param(scores([3, 1, 2], [9, 9, 5]), ((1, 3), 0, {1, 3}), id="shared"),
        pytest.param(scores([3, 3, 2], [9, 9, 5]), ((3,), 4, {3}), id="shared-with-itself"),
        pytest.param(scores([3], [9]), ((3,), None, {3}), id="alone"),
        pytest.param(scores([], []), ((), None, set()), id="nobody"),
        pytest.param(
            scores([1, 2, 3], [9, 8, 7], [(8, 10), (7.5, 8.5), (6.5, 7.5)]),
            ((1,), 1, {1, 2}),
            id="some-cannot-be-told-from-it",
        ),
        pytest.param(
            scores([1, 2, 3], [9, 8, 7], [(6, 12), (7.8, 8.2), (6.5, 7.5)]),
            ((1,), 1, {1, 2}),
            id="but-from-somebody-else",
        ),
        pytest.param(
            scores([1, 2, 3], [9, 8, 7], [(8, 10), (np.nan, np.nan), (7, 8)]),
            ((1,), 1, {1, 3}),
            id="without-interval-nobody-knows",
        ),
        pytest.param(
            scores([1, 2, 3], [9, 8.5, 7], [(8, 10), (np.nan, np.nan), (7, 8.2)]),
            ((1,), 0.5, {1}),
            id="a-score-without-interval-is-ahead",
        ),
    ],
)
def test_a_summit_is_held_by_who_scores_best(
    entries: Scores, expected: tuple[tuple[int, ...], float | None, set[int]]
) -> None:
    found = summit(DAY, entries, higher_is_better=True)

    measured = bool(len(entries.lower)) and not np.isnan(entries.lower).all()
    assert found == Summit(DAY, expected[0], expected[1], measured, frozenset(expected[2]))


@pytest.mark.parametrize("sign", [1, -1])
def test_a_leader_without_interval_has_no_co_leaders(sign: int) -> None:
    bounds = [(np.nan, np.nan), (7, 10), (6.5, 9.5)]
    ranked = scores([1, 2, 3], [9, 8, 7], bounds)
    if sign < 0:
        ranked = ranked._replace(score=-ranked.score, lower=-ranked.upper, upper=-ranked.lower)

    found = summit(DAY, ranked, higher_is_better=sign > 0)
    [reign] = reigns([found])

    assert found == Summit(DAY, (1,), 1, False, frozenset({1}))  # noqa: FBT003 - not measured
    assert (reign.measured, reign.co_leaders) == (0, None)


def test_where_one_that_shares_the_lead_has_no_interval_only_they_are_told() -> None:
    shared = scores([1, 2, 3], [9, 9, 8], [(8, 10), (np.nan, np.nan), (7, 9.5)])

    found = summit(DAY, shared, higher_is_better=True)

    assert found == Summit(DAY, (1, 2), 0, False, frozenset({1, 2}))  # noqa: FBT003 - as above


def test_where_less_is_better_bounds_are_the_other_way_round() -> None:
    ranked = scores([1, 2, 3], [-1, -2, -3], [(0.5, 1.8), (1.7, 2.2), (2.5, 3.5)])
    entries = ranked._replace(score=-ranked.score)

    found = summit(DAY, entries, higher_is_better=False)

    assert found == Summit(DAY, (1,), 1, True, frozenset({1, 2}))  # noqa: FBT003 - as it says


def test_a_reign_ends_on_the_date_of_the_edition_that_ended_it() -> None:
    first, second = reigns([peak(0, 1, margin=3), peak(5, 1, margin=2), peak(9, 2, margin=7)])

    assert (first.group, first.start, first.end) == (1, DAY, DAY + timedelta(days=9))
    assert (first.first, first.editions, first.last_edition) == (0, 2, DAY + timedelta(days=5))
    assert (first.margin_at_start, first.margin_at_end) == (3, 2)
    assert first.days(DAY + timedelta(days=100)) == 9
    assert (second.group, second.first, second.end) == (2, 2, None)
    assert second.days(DAY + timedelta(days=19)) == 10
    assert second.days(DAY) == 0


@pytest.mark.parametrize(("ended", "end"), [(None, None), (30, 30), (7, 9)])
def test_the_last_reign_ends_with_its_era(ended: int | None, end: int | None) -> None:
    era_end = None if ended is None else DAY + timedelta(days=ended)

    first, second = reigns([peak(0, 1), peak(5, 2), peak(9, 2)], ended=era_end)

    assert first.end == DAY + timedelta(days=5)
    assert second.end == (None if end is None else DAY + timedelta(days=end))


def test_a_reign_that_ended_before_its_era_stays_so() -> None:
    [reign] = reigns([peak(0, 1), peak(5)], ended=DAY + timedelta(days=30))

    assert reign.end == DAY + timedelta(days=5)
    assert reigns([], ended=DAY) == []


def test_who_leads_keeps_the_lead_while_it_is_shared() -> None:
    found = reigns([peak(0, 2), peak(1, 1, 2), peak(2, 1), peak(3, 1, 2)])

    assert [(one.group, one.editions) for one in found] == [(2, 2), (1, 2)]


def test_where_nobody_counts_nobody_leads() -> None:
    found = reigns([peak(0), peak(1, 1), peak(2), peak(3, 1)])

    assert [(one.start, one.end) for one in found] == [
        (DAY + timedelta(days=1), DAY + timedelta(days=2)),
        (DAY + timedelta(days=3), None),
    ]
    assert [one.first for one in found] == [1, 3]
    assert reigns([]) == []


def test_co_leaders_are_told_by_how_often_they_were() -> None:
    [one] = reigns([peak(0, 1, others=[5, 7]), peak(1, 1, others=[7]), peak(2, 1, 9, others=[5])])

    assert one.co_leaders == [Contender(5, 2), Contender(7, 2), Contender(9, 1)]
    assert one.measured == 3


def test_without_any_interval_nobody_knows_of_co_leaders() -> None:
    [unknown] = reigns([peak(0, 1), peak(1, 1)])
    [shared] = reigns([peak(0, 1), peak(1, 1, 2)])
    [alone] = reigns([peak(0, 1), peak(1, 1, others=[1])])

    assert (unknown.co_leaders, unknown.measured) == (None, 0)
    assert shared.co_leaders == [Contender(2, 1)]
    assert (alone.co_leaders, alone.measured) == ([], 1)


@given(st.lists(st.sets(st.integers(0, 3), max_size=3), max_size=12))
def test_reigns_are_those_of_a_walk_from_edition_to_edition(shared: list[set[int]]) -> None:
    walked: list[list[int]] = []
    holder: int | None = None
    for number, holders in enumerate(shared):
        before, holder = holder, holder if holder in holders else min(holders, default=None)
        if holder is not None and holder == before:
            walked[-1].append(number)
        elif holder is not None:
            walked.append([number])

    found = reigns([peak(day, *sorted(holders)) for day, holders in enumerate(shared)])

    assert [list(range(one.first, one.first + one.editions)) for one in found] == walked
    assert len(list(holders_in_turn(sorted(one) for one in shared))) == len(shared)
