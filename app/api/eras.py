"""Boards whose era upstream ended: until when their last edition held."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from app.analytics.eras import era_ends
from app.api.record import Record
from app.domain.standings import Board
from app.store.queries.boards import boards_of_eras
from app.store.queries.eras import beginnings


def with_its_eras(record: Record, board: Board) -> Sequence[Board]:
    """A board, and those of its family that may have ended its era: an answer depends on them."""
    if board.era is None:
        return [board]
    return boards_of_eras(record.session, board.family)


def eras_ended(
    record: Record, boards: Collection[Board], last: date, *, known_at: datetime | None
) -> dict[int, date]:
    """By board, of those whose era had ended by a date, the day on which the next one began.

    Nothing is asked where no board has an era.
    """
    families = sorted({board.family for board in boards if board.era is not None})
    if not families:
        return {}
    return era_ends(beginnings(record.session, families, last=last, known_at=known_at))
