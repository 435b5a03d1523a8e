"""What the API says of standings: which edition, which entries, which places."""

from typing import Any

import pytest

from tests.api import Api
from tests.factories import Record, entry, leaderboard, profile, snapshot, source_info
from tests.stores import stored

PATH = "/v1/leaderboards/demo-text/standings"


def ranks(answer: dict[str, Any]) -> list[tuple[int, str]]:
    return [(row["rank"], row["model"]["id"]) for row in answer["data"]]


def test_standings_name_their_edition_and_their_source(record: Record, api: Api) -> None:
    record.add(snapshot("2024-07-01", {"Alibaba/a": 10, "Meta/b": 9}))

    answer = api.get(PATH, as_of="2024-07-13")

    assert ranks(answer) == [(1, "alibaba--a"), (2, "meta--b")]
    meta = answer["meta"]
    assert (meta["leaderboard"], meta["edition_date"]) == ("demo-text", "2024-07-01")
    assert (meta["published_at"], meta["captured_at"]) == (
        "2024-07-01T12:00:00Z",
        "2024-08-01T12:00:00Z",
    )
    assert (meta["entries_total"], meta["matched_total"], meta["as_of"]) == (2, 2, "2024-07-13")
    assert meta["attribution"]["source"] == "demo"
    assert meta["attribution"]["licence"] == "CC BY 4.0"
    assert meta["attribution"]["link"] == "https://demo.example"


@pytest.mark.parametrize(
    ("as_of", "leader"),
    [
        pytest.param("2024-07-01", "alibaba--a", id="its-own-date"),
        pytest.param("2024-07-04", "alibaba--a", id="until-the-next"),
        pytest.param("2024-07-05", "meta--b", id="the-next"),
        pytest.param("2024-07-05T23:30:00-02:00", "meta--b", id="instant"),
        pytest.param("2024-07-05T00:30:00+02:00", "alibaba--a", id="instant-by-its-utc-date"),
        pytest.param("9999-12-31", "meta--b", id="far-future"),
    ],
)
def test_an_edition_holds_until_the_next(record: Record, api: Api, as_of: str, leader: str) -> None:
    record.history({"2024-07-01": {"Alibaba/a": 10}, "2024-07-05": {"Meta/b": 11}})

    assert ranks(api.get(PATH, as_of=as_of)) == [(1, leader)]


@pytest.mark.parametrize("as_of", ["2024-06-30", "1969-07-20", "0001-01-01"])
def test_before_the_first_edition_there_is_an_empty_list(
    record: Record, api: Api, as_of: str
) -> None:
    record.add(snapshot("2024-07-01", {"Alibaba/a": 10}))

    answer = api.get(PATH, as_of=as_of)

    assert answer["data"] == []
    meta = answer["meta"]
    assert (meta["edition_date"], meta["snapshot_id"], meta["entries_total"]) == (None, None, None)
    assert (meta["matched_total"], meta["first_edition_date"]) == (0, "2024-07-01")


def test_a_restated_edition_is_known_as_it_was_then(record: Record, api: Api) -> None:
    record.add(snapshot("2024-07-02", {"OpenAI/a": 10}), published_at="2024-07-03T04:00:00+00:00")
    record.add(
        snapshot("2024-07-02", {"OpenAI/a": 10, "Meta/b": 12}),
        published_at="2024-07-08T04:00:00+00:00",
    )

    def known(at: str) -> list[tuple[int, str]]:
        return ranks(api.get(PATH, as_of="2024-07-09", known_at=at))

    assert ranks(api.get(PATH)) == [(1, "meta--b"), (2, "openai--a")]
    assert known("2024-07-07") == [(1, "openai--a")]
    assert known("2024-07-08") == [(1, "meta--b"), (2, "openai--a")]
    assert known("2024-07-08T04:00:00Z") == [(1, "meta--b"), (2, "openai--a")]
    assert known("2024-07-08T03:59:59Z") == [(1, "openai--a")]
    assert known("2024-07-02") == []


def test_a_partial_snapshot_has_to_be_asked_for(record: Record, api: Api) -> None:
    full = {f"OpenAI/m{i}": float(i) for i in range(30)}
    part = {f"OpenAI/m{i}": float(i) for i in range(21, 30)}
    record.history({"2024-07-01": full, "2024-07-02": part, "2024-07-03": full})

    whole = api.get(PATH, as_of="2024-07-02")
    partial = api.get(PATH, as_of="2024-07-02", include_partial="true")

    assert (whole["meta"]["edition_date"], whole["meta"]["status"]) == ("2024-07-01", "complete")
    assert (partial["meta"]["edition_date"], partial["meta"]["status"]) == ("2024-07-02", "partial")
    assert partial["meta"]["entries_total"] == 9


@stored()
def mixed(record: Record) -> None:
    entries = [
        entry("w/big", 50, of=profile(namespace="w", official=False, parameters_b=70.0)),
        entry("Qwen/two", 40, of=profile(namespace="Qwen", official=True, parameters_b=72.7)),
        entry("Qwen/one", 30, of=profile(namespace="Qwen", official=True, parameters_b=7.0)),
        entry("meta-llama/l", 30, of=profile(namespace="meta-llama", official=True)),
    ]
    record.add(snapshot("2024-07-01", entries))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param({"official": "true"}, [(2, 1), (3, 2), (3, 2)], id="official"),
        pytest.param({"official": "false"}, [(1, 1)], id="community"),
        pytest.param({"organization": "alibaba"}, [(2, 1), (3, 2)], id="organization"),
        pytest.param({"organization": "qwen"}, [(2, 1), (3, 2)], id="organization-by-spelling"),
        pytest.param({"country": "cn"}, [(2, 1), (3, 2)], id="country"),
        pytest.param({"country": "BR"}, [], id="country-without-models"),
        pytest.param({"max_parameters": 70}, [(1, 1), (3, 2)], id="at-most-so-large"),
        pytest.param({"open_weights": "false"}, [], id="closed"),
        pytest.param({"official": "true", "country": "US"}, [(3, 1)], id="both"),
    ],
)
def test_a_filter_selects_and_keeps_the_places_on_the_board(
    mixed: Api, query: dict[str, Any], expected: list[tuple[int, int]]
) -> None:
    answer = mixed.get(PATH, **query)

    assert [(row["rank"], row["filtered_rank"]) for row in answer["data"]] == expected
    assert answer["meta"]["matched_total"] == len(expected)
    assert answer["meta"]["entries_total"] == 4


def test_without_a_filter_there_is_no_filtered_rank(mixed: Api) -> None:
    assert all("filtered_rank" not in row for row in mixed.get(PATH)["data"])


def test_an_entry_says_how_it_stands(record: Record, api: Api) -> None:
    record.add(
        snapshot(
            "2024-07-01",
            [
                entry("a", 1200, lower=1190, upper=1210, votes=9, published_rank=1, of="OpenAI"),
                entry("b", 1195, lower=1185, upper=1205, votes=8, published_rank=1, of="Meta"),
                entry("c", 1100, lower=1090, upper=1110, votes=7, published_rank=3, of="Meta"),
                entry("d", 1100),
            ],
        )
    )

    rows = {row["printed_name"]: row for row in api.get(PATH)["data"]}

    assert {n: (r["rank_lower"], r["rank_upper"]) for n, r in rows.items()} == {
        "a": (1, 2),
        "b": (1, 2),
        "c": (3, 4),
        "d": (None, None),
    }
    assert [rows[n]["percentile"] for n in "abcd"] == pytest.approx([1, 2 / 3, 1 / 6, 1 / 6])
    assert [rows[n]["gap_to_leader"] for n in "abcd"] == [0, 5, 100, 100]
    assert (rows["b"]["votes"], rows["b"]["published_rank"]) == (8, 1)
    assert rows["d"]["organization"] is None
    assert rows["a"]["organization"] == {"id": "openai", "name": "OpenAI", "country": "US"}


def test_where_less_is_better_the_gap_is_what_is_too_much(record: Record, api: Api) -> None:
    board = leaderboard("demo-errors", higher_is_better=False)
    record.add(snapshot("2024-07-01", {"OpenAI/a": 1.5, "Meta/b": 4.0}, board))

    rows = api.get("/v1/leaderboards/demo-errors/standings")["data"]

    assert [(row["rank"], row["gap_to_leader"]) for row in rows] == [(1, 0), (2, 2.5)]


def test_entries_say_how_they_moved_since_the_edition_before(record: Record, api: Api) -> None:
    record.history(
        {
            "2024-07-01": {"OpenAI/a": 10, "Meta/b": 9, "Google/c": 8},
            "2024-07-02": {"OpenAI/a": 10, "Meta/b": 9},
            "2024-07-03": {"Meta/b": 11, "OpenAI/a": 10, "Google/c": 9, "Cohere/d": 8},
        }
    )

    answer = api.get(PATH)

    assert answer["meta"]["compared_edition"]["edition_date"] == "2024-07-02"
    moved = {
        row["printed_name"]: (row["movement"], row["previous_rank"], row["rank_change"])
        for row in answer["data"]
    }
    assert moved == {
        "b": ("up", 2, 1),
        "a": ("down", 1, -1),
        "c": ("re_entry", None, None),
        "d": ("new", None, None),
    }
    assert [row["score_change"] for row in answer["data"]] == [2, 0, None, None]


def test_movements_can_be_measured_from_another_date(record: Record, api: Api) -> None:
    record.history(
        {
            "2024-07-01": {"OpenAI/a": 10, "Meta/b": 9, "Google/c": 8},
            "2024-07-02": {"OpenAI/a": 10, "Meta/b": 9},
            "2024-07-03": {"OpenAI/a": 10, "Meta/b": 9, "Google/c": 11},
        }
    )

    answer = api.get(PATH, compare_to="2024-07-01")

    meta = answer["meta"]
    assert (meta["compare_to"], meta["compared_edition"]["edition_date"]) == (
        "2024-07-01",
        "2024-07-01",
    )
    assert [row["rank_change"] for row in answer["data"]] == [2, -1, -1]


def test_in_a_first_edition_everything_is_new(record: Record, api: Api) -> None:
    record.add(snapshot("2024-07-01", {"OpenAI/a": 10, "Meta/b": 9}))

    answer = api.get(PATH)

    assert [row["movement"] for row in answer["data"]] == ["new", "new"]
    assert answer["meta"]["compared_edition"] is None


def test_a_board_may_belong_to_any_source(record: Record, api: Api) -> None:
    other = record.of(source_info("other"))
    other.add(snapshot("2024-07-01", {"OpenAI/a": 1}, leaderboard("other-text")))

    meta = api.get("/v1/leaderboards/other-text/standings")["meta"]

    assert meta["attribution"]["source"] == "other"


def test_what_was_told_of_an_edition_changes_nothing_that_is_told_of_it_later(
    record: Record, api: Api
) -> None:
    record.history(
        {
            "2024-07-01": {"Alibaba/a": 10, "Meta/b": 9},
            "2024-07-03": {"Meta/b": 12, "Alibaba/a": 11},
            "2024-07-05": {"Alibaba/a": 14, "Meta/b": 13, "OpenAI/c": 12},
        }
    )

    def told(**question: str) -> list[tuple[Any, ...]]:
        rows = api.get(PATH, **question)["data"]
        parts = ("movement", "previous_rank", "rank_change", "score_change", "filtered_rank")
        return [tuple(row.get(part) for part in parts) for row in rows]

    of_two_days = [("up", 2, 1, 3, None), ("down", 1, -1, 1, None), ("new", *[None] * 4)]
    of_four_days = [("same", 1, 0, 4, None), ("same", 2, 0, 4, None), ("new", *[None] * 4)]
    assert told() == of_two_days
    assert told(organization="meta") == [("down", 1, -1, 1, 1)]
    assert told(compare_to="2024-07-01") == of_four_days
    assert told(compare_to="2024-06-30") == [("new", *[None] * 4)] * 3
    assert told() == of_two_days
