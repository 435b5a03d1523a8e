"""How models moved between two editions."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.movements import (
    Split,
    Stood,
    all_came,
    by_model,
    came,
    movements,
    separate,
    separate_net,
    splits,
    steps,
)
from app.domain.leaderboard import Movement
from tests.values import point, standing, standings


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param("ab", "ab", {"a": ("same", 0), "b": ("same", 0)}, id="nothing-moved"),
        pytest.param("ab", "ba", {"b": ("up", 1), "a": ("down", -1)}, id="swap"),
        pytest.param(
            "ab",
            "xab",
            {"x": ("new", None), "a": ("down", -1), "b": ("down", -1)},
            id="debut-on-top",
        ),
        pytest.param(
            "ab",
            "azb",
            {"a": ("same", 0), "z": ("re_entry", None), "b": ("down", -1)},
            id="back-again",
        ),
        pytest.param(
            "abc",
            "a",
            {"a": ("same", 0), "b": ("dropped_out", None), "c": ("dropped_out", None)},
            id="exits-come-last-in-their-order",
        ),
        pytest.param("", "", {}, id="two-empty-editions"),
        pytest.param("", "a", {"a": ("new", None)}, id="first-edition"),
    ],
)
def test_each_model_has_one_movement(
    before: str, after: str, expected: dict[str, tuple[str, int | None]]
) -> None:
    moves = movements(standings(*before), standings(*after), seen={"z"})

    found = {m.standing.model.slug: (m.movement.value, m.rank_change) for m in moves}
    assert found == expected
    assert list(found) == list(expected)


def test_an_exit_remembers_where_it_stood() -> None:
    (move,) = movements(standings("a"), [], seen=())

    assert (move.now, move.before) == (None, standings("a")[0])
    assert (move.score_change, move.significant) == (None, None)


def test_a_change_of_score_is_in_the_boards_unit() -> None:
    (move,) = movements([standing(score=40.0)], [standing(score=42.5)], seen=())

    assert move.score_change == 2.5


def test_of_a_models_several_entries_the_best_is_compared() -> None:
    before = [standing("a", rank=2), standing("a", rank=5)]

    moves = movements(before, [standing("a", rank=1)], seen=())

    assert [move.rank_change for move in moves] == [1]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        pytest.param((1, 2), (3, 4), True, id="above"),
        pytest.param((3, 4), (1, 2), True, id="below"),
        pytest.param((1, 3), (2, 4), False, id="overlap"),
        pytest.param((1, 2), (2, 3), False, id="touch"),
        pytest.param(None, (2, 3), None, id="one-unknown"),
        pytest.param((1, 2), None, None, id="other-unknown"),
    ],
)
def test_a_change_is_significant_when_the_intervals_separate(
    one: tuple[float, float] | None,
    other: tuple[float, float] | None,
    *,
    expected: bool | None,
) -> None:
    assert separate(standing(interval=one), standing(interval=other)) is expected


DEBUT = date(2024, 7, 10)


@pytest.mark.parametrize(
    ("previous_rank", "previous_day", "debut", "expected"),
    [
        pytest.param(3, 1, DEBUT, Movement.UP, id="up"),
        pytest.param(1, 1, DEBUT, Movement.DOWN, id="down"),
        pytest.param(2, 1, DEBUT, Movement.SAME, id="same"),
        pytest.param(None, None, DEBUT, Movement.NEW, id="first-edition-of-the-board"),
        pytest.param(None, 8, DEBUT, Movement.NEW, id="debut-after-the-edition-before"),
        pytest.param(None, 9, DEBUT, Movement.RE_ENTRY, id="debut-on-the-edition-before"),
        pytest.param(None, 20, DEBUT, Movement.RE_ENTRY, id="debut-long-before"),
        pytest.param(None, 20, None, Movement.NEW, id="debut-unknown"),
    ],
)
def test_a_step_in_a_history_has_a_word(
    previous_rank: int | None, previous_day: int | None, debut: date | None, expected: Movement
) -> None:
    there = point(rank=2, previous_rank=previous_rank, previous_day=previous_day)

    assert steps([there], debut) == [expected]


def test_what_all_have_in_common_is_no_move_of_ones_own() -> None:
    before = by_model([standing("a", score=10), standing("b", rank=2, score=9)])
    after = by_model([standing("a", score=20), standing("b", rank=2, score=19)])

    assert splits(before, after, higher_is_better=True, shift=10) == {
        "a": Split(0, 0, 0, 0),
        "b": Split(0, 0, 0, 0),
    }


def test_intervals_that_all_moved_together_are_not_apart() -> None:
    before, now = standing("a", interval=(8, 12)), standing("a", interval=(18, 22))

    assert separate(before, now) is True
    assert separate_net(before, now, 10) is False
    assert separate_net(before, now, 2) is True
    assert separate_net(before, standing("a"), 10) is None


@pytest.mark.parametrize("sign", [1, -1], ids=["more-is-better", "less-is-better"])
def test_a_rank_change_is_split_into_what_made_it(sign: int) -> None:
    then = {"a": 10, "gone": 9, "b": 8, "c": 7}
    now = {"new": 12, "c": 11, "a": 10, "b": 8}
    before, after = (
        by_model([standing(slug, score=sign * score) for slug, score in scores.items()])
        for scores in (then, now)
    )

    assert splits(before, after, higher_is_better=sign == 1, shift=0) == {
        "a": Split(own=0, others=-1, newcomers=-1, leavers=0),
        "b": Split(own=0, others=-1, newcomers=-1, leavers=1),
        "c": Split(own=2, others=0, newcomers=-1, leavers=1),
    }


ENTRIES = st.lists(
    st.tuples(st.integers(1, 4), st.none() | st.integers(1, 4), st.booleans()), max_size=9
)


@given(ENTRIES)
def test_all_came_as_each_did(entries: list[tuple[int, int | None, bool]]) -> None:
    now = [standing(f"m{n}", rank=rank) for n, (rank, _, _) in enumerate(entries)]
    before = [None if rank is None else standing(rank=rank) for _, rank, _ in entries]
    seen = {f"m{n}" for n, (_, _, is_seen) in enumerate(entries) if is_seen}

    stood = Stood(
        np.array([one is not None for one in before], np.bool_),
        np.array([one.rank if one else 7 for one in before], np.int32),
        np.zeros(len(entries)),
    )
    rank = np.array([one.rank for one in now], np.int32)
    among_seen = np.array([one.model.slug in seen for one in now], np.bool_)

    one_by_one = [came(*pair, seen) for pair in zip(now, before, strict=True)]
    assert all_came(rank, stood, among_seen) == one_by_one
