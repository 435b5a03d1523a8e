"""Models head to head on one board."""

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.head_to_head import (
    Crossing,
    Lead,
    Meeting,
    crossings,
    leads,
    win_probability,
)
from app.domain.standings import Line

DAY = date(2024, 7, 1)


def day(number: int) -> date:
    return DAY + timedelta(days=number)


def line(
    rank: int = 1, score: float = 0, lower: float | None = None, upper: float | None = None
) -> Line:
    return Line(rank, score, lower, upper)


def ranked(ranks: Mapping[str, str]) -> dict[str, dict[date, Line]]:
    """Each model's rank on one day after the other; a dot is an absence."""
    return {
        model: {day(n): line(int(rank)) for n, rank in enumerate(row) if rank != "."}
        for model, row in ranks.items()
    }


def told(found: list[Crossing]) -> list[tuple[int, str, str]]:
    return [((one.day - DAY).days, one.model, one.overtaken) for one in found]


def meeting(start: int, end: int, *ranks: int) -> Meeting:
    return Meeting(day(start), day(end), [line(rank) for rank in ranks])


@pytest.mark.parametrize(
    ("meetings", "ahead", "level"),
    [
        pytest.param([], [Lead(0, 0), Lead(0, 0)], Lead(0, 0), id="they-never-met"),
        pytest.param([meeting(0, 7, 3, 9)], [Lead(1, 7), Lead(0, 0)], Lead(0, 0), id="one"),
        pytest.param(
            [meeting(0, 7, 3, 9), meeting(20, 21, 4, 2), meeting(21, 30, 1, 5)],
            [Lead(2, 16), Lead(1, 1)],
            Lead(0, 0),
            id="in-turn-with-a-gap",
        ),
        pytest.param([meeting(0, 7, 3, 3)], [Lead(0, 0), Lead(0, 0)], Lead(1, 7), id="level"),
        pytest.param(
            [meeting(0, 7, 4, 3, 4), meeting(7, 9, 3, 3, 8)],
            [Lead(0, 0), Lead(1, 7), Lead(0, 0)],
            Lead(1, 2),
            id="level-only-if-it-is-the-best",
        ),
    ],
)
def test_one_leads_while_it_alone_is_best(
    meetings: list[Meeting], ahead: list[Lead], level: Lead
) -> None:
    assert leads(meetings, len(ahead)) == (ahead, level)


@pytest.mark.parametrize(
    ("ranks", "expected"),
    [
        pytest.param({"a": "111", "b": "222"}, [], id="never"),
        pytest.param({"a": "122", "b": "211"}, [(1, "b", "a")], id="once"),
        pytest.param({"a": "121", "b": "212"}, [(1, "b", "a"), (2, "a", "b")], id="back-again"),
        pytest.param({"a": "112", "b": "211"}, [(2, "b", "a")], id="through-a-tie"),
        pytest.param({"a": "111", "b": "212"}, [], id="level-and-back"),
        pytest.param({"a": "111", "b": "112"}, [], id="level-first"),
        pytest.param({"a": "1.3", "b": "232"}, [(2, "b", "a")], id="while-one-was-away"),
        pytest.param({"a": "1..", "b": ".22"}, [], id="they-never-met"),
        pytest.param({"a": "", "b": "12"}, [], id="one-never-stood"),
        pytest.param(
            {"a": "13", "b": "21", "c": "32"},
            [(1, "b", "a"), (1, "c", "a")],
            id="of-three",
        ),
    ],
)
def test_a_crossing_changes_who_is_ahead(
    ranks: dict[str, str], expected: list[tuple[int, str, str]]
) -> None:
    assert told(crossings(ranked(ranks))) == expected


def test_a_crossing_remembers_the_ranks_of_when_it_was_behind() -> None:
    [crossing] = crossings(ranked({"a": "335", "b": "834"}))

    assert crossing == Crossing(
        day=day(2),
        previous_date=day(0),
        model="b",
        overtaken="a",
        rank=4,
        previous_rank=8,
        overtaken_rank=5,
        overtaken_previous_rank=3,
        definitive=None,
    )


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        pytest.param((4, 6), [False], id="overlapping"),
        pytest.param((5, 6), [False], id="touching"),
        pytest.param((5.5, 6), [True], id="apart"),
        pytest.param((None, 6), [None], id="unknown"),
    ],
)
def test_a_crossing_is_definitive_when_the_intervals_are_apart(
    bounds: tuple[float | None, float], expected: list[bool | None]
) -> None:
    lines = {
        "a": {day(0): line(1), day(1): line(2, 4, 3, 5)},
        "b": {day(0): line(2), day(1): line(1, 5.8, *bounds)},
    }

    assert [one.definitive for one in crossings(lines)] == expected


rows = st.lists(st.sampled_from("123."), min_size=8, max_size=8).map("".join)


@given(rows, rows)
def test_the_crossings_of_two_are_the_changes_of_sign_without_zeros(one: str, other: str) -> None:
    signs = [
        (n, "a" if int(a) < int(b) else "b")
        for n, (a, b) in enumerate(zip(one, other, strict=True))
        if "." not in a + b and a != b
    ]
    expected = [now for before, now in pairwise(signs) if now[1] != before[1]]

    found = crossings(ranked({"a": one, "b": other}))

    assert [(n, model) for n, model, _ in told(found)] == expected


@pytest.mark.parametrize(
    ("difference", "expected"),
    [
        pytest.param(0, 0.5, id="level"),
        pytest.param(100, 0.640065, id="a-hundred"),
        pytest.param(400, 10 / 11, id="four-hundred"),
        pytest.param(-400, 1 / 11, id="behind"),
        pytest.param(1e6, 1, id="hopeless"),
        pytest.param(-1e6, 0, id="hopeless-the-other-way"),
    ],
)
def test_the_odds_are_ten_to_one_at_four_hundred_points(difference: float, expected: float) -> None:
    chance = win_probability(line(score=1000 + difference), line(score=1000))

    assert list(chance) == [pytest.approx(expected, abs=1e-6), None, None]


def test_independent_errors_add_in_squares() -> None:
    chance = win_probability(line(score=1010, lower=1007, upper=1013), line(1, 1000, 996, 1004))

    expected = [1 / (1 + 10 ** (-d / 400)) for d in (10, 5, 15)]
    assert list(chance) == pytest.approx(expected)


def test_an_interval_need_not_be_symmetric() -> None:
    chance = win_probability(line(score=1010, lower=1007, upper=1022), line(1, 1000, 995, 1004))

    expected = [1 / (1 + 10 ** (-d / 400)) for d in (10, 10 - 5, 10 + 13)]
    assert list(chance) == pytest.approx(expected)


@pytest.mark.parametrize("bounds", [(None, 4), (0, None), (None, None)])
def test_without_an_interval_a_chance_has_none(bounds: tuple[float | None, float | None]) -> None:
    known, unknown = line(1, 9, 8, 10), line(1, 2, *bounds)

    assert win_probability(known, unknown)[1:] == (None, None)
    assert win_probability(unknown, known)[1:] == (None, None)


scores = st.floats(-2000, 2000)
widths = st.floats(0, 50)


@given(scores, widths, widths, scores, widths, widths)
def test_the_chances_of_two_add_to_one(
    a: float, below_a: float, above_a: float, b: float, below_b: float, above_b: float
) -> None:
    one = line(1, a, a - below_a, a + above_a)
    other = line(2, b, b - below_b, b + above_b)

    chance, reverse = win_probability(one, other), win_probability(other, one)

    assert chance.lower is not None
    assert chance.upper is not None
    assert 0 <= chance.lower <= chance.probability <= chance.upper <= 1
    assert chance.probability + reverse.probability == pytest.approx(1)
    assert chance.lower + (reverse.upper or 0) == pytest.approx(1)
