"""What moved a whole board from one edition to the next, and where its method changed."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from app.analytics.shifts import Scores, Shift, methodology_breaks, pool_shift
from app.api.deps import Record
from app.domain.groups import Dimension
from app.domain.standings import Board
from app.store.queries.panels import Panel


def shifts_of(record: Record, board: Board, *, known_at: datetime | None = None) -> Sequence[Shift]:
    """The shifts between all editions of a board, oldest first.

    What is a break is judged by the board's whole history as known, whatever part is asked about.
    """
    key = ("shifts", *record.version_of(board), known_at)
    return record.remembered(key, lambda: _found(record, record.panel(board.id, known_at=known_at)))


def _found(record: Record, panel: Panel) -> Sequence[Shift]:
    models = record.columns.groups(Dimension.MODEL, panel.entries)
    entries = panel.entries
    parts = [panel.rows(number) for number in range(len(panel.editions))]
    scores = [
        Scores(
            models[rows],
            entries.score[rows],
            entries.score_lower[rows],
            entries.score_upper[rows],
        )
        for rows in parts
    ]
    pools = [pool_shift(before, after) for before, after in pairwise(scores)]
    ends = pairwise(panel.editions)
    return [
        Shift(before, edition, pool, tuple(reasons))
        for (before, edition), pool, reasons in zip(
            ends, pools, methodology_breaks(pools), strict=True
        )
    ]
