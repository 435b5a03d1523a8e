"""The entries of a snapshot as they are kept in memory, with what only all together tell."""

from collections.abc import Sequence
from functools import cached_property

from app.analytics.intervals import RankIntervals
from app.analytics.movements import by_model
from app.api.intervals import Intervals, intervals_of, lower_bounds, with_intervals
from app.api.schemas.standings import EntryOut, entry_out
from app.domain.standings import Board, Edition, Standing


class Entries:
    """The entries of a snapshot of a board, best first, with intervals where they can be derived.

    Several requests may use them at once. What they do not need is never worked out.
    """

    def __init__(self, board: Board, standings: Sequence[Standing]) -> None:
        """Take the entries as they are stored; `len` is their number."""
        self._board = board
        self._rows: dict[str, EntryOut] = {}
        self.standings = with_intervals(board, standings)

    def __len__(self) -> int:
        return len(self.standings)

    @cached_property
    def best(self) -> dict[str, Standing]:
        """Each model's best entry."""
        return by_model(self.standings)

    @cached_property
    def open_ranks(self) -> RankIntervals:
        """The ranks that intervals leave open."""
        return RankIntervals(self.standings, higher_is_better=self._board.higher_is_better)

    @cached_property
    def intervals(self) -> Intervals | None:
        """Where the intervals come from; None where there are none."""
        return intervals_of(self._board, lower_bounds(self.standings))

    def row(self, standing: Standing, edition: Edition) -> EntryOut:
        """An entry in an answer, without its movement. `edition` is the snapshot's.

        It is the same object each time: to be copied, not changed.
        """
        row = self._rows.get(standing.printed_name)
        if row is None:
            row = entry_out(standing, interval=self.open_ranks.of(standing), edition=edition)
            self._rows[standing.printed_name] = row
        return row
