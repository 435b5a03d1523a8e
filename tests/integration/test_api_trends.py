"""Trends of models, shifts of whole boards, and the breaks that answers report."""

from datetime import date, timedelta

import numpy as np
import pytest
from scipy import stats

from tests.api import Api, Body
from tests.factories import Record, entry, leaderboard, snapshot
from tests.stores import stored

BOARD = "/v1/leaderboards/demo-text"
START = date(2024, 6, 1)
DAYS = [0, 1, 3, 4, 7, 8, 11, 13, 17, 20]


def day(number: int) -> str:
    return str(START + timedelta(days=DAYS[number]))


@stored()
def ten(record: Record) -> None:
    """Ten editions, uneven in time: one model climbs, one falls, one stays, one came lately.

    From the sixth edition on everybody has ten points more.
    """
    for number in range(10):
        pool = 10 if number >= 5 else 0
        scores = {
            "Alibaba/climber": 50 + 2 * DAYS[number] + pool,
            "Meta/faller": 90 - DAYS[number] + pool,
            "OpenAI/steady": 75.0 + pool,
            "Google/other": 74.0 + pool,
            "Mistral/another": 73.0 + pool,
        }
        if number >= 6:
            scores["xAI/late"] = 60.0
        record.history({day(number): scores})


def keyed(rows: list[Body]) -> dict[str, Body]:
    return {row["model"]["name"]: row for row in rows}


def test_a_slope_is_that_of_theil_and_sen(ten: Api) -> None:
    rows = keyed(ten.get(f"{BOARD}/trends")["data"])

    scores = [50 + 2 * d + (10 if number >= 5 else 0) for number, d in enumerate(DAYS)]
    expected = stats.theilslopes(scores, DAYS, alpha=0.95)
    climber = rows["climber"]
    assert climber["slope_per_day"] == pytest.approx(expected.slope)
    assert climber["slope_lower"] == pytest.approx(expected.low_slope)
    assert climber["slope_upper"] == pytest.approx(expected.high_slope)
    assert (climber["points"], climber["from"], climber["to"]) == (10, day(0), day(9))
    assert (climber["direction"], climber["insufficient_data"]) == ("up", False)
    assert climber["q_value"] >= climber["p_value"]
    assert "Theil-Sen" in climber["method"]


def test_net_of_the_pool_only_ones_own_trend_remains(ten: Api) -> None:
    rows = keyed(ten.get(f"{BOARD}/trends")["data"])

    assert rows["steady"]["slope_per_day"] > 0
    assert rows["steady"]["net"]["slope_per_day"] == pytest.approx(0)
    assert rows["climber"]["net"]["slope_per_day"] == pytest.approx(2)
    assert rows["faller"]["net"]["slope_per_day"] == pytest.approx(-1)
    assert (rows["faller"]["net"]["direction"], rows["steady"]["net"]["direction"]) == (
        "down",
        "none",
    )


def test_too_few_points_are_no_number(ten: Api) -> None:
    late = keyed(ten.get(f"{BOARD}/trends")["data"])["late"]

    assert (late["points"], late["insufficient_data"]) == (4, True)
    assert {late[key] for key in ("slope_per_day", "slope_lower", "p_value", "direction")} == {None}
    assert late["net"]["q_value"] is None


def test_a_place_that_improves_goes_up(record: Record, api: Api) -> None:
    for number in range(10):
        others = {f"m{place}": 10.0 * place for place in range(10)}
        record.history({day(number): {"climber": 10.0 * number + 5, **others}})

    answer = api.get(f"{BOARD}/trends", metric="rank")

    row = keyed(answer["data"])["climber"]
    assert (row["rank"], row["direction"]) == (1, "up")
    assert row["slope_per_day"] == pytest.approx(stats.theilslopes(range(10), DAYS).slope)
    assert answer["meta"]["metric"] == "rank"


def test_net_of_newcomers_a_place_is_a_percentile(record: Record, api: Api) -> None:
    """As many come below as above the middle; the last is tied with ever more of them."""
    for number in range(10):
        above = {f"above{place}": 100.0 + place for place in range(number + 1)}
        below = {f"below{place}": 10.0 for place in range(number)}
        record.history({day(number): {"middle": 50.0, "last": 10.0, **above, **below}})

    rows = keyed(api.get(f"{BOARD}/trends", metric="rank")["data"])

    assert (rows["middle"]["rank"], rows["middle"]["direction"]) == (11, "down")
    assert (rows["middle"]["net"]["slope_per_day"], rows["middle"]["net"]["direction"]) == (
        0,
        "none",
    )
    percentiles = [(number / 2) / (2 * number + 2) for number in range(10)]
    expected = stats.theilslopes(percentiles, DAYS, alpha=0.95)
    net = rows["last"]["net"]
    assert net["slope_per_day"] == pytest.approx(expected.slope)
    assert net["slope_lower"] == pytest.approx(expected.low_slope)
    assert net["slope_upper"] == pytest.approx(expected.high_slope)
    assert (rows["last"]["direction"], net["direction"]) == ("down", "up")
    shown = keyed(api.get(f"{BOARD}/standings")["data"])
    assert shown["last"]["percentile"] == pytest.approx(percentiles[-1])


def test_alone_there_is_no_percentile(record: Record, api: Api) -> None:
    for number in range(10):
        record.history({day(number): {"alone": 10.0}})

    [row] = api.get(f"{BOARD}/trends", metric="rank")["data"]

    assert (row["points"], row["slope_per_day"], row["direction"]) == (10, 0, "none")
    assert set(row["net"].values()) == {None}


def test_answers_name_the_breaks_they_span(ten: Api) -> None:
    expected = [
        {
            "edition_date": day(5),
            "previous_edition_date": day(4),
            "reasons": ["score_shift"],
            "pool_shift": 10,
        }
    ]

    spanning = [
        ten.get(f"{BOARD}/trends"),
        ten.get(f"{BOARD}/leaders"),
        ten.get(f"{BOARD}/movements", from_=day(4), to=day(5)),
    ]
    beside = [
        ten.get(f"{BOARD}/trends", window="P10D", as_of=day(4)),
        ten.get(f"{BOARD}/leaders", from_=day(6)),
        ten.get(f"{BOARD}/movements", from_=day(6), to=day(9)),
        ten.get(f"{BOARD}/movements", to=day(0)),
    ]

    assert [answer["meta"]["methodology_breaks"] for answer in spanning] == [expected] * 3
    assert [answer["meta"]["methodology_breaks"] for answer in beside] == [[]] * 4


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(f"{BOARD}/organizations/history", id="of-a-board-by-organization"),
        pytest.param(f"{BOARD}/countries/history", id="of-a-board-by-country"),
        pytest.param(f"{BOARD}/licenses/history", id="of-a-board-by-licence"),
        pytest.param("/v1/organizations/meta/history", id="of-a-maker"),
        pytest.param("/v1/countries/US/history", id="of-a-country"),
    ],
)
def test_histories_of_groups_name_the_breaks_they_span(ten: Api, path: str) -> None:
    asked = {} if path.startswith(BOARD) else {"leaderboard": "demo-text"}
    spans = [{}, {"from_": day(5)}, {"to": day(4)}, {"from_": day(6)}]

    found = [ten.get(path, **asked, **span)["meta"]["methodology_breaks"] for span in spans]

    assert [[one["edition_date"] for one in breaks] for breaks in found] == [[day(5)], [], [], []]
    assert found[0][0]["pool_shift"] == 10


def test_a_comparison_names_the_breaks_of_each_board(ten: Api, record: Record) -> None:
    quiet = leaderboard("demo-quiet")
    record.history({day(n): {"Meta/faller": 2.0, "OpenAI/steady": 1.0} for n in range(10)}, quiet)
    spans = [{}, {"from_": day(5)}, {"to": day(4)}]

    answers = [ten.get("/v1/comparisons", models="faller,steady", **span) for span in spans]

    assert [
        {
            row["leaderboard"]: [one["edition_date"] for one in row["methodology_breaks"]]
            for row in answer["data"]
        }
        for answer in answers
    ] == [{"demo-text": broken, "demo-quiet": []} for broken in ([day(5)], [], [])]


def test_shifts_are_told_edition_by_edition(ten: Api) -> None:
    answer = ten.get(f"{BOARD}/shifts")

    rows = answer["data"]
    assert [row["edition"]["edition_date"] for row in rows] == [day(n) for n in range(1, 10)]
    assert [row["pool_shift"] for row in rows] == [0, 0, 0, 0, 10, 0, 0, 0, 0]
    assert [row["methodology_break"] for row in rows if row["methodology_break"]] == [
        ["score_shift"]
    ]
    assert (rows[0]["common_models"], rows[0]["interval_ratio"]) == (5, None)
    some = ten.get(f"{BOARD}/shifts", from_=day(5), to=day(6))
    assert [row["pool_shift"] for row in some["data"]] == [10, 0]
    pages = list(ten.pages(f"{BOARD}/shifts", limit=4))
    assert [row for page in pages for row in page["data"]] == rows


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param({"sort": "rank"}, ["climber", "steady"], id="rank"),
        pytest.param({"sort": "-slope"}, ["climber", "steady"], id="climbers"),
        pytest.param({"sort": "slope"}, ["faller", "steady"], id="fallers"),
        pytest.param({"sort": "q_value"}, ["climber"], id="the-surest"),
        pytest.param({"country": "CN"}, ["climber"], id="some"),
        pytest.param({"organization": "xai"}, ["late"], id="of-a-maker"),
    ],
)
def test_trends_can_be_sorted_and_filtered(
    ten: Api, query: dict[str, str], expected: list[str]
) -> None:
    answer = ten.get(f"{BOARD}/trends", **query)

    names = [row["model"]["name"] for row in answer["data"]]
    assert names[: len(expected)] == expected
    assert (answer["meta"]["models_tested"], answer["meta"]["editions"]) == (5, 10)
    if len(names) == 6:
        assert names[-1] == "late" or query["sort"] == "rank"
        pages = list(ten.pages(f"{BOARD}/trends", limit=2, **query))
        assert [row["model"]["name"] for page in pages for row in page["data"]] == names


def test_a_window_is_what_lies_in_it(ten: Api) -> None:
    answer = ten.get(f"{BOARD}/trends", window="P10D", as_of=day(9))

    assert answer["meta"]["editions"] == 4
    assert (answer["meta"]["window"], answer["meta"]["window_start"]) == ("P10D", "2024-06-11")
    assert {row["points"] for row in answer["data"]} == {4}


def test_an_old_board_has_entries_and_no_trend(ten: Api) -> None:
    answer = ten.get(f"{BOARD}/trends", window="P7D")

    assert answer["meta"]["edition_date"] == day(9)
    assert (answer["meta"]["editions"], answer["meta"]["models_tested"]) == (0, 0)
    assert {(row["points"], row["from"], row["insufficient_data"]) for row in answer["data"]} == {
        (0, None, True)
    }


def test_before_any_edition_there_is_nothing(ten: Api) -> None:
    trends = ten.get(f"{BOARD}/trends", as_of="2024-05-01")
    shifts = ten.get(f"{BOARD}/shifts", to="2024-05-01")

    assert (trends["data"], trends["meta"]["edition_date"]) == ([], None)
    assert (shifts["data"], shifts["meta"]["edition_date"]) == ([], None)


def test_one_edition_has_no_shift_and_no_trend(record: Record, api: Api) -> None:
    record.history({"2024-07-01": {"alone": 1}})

    assert api.get(f"{BOARD}/shifts")["data"] == []
    [row] = api.get(f"{BOARD}/trends")["data"]
    assert (row["points"], row["slope_per_day"]) == (1, None)


def test_what_was_not_known_is_in_no_trend(ten: Api, record: Record) -> None:
    names = ("Alibaba/climber", "Meta/faller", "OpenAI/steady", "Google/other", "Mistral/another")
    record.add(snapshot(day(9), dict.fromkeys(names, 1.0)), published_at="2024-07-25")

    before = ten.get(f"{BOARD}/trends", known_at="2024-07-24")
    after = ten.get(f"{BOARD}/trends")

    assert len(before["data"]) == 6
    assert "late" not in keyed(after["data"])
    assert len(ten.get(f"{BOARD}/shifts", known_at=day(3))["data"]) == 3


def test_a_change_of_intervals_is_a_break(record: Record, api: Api) -> None:
    rng = np.random.default_rng(7)
    scores = np.round(rng.normal(1000, 50, size=12), 1).tolist()
    for number in range(6):
        half = 5.0 if number < 3 else 12.0
        rows = [
            entry(f"m{place}", score, lower=score - half, upper=score + half)
            for place, score in enumerate(scores)
        ]
        record.add(snapshot(day(number), rows, leaderboard()))

    [found] = [r for r in api.get(f"{BOARD}/shifts")["data"] if r["methodology_break"]]
    assert found["edition"]["edition_date"] == day(3)
    assert found["methodology_break"] == ["interval_change"]
    assert found["interval_ratio"] == pytest.approx(2.4)


@pytest.mark.parametrize("path", ["trends?metric=votes", "trends?window=90", "shifts?by=model"])
def test_what_cannot_be_asked_is_refused(ten: Api, path: str) -> None:
    ten.problem(f"{BOARD}/{path}", 422)
