"""Records, and lags between frontiers."""

from datetime import date, timedelta
from operator import ge, gt, le, lt
from statistics import median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import CensoredData, ecdf

from app.analytics.frontiers import Best, Lag, Record, Wait, kaplan_meier_median, lag, records

Scores = list[tuple[int, float]]


def day(number: int) -> date:
    return date(2024, 1, 1) + timedelta(days=number)


def frontier(scores: Scores, *, higher_is_better: bool = True) -> list[Record]:
    """Records of a group, from its best scores by day; its models are numbered by days."""
    bests = [Best(day(number), number, score) for number, score in scores]
    return records(bests, higher_is_better=higher_is_better)


def lagging(leader: Scores, follower: Scores, as_of: int) -> Lag:
    return lag(frontier(leader), frontier(follower), as_of=day(as_of), higher_is_better=True)


def test_a_record_beats_all_before_it() -> None:
    found = frontier([(0, 50.0), (10, 48.0), (20, 53.0), (50, 53.5)])

    assert found == [
        Record(0, 50.0, day(0), None, None),
        Record(20, 53.0, day(20), 3.0, 20),
        Record(50, 53.5, day(50), 0.5, 30),
    ]


def test_to_equal_a_record_is_none() -> None:
    assert [record.model for record in frontier([(0, 50.0), (10, 50.0)])] == [0]


def test_a_low_score_can_be_a_record() -> None:
    found = frontier([(0, 5.0), (10, 6.0), (20, 3.0)], higher_is_better=False)

    assert found[1:] == [Record(20, 3.0, day(20), 2.0, 20)]


def test_without_editions_there_is_no_record() -> None:
    assert frontier([]) == []


scores_by_day = st.dictionaries(st.integers(0, 40), st.integers(0, 12).map(float), max_size=12).map(
    lambda scores: sorted(scores.items())
)


@given(scores=scores_by_day, higher_is_better=st.booleans())
def test_records_are_what_looking_back_each_time_gives(
    scores: Scores, *, higher_is_better: bool
) -> None:
    beats = gt if higher_is_better else lt

    expected = [
        (number, score)
        for place, (number, score) in enumerate(scores)
        if all(beats(score, earlier) for _, earlier in scores[:place])
    ]

    found = frontier(scores, higher_is_better=higher_is_better)
    assert [(record.model, record.score) for record in found] == expected
    assert sum(record.margin or 0 for record in found) == pytest.approx(
        abs(found[-1].score - found[0].score) if found else 0
    )


def test_every_level_has_its_wait() -> None:
    found = lagging([(0, 50.0), (10, 60.0), (20, 70.0)], [(5, 40.0), (30, 60.0)], as_of=100)

    assert [(wait.reached, wait.days, wait.open) for wait in found.waits] == [
        (day(30), 30, False),
        (day(30), 20, False),
        (None, 80, True),
    ]


def test_a_wait_is_negative_where_the_other_was_first() -> None:
    found = lagging([(30, 50.0)], [(10, 55.0)], as_of=100)

    assert found.waits == [Wait(frontier([(30, 50.0)])[0], day(10), -20)]


def test_open_waits_count_for_as_long_as_they_have_lasted() -> None:
    leader: Scores = [(0, 10.0), (10, 20.0), (20, 30.0), (30, 40.0), (40, 50.0)]
    follower: Scores = [(5, 10.0), (25, 20.0), (80, 30.0)]

    found = lagging(leader, follower, as_of=100)

    assert [wait.days for wait in found.waits] == [5, 15, 60, 70, 60]
    assert found.median_days == 15
    assert found.kaplan_meier_days == 60


@pytest.mark.parametrize(
    ("leader", "follower", "trailing", "leading"),
    [
        pytest.param([(0, 50.0), (10, 60.0)], [(30, 55.0)], 90, None, id="trails"),
        pytest.param([(30, 55.0)], [(0, 50.0), (10, 60.0)], None, 90, id="leads"),
        pytest.param([(0, 50.0)], [(30, 50.0)], 0, 0, id="level"),
        pytest.param([], [(30, 50.0)], None, None, id="no-leader"),
        pytest.param([(0, 50.0)], [], None, None, id="no-follower"),
    ],
)
def test_the_lag_of_today(
    leader: Scores, follower: Scores, trailing: int | None, leading: int | None
) -> None:
    found = lagging(leader, follower, as_of=100)

    assert (found.trailing_days, found.leading_days) == (trailing, leading)


def test_without_waits_there_is_no_median() -> None:
    assert lagging([], [(0, 50.0)], as_of=9) == Lag([], None, None, None, None)


def test_a_follower_that_has_reached_nothing_has_open_waits_only() -> None:
    found = lagging([(0, 50.0)], [(0, 40.0)], as_of=9)

    assert (found.median_days, found.kaplan_meier_days) == (None, None)
    assert (found.trailing_days, found.leading_days) == (9, None)


@given(leader=scores_by_day, follower=scores_by_day, higher_is_better=st.booleans())
def test_a_lag_is_what_going_through_the_days_gives(
    leader: Scores, follower: Scores, *, higher_is_better: bool
) -> None:
    as_of = 50
    found = lag(
        frontier(leader, higher_is_better=higher_is_better),
        frontier(follower, higher_is_better=higher_is_better),
        as_of=day(as_of),
        higher_is_better=higher_is_better,
    )

    def reached(scores: Scores, level: float) -> int | None:
        there = ge if higher_is_better else le
        return next((number for number, score in scores if there(score, level)), None)

    levels = frontier(leader, higher_is_better=higher_is_better)
    arrivals = [reached(follower, level.score) for level in levels]
    days = [
        (as_of if arrival is None else arrival) - level.model
        for level, arrival in zip(levels, arrivals, strict=True)
    ]
    closed = [d for d, arrival in zip(days, arrivals, strict=True) if arrival is not None]
    assert [wait.days for wait in found.waits] == days
    assert [wait.open for wait in found.waits] == [arrival is None for arrival in arrivals]
    assert found.median_days == (median(closed) if closed else None)
    best = max if higher_is_better else min
    if leader and follower:
        ours, theirs = best(s for _, s in leader), best(s for _, s in follower)
        ago = [reached(leader, theirs), reached(follower, ours)]
        level_now = (0, 0) if ours == theirs else tuple(a if a is None else as_of - a for a in ago)
        assert (found.trailing_days, found.leading_days) == level_now


@pytest.mark.parametrize(
    ("durations", "expected"),
    [
        pytest.param([], None, id="nothing"),
        pytest.param([(5, True)], 5, id="one"),
        pytest.param([(5, False)], None, id="one-open"),
        pytest.param([(1, True), (2, True), (3, True)], 2, id="all-ended"),
        pytest.param([(1, True), (2, True), (3, True), (4, True)], 2, id="the-lower-middle"),
        pytest.param([(1, True), (2, False), (3, False)], None, id="most-last"),
        pytest.param([(1, False), (2, True), (3, True)], 2, id="censored-early"),
        pytest.param([(2, True), (2, False), (2, True)], 2, id="censored-at-a-tie"),
        pytest.param([(-4, True), (3, True)], -4, id="negative"),
    ],
)
def test_the_median_survives_censoring(
    durations: list[tuple[int, bool]], expected: int | None
) -> None:
    assert kaplan_meier_median(durations) == expected


@given(st.lists(st.tuples(st.integers(-10, 20), st.booleans()), min_size=1, max_size=12))
def test_the_median_is_scipys(durations: list[tuple[int, bool]]) -> None:
    survival = ecdf(
        CensoredData(
            uncensored=[days for days, ended in durations if ended],
            right=[days for days, ended in durations if not ended],
        )
    ).sf

    half = np.flatnonzero(survival.probabilities <= 0.5 + 1e-9)

    expected = int(survival.quantiles[half[0]]) if half.size else None
    assert kaplan_meier_median(durations) == expected
