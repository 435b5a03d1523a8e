"""Tables of a board by organization, by country and by licence."""

from collections import defaultdict

import pytest

from tests.api import Api, Body
from tests.factories import Record, entry, profile, snapshot
from tests.values import RACE

BOARD = "/v1/leaderboards/demo-text"
FIRST, SECOND, THIRD = RACE


def keyed(rows: list[Body]) -> dict[str, Body]:
    return {row["organization"]["id"]: row for row in rows}


def test_makers_stand_in_order_of_their_best(race: Api) -> None:
    answer = race.get(f"{BOARD}/organizations", top_n=3)

    rows = answer["data"]
    assert [(row["organization"]["id"], row["best_rank"]) for row in rows] == [
        ("meta", 1),
        ("openai", 2),
        ("alibaba", 3),
        ("mistral", 4),
    ]
    alibaba = keyed(rows)["alibaba"]
    assert alibaba["organization"] == {"id": "alibaba", "name": "Alibaba", "country": "CN"}
    assert alibaba["best_model"] == {"id": "alibaba--qwen-2", "name": "qwen-2"}
    assert (alibaba["entries"], alibaba["entries_in_top_n"]) == (2, 1)
    assert alibaba["entry_share"] == pytest.approx(1 / 3)
    assert alibaba["weighted_share"] == pytest.approx((1 / 3) / (1 + 1 / 2 + 1 / 3))
    assert answer["meta"]["matched_total"] == 4
    assert answer["meta"]["edition_date"] == THIRD


def test_a_row_says_how_long_a_maker_led_and_what_came_last(race: Api) -> None:
    rows = keyed(race.get(f"{BOARD}/organizations", window="P90D")["data"])

    led = {
        key: (row["days_as_leader"], row["days_as_leader_in_window"]) for key, row in rows.items()
    }
    assert led == {"meta": (82, 82), "alibaba": (10, 8), "openai": (0, 0), "mistral": (0, 0)}
    assert rows["alibaba"]["newest_debut"] == {
        "model": {"id": "alibaba--qwen-2", "name": "qwen-2"},
        "leaderboard": "demo-text",
        "edition_date": THIRD,
    }
    assert rows["meta"]["newest_debut"]["edition_date"] == FIRST


def test_changes_are_since_the_windows_start_or_a_date(race: Api) -> None:
    since_start = race.get(f"{BOARD}/organizations", top_n=2)
    since_date = race.get(f"{BOARD}/organizations", top_n=2, compare_to=SECOND)

    assert since_start["meta"]["compared_edition"]["edition_date"] == FIRST
    assert (since_start["meta"]["compare_to"], since_start["meta"]["window_start"]) == (
        "2024-05-03",
        "2024-05-03",
    )
    change = keyed(since_start["data"])["alibaba"]["change"]
    assert change["compared_edition"]["edition_date"] == FIRST
    assert (change["previous_best_rank"], change["best_rank"]) == (1, -2)
    assert (change["entries"], change["entries_in_top_n"]) == (1, -1)
    assert change["entry_share"] == -0.5
    assert change["weighted_share"] == pytest.approx(-2 / 3)
    assert keyed(since_date["data"])["openai"]["change"]["best_rank"] == 2


def test_a_maker_that_is_new_has_nothing_to_be_compared_with(race: Api) -> None:
    change = keyed(race.get(f"{BOARD}/organizations")["data"])["mistral"]["change"]

    assert (change["previous_best_rank"], change["best_rank"], change["entries"]) == (None, None, 1)


def test_without_an_earlier_edition_nothing_has_changed(race: Api) -> None:
    answer = race.get(f"{BOARD}/organizations", as_of=FIRST)

    assert answer["meta"]["compared_edition"] is None
    assert {value for row in answer["data"] for value in row["change"].values()} == {None}


@pytest.mark.parametrize("table", ["organizations", "countries", "licenses"])
@pytest.mark.parametrize("top_n", [1, 2, 3, 5, 50])
def test_shares_and_the_unknown_rest_add_to_one(race: Api, table: str, top_n: int) -> None:
    answer = race.get(f"{BOARD}/{table}", top_n=top_n, as_of=SECOND)

    found = answer["meta"]["concentration"]
    rows = answer["data"]
    assert sum(r["entry_share"] for r in rows) + found["unknown_share"] == pytest.approx(1)
    assert sum(r["weighted_share"] for r in rows) + found["unknown_weighted_share"] == (
        pytest.approx(1)
    )


def test_a_table_says_how_concentrated_the_top_is(race: Api) -> None:
    found = race.get(f"{BOARD}/organizations", top_n=3, as_of=SECOND)["meta"]["concentration"]

    assert found == {
        "entries_in_top_n": 3,
        "hhi": pytest.approx(1 / 3),
        "effective_number": pytest.approx(3),
        "unknown_share": pytest.approx(1 / 3),
        "unknown_weighted_share": pytest.approx((1 / 3) / (1 + 1 / 2 + 1 / 3)),
    }


def test_what_a_table_says_is_what_a_count_of_the_standings_gives(race: Api) -> None:
    entries = race.get(f"{BOARD}/standings")["data"]
    of_country: dict[str, list[int]] = defaultdict(list)
    for one in entries:
        if one["organization"] is not None:
            of_country[one["organization"]["country"]].append(one["rank"])

    rows = race.get(f"{BOARD}/countries", top_n=4)["data"]

    assert {row["country"]: row["entries"] for row in rows} == {
        country: len(ranks) for country, ranks in of_country.items()
    }
    assert {row["country"]: row["entries_in_top_n"] for row in rows} == {
        country: sum(rank <= 4 for rank in ranks) for country, ranks in of_country.items()
    }


def test_countries_are_those_of_the_makers(race: Api) -> None:
    answer = race.get(f"{BOARD}/countries", window="P90D")

    rows = [(row["country"], row["best_rank"], row["entries"]) for row in answer["data"]]
    assert rows == [("US", 1, 2), ("CN", 3, 2), ("FR", 4, 1)]
    assert answer["meta"]["by"] == "country"
    assert [row["days_as_leader"] for row in answer["data"]] == [82, 10, 0]


def test_a_question_about_some_leaves_the_shares_those_of_all(race: Api) -> None:
    answer = race.get(f"{BOARD}/organizations", organization="Aliaba,meta,alibaba", top_n=3)

    assert [row["organization"]["id"] for row in answer["data"]] == ["meta", "alibaba"]
    assert answer["meta"]["groups"] == ["alibaba", "meta"]
    assert answer["data"][0]["entry_share"] == pytest.approx(1 / 3)


def test_a_filter_leaves_the_others_out_altogether(race: Api) -> None:
    answer = race.get(f"{BOARD}/organizations", country="cn", top_n=1)

    (row,) = answer["data"]
    assert (row["best_rank"], row["best_filtered_rank"], row["entry_share"]) == (3, 1, 1)
    assert row["days_as_leader"] == 92  # among Chinese entries
    assert answer["meta"]["selection"]["country"] == "CN"


def test_before_any_edition_a_table_is_empty(race: Api) -> None:
    answer = race.get(f"{BOARD}/countries", as_of="2020-01-01")

    assert answer["data"] == []
    assert answer["meta"]["edition_date"] is None
    assert answer["meta"]["concentration"] == {
        "entries_in_top_n": 0,
        **dict.fromkeys(
            ("hhi", "effective_number", "unknown_share", "unknown_weighted_share"), None
        ),
    }


def test_a_table_can_be_known_as_it_was(race: Api, record: Record) -> None:
    restated = {f"OpenAI/gpt-{number}": number for number in range(6)}
    record.add(snapshot(THIRD, restated), published_at="2024-07-25")

    before = race.get(f"{BOARD}/organizations", known_at="2024-07-24")
    after = race.get(f"{BOARD}/organizations")

    assert [row["organization"]["id"] for row in after["data"]] == ["openai"]
    rows = keyed(before["data"])
    assert list(rows) == ["meta", "openai", "alibaba", "mistral"]
    assert (rows["meta"]["days_as_leader"], rows["alibaba"]["days_as_leader"]) == (82, 10)


def test_what_came_later_is_not_known_yet(race: Api, record: Record) -> None:
    lines = {"Alibaba/qwen-0": 1, "Alibaba/qwen-1": 11, "Meta/llama": 12}
    record.add(snapshot(SECOND, lines), published_at="2024-07-25")

    then = keyed(race.get(f"{BOARD}/organizations", known_at="2024-07-19")["data"])
    now = keyed(race.get(f"{BOARD}/organizations", as_of=SECOND)["data"])

    assert then["alibaba"]["newest_debut"]["model"]["id"] == "alibaba--qwen-1"
    assert then["alibaba"]["newest_debut"]["edition_date"] == FIRST
    assert now["alibaba"]["newest_debut"]["model"]["id"] == "alibaba--qwen-0"


def test_a_model_that_became_official_counts_from_its_debut(api: Api, record: Record) -> None:
    for day, official in ((FIRST, False), (SECOND, True)):
        mark = profile("Acme", official=official)
        rows = [entry("late", 2, of=mark), entry("early", 1, of=profile("Acme", official=True))]
        record.add(snapshot(day, rows[official ^ 1 :] if day == FIRST else rows))

    [row] = api.get(f"{BOARD}/organizations", as_of=SECOND)["data"]

    assert row["entries"] == 2
    assert row["newest_debut"]["model"]["name"] == "late"


def test_nobody_leads_in_the_future(race: Api) -> None:
    today = keyed(race.get(f"{BOARD}/organizations")["data"])
    later = keyed(race.get(f"{BOARD}/organizations", as_of="2035-01-01")["data"])

    assert later["meta"]["days_as_leader"] == today["meta"]["days_as_leader"]
    summary = race.get("/v1/organizations/meta", as_of="2035-01-01")["data"]["leaderboards"][0]
    assert summary["days_as_leader"] == today["meta"]["days_as_leader"]


@pytest.mark.parametrize("table", ["organizations", "countries", "licenses"])
def test_pages_make_up_the_whole_table(race: Api, record: Record, table: str) -> None:
    whole = race.get(f"{BOARD}/{table}")["data"]

    pages = race.pages(f"{BOARD}/{table}", limit=1)

    assert [row for page in pages for row in page["data"]] == whole
    first = race.get(f"{BOARD}/{table}", limit=1)
    record.add(snapshot("2024-07-31", {"OpenAI/gpt": 99}))
    if first["links"]["next"] is not None:
        assert race.get(first["links"]["next"])["data"] == whole[1:2]


def test_licences_are_told_by_their_spdx_ids(licensed: Api) -> None:
    answer = licensed.get(f"{BOARD}/licenses", top_n=2)

    rows = [
        (row["licence"], row["open_weights"], row["best_rank"], row["entries"])
        for row in answer["data"]
    ]
    proprietary = {"id": "proprietary", "name": "Proprietary", "spdx": False}
    apache = {"id": "Apache-2.0", "name": "Apache License 2.0", "spdx": True}
    mit = {"id": "MIT", "name": "MIT License", "spdx": True}
    assert rows == [(proprietary, False, 2, 1), (apache, True, 3, 2), (mit, True, 5, 1)]
    assert answer["meta"]["by"] == "licence"


def test_openness_is_told_of_whole_boards_too(licensed: Api) -> None:
    answer = licensed.get(f"{BOARD}/licenses", by="open_weights", include_community="true")

    rows = [
        (row["licence"], row["open_weights"], row["best_rank"], row["entries"])
        for row in answer["data"]
    ]
    assert rows == [(None, True, 1, 4), (None, False, 2, 1)]
    assert answer["meta"]["concentration"]["unknown_share"] == pytest.approx(1 / 6)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param({"licence": "APACHE-2.0"}, [("openai", 1), ("alibaba", 1)], id="licence"),
        pytest.param({"open_weights": "true"}, [("openai", 1), ("alibaba", 2)], id="open"),
        pytest.param({"open_weights": "false"}, [("openai", 1)], id="closed"),
        pytest.param({"max_parameters": "7"}, [("alibaba", 1)], id="size"),
        pytest.param(
            {"include_community": "true", "licence": "MIT"}, [("w", 1), ("alibaba", 1)], id="both"
        ),
    ],
)
def test_only_entries_count_that_are_all_that_is_asked(
    licensed: Api, query: dict[str, str], expected: list[tuple[str, int]]
) -> None:
    rows = licensed.get(f"{BOARD}/organizations", **query)["data"]

    assert [(row["organization"]["id"], row["entries"]) for row in rows] == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param({"organization": "alibaba"}, ["Apache-2.0", "MIT"], id="organization"),
        pytest.param({"country": "US"}, ["proprietary", "Apache-2.0"], id="country"),
        pytest.param({"licence": "mit,proprietary"}, ["proprietary", "MIT"], id="licences"),
        pytest.param({"open_weights": "false"}, ["proprietary"], id="closed"),
        pytest.param({"max_parameters": "7"}, ["MIT"], id="size"),
    ],
)
def test_licences_of_some(licensed: Api, query: dict[str, str], expected: list[str]) -> None:
    rows = licensed.get(f"{BOARD}/licenses", **query)["data"]

    assert [row["licence"]["id"] for row in rows] == expected


def test_standings_can_be_asked_for_by_licence(licensed: Api) -> None:
    answer = licensed.get(f"{BOARD}/standings", licence="apache-2.0")

    assert [row["printed_name"] for row in answer["data"]] == ["open", "qwen"]
    assert {row["licence_id"] for row in answer["data"]} == {"Apache-2.0"}
    assert answer["meta"]["selection"]["licence"] == "Apache-2.0"


@pytest.mark.parametrize("part", ["", "/history"])
@pytest.mark.parametrize(
    ("table", "query", "status", "word"),
    [
        pytest.param("organizations", {"organization": "nobody"}, 404, "organization", id="maker"),
        pytest.param("organizations", {"organization": "meta,,"}, 422, "words", id="nothing"),
        pytest.param("organizations", {"country": "China"}, 422, "ISO 3166-1", id="country"),
        pytest.param("countries", {"country": "CN,XX"}, 422, "ISO 3166-1", id="countries"),
        pytest.param("countries", {"licence": "nobodys"}, 404, "licence", id="licence"),
        pytest.param("countries", {"organization": "meta"}, 422, "no such parameter", id="other"),
        pytest.param("licenses", {"licence": "nobodys"}, 404, "licence", id="licences"),
        pytest.param(
            "licenses", {"by": "open_weights", "licence": "MIT"}, 422, "by=licence", id="openness"
        ),
        pytest.param("licenses", {"by": "colour"}, 422, "licence", id="dimension"),
        pytest.param("licenses", {"top_n": "0"}, 422, "greater", id="top-of-none"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    licensed: Api, part: str, table: str, query: dict[str, str], status: int, word: str
) -> None:
    problem = licensed.problem(f"{BOARD}/{table}{part}", status, **query)

    assert word in str(problem)


def test_a_comparison_must_lie_before(race: Api) -> None:
    problem = race.problem(f"{BOARD}/countries", 422, as_of=SECOND, compare_to=THIRD)

    assert problem["errors"][0]["parameter"] == "compare_to"
