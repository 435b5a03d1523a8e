"""Benchmark-preference gap: who stands better with people than on benchmarks, or the other way.

A gap has many causes: style, refusals, the mix of questions, tuning to either board. It is a
statement about two boards, not about anybody's intent. Take it for more than chance only where it
lasts over editions.
"""

import math
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from app.analytics.false_discovery import q_values
from app.domain.groups import UNKNOWN, Ints

Floats = npt.NDArray[np.float64]

MINIMUM_MODELS = 20
MINIMUM_OF_A_GROUP = 3
SIGNIFICANCE = 0.05
UPPER_TAIL = 0.975
ROUNDING = 1e-12


class Direction(StrEnum):
    """With whom a model stands better than the other side predicts."""

    PEOPLE_PREFER = "people_prefer"
    BENCHMARKS_PREFER = "benchmarks_prefer"


class Regression(NamedTuple):
    """The least-squares line of preference on benchmarks.

    `slope` and `intercept` are in the preference board's unit, for one of the benchmark's;
    `residual_standard_error` too. `correlation` is Pearson's r, which is the slope of the
    standardised scores.
    """

    models: int
    slope: float
    intercept: float
    correlation: float
    residual_standard_error: float


class ModelGap(NamedTuple):
    """What people's preference for a model is beyond that which the other models predict.

    `expected` is the preference by the line of all models but this, `residual` what it is above
    that, `lower` and `upper` the residual's 95 % interval, all in the preference board's unit;
    `standardized` is the residual in standard deviations of preference. `studentized` is the
    residual in its standard errors. `direction` is None unless q <= 0.05. None where the other
    models leave no line, or no scatter about it.
    """

    expected: float | None
    residual: float | None
    lower: float | None
    upper: float | None
    standardized: float | None
    studentized: float | None
    p_value: float | None
    q_value: float | None
    direction: Direction | None


class GroupGap(NamedTuple):
    """The mean studentised residual of an organization's models, and a t-test of 0.

    p, q and `direction` are None for fewer than 3 models, or if all are the same.
    """

    group: int
    models: int
    mean_studentized: float
    p_value: float | None
    q_value: float | None
    direction: Direction | None


class PreferenceGap(NamedTuple):
    """The gaps of all models, in the order asked, and of organizations, by number."""

    regression: Regression
    models: list[ModelGap]
    groups: list[GroupGap]


def preference_gap(benchmark: Floats, preference: Floats, group: Ints) -> PreferenceGap | None:
    """Regress preference on benchmarks; None for fewer than 20 models, or if one side is constant.

    One row for each model on both sides: its benchmark score (of several boards, the mean of its
    `standard_scores`), its score on the preference board, both oriented so that more is better,
    and the number of its organization, `UNKNOWN` of none.

    Ordinary least squares. A model's residual is from the line of the others (deleted residual,
    e / (1 - h) with h the leverage), so that it cannot draw the line to itself; studentised
    externally it has Student's t distribution with n - 3 degrees of freedom. Source: Cook and
    Weisberg 1982, "Residuals and influence in regression", section 2.2. p-values are two-sided,
    q-values by Benjamini and Hochberg 1995, among models and among organizations apart. The test
    of an organization takes its models as independent, which variants of one model are not; and as
    benchmarks are not without error, the line is too flat, which puts makers of strong models a
    little above it and those of weak ones below (regression dilution).
    """
    x, y = standard_scores(benchmark), standard_scores(preference)
    if len(x) < MINIMUM_MODELS or not x.any() or not y.any():
        return None
    correlation = float(x @ y) / (len(x) - 1)
    unit = float(preference.std(ddof=1))
    slope = correlation * unit / float(benchmark.std(ddof=1))
    left = y - correlation * x
    models = _model_gaps(_Deleted(x, left), preference, unit)
    return PreferenceGap(
        regression=Regression(
            models=len(x),
            slope=slope,
            intercept=float(preference.mean()) - slope * float(benchmark.mean()),
            correlation=min(max(correlation, -1.0), 1.0),
            residual_standard_error=unit * math.sqrt(float(left @ left) / (len(x) - 2)),
        ),
        models=models,
        groups=_group_gaps(models, group),
    )


def standard_scores(values: Floats) -> Floats:
    """Scores less their mean, in standard deviations (of a sample); all 0 if they are the same."""
    deviation = float(values.std(ddof=1)) if len(values) > 1 and np.ptp(values) else 0.0
    return (values - values.mean()) / deviation if deviation else np.zeros(len(values))


class _Deleted:
    """Each model's residual from the line of the others, in standard deviations of preference.

    `certain` are those whose residual has an error, `known` those that have a residual.
    """

    def __init__(self, x: Floats, left: Floats) -> None:
        """`x` are standard scores, `left` the residuals from the line of all models."""
        self.freedom = len(x) - 3
        room = 1 - 1 / len(x) - x**2 / (len(x) - 1)  # 1 - leverage
        self.known = room > ROUNDING
        room[~self.known] = 1
        self.residual = left / room
        variance = (left @ left - left * self.residual) / self.freedom
        self.certain = self.known & (variance > ROUNDING)
        variance[~self.certain] = 1
        self.error = np.sqrt(variance / room)


def _model_gaps(deleted: _Deleted, preference: Floats, unit: float) -> list[ModelGap]:
    ratio = deleted.residual / deleted.error
    residual = unit * deleted.residual
    half = unit * special.stdtrit(deleted.freedom, UPPER_TAIL) * deleted.error
    studentized = _where(deleted.certain, ratio)
    p_values = _where(deleted.certain, 2 * special.stdtr(deleted.freedom, -np.abs(ratio)))
    corrected = q_values(p_values)
    return list(
        map(
            ModelGap,
            _where(deleted.known, preference - residual),
            _where(deleted.known, residual),
            _where(deleted.certain, residual - half),
            _where(deleted.certain, residual + half),
            _where(deleted.known, deleted.residual),
            studentized,
            p_values,
            corrected,
            map(_direction, studentized, corrected),
        )
    )


def _group_gaps(models: list[ModelGap], group: Ints) -> list[GroupGap]:
    """The organizations that have a studentised residual, by number."""
    by_group: dict[int, list[float]] = {}
    for number, gap in zip(group.tolist(), models, strict=True):
        if number != UNKNOWN and gap.studentized is not None:
            by_group.setdefault(number, []).append(gap.studentized)
    ordered = sorted(by_group.items())
    means = [math.fsum(values) / len(values) for _, values in ordered]
    p_values = [_p_value_of_mean(np.array(values)) for _, values in ordered]
    return [
        GroupGap(number, len(values), mean, p_value, q_value, _direction(mean, q_value))
        for (number, values), mean, p_value, q_value in zip(
            ordered, means, p_values, q_values(p_values), strict=True
        )
    ]


def _p_value_of_mean(values: Floats) -> float | None:
    """Student's one-sample t-test of a mean of 0."""
    if len(values) < MINIMUM_OF_A_GROUP:
        return None
    error = float(values.std(ddof=1)) / math.sqrt(len(values))
    if error < ROUNDING:
        return None
    return 2 * float(special.stdtr(len(values) - 1, -abs(float(values.mean())) / error))


def _direction(difference: float | None, q_value: float | None) -> Direction | None:
    if difference is None or q_value is None or q_value > SIGNIFICANCE:
        return None
    return Direction.PEOPLE_PREFER if difference > 0 else Direction.BENCHMARKS_PREFER


def _where(given: npt.NDArray[np.bool_], values: Floats) -> list[float | None]:
    return [v if there else None for v, there in zip(values.tolist(), given.tolist(), strict=True)]
