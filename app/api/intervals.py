"""Score intervals: as published, or else from the number of a benchmark's items."""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np

from app.analytics.binomial import BENCHMARKS, derived
from app.domain.standings import Board, Standing
from app.store.blocks import Floats
from app.store.queries.panels import Panel
from app.store.queries.standings import missing_float


class Intervals(StrEnum):
    """Where the intervals of an answer come from."""

    PUBLISHED = "published"
    DERIVED = "derived"


def with_intervals(board: Board, standings: Sequence[Standing]) -> Sequence[Standing]:
    """The entries; those of a board that prints items but no intervals with derived ones."""
    bounds = derived(board.slug, np.array([one.score for one in standings], np.float64))
    if bounds is None:
        return standings
    return [
        one._replace(score_lower=missing_float(lower), score_upper=missing_float(upper))
        for one, lower, upper in zip(
            standings, bounds.lower.tolist(), bounds.upper.tolist(), strict=True
        )
    ]


def panel_with_intervals(board: Board, panel: Panel) -> Panel:
    """The same for all editions of a board."""
    bounds = derived(board.slug, panel.entries.score)
    if bounds is None:
        return panel
    entries = panel.entries._replace(score_lower=bounds.lower, score_upper=bounds.upper)
    return panel._replace(entries=entries)


def intervals_of(board: Board, lower_bounds: Floats) -> Intervals | None:
    """Where the intervals of a board's entries come from; None where they have none."""
    if board.slug in BENCHMARKS:
        return Intervals.DERIVED
    return None if np.isnan(lower_bounds).all() else Intervals.PUBLISHED


def lower_bounds(standings: Sequence[Standing]) -> Floats:
    """The lower bounds of entries; NaN where there is none."""
    return np.array([one.score_lower for one in standings], np.float64)
