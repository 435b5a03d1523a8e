"""What the API says of leaderboards and their editions."""

from typing import Any

import pytest

from app.domain.leaderboard import BoardKind
from tests.api import Api
from tests.factories import Record, entry, leaderboard, snapshot, source_info
from tests.stores import stored

EDITIONS = "/v1/leaderboards/demo-text/editions"


@stored()
def boards(record: Record) -> None:
    """Three boards of two sources; one is of the past."""
    record.history({"2024-07-01": {"OpenAI/a": 10, "Meta/b": 9}, "2024-07-08": {"Meta/b": 11}})
    coding = leaderboard("demo-text-coding", family="demo-text", category="coding")
    record.history({"2024-07-08": {"OpenAI/a": 10}}, coding)
    other = record.of(source_info("old_one", archived=True))
    bench = leaderboard("old-one-average", kind=BoardKind.BENCHMARK, unit="percent")
    other.history({"2023-01-01": {"Google/c": 1}}, bench)


def ids(answer: dict[str, Any]) -> list[str]:
    return [row["id"] for row in answer["data"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param({}, ["demo-text", "demo-text-coding", "old-one-average"], id="all"),
        pytest.param({"source": "demo"}, ["demo-text", "demo-text-coding"], id="source"),
        pytest.param({"source": "Old-One"}, ["old-one-average"], id="source-spelled-otherwise"),
        pytest.param({"family": "demo-text"}, ["demo-text", "demo-text-coding"], id="family"),
        pytest.param({"kind": "benchmark"}, ["old-one-average"], id="kind"),
        pytest.param({"status": "archived"}, ["old-one-average"], id="status"),
        pytest.param({"q": "CODING"}, ["demo-text-coding"], id="text"),
        pytest.param({"q": "%"}, [], id="text-is-no-pattern"),
        pytest.param({"family": "demo-text", "kind": "agentic"}, [], id="none"),
    ],
)
def test_boards_can_be_filtered(boards: Api, query: dict[str, str], expected: list[str]) -> None:
    assert ids(boards.get("/v1/leaderboards", **query)) == expected


def test_a_board_in_the_list_says_how_far_it_reaches(boards: Api) -> None:
    row = boards.get("/v1/leaderboards", q="coding")["data"][0]

    assert (row["family"], row["category"], row["unit"]) == ("demo-text", "coding", "elo")
    assert (row["first_edition_date"], row["newest_edition_date"], row["editions"]) == (
        "2024-07-08",
        "2024-07-08",
        1,
    )


@pytest.mark.parametrize(
    ("query", "suggestion"),
    [
        pytest.param({"source": "dem"}, "demo", id="source"),
        pytest.param({"family": "demotext"}, "demo-text", id="family"),
    ],
)
def test_an_unknown_filter_is_no_empty_answer(
    boards: Api, query: dict[str, str], suggestion: str
) -> None:
    problem = boards.problem("/v1/leaderboards", 404, **query)

    assert problem["suggestions"][0] == suggestion
    assert problem["errors"][0]["parameter"] == next(iter(query))


def test_a_board_says_who_leads_it_and_how_much_of_it_there_is(boards: Api) -> None:
    answer = boards.get("/v1/leaderboards/demo-text")

    data = answer["data"]
    assert (data["editions"], data["models"], data["status"]) == (2, 2, "active")
    assert data["newest_edition"]["edition_date"] == "2024-07-08"
    assert (data["leader"]["model"]["id"], data["leader"]["score"]) == ("meta--b", 11)
    assert data["co_leaders"] == []
    assert answer["meta"]["attribution"]["source"] == "demo"
    assert answer["links"]["standings"] == "/v1/leaderboards/demo-text/standings"
    assert answer["links"]["source"] == "/v1/sources/demo"


def test_who_ties_with_the_leader_leads_too(record: Record, api: Api) -> None:
    record.add(snapshot("2024-07-01", {"OpenAI/b": 10, "Meta/a": 10, "xAI/c": 9}))

    data = api.get("/v1/leaderboards/demo-text")["data"]

    assert data["leader"]["model"]["id"] == "meta--a"
    assert [leader["model"]["id"] for leader in data["co_leaders"]] == ["openai--b"]


def test_a_board_with_only_future_editions_has_no_leader_yet(record: Record, api: Api) -> None:
    record.add(snapshot("2024-12-24", {"OpenAI/a": 10}))

    data = api.get("/v1/leaderboards/demo-text")["data"]

    assert (data["leader"], data["newest_edition"], data["editions"]) == (None, None, 1)


def test_every_publication_of_an_edition_is_listed(record: Record, api: Api) -> None:
    record.add(snapshot("2024-07-01", [entry("a", 10)]), published_at="2024-07-01")
    record.add(snapshot("2024-07-02", [entry("a", 11)]), published_at="2024-07-03")
    record.add(snapshot("2024-07-02", [entry("a", 12)]), published_at="2024-07-08")

    answer = api.get(EDITIONS)

    rows = [
        (row["edition_date"], row["published_at"], row["in_force"], row["restatements"])
        for row in answer["data"]
    ]
    assert rows == [
        ("2024-07-02", "2024-07-08T12:00:00Z", True, 1),
        ("2024-07-02", "2024-07-03T12:00:00Z", False, 1),
        ("2024-07-01", "2024-07-01T12:00:00Z", True, 0),
    ]
    assert answer["meta"]["edition_date"] == "2024-07-02"
    assert [row["leader_score"] for row in answer["data"]] == [12, 11, 10]


def test_a_partial_snapshot_says_why(record: Record, api: Api) -> None:
    full = {f"OpenAI/m{i}": float(i) for i in range(30)}
    part = {f"OpenAI/m{i}": float(i) for i in range(21, 30)}
    record.history({"2024-07-01": full, "2024-07-02": part, "2024-07-03": full})

    rows = {row["edition_date"]: row for row in api.get(EDITIONS)["data"]}

    partial = rows["2024-07-02"]
    assert (partial["status"], partial["in_force"]) == ("partial", False)
    assert partial["status_reason"]
    assert rows["2024-07-03"]["status_reason"] is None


def test_later_pages_say_which_editions_were_in_force_when_the_first_was_asked_for(
    record: Record, api: Api
) -> None:
    record.history({"2024-07-01": {"Meta/b": 1}, "2024-07-08": {"Meta/b": 2}})
    page = api.get(EDITIONS, limit=1)

    record.add(snapshot("2024-07-01", {"Meta/b": 3}), published_at="2024-07-09T00:00:00+00:00")
    rest = api.get(EDITIONS, cursor=page["meta"]["next_cursor"])["data"]
    now = api.get(EDITIONS)["data"]

    def in_force(rows: list[dict[str, Any]]) -> list[tuple[str, bool]]:
        return [(row["edition_date"], row["in_force"]) for row in rows]

    assert in_force(page["data"] + rest) == [("2024-07-08", True), ("2024-07-01", True)]
    assert in_force(now) == [("2024-07-08", True), ("2024-07-01", True), ("2024-07-01", False)]
    assert [row["leader_score"] for row in rest + now[1:]] == [1, 3, 1]
