"""Score intervals: as published, or else from the number of a benchmark's items."""

from enum import StrEnum

import numpy as np

from app.analytics.binomial import BENCHMARKS, derived
from app.domain.standings import Board
from app.store.blocks import Block, Floats
from app.store.queries.panels import Panel


class Intervals(StrEnum):
    """Where the intervals of an answer come from."""

    PUBLISHED = "published"
    DERIVED = "derived"


def with_intervals(board: Board, entries: Block) -> Block:
    """Entries of a board; if it prints items but no intervals, with derived ones."""
    bounds = derived(board.slug, entries.score)
    if bounds is None:
        return entries
    return entries._replace(score_lower=bounds.lower, score_upper=bounds.upper)


def panel_with_intervals(board: Board, panel: Panel) -> Panel:
    """The same for all editions of a board."""
    return panel._replace(entries=with_intervals(board, panel.entries))


def intervals_of(board: Board, lower_bounds: Floats) -> Intervals | None:
    """Where the intervals of a board's entries come from; None where they have none."""
    if board.slug in BENCHMARKS:
        return Intervals.DERIVED
    return None if np.isnan(lower_bounds).all() else Intervals.PUBLISHED
