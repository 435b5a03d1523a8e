"""Intervals where a board prints none but the number of its items is known."""

import pytest

from tests.api import Api
from tests.factories import Record, entry, leaderboard, snapshot
from tests.stores import stored

MMLU = leaderboard("open-llm-v2-mmlu-pro", family="open-llm-v2", unit="percent")
BOARD = "/v1/leaderboards/open-llm-v2-mmlu-pro"


@stored()
def benchmark(record: Record) -> None:
    """Three models on a benchmark of 12,032 items; the best two are too close to be told apart."""
    record.history(
        {
            "2024-07-01": {"Meta/a": 50.0, "OpenAI/b": 49.9, "Google/c": 40.0},
            "2024-07-10": {"Google/c": 51.0, "Meta/a": 50.0, "OpenAI/b": 49.9},
        },
        MMLU,
    )


def test_derived_intervals_are_marked_as_derived(benchmark: Api) -> None:
    answer = benchmark.get(f"{BOARD}/standings", as_of="2024-07-01")

    assert answer["meta"]["intervals"] == "derived"
    first, second, third = answer["data"]
    assert first["score_lower"] == pytest.approx(49.02, abs=0.01)
    assert first["score_upper"] == pytest.approx(50.98, abs=0.01)
    assert [(row["rank_lower"], row["rank_upper"]) for row in (first, second, third)] == [
        (1, 2),
        (1, 2),
        (3, 3),
    ]


def test_movements_and_reigns_know_them_too(benchmark: Api) -> None:
    moves = benchmark.get(f"{BOARD}/movements", from_="2024-07-01")
    reigns = benchmark.get(f"{BOARD}/leaders")

    assert [(row["printed_name"], row["significant"]) for row in moves["data"]] == [
        ("c", True),
        ("a", False),
        ("b", False),
    ]
    assert moves["meta"]["intervals"] == reigns["meta"]["intervals"] == "derived"
    first = reigns["data"][0]
    assert [one["model"]["name"] for one in first["co_leaders"]] == ["b"]


def test_movements_leave_those_ranks_open_that_standings_do(record: Record, api: Api) -> None:
    days = ("2024-07-01", "2024-07-10")
    record.history(
        {
            days[0]: {"Meta/a": 50.0, "OpenAI/b": 50.0, "Google/c": 40.0, "xAI/e": 39.9},
            days[1]: {"Google/c": 51.0, "OpenAI/b": 50.2, "Meta/a": 50.2, "xAI/d": 50.2},
        },
        MMLU,
    )
    then, now = (
        {
            row["printed_name"]: (row["rank_lower"], row["rank_upper"])
            for row in api.get(f"{BOARD}/standings", as_of=day)["data"]
        }
        for day in days
    )

    rows = api.get(f"{BOARD}/movements", from_=days[0])["data"]

    told = {row["printed_name"]: row for row in rows}
    assert told.keys() == then.keys() | now.keys()
    for name, row in told.items():
        assert (row["rank_lower"], row["rank_upper"]) == now.get(name, (None, None))
        before = (row["previous_rank_lower"], row["previous_rank_upper"])
        assert before == then.get(name, (None, None))


def test_a_score_that_no_share_can_be_has_no_interval(record: Record, api: Api) -> None:
    record.history({"2024-07-01": {"a": 50.0, "b": -3.0}}, MMLU)

    rows = api.get(f"{BOARD}/standings")["data"]

    assert [row["score_lower"] is None for row in rows] == [False, True]
    assert rows[1]["rank_lower"] is None


def test_elsewhere_intervals_are_as_published_or_missing(record: Record, api: Api) -> None:
    record.add(snapshot("2024-07-01", [entry("a", 2)]))
    record.add(snapshot("2024-07-02", [entry("a", 2, lower=1, upper=3)]))

    board = "/v1/leaderboards/demo-text/standings"
    before, after = (api.get(board, as_of=day)["meta"] for day in ("2024-07-01", "2024-07-02"))
    assert (before["intervals"], after["intervals"]) == (None, "published")


def test_who_has_no_interval_leads_alone_and_is_ahead_of_who_has_one(
    record: Record, api: Api
) -> None:
    weak = [entry("c", 40, lower=35, upper=45), entry("d", 39, lower=34, upper=44)]
    record.add(snapshot("2024-07-01", [entry("a", 90), entry("b", 80), *weak]))

    rows = api.get("/v1/leaderboards/demo-text/standings")["data"]
    answer = api.get("/v1/leaderboards/demo-text/leaders")

    assert [(row["rank_lower"], row["rank_upper"], row["tier"]) for row in rows] == [
        (None, None, None),
        (None, None, None),
        (3, 4, 3),
        (3, 4, 3),
    ]
    [reign] = answer["data"]
    assert (reign["co_leaders"], reign["editions_with_intervals"]) == (None, 0)
    assert answer["meta"]["editions_with_intervals"] == 1
