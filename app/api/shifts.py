"""What moved a whole board from one edition to the next, and where its method changed."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Protocol, TypeAlias

from app.analytics.shifts import (
    PoolShift,
    Scores,
    Shift,
    breaks_between,
    methodology_breaks,
    pool_shift,
)
from app.api.record import Record
from app.api.schemas.shifts import BreakOut, breaks_out
from app.domain.groups import Dimension
from app.domain.standings import Board, Edition
from app.store.queries.panels import many_blocks_of

MOST_KEPT = 5_000  # of a board, of about 500 bytes
Pair: TypeAlias = "tuple[int, int]"  # the snapshots of two editions that follow each other


class Asked(Protocol):
    """A question about a span of time, and about what was known then."""

    @property
    def from_day(self) -> date | None:
        """The first date that counts."""

    @property
    def known_until(self) -> datetime | None:
        """Until when things had to be public."""


def shifts_of(record: Record, board: Board, *, known_at: datetime | None = None) -> Sequence[Shift]:
    """The shifts between all editions of a board, oldest first.

    What is a break is judged by the board's whole history as known, whatever part is asked about.
    """
    key = ("shifts", *record.version_of(board), known_at)
    return record.of_editions(key, lambda: _found(record, board, known_at))


def breaks_told(record: Record, board: Board, question: Asked, *, last: date) -> list[BreakOut]:
    """The breaks of a board's series that lie in the span asked about, as they are told."""
    shifts = shifts_of(record, board, known_at=question.known_until)
    return breaks_out(breaks_between(shifts, question.from_day, last))


def _found(record: Record, board: Board, known_at: datetime | None) -> Sequence[Shift]:
    editions = record.editions(board, known_at=known_at).between()
    ends = list(pairwise(editions))
    known = _pools(record, board, ends, known_at)
    pools = [known[_pair(*both)] for both in ends]
    return [
        Shift(before, edition, pool, tuple(reasons))
        for (before, edition), pool, reasons in zip(
            ends, pools, methodology_breaks(pools), strict=True
        )
    ]


def _pools(
    record: Record,
    board: Board,
    ends: Sequence[tuple[Edition, Edition]],
    known_at: datetime | None,
) -> Mapping[Pair, PoolShift]:
    """The common shift between all these editions.

    It depends on the two snapshots alone, and on who is meant by their names: what came to the
    record since others were worked out does not change those.
    """
    kept: dict[Pair, PoolShift] = record.notes(("pools", board.id, record.names.meanings))
    wanted = [_pair(*both) for both in ends]
    found = {pair: pool for pair in wanted if (pool := kept.get(pair)) is not None}
    missing = [pair for pair in wanted if pair not in found]
    if missing:
        scores = _scores(record, board, missing, known_at, of=len(wanted))
        found |= {both: pool_shift(*(scores[number] for number in both)) for both in missing}
        kept.update(found)
        for pair in list(kept)[:-MOST_KEPT]:
            kept.pop(pair, None)
    return found


def _pair(before: Edition, edition: Edition) -> Pair:
    return before.snapshot_id, edition.snapshot_id


def _scores(
    record: Record, board: Board, pairs: Sequence[Pair], known_at: datetime | None, *, of: int
) -> Mapping[int, Scores]:
    """The scores of these snapshots, by number; `of` is how many pairs the board has."""
    if 2 * len(pairs) > of:
        panel = record.panel(board.id, known_at=known_at)  # others want it too then
        blocks = {one.snapshot_id: panel.of(place) for place, one in enumerate(panel.editions)}
    else:
        blocks = many_blocks_of(
            record.session, sorted({number for both in pairs for number in both})
        )
    return {
        number: Scores(
            record.columns.groups(Dimension.MODEL, block),
            block.score,
            block.score_lower,
            block.score_upper,
        )
        for number, block in blocks.items()
    }
