"""A model's chart runs."""

import pytest

from tests.api import Api, Body
from tests.factories import Record, entry, leaderboard, snapshot
from tests.stores import stored

RUN = "/v1/models/openai--a/chart-run"
CODING = leaderboard("demo-text-coding", family="demo-text", category="coding")


@stored()
def charted(record: Record) -> None:
    """Second, first, away for long, back in the lead for good; on another board for two days."""
    record.history(
        {
            "2024-05-01": {"Meta/b": 9},
            "2024-05-06": {"Meta/b": 9, "OpenAI/a": 8},
            "2024-05-13": {"OpenAI/a": 10, "Meta/b": 9},
            "2024-05-27": {"Meta/b": 9},
            "2024-06-10": {"OpenAI/a": 10, "Meta/b": 9},
        }
    )
    record.history({"2024-06-01": {"OpenAI/a": 1}, "2024-06-03": {"Meta/b": 1}}, CODING)


def test_a_run_tells_a_models_life_on_a_board(charted: Api) -> None:
    answer = charted.get(RUN)

    run = answer["data"][0]
    assert (run["leaderboard"], run["status"], run["editions"]) == ("demo-text", "active", 5)
    assert run["debut"] == {"rank": 2, "edition_date": "2024-05-06"}
    assert run["peak"] == {"rank": 1, "edition_date": "2024-05-13"}
    assert run["last"] == {"rank": 1, "edition_date": "2024-06-10"}
    assert (run["exit_date"], run["re_entries"]) == (None, 1)
    assert (run["days_on_chart"], run["days_at_number_one"]) == (7 + 14 + 52, 14 + 52)
    assert run["weeks_at_number_one"] == 2 + 8
    assert run["days_in_top_3"] == run["days_in_top_10"] == run["days_in_top_50"] == 73
    assert run["edition"]["edition_date"] == "2024-06-10"
    meta = answer["meta"]
    assert (meta["model"], meta["as_of"], meta["matched_total"]) == ("openai--a", "2024-08-01", 2)
    assert [one["source"] for one in meta["attribution"]] == ["demo"]
    assert answer["links"]["model"] == "/v1/models/openai--a"


def test_streaks_are_the_current_and_the_longest(charted: Api) -> None:
    streaks = charted.get(RUN, as_of="2024-06-15")["data"][0]["streaks"]

    now = {"length_days": 5, "from": "2024-06-10", "to": None}
    assert streaks["number_one"] == {
        "current": now,
        "longest": {"length_days": 14, "from": "2024-05-13", "to": "2024-05-27"},
    }
    assert streaks["top_3"] == streaks["top_10"] == streaks["top_50"]
    assert streaks["top_50"] == {
        "current": now,
        "longest": {"length_days": 21, "from": "2024-05-06", "to": "2024-05-27"},
    }


def test_who_left_has_an_exit(charted: Api) -> None:
    [run] = charted.get(RUN, leaderboard="demo-text-coding")["data"]

    assert (run["exit_date"], run["days_on_chart"]) == ("2024-06-03", 2)
    assert run["streaks"]["number_one"]["current"] is None
    assert run["streaks"]["number_one"]["longest"]["length_days"] == 2


def test_who_never_stood_near_the_top_has_no_streak_there(record: Record, api: Api) -> None:
    record.history({"2024-05-01": {f"Meta/m{n}": 20 - n for n in range(12)}})

    [run] = api.get("/v1/models/meta--m11/chart-run")["data"]

    assert (run["days_in_top_10"], run["days_in_top_50"]) == (0, 92)
    assert run["streaks"]["top_10"] == {"current": None, "longest": None}
    assert run["streaks"]["top_50"]["current"]["length_days"] == 92


def test_partial_snapshots_make_no_exit(record: Record, api: Api) -> None:
    full = {f"OpenAI/{name}": 30.0 - n for n, name in enumerate("abcdefghijklmnopqrstuvwxyz")}
    part = dict(list(full.items())[18:])
    record.history({"2024-05-01": full, "2024-05-20": part, "2024-06-20": full})

    [run] = api.get(RUN)["data"]

    assert (run["exit_date"], run["re_entries"], run["editions"]) == (None, 0, 2)
    assert run["streaks"]["number_one"]["current"]["length_days"] == run["days_on_chart"] == 92


def told(rows: list[Body]) -> list[tuple[str, int, int]]:
    return [(row["leaderboard"], row["last"]["rank"], row["days_on_chart"]) for row in rows]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param({"as_of": "2024-05-01"}, [], id="before-its-debut"),
        pytest.param({"as_of": "2020-01-01"}, [], id="before-any-edition"),
        pytest.param({"as_of": "2024-05-06"}, [("demo-text", 2, 0)], id="on-its-debut"),
        pytest.param({"as_of": "2024-05-20"}, [("demo-text", 1, 14)], id="as-of-a-date"),
        pytest.param(
            {"as_of": "2030-01-01"},
            [("demo-text", 1, 73), ("demo-text-coding", 1, 2)],
            id="as-of-the-future",
        ),
        pytest.param({"leaderboard": "demo_text"}, [("demo-text", 1, 73)], id="one-board"),
        pytest.param({"known_at": "2024-05-07"}, [("demo-text", 2, 87)], id="as-known-then"),
        pytest.param({"known_at": "2024-01-01"}, [], id="before-anything-was-known"),
    ],
)
def test_what_is_asked_for_is_told(
    charted: Api, query: dict[str, str], expected: list[tuple[str, int, int]]
) -> None:
    answer = charted.get(RUN, **query)

    assert told(answer["data"]) == expected
    assert answer["meta"]["matched_total"] == len(expected)


def test_a_run_is_told_as_it_was_known(record: Record, api: Api) -> None:
    record.add(snapshot("2024-05-01", {"OpenAI/a": 9, "Meta/b": 8}), published_at="2024-05-01")
    record.add(snapshot("2024-05-11", {"OpenAI/a": 9, "Meta/b": 8}), published_at="2024-05-11")
    record.add(snapshot("2024-05-01", {"Meta/b": 10, "OpenAI/a": 9}), published_at="2024-06-01")
    record.add(snapshot("2024-05-11", {"Meta/b": 10}), published_at="2024-06-01")

    [then] = api.get(RUN, known_at="2024-05-20")["data"]
    [now] = api.get(RUN)["data"]

    assert (then["debut"]["rank"], then["last"]["edition_date"]) == (1, "2024-05-11")
    assert (then["exit_date"], then["days_at_number_one"]) == (None, 92)
    assert (now["debut"]["rank"], now["exit_date"]) == (2, "2024-05-11")
    assert (now["days_at_number_one"], now["days_on_chart"]) == (0, 10)


def test_a_model_of_two_names_has_one_run(record: Record, api: Api) -> None:
    record.history({"2024-05-01": {"OpenAI/A": 9, "Meta/b": 8}, "2024-05-11": {"OpenAI/a": 9}})

    assert told(api.get(RUN)["data"]) == [("demo-text", 1, 92)]
    assert len(api.get("/v1/models/openai--a")["data"]["aliases"]) == 2


def test_a_board_on_which_a_model_never_stood_has_no_run(record: Record, api: Api) -> None:
    record.history({"2024-05-01": {"OpenAI/a": 9}})
    record.history({"2024-05-01": {"Meta/b": 9}}, CODING)

    answer = api.get(RUN, leaderboard="demo-text-coding")

    assert (answer["data"], answer["meta"]["leaderboard"]) == ([], "demo-text-coding")
    api.problem(RUN, 404, leaderboard="demo-texd")


def test_pages_make_up_all_runs(charted: Api) -> None:
    pages = charted.pages(RUN, limit=1)

    assert [row["leaderboard"] for page in pages for row in page["data"]] == [
        "demo-text",
        "demo-text-coding",
    ]


def test_another_name_leads_to_the_run(record: Record, api: Api) -> None:
    record.add(snapshot("2024-05-01", [entry("a", of="OpenAI"), entry("hub/b")]))

    by_name = api.ask("/v1/models/A/chart-run", query="as_of=2024-06-01")
    with_slash = api.ask("/v1/models/hub%2Fb/chart-run")

    assert by_name.headers["location"] == f"{RUN}?as_of=2024-06-01"
    assert with_slash.headers["location"] == "/v1/models/unknown--hub-b/chart-run"


def test_a_model_leads_to_its_run(charted: Api) -> None:
    assert charted.get("/v1/models/openai--a")["links"]["chart_run"] == RUN
