"""The entries of a snapshot as they are kept in memory, with what only all together tell."""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

import numpy as np

from app.analytics.intervals import RankIntervals, rank_intervals
from app.analytics.movements import Stood
from app.api.intervals import Intervals, intervals_of, with_intervals
from app.domain.groups import Dimension, Ints
from app.domain.standings import Board, Edition, Standing
from app.store.blocks import Block
from app.store.queries.columns import Columns
from app.store.queries.names import Names
from app.store.queries.standings import resolved

MOST_SINCE = 3
_NOWHERE = -1


class Entries:
    """The entries of a snapshot of a board, best first, with intervals where they can be derived.

    Each is known by its place among them. Several requests may use them at once. What they do not
    need is never worked out. They keep no names, of which there are many more: who needs them gives
    those of the version under which the entries are kept. What was asked for as values is kept so.
    """

    def __init__(self, board: Board, block: Block, columns: Columns) -> None:
        """Take the entries as they are stored; `len` is their number."""
        self._board = board
        self._since: OrderedDict[tuple[int, datetime] | None, dict[int, bytes]] = OrderedDict()
        self._standings: Sequence[Standing] | None = None
        self.block = with_intervals(board, columns.best_first(block))
        self.models = columns.groups(Dimension.MODEL, self.block)

    def __len__(self) -> int:
        return len(self.models)

    def standings(self, names: Names) -> Sequence[Standing]:
        """The entries as values."""
        if self._standings is None:
            self._standings = resolved(names, self.block)
        return self._standings

    def best_of(self, models: Ints) -> Stood:
        """Where the best entry of each of these models stands, by the models' numbers."""
        if not len(self):
            nowhere = np.zeros(len(models), np.int32)
            return Stood(nowhere != 0, nowhere, nowhere.astype(np.float64))
        places = np.full(max(self.models.max(), models.max(initial=0)) + 1, _NOWHERE, np.int32)
        places[self.models[::-1]] = np.arange(len(self), dtype=np.int32)[::-1]  # the best last
        place = places[models]
        return Stood(place != _NOWHERE, self.block.rank[place], self.block.score[place])

    @cached_property
    def open_ranks(self) -> RankIntervals:
        """The ranks that intervals leave open."""
        block, higher = self.block, self._board.higher_is_better
        return rank_intervals(
            block.score, block.score_lower, block.score_upper, higher_is_better=higher
        )

    @cached_property
    def intervals(self) -> Intervals | None:
        """Where the intervals come from; None where there are none."""
        return intervals_of(self._board, self.block.score_lower)

    def rows_since(self, earlier: Edition | None) -> dict[int, bytes]:
        """Rows as they were encoded, by place: of models that stood in an earlier edition.

        They are there once somebody has put them there, and go when others were asked for since.
        """
        key = None if earlier is None else (earlier.snapshot_id, earlier.captured_at)
        rows = self._since.setdefault(key, {})
        while len(self._since) > MOST_SINCE:
            self._since.popitem(last=False)
        return rows
