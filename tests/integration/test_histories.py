"""A model's history, as it is and as it was known."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine

from app.domain.standings import Point
from app.store.engine import SessionFactory, reading
from app.store.queries.board_editions import board_editions
from app.store.queries.boards import find_board
from app.store.queries.catalogue import Catalogue
from app.store.queries.histories import history_of
from app.store.queries.names import Names
from tests.factories import Record, entry, snapshot
from tests.statements import statements
from tests.stores import stored


def july(day: int) -> datetime:
    return datetime(2024, 7, day, 12, tzinfo=UTC)


def history(
    sessions: SessionFactory,
    model: str = "openai--a",
    *,
    first: date | None = None,
    last: date | None = None,
    known_at: datetime | None = None,
) -> list[Point]:
    with reading(sessions) as session:
        aliases = Catalogue().read(session).aliases_of[model]
        board = find_board(session, "demo-text").id
        there = board_editions(session, board, known_at=known_at)
        return history_of(session, board, aliases, there, first=first, last=last, known_at=known_at)


def ranks(points: Sequence[Point]) -> list[tuple[int, int | None, int]]:
    """Day, previous rank, rank."""
    return [
        (point.figures.edition_date.day, point.previous_rank, point.figures.rank)
        for point in points
    ]


@stored(gives="record")
def restated(record: Record) -> None:
    """Four editions; that of the second was restated on the ninth, without `a` at first."""
    record.history(
        {
            "2024-07-01": {"OpenAI/a": 3, "Meta/b": 2},
            "2024-07-02": {"Meta/b": 2},
            "2024-07-03": {"OpenAI/a": 1, "Meta/b": 2},
            "2024-07-04": {"Meta/b": 2},
        }
    )
    rows = [entry("a", 1.0, lower=0.5, votes=7, of="OpenAI"), entry("b", 2.0, of="Meta")]
    record.add(snapshot("2024-07-02", rows), published_at=july(9))
    record.add(snapshot("2024-07-02", {"OpenAI/a": 9, "Meta/b": 2}), published_at=july(10))


@pytest.mark.parametrize(
    ("known_at", "expected"),
    [
        pytest.param(None, [(1, None, 1), (2, 1, 1), (3, 1, 2)], id="now"),
        pytest.param(july(10), [(1, None, 1), (2, 1, 1), (3, 1, 2)], id="when-all-was-said"),
        pytest.param(july(9), [(1, None, 1), (2, 1, 2), (3, 2, 2)], id="after-the-first"),
        pytest.param(july(8), [(1, None, 1), (3, None, 2)], id="before-any-restatement"),
        pytest.param(july(2), [(1, None, 1)], id="before-the-third-edition"),
        pytest.param(datetime(2024, 6, 1, tzinfo=UTC), [], id="before-anything"),
    ],
)
@pytest.mark.usefixtures("restated")
def test_a_history_is_what_was_known_of_it(
    sessions: SessionFactory, known_at: datetime | None, expected: list[tuple[int, int | None, int]]
) -> None:
    assert ranks(history(sessions, known_at=known_at)) == expected


@pytest.mark.usefixtures("restated")
def test_what_a_restatement_said_is_known_in_full(sessions: SessionFactory) -> None:
    point = history(sessions, known_at=july(9))[1]

    assert point.figures[4:7] == (1.0, 0.5, None)
    assert (point.figures.votes, point.figures.published_rank, point.printed_name) == (7, None, "a")
    assert (point.edition.entries_total, point.edition.leader_score) == (2, 2.0)
    assert point.figures.variants == 1


@pytest.mark.usefixtures("restated")
def test_the_rank_before_the_range_is_known(sessions: SessionFactory) -> None:
    second, third = date(2024, 7, 2), date(2024, 7, 3)

    assert ranks(history(sessions, first=third)) == [(3, 1, 2)]
    assert ranks(history(sessions, first=third, known_at=july(8))) == [(3, None, 2)]
    assert ranks(history(sessions, first=second, last=second)) == [(2, 1, 1)]
    assert ranks(history(sessions, first=date.min)) == ranks(history(sessions))


def test_of_two_lines_of_one_model_the_better_one_counts(
    record: Record, sessions: SessionFactory
) -> None:
    record.history({"2024-07-01": {"OpenAI/a": 2, "OpenAI/b": 3, "OpenAI/c": 1}})

    with reading(sessions) as session:
        names = Catalogue().read(session)
        aliases = [alias for model in "cab" for alias in names.aliases_of[f"openai--{model}"]]
        board = find_board(session, "demo-text").id
        points = history_of(session, board, aliases, board_editions(session, board))

    assert [(point.figures.rank, point.printed_name) for point in points] == [(1, "b")]


def test_readers_who_come_together_share_one_reading_of_the_names(
    record: Record, sessions: SessionFactory, engine: Engine
) -> None:
    record.history({"2024-07-01": {"OpenAI/a": 1}})
    known = Catalogue()
    together = threading.Barrier(4)

    def read(_number: int) -> Names:
        with reading(sessions) as session:
            together.wait()
            return known.read(session)

    with statements(engine) as sent, ThreadPoolExecutor(4) as threads:
        names = list(threads.map(read, range(4)))

    assert len({id(one) for one in names}) == 1
    assert sum("FROM model_redirect" in sql for sql, _parameters in sent) == 1
