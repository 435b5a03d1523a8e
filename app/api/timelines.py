"""A board through time: the editions that a question is about, and the entries that count."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np

from app.analytics.reigns import Reign, Scores, Summit, reigns, summit
from app.analytics.shifts import Shift, breaks_between
from app.api.eras import eras_ended
from app.api.intervals import Intervals, intervals_of, panel_with_intervals
from app.api.questions import EntryFilter, KnownAtQuestion, SpanQuestion
from app.api.record import Record
from app.api.schemas.common import BoardMetaOut
from app.api.shifts import shifts_of
from app.domain.groups import UNKNOWN, Dimension, Ints
from app.domain.moments import Moment
from app.domain.selection import Selection
from app.domain.standings import Board, Edition, Model
from app.store.queries.panels import Panel, ranks_among


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The entries of a board that count, in all its editions up to a moment.

    `last` is the last date that has come: nobody has led beyond it. `shifts` are those of the
    board, whatever counts.
    """

    record: Record
    board: Board
    selection: Selection
    everyone: Panel
    counted: Panel
    shifts: Sequence[Shift]
    to: Moment
    last: date
    known_at: datetime | None

    @property
    def edition(self) -> Edition | None:
        """The newest edition."""
        return self.everyone.editions[-1] if self.everyone.editions else None

    @property
    def intervals(self) -> Intervals | None:
        """Where the intervals come from."""
        return intervals_of(self.board, self.counted.entries.score_lower)

    @property
    def editions_with_intervals(self) -> int:
        """In how many editions any entry that counts has an interval."""
        known = ~np.isnan(self.counted.entries.score_lower)
        return len(np.unique(self.counted.edition[known]))

    def breaks(self, first: date | None) -> list[Shift]:
        """The breaks of the board's method from a date on, or from the beginning."""
        return breaks_between(self.shifts, first, self.to.day)

    def groups(self, dimension: Dimension) -> Ints:
        """The group of each row that counts; below 0 where it belongs to none.

        What two unknown makers did is no one's reign: each has a number of its own, as has each
        model that nobody is known to have made.
        """
        columns, entries = self.record.columns, self.counted.entries
        groups = columns.groups(dimension, entries)
        makers = columns.groups(Dimension.ORGANIZATION, entries)
        models = columns.groups(Dimension.MODEL, entries)
        alone = len(columns.keys[Dimension.ORGANIZATION]) + models
        party = UNKNOWN - np.where(makers == UNKNOWN, alone, makers)
        return np.where(groups == UNKNOWN, party, groups).astype(np.int32)

    def model_of(self, row: int) -> Model:
        """The model of a row that counts."""
        return self.record.names.aliases[int(self.counted.entries.alias_id[row])].model

    def meta(self) -> BoardMetaOut:
        """Which edition of which board is the newest, and whose figures they are."""
        return self.record.board_meta(self.board, self.edition)


class TimelineQuestion(SpanQuestion, KnownAtQuestion, EntryFilter):
    """Entries of a board in all editions of a span of time."""


def timeline_of(record: Record, board: Board, question: TimelineQuestion, today: date) -> Timeline:
    """The editions up to the end of the span asked for, and their entries that are selected.

    Raises:
        InvalidQueryError: the span ends before it begins.
        NotFoundError: there is no such organization or licence.
    """
    selection = record.selection(question.selection)
    to = question.end(today)
    known_at = question.known_until
    # first of all, as it may read the whole board, of which the span is a part
    shifts = shifts_of(record, board, known_at=known_at)
    everyone = panel_with_intervals(board, record.panel(board.id, last=to.day, known_at=known_at))
    counted = everyone
    if selection:
        counted = everyone.only(record.columns.selected(everyone.entries, selection))
    return Timeline(
        record=record,
        board=board,
        selection=selection,
        everyone=everyone,
        counted=counted,
        shifts=shifts,
        to=to,
        last=min(to.day, today),
        known_at=known_at,
    )


def reigns_of(timeline: Timeline, dimension: Dimension) -> list[Reign]:
    """Who led when among what counts."""
    board = timeline.board
    ended = eras_ended(timeline.record, [board], timeline.last, known_at=timeline.known_at)
    return reigns(_summits(timeline, dimension), ended=ended.get(board.id))


def models_of(timeline: Timeline, dimension: Dimension, reign: Reign) -> list[Model]:
    """The models that stood first for a reign's group, in order."""
    groups = timeline.groups(dimension)
    panel = timeline.counted
    found: dict[str, Model] = {}
    for edition in range(reign.first, reign.first + reign.editions):
        rows = panel.rows(edition)
        row = rows.start + int((groups[rows] == reign.group).argmax())
        model = timeline.model_of(row)
        found[model.slug] = model
    return list(found.values())


def _summits(timeline: Timeline, dimension: Dimension) -> list[Summit]:
    panel = timeline.counted
    groups, ranks = timeline.groups(dimension), ranks_among(panel)
    entries = panel.entries
    columns: list[Any] = [groups, ranks, entries.score, entries.score_lower, entries.score_upper]
    return [
        summit(
            day,
            Scores(*(column[panel.rows(number)] for column in columns)),
            higher_is_better=timeline.board.higher_is_better,
        )
        for number, day in enumerate(panel.days)
    ]
