"""Histories of a board by organization, by country and by licence."""

from typing import Any

import pytest

from tests.api import Api
from tests.factories import Record
from tests.values import RACE

BOARD = "/v1/leaderboards/demo-text"
FIRST, SECOND, THIRD = RACE


def history(api: Api, table: str, **query: Any) -> list[tuple[str, str, int | None, int]]:  # noqa: ANN401
    key = {"organizations": "organization", "countries": "country", "licenses": "licence"}[table]
    return [
        (
            row["edition_date"],
            row[key]["id"] if isinstance(row[key], dict) else row[key],
            row["best_rank"],
            row["entries"],
        )
        for row in api.get(f"{BOARD}/{table}/history", **query)["data"]
    ]


def test_a_history_has_a_row_for_every_group_of_every_edition(race: Api) -> None:
    assert history(race, "countries") == [
        (FIRST, "CN", 1, 1),
        (FIRST, "US", 2, 2),
        (SECOND, "US", 1, 2),
        (SECOND, "CN", 2, 1),
        (THIRD, "US", 1, 2),
        (THIRD, "CN", 3, 2),
        (THIRD, "FR", 4, 1),
    ]


def test_a_group_that_is_asked_for_is_told_of_when_it_is_absent(race: Api) -> None:
    answer = race.get(f"{BOARD}/countries/history", country="FR,US", top_n=2)

    rows = [
        (r["edition_date"], r["country"], r["best_rank"], r["entry_share"]) for r in answer["data"]
    ]
    assert rows == [
        (FIRST, "US", 2, 0.5),
        (FIRST, "FR", None, 0),
        (SECOND, "US", 1, 0.5),
        (SECOND, "FR", None, 0),
        (THIRD, "US", 1, 1),
        (THIRD, "FR", 4, 0),
    ]
    absent = answer["data"][1]
    assert (absent["best_model"], absent["best_filtered_rank"], absent["entries"]) == (
        None,
        None,
        0,
    )
    assert answer["meta"]["groups"] == ["FR", "US"]


def test_a_history_says_how_concentrated_each_edition_is(race: Api) -> None:
    meta = race.get(f"{BOARD}/organizations/history", top_n=3)["meta"]

    assert [edition["edition_date"] for edition in meta["editions"]] == [FIRST, SECOND, THIRD]
    assert [edition["entries_total"] for edition in meta["editions"]] == [4, 4, 6]
    shares = [edition["concentration"]["unknown_share"] for edition in meta["editions"]]
    assert shares == [0, pytest.approx(1 / 3), 0]


@pytest.mark.parametrize(
    ("query", "dates"),
    [
        pytest.param({"from_": SECOND}, [SECOND, THIRD], id="from"),
        pytest.param({"to": SECOND}, [FIRST, SECOND], id="to"),
        pytest.param({"granularity": "month"}, [SECOND, THIRD], id="month"),
        pytest.param({"to": "2024-01-01"}, [], id="before-any"),
        pytest.param({"known_at": "2024-06-01"}, [FIRST, SECOND], id="known"),
    ],
)
def test_a_part_of_a_history(race: Api, query: dict[str, str], dates: list[str]) -> None:
    answer = race.get(f"{BOARD}/countries/history", country="US", **query)

    assert [row["edition_date"] for row in answer["data"]] == dates
    assert [edition["edition_date"] for edition in answer["meta"]["editions"]] == dates


@pytest.mark.parametrize("table", ["organizations", "countries", "licenses"])
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_make_up_the_whole_history(race: Api, table: str, limit: int) -> None:
    whole = race.get(f"{BOARD}/{table}/history")["data"]

    pages = race.pages(f"{BOARD}/{table}/history", limit=limit)

    assert [row for page in pages for row in page["data"]] == whole


def test_openness_over_time(licensed: Api) -> None:
    rows = licensed.get(f"{BOARD}/licenses/history", by="open_weights")["data"]

    assert [(row["open_weights"], row["entries"]) for row in rows] == [(False, 1), (True, 3)]


def test_an_organization_is_called_what_it_was_called_then(record: Record, api: Api) -> None:
    record.history({"2026-07-08": {"xAI/grok-1": 1}, "2026-07-09": {"SpaceXAI/grok-1": 1}})

    rows = api.get(f"{BOARD}/organizations/history", to="2026-07-31")["data"]
    then = api.get(f"{BOARD}/organizations", as_of="2026-07-08")["data"]
    entries = api.get(f"{BOARD}/standings", as_of="2026-07-08")["data"]

    assert [row["organization"] for row in rows] == [
        {"id": "xai", "name": "xAI", "country": "US"},
        {"id": "xai", "name": "SpaceXAI", "country": "US"},
    ]
    assert [row["organization"]["name"] for row in (*then, *entries)] == ["xAI", "xAI"]
