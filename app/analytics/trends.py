"""Whether values rise or fall over many editions, how fast, and how sure that is.

A slope is per day and knows of uneven dates. The test asks only for the order of editions: neither
a step that is large nor a pause that is long makes it surer.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from app.analytics.false_discovery import adjusted
from app.analytics.order_statistics import order_statistics

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

METHOD = "Theil-Sen; Mann-Kendall, Hamed-Rao; Benjamini-Hochberg"
MIN_POINTS = 8

_Z95 = float(-ndtri(0.025))
_CELLS = 2**19
_SAME = 2.0**-30


class Direction(StrEnum):
    """Where values go. `none`: no trend that the level allows to speak of."""

    UP = "up"
    DOWN = "down"
    NONE = "none"


class Trend(NamedTuple):
    """One model's trend, in the unit of the values and days.

    Everything from `slope_per_day` on is None with `insufficient_data`, that is with fewer than
    `MIN_POINTS` values; days are None without a value, `kendall_tau` also if all values are tied.
    """

    points: int
    first_day: float | None
    last_day: float | None
    slope_per_day: float | None
    slope_lower: float | None
    slope_upper: float | None
    score: int | None
    variance: float | None
    inflation: float | None
    kendall_tau: float | None
    z: float | None
    p_value: float | None
    q_value: float | None
    direction: Direction | None

    @property
    def insufficient_data(self) -> bool:
        """Whether there are too few values to speak of a trend."""
        return self.p_value is None


class Trends(NamedTuple):
    """The trends of many models, one element each; NaN (of `points`, 0) where there is none.

    `slope_lower` and `slope_upper` bound the 95 % interval of the slope. `score` is Mann-Kendall's
    S: pairs that rise less pairs that fall. `variance` is its variance with ties and
    autocorrelation, `inflation` the part that autocorrelation has in it (1 without any),
    `kendall_tau` tau-b, `z` the continuity-corrected statistic, `p_value` two-sided, `q_value`
    the same after Benjamini-Hochberg over all models that have one.
    """

    points: Ints
    first_day: Floats
    last_day: Floats
    slope_per_day: Floats
    slope_lower: Floats
    slope_upper: Floats
    score: Floats
    variance: Floats
    inflation: Floats
    kendall_tau: Floats
    z: Floats
    p_value: Floats
    q_value: Floats

    def of(self, row: int, *, level: float = 0.05) -> Trend:
        """One model's; it goes up or down if its q-value is at most `level`."""
        known = [column[0] for column in _known(column[[row]] for column in self[1:])]
        return _trend(int(self.points[row]), known, level)

    def each(self, *, level: float = 0.05) -> list[Trend]:
        """All models', in order."""
        rows = zip(*_known(self[1:]), strict=True)
        return [
            _trend(points, row, level)
            for points, row in zip(self.points.tolist(), rows, strict=True)
        ]


def trends(days: Floats, values: Floats) -> Trends:
    """The trend of each model over the editions of a window.

    Args:
        days: (E,) the editions' dates as numbers of days, ascending and distinct.
        values: (M, E) what is followed, scores or ranks; NaN where a model did not stand.

    The slope is the median of the slopes of all pairs of a model's values (Theil 1950, Sen 1968,
    J. Am. Stat. Assoc. 63, 1379-1389); its interval takes the slopes at the ranks that Sen gives
    with ties (2.6), as `scipy.stats.theilslopes`; it does not know of autocorrelation.

    The test is Mann's (1945) with Kendall's variance for ties, corrected for autocorrelation
    after Hamed and Rao (1998, J. Hydrol. 204, 182-196): of the ranks of what the slope leaves,
    at all lags that are significant at 5 %, lags being counted in the model's editions, however
    far apart. Where the correction would make the variance smaller it is left out, as high lags
    of a short series are negative by construction: a p-value is never below the uncorrected.
    The correction tempers and does not cure. Of 90 values of a process without trend, the test
    at 5 % sees one in 5 % of cases if they are independent, in 13 % of AR(1) with 0.4, 38 %
    with 0.9, and of a random walk in 62 % (85 % without the correction).
    """
    present = np.isfinite(values)
    points = present.sum(axis=1, dtype=np.int64)
    found = np.full((len(Trends._fields) - 1, len(values)), np.nan)
    some = np.flatnonzero(points)
    if len(some):
        found[0, some] = days[present[some].argmax(axis=1)]
        found[1, some] = days[::-1][present[some, ::-1].argmax(axis=1)]
    enough = np.flatnonzero(points >= MIN_POINTS)
    enough = enough[(-points[enough]).argsort(kind="stable")]
    space = np.empty((2, max(_CELLS, len(days) * (len(days) - 1) // 2)))
    while len(enough):
        longest = int(points[enough[0]])
        rows, enough = np.split(enough, [max(2 * _CELLS // (longest * (longest - 1)), 1)])
        aligned = _aligned(days, values[rows], present[rows])
        found[2:-1, rows] = _fit(*aligned, points[rows], space)
    found[-1] = adjusted(found[-2])
    return Trends(points, *found)


def net_of(values: Floats, shifts: Sequence[float | None]) -> Floats:
    """Values (M, E) without the pool's common shifts, as if all stood on the first one's scale.

    `shifts` are those from each edition to the next (E - 1), None where no model is common to
    both: nothing then says how the scales compare, and they are taken for the same.
    """
    moved = np.cumsum([0.0, *(shift or 0.0 for shift in shifts)])
    net: Floats = values - moved[: values.shape[1]]
    return net


def _known(columns: Iterable[Floats]) -> list[list[float | None]]:
    """Columns as lists, with None for NaN."""
    found = []
    for column in columns:
        known = column.astype(object)
        known[np.isnan(column)] = None
        found.append(known.tolist())
    return found


def _trend(points: int, known: Sequence[float | None], level: float) -> Trend:
    first, last, slope, lower, upper, score, variance, inflation, tau, z, p, q = known
    return Trend(
        points=points,
        first_day=first,
        last_day=last,
        slope_per_day=slope,
        slope_lower=lower,
        slope_upper=upper,
        score=None if score is None else int(score),
        variance=variance,
        inflation=inflation,
        kendall_tau=tau,
        z=z,
        p_value=p,
        q_value=q,
        direction=None if slope is None or q is None else _direction(slope, q, level),
    )


def _direction(slope: float, q_value: float, level: float) -> Direction:
    if q_value > level or slope == 0:
        return Direction.NONE
    return Direction.UP if slope > 0 else Direction.DOWN


def _aligned(days: Floats, values: Floats, present: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Days and values of rows of falling length, without gaps; NaN after the end.

    Days are one row if they are the same for all.
    """
    if present.all():
        return days[None, :], values
    order = (~present).argsort(axis=1, kind="stable")[:, : int(present[0].sum())]
    aligned = np.where(
        np.take_along_axis(present, order, axis=1),
        np.take_along_axis(values, order, axis=1),
        np.nan,
    )
    return days[order], aligned


def _fit(days: Floats, values: Floats, points: Ints, space: Floats) -> Floats:
    """The columns from slope to p-value of a few models, each with enough values."""
    pairs = points * (points - 1) // 2
    ordered = np.sort(values, axis=1)
    run = _runs(ordered)[1]
    tied = (run - 1).sum(axis=1) // 2
    variance = (
        points * (points - 1) * (2 * points + 5) - ((run - 1) * (2 * run + 5)).sum(axis=1)
    ) / 18.0
    slopes = _slopes(days, values, space)
    falling = np.count_nonzero(slopes < 0, axis=1)
    score = pairs - tied - 2 * falling
    ranks = _ranks(pairs, np.sqrt(variance))
    zero = (ranks >= falling[:, None]) & (ranks < (falling + tied)[:, None])
    others = order_statistics(slopes, pairs, np.where(zero, -1, ranks), space[1])
    chosen = np.where(zero, 0.0, others)
    slope = (chosen[:, 0] + chosen[:, 1]) / 2
    left = values - values[:, :1] - slope[:, None] * (days - days[:, :1])
    span = ordered[np.arange(len(points)), points - 1] - ordered[:, 0]
    inflation = _inflation(left, span, points)
    variance = variance * inflation
    z = (score - np.sign(score)) / np.sqrt(np.where(variance > 0, variance, 1.0))
    untied = np.sqrt(pairs * (pairs - tied).astype(np.float64))
    tau = np.divide(score, untied, out=np.full(len(points), np.nan), where=untied > 0)
    p_value = 2 * ndtr(-np.abs(z))
    bounds = chosen[:, 2], chosen[:, 3]
    return np.stack([slope, *bounds, score, variance, inflation, tau, z, p_value])


def _slopes(days: Floats, values: Floats, space: Floats) -> Floats:
    """The slopes of all pairs of a row's values; infinite for pairs behind a row's end.

    They are written into `space` (2, C), because pages that are given back to the system between
    a few models and the next few would cost as much as all else.
    """
    earlier, later = np.triu_indices(values.shape[1], 1)
    slopes: Floats
    slopes, before = (cells[: len(values) * len(later)].reshape(-1, len(later)) for cells in space)
    np.take(values, later, axis=1, out=slopes, mode="clip")
    slopes -= np.take(values, earlier, axis=1, out=before, mode="clip")
    slopes /= days[:, later] - days[:, earlier]
    if len(days) > 1:
        slopes[np.isnan(slopes)] = np.inf
    return slopes


def _ranks(pairs: Ints, sigma: Floats) -> Ints:
    """Of a row's slopes the ranks of the two in the middle, and of its interval's ends."""
    wide = _Z95 * sigma
    lower = np.rint((pairs - wide) / 2).astype(np.int64) - 1
    upper = np.rint((pairs + wide) / 2).astype(np.int64)
    ends = np.maximum(lower, 0), np.minimum(upper, pairs - 1)
    return np.stack([(pairs - 1) // 2, pairs // 2, *ends], axis=1)


def _inflation(left: Floats, span: Floats, points: Ints) -> Floats:
    """How much larger autocorrelation makes the variance of S (Hamed and Rao 1998, n/n*).

    `left` is what the trend leaves of the values, whose range is `span`. What differs by less
    than a billionth of it is tied: on a line, it is nothing but the rounding of sums.
    """
    step = np.where(span > 0, span, 1.0)[:, None] * _SAME
    ranks = _mid_ranks(np.rint(left / step))
    centred = np.where(np.isnan(left), 0.0, ranks - (points[:, None] - 1) / 2)
    width = left.shape[1]
    spectrum = np.fft.rfft(centred, n=2 * width, axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    products = np.fft.irfft(power, n=2 * width, axis=1)[:, :width]
    total = np.where(products[:, :1] > _SAME, products[:, :1], np.inf)
    correlation = products[:, 1:] / total
    n = points[:, None]
    lag = np.arange(1, width)
    significant = np.abs(correlation) > _Z95 / np.sqrt(n)
    weight = (n - lag) * (n - lag - 1) * (n - lag - 2)
    summed = (weight * np.where(significant, correlation, 0.0)).sum(axis=1)
    ratio: Floats = 1 + 2 * summed / (points * (points - 1) * (points - 2))
    return np.maximum(ratio, 1.0)


def _mid_ranks(values: Floats) -> Floats:
    """Each row's ranks from 0, those of ties being the mean of theirs; NaN comes last."""
    order = values.argsort(axis=1)
    first, run = _runs(np.take_along_axis(values, order, axis=1))
    ranks = np.empty(values.shape)
    np.put_along_axis(ranks, order, first + (run - 1) / 2, axis=1)
    return ranks


def _runs(ordered: Floats) -> tuple[Ints, Ints]:
    """For each value of sorted rows where its run of equals begins, and how many they are."""
    place = np.arange(ordered.shape[1])
    begins = np.ones(ordered.shape, np.bool_)
    begins[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    ends = np.ones(ordered.shape, np.bool_)
    ends[:, :-1] = begins[:, 1:]
    first = np.maximum.accumulate(np.where(begins, place, 0), axis=1)
    last = np.minimum.accumulate(np.where(ends, place, len(place))[:, ::-1], axis=1)[:, ::-1]
    return first, last - first + 1
