"""A board's editions in memory: which one stood for a date is found without asking again."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.domain.standings import Edition
from app.store.queries.editions import editions_in_force


class BoardEditions:
    """The editions of a board in force at a moment, one for each date, oldest first."""

    def __init__(self, editions: Sequence[Edition]) -> None:
        """Keep them; they are in order already."""
        self._editions = editions
        self._days = [edition.edition_date for edition in editions]

    def __len__(self) -> int:
        return len(self._days)

    @property
    def first_date(self) -> date | None:
        """The date of the first, None where there is none."""
        return self._days[0] if self._days else None

    def at(self, as_of: date) -> Edition | None:
        """The newest for a date up to `as_of`, None where there was none by then."""
        place = bisect_right(self._days, as_of)
        return self._editions[place - 1] if place else None

    def before(self, day: date) -> Edition | None:
        """The newest before a date, None where there was none."""
        place = bisect_left(self._days, day)
        return self._editions[place - 1] if place else None

    def between(self, first: date | None = None, last: date | None = None) -> Sequence[Edition]:
        """Those of a range of dates; limits are inclusive."""
        places = self.places(first, last)
        return self._editions[places.start : places.stop]

    def places(self, first: date | None = None, last: date | None = None) -> range:
        """The places among all editions of those between dates; limits are inclusive."""
        start = 0 if first is None else bisect_left(self._days, first)
        return range(start, len(self._days) if last is None else bisect_right(self._days, last))

    def day(self, place: int) -> date:
        """The date of the edition at a place."""
        return self._days[place]


def board_editions(
    session: Session, board_id: int, *, known_at: datetime | None = None
) -> BoardEditions:
    """The editions of a board in force at `known_at`, which is now where it is None."""
    return BoardEditions(editions_in_force(session, board_id, known_at=known_at))
