"""The title of a board: something that one writes and another reads."""

from contextlib import suppress

from sqlalchemy import update

from app.store.engine import SessionFactory, reading, transaction
from app.store.queries.boards import find_board
from app.store.tables import LEADERBOARD


class Thought(Exception):  # noqa: N818 - no error
    """It was thought better of."""


def rename(sessions: SessionFactory, title: str, *, stored: bool = True) -> None:
    """Give all boards a title, and take it back before it is stored if it is not to be."""
    with suppress(Thought), transaction(sessions) as session:
        session.execute(update(LEADERBOARD).values(title=title))
        if not stored:
            raise Thought


def title(sessions: SessionFactory) -> str:
    """The title of `demo-text`, as a reader with a deadline is told."""
    with reading(sessions, seconds=60) as session:
        return find_board(session, "demo-text").title
