"""Who stands better with people than on benchmarks, or the other way round."""

import numpy as np
import pytest
from scipy import stats

from app.domain.leaderboard import BoardKind
from tests.api import Api, Body
from tests.factories import Record, leaderboard, snapshot
from tests.stores import stored

GAP = "/v1/analyses/benchmark-preference-gap"
ASKED = {"benchmark": "demo-tests", "preference": "demo-people"}
TESTS = leaderboard("demo-tests", kind=BoardKind.BENCHMARK)
MORE_TESTS = leaderboard("demo-errors", kind=BoardKind.BENCHMARK, higher_is_better=False)
PEOPLE = leaderboard("demo-people")
MAKERS = ["OpenAI", "Meta", "Alibaba"]
# People's figures follow the benchmark's but for a scatter that repeats, and for two models.
NAMES = [f"{MAKERS[n % 3]}/m{n:02}" for n in range(24)]
SCORES = [20.0 + n for n in range(24)]
LIKED = [1000 + 10 * score + 7 * (n % 5 - 2) for n, score in enumerate(SCORES)]
LIKED[6] += 200
LIKED[16] -= 200


@stored()
def boards(record: Record) -> None:
    """A benchmark, another that counts errors, and what people say."""
    tested = dict(zip(NAMES, SCORES, strict=True))
    record.add(snapshot("2024-05-01", {**tested, "xAI/tested": 99}, TESTS))
    record.add(snapshot("2024-05-02", {name: 100 - s for name, s in tested.items()}, MORE_TESTS))
    record.add(
        snapshot("2024-06-01", {**dict(zip(NAMES, LIKED, strict=True)), "xAI/liked": 1}, PEOPLE)
    )


def rows_by_name(answer: Body) -> dict[str, Body]:
    return {row["model"]["name"]: row for row in answer["data"]}


def test_a_model_is_held_against_the_line_of_the_others(boards: Api) -> None:
    answer = boards.get(GAP, **ASKED)

    others = [n for n in range(24) if n != 6]
    line = stats.linregress([SCORES[n] for n in others], [LIKED[n] for n in others])
    row = answer["data"][0]
    assert (row["model"]["id"], row["direction"]) == ("openai--m06", "people_prefer")
    assert row["benchmarks"] == [{"leaderboard": "demo-tests", "rank": 19, "score": 26}]
    assert (row["preference_score"], row["preference_rank"]) == (1453, 1)
    assert row["expected_score"] == pytest.approx(line.intercept + line.slope * 26)
    assert row["residual"] == pytest.approx(1453 - line.intercept - line.slope * 26)
    assert row["residual_lower"] < row["residual"] < row["residual_upper"]
    assert row["standardized"] == pytest.approx(row["residual"] / np.std(LIKED, ddof=1))
    assert row["p_value"] <= row["q_value"] < 0.05


def test_both_directions_are_told(boards: Api) -> None:
    answer = boards.get(GAP, **ASKED)

    last = answer["data"][-1]
    assert (last["model"]["id"], last["direction"]) == ("meta--m16", "benchmarks_prefer")
    assert last["studentized"] < 0
    assert [row["direction"] for row in answer["data"][1:-1]] == [None] * 22


def test_the_line_and_all_editions_are_told(boards: Api) -> None:
    meta = boards.get(GAP, **ASKED)["meta"]

    line = stats.linregress(SCORES, LIKED)
    assert meta["regression"]["slope"] == pytest.approx(line.slope)
    assert meta["regression"]["intercept"] == pytest.approx(line.intercept)
    assert meta["regression"]["correlation"] == pytest.approx(line.rvalue)
    left = np.array(LIKED) - line.intercept - line.slope * np.array(SCORES)
    assert meta["regression"]["residual_standard_error"] == pytest.approx(
        np.sqrt((left @ left) / 22)
    )
    assert (meta["common_models"], meta["matched_total"]) == (24, 24)
    assert meta["insufficient_data"] is False
    [benchmark] = meta["benchmarks"]
    assert (benchmark["leaderboard"], benchmark["edition_date"]) == ("demo-tests", "2024-05-01")
    assert meta["preference"]["edition_date"] == "2024-06-01"
    assert meta["preference"]["attribution"]["source"] == "demo"
    assert "cheat" not in meta["method"]
    for caution in ("flattens the line", "taken as independent", "one edition only", "persist"):
        assert caution in meta["method"]


def test_several_benchmarks_count_as_one(boards: Api) -> None:
    one = boards.get(GAP, **ASKED)
    both = boards.get(GAP, preference="demo-people", benchmark="demo-tests,demo-errors,Demo Tests")

    assert [b["leaderboard"] for b in both["meta"]["benchmarks"]] == ["demo-tests", "demo-errors"]
    # The second says the same as the first, in its own words.
    for name, row in rows_by_name(both).items():
        assert row["studentized"] == pytest.approx(rows_by_name(one)[name]["studentized"])
    assert both["data"][0]["benchmarks"][1] == {
        "leaderboard": "demo-errors",
        "rank": 18,
        "score": 74,
    }
    assert both["meta"]["regression"]["slope"] == pytest.approx(
        one["meta"]["regression"]["correlation"] * np.std(LIKED, ddof=1)
    )


def test_scores_of_which_less_is_better_keep_their_unit(record: Record, boards: Api) -> None:
    complaints = {name: 3000 - liked for name, liked in zip(NAMES, LIKED, strict=True)}
    board = leaderboard("demo-complaints", higher_is_better=False)
    record.add(snapshot("2024-06-01", complaints, board))

    answer = boards.get(GAP, benchmark="demo-tests", preference="demo-complaints")

    row = rows_by_name(answer)["m06"]
    assert row["preference_score"] == 3000 - 1453
    assert row["residual"] == pytest.approx(row["expected_score"] - row["preference_score"])
    assert row["direction"] == "people_prefer"
    line = stats.linregress(SCORES, list(complaints.values()))
    assert answer["meta"]["regression"]["slope"] == pytest.approx(line.slope)
    assert answer["meta"]["regression"]["intercept"] == pytest.approx(line.intercept)
    assert answer["meta"]["regression"]["correlation"] == pytest.approx(-line.rvalue)


def test_makers_have_the_mean_of_their_models(boards: Api) -> None:
    models = boards.get(GAP, **ASKED)["data"]
    rows = boards.get(GAP, **ASKED, by="organization")["data"]

    assert [row["models"] for row in rows] == [8, 8, 8]
    for row in rows:
        own = [
            model["studentized"]
            for model in models
            if model["organization"]["id"] == row["organization"]["id"]
        ]
        assert row["studentized"] == pytest.approx(np.mean(own))
        assert row["p_value"] == pytest.approx(stats.ttest_1samp(own, 0).pvalue)
        assert row["direction"] is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param({"sort": "studentized"}, "m16", id="whom-benchmarks-prefer"),
        pytest.param({"sort": "q_value"}, "m16", id="the-most-certain"),
        pytest.param({"organization": "Meta", "sort": "studentized"}, "m16", id="of-a-maker"),
        pytest.param({"country": "us"}, "m06", id="of-a-country"),
    ],
)
def test_rows_are_chosen_and_ordered(boards: Api, query: dict[str, str], expected: str) -> None:
    answer = boards.get(GAP, **ASKED, **query)

    assert answer["data"][0]["model"]["name"] == expected
    assert answer["meta"]["common_models"] == 24


def test_pages_make_up_all_rows(boards: Api) -> None:
    pages = list(boards.pages(GAP, **ASKED, sort="-q_value", limit=10))

    names = [row["model"]["name"] for page in pages for row in page["data"]]
    assert len(set(names)) == len(names) == 24


@pytest.mark.parametrize(
    "query",
    [
        pytest.param({"as_of": "2024-05-15"}, id="before-people-were-asked"),
        pytest.param({"known_at": "2024-05-15"}, id="before-it-was-known"),
        pytest.param({"as_of": "2020-01-01"}, id="before-anything"),
    ],
)
def test_too_few_models_say_nothing(boards: Api, query: dict[str, str]) -> None:
    answer = boards.get(GAP, **ASKED, **query)

    meta = answer["meta"]
    assert answer["data"] == []
    assert (meta["common_models"], meta["minimum_models"]) == (0, 20)
    assert (meta["insufficient_data"], meta["regression"]) == (True, None)
    assert meta["preference"]["edition_date"] is None


@pytest.mark.parametrize(
    ("query", "status", "parameter"),
    [
        pytest.param({"preference": "demo-tests"}, 422, "preference", id="no-preference"),
        pytest.param({"benchmark": "demo-people"}, 422, "benchmark", id="no-benchmark"),
        pytest.param({"benchmark": "demo-tests,nothing"}, 404, "benchmark", id="no-board"),
        pytest.param({"preference": "nothing"}, 404, "preference", id="no-other-board"),
        pytest.param({"benchmark": ","}, 422, "benchmark", id="no-word"),
        pytest.param({"sort": "residual"}, 422, "sort", id="no-order"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    boards: Api, query: dict[str, str], status: int, parameter: str
) -> None:
    problem = boards.problem(GAP, status, **{**ASKED, **query})

    assert problem["errors"][0]["parameter"] == parameter
