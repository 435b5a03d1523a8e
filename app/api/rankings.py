"""Rankings of boards, edition by edition: what is compared to see how far they agree."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import combinations
from typing import NamedTuple

from app.analytics.agreement import Ranking, ranked_anew
from app.api.record import Record
from app.domain.groups import Dimension
from app.domain.periods import Granularity, period_start
from app.domain.selection import Selection
from app.domain.standings import Board, Edition
from app.store.blocks import NOTHING, Block
from app.store.queries.standings import blocks_of

BLOCKS_AT_ONCE = 50


class Pair(NamedTuple):
    """Two boards at a date: their places among those asked for, and their editions then."""

    day: date
    boards: tuple[int, int]
    editions: tuple[Edition | None, Edition | None]


class Rankings:
    """Rankings of snapshots, read once, a few at a time; of the entries that are selected."""

    def __init__(
        self, record: Record, editions: Sequence[Edition | None], selection: Selection
    ) -> None:
        """Read the rankings of all these editions."""
        self._record, self._selection = record, selection
        self._nothing = self._ranking(NOTHING)
        numbers = list(dict.fromkeys(e.snapshot_id for e in editions if e is not None))
        self._found: dict[int, Ranking] = {}
        for start in range(0, len(numbers), BLOCKS_AT_ONCE):
            blocks = blocks_of(record.session, numbers[start : start + BLOCKS_AT_ONCE])
            self._found |= {number: self._ranking(block) for number, block in blocks.items()}

    def of(self, edition: Edition | None) -> Ranking:
        """The ranking of an edition; without one, of nobody."""
        return self._nothing if edition is None else self._found[edition.snapshot_id]

    def _ranking(self, block: Block) -> Ranking:
        columns = self._record.columns
        chosen = block.only(columns.selected(block, self._selection))
        return Ranking(columns.groups(Dimension.MODEL, chosen), ranked_anew(chosen.rank))


def pairs_at(day: date, boards: Sequence[Board], newest: Mapping[int, Edition]) -> list[Pair]:
    """Every two boards, with their editions by the boards' ids."""
    return [
        Pair(day, (one, other), (newest.get(boards[one].id), newest.get(boards[other].id)))
        for one, other in combinations(range(len(boards)), 2)
    ]


def pairs_over_time(
    boards: Sequence[Board],
    editions: Mapping[int, Sequence[Edition]],
    *,
    first: date,
    granularity: Granularity,
) -> list[Pair]:
    """Every two boards whenever one of them has an edition and both have had one, by date.

    `editions` are those of each board by its id, oldest first. Of a week or a month the last such
    date counts.
    """
    found: list[Pair] = []
    for one, other in combinations(range(len(boards)), 2):
        ours, theirs = (editions.get(boards[place].id, ()) for place in (one, other))
        kept: dict[date, Pair] = {}
        for day, both in _in_turn(ours, theirs):
            if day >= first:
                kept[period_start(day, granularity)] = Pair(day, (one, other), both)
        found += kept.values()
    return sorted(found, key=lambda pair: (pair.day, pair.boards))


def _in_turn(
    ours: Sequence[Edition], theirs: Sequence[Edition]
) -> Iterator[tuple[date, tuple[Edition, Edition]]]:
    """The editions in force on both boards, whenever one of them changes."""
    by_day = [{edition.edition_date: edition for edition in side} for side in (ours, theirs)]
    one = other = None
    for day in sorted(by_day[0].keys() | by_day[1].keys()):
        one, other = by_day[0].get(day, one), by_day[1].get(day, other)
        if one is not None and other is not None:
            yield day, (one, other)
