"""The trends of all models of a board over a window."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from app.analytics.trends import Trend, Trends, net_of, trends
from app.api.record import Record
from app.api.shifts import shifts_of
from app.domain.groups import Dimension, Ints
from app.domain.selection import Selection
from app.domain.standings import Board, Edition, Standing
from app.store.queries.panels import Panel
from app.store.queries.standings import resolved

Floats = npt.NDArray[np.float64]


class Metric(StrEnum):
    """What is followed through time."""

    SCORE = "score"
    RANK = "rank"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trending:
    """An entry of the newest edition, and how its model moved.

    `net` is the trend net of what moved the whole pool: of scores less the pool's common shift;
    for places it is that of the percentile, 1 being best.
    """

    standing: Standing
    trend: Trend
    net: Trend


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
    edition = record.edition(board, as_of, known_at=known_at)
    if edition is None:
        return Window(edition=None, editions=0, models_tested=0, rows=[])
    panel = record.panel(
        board.id,
        first=min(start, edition.edition_date),
        last=as_of,
        known_at=known_at,
    )
    inside = [number for number, day in enumerate(panel.days) if day >= start]
    models, row = _models(record, panel)
    if metric is Metric.SCORE:
        values = _matrix(row, panel, panel.entries.score)
        moved = net_of(values, _shifts(record, board, panel, known_at))
    else:
        values = _matrix(row, panel, -panel.entries.rank)  # so that more is better
        moved = _matrix(row, panel, _percentiles(panel))
    values, moved = values[:, inside], moved[:, inside]
    days = np.array([panel.days[number].toordinal() for number in inside], np.float64)
    if np.array_equal(moved, values, equal_nan=True):
        fitted = net = trends(days, values)
    else:
        with ThreadPoolExecutor(1) as other:  # NumPy leaves the interpreter to the other thread
            begun = other.submit(trends, days, moved)
            fitted = trends(days, values)
            net = begun.result()
    return Window(
        edition=edition,
        editions=len(inside),
        models_tested=int((~np.isnan(fitted.p_value)).sum()),
        rows=_rows(record, panel, selection, models, fitted, net),
    )


def _models(record: Record, panel: Panel) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.intp]]:
    """The models in the panel by number, and for each of its rows which of them it is."""
    numbers = record.columns.groups(Dimension.MODEL, panel.entries)
    models = np.flatnonzero(np.bincount(numbers)).astype(np.int32)
    place = np.zeros(int(numbers.max(initial=0)) + 1, np.intp)
    place[models] = np.arange(len(models))
    return models, place[numbers]


def _matrix(row: npt.NDArray[np.intp], panel: Panel, column: Floats | Ints) -> Floats:
    """A column with a row for each model and a column for each edition; NaN where it is not."""
    values = np.full((row.max(initial=-1) + 1, len(panel.editions)), np.nan)
    values[row, panel.edition] = column
    return values


def _percentiles(panel: Panel) -> Floats:
    """Each entry's percentile in its edition, as in `app.domain.standings`; NaN if alone."""
    others = np.diff(panel.starts)[panel.edition] - 1
    rank, tied = panel.entries.rank, panel.entries.tied
    below = others - (rank - 1) - tied
    found: Floats = np.full(len(others), np.nan)
    np.divide(below + tied / 2, others, out=found, where=others > 0)
    return found


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
    net: Trends,
) -> list[Trending]:
    newest = panel.of(len(panel.editions) - 1)
    chosen = newest.only(record.columns.selected(newest, selection))
    keys = record.columns.keys[Dimension.MODEL]
    row_of = {keys[number]: row for row, number in enumerate(models.tolist())}
    each, each_net = fitted.each(), net.each()
    standings = resolved(record.names, chosen)
    rows = [row_of[standing.model.slug] for standing in standings]
    return [
        Trending(standing=standing, trend=each[row], net=each_net[row])
        for standing, row in zip(standings, rows, strict=True)
    ]
