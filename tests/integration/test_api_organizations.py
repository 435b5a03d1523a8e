"""What the API says of organizations, over all boards."""

from typing import Any

import pytest

from tests.api import Api
from tests.factories import NOW, Record, entry, leaderboard, profile, snapshot
from tests.stores import stored

ALIBABA = "/v1/organizations/alibaba"
CODING = leaderboard("demo-text-coding", family="demo-text", category="coding")


@stored()
def two_boards(record: Record) -> None:
    """Alibaba leads one board for ten days, falls behind, and has never left the other."""
    record.history(
        {
            "2024-05-01": {"Alibaba/qwen-1": 10, "Meta/llama": 9, "OpenAI/gpt": 8, "loner": 1},
            "2024-05-11": {"Meta/llama": 12, "Alibaba/qwen-1": 11, "OpenAI/gpt": 8},
            "2024-07-20": {"Meta/llama": 12, "OpenAI/gpt": 11, "Alibaba/qwen-2": 10},
        }
    )
    record.history({"2024-07-25": {"Alibaba/qwen-1": 5}}, CODING)


def board(answer: dict[str, Any], slug: str) -> dict[str, Any]:
    (row,) = [row for row in answer["data"]["leaderboards"] if row["leaderboard"] == slug]
    return dict(row)


def test_an_organization_is_summed_up_over_all_boards(two_boards: Api) -> None:
    answer = two_boards.get(ALIBABA, top_n=2)

    data = answer["data"]
    assert (data["id"], data["name"], data["country"], data["kind"]) == (
        "alibaba",
        "Alibaba",
        "CN",
        "company",
    )
    assert (data["models"], data["boards"], data["boards_led"], data["best_rank"]) == (2, 2, 1, 1)
    assert [row["leaderboard"] for row in data["leaderboards"]] == ["demo-text-coding", "demo-text"]
    assert data["newest_debut"] == {
        "model": {"id": "alibaba--qwen-2", "name": "qwen-2"},
        "leaderboard": "demo-text",
        "edition_date": "2024-07-20",
    }
    assert answer["meta"]["attribution"][0]["source"] == "demo"
    assert answer["links"]["models"] == "/v1/models?organization=alibaba"


def test_a_row_says_how_it_stands_and_how_long_it_led(two_boards: Api) -> None:
    row = board(two_boards.get(ALIBABA, top_n=2), "demo-text")

    assert (row["best_rank"], row["best_model"]["id"]) == (3, "alibaba--qwen-2")
    assert (row["entries"], row["entries_in_top_n"]) == (1, 0)
    assert (row["entry_share"], row["weighted_share"]) == (0, 0)
    assert (row["days_as_leader"], row["days_as_leader_in_window"]) == (10, 8)
    assert row["newest_debut"]["model"]["id"] == "alibaba--qwen-2"


def test_a_change_compares_with_the_windows_start(two_boards: Api) -> None:
    answer = two_boards.get(ALIBABA, window="P90D", top_n=2)

    meta = answer["meta"]
    assert (meta["as_of"], meta["window"], meta["window_start"]) == (
        "2024-08-01",
        "P90D",
        "2024-05-03",
    )
    change = board(answer, "demo-text")["change"]
    assert change["compared_edition"]["edition_date"] == "2024-05-01"
    assert (change["previous_best_rank"], change["best_rank"]) == (1, -2)
    assert (change["entries"], change["entries_in_top_n"]) == (0, -1)
    assert change["entry_share"] == -0.5
    assert change["weighted_share"] == pytest.approx(-2 / 3)


def test_a_board_that_is_younger_than_the_window_has_no_change(two_boards: Api) -> None:
    change = board(two_boards.get(ALIBABA), "demo-text-coding")["change"]

    assert set(change.values()) == {None}


def test_on_a_new_board_an_old_model_is_a_debut_there_only(two_boards: Api) -> None:
    answer = two_boards.get(ALIBABA)

    there = board(answer, "demo-text-coding")["newest_debut"]
    assert (there["model"]["id"], there["edition_date"]) == ("alibaba--qwen-1", "2024-07-25")
    assert answer["data"]["newest_debut"]["model"]["id"] == "alibaba--qwen-2"


def test_of_several_debuts_of_one_day_the_first_by_id_is_told(record: Record, api: Api) -> None:
    record.history({"2024-07-01": {"Alibaba/b": 10, "Alibaba/a.1": 9, "Alibaba/a-2": 8}})

    data = api.get(ALIBABA)["data"]

    assert data["newest_debut"]["model"]["id"] == "alibaba--a-2"
    assert data["leaderboards"][0]["newest_debut"]["model"]["id"] == "alibaba--a-2"


def test_a_summary_can_be_asked_for_of_the_past(two_boards: Api) -> None:
    data = two_boards.get(ALIBABA, as_of="2024-05-06", window="P7D")["data"]

    (row,) = data["leaderboards"]
    assert (row["best_rank"], row["days_as_leader"]) == (1, 5)
    assert data["boards"] == 1


def test_before_its_first_entry_there_is_nothing_to_sum_up(two_boards: Api) -> None:
    data = two_boards.get(ALIBABA, as_of="2020-01-01")["data"]

    assert (data["leaderboards"], data["best_rank"], data["newest_debut"]) == ([], None, None)


def test_an_organization_that_left_a_board_keeps_its_row(record: Record, api: Api) -> None:
    record.history({"2024-07-01": {"Alibaba/qwen": 10}, "2024-07-08": {"Meta/llama": 11}})

    row = board(api.get(ALIBABA), "demo-text")

    assert (row["best_rank"], row["best_model"], row["entries"]) == (None, None, 0)
    assert (row["entry_share"], row["days_as_leader"]) == (0, 7)


@stored()
def community(record: Record) -> None:
    """A fine-tune of the community stands above the official models."""
    entries = [
        entry("w/tuned", 50, of=profile(namespace="w", official=False)),
        entry("Qwen/q", 40, of=profile(namespace="Qwen", official=True)),
        entry("meta-llama/l", 30, of=profile(namespace="meta-llama", official=True)),
        entry("Qwen/tuned", 20, of=profile(namespace="Qwen", official=False)),
    ]
    record.add(snapshot("2024-07-01", entries))


def test_official_entries_count_and_the_top_is_taken_among_them(community: Api) -> None:
    row = board(community.get(ALIBABA, top_n=1), "demo-text")

    assert (row["best_rank"], row["best_filtered_rank"], row["entries"]) == (2, 1, 1)
    assert (row["entries_in_top_n"], row["entry_share"], row["weighted_share"]) == (1, 1, 1)
    assert row["days_as_leader"] == (NOW.date() - NOW.date().replace(month=7, day=1)).days


def test_the_community_counts_when_asked_for(community: Api) -> None:
    row = board(community.get(ALIBABA, top_n=1, include_community="true"), "demo-text")

    assert (row["best_rank"], row["best_filtered_rank"], row["entries"]) == (2, 2, 2)
    assert (row["entries_in_top_n"], row["entry_share"], row["days_as_leader"]) == (0, 0, 0)


def test_a_board_without_entries_that_count_has_no_shares(record: Record, api: Api) -> None:
    entries = [entry("w/tuned", 50, of=profile(namespace="w", official=False))]
    record.add(snapshot("2024-07-01", entries))

    row = board(api.get("/v1/organizations/w"), "demo-text")

    assert (row["entries"], row["entry_share"], row["weighted_share"]) == (0, None, None)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param({"q": "alibaba"}, ["alibaba"], id="id"),
        pytest.param({"q": "ALLEN Institute"}, ["ai2"], id="name"),
        pytest.param({"country": "il"}, ["ai21"], id="country"),
        pytest.param({"country": "BQ"}, [], id="country-without-makers"),
        pytest.param({"country": "GB", "kind": "university"}, [], id="kind"),
        pytest.param({"q": "xai"}, ["xai"], id="a-name-of-the-past"),
    ],
)
def test_organizations_can_be_searched(
    two_boards: Api, query: dict[str, str], expected: list[str]
) -> None:
    answer = two_boards.get("/v1/organizations", **query)

    assert [row["id"] for row in answer["data"]][: len(expected) or None] == expected


def test_an_organization_in_the_list_says_how_many_models_it_made(two_boards: Api) -> None:
    (row,) = two_boards.get("/v1/organizations", q="alibaba")["data"]

    assert row == {
        "id": "alibaba",
        "name": "Alibaba",
        "country": "CN",
        "kind": "company",
        "homepage": "https://www.alibabagroup.com",
        "reviewed": True,
        "models": 2,
        "boards": 2,
        "best_rank": 1,
    }
