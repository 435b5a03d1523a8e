"""How far boards agree, and how much one changes from edition to edition."""

from collections.abc import Mapping

import pytest
from scipy import stats

from app.analytics.agreement import PERSISTENCE
from tests.api import Api, Body
from tests.factories import Record, leaderboard, snapshot
from tests.stores import stored

AGREEMENT = "/v1/analyses/agreement"
CHURN = "/v1/leaderboards/demo-text/churn"
BOTH = "demo-text,demo-code"
CODE = leaderboard("demo-code")
ERRORS = leaderboard("demo-errors", higher_is_better=False)


def scores(*best_first: str) -> Mapping[str, float]:
    return {name: 100.0 - place for place, name in enumerate(best_first)}


@stored()
def boards(record: Record) -> None:
    """Two boards that share three models, with a second edition of the first; and a third board."""
    record.add(snapshot("2024-05-01", scores("OpenAI/a", "Meta/b", "Alibaba/c", "xAI/d")))
    record.add(snapshot("2024-05-10", scores("Google/e", "Meta/b", "Alibaba/c", "OpenAI/a"), CODE))
    record.add(snapshot("2024-06-03", scores("Meta/b", "Alibaba/c", "OpenAI/a", "xAI/d")))
    record.add(snapshot("2024-06-04", {"OpenAI/a": 1, "Meta/b": 2}, ERRORS))


def test_boards_are_compared_by_the_models_on_both(boards: Api) -> None:
    [row] = boards.get(AGREEMENT, leaderboards=BOTH, as_of="2024-05-20")["data"]

    assert row["leaderboards"] == ["demo-text", "demo-code"]
    assert (row["date"], row["common_models"]) == ("2024-05-20", 3)
    assert [edition["edition_date"] for edition in row["editions"]] == ["2024-05-01", "2024-05-10"]
    assert row["kendall_tau_b"] == pytest.approx(stats.kendalltau([1, 2, 3], [3, 1, 2]).statistic)
    # a, b, c against b, c, a: nothing in common at the first place, one of two, then all.
    p = PERSISTENCE
    overlap = row["rank_biased_overlap"]
    assert overlap["extrapolated"] == pytest.approx((1 - p) * p / 2 + p**2)
    assert overlap["minimum"] < overlap["extrapolated"]
    assert overlap["minimum"] + overlap["residual"] == pytest.approx((1 - p) * p / 2 + p**2)
    assert row["top_k_overlap"] == 1


def test_whole_boards_can_be_compared(boards: Api) -> None:
    common = boards.get(AGREEMENT, leaderboards=BOTH, k=2, as_of="2024-05-20")
    every = boards.get(AGREEMENT, leaderboards=BOTH, k=2, as_of="2024-05-20", among="all")

    # Tops of two: a, b and b, c among the common; a, b and e, b on the boards.
    assert common["data"][0]["top_k_overlap"] == every["data"][0]["top_k_overlap"] == 1 / 3
    assert common["data"][0]["kendall_tau_b"] == every["data"][0]["kendall_tau_b"]
    assert every["data"][0]["rank_biased_overlap"] != common["data"][0]["rank_biased_overlap"]
    first = boards.get(AGREEMENT, leaderboards=BOTH, k=1, as_of="2024-06-05")["data"][0]
    assert first["top_k_overlap"] == 1
    whole = boards.get(AGREEMENT, leaderboards=BOTH, k=1, as_of="2024-06-05", among="all")
    assert whole["data"][0]["top_k_overlap"] == 0


def test_every_two_of_several_boards_are_compared(boards: Api) -> None:
    answer = boards.get(AGREEMENT, leaderboards=f"{BOTH},demo-errors,demo-text")

    assert [row["leaderboards"] for row in answer["data"]] == [
        ["demo-text", "demo-code"],
        ["demo-text", "demo-errors"],
        ["demo-code", "demo-errors"],
    ]
    # Fewest errors are best: a before b, where the other boards have b before a.
    assert [row["kendall_tau_b"] for row in answer["data"]] == [1, -1, -1]
    meta = answer["meta"]
    assert [board["leaderboard"] for board in meta["leaderboards"]] == [
        "demo-text",
        "demo-code",
        "demo-errors",
    ]
    assert meta["leaderboards"][0]["edition_date"] == "2024-06-03"
    assert meta["leaderboards"][0]["attribution"]["source"] == "demo"
    assert (meta["as_of"], meta["from"], meta["to"]) == ("2024-08-01", None, None)
    assert (meta["k"], meta["persistence"], meta["matched_total"]) == (10, 0.9, 3)


def told(answer: Body) -> list[tuple[object, ...]]:
    return [
        (row["date"], *(edition["edition_date"] for edition in row["editions"]))
        for row in answer["data"]
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param(
            {"granularity": "edition"},
            [
                ("2024-05-10", "2024-05-01", "2024-05-10"),
                ("2024-06-03", "2024-06-03", "2024-05-10"),
            ],
            id="every-edition-of-either",
        ),
        pytest.param(
            {"from": "2024-05-15"},
            [("2024-06-03", "2024-06-03", "2024-05-10")],
            id="with-what-was-in-force-before",
        ),
        pytest.param(
            {"to": "2024-06-01"}, [("2024-05-10", "2024-05-01", "2024-05-10")], id="until-a-date"
        ),
        pytest.param(
            {"granularity": "week", "known_at": "2024-05-11"},
            [("2024-05-10", "2024-05-01", "2024-05-10")],
            id="as-known-then",
        ),
        pytest.param({"to": "2024-05-05"}, [], id="before-both-had-an-edition"),
    ],
)
def test_agreement_is_told_over_time(
    boards: Api, query: dict[str, str], expected: list[tuple[object, ...]]
) -> None:
    answer = boards.get(AGREEMENT, leaderboards=BOTH, **query)

    assert told(answer) == expected
    assert answer["meta"]["as_of"] is None
    assert answer["meta"]["to"] == query.get("to", "2024-08-01")


def test_of_a_month_its_last_editions_count(record: Record, boards: Api) -> None:
    record.add(snapshot("2024-06-20", scores("Meta/b", "OpenAI/a"), CODE))

    answer = boards.get(AGREEMENT, leaderboards=BOTH, granularity="month")

    assert told(answer) == [
        ("2024-05-10", "2024-05-01", "2024-05-10"),
        ("2024-06-20", "2024-06-03", "2024-06-20"),
    ]


def test_pages_make_up_all_rows(boards: Api) -> None:
    query = {"leaderboards": f"{BOTH},demo-errors", "granularity": "edition"}
    pages = list(boards.pages(AGREEMENT, **query, limit=1))

    rows = [row for page in pages for row in page["data"]]
    assert rows == boards.get(AGREEMENT, **query)["data"]
    assert len(rows) == 4


def test_a_board_without_an_edition_agrees_with_nothing(boards: Api) -> None:
    answer = boards.get(AGREEMENT, leaderboards=BOTH, as_of="2024-05-05")

    [row] = answer["data"]
    assert row["editions"][1] is None
    assert (row["common_models"], row["kendall_tau_b"]) == (0, None)
    assert (row["rank_biased_overlap"], row["top_k_overlap"]) == (None, None)
    assert answer["meta"]["leaderboards"][1]["edition_date"] is None


def test_boards_can_be_compared_by_some_entries(boards: Api) -> None:
    answer = boards.get(AGREEMENT, leaderboards=BOTH, country="US", as_of="2024-05-20")

    assert answer["meta"]["selection"]["country"] == "US"
    [row] = answer["data"]
    assert (row["common_models"], row["kendall_tau_b"]) == (2, -1)


@pytest.mark.parametrize(
    ("query", "status", "parameter"),
    [
        pytest.param({"leaderboards": "demo-text"}, 422, "leaderboards", id="one-board"),
        pytest.param(
            {"leaderboards": "demo-text,Demo Text"}, 422, "leaderboards", id="one-in-two-words"
        ),
        pytest.param({"leaderboards": "demo-text,nothing"}, 404, "leaderboards", id="no-board"),
        pytest.param(
            {"as_of": "2024-06-01", "granularity": "month"}, 422, "as_of", id="once-and-over-time"
        ),
        pytest.param({"from": "2024-06-01", "to": "2024-05-01"}, 422, "from", id="wrong-way-round"),
        pytest.param({"k": "0"}, 422, "k", id="no-top"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    boards: Api, query: dict[str, str], status: int, parameter: str
) -> None:
    problem = boards.problem(AGREEMENT, status, **{"leaderboards": BOTH, **query})

    assert problem["errors"][0]["parameter"] == parameter


@stored()
def editions(record: Record) -> None:
    """A newcomer takes the top; then somebody is gone."""
    record.history(
        {
            "2024-05-01": scores("OpenAI/a", "Meta/b", "Alibaba/c"),
            "2024-05-20": scores("xAI/new", "OpenAI/a", "Meta/b", "Alibaba/c"),
            "2024-06-10": scores("xAI/new", "OpenAI/a", "Meta/b"),
        }
    )


def test_each_edition_is_held_against_the_one_before(editions: Api) -> None:
    answer = editions.get(CHURN, k=2)

    first, second = answer["data"]
    assert first["previous_edition"]["edition_date"] == "2024-05-01"
    assert first["edition"]["edition_date"] == "2024-05-20"
    assert (first["entered"], first["left"], first["top_k_replaced"]) == (1, 0, 0.5)
    assert [model["id"] for model in first["came_into_top_k"]] == ["xai--new"]
    assert [model["id"] for model in first["fell_out_of_top_k"]] == ["meta--b"]
    assert first["rank_biased_distance"] > second["rank_biased_distance"] == pytest.approx(0)
    assert (second["entered"], second["left"], second["top_k_replaced"]) == (0, 1, 0)
    meta = answer["meta"]
    assert (meta["edition_date"], meta["k"], meta["matched_total"]) == ("2024-06-10", 2, 2)
    assert meta["methodology_breaks"] == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param({"from": "2024-05-21"}, [("2024-05-20", "2024-06-10")], id="from-a-date"),
        pytest.param({"to": "2024-06-01"}, [("2024-05-01", "2024-05-20")], id="to-a-date"),
        pytest.param({"granularity": "month"}, [("2024-05-20", "2024-06-10")], id="by-month"),
        pytest.param(
            {"known_at": "2024-05-21"}, [("2024-05-01", "2024-05-20")], id="as-known-then"
        ),
        pytest.param({"to": "2024-05-01"}, [], id="a-single-edition"),
        pytest.param({"to": "2024-04-01"}, [], id="before-any-edition"),
    ],
)
def test_churn_is_told_of_a_span(
    editions: Api, query: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    rows = editions.get(CHURN, **query)["data"]

    assert [
        (row["previous_edition"]["edition_date"], row["edition"]["edition_date"]) for row in rows
    ] == expected


def test_churn_of_some_entries(editions: Api) -> None:
    rows = editions.get(CHURN, country="CN")["data"]

    assert [(row["entered"], row["left"]) for row in rows] == [(0, 0), (0, 1)]
    assert rows[1]["rank_biased_distance"] is None
    assert rows[1]["top_k_replaced"] is None
    assert [row["top_k_replaced"] for row in editions.get(CHURN, country="US")["data"]] == [
        1 / 3,
        0,
    ]


def test_pages_make_up_all_of_the_churn(editions: Api) -> None:
    pages = list(editions.pages(CHURN, limit=1))

    assert [row for page in pages for row in page["data"]] == editions.get(CHURN)["data"]


def test_churn_of_no_board_is_refused(editions: Api) -> None:
    editions.problem("/v1/leaderboards/nothing/churn", 404)
    editions.problem(CHURN, 422, from_="2024-06-01", to="2024-05-01")
