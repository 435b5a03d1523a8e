"""A board in all its editions at once, and parts of it."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine

from app.api.record import Record as View
from app.store.engine import SessionFactory, reading
from app.store.queries.boards import find_board
from app.store.queries.catalogue import Catalogue
from app.store.queries.panels import Panel
from tests.factories import Record
from tests.statements import statements

EDITIONS = {
    "2024-07-01": {"OpenAI/a": 3, "OpenAI/b": 2},
    "2024-07-03": {"OpenAI/a": 3, "OpenAI/b": 4, "OpenAI/c": 1},
    "2024-07-08": {"OpenAI/b": 4},
}


def told(panel: Panel) -> list[object]:
    """All that a panel says."""
    columns = (panel.starts, panel.edition, *panel.entries)
    return [panel.editions, *(f"{column.tolist()} {column.dtype}" for column in columns)]


@pytest.mark.parametrize(
    ("first", "last", "editions"),
    [
        pytest.param(None, date(2024, 7, 8), 3, id="from-the-beginning"),
        pytest.param(date(2024, 7, 1), None, 3, id="to-the-end"),
        pytest.param(date(2024, 7, 3), date(2024, 7, 3), 1, id="one-edition"),
        pytest.param(date(2024, 7, 2), date(2024, 7, 9), 2, id="between-editions"),
        pytest.param(date(2024, 7, 4), date(2024, 7, 7), 0, id="none"),
        pytest.param(date(2024, 7, 9), None, 0, id="after-the-end"),
        pytest.param(None, date(2024, 6, 30), 0, id="before-the-beginning"),
        pytest.param(date(2024, 7, 8), date(2024, 7, 1), 0, id="the-wrong-way-round"),
    ],
)
def test_a_part_of_a_whole_board_is_as_if_read_alone(
    sessions: SessionFactory,
    record: Record,
    first: date | None,
    last: date | None,
    editions: int,
) -> None:
    record.history(EDITIONS)

    with reading(sessions) as session:
        board = find_board(session, "demo-text").id
        view, other = (View(lambda: session, Catalogue()) for _ in range(2))
        view.panel(board)
        part = view.panel(board, first=first, last=last)
        alone = other.panel(board, first=first, last=last)

    assert len(part.editions) == editions
    assert told(part) == told(alone)


def test_a_part_of_a_whole_board_is_not_read_again(
    engine: Engine, sessions: SessionFactory, record: Record
) -> None:
    record.history(EDITIONS)

    with reading(sessions) as session:
        board = find_board(session, "demo-text").id
        view = View(lambda: session, Catalogue())
        view.panel(board, last=date(2024, 7, 3))
        view.panel(board)
        with statements(engine) as sent:
            again = view.panel(board, last=date(2024, 7, 3))
            known = view.panel(board, known_at=datetime(2024, 7, 1, tzinfo=UTC))

    assert len(again.editions) == 2
    assert known.editions == []
    assert len(sent) == 1
