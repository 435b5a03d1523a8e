"""The entries of a few models on many boards through time, read at once."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.standings import Edition, Line
from app.store.queries.editions import editions_by_board, is_as_stored
from app.store.queries.names import Alias
from app.store.queries.standings import blocks_of, missing_float
from app.store.tables import EDITION, ENTRY, LISTING

BLOCKS_AT_ONCE = 50


class Lines(NamedTuple):
    """A board's editions, oldest first, and the entries that models have in them, by model."""

    editions: Sequence[Edition]
    of: Mapping[str, Mapping[date, Line]]

    def since(self, first: date) -> "Lines":
        """Those from a date on."""
        of = {
            model: {day: line for day, line in lines.items() if day >= first}
            for model, lines in self.of.items()
        }
        return Lines(
            [edition for edition in self.editions if edition.edition_date >= first],
            {model: lines for model, lines in of.items() if lines},
        )


class _Found(NamedTuple):
    board_id: int
    day: date
    alias_id: int
    line: Line


def boards_with(
    session: Session, aliases: Sequence[Alias], *, only: int | None = None
) -> list[int]:
    """The boards on which any of these names stands or stood, in order; or only that one, if so."""
    numbers = [alias.id for alias in aliases]
    boards = select(LISTING.c.leaderboard_id).where(LISTING.c.alias_id.in_(numbers)).distinct()
    if only is not None:
        boards = boards.where(LISTING.c.leaderboard_id == only)
    return sorted(session.scalars(boards))


def lines_by_board(
    session: Session,
    aliases: Sequence[Alias],
    board_ids: Sequence[int],
    *,
    last: date | None = None,
    known_at: datetime | None = None,
) -> dict[int, Lines]:
    """The entries that go by these names, for each of the boards that has editions by the last day.

    With `known_at` the editions are those public by then. The number of
    queries does not depend on the number of boards; what was restated since `known_at` is read
    from its snapshots, a few at a time.
    """
    editions = editions_by_board(session, board_ids, last=last, known_at=known_at)
    restated = {} if is_as_stored(session, known_at) else _restated(session, editions)
    models = {alias.id: alias.model.slug for alias in aliases}
    of: dict[int, dict[str, dict[date, Line]]] = {board_id: {} for board_id in editions}
    for board_id, day, alias_id, line in (
        *_in_force(session, list(models), editions, restated),
        *_as_said_then(session, list(models), restated),
    ):
        of[board_id].setdefault(models[alias_id], {})[day] = line
    return {board_id: Lines(found, of[board_id]) for board_id, found in editions.items()}


def _restated(
    session: Session, editions: Mapping[int, Sequence[Edition]]
) -> dict[int, tuple[int, date]]:
    """Those of the editions that another snapshot stands for now: board and date by number."""
    now = set(
        session.scalars(
            select(EDITION.c.snapshot_id).where(EDITION.c.leaderboard_id.in_(list(editions)))
        )
    )
    return {
        edition.snapshot_id: (board_id, edition.edition_date)
        for board_id, of_board in editions.items()
        for edition in of_board
        if edition.snapshot_id not in now
    }


def _in_force(
    session: Session,
    alias_ids: Sequence[int],
    editions: Mapping[int, Sequence[Edition]],
    restated: Collection[int],
) -> Iterator[_Found]:
    """The lines of the editions that are still said as they were."""
    days = {
        board_id: {e.edition_date for e in of_board if e.snapshot_id not in restated}
        for board_id, of_board in editions.items()
    }
    every = [edition.edition_date for of_board in editions.values() for edition in of_board]
    rows = session.execute(
        select(
            ENTRY.c.leaderboard_id,
            ENTRY.c.edition_date,
            ENTRY.c.alias_id,
            ENTRY.c.rank,
            ENTRY.c.score,
            ENTRY.c.score_lower,
            ENTRY.c.score_upper,
        ).where(
            ENTRY.c.leaderboard_id.in_(list(editions)),
            ENTRY.c.alias_id.in_(alias_ids),
            ENTRY.c.edition_date.between(
                min(every, default=date.max), max(every, default=date.min)
            ),
        )
    )
    for board_id, day, alias_id, *line in rows:
        if day in days[board_id]:
            yield _Found(board_id, day, alias_id, Line(*line))


def _as_said_then(
    session: Session, alias_ids: Sequence[int], restated: Mapping[int, tuple[int, date]]
) -> Iterator[_Found]:
    """The lines of snapshots, each of which stood for a board's edition of a date."""
    numbers = list(restated)
    for start in range(0, len(numbers), BLOCKS_AT_ONCE):
        for number, whole in blocks_of(session, numbers[start : start + BLOCKS_AT_ONCE]).items():
            block = whole.only(np.isin(whole.alias_id, alias_ids))
            columns = (
                block.alias_id,
                block.rank,
                block.score,
                block.score_lower,
                block.score_upper,
            )
            for alias_id, rank, score, *bounds in zip(
                *(column.tolist() for column in columns), strict=True
            ):
                line = Line(rank, score, *map(missing_float, bounds))
                yield _Found(*restated[number], alias_id, line)
