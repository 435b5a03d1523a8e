"""What the API says of models: names, where they stand, how they fared."""

from typing import Any

import pytest

from tests.api import Api
from tests.factories import Record, entry, leaderboard, profile, snapshot, source_info
from tests.stores import stored

HISTORY = "/v1/models/openai--a/history"
CODING = leaderboard("demo-text-coding", family="demo-text", category="coding")


@stored()
def known(record: Record) -> None:
    """Models of two sources on three boards."""
    record.history({"2024-07-01": {"OpenAI/a": 10, "Meta/llama-3": 9, "stray": 1}})
    record.history({"2024-07-02": {"Meta/llama-3": 12, "OpenAI/a": 11}})
    record.history({"2024-07-01": {"OpenAI/a": 3}}, CODING)
    hub = record.of(source_info("hub"))
    llama = entry(
        "meta-llama/Llama-3",
        40,
        of=profile(namespace="meta-llama", licence="llama3", official=True, parameters_b=8.0),
    )
    hub.add(snapshot("2024-06-01", [llama], leaderboard("hub-board")))


def ids(answer: dict[str, Any]) -> list[str]:
    return [row["id"] for row in answer["data"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param({}, ["meta--llama-3", "openai--a", "unknown--stray"], id="all"),
        pytest.param({"q": "LLAMA"}, ["meta--llama-3"], id="word"),
        pytest.param({"q": "meta-llama 3"}, ["meta--llama-3"], id="words-of-an-alias"),
        pytest.param({"q": "nothing like it"}, [], id="no-such-words"),
        pytest.param({"organization": "openai"}, ["openai--a"], id="organization"),
        pytest.param({"organization": "Facebook"}, ["meta--llama-3"], id="spelling"),
        pytest.param({"alias": "meta-llama/llama-3"}, ["meta--llama-3"], id="alias"),
        pytest.param({"alias": "a", "organization": "meta"}, [], id="alias-of-another"),
        pytest.param({"alias": "llama"}, [], id="part-of-an-alias"),
    ],
)
def test_models_can_be_searched(known: Api, query: dict[str, str], expected: list[str]) -> None:
    answer = known.get("/v1/models", **query)

    assert ids(answer) == expected
    assert answer["meta"]["matched_total"] == len(expected)


def test_a_model_shows_its_names_and_its_facts(known: Api) -> None:
    answer = known.get("/v1/models/meta--llama-3")

    data = answer["data"]
    assert data["organization"] == {"id": "meta", "name": "Meta", "country": "US"}
    assert data["aliases"] == [
        {"source": "demo", "printed_name": "llama-3", "reviewed": False, "since": None},
        {"source": "hub", "printed_name": "meta-llama/Llama-3", "reviewed": False, "since": None},
    ]
    assert [one["source"] for one in answer["meta"]["attribution"]] == ["demo", "hub"]
    assert answer["links"]["organization"] == "/v1/organizations/meta"


def test_a_models_facts_are_those_of_its_newest_entry(record: Record, api: Api) -> None:
    for day, licence in (("2024-07-01", "MIT"), ("2024-07-02", "Proprietary")):
        entries = [entry("a", 10, of=profile("OpenAI", licence=licence))]
        record.add(snapshot(day, entries))
    record.add(
        snapshot("2024-06-30", [entry("a", 10, of=profile("OpenAI", licence="Apache 2.0"))], CODING)
    )

    data = api.get("/v1/models/openai--a")["data"]

    assert (data["licence"], data["open_weights"], data["official"]) == ("Proprietary", False, True)


def test_a_model_shows_where_it_stands_and_stood(known: Api) -> None:
    boards = known.get("/v1/models/meta--llama-3")["data"]["leaderboards"]

    assert [board["leaderboard"] for board in boards] == ["demo-text", "hub-board"]
    board = boards[0]
    assert (board["first_edition_date"], board["last_edition_date"]) == ("2024-07-01", "2024-07-02")
    assert (board["current_rank"], board["current_edition_date"]) == (1, "2024-07-02")
    assert board["peak"] == {"rank": 1, "edition_date": "2024-07-02"}
    assert (board["score"], board["percentile"]) == (12, 1)


def test_a_model_that_left_a_board_has_no_place_there_now(known: Api) -> None:
    (board,) = known.get("/v1/models/unknown--stray")["data"]["leaderboards"]

    assert (board["current_rank"], board["current_edition_date"]) == (None, "2024-07-02")
    assert board["last"] == {"rank": 3, "edition_date": "2024-07-01"}
    assert known.get("/v1/models/unknown--stray")["links"]["organization"] is None


def test_a_model_seen_only_in_a_partial_snapshot_stands_nowhere(record: Record, api: Api) -> None:
    full = {f"OpenAI/m{i}": float(i) for i in range(30)}
    part = {f"OpenAI/m{i}": float(i) for i in range(22, 30)}
    record.history({"2024-07-01": full, "2024-07-02": {**part, "stray": 1}, "2024-07-03": full})

    data = api.get("/v1/models/unknown--stray")["data"]

    assert (data["leaderboards"], data["official"], data["licence"]) == ([], None, None)
    assert data["entry_kind"] is None


@stored()
def long(record: Record) -> None:
    """A history over two months: there, away, back; editions in several weeks."""
    record.history(
        {
            "2024-06-03": {"Meta/b": 9},
            "2024-06-05": {"OpenAI/a": 10, "Meta/b": 9},
            "2024-06-07": {"Meta/b": 11, "OpenAI/a": 10},
            "2024-06-12": {"Meta/b": 11},
            "2024-06-20": {"Meta/b": 11, "OpenAI/a": 11},
            "2024-07-01": {"Meta/b": 11, "Google/c": 10, "OpenAI/a": 9},
        }
    )


def points(answer: dict[str, Any]) -> list[tuple[str, int, int | None, str]]:
    return [
        (row["edition_date"], row["rank"], row["rank_change"], row["movement"])
        for row in answer["data"]
    ]


def test_a_history_has_a_point_for_each_edition_the_model_stands_in(long: Api) -> None:
    answer = long.get(HISTORY, leaderboard="demo-text")

    assert points(answer) == [
        ("2024-06-05", 1, None, "new"),
        ("2024-06-07", 2, -1, "down"),
        ("2024-06-20", 1, None, "re_entry"),
        ("2024-07-01", 3, -2, "down"),
    ]
    assert [row["gap_to_leader"] for row in answer["data"]] == [0, 1, 0, 2]
    assert [row["percentile"] for row in answer["data"]] == [1, 0, 0.5, 0]
    meta = answer["meta"]
    assert (meta["model"], meta["leaderboard"]) == ("openai--a", "demo-text")
    assert (meta["from"], meta["to"], meta["granularity"]) == (None, "2024-08-01", "edition")
    assert (meta["edition_date"], meta["matched_total"]) == ("2024-07-01", 4)


def test_a_part_of_a_history_knows_what_was_before(long: Api) -> None:
    answer = long.get(HISTORY, leaderboard="demo-text", from_="2024-06-06", to="2024-06-20")

    assert points(answer) == [
        ("2024-06-07", 2, -1, "down"),
        ("2024-06-20", 1, None, "re_entry"),
    ]
    assert answer["meta"]["edition_date"] == "2024-06-20"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param(
            {"granularity": "week"},
            [
                ("2024-06-07", 2, None, "new"),
                ("2024-06-20", 1, None, "re_entry"),
                ("2024-07-01", 3, -2, "down"),
            ],
            id="week",
        ),
        pytest.param(
            {"granularity": "month"},
            [("2024-06-20", 1, None, "new"), ("2024-07-01", 3, -2, "down")],
            id="month",
        ),
        pytest.param(
            {"granularity": "month", "from": "2024-07-01"},
            [("2024-07-01", 3, -2, "down")],
            id="month-before-the-limit",
        ),
        pytest.param(
            {"granularity": "week", "from": "2024-06-06", "to": "2024-06-19"},
            [("2024-06-07", 2, None, "new")],
            id="week-within-limits",
        ),
    ],
)
def test_a_history_can_keep_the_last_edition_of_each_period(
    long: Api, query: dict[str, str], expected: list[tuple[str, int, int | None, str]]
) -> None:
    assert points(long.get(HISTORY, leaderboard="demo-text", **query)) == expected


def test_a_history_knows_what_was_public_then(record: Record, api: Api) -> None:
    record.add(snapshot("2024-07-01", {"OpenAI/a": 10}), published_at="2024-07-01")
    record.add(snapshot("2024-07-02", {"OpenAI/a": 10}), published_at="2024-07-02")
    record.add(snapshot("2024-07-01", {"Meta/b": 12, "OpenAI/a": 10}), published_at="2024-07-09")

    then = api.get(HISTORY, leaderboard="demo-text", known_at="2024-07-05")
    tail = api.get(HISTORY, leaderboard="demo-text", known_at="2024-07-05", from_="2024-07-02")
    now = api.get(HISTORY, leaderboard="demo-text")

    assert [row["rank"] for row in then["data"]] == [1, 1]
    assert [row["rank_change"] for row in tail["data"]] == [0]
    assert [row["rank"] for row in now["data"]] == [2, 1]


def test_before_anything_was_public_there_is_no_history(record: Record, api: Api) -> None:
    record.add(snapshot("2024-07-01", {"OpenAI/a": 10}))

    answer = api.get(HISTORY, leaderboard="demo-text", known_at="2024-01-01", from_="0001-01-01")

    assert (answer["data"], answer["meta"]["edition_date"]) == ([], None)


def test_a_model_has_no_history_where_it_never_stood(known: Api) -> None:
    answer = known.get("/v1/models/unknown--stray/history", leaderboard="demo-text-coding")

    assert (answer["data"], answer["meta"]["edition_date"]) == ([], "2024-07-01")
