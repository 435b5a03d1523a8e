"""Whether standing on an older board carries over to a newer one, among the models on both.

Standing is the percentile among the common models: (others below + half of the ties) / others, best
1. Whoever is picked for having stood high on one board stands lower on another, however honest both
are: regression to the mean (Galton 1886). That goes for leaders, so theirs is held against that of
the new board's leaders on the way back. It does not go for an organization, which was not picked by
its scores: of two boards that measure alike, its change is 0 in the mean.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from app.analytics.agreement import kendall_tau_b
from app.analytics.false_discovery import q_values
from app.domain.groups import UNKNOWN, Ints

Floats = npt.NDArray[np.float64]

TOPS = (10, 50)
REPLICATES = 1000
REPLICATES_AT_ONCE = 100
SEED = 20240626
TAILS = (0.025, 0.975)
MINIMUM_MODELS = 3
MINIMUM_FOR_INTERVALS = 10
ROUNDING = 1e-12


class ModelShift(NamedTuple):
    """How one model stands on both boards: percentiles in 0..1, changes new - old.

    `lower` and `upper` bound the change as far as the choice of the other models decides it; the
    uncertainty of the scores is not in them. Both are None where there are too few models.
    """

    old_percentile: float
    new_percentile: float
    percentile_change: float
    lower: float | None
    upper: float | None


class MeanChange(NamedTuple):
    """A mean over models in percentile (-1..1), its 95 % interval, and a two-sided test of 0.

    `q_value` is the p-value corrected for the number of organizations tested; None where only
    one thing is tested. Without enough models all but the value are None.
    """

    value: float
    lower: float | None
    upper: float | None
    p_value: float | None
    q_value: float | None


class GroupShift(NamedTuple):
    """What became of an organization's models."""

    group: int
    models: int
    change: MeanChange


class LeaderShift(NamedTuple):
    """What became of the old board's first `k` of the common models; ties may make them more.

    `held` counts those that are among the first `k` of the new board too. `expected_change` is
    what the new board's first `k` change on the way back to the old one, `excess` the change less
    that: below 0 the old board's leaders fell further than leaders do.
    """

    k: int
    models: int
    held: int
    change: MeanChange
    expected_change: float
    excess: MeanChange


class RankCorrelation(NamedTuple):
    """Spearman's rho, -1..1, and its 95 % interval, None for few models or at +-1."""

    rho: float
    lower: float | None
    upper: float | None


class Generalization(NamedTuple):
    """How far standing on the old board carries over to the new one.

    `models` are in the order asked, `groups` by number. Both correlations are None if all scores
    of a board are equal.
    """

    common_models: int
    spearman: RankCorrelation | None
    kendall_tau_b: float | None
    models: list[ModelShift]
    groups: list[GroupShift]
    leaders: list[LeaderShift]


def generalization(
    old: Floats, new: Floats, group: Ints, *, tops: Sequence[int] = TOPS
) -> Generalization | None:
    """Compare the standings of the same models on two boards; None for fewer than 3.

    One row for each common model: its score on either board, oriented so that more is better, and
    the number of its organization, `UNKNOWN` of none. A k of `tops` that would hold all models is
    left out. The same rows in the same order give the same answer.

    Bootstrap of 1000 replicates (Efron and Tibshirani 1993, "An introduction to the bootstrap"),
    from 10 common models on. Of a model, its own scores stay and the others are drawn anew; the
    interval is the percentile interval (chapter 13). Of a mean over models, these are drawn anew
    as well; interval and test are Student's t with the bootstrap's standard error (chapter 12)
    times sqrt(n / (n - 1)), since with few models the percentile interval is too narrow and finds
    what is not there; it takes 3. Models count as independent, which variants of one model are
    not: where an organization has many of those, its interval is too narrow still.

    Leaders are held against expectation by exchange: of two boards that measure equally well, what
    the one's first k lose on the other has the same distribution either way, whatever the shape of
    the scores. (A regression line is off at the ends where scores are skewed, one way or the
    other.) Who leads counts as given; that makes this test a careful one.

    The interval of rho is that of Bonett and Wright 2000, Psychometrika 65, 23-28.
    """
    if len(old) < MINIMUM_MODELS:
        return None
    boards = _Places(old), _Places(new)
    common = _Common(*boards)
    return Generalization(
        common_models=len(old),
        spearman=common.correlation(),
        kendall_tau_b=kendall_tau_b(old, new),
        models=common.models(),
        groups=_corrected(
            [GroupShift(n, len(rows), common.change(rows)) for n, rows in _rows_by_group(group)]
        ),
        leaders=[common.leaders(k) for k in tops if k < len(old)],
    )


class _Places:
    """How models stand on one board."""

    def __init__(self, scores: Floats) -> None:
        self._order = np.argsort(scores)
        ordered = scores[self._order]
        self._below = ordered.searchsorted(scores, "left")
        self._until = ordered.searchsorted(scores, "right")
        self.rank = len(scores) - self._until + 1

    def percentiles(self, times: npt.NDArray[np.intp]) -> Floats:
        """The percentile of each model among the others, if each is there so many times.

        One row for each replicate. A model's own copies are not among the others.
        """
        until = np.zeros((len(times), times.shape[1] + 1))
        np.cumsum(times[:, self._order], axis=1, out=until[:, 1:])
        others = np.maximum(until[:, -1:] - times, 1)  # only chance in 10^10 leaves none
        twice: Floats = until[:, self._below] + until[:, self._until] - times
        return twice / 2 / others


class _Common:
    """The models on both boards: their changes, and what these would be among other models."""

    def __init__(self, old: _Places, new: _Places) -> None:
        count = len(old.rank)
        self._ranks = old.rank, new.rank
        once = np.ones((1, count), np.intp)
        self._old, self._new = old.percentiles(once)[0], new.percentiles(once)[0]
        self._rho = _correlation(self._old, self._new)
        self._change = self._new - self._old
        self._random = np.random.default_rng(SEED)
        drawn = REPLICATES if count >= MINIMUM_FOR_INTERVALS else 0
        self._changes = np.empty((drawn, count))
        for begin in range(0, drawn, REPLICATES_AT_ONCE):
            part = slice(begin, begin + REPLICATES_AT_ONCE)
            times = self._draw(REPLICATES_AT_ONCE, count)
            self._changes[part] = new.percentiles(times) - old.percentiles(times)

    def correlation(self) -> RankCorrelation | None:
        """Spearman's rho: Pearson's of the percentiles."""
        rho, count = self._rho, len(self._change)
        if rho is None:
            return None
        if not len(self._changes) or abs(rho) > 1 - ROUNDING:
            return RankCorrelation(rho, None, None)
        half = float(special.ndtri(TAILS[1])) * math.sqrt((1 + rho**2 / 2) / (count - 3))
        middle = math.atanh(rho)
        return RankCorrelation(rho, math.tanh(middle - half), math.tanh(middle + half))

    def models(self) -> list[ModelShift]:
        """Every model, in order."""
        lower = upper = [None] * len(self._change)
        if len(self._changes):
            lower, upper = np.quantile(self._changes, TAILS, axis=0).tolist()
        columns = (self._old.tolist(), self._new.tolist(), self._change.tolist())
        return list(map(ModelShift, *columns, lower, upper))

    def change(self, rows: npt.NDArray[np.intp]) -> MeanChange:
        """The mean change of some models."""
        return self._tested(float(self._change[rows].mean()), self._changes, rows)

    def leaders(self, k: int) -> LeaderShift:
        """What became of the old board's first, and where those of the new one came from."""
        led, lead = (ranks <= k for ranks in self._ranks)
        fell, rose = float(self._change[led].mean()), float(self._change[lead].mean())
        # What each of the leaders of either board adds to the scatter of the sum of both means.
        either = np.flatnonzero(led | lead)
        scatter = (self._changes - fell) * led / led.sum()
        scatter += (self._changes - rose) * lead / lead.sum()
        return LeaderShift(
            k=k,
            models=int(led.sum()),
            held=int((led & lead).sum()),
            change=self.change(np.flatnonzero(led)),
            expected_change=0.0 - rose,  # never -0.0
            excess=self._tested(fell + rose, scatter * len(either), either),
        )

    def _tested(self, value: float, replicates: Floats, rows: npt.NDArray[np.intp]) -> MeanChange:
        count = len(rows)
        if count < MINIMUM_MODELS or not len(replicates):
            return MeanChange(value, None, None, None, None)
        drawn = rows[self._random.integers(0, count, (len(replicates), count))]
        means = np.take_along_axis(replicates, drawn, axis=1).mean(axis=1)
        error = float(means.std(ddof=1)) * math.sqrt(count / (count - 1))
        if error < ROUNDING:
            return MeanChange(value, None, None, None, None)
        half = float(special.stdtrit(count - 1, TAILS[1])) * error
        p_value = 2 * float(special.stdtr(count - 1, -abs(value) / error))
        return MeanChange(value, max(value - half, -1.0), min(value + half, 1.0), p_value, None)

    def _draw(self, replicates: int, count: int) -> npt.NDArray[np.intp]:
        """How often each of so many is among as many drawn with replacement, in each replicate."""
        cells = self._random.integers(0, count, (replicates, count))
        cells += np.arange(replicates)[:, np.newaxis] * count
        return np.bincount(cells.ravel(), minlength=cells.size).reshape(cells.shape)


def _correlation(old: Floats, new: Floats) -> float | None:
    """Pearson's correlation of percentiles, whose mean is 1/2; None if one side is constant."""
    was, became = old - 0.5, new - 0.5
    both, of_old, of_new = (float(x @ y) for x, y in ((was, became), (was, was), (became, became)))
    if not of_old or not of_new:
        return None
    return min(max(both / math.sqrt(of_old * of_new), -1.0), 1.0)


def _rows_by_group(group: Ints) -> list[tuple[int, npt.NDArray[np.intp]]]:
    """The rows of each known group, by number."""
    numbers, first = np.unique(np.sort(group), return_index=True)
    rows = np.split(np.argsort(group, kind="stable"), first[1:])
    return [pair for pair in zip(numbers.tolist(), rows, strict=True) if pair[0] != UNKNOWN]


def _corrected(groups: list[GroupShift]) -> list[GroupShift]:
    """With q-values."""
    found = q_values([shift.change.p_value for shift in groups])
    return [
        shift._replace(change=shift.change._replace(q_value=q_value))
        for shift, q_value in zip(groups, found, strict=True)
    ]
