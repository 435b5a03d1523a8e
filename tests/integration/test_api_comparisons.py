"""Models head to head on the boards they share."""

import pytest

from tests.api import Api, Body
from tests.factories import Record, entry, leaderboard, snapshot
from tests.stores import stored

COMPARISONS = "/v1/comparisons"
CODING = leaderboard("demo-text-coding", family="demo-text", category="coding")
MATH = leaderboard("demo-math", unit="percent")
TWO = "openai--gpt,alibaba--qwen"


@stored()
def rivals(record: Record) -> None:
    """Two that change places twice, and level once; a third that comes late; two boards more."""
    record.history(
        {
            "2024-05-01": {"OpenAI/gpt": 10},
            "2024-05-06": {"OpenAI/gpt": 10, "Alibaba/qwen": 9},
            "2024-05-20": {"Alibaba/qwen": 11, "OpenAI/gpt": 10},
            "2024-06-01": {"Alibaba/qwen": 11, "OpenAI/gpt": 11, "Meta/llama": 2},
            "2024-06-11": {"OpenAI/gpt": 12, "Meta/llama": 11.5, "Alibaba/qwen": 11},
            "2024-07-01": {"OpenAI/gpt": 12, "Meta/llama": 11.5},
        }
    )
    record.history({"2024-05-01": {"OpenAI/gpt": 60, "Alibaba/qwen": 70}}, MATH)
    record.history({"2024-05-01": {"OpenAI/gpt": 1}}, CODING)


def crossed(row: Body) -> list[tuple[str, str, str]]:
    return [
        (one["edition_date"], one["model"]["name"], one["overtaken"]["name"])
        for one in row["crossings"]
    ]


def led(row: Body) -> list[tuple[str, int, int]]:
    return [(one["model"]["name"], one["editions"], one["days"]) for one in row["ahead"]]


def test_models_are_compared_on_the_boards_they_share(rivals: Api) -> None:
    answer = rivals.get(COMPARISONS, models=TWO)

    assert [row["leaderboard"] for row in answer["data"]] == ["demo-math", "demo-text"]
    row = answer["data"][1]
    assert (row["kind"], row["unit"], row["edition"]["edition_date"]) == (
        "preference",
        "elo",
        "2024-07-01",
    )
    assert (row["editions"], row["common_editions"]) == (6, 4)
    assert led(row) == [("gpt", 2, 14 + 20), ("qwen", 1, 12)]
    assert row["level"] == {"editions": 1, "days": 10}
    assert crossed(row) == [("2024-05-20", "qwen", "gpt"), ("2024-06-11", "gpt", "qwen")]
    back = row["crossings"][1]
    assert back["previous_edition_date"] == "2024-05-20"
    assert (back["rank"], back["previous_rank"]) == (1, 2)
    assert (back["overtaken_rank"], back["overtaken_previous_rank"]) == (3, 1)
    assert back["definitive"] is None
    meta = answer["meta"]
    assert [one["organization"]["id"] for one in meta["models"]] == ["openai", "alibaba"]
    assert (meta["matched_total"], meta["granularity"], meta["leaderboard"]) == (2, "month", None)
    assert [one["source"] for one in meta["attribution"]] == ["demo"]


def test_who_is_ahead_on_the_newest_edition_is_so_until_now(rivals: Api) -> None:
    [row] = rivals.get(COMPARISONS, models=TWO, leaderboard="demo-math")["data"]

    assert led(row) == [("gpt", 0, 0), ("qwen", 1, 92)]
    assert rivals.get(COMPARISONS, models=TWO, to="2030-01-01")["data"][0] == row


def test_the_latest_are_each_models_newest_entries(rivals: Api) -> None:
    [row] = rivals.get(COMPARISONS, models=TWO, leaderboard="demo-text")["data"]

    assert [
        (one["model"]["name"], one["edition_date"], one["rank"], one["score"])
        for one in row["latest"]
    ] == [("gpt", "2024-07-01", 1, 12), ("qwen", "2024-06-11", 3, 11)]


def test_a_history_has_all_side_by_side(rivals: Api) -> None:
    [row] = rivals.get(COMPARISONS, models=TWO, leaderboard="demo-text")["data"]
    [whole] = rivals.get(COMPARISONS, models=TWO, leaderboard="demo-text", granularity="edition")[
        "data"
    ]

    sides = [
        (one["edition_date"], [(side["rank"], side["score"]) for side in one["entries"]])
        for one in row["history"]
    ]
    assert sides == [
        ("2024-05-20", [(2, 10), (1, 11)]),
        ("2024-06-11", [(1, 12), (3, 11)]),
        ("2024-07-01", [(1, 12), (None, None)]),
    ]
    assert len(whole["history"]) == 6


@stored()
def measured(record: Record) -> None:
    """Two with intervals in two editions, and one whom the second never met."""
    early = [
        entry("one", 1100, lower=1090, upper=1110, of="OpenAI"),
        entry("two", 1000, lower=990, upper=1010, of="Meta"),
    ]
    newest = [
        entry("two", 1100, lower=1096, upper=1104, of="Meta"),
        entry("one", 1090, lower=1087, upper=1093, of="OpenAI"),
    ]
    record.add(snapshot("2024-05-01", early))
    record.add(snapshot("2024-05-02", newest))
    record.add(snapshot("2024-05-03", [entry("one", 1090, of="OpenAI"), entry("three", 1090)]))


def test_win_probability_is_that_of_the_newest_edition_of_both(measured: Api) -> None:
    [row] = measured.get(COMPARISONS, models="one,two,three")["data"]

    first, second, third = row["win_probability"]
    assert (first["model"]["name"], first["opponent"]["name"]) == ("one", "two")
    assert first["edition_date"] == "2024-05-02"
    assert first["probability"] == pytest.approx(1 / (1 + 10 ** (10 / 400)))
    assert first["lower"] == pytest.approx(1 / (1 + 10 ** (15 / 400)))
    assert first["upper"] == pytest.approx(1 / (1 + 10 ** (5 / 400)))
    assert (second["probability"], second["lower"], second["upper"]) == (0.5, None, None)
    assert (third["edition_date"], third["probability"]) == (None, None)


def test_a_crossing_with_intervals_apart_is_definitive(measured: Api) -> None:
    [row] = measured.get(COMPARISONS, models="one,two")["data"]

    assert [one["definitive"] for one in row["crossings"]] == [True]


def test_who_was_behind_before_the_span_may_pass_in_its_first_edition(measured: Api) -> None:
    [row] = measured.get(COMPARISONS, models="one,two", from_="2024-05-02")["data"]

    assert [(one["edition_date"], one["previous_edition_date"]) for one in row["crossings"]] == [
        ("2024-05-02", "2024-05-01")
    ]
    assert (row["editions"], row["common_editions"]) == (2, 1)


def test_a_scale_that_does_not_tell_has_no_win_probability(rivals: Api) -> None:
    assert rivals.get(COMPARISONS, models=TWO)["data"][0]["win_probability"] is None


def test_models_that_never_stood_together_are_compared_all_the_same(
    record: Record, api: Api
) -> None:
    record.history({"2024-05-01": {"OpenAI/gpt": 10}, "2024-06-01": {"Alibaba/qwen": 9}})

    [row] = api.get(COMPARISONS, models=TWO)["data"]

    assert (row["common_editions"], row["crossings"]) == (0, [])
    assert led(row) == [("gpt", 0, 0), ("qwen", 0, 0)]
    assert [one["rank"] for one in row["latest"]] == [1, 1]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param({"to": "2024-05-05"}, [("demo-math", 1)], id="until-a-date"),
        pytest.param(
            {"from": "2024-05-20"}, [("demo-text", 3)], id="only-boards-shared-in-the-span"
        ),
        pytest.param({"from": "2024-07-01"}, [], id="when-one-had-left"),
        pytest.param({"to": "2024-01-01"}, [], id="before-any-edition"),
        pytest.param(
            {"known_at": "2024-05-22"}, [("demo-math", 1), ("demo-text", 2)], id="as-known-then"
        ),
        pytest.param({"leaderboard": "Demo Text"}, [("demo-text", 4)], id="one-board"),
        pytest.param({"leaderboard": "demo-text-coding"}, [], id="a-board-they-do-not-share"),
        pytest.param(
            {"models": f"{TWO},meta--llama"}, [("demo-text", 2)], id="boards-that-all-share"
        ),
    ],
)
def test_what_is_asked_for_is_told(
    rivals: Api, query: dict[str, str], expected: list[tuple[str, int]]
) -> None:
    answer = rivals.get(COMPARISONS, **{"models": TWO, **query})

    assert [(row["leaderboard"], row["common_editions"]) for row in answer["data"]] == expected
    assert answer["meta"]["matched_total"] == len(expected)


def test_pages_make_up_all_boards(rivals: Api) -> None:
    pages = rivals.pages(COMPARISONS, models=TWO, limit=1)

    assert [row["leaderboard"] for page in pages for row in page["data"]] == [
        "demo-math",
        "demo-text",
    ]


def test_a_model_may_go_by_any_of_its_names(rivals: Api) -> None:
    answer = rivals.get(COMPARISONS, models="QWEN, openai--gpt,qwen")

    assert [one["id"] for one in answer["meta"]["models"]] == ["alibaba--qwen", "openai--gpt"]


@pytest.mark.parametrize(
    "models",
    [
        pytest.param(",", id="no-word"),
        pytest.param("gpt", id="one"),
        pytest.param(",".join(map(str, range(21))), id="more-words-than-may-be-asked"),
    ],
)
def test_a_refusal_says_how_many_models_it_takes(rivals: Api, models: str) -> None:
    [error] = rivals.problem(COMPARISONS, 422, models=models)["errors"]

    assert error["parameter"] == "models"
    assert error["detail"].startswith("must be 2 to 5 ")


@pytest.mark.parametrize(
    ("query", "status", "parameter"),
    [
        pytest.param({}, 422, "models", id="none"),
        pytest.param({"models": "openai--gpt"}, 422, "models", id="one"),
        pytest.param({"models": "openai--gpt,GPT"}, 422, "models", id="one-by-two-names"),
        pytest.param({"models": "gpt,qwen,llama,b1,b2,b3"}, 422, "models", id="six"),
        pytest.param({"models": "gpt,qwenn"}, 404, "models", id="unknown"),
        pytest.param({"models": TWO, "leaderboard": "demo-texd"}, 404, "leaderboard", id="board"),
        pytest.param(
            {"models": TWO, "from": "2024-07-01", "to": "2024-06-01"}, 422, "from", id="reversed"
        ),
    ],
)
def test_what_cannot_be_asked_is_refused(
    rivals: Api, record: Record, query: dict[str, str], status: int, parameter: str
) -> None:
    record.history({"2024-05-02": {"b1": 1, "b2": 2, "b3": 3}}, CODING)

    problem = rivals.problem(COMPARISONS, status, **query)

    assert problem["errors"][0]["parameter"] == parameter
