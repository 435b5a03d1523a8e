"""A board through time: the entries of all its editions at once, as columns."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sqlalchemy.orm import Session

from app.domain.groups import Ints
from app.domain.standings import Edition
from app.store.blocks import NOTHING, Block
from app.store.queries.editions import editions_in_force
from app.store.queries.standings import blocks_of

BLOCKS_AT_ONCE = 50


class Panel(NamedTuple):
    """The entries of a board that count, oldest edition first, and in each the best first.

    `entries` are columns of all editions one after the other; `edition` is each row's place among
    the `editions`, and `starts` where the rows of each begin, with the number of rows at the end.
    """

    editions: Sequence[Edition]
    starts: Ints
    edition: Ints
    entries: Block

    @property
    def days(self) -> list[date]:
        """The dates of the editions."""
        return [edition.edition_date for edition in self.editions]

    def only(self, wanted: npt.NDArray[np.bool_]) -> "Panel":
        """The rows for which `wanted` is true, and all editions."""
        kept = np.bincount(self.edition[wanted], minlength=len(self.editions))
        return Panel(self.editions, _starts(kept), self.edition[wanted], self.entries.only(wanted))

    def between(self, first: date | None, last: date | None) -> "Panel":
        """The editions of a range of dates and their rows; limits are inclusive."""
        days = self.days
        begin = 0 if first is None else bisect_left(days, first)
        end = len(days) if last is None else bisect_right(days, last, begin)
        starts = self.starts[begin : end + 1]
        rows = slice(int(starts[0]), int(starts[-1]))
        return Panel(
            self.editions[begin:end],
            starts - starts[0],
            self.edition[rows] - np.int32(begin),
            Block(*(column[rows] for column in self.entries)),  # type: ignore[arg-type]
        )

    def rows(self, edition: int) -> slice:
        """The rows of an edition, by its place among the editions."""
        return slice(int(self.starts[edition]), int(self.starts[edition + 1]))

    def of(self, edition: int) -> Block:
        """The entries of an edition that count."""
        rows = self.rows(edition)
        return Block(*(column[rows] for column in self.entries))  # type: ignore[arg-type]


def panel_of(
    session: Session,
    board_id: int,
    *,
    first: date | None = None,
    last: date | None = None,
    known_at: datetime | None = None,
) -> Panel:
    """The entries of the editions in force in a range of dates; limits are inclusive."""
    editions = editions_in_force(session, board_id, first=first, last=last, known_at=known_at)
    numbers = [edition.snapshot_id for edition in editions]
    found = many_blocks_of(session, numbers)
    blocks = [found[number] for number in numbers]
    sizes = np.array([len(block.rank) for block in blocks], np.int32)
    return Panel(
        editions=editions,
        starts=_starts(sizes),
        edition=np.repeat(np.arange(len(blocks), dtype=np.int32), sizes),
        entries=_one_after_the_other(blocks),
    )


def many_blocks_of(session: Session, snapshot_ids: Sequence[int]) -> dict[int, Block]:
    """The entries of these snapshots as columns, by number; read some at a time."""
    found: dict[int, Block] = {}
    for start in range(0, len(snapshot_ids), BLOCKS_AT_ONCE):
        found |= blocks_of(session, snapshot_ids[start : start + BLOCKS_AT_ONCE])
    return found


def _starts(sizes: npt.NDArray[np.integer[Any]]) -> Ints:
    starts: Ints = np.r_[0, np.cumsum(sizes)].astype(np.int32)
    return starts


def _one_after_the_other(blocks: Sequence[Block]) -> Block:
    columns = [np.concatenate(column) for column in zip(NOTHING, *blocks, strict=True)]
    return Block(*columns)


def ranks_among(panel: Panel) -> Ints:
    """Each row's standard competition rank among the rows of its edition."""
    rank = panel.entries.rank
    first = np.ones(len(rank), np.bool_)
    first[1:] = (rank[1:] != rank[:-1]) | (panel.edition[1:] != panel.edition[:-1])
    begins = np.flatnonzero(first)
    sizes = np.diff(np.r_[begins, len(rank)])
    within = begins - panel.starts[panel.edition[begins]] + 1
    return np.repeat(within, sizes).astype(np.int32)
