"""The entries of a snapshot as they are kept in memory, with what only all together tell."""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

from app.analytics.intervals import RankIntervals
from app.analytics.movements import by_model
from app.analytics.selection import Selected, select
from app.api.answers import encoded, to_keep
from app.api.intervals import Intervals, intervals_of, lower_bounds, with_intervals
from app.api.schemas.standings import entry_out, moved
from app.domain.leaderboard import Movement
from app.domain.selection import Selection
from app.domain.standings import Board, Edition, Standing

MOST_SINCE = 3


class Entries:
    """The entries of a snapshot of a board, best first, with intervals where they can be derived.

    Several requests may use them at once. What they do not need is never worked out.
    """

    def __init__(self, board: Board, standings: Sequence[Standing]) -> None:
        """Take the entries as they are stored; `len` is their number."""
        self._board = board
        self._since: OrderedDict[tuple[int, datetime] | None, dict[str, bytes]] = OrderedDict()
        self.standings = with_intervals(board, standings)

    def __len__(self) -> int:
        return len(self.standings)

    @cached_property
    def best(self) -> dict[str, Standing]:
        """Each model's best entry."""
        return by_model(self.standings)

    @cached_property
    def all(self) -> Sequence[Selected]:
        """The entries where nothing is selected."""
        return select(self.standings, Selection())

    @cached_property
    def open_ranks(self) -> RankIntervals:
        """The ranks that intervals leave open."""
        return RankIntervals(self.standings, higher_is_better=self._board.higher_is_better)

    @cached_property
    def intervals(self) -> Intervals | None:
        """Where the intervals come from; None where there are none."""
        return intervals_of(self._board, lower_bounds(self.standings))

    def rows_since(self, earlier: Edition | None) -> dict[str, bytes]:
        """Rows as `row` encodes them, by printed name: of models that stood in an earlier edition.

        They are there once somebody has put them there, and go when others were asked for since.
        """
        key = None if earlier is None else (earlier.snapshot_id, earlier.captured_at)
        rows = self._since.setdefault(key, {})
        while len(self._since) > MOST_SINCE:
            self._since.popitem(last=False)
        return rows

    def row(
        self, standing: Standing, edition: Edition, *, before: Standing | None, movement: Movement
    ) -> bytes:
        """An entry in an answer, as JSON; `edition` is the snapshot's, `before` as in `moved`."""
        row = entry_out(standing, interval=self.open_ranks.of(standing), edition=edition)
        return to_keep(encoded(moved(row, before=before, movement=movement)))
