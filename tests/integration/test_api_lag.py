"""How long one group's best trails another's."""

import pytest

from tests.api import Api, Body
from tests.factories import Record, entry, leaderboard, profile, snapshot
from tests.stores import stored

LAG = "/v1/analyses/lag"
ASKED = {"leaderboard": "demo-text", "group": "CN", "behind": "US"}


@stored()
def race(record: Record) -> None:
    """OpenAI sets three levels, of which Alibaba reaches the first two."""
    record.history(
        {
            "2024-01-01": {"OpenAI/gpt-1": 10, "Alibaba/qwen-1": 8},
            "2024-02-01": {"OpenAI/gpt-2": 12, "OpenAI/gpt-1": 10, "Alibaba/qwen-1": 8},
            "2024-04-10": {"OpenAI/gpt-2": 12, "Alibaba/qwen-2": 11},
            "2024-06-30": {"OpenAI/gpt-3": 15, "Alibaba/qwen-3": 12, "Meta/llama": 9},
        }
    )


def waits(answer: Body) -> list[tuple[object, ...]]:
    return [
        (
            row["model"]["name"],
            row["edition_date"],
            row["reached_by"] and row["reached_by"]["model"]["name"],
            row["days"],
            row["open"],
        )
        for row in answer["data"]
    ]


def test_each_level_has_its_wait(race: Api) -> None:
    answer = race.get(LAG, **ASKED)

    assert waits(answer) == [
        ("gpt-1", "2024-01-01", "qwen-2", 100, False),
        ("gpt-2", "2024-02-01", "qwen-3", 150, False),
        ("gpt-3", "2024-06-30", None, 0, True),
    ]
    reached = answer["data"][0]["reached_by"]
    assert (reached["score"], reached["edition_date"]) == (11, "2024-04-10")
    assert reached["organization"]["id"] == "alibaba"


def test_all_waits_are_told_together(race: Api) -> None:
    meta = race.get(LAG, **ASKED)["meta"]

    assert (meta["median_days"], meta["open_waits"], meta["matched_total"]) == (125, 1, 3)
    # The open wait of 0 days leaves the record before anybody else has waited for so long.
    assert meta["kaplan_meier_days"] == 100
    # The US stood at 12 on the first of February.
    assert (meta["trailing_days"], meta["leading_days"]) == (150, None)
    assert (meta["group_best"]["model"]["name"], meta["group_best"]["score"]) == ("qwen-3", 12)
    assert (meta["behind_best"]["model"]["name"], meta["behind_best"]["score"]) == ("gpt-3", 15)
    assert (meta["edition_date"], meta["editions"]) == ("2024-06-30", 4)
    assert meta["attribution"]["source"] == "demo"
    assert "floats" in meta["note"]


def test_the_other_way_round_it_leads(race: Api) -> None:
    answer = race.get(LAG, leaderboard="demo-text", group="US", behind="CN")

    assert waits(answer) == [
        ("qwen-1", "2024-01-01", "gpt-1", 0, False),
        ("qwen-2", "2024-04-10", "gpt-2", -69, False),
        ("qwen-3", "2024-06-30", "gpt-2", -150, False),
    ]
    assert (answer["meta"]["trailing_days"], answer["meta"]["leading_days"]) == (None, 150)


def test_an_open_wait_lasts_until_the_newest_edition(race: Api) -> None:
    answer = race.get(LAG, **ASKED, as_of="2024-04-30")

    assert waits(answer)[-1] == ("gpt-2", "2024-02-01", None, 69, True)
    assert answer["meta"]["edition_date"] == "2024-04-10"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param(
            {"by": "organization", "group": "Meta", "behind": "openai"},
            [(None, True), (None, True), (None, True)],
            id="organizations",
        ),
        pytest.param({"group": "FR"}, [(None, True)] * 3, id="a-country-without-entries"),
        pytest.param({"behind": "FR"}, [], id="behind-nobody"),
        pytest.param({"as_of": "2023-01-01"}, [], id="before-any-edition"),
        pytest.param({"known_at": "2024-01-15"}, [(None, True)], id="as-known-then"),
    ],
)
def test_what_is_asked_for_is_told(
    race: Api, query: dict[str, str], expected: list[tuple[object, bool]]
) -> None:
    answer = race.get(LAG, **{**ASKED, **query})

    assert [(row["reached_by"], row["open"]) for row in answer["data"]] == expected
    meta = answer["meta"]
    assert (meta["median_days"], meta["kaplan_meier_days"]) == (None, None)
    assert (meta["group_best"] is None) is (meta["group"] == "FR" or meta["edition_date"] is None)


def test_open_weights_can_trail_closed_ones(record: Record, api: Api) -> None:
    made = {
        "closed": profile("OpenAI", licence="Proprietary"),
        "open": profile("Meta", licence="MIT"),
    }
    for day, scores in {"2024-05-01": (10.0, 7.0), "2024-06-01": (10.0, 11.0)}.items():
        rows = [entry(name, score, of=made[name]) for name, score in zip(made, scores, strict=True)]
        record.add(snapshot(day, rows))

    answer = api.get(LAG, leaderboard="demo-text", by="open_weights", group="open", behind="closed")

    assert waits(answer) == [("closed", "2024-05-01", "open", 31, False)]


def test_the_community_counts_only_when_asked_for(record: Record, api: Api) -> None:
    rows = [
        entry("gpt", 10, of="OpenAI"),
        entry("merge", 11, of=profile("Alibaba", official=False)),
        entry("qwen", 9, of="Alibaba"),
    ]
    record.add(snapshot("2024-05-01", rows))

    official = api.get(LAG, **ASKED)
    everyone = api.get(LAG, **ASKED, include_community="true")

    assert [row["open"] for row in official["data"]] == [True]
    assert waits(everyone) == [("gpt", "2024-05-01", "merge", 0, False)]


def test_where_less_is_better_lower_levels_are_reached(record: Record, api: Api) -> None:
    board = leaderboard("demo-errors", unit="percent", higher_is_better=False)
    record.history(
        {
            "2024-05-01": {"OpenAI/gpt": 5, "Alibaba/qwen": 9},
            "2024-05-11": {"OpenAI/gpt": 5, "Alibaba/qwen": 4},
        },
        board,
    )

    answer = api.get(LAG, leaderboard="demo-errors", group="CN", behind="US")

    assert waits(answer) == [("gpt", "2024-05-01", "qwen", 10, False)]
    assert answer["meta"]["note"] is None


def test_pages_make_up_all_waits(race: Api) -> None:
    pages = list(race.pages(LAG, **ASKED, limit=1))

    assert [row for page in pages for row in page["data"]] == race.get(LAG, **ASKED)["data"]


@pytest.mark.parametrize(
    ("query", "status", "parameter"),
    [
        pytest.param({"leaderboard": "nothing"}, 404, "leaderboard", id="no-board"),
        pytest.param({"group": "us"}, 422, "behind", id="behind-itself"),
        pytest.param({"group": "China"}, 422, "group", id="no-code"),
        pytest.param({"by": "organization"}, 404, "group", id="no-organization"),
        pytest.param(
            {"by": "organization", "group": "meta"}, 404, "behind", id="behind-no-organization"
        ),
        pytest.param({"by": "open_weights"}, 422, "group", id="neither-open-nor-closed"),
        pytest.param({"by": "model"}, 422, "by", id="by-something-else"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    race: Api, query: dict[str, str], status: int, parameter: str
) -> None:
    problem = race.problem(LAG, status, **{**ASKED, **query})

    assert problem["errors"][0]["parameter"] == parameter
