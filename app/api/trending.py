"""The trends of all models of a board over a window."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from app.analytics.trends import Trend, Trends, net_of, trends
from app.api.deps import Record
from app.api.shifts import shifts_of
from app.domain.groups import Dimension
from app.domain.selection import Selection
from app.domain.standings import Board, Edition, Standing
from app.store.queries.editions import edition_in_force
from app.store.queries.panels import Panel
from app.store.queries.standings import resolved

Floats = npt.NDArray[np.float64]


class Metric(StrEnum):
    """What is followed through time."""

    SCORE = "score"
    RANK = "rank"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trending:
    """An entry of the newest edition, and how its model moved; `net` of the pool's shift."""

    standing: Standing
    trend: Trend
    net: Trend | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What a board's window shows: the newest edition, and the models that are asked for."""

    edition: Edition | None
    editions: int
    models_tested: int
    rows: list[Trending]


def window_of(
    record: Record,
    board: Board,
    selection: Selection,
    *,
    metric: Metric,
    start: date,
    as_of: date,
    known_at: datetime | None,
) -> Window:
    """The trends over the editions from `start` to `as_of`, of the models in the newest one.

    All models of the board are fitted: how many are tested together does not depend on which
    are asked for.
    """
    edition = edition_in_force(record.session, board.id, as_of, known_at=known_at)
    if edition is None:
        return Window(edition=None, editions=0, models_tested=0, rows=[])
    panel = record.panel(
        board.id,
        first=min(start, edition.edition_date),
        last=as_of,
        known_at=known_at,
    )
    inside = [number for number, day in enumerate(panel.days) if day >= start]
    models, values = _matrix(record, panel, metric)
    days = np.array([day.toordinal() for day in panel.days], np.float64)
    fitted = trends(days[inside], values[:, inside])
    net = None
    if metric is Metric.SCORE:
        moved = net_of(values, _shifts(record, board, panel, known_at))[:, inside]
        same = np.array_equal(moved, values[:, inside], equal_nan=True)
        net = fitted if same else trends(days[inside], moved)
    return Window(
        edition=edition,
        editions=len(inside),
        models_tested=int((~np.isnan(fitted.p_value)).sum()),
        rows=_rows(record, panel, selection, models, fitted, net),
    )


def _matrix(record: Record, panel: Panel, metric: Metric) -> tuple[npt.NDArray[np.int32], Floats]:
    """The models by number, and a row of values for each; NaN where it did not stand.

    Of ranks the negative, so that more is better.
    """
    numbers = record.columns.groups(Dimension.MODEL, panel.entries)
    models, row = np.unique(numbers, return_inverse=True)
    values = np.full((len(models), len(panel.editions)), np.nan)
    followed = panel.entries.score if metric is Metric.SCORE else -panel.entries.rank
    values[row, panel.edition] = followed
    return models, values


def _shifts(
    record: Record, board: Board, panel: Panel, known_at: datetime | None
) -> list[float | None]:
    """The pool's shift from each edition of the panel to the next."""
    of = {
        one.edition.edition_date: one.pool.shift
        for one in shifts_of(record, board, known_at=known_at)
    }
    return [of[day] for _before, day in pairwise(panel.days)]


def _rows(
    record: Record,
    panel: Panel,
    selection: Selection,
    models: npt.NDArray[np.int32],
    fitted: Trends,
    net: Trends | None,
) -> list[Trending]:
    newest = panel.of(len(panel.editions) - 1)
    chosen = newest.only(record.columns.selected(newest, selection))
    keys = record.columns.keys[Dimension.MODEL]
    row_of = {keys[number]: row for row, number in enumerate(models.tolist())}
    each = fitted.each()
    each_net = None if net is None else net.each()
    found = []
    for standing in resolved(record.names, chosen):
        row = row_of[standing.model.slug]
        found.append(
            Trending(
                standing=standing, trend=each[row], net=None if each_net is None else each_net[row]
            )
        )
    return found
