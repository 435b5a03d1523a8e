"""What stands in time: nothing is compared across a reset, and nobody leads by fooling a judge."""

import re
from collections.abc import Iterator

import pytest

from tests.acceptance import raw_git
from tests.acceptance.service import Service

pytestmark = pytest.mark.emulator

# The last board of an era, the first of the next, and the day of the reset.
RESETS = [
    ("vectara-hallucination-2023-10-31", "vectara-hallucination-2024-07-26", "2024-07-26"),
    ("bfcl-v1", "bfcl-v2", "2024-08-19"),
    ("bfcl-v2", "bfcl-v3", "2024-10-21"),
]
ERAS = [
    ("vectara", "vectara-hallucination-2023-10-31"),
    ("vectara", "vectara-hallucination-2024-07-26"),
    ("bfcl", "bfcl-v1"),
    ("bfcl", "bfcl-v2"),
    ("bfcl", "bfcl-v3"),
    ("alpaca_eval", "alpaca-eval-1"),
    ("alpaca_eval", "alpaca-eval-2"),
    ("livebench", "livebench-2024-06-24"),
    ("livebench", "livebench-2024-11-25"),
    ("livebench", "livebench-2026-01-08"),
]
THROUGH_TIME = {
    "overtakes": {},
    "leaders": {},
    "records": {},
    "trends": {"window": "P20Y"},
    "churn": {"from_": "2000-01-01"},
    "shifts": {},
    "organizations/history": {"include_community": "true"},
}


def days_in(answer: object) -> Iterator[str]:
    """All dates that an answer tells."""
    if isinstance(answer, dict):
        for part in answer.values():
            yield from days_in(part)
    elif isinstance(answer, list):
        for part in answer:
            yield from days_in(part)
    elif isinstance(answer, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", answer):
        yield answer


def days_of(service: Service, path: str, **query: str) -> set[str]:
    rows, meta = service.everything(path, **query)
    return {*days_in(rows), meta["edition_date"]}


def models_in(service: Service, board: str, day: str) -> set[str]:
    rows, _meta = service.everything(f"/v1/leaderboards/{board}/standings", as_of=day)
    return {row["model"]["id"] for row in rows}


@pytest.mark.parametrize(("source", "board"), ERAS)
def test_all_that_is_told_of_an_era_is_of_its_own_editions(
    service: Service, source: str, board: str
) -> None:
    days: dict[str, set[str]] = {}
    for table in raw_git.tables(source):
        days.setdefault(table.board, set()).add(str(table.day))
    editions = days[board]
    # The last reign ends when a later era begins.
    ends = {min(others) for others in days.values() if min(others) > min(editions)}

    told = {
        question: days_of(service, f"/v1/leaderboards/{board}/{question}", **query)
        for question, query in THROUGH_TIME.items()
    }

    of_leaders = told.pop("leaders")
    assert of_leaders - editions <= ends
    assert len(of_leaders - editions) <= 1
    assert {question for question, told_of in told.items() if not told_of <= editions} == set()
    assert max(len(told_of) for told_of in told.values()) > len(editions) / 2


@pytest.mark.parametrize(("former", "later", "reset"), RESETS)
def test_no_line_is_drawn_across_a_reset(
    service: Service, former: str, later: str, reset: str
) -> None:
    in_both = models_in(service, former, reset) & models_in(service, later, reset)

    for model in sorted(in_both):
        path = f"/v1/models/{model}/history"
        before = days_of(service, path, leaderboard=former)
        after = days_of(service, path, leaderboard=later)
        assert max(before) < reset <= min(after), model
    assert len(in_both) > 5


def test_who_was_made_to_fool_a_judge_leads_only_where_everything_stands(service: Service) -> None:
    tables = raw_git.tables("alpaca_eval")
    tops = {
        table.board
        for table in tables
        if is_null_model(max(table.rows, key=lambda row: row.score).name)
    }
    leaders = {
        board: service.everything(f"/v1/leaderboards/{board}/leaders")[0]
        for board in {table.board for table in tables}
    }

    led = {
        board
        for board, reigns in leaders.items()
        if any(is_null_model(reign["model"]["name"]) for reign in reigns)
    }

    assert led == tops == {"alpaca-eval-2-all-entries", "alpaca-eval-2-precomputed-all-entries"}
    assert all(
        board.endswith("-all-entries") for board in leaders if "NullModel" in str(leaders[board])
    )


@pytest.mark.parametrize("model", ["NullModel", "NullModel (adversarial)"])
def test_who_was_made_to_fool_a_judge_stands_on_no_board_of_models(
    service: Service, model: str
) -> None:
    answer = service.client.get(f"/v1/models/{model}", follow_redirects=True)

    boards = [row["leaderboard"] for row in answer.json()["data"]["leaderboards"]]
    assert len(boards) == 4
    assert all(board.endswith("-all-entries") for board in boards)


def is_null_model(name: str) -> bool:
    return name.lower().startswith("nullmodel")
