"""Boards whose era upstream ended: nobody leads there any longer."""

import pytest

from tests.api import Api, Body, statements
from tests.factories import Record, leaderboard, snapshot
from tests.stores import stored

OLD = leaderboard("demo-v1", family="demo", era="v1")
NEW = leaderboard("demo-v2", family="demo", era="v2")
ENDED = "2024-06-30"
LEADERS = "/v1/leaderboards/demo-v1/leaders"
MAKERS = "/v1/leaderboards/demo-v1/organizations"
RUN = "/v1/models/openai--a/chart-run"


@stored()
def eras(record: Record) -> None:
    """An era of sixty days, which one model led throughout, and the next, which another leads."""
    for day in ("2024-05-01", "2024-05-11"):
        record.add(snapshot(day, {"OpenAI/a": 9, "Meta/b": 8}, OLD))
    record.add(snapshot(ENDED, {"Meta/b": 9, "OpenAI/a": 8}, NEW))


def of_board(rows: list[Body], board: str = "demo-v1") -> Body:
    [found] = [row for row in rows if row["leaderboard"] == board]
    return found


@pytest.mark.parametrize(
    ("asked", "to", "days"),
    [
        pytest.param({}, ENDED, 60, id="now"),
        pytest.param({"to": ENDED}, ENDED, 60, id="on-the-day"),
        pytest.param({"to": "2024-06-29"}, None, 59, id="before"),
        pytest.param({"known_at": "2024-06-29"}, None, 92, id="as-known-before"),
        pytest.param({"known_at": "2024-07-02"}, ENDED, 60, id="as-known-after"),
    ],
)
def test_a_reign_ends_with_the_era(
    eras: Api, asked: dict[str, str], to: str | None, days: int
) -> None:
    [reign] = eras.get(LEADERS, **asked)["data"]

    assert (reign["from"], reign["to"], reign["days"]) == ("2024-05-01", to, days)


def test_who_led_an_era_that_is_over_is_not_told_of_later_days(eras: Api) -> None:
    assert eras.get(LEADERS, from_="2024-07-01")["data"] == []
    assert len(eras.get(LEADERS, from_="2024-06-01")["data"]) == 1


def test_days_as_leader_end_with_the_era(eras: Api) -> None:
    row = eras.get(MAKERS, window="P40D")["data"][0]
    before = eras.get(MAKERS, window="P40D", as_of="2024-06-20")["data"][0]

    assert (row["days_as_leader"], row["days_as_leader_in_window"]) == (60, 8)
    assert (before["days_as_leader"], before["days_as_leader_in_window"]) == (50, 40)


@pytest.mark.parametrize(
    ("path", "led"), [("/v1/organizations/openai", 0), ("/v1/countries/US", 1)]
)
def test_a_group_is_counted_as_leader_only_of_eras_that_last(
    eras: Api, path: str, led: int
) -> None:
    now, before = eras.get(path)["data"], eras.get(path, as_of="2024-06-20")["data"]

    assert (before["boards_led"], now["boards_led"], now["boards"]) == (1, led, 2)
    assert of_board(now["leaderboards"])["days_as_leader"] == 60
    assert of_board(before["leaderboards"])["days_as_leader"] == 50


def test_streaks_end_with_the_era(eras: Api) -> None:
    run = of_board(eras.get(RUN)["data"])
    before = of_board(eras.get(RUN, as_of="2024-06-20")["data"])

    streak = {"length_days": 60, "from": "2024-05-01", "to": ENDED}
    assert run["streaks"]["number_one"] == {"current": None, "longest": streak}
    assert (run["days_on_chart"], run["days_at_number_one"], run["exit_date"]) == (60, 60, None)
    assert before["streaks"]["number_one"]["current"]["length_days"] == 50


def test_nobody_is_ahead_after_the_era(eras: Api) -> None:
    boards = eras.get("/v1/comparisons", models="openai--a,meta--b")["data"]

    assert [one["days"] for one in of_board(boards)["ahead"]] == [60, 0]
    assert [one["days"] for one in of_board(boards, "demo-v2")["ahead"]] == [0, 32]


def test_what_is_printed_of_an_era_after_the_next_began_holds_until_the_last_of_it(
    record: Record, eras: Api
) -> None:
    record.add(snapshot("2024-07-10", {"OpenAI/a": 9, "Meta/b": 8}, OLD))

    [reign] = eras.get(LEADERS)["data"]
    run = of_board(eras.get(RUN)["data"])

    assert (reign["to"], reign["days"]) == ("2024-07-10", 70)
    assert run["days_on_chart"] == eras.get(MAKERS)["data"][0]["days_as_leader"] == 70


@pytest.mark.parametrize("path", [LEADERS, MAKERS])
def test_an_answer_is_another_once_the_next_era_began(record: Record, api: Api, path: str) -> None:
    record.add(snapshot("2024-05-01", {"OpenAI/a": 9}, OLD))
    known = api.ask(path).headers

    record.add(snapshot(ENDED, {"OpenAI/a": 9}, NEW))

    again = api.ask(path, headers={"If-None-Match": known["ETag"]})
    assert (again.status_code, again.headers["ETag"] == known["ETag"]) == (200, False)


def test_a_board_without_an_era_holds_on(record: Record, api: Api) -> None:
    plain = leaderboard("demo-plain", family="demo")
    record.add(snapshot("2024-05-01", {"OpenAI/a": 9}, plain))
    record.add(snapshot("2024-06-30", {"OpenAI/a": 9}, NEW))

    [reign] = api.get("/v1/leaderboards/demo-plain/leaders")["data"]

    assert (reign["to"], reign["days"]) == (None, 92)


def test_the_number_of_queries_stays_when_there_are_more_eras(eras: Api, record: Record) -> None:
    before = cost(eras)
    for number in range(3, 7):
        later = leaderboard(f"demo-v{number}", family="demo", era=f"v{number}")
        record.add(snapshot(f"2024-07-0{number}", {"OpenAI/a": 9}, later))

    assert cost(eras) == before == 4


def test_a_walk_shows_the_eras_of_when_it_began(record: Record, api: Api) -> None:
    for day, best in (("2024-05-01", "OpenAI/a"), ("2024-05-11", "Meta/b")):
        record.add(snapshot(day, {best: 9}, OLD))
    first = api.get(LEADERS, limit=1)

    record.add(snapshot(ENDED, {"Meta/b": 9}, NEW))

    assert api.get(first["links"]["next"])["data"][0]["to"] is None
    assert api.get(LEADERS)["data"][1]["to"] == ENDED


def cost(api: Api) -> int:
    """The number of SELECTs of reigns, when they are not asked for first."""
    api.get(LEADERS)
    with statements(api.engine) as sent:
        api.get(LEADERS)
    return len(sent)
