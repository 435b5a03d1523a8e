"""Histories are kept in memory once they were asked for, and stay what the record says."""

from datetime import date
from itertools import product
from typing import Any

import pytest

from app.store.queries.catalogue import Memory
from tests.api import Api, statements
from tests.factories import Record, leaderboard, snapshot
from tests.stores import stored

HISTORY = "/v1/models/openai--a/history?leaderboard=demo-text"
DAYS = ["2024-07-01", "2024-07-03", "2024-07-04", "2024-07-08", "2024-07-09", "2024-07-20"]
OTHER = leaderboard("demo-other")


@stored()
def eventful(record: Record) -> None:
    """A model that falls, goes, comes back under another name, and is restated."""
    record.history({"2024-07-01": {"Meta/b": 9}})
    record.history({"2024-07-03": {"OpenAI/a": 10, "Meta/b": 9}})
    record.history({"2024-07-04": {"OpenAI/a": 8, "Meta/b": 9}})
    record.history({"2024-07-08": {"Meta/b": 9}})
    record.history({"2024-07-09": {"openai/A": 9.5, "Meta/b": 9}})
    record.history({"2024-07-20": {"openai/A": 9.5, "Meta/b": 11, "Qwen/c": 10}})
    restated = snapshot("2024-07-04", {"OpenAI/a": 8.5, "Meta/b": 8})
    record.add(restated, published_at=date(2024, 7, 21))
    record.history({"2024-07-01": {"OpenAI/a": 3}}, OTHER)


def questions() -> list[str]:
    """Every span between two editions, and between them; by editions and by periods."""
    spans = [
        f"{HISTORY}&from={first}&to={last}"
        for first, last in product([*DAYS, "2024-07-06"], [*DAYS, "2024-07-06"])
        if first <= last
    ]
    others = ["&limit=2", "&granularity=week", "&granularity=month&from=2024-07-08", "&format=csv"]
    others += [
        "&sort=-edition_date",
        "&sort=-edition_date&granularity=week&to=2024-07-09",
        "&known_at=2024-07-04",
        "&to=2024-07-05",
        "&fields=rank,movement",
        "&to=2020-01-01",
    ]
    return [HISTORY, *spans, *(HISTORY + more for more in others)]


def told(api: Api, path: str) -> Any:  # noqa: ANN401 - a body
    answer = api.ask(path)
    assert answer.status_code == 200, answer.text
    return answer.content, answer.headers["etag"]


def test_a_history_is_the_same_whether_it_is_in_memory(eventful: Api) -> None:
    anew = {path: told(Api(eventful.sessions, clock=eventful.clock), path) for path in questions()}

    once, again, then = ({path: told(eventful, path) for path in questions()} for _ in range(3))

    assert once == anew
    assert again == anew
    assert then == anew
    movements = [row["movement"] for row in eventful.get(HISTORY)["data"]]
    assert movements == ["new", "same", "re_entry", "down"]


def test_pages_of_a_history_in_memory_are_all_of_it(eventful: Api) -> None:
    whole = eventful.get(HISTORY)

    pages = eventful.pages(f"{HISTORY}&limit=1")

    assert [row for page in pages for row in page["data"]] == whole["data"]


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_the_newest_can_come_first(eventful: Api, limit: int) -> None:
    oldest_first = eventful.get(f"{HISTORY}&from=2024-07-03")["data"]

    pages = eventful.pages(f"{HISTORY}&from=2024-07-03&sort=-edition_date&limit={limit}")

    assert [row for page in pages for row in page["data"]] == oldest_first[::-1]
    assert len(pages) == -(-len(oldest_first) // limit)
    assert pages[0]["meta"]["sort"] == "-edition_date"
    assert pages[0]["meta"]["matched_total"] == len(oldest_first)


def test_a_cursor_is_of_one_order(eventful: Api) -> None:
    onward = eventful.get(f"{HISTORY}&limit=1")["meta"]["next_cursor"]

    eventful.problem(f"{HISTORY}&limit=1&sort=-edition_date&cursor={onward}", 422)


def test_a_history_in_memory_is_of_no_earlier_state(eventful: Api, record: Record) -> None:
    for _ in range(3):
        before = eventful.get(HISTORY)
    record.add(snapshot("2024-07-21", {"Meta/b": 1, "openai/A": 2}))
    after = eventful.get(HISTORY)

    assert [row["score"] for row in after["data"]] == [10, 8.5, 9.5, 9.5, 2]
    assert after["data"][:-1] == before["data"]


def test_a_restatement_of_what_is_in_memory_is_told(eventful: Api, record: Record) -> None:
    before = [eventful.get(HISTORY)["data"] for _ in range(2)][1]
    restated = snapshot("2024-07-03", {"OpenAI/a": 7, "Meta/b": 9})
    record.add(restated, published_at=date(2024, 7, 22))

    after = eventful.get(HISTORY)["data"]

    assert [row["rank"] for row in before] == [1, 1, 1, 3]
    assert [(row["rank"], row["score"]) for row in after] == [(2, 7), (1, 8.5), (1, 9.5), (3, 9.5)]
    assert [row["rank_change"] for row in after[:2]] == [None, 1]


def test_another_name_of_a_model_in_memory_is_told(api: Api, record: Record) -> None:
    record.history({"2024-07-01": {"OpenAI/a": 1}})
    assert [len(api.get(HISTORY)["data"]) for _ in range(2)] == [1, 1]
    record.history({"2024-07-02": {"OpenAI/A": 1, "Meta/b": 9}})

    after = api.get(HISTORY)["data"]

    assert [(row["printed_name"], row["rank"]) for row in after] == [("a", 1), ("A", 2)]


def test_what_was_read_of_a_history_is_read_once(eventful: Api) -> None:
    def reads(query: str, board: str = "demo-text") -> int:
        with statements(eventful.engine) as sent:
            told(eventful, f"/v1/models/openai--a/history?leaderboard={board}{query}")
        return sum("FROM entry" in sql for sql in sent)

    assert [reads("&from=2024-07-08&to=2024-07-09") for _ in range(2)] == [1, 0]
    assert reads("&from=2024-07-09&to=2024-07-09") == 0
    assert reads("&from=2024-07-05&to=2024-07-19") == 0  # the board has no others then
    assert reads("&from=2024-07-10&to=2024-07-19") == 0  # nor any at all
    assert reads("&from=2024-07-04&to=2024-07-04") == 1
    assert reads("&from=2024-07-04&to=2024-07-09&limit=1") == 0
    assert [reads("") for _ in range(2)] == [1, 0]
    assert reads("", "demo-other") == 1
    assert reads("&granularity=week") == 1


def test_what_was_not_asked_for_longest_is_read_again() -> None:
    known = Memory(4, len)

    def before(key: str, found: str) -> list[str | None]:
        held: list[str | None] = []

        def extend(kept: str | None) -> str:
            held.append(kept)
            return found

        assert known.extend(key, extend) == found
        return held

    assert [*before("a", "x"), *before("b", "y"), *before("c", "z")] == [None] * 3
    assert [*before("a", "x"), *before("b", "yyy"), *before("b", "y")] == ["x", "y", "y"]
    assert [*before("d", "z"), *before("e", "z")] == [None] * 2
    assert [*before("b", "y"), *before("c", "z"), *before("e", "zz")] == ["y", None, "z"]
    assert [*before("b", "y"), *before("a", "x")] == ["y", None]
