"""The progression of the best score ever."""

import pytest

from app.api.routers.records import NOTE
from tests.api import Api, Body
from tests.factories import Record, entry, leaderboard, snapshot
from tests.stores import stored

RECORDS = "/v1/leaderboards/demo-text/records"


def told(rows: list[Body]) -> list[tuple[str, str, float]]:
    return [(row["edition_date"], row["model"]["name"], row["score"]) for row in rows]


@stored()
def race(record: Record) -> None:
    """A record is set, equalled, missed, and beaten twice, the last time by who held it."""
    record.history(
        {
            "2024-05-01": {"OpenAI/gpt": 10, "Alibaba/qwen": 8},
            "2024-05-11": {"Meta/llama": 10, "Alibaba/qwen": 9},
            "2024-05-21": {"Meta/llama": 9, "Alibaba/qwen": 9},
            "2024-06-01": {"Alibaba/qwen": 10.7, "Meta/llama": 9},
            "2024-06-11": {"Alibaba/qwen": 12, "Meta/llama": 9},
        }
    )


ALL = [("2024-05-01", "gpt", 10), ("2024-06-01", "qwen", 10.7), ("2024-06-11", "qwen", 12)]


def test_a_record_beats_all_before_it(race: Api) -> None:
    answer = race.get(RECORDS)

    rows = answer["data"]
    assert told(rows) == ALL
    assert [row["margin"] for row in rows] == [None, 0.7, 1.3]
    assert [row["days_since_previous"] for row in rows] == [None, 31, 10]
    assert rows[1]["organization"]["id"] == "alibaba"
    meta = answer["meta"]
    assert (meta["editions"], meta["matched_total"], meta["days_since_newest"]) == (5, 3, 51)
    assert meta["edition_date"] == "2024-06-11"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param({"from": "2024-06-01"}, ALL[1:], id="set-since"),
        pytest.param({"from": "2024-07-01"}, [], id="none-since"),
        pytest.param({"to": "2024-05-30"}, ALL[:1], id="until-a-date"),
        pytest.param({"to": "2024-01-01"}, [], id="before-any-edition"),
        pytest.param({"known_at": "2024-06-05"}, ALL[:2], id="as-known-then"),
        pytest.param(
            {"organization": "alibaba", "to": "2024-05-30"},
            [("2024-05-01", "qwen", 8), ("2024-05-11", "qwen", 9)],
            id="of-a-maker",
        ),
        pytest.param(
            {"organization": "meta"},
            [("2024-05-11", "llama", 10)],
            id="of-who-came-later",
        ),
        pytest.param({"official": "false"}, [], id="of-nobody"),
    ],
)
def test_what_is_asked_for_is_told(
    race: Api, query: dict[str, str], expected: list[tuple[str, str, float]]
) -> None:
    answer = race.get(RECORDS, **query)

    assert told(answer["data"]) == expected
    assert answer["meta"]["matched_total"] == len(expected)


def test_without_a_record_none_has_stood(race: Api) -> None:
    assert race.get(RECORDS, official="false")["meta"]["days_since_newest"] is None
    assert race.get(RECORDS, from_="2024-07-01")["meta"]["days_since_newest"] == 51
    assert race.get(RECORDS, to="2024-06-05")["meta"]["days_since_newest"] == 4


def test_a_record_comes_with_the_interval_of_its_score(record: Record, api: Api) -> None:
    board = leaderboard("demo-text", higher_is_better=False, unit="seconds")
    record.add(snapshot("2024-05-01", [entry("slow", 9)], board))
    record.add(
        snapshot("2024-05-02", [entry("fast", 2, lower=1, upper=4), entry("slow", 9)], board)
    )

    answer = api.get(RECORDS)

    assert told(answer["data"]) == [("2024-05-01", "slow", 9), ("2024-05-02", "fast", 2)]
    assert [(row["score_lower"], row["score_upper"]) for row in answer["data"]] == [
        (None, None),
        (1, 4),
    ]
    assert answer["data"][1]["margin"] == 7
    assert answer["meta"]["note"] is None


def test_on_a_floating_scale_the_answer_says_so(race: Api) -> None:
    assert race.get(RECORDS)["meta"]["note"] == NOTE


def test_who_shares_a_record_is_told_by_name(record: Record, api: Api) -> None:
    record.history({"2024-05-01": {"b": 9, "a": 9}})

    assert told(api.get(RECORDS)["data"]) == [("2024-05-01", "a", 9)]


def test_pages_make_up_all_records(race: Api) -> None:
    assert [row for page in race.pages(RECORDS, limit=1) for row in told(page["data"])] == ALL


def test_a_span_that_ends_before_it_begins_is_refused(race: Api) -> None:
    race.problem(RECORDS, 422, from_="2024-06-01", to="2024-05-01")
