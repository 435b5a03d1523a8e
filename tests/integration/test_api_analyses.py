"""Whether standing on one board carries over to another."""

import pytest

from tests.api import Api
from tests.factories import Record, entry, leaderboard, profile, snapshot
from tests.stores import stored

GENERALIZATION = "/v1/analyses/generalization"
BOARDS = {"from_board": "demo-old", "to_board": "demo-new"}
OLD, NEW = leaderboard("demo-old"), leaderboard("demo-new")
# Two makers whose models change places, and a third whose models stay in between.
BEFORE = {f"Meta/m{n}": 90.0 + n for n in range(4)}
AFTER = {f"Meta/m{n}": 10.0 + n for n in range(4)}
BETWEEN = {f"OpenAI/o{n}": 50.0 + n for n in range(4)}


@stored()
def boards(record: Record) -> None:
    """An older board that Meta led, and a newer one that Alibaba leads."""
    record.add(
        snapshot(
            "2024-05-01",
            {**BEFORE, **BETWEEN, **{f"Alibaba/a{n}": 10.0 + n for n in range(4)}, "xAI/gone": 1},
            OLD,
        )
    )
    record.add(
        snapshot(
            "2024-07-01",
            {**AFTER, **BETWEEN, **{f"Alibaba/a{n}": 90.0 + n for n in range(4)}, "xAI/came": 99},
            NEW,
        )
    )


def test_models_are_compared_among_those_on_both_boards(boards: Api) -> None:
    answer = boards.get(GENERALIZATION, **BOARDS)

    first, *_, last = answer["data"]
    assert first["model"]["id"] == "meta--m3"
    assert (first["from_rank"], first["to_rank"]) == (1, 10)
    assert (first["from_score"], first["to_score"]) == (93, 13)
    assert (first["from_percentile"], first["to_percentile"]) == (1, pytest.approx(3 / 11))
    assert first["percentile_change"] == pytest.approx(-8 / 11)
    assert first["percentile_change_lower"] < -8 / 11 < first["percentile_change_upper"]
    assert last["model"]["id"] == "alibaba--a0"
    meta = answer["meta"]
    assert (meta["common_models"], meta["matched_total"]) == (12, 12)
    assert meta["insufficient_data"] is False
    assert meta["spearman_rho"]["value"] == pytest.approx(1 - 6 * 8 * 8**2 / (12 * 143))
    assert meta["kendall_tau_b"] == pytest.approx(-30 / 66)
    assert "bootstrap" in meta["method"]
    assert "models of one maker are taken as independent" in meta["method"]


def test_both_editions_are_named(boards: Api) -> None:
    meta = boards.get(GENERALIZATION, **BOARDS)["meta"]

    for key, slug, day in (
        ("from_board", "demo-old", "2024-05-01"),
        ("to_board", "demo-new", "2024-07-01"),
    ):
        assert (meta[key]["leaderboard"], meta[key]["edition_date"]) == (slug, day)
        assert meta[key]["attribution"]["source"] == "demo"
        assert meta[key]["snapshot_id"]


def test_leaders_are_held_against_what_is_to_be_expected_of_leaders(boards: Api) -> None:
    [leaders] = boards.get(GENERALIZATION, **BOARDS)["meta"]["leaders"]

    assert (leaders["top_n"], leaders["models"], leaders["held"]) == (10, 10, 8)
    assert leaders["change"]["value"] < 0
    assert leaders["excess"]["value"] == pytest.approx(
        leaders["change"]["value"] - leaders["expected_change"]
    )


def test_makers_have_the_mean_of_their_models(boards: Api) -> None:
    rows = boards.get(GENERALIZATION, **BOARDS, by="organization")["data"]

    assert [(row["organization"]["id"], row["models"]) for row in rows] == [
        ("meta", 4),
        ("openai", 4),
        ("alibaba", 4),
    ]
    meta, openai, _alibaba = rows
    assert meta["from_percentile"] == pytest.approx(9.5 / 11)
    assert meta["percentile_change"] == pytest.approx(-8 / 11)
    assert meta["percentile_change_lower"] < -8 / 11 < meta["percentile_change_upper"]
    assert meta["q_value"] >= meta["p_value"]
    assert openai["percentile_change"] == 0


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param({"sort": "percentile_change"}, ["m0", "m1", "m2"], id="furthest-fallen"),
        pytest.param({"sort": "-percentile_change"}, ["a0", "a1", "a2"], id="furthest-risen"),
        pytest.param({"sort": "-to_percentile"}, ["a3", "a2", "a1"], id="newer-leaders"),
        pytest.param({"organization": "OpenAI"}, ["o3", "o2", "o1"], id="of-a-maker"),
        pytest.param({"country": "CN"}, ["a3", "a2", "a1"], id="of-a-country"),
        pytest.param({"country": "FR"}, [], id="of-nobody"),
    ],
)
def test_rows_are_chosen_and_ordered(
    boards: Api, query: dict[str, str], expected: list[str]
) -> None:
    answer = boards.get(GENERALIZATION, **BOARDS, **query, limit=3)

    assert [row["model"]["name"] for row in answer["data"]] == expected
    assert answer["meta"]["common_models"] == 12


def test_a_filter_leaves_the_figures_alone(boards: Api) -> None:
    everyone = boards.get(GENERALIZATION, **BOARDS)["data"]
    some = boards.get(GENERALIZATION, **BOARDS, country="CN")["data"]

    assert some == [row for row in everyone if row["organization"]["country"] == "CN"]


def test_makers_can_come_by_how_certain_the_change_is(boards: Api) -> None:
    rows = boards.get(GENERALIZATION, **BOARDS, by="organization", sort="q_value")["data"]

    assert rows[-1]["organization"]["id"] == "openai"


def test_pages_make_up_all_rows(boards: Api) -> None:
    pages = list(boards.pages(GENERALIZATION, **BOARDS, sort="percentile_change", limit=5))

    assert [row for page in pages for row in page["data"]] == boards.get(
        GENERALIZATION, **BOARDS, sort="percentile_change"
    )["data"]


def test_what_is_not_official_on_both_boards_counts_only_when_asked_for(
    record: Record, api: Api
) -> None:
    names = ["a", "b", "c", "d"]
    made = {name: profile("OpenAI", official=name != "d") for name in names}
    for board in (OLD, NEW):
        rows = [
            entry(name, float(n), of=made[name] if board is OLD else "OpenAI")
            for n, name in enumerate(names)
        ]
        record.add(snapshot("2024-05-01", rows, board))

    official = api.get(GENERALIZATION, **BOARDS)
    everyone = api.get(GENERALIZATION, **BOARDS, include_community="true")

    assert (official["meta"]["common_models"], everyone["meta"]["common_models"]) == (3, 4)
    assert official["data"][0]["model"]["name"] == "c"
    assert official["data"][0]["from_percentile"] == 1
    assert everyone["meta"]["include_community"] is True


def test_where_less_is_better_the_lowest_is_first(record: Record, api: Api) -> None:
    errors = leaderboard("demo-new", higher_is_better=False)
    record.add(snapshot("2024-05-01", {"a": 1, "b": 2, "c": 3, "loner": 4}, OLD))
    record.add(snapshot("2024-05-01", {"a": 9, "b": 8, "c": 7, "loner": 6}, errors))

    answer = api.get(GENERALIZATION, **BOARDS)

    assert answer["meta"]["kendall_tau_b"] == 1
    assert {row["percentile_change"] for row in answer["data"]} == {0}
    assert {row["percentile_change_lower"] for row in answer["data"]} == {None}
    assert api.get(GENERALIZATION, **BOARDS, by="organization")["data"] == []
    assert api.get(GENERALIZATION, **BOARDS, country="US")["data"] == []


@pytest.mark.parametrize(
    "query",
    [
        pytest.param({"as_of": "2024-06-01"}, id="before-the-newer-board"),
        pytest.param({"as_of": "2020-01-01"}, id="before-either"),
        pytest.param({"known_at": "2024-06-01"}, id="before-it-was-known"),
    ],
)
def test_without_common_models_nothing_is_said(boards: Api, query: dict[str, str]) -> None:
    answer = boards.get(GENERALIZATION, **BOARDS, **query)

    assert answer["data"] == []
    meta = answer["meta"]
    assert (meta["common_models"], meta["insufficient_data"]) == (0, True)
    assert (meta["spearman_rho"], meta["kendall_tau_b"], meta["leaders"]) == (None, None, [])
    assert meta["to_board"]["edition_date"] is None
    assert meta["to_board"]["first_edition_date"] == "2024-07-01"


def test_boards_that_tell_nobody_apart_have_no_correlation(record: Record, api: Api) -> None:
    for board in (OLD, NEW):
        record.add(snapshot("2024-05-01", {"a": 1, "b": 1, "c": 1}, board))

    answer = api.get(GENERALIZATION, **BOARDS)

    assert answer["meta"]["spearman_rho"] is None
    assert {row["from_percentile"] for row in answer["data"]} == {0.5}


@pytest.mark.parametrize(
    ("query", "status", "parameter"),
    [
        pytest.param({"from_board": "demo-new"}, 422, "to_board", id="one-board"),
        pytest.param({"from_board": "Demo New"}, 422, "to_board", id="one-board-in-other-words"),
        pytest.param({"from_board": "nothing"}, 404, "from_board", id="no-older-board"),
        pytest.param({"to_board": "nothing"}, 404, "to_board", id="no-newer-board"),
        pytest.param({"organization": "nobody"}, 404, "organization", id="nobody"),
        pytest.param({"sort": "q_value"}, 422, "sort", id="an-order-of-makers"),
        pytest.param({"sort": "name"}, 422, "sort", id="no-order"),
        pytest.param({"by": "country"}, 422, "by", id="by-something-else"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    boards: Api, query: dict[str, str], status: int, parameter: str
) -> None:
    problem = boards.problem(GENERALIZATION, status, **{**BOARDS, **query})

    assert problem["errors"][0]["parameter"] == parameter
