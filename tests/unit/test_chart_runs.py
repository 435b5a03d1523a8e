"""A model's run on a board."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.chart_runs import DEPTHS, FLAP, ChartRun, Depth, Place, Streak, chart_run

MONDAY = date(2024, 7, 1)


def day(number: int) -> date:
    """Days from a Monday, which is day 0."""
    return MONDAY + timedelta(days=number)


def run(ranks: dict[int, int | None], as_of: int) -> ChartRun:
    """A run from the rank in each edition, None where the model is missing."""
    places = {day(number): rank for number, rank in ranks.items() if rank is not None}
    found = chart_run([day(number) for number in ranks], places, as_of=day(as_of))
    assert found is not None
    return found


def streak(start: int, end: int | None, length: int) -> Streak:
    return Streak(length, day(start), None if end is None else day(end))


def test_a_run_has_a_debut_a_peak_and_a_last_place() -> None:
    found = run({0: None, 10: 5, 20: 2, 30: 4, 40: 2, 50: 3}, as_of=60)

    assert found.debut == Place(day(10), 5)
    assert found.peak == Place(day(20), 2)
    assert found.last == Place(day(50), 3)
    assert found.days_on_chart == 50


def test_what_lasts_ends_with_the_era_of_the_board() -> None:
    days = [day(0), day(10)]

    found = chart_run(days, dict.fromkeys(days, 1), as_of=day(100), ended=day(21))

    assert found is not None
    assert (found.days_on_chart, found.weeks_at_number_one, found.exit_date) == (21, 3, None)
    assert found.top[1] == Depth(21, None, streak(0, 21, 21))


def test_who_left_before_the_era_ended_stays_away() -> None:
    found = chart_run([day(0), day(10)], {day(0): 1}, as_of=day(100), ended=day(21))

    assert found is not None
    assert (found.days_on_chart, found.exit_date) == (10, day(10))


def test_who_never_stood_there_has_no_run() -> None:
    assert chart_run([day(0), day(9)], {}, as_of=day(20)) is None


def test_a_place_of_no_edition_does_not_count() -> None:
    assert chart_run([day(0)], {day(5): 1}, as_of=day(20)) is None


@pytest.mark.parametrize(
    ("ranks", "exit_day", "re_entries", "days"),
    [
        pytest.param({0: 5, 10: 5}, None, 0, 30, id="still-there"),
        pytest.param({0: 5, 10: None}, 10, 0, 10, id="gone"),
        pytest.param({0: 5, 27: None}, 27, 0, 27, id="gone-just-now"),
        pytest.param({0: 5, 10: None, 20: None}, 10, 0, 10, id="gone-for-two-editions"),
        pytest.param({0: 5, 10: None, 20: 5}, None, 1, 20, id="came-back"),
        pytest.param({0: 5, 10: None, 17: 5}, None, 1, 23, id="away-for-a-week"),
        pytest.param({0: 5, 10: None, 16: 5}, None, 0, 30, id="flapped"),
        pytest.param({0: 5, 10: None, 13: None, 16: 5}, None, 0, 30, id="flapped-long"),
        pytest.param({0: 5, 5: None, 8: 5, 10: None, 12: 5}, None, 0, 30, id="flapped-twice"),
        pytest.param({0: 5, 5: None, 8: 5, 10: None}, 10, 0, 10, id="flapped-then-gone"),
        pytest.param({0: 5, 8: None, 16: 5, 20: None, 28: 5}, None, 2, 14, id="came-back-twice"),
    ],
)
def test_only_an_absence_of_a_week_counts(
    ranks: dict[int, int | None], exit_day: int | None, re_entries: int, days: int
) -> None:
    found = run(ranks, as_of=30)

    assert found.exit_date == (None if exit_day is None else day(exit_day))
    assert found.re_entries == re_entries
    assert found.days_on_chart == days


def test_while_a_line_flaps_the_place_before_holds() -> None:
    found = run({0: 1, 10: None, 14: 4}, as_of=20)

    assert found.top[1] == Depth(14, None, streak(0, 14, 14))
    assert found.top[3].days == 14
    assert found.top[10] == Depth(20, streak(0, None, 20), streak(0, None, 20))


def test_depths_are_counted_apart() -> None:
    found = run({0: 60, 10: 40, 20: 9, 30: 3, 40: 1, 50: 2}, as_of=60)

    assert tuple(found.top) == DEPTHS
    assert [found.top[depth].days for depth in DEPTHS] == [10, 30, 40, 50]
    assert found.top[1].current is None
    assert found.top[3].current == streak(30, None, 30)


def test_of_equally_long_streaks_the_first_is_the_longest() -> None:
    found = run({0: 1, 10: 2, 20: 1, 30: 2}, as_of=40)

    assert found.top[1] == Depth(20, None, streak(0, 10, 10))


def test_the_current_streak_need_not_be_the_longest() -> None:
    found = run({0: 1, 10: 2, 20: 1}, as_of=25)

    assert found.top[1] == Depth(15, streak(20, None, 5), streak(0, 10, 10))


def test_an_edition_of_today_has_held_for_no_day() -> None:
    found = run({0: 1}, as_of=0)

    assert found.days_on_chart == 0
    assert found.top[1] == Depth(0, streak(0, None, 0), streak(0, None, 0))


@pytest.mark.parametrize(
    ("ranks", "as_of", "weeks"),
    [
        pytest.param({0: 1, 6: 2}, 9, 0, id="lost-it-on-a-sunday"),
        pytest.param({0: 1, 7: 2}, 9, 1, id="lost-it-on-a-monday"),
        pytest.param({6: 1, 7: 2}, 9, 1, id="a-single-sunday"),
        pytest.param({7: 1, 8: 2}, 9, 0, id="a-single-monday"),
        pytest.param({0: 1}, 0, 1, id="the-running-week"),
        pytest.param({0: 1}, 6, 1, id="until-a-sunday"),
        pytest.param({0: 1}, 7, 2, id="until-a-monday"),
        pytest.param({0: 1, 3: 2, 5: 1, 10: 2, 12: 1}, 16, 3, id="on-and-off"),
    ],
)
def test_a_week_belongs_to_who_stands_first_on_its_last_day(
    ranks: dict[int, int | None], as_of: int, weeks: int
) -> None:
    assert run(ranks, as_of).weeks_at_number_one == weeks


def ranks_by_day(ranks: dict[int, int | None], as_of: int) -> list[int | None]:
    """The place on every day until `as_of`, `as_of` included, flapping bridged."""
    published: list[int | None] = []
    for number in range(as_of + 1):
        before = published[-1] if published else None
        published.append(ranks.get(number, before))
    days = list(published)
    gone: int | None = None
    for number in range(1, as_of + 1):
        if published[number] is None:
            if published[number - 1] is not None:
                gone = number
        elif gone is not None and published[number - 1] is None and number - gone < FLAP.days:
            days[gone:number] = [days[gone - 1]] * (number - gone)
    return days


def spells_by_day(within: list[bool]) -> list[tuple[int, int]]:
    """(First day, day after the last) of each unbroken time; the last day is `as_of`."""
    spells = []
    for number, here in enumerate(within):
        if here and not (number and within[number - 1]):
            rest = within[number:]
            spells.append((number, number + (rest.index(False) if False in rest else len(rest))))
    return spells


@st.composite
def histories(draw: st.DrawFn) -> tuple[dict[int, int | None], int]:
    numbers = sorted(draw(st.sets(st.integers(0, 60), min_size=1, max_size=15)))
    rank = st.none() | st.sampled_from([1, 1, 2, 3, 4, 10, 11, 50, 51])
    ranks = {number: draw(rank) for number in numbers}
    ranks[draw(st.sampled_from(numbers))] = draw(st.integers(1, 4))
    return ranks, numbers[-1] + draw(st.integers(0, 20))


@given(histories())
def test_a_run_is_what_living_through_it_day_by_day_gives(
    history: tuple[dict[int, int | None], int],
) -> None:
    ranks, as_of = history
    found = run(ranks, as_of)
    by_day = ranks_by_day(ranks, as_of)

    assert found.days_on_chart == sum(rank is not None for rank in by_day[:-1])
    assert found.weeks_at_number_one == sum(
        rank == 1 and (number % 7 == 6 or number == as_of) for number, rank in enumerate(by_day)
    )
    stood = {number: rank for number, rank in ranks.items() if rank is not None}
    absences = [
        (start, end)
        for start, end in spells_by_day([rank is None for rank in by_day])
        if start > min(stood)
    ]
    assert found.re_entries == sum(end <= as_of for _start, end in absences)
    assert found.exit_date == next((day(start) for start, end in absences if end > as_of), None)
    assert found.peak == min((Place(day(n), rank) for n, rank in stood.items()), key=lambda p: p[1])
    for depth in DEPTHS:
        spells = spells_by_day([rank is not None and rank <= depth for rank in by_day])
        streaks = [
            streak(start, None if end > as_of else end, min(end, as_of) - start)
            for start, end in spells
        ]
        assert found.top[depth] == Depth(
            sum(one.length_days for one in streaks),
            streaks[-1] if streaks and streaks[-1].end is None else None,
            max(streaks, key=lambda one: one.length_days, default=None),
        )
