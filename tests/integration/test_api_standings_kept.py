"""Rows of standings that are kept say what they would if they were made anew."""

from collections.abc import Callable
from itertools import product

import pytest

from tests.api import Api
from tests.factories import Record, snapshot
from tests.stores import stored

PATH = "/v1/leaderboards/demo-text/standings"
DAYS = ["2024-07-01", "2024-07-03", "2024-07-05", "2024-07-07", "2024-07-09"]
PARTS = ["limit=500", "organization=meta", "official=true&limit=2", "fields=model.id,movement"]
QUESTIONS = [
    f"{PATH}?as_of={as_of}{since and f'&compare_to={since}'}&{part}"
    for as_of, since, part in product(DAYS[3:], ["", *DAYS[:4]], PARTS)
]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database will do: nothing of this is decided there."""
    return sqlite_url


@stored()
def churning(record: Record) -> None:
    """Models come, go and come back."""
    record.history(
        {
            DAYS[1]: {"Alibaba/a": 10, "Meta/b": 9, "Meta/c": 8},
            DAYS[2]: {"Meta/b": 12, "Alibaba/a": 11},
            DAYS[3]: {"Meta/c": 12.5, "Alibaba/a": 12, "Meta/b": 12, "OpenAI/d": 3},
        }
    )


def nothing(record: Record) -> None:
    """Change nothing."""


def a_beginning(record: Record) -> None:
    """Let `d` have stood there before, so that it comes back where it was new."""
    record.add(snapshot(DAYS[0], {"OpenAI/d": 7, "Alibaba/a": 6}))


def another_form(record: Record) -> None:
    """Restate an edition that others are compared with."""
    record.add(
        snapshot(DAYS[2], {"Alibaba/a": 13, "Meta/b": 12, "Meta/c": 1}), published_at=DAYS[4]
    )


def another_edition(record: Record) -> None:
    """Let time go on."""
    record.add(snapshot(DAYS[4], {"Meta/c": 14, "OpenAI/d": 13, "xAI/e": 12}))


@pytest.mark.parametrize("change", [nothing, a_beginning, another_form, another_edition])
def test_kept_rows_are_those_that_would_be_made_anew(
    churning: Api, record: Record, change: Callable[[Record], None]
) -> None:
    for path in QUESTIONS:
        churning.ask(path)

    change(record)

    anew = {path: Api(churning.sessions).ask(path).content for path in QUESTIONS}
    for path in [*QUESTIONS, *reversed(QUESTIONS)]:
        assert churning.ask(path).content == anew[path], path


def test_who_turns_out_to_have_been_there_before_has_come_back(
    churning: Api, record: Record
) -> None:
    path = f"{PATH}?as_of={DAYS[3]}"

    def came() -> str:
        rows = churning.get(path)["data"]
        return next(str(row["movement"]) for row in rows if row["model"]["name"] == "d")

    before = came()
    a_beginning(record)

    assert (before, came()) == ("new", "re_entry")
