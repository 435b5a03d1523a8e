"""What moved all models at once from one edition to the next: the scale, and not the models."""

from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.domain.standings import Edition

Floats = npt.NDArray[np.float64]

_Z95 = 1.96
_OUTLIER = 3.5
_NORMAL_MAD = 0.6745
_LEAST_SHARE = 0.025
_WIDENED = 1.5
_EVEN = 0.01
_ALL_EVEN, _NOT_EVEN = 0.95, 0.6


class Break(StrEnum):
    """Why editions before and after do not compare as they stand."""

    SCORE_SHIFT = "score_shift"
    INTERVAL_CHANGE = "interval_change"


class Scores(NamedTuple):
    """The entries of one edition (N,), in any order, each model once; NaN where nothing is known.

    Models are numbers from 0, none far beyond how many there are. `score_lower` and `score_upper`
    bound a score's 95 % interval, in its unit.
    """

    model: npt.NDArray[np.integer]
    score: Floats
    score_lower: Floats
    score_upper: Floats


class PoolShift(NamedTuple):
    """What the models common to two consecutive editions have in common; numbers in score units.

    `shift` is the weighted median of their score changes, `spread` the median distance of a
    change from it (MAD), `scale` the interquartile range of their scores before; all None
    without a common model. `widening` is the median width of their intervals after over that
    before, `even_before` and `even_after` the part of intervals with the score in the middle;
    None if no common model has an interval in both.
    """

    models: int
    shift: float | None
    spread: float | None
    scale: float | None
    widening: float | None
    even_before: float | None
    even_after: float | None


class Shift(NamedTuple):
    """From one edition of a board to the next: the pool's common shift, and why it is a break."""

    before: Edition
    edition: Edition
    pool: PoolShift
    reasons: tuple[Break, ...]


def pool_shift(before: Scores, after: Scores) -> PoolShift:
    """The common shift from one edition to the next.

    Changes are weighted by precision, `1 / (se_before**2 + se_after**2)` with the standard error
    of a score a 3.92nd of its interval's width; all count the same if any common model lacks
    an interval in either edition. An interval without width is none.

    Source of the method: the weighted median of Edgeworth 1888 (Phil. Mag. 25, 184-191) with
    weights of inverse variance; a few models that moved by themselves do not draw it.
    """
    earlier, later = _common(before, after)
    if not len(earlier.score):
        return PoolShift(0, None, None, None, None, None, None)
    change = later.score - earlier.score
    width_before, width_after = _widths(earlier), _widths(later)
    both = (width_before > 0) & (width_after > 0)
    weights = np.ones(len(change))
    if both.all():
        weights = (2 * _Z95) ** 2 / (width_before**2 + width_after**2)
    shift = _weighted_median(change, weights)
    low, high = _quantiles(earlier.score, 0.25, 0.75)
    numbers = shift, _median(np.abs(change - shift)), high - low
    if not both.any():
        return PoolShift(len(change), *numbers, None, None, None)
    return PoolShift(
        len(change),
        *numbers,
        widening=_median(width_after[both]) / _median(width_before[both]),
        even_before=_even(earlier, both),
        even_after=_even(later, both),
    )


def methodology_breaks(shifts: Sequence[PoolShift]) -> list[list[Break]]:
    """For each transition of a board, oldest first, why it breaks the board's series.

    A **score shift** is an outlier among the board's shifts by the MAD rule, a modified z-score
    above 3.5 (Iglewicz and Hoaglin 1993, How to Detect and Handle Outliers). As most boards
    hardly ever shift, and any rounding would be an outlier, it must also be larger than the
    models' own movement around it, and than a fortieth of the interquartile range of scores.

    An **interval change** is a median width more than half as large again, or as small; or that
    intervals were even about their scores and are no more, or the reverse. Bootstrapped
    percentiles are even only by chance of rounding, intervals of the central limit theorem always.
    """
    known = np.array([one.shift for one in shifts if one.shift is not None])
    middle = float(np.median(known)) if len(known) else 0.0
    deviation = float(np.median(np.abs(known - middle))) if len(known) else 0.0
    return [
        [
            reason
            for reason, found in (
                (Break.SCORE_SHIFT, _shifted(one, middle, deviation)),
                (Break.INTERVAL_CHANGE, _remeasured(one)),
            )
            if found
        ]
        for one in shifts
    ]


def breaks_between(shifts: Iterable[Shift], first: date | None, last: date) -> list[Shift]:
    """The breaks on the way from an edition to a later one; from the beginning without one."""
    return [
        one
        for one in shifts
        if one.reasons and (first or date.min) < one.edition.edition_date <= last
    ]


def _shifted(one: PoolShift, middle: float, deviation: float) -> bool:
    if one.shift is None or one.spread is None or one.scale is None:
        return False
    outlying = _NORMAL_MAD * abs(one.shift - middle) > _OUTLIER * deviation
    return outlying and abs(one.shift) > max(one.spread, _LEAST_SHARE * one.scale)


def _remeasured(one: PoolShift) -> bool:
    if one.widening is None or one.even_before is None or one.even_after is None:
        return False
    less, more = sorted((one.even_before, one.even_after))
    wider = not 1 / _WIDENED <= one.widening <= _WIDENED
    return wider or (less <= _NOT_EVEN and more >= _ALL_EVEN)


def _common(before: Scores, after: Scores) -> tuple[Scores, Scores]:
    """The entries with a score of the models in both, in the same order."""
    first, second = (_only(one, np.isfinite(one.score)) for one in (before, after))
    place = np.full(max(first.model.max(initial=0), second.model.max(initial=0)) + 1, -1)
    place[second.model] = np.arange(len(second.model))
    there = place[first.model]
    return _only(first, there >= 0), _only(second, there[there >= 0])


def _only(scores: Scores, rows: npt.NDArray[np.bool_ | np.intp]) -> Scores:
    model, score, lower, upper = scores
    return Scores(model[rows], score[rows], lower[rows], upper[rows])


def _widths(scores: Scores) -> Floats:
    """Widths of intervals, 0 without one."""
    width = scores.score_upper - scores.score_lower
    return np.where(np.isfinite(width), width, 0.0)


def _even(scores: Scores, rows: npt.NDArray[np.bool_]) -> float:
    """The part of these intervals that reach as far up as down, but for a hundredth of them."""
    _, score, lower, upper = _only(scores, rows)
    even = np.abs(upper + lower - 2 * score) <= _EVEN * (upper - lower)
    return np.count_nonzero(even) / len(even)


def _median(values: Floats) -> float:
    return _quantiles(values, 0.5)[0]


def _quantiles(values: Floats, *shares: float) -> list[float]:
    """As `numpy.quantile`, whose preparations take ten times as long as a few hundred values."""
    ordered = np.sort(values)
    found = []
    for share in shares:
        place = share * (len(ordered) - 1)
        below = int(place)
        low, high = ordered[below], ordered[min(below + 1, len(ordered) - 1)]
        found.append(float(low + (high - low) * (place - below)))
    return found


def _weighted_median(values: Floats, weights: Floats) -> float:
    """The value with half of the weight on either side, or the middle of the two that share it."""
    order = values.argsort()
    below = weights[order].cumsum()
    half = below[-1] / 2
    first = below.searchsorted(half)
    last = below.searchsorted(half, side="right")
    return float((values[order[first]] + values[order[last]]) / 2)
