"""What the API says of movements between two dates."""

from typing import Any

import pytest

from app.store.queries import boards
from tests.api import Api
from tests.factories import Record, entry, snapshot
from tests.stores import stored

PATH = "/v1/leaderboards/demo-text/movements"


@stored()
def moved(record: Record) -> None:
    """a and b swap, c drops out, d comes back, e is new. Nobody is compared with 2 July."""
    record.history(
        {
            "2024-06-01": {"Cohere/d": 5},
            "2024-07-01": {"OpenAI/a": 10, "Meta/b": 9, "Google/c": 8},
            "2024-07-02": {"OpenAI/a": 10, "xAI/f": 9},
            "2024-07-10": {"Meta/b": 12, "OpenAI/a": 11, "Cohere/d": 10, "Meta/e": 9},
        }
    )


def words(answer: dict[str, Any]) -> list[tuple[str, str, int | None]]:
    return [(row["printed_name"], row["movement"], row["rank_change"]) for row in answer["data"]]


def test_movements_compare_the_editions_in_force_at_both_dates(moved: Api) -> None:
    answer = moved.get(PATH, from_="2024-07-01", to="2024-07-31")

    assert words(answer) == [
        ("b", "up", 1),
        ("a", "down", -1),
        ("d", "re_entry", None),
        ("e", "new", None),
        ("c", "dropped_out", None),
    ]
    meta = answer["meta"]
    assert (meta["from"], meta["to"], meta["window"]) == ("2024-07-01", "2024-07-31", None)
    assert meta["from_edition"]["edition_date"] == "2024-07-01"
    assert meta["edition_date"] == "2024-07-10"
    assert (meta["entries_total"], meta["matched_total"]) == (4, 5)


def test_what_dropped_out_says_where_it_stood(moved: Api) -> None:
    (row,) = moved.get(PATH, from_="2024-07-01", movement="dropped_out")["data"]

    assert (row["rank"], row["previous_rank"]) == (None, 3)
    assert (row["score"], row["previous_score"]) == (None, 8)
    assert row["organization"]["id"] == "google"


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        pytest.param("rank", "badec", id="rank"),
        pytest.param("-rank", "edabc", id="rank-down"),
        pytest.param("previous_rank", "abcde", id="previous-rank"),
        pytest.param("-previous_rank", "cbade", id="previous-rank-down"),
        pytest.param("rank_change", "abdce", id="fallers"),
        pytest.param("-rank_change", "badce", id="climbers"),
        pytest.param("score_change", "abdce", id="score"),
        pytest.param("-score_change", "badce", id="score-down"),
    ],
)
def test_what_is_unknown_comes_last_in_every_order(moved: Api, sort: str, expected: str) -> None:
    answer = moved.get(PATH, from_="2024-07-01", sort=sort)

    assert "".join(row["printed_name"] for row in answer["data"]) == expected
    assert answer["meta"]["sort"] == sort


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param({"movement": "new"}, "e", id="movement"),
        pytest.param({"organization": "meta"}, "be", id="organization"),
        pytest.param({"country": "CA"}, "d", id="country"),
        pytest.param({"official": "false"}, "", id="community"),
    ],
)
def test_movements_can_be_filtered(moved: Api, query: dict[str, str], expected: str) -> None:
    answer = moved.get(PATH, from_="2024-07-01", **query)

    assert "".join(row["printed_name"] for row in answer["data"]) == expected
    assert answer["meta"]["matched_total"] == len(expected)


def test_a_window_ends_at_to(moved: Api) -> None:
    meta = moved.get(PATH, window="P9D", to="2024-07-10")["meta"]

    assert (meta["window"], meta["from"], meta["to"]) == ("P9D", "2024-07-01", "2024-07-10")
    assert meta["from_edition"]["edition_date"] == "2024-07-01"


def test_without_a_beginning_movements_are_since_the_edition_before(moved: Api) -> None:
    meta = moved.get(PATH)["meta"]

    assert (meta["from"], meta["to"]) == ("2024-07-02", "2024-08-01")
    assert meta["from_edition"]["edition_date"] == "2024-07-02"


def test_what_was_new_in_between_is_new(moved: Api) -> None:
    rows = moved.get(PATH, from_="2024-06-15", to="2024-07-01")["data"]

    assert {row["movement"] for row in rows} == {"new", "dropped_out"}


def test_before_a_boards_first_edition_there_is_nothing_to_compare(moved: Api) -> None:
    answer = moved.get(PATH, from_="2020-01-01", to="2024-06-01")

    assert words(answer) == [("d", "new", None)]
    assert answer["meta"]["from_edition"] is None


def test_a_board_without_an_edition_has_no_movements(moved: Api) -> None:
    answer = moved.get(PATH, to="2020-01-01")

    assert (answer["data"], answer["meta"]["edition_date"]) == ([], None)
    assert (answer["meta"]["from"], answer["meta"]["first_edition_date"]) == (None, "2024-06-01")


def test_a_change_is_significant_when_the_intervals_separate(record: Record, api: Api) -> None:
    record.add(snapshot("2024-07-01", [entry("a", 10, lower=9, upper=11), entry("b", 8)]))
    record.add(snapshot("2024-07-02", [entry("a", 15, lower=14, upper=16), entry("b", 9)]))

    rows = {row["printed_name"]: row for row in api.get(PATH)["data"]}

    assert (rows["a"]["significant"], rows["b"]["significant"]) == (True, None)
    assert (rows["a"]["previous_score_upper"], rows["a"]["score_lower"]) == (11, 14)


def test_movements_know_what_was_public_then(record: Record, api: Api) -> None:
    record.history({"2024-07-01": {"OpenAI/a": 10, "Meta/b": 9}})
    record.add(snapshot("2024-07-02", {"OpenAI/a": 10, "Meta/b": 9}), published_at="2024-07-02")
    record.add(snapshot("2024-07-02", {"Meta/b": 12, "OpenAI/a": 9}), published_at="2024-07-09")

    then = api.get(PATH, known_at="2024-07-05")
    now = api.get(PATH)

    assert [row["rank_change"] for row in then["data"]] == [0, 0]
    assert [row["rank_change"] for row in now["data"]] == [1, -1]


def test_many_newcomers_are_looked_up_together(moved: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = moved.get(PATH, from_="2024-07-01")
    monkeypatch.setattr(boards, "MANY_NAMES", 1)

    assert moved.get(PATH, from_="2024-07-01")["data"] == listed["data"]


def test_a_rank_change_is_explained(moved: Api) -> None:
    answer = moved.get(PATH, from_="2024-07-01", to="2024-07-31")

    rows = {row["printed_name"]: row for row in answer["data"]}
    assert answer["meta"]["pool_shift"] == 2
    assert (rows["b"]["own_rank_change"], rows["b"]["displacement"]) == (
        1,
        {"others": 0, "newcomers": 0, "leavers": 0},
    )
    assert (rows["e"]["own_rank_change"], rows["e"]["displacement"]) == (None, None)
    for name in ("a", "b"):
        parts = rows[name]["displacement"].values()
        assert rows[name]["own_rank_change"] + sum(parts) == rows[name]["rank_change"]


def test_movements_say_which_ranks_the_intervals_allow(record: Record, api: Api) -> None:
    bounds = {"a": (9, 11), "b": (8, 10)}
    for day, scores in (("2024-07-01", bounds), ("2024-07-10", {"a": (9, 11), "b": (2, 4)})):
        rows = [
            entry(name, (low + high) / 2, lower=low, upper=high)
            for name, (low, high) in scores.items()
        ]
        record.add(snapshot(day, rows))

    rows = api.get(PATH)["data"]
    told = [
        (
            row["rank_lower"],
            row["rank_upper"],
            row["previous_rank_lower"],
            row["previous_rank_upper"],
        )
        for row in rows
    ]
    assert told == [(1, 1, 1, 2), (2, 2, 1, 2)]
    assert [row["printed_name"] for row in api.get(PATH, significant="true")["data"]] == ["b"]
    assert [row["printed_name"] for row in api.get(PATH, significant="false")["data"]] == ["a"]
    assert api.get(PATH, significant="true")["meta"]["significant"] is True


def test_a_move_that_all_made_is_not_significant_net_of_it(record: Record, api: Api) -> None:
    for day, shift in (("2024-07-01", 0), ("2024-07-10", 20)):
        rows = [
            entry(name, score + shift, lower=score + shift - 2, upper=score + shift + 2)
            for name, score in (("a", 100), ("b", 90), ("c", 80))
        ]
        record.add(snapshot(day, rows))

    answer = api.get(PATH)

    assert answer["meta"]["pool_shift"] == 20
    assert {(row["significant"], row["significant_net"]) for row in answer["data"]} == {
        (True, False)
    }


def test_the_pools_shift_is_that_of_the_shifts(record: Record, api: Api) -> None:
    for day, scores in (("2024-07-01", (100, 90, 80)), ("2024-07-10", (101, 95, 90))):
        rows = [
            entry(f"m{place}", score, lower=score - place - 1, upper=score + place + 1)
            for place, score in enumerate(scores)
        ]
        record.add(snapshot(day, rows))

    moved = api.get(PATH)["meta"]["pool_shift"]
    [shift] = api.get("/v1/leaderboards/demo-text/shifts")["data"]

    assert moved == shift["pool_shift"] == 1
