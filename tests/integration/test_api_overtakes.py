"""Who passed whom on a board."""

import pytest

from tests.api import Api, Body
from tests.factories import Record, entry, leaderboard, snapshot

OVERTAKES = "/v1/leaderboards/demo-text/overtakes"


@pytest.fixture
def contest(record: Record, api: Api) -> Api:
    """Qwen passes GPT and Llama one after the other; GPT comes back past Llama."""
    record.history(
        {
            "2024-05-01": {"OpenAI/gpt": 10, "Meta/llama": 9.5, "Alibaba/qwen": 8},
            "2024-05-08": {"Alibaba/qwen": 11, "OpenAI/gpt": 10, "Meta/llama": 9.5},
            "2024-05-15": {"Alibaba/qwen": 11, "Meta/llama": 10.5, "OpenAI/gpt": 10},
            "2024-05-22": {"Alibaba/qwen": 11, "Meta/llama": 10.5, "OpenAI/gpt": 10.5, "loner": 12},
            "2024-05-29": {"Alibaba/qwen": 11, "OpenAI/gpt": 10.7, "Meta/llama": 10.5},
        }
    )
    return api


def told(rows: list[Body]) -> list[tuple[str, str, str]]:
    return [(row["edition_date"], row["model"]["name"], row["overtaken"]["name"]) for row in rows]


ALL = [
    ("2024-05-15", "llama", "gpt"),
    ("2024-05-08", "qwen", "gpt"),
    ("2024-05-08", "qwen", "llama"),
]


def test_overtakes_come_newest_first(contest: Api) -> None:
    answer = contest.get(OVERTAKES)

    assert told(answer["data"]) == ALL
    first = answer["data"][1]
    assert first["previous_edition_date"] == "2024-05-01"
    assert (first["rank"], first["previous_rank"]) == (1, 3)
    assert (first["overtaken_rank"], first["overtaken_previous_rank"]) == (2, 1)
    assert first["organization"]["id"] == "alibaba"
    assert first["overtaken_organization"]["id"] == "openai"
    assert first["definitive"] is None
    meta = answer["meta"]
    assert (meta["edition_date"], meta["editions"], meta["top_n"]) == ("2024-05-29", 5, 10)
    assert meta["matched_total"] == 3


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param({"from": "2024-05-09"}, ALL[:1], id="from-a-date"),
        pytest.param({"from": "2024-05-08"}, ALL, id="the-edition-before-the-span-counts"),
        pytest.param({"from": "2024-01-01"}, ALL, id="from-before-any-edition"),
        pytest.param({"from": "0001-01-01"}, ALL, id="from-the-beginning-of-time"),
        pytest.param({"to": "2024-05-14"}, ALL[1:], id="until-a-date"),
        pytest.param({"to": "2024-05-01"}, [], id="one-edition"),
        pytest.param({"to": "2024-01-01"}, [], id="no-edition"),
        pytest.param({"known_at": "2024-05-10"}, ALL[1:], id="as-known-then"),
        pytest.param({"known_at": "2024-05-20", "from": "2024-05-10"}, ALL[:1], id="both"),
        pytest.param({"model": "meta--llama"}, [ALL[0], ALL[2]], id="on-either-side"),
        pytest.param({"model": "QWEN"}, ALL[1:], id="by-printed-name"),
        pytest.param({"organization": "Open AI"}, ALL[:2], id="of-a-maker"),
        pytest.param({"country": "cn"}, ALL[1:], id="of-a-country"),
        pytest.param({"country": "FR"}, [], id="of-nobody"),
        pytest.param({"model": "loner"}, [], id="of-who-passed-nobody"),
        pytest.param({"model": "meta--llama", "organization": "openai"}, [], id="of-no-such-model"),
        pytest.param({"top_n": "1"}, ALL[1:], id="at-the-very-top"),
        pytest.param({"definitive": "true"}, [], id="without-intervals-none-is-definitive"),
        pytest.param({"definitive": "false"}, [], id="nor-is-it-known-that-they-overlap"),
    ],
)
def test_what_is_asked_for_is_told(
    contest: Api, query: dict[str, str], expected: list[tuple[str, str, str]]
) -> None:
    answer = contest.get(OVERTAKES, **query)

    assert told(answer["data"]) == expected
    assert answer["meta"]["matched_total"] == len(expected)


@pytest.fixture
def measured(record: Record, api: Api) -> Api:
    """Where less is better: `sure` passes with an interval apart, `near` within it."""
    board = leaderboard("demo-text", higher_is_better=False)
    record.add(snapshot("2024-05-01", {"old": 5, "near": 6, "sure": 7}, board))
    rows = [
        entry("sure", 1.0, lower=0.5, upper=1.5),
        entry("near", 4.9, lower=4.5, upper=5.4),
        entry("old", 5.0, lower=4.6, upper=5.5),
    ]
    record.add(snapshot("2024-05-02", rows, board))
    return api


@pytest.mark.parametrize(
    ("definitive", "expected"),
    [
        pytest.param("true", [("sure", "near", True), ("sure", "old", True)], id="apart"),
        pytest.param("false", [("near", "old", False)], id="overlapping"),
    ],
)
def test_an_overtake_is_definitive_when_the_intervals_are_apart(
    measured: Api, definitive: str, expected: list[tuple[str, str, bool]]
) -> None:
    rows = measured.get(OVERTAKES, definitive=definitive)["data"]

    assert [
        (row["model"]["name"], row["overtaken"]["name"], row["definitive"]) for row in rows
    ] == expected


def test_a_filter_is_echoed_by_id(contest: Api) -> None:
    meta = contest.get(
        OVERTAKES, model="QWEN", organization="qwen", country="cn", definitive="true"
    )["meta"]

    assert (meta["model"], meta["organization"]) == ("alibaba--qwen", "alibaba")
    assert (meta["country"], meta["definitive"]) == ("CN", True)


def test_pages_make_up_all_overtakes(contest: Api) -> None:
    pages = contest.pages(OVERTAKES, limit=1)

    assert [row for page in pages for row in told(page["data"])] == ALL


@pytest.mark.parametrize(
    ("query", "status"),
    [
        pytest.param({"top_n": "0"}, 422, id="top-of-nothing"),
        pytest.param({"from": "2024-06-01", "to": "2024-05-01"}, 422, id="the-wrong-way-round"),
        pytest.param({"organization": "nobody"}, 404, id="nobody"),
        pytest.param({"model": "nothing"}, 404, id="nothing"),
        pytest.param({"country": "Atlantis"}, 422, id="nowhere"),
    ],
)
def test_what_cannot_be_asked_is_refused(contest: Api, query: dict[str, str], status: int) -> None:
    contest.problem(OVERTAKES, status, **query)
