"""Who led a board when."""

import pytest

from tests.api import Api, Body
from tests.factories import Record, entry, leaderboard, snapshot
from tests.stores import stored

LEADERS = "/v1/leaderboards/demo-text/leaders"


def told(rows: list[Body], key: str = "model") -> list[tuple[object, ...]]:
    return [
        (row[key]["id"] if isinstance(row[key], dict) else row[key], row["from"], row["to"])
        for row in rows
    ]


@stored()
def contest(record: Record) -> None:
    """A lead that changes hands within a maker, then between countries, and is shared once."""
    record.history(
        {
            "2024-05-01": {"OpenAI/gpt-1": 10, "Alibaba/qwen": 8},
            "2024-05-11": {"OpenAI/gpt-2": 12, "OpenAI/gpt-1": 10, "Alibaba/qwen": 9},
            "2024-06-01": {"OpenAI/gpt-2": 12, "Alibaba/qwen": 12},
            "2024-06-11": {"Alibaba/qwen": 13, "OpenAI/gpt-2": 12},
        }
    )


def test_reigns_come_in_order(contest: Api) -> None:
    answer = contest.get(LEADERS)

    assert told(answer["data"]) == [
        ("openai--gpt-1", "2024-05-01", "2024-05-11"),
        ("openai--gpt-2", "2024-05-11", "2024-06-11"),
        ("alibaba--qwen", "2024-06-11", None),
    ]
    first, second, last = answer["data"]
    assert (first["days"], first["editions"]) == (10, 1)
    assert (second["margin_at_start"], second["margin_at_end"]) == (2, 0)
    assert second["co_leaders"] == [
        {"model": {"id": "alibaba--qwen", "name": "qwen"}, "editions": 1}
    ]
    assert (last["days"], last["organization"]["id"]) == (51, "alibaba")
    meta = answer["meta"]
    assert (meta["editions"], meta["matched_total"], meta["by"]) == (4, 3, "model")
    assert meta["edition_date"] == "2024-06-11"


def test_successive_leaders_of_one_maker_are_one_reign(contest: Api) -> None:
    rows = contest.get(LEADERS, by="organization")["data"]

    assert told(rows, "organization") == [
        ("openai", "2024-05-01", "2024-06-11"),
        ("alibaba", "2024-06-11", None),
    ]
    assert [model["id"] for model in rows[0]["models"]] == ["openai--gpt-1", "openai--gpt-2"]
    assert (rows[0]["margin_at_start"], rows[0]["margin_at_end"]) == (2, 0)
    assert rows[0]["co_leaders"][0]["organization"]["id"] == "alibaba"


def test_countries_reign_too(contest: Api) -> None:
    rows = contest.get(LEADERS, by="country")["data"]

    assert told(rows, "country") == [
        ("US", "2024-05-01", "2024-06-11"),
        ("CN", "2024-06-11", None),
    ]
    assert rows[0]["co_leaders"] == [{"country": "CN", "editions": 1}]


def test_days_as_leader_of_tables_are_those_of_the_reigns(contest: Api) -> None:
    table = contest.get("/v1/leaderboards/demo-text/organizations")["data"]
    reigns = contest.get(LEADERS, by="organization")["data"]

    assert {row["organization"]["id"]: row["days_as_leader"] for row in table} == {
        row["organization"]["id"]: row["days"] for row in reigns
    }
    filtered = contest.get("/v1/leaderboards/demo-text/organizations", known_at="2024-08-01")
    assert [row["days_as_leader"] for row in filtered["data"]] == [
        row["days_as_leader"] for row in table
    ]


def test_of_makers_nobody_knows_the_models_are_told(record: Record, api: Api) -> None:
    record.history({"2024-05-01": {"loner": 3, "OpenAI/gpt": 2}})

    [reign] = api.get(LEADERS, by="organization")["data"]

    assert reign["organization"] is None
    assert [model["name"] for model in reign["models"]] == ["loner"]
    assert api.get(LEADERS, by="country")["data"][0]["country"] is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param({"from": "2024-05-11"}, ["gpt-2", "qwen"], id="after-the-first-had-ended"),
        pytest.param({"from": "2024-05-10"}, ["gpt-1", "gpt-2", "qwen"], id="while-it-lasted"),
        pytest.param({"to": "2024-05-20"}, ["gpt-1", "gpt-2"], id="until-a-date"),
        pytest.param({"to": "2024-04-01"}, [], id="before-any-edition"),
        pytest.param({"country": "CN"}, ["qwen"], id="among-some"),
        pytest.param({"organization": "OpenAI"}, ["gpt-1", "gpt-2"], id="of-a-maker"),
        pytest.param({"official": "false"}, [], id="of-nobody"),
        pytest.param({"known_at": "2024-05-12"}, ["gpt-1", "gpt-2"], id="as-known-then"),
    ],
)
def test_what_is_asked_for_is_told(
    contest: Api, query: dict[str, str], expected: list[str]
) -> None:
    answer = contest.get(LEADERS, **query)

    assert [row["model"]["name"] for row in answer["data"]] == expected
    assert (answer["meta"]["edition_date"] is None) is (query == {"to": "2024-04-01"})


def test_an_open_reign_lasts_until_the_moment_asked_for(contest: Api) -> None:
    *_, last = contest.get(LEADERS, to="2024-05-20")["data"]
    *_, future = contest.get(LEADERS, to="2030-01-01")["data"]

    assert (last["to"], last["days"]) == (None, 9)
    assert future["days"] == 51


def test_pages_make_up_all_reigns(contest: Api) -> None:
    pages = list(contest.pages(LEADERS, limit=1))

    assert [row["model"]["name"] for page in pages for row in page["data"]] == [
        "gpt-1",
        "gpt-2",
        "qwen",
    ]


def test_whom_intervals_cannot_tell_from_the_leader_leads_with_it(record: Record, api: Api) -> None:
    board = leaderboard("demo-text", higher_is_better=False)
    rows = [
        entry("best", 1.0, lower=0.5, upper=1.5),
        entry("near", 1.6, lower=1.4, upper=1.8),
        entry("far", 2.0, lower=1.9, upper=2.1),
    ]
    record.add(snapshot("2024-05-01", rows, board))

    [reign] = api.get(LEADERS)["data"]

    assert (reign["model"]["name"], reign["margin_at_end"]) == ("best", 0.6)
    assert [one["model"]["name"] for one in reign["co_leaders"]] == ["near"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        pytest.param({"by": "licence"}, 422, id="by-something-else"),
        pytest.param({"from": "2024-06-01", "to": "2024-05-01"}, 422, id="the-wrong-way-round"),
        pytest.param({"organization": "nobody"}, 404, id="nobody"),
    ],
)
def test_what_cannot_be_asked_is_refused(contest: Api, query: dict[str, str], status: int) -> None:
    contest.problem(LEADERS, status, **query)


def test_what_two_unknown_makers_did_is_nobodys_reign(record: Record, api: Api) -> None:
    record.history(
        {
            "2024-05-01": {"one": 3, "two": 2.5, "OpenAI/gpt": 1},
            "2024-05-11": {"two": 4, "one": 3, "OpenAI/gpt": 1},
            "2024-05-21": {"New Lab/a": 6, "two": 4, "one": 3},
        }
    )

    for by in ("organization", "country"):
        rows = api.get(LEADERS, by=by)["data"]
        assert [model["name"] for row in rows for model in row["models"]] == ["one", "two", "a"]
        assert [row["margin_at_start"] for row in rows] == [0.5, 1, 2]
    assert [row["country"] for row in rows] == [None] * 3


def test_without_intervals_nobody_can_say_who_led_with_it(contest: Api, record: Record) -> None:
    rows = contest.get(LEADERS)["data"]
    record.add(
        snapshot(
            "2024-06-21",
            [
                entry("qwen", 13, lower=12, upper=14, of="Alibaba"),
                entry("gpt-2", 12, lower=11, upper=13, of="OpenAI"),
            ],
        )
    )
    later = contest.get(LEADERS)

    assert [row["co_leaders"] is None for row in rows] == [True, False, True]
    assert [row["co_leaders_total"] for row in rows] == [None, 1, None]
    last = later["data"][-1]
    assert (last["editions"], last["editions_with_intervals"]) == (2, 1)
    assert [one["model"]["name"] for one in last["co_leaders"]] == ["gpt-2"]
    assert (later["meta"]["editions"], later["meta"]["editions_with_intervals"]) == (5, 1)
    assert later["meta"]["leaderboard_status"] == "active"


def test_of_many_co_leaders_the_most_frequent_are_told(record: Record, api: Api) -> None:
    rows = [entry(f"m{number:02}", 100 - number, lower=0, upper=200) for number in range(30)]
    record.add(snapshot("2024-05-01", rows))

    [reign] = api.get(LEADERS)["data"]

    assert (len(reign["co_leaders"]), reign["co_leaders_total"]) == (20, 29)
