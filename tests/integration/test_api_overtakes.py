"""Who passed whom on a board."""

from random import Random

import pytest

from tests.api import Api, Body
from tests.factories import Record, entry, leaderboard, snapshot
from tests.stores import stored

OVERTAKES = "/v1/leaderboards/demo-text/overtakes"


@stored()
def contest(record: Record) -> None:
    """Qwen passes GPT and Llama at once; Llama passes GPT, which draws level and comes past it."""
    record.history(
        {
            "2024-05-01": {"OpenAI/gpt": 10, "Meta/llama": 9.5, "Alibaba/qwen": 8},
            "2024-05-08": {"Alibaba/qwen": 11, "OpenAI/gpt": 10, "Meta/llama": 9.5},
            "2024-05-15": {"Alibaba/qwen": 11, "Meta/llama": 10.5, "OpenAI/gpt": 10},
            "2024-05-22": {"Alibaba/qwen": 11, "Meta/llama": 10.5, "OpenAI/gpt": 10.5, "loner": 12},
            "2024-05-29": {"Alibaba/qwen": 11, "OpenAI/gpt": 10.7, "Meta/llama": 10.5},
        }
    )


def told(rows: list[Body]) -> list[tuple[str, str, str]]:
    return [(row["edition_date"], row["model"]["name"], row["overtaken"]["name"]) for row in rows]


ALL = [
    ("2024-05-29", "gpt", "llama"),
    ("2024-05-15", "llama", "gpt"),
    ("2024-05-08", "qwen", "gpt"),
    ("2024-05-08", "qwen", "llama"),
]


def test_overtakes_come_newest_first(contest: Api) -> None:
    answer = contest.get(OVERTAKES)

    assert told(answer["data"]) == ALL
    back = answer["data"][0]
    assert back["previous_edition_date"] == "2024-05-15"
    assert (back["rank"], back["previous_rank"]) == (2, 3)
    assert (back["overtaken_rank"], back["overtaken_previous_rank"]) == (3, 2)
    first = answer["data"][2]
    assert first["previous_edition_date"] == "2024-05-01"
    assert (first["rank"], first["previous_rank"]) == (1, 3)
    assert (first["overtaken_rank"], first["overtaken_previous_rank"]) == (2, 1)
    assert first["organization"]["id"] == "alibaba"
    assert first["overtaken_organization"]["id"] == "openai"
    assert first["definitive"] is None
    meta = answer["meta"]
    assert (meta["edition_date"], meta["editions"], meta["top_n"]) == ("2024-05-29", 5, 10)
    assert meta["matched_total"] == 4


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param({"from": "2024-05-09"}, ALL[:2], id="from-a-date"),
        pytest.param({"from": "2024-05-08"}, ALL, id="the-edition-before-the-span-counts"),
        pytest.param({"from": "2024-05-29"}, ALL[:1], id="and-those-further-back"),
        pytest.param({"from": "2024-05-30"}, [], id="after-all-editions"),
        pytest.param({"from": "2024-01-01"}, ALL, id="from-before-any-edition"),
        pytest.param({"from": "0001-01-01"}, ALL, id="from-the-beginning-of-time"),
        pytest.param({"to": "2024-05-14"}, ALL[2:], id="until-a-date"),
        pytest.param({"to": "2024-05-01"}, [], id="one-edition"),
        pytest.param({"to": "2024-01-01"}, [], id="no-edition"),
        pytest.param({"known_at": "2024-05-10"}, ALL[2:], id="as-known-then"),
        pytest.param({"known_at": "2024-05-20", "from": "2024-05-10"}, ALL[1:2], id="both"),
        pytest.param({"model": "meta--llama"}, [*ALL[:2], ALL[3]], id="on-either-side"),
        pytest.param({"model": "QWEN"}, ALL[2:], id="by-printed-name"),
        pytest.param({"organization": "Open AI"}, ALL[:3], id="of-a-maker"),
        pytest.param({"country": "cn"}, ALL[2:], id="of-a-country"),
        pytest.param({"country": "FR"}, [], id="of-nobody"),
        pytest.param({"model": "loner"}, [], id="of-who-passed-nobody"),
        pytest.param({"model": "meta--llama", "organization": "openai"}, [], id="of-no-such-model"),
        pytest.param({"top_n": "1"}, ALL[2:], id="at-the-very-top"),
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


def test_the_editions_of_the_span_are_counted(contest: Api) -> None:
    meta = contest.get(OVERTAKES, from_="2024-05-22")["meta"]

    assert (meta["editions"], meta["edition_date"]) == (2, "2024-05-29")


def test_a_break_since_the_edition_compared_with_is_named(record: Record, api: Api) -> None:
    names = ["OpenAI/gpt", "Meta/llama", "Alibaba/qwen", "Google/gemma", "Mistral/large"]
    for day, (pool, gpt, llama) in enumerate(
        [(0, 9, 8), (0, 9, 8), (0, 9, 8), (50, 8, 8), (50, 8, 8), (50, 8, 9)], 1
    ):
        own = [gpt, llama, 7, 6, 5]
        record.history({f"2024-05-0{day}": dict(zip(names, (pool + s for s in own), strict=True))})

    spanning = api.get(OVERTAKES, from_="2024-05-06")
    beside = api.get(OVERTAKES, from_="2024-05-06", model="qwen")

    assert told(spanning["data"]) == [("2024-05-06", "llama", "gpt")]
    breaks = spanning["meta"]["methodology_breaks"]
    assert [one["edition_date"] for one in breaks] == ["2024-05-04"]
    assert (beside["data"], beside["meta"]["methodology_breaks"]) == ([], [])


def test_overtakes_are_the_crossings_of_all_comparisons(record: Record, api: Api) -> None:
    rng = Random(7)
    names = ["OpenAI/gpt", "Meta/llama", "Alibaba/qwen", "Google/gemma", "loner"]
    for day in range(10, 30):
        there = [name for name in names if rng.random() < 0.8] or names
        record.history({f"2024-05-{day}": {name: float(rng.randint(1, 3)) for name in there}})

    rows = [row for page in api.pages(OVERTAKES) for row in page["data"]]
    models = "openai--gpt,meta--llama,alibaba--qwen,google--gemma,loner"
    [compared] = api.get("/v1/comparisons", models=models)["data"]

    common = compared["crossings"][0].keys()
    overtakes = [{key: row[key] for key in common} for row in rows]
    assert sorted(overtakes, key=str) == sorted(compared["crossings"], key=str)
    gaps = [
        row
        for row in rows
        if row["edition_date"][:8] + str(int(row["edition_date"][8:]) - 1)
        != row["previous_edition_date"]
    ]
    assert len(rows) > len(gaps) > 0


@stored()
def measured(record: Record) -> None:
    """Where less is better: `sure` passes with an interval apart, `near` within it."""
    board = leaderboard("demo-text", higher_is_better=False)
    record.add(snapshot("2024-05-01", {"old": 5, "near": 6, "sure": 7}, board))
    rows = [
        entry("sure", 1.0, lower=0.5, upper=1.5),
        entry("near", 4.9, lower=4.5, upper=5.4),
        entry("old", 5.0, lower=4.6, upper=5.5),
    ]
    record.add(snapshot("2024-05-02", rows, board))


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
