"""A model's history on a board as it is kept in memory, with its rows as they are told."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date, datetime

from app.analytics.movements import steps
from app.api.record import Record
from app.api.schemas.models import points_out
from app.domain.periods import Granularity
from app.domain.standings import Board, Model, Point
from app.store.queries.boards import first_dates
from app.store.queries.editions import is_as_stored
from app.store.queries.histories import history_of
from app.store.queries.names import Alias

MANY_EDITIONS = 500  # that a history is soon read from
HistoryKey = tuple[date]


class History:
    """The rows of a history, oldest first; each is known by its place among them."""

    def __init__(self, points: Sequence[Point], debut: date | None, editions: range) -> None:
        """Take points as they follow each other; `debut` as in `steps`.

        `editions` are the places among the board's editions of all that they are about.
        """
        self.editions = editions
        self._days = [point.edition.edition_date for point in points]
        self._rows = points_out(points, steps(points, debut))

    def __len__(self) -> int:
        return len(self._days)

    def between(self, first: date | None, last: date) -> range:
        """The places of a range of dates; limits are inclusive."""
        start = 0 if first is None else bisect_left(self._days, first)
        return range(start, bisect_right(self._days, last))

    def key(self, place: int) -> HistoryKey:
        """What pages go by, in ascending order: the edition's date."""
        return (self._days[place],)

    def key_of_newest_first(self, place: int) -> HistoryKey:
        """The same where the newest comes first: the date as far from the last of all."""
        return (date.max - (self._days[place] - date.min),)

    def rows(self, places: Sequence[int]) -> list[bytes]:
        """The points at these places in an answer, as JSON."""
        return [self._rows[place] for place in places]


def history_on(
    record: Record,
    board: Board,
    model: Model,
    *,
    first: date | None,
    last: date,
    known_at: datetime | None,
    granularity: Granularity,
) -> History:
    """A model's history on a board, from `first` to `last` or longer.

    What was asked for is kept in memory, unless it is of an earlier state of the record or by
    periods.
    """
    aliases = record.names.aliases_of.get(model.slug, ())
    there = record.editions(board, known_at=known_at)
    wanted = there.places(first, last)

    def read(editions: range) -> History:
        points = history_of(
            record.session,
            board.id,
            aliases,
            there,
            first=there.day(editions.start),
            last=there.day(editions.stop - 1),
            known_at=known_at,
            granularity=granularity,
        )
        return History(points, _debut(record, board, aliases, points), editions)

    def extended(kept: History | None) -> History:
        editions = wanted if kept is None else _hull(wanted, kept.editions)
        if kept is not None and editions == kept.editions:
            return kept
        if len(editions) > MANY_EDITIONS:
            record.begin_long()
        return read(editions)

    if not wanted:
        return History([], None, wanted)
    if granularity is not Granularity.EDITION or not is_as_stored(record.session, known_at):
        record.begin_long()
        return read(wanted)
    return record.history((model.slug, *record.version_of(board)), extended)


def _hull(one: range, other: range) -> range:
    return range(min(one.start, other.start), max(one.stop, other.stop))


def _debut(
    record: Record, board: Board, aliases: Sequence[Alias], points: Sequence[Point]
) -> date | None:
    """When a board first had any of these names; None where each point tells how it was reached."""
    if all(point.previous_rank is not None or point.previous_date is None for point in points):
        return None
    firsts = first_dates(record.session, board.id, [alias.id for alias in aliases])
    return min(firsts.values(), default=None)
