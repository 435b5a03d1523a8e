"""Ranks that the uncertainty of scores allows."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.domain.groups import Ints
from app.domain.standings import Floats


class RankInterval(NamedTuple):
    """The best (`lower`) and worst (`upper`) rank that overlapping intervals leave open.

    `tier` is the place of its tier, from 1.
    """

    lower: int
    upper: int
    tier: int


class RankIntervals(NamedTuple):
    """The same of all entries of an edition, as columns; of none that is not `measured`."""

    measured: npt.NDArray[np.bool_]
    lower: Ints
    upper: Ints
    tier: Ints

    def at(self, places: npt.NDArray[np.intp]) -> "RankIntervals":
        """Those of the entries at some places."""
        return RankIntervals(
            self.measured[places], self.lower[places], self.upper[places], self.tier[places]
        )

    def of(self, place: int) -> RankInterval | None:
        """The ranks open to the entry at a place."""
        if not self.measured[place]:
            return None
        return RankInterval(int(self.lower[place]), int(self.upper[place]), int(self.tier[place]))


def rank_intervals(
    score: Floats, score_lower: Floats, score_upper: Floats, *, higher_is_better: bool
) -> RankIntervals:
    """The ranks that the score intervals of one edition's entries leave open to each.

    `lower` is 1 + the number of entries whose worse bound is better than this one's better
    bound; `upper` the number of those whose better bound is not worse than its worse bound,
    itself included. An entry without an interval counts with its score as both bounds, and has no
    ranks of its own. Entries come in any order; a bound that is not known is NaN.

    A tier is what cannot be told from its first entry, the best score in it: the next one begins
    with the first score, in order, no better bound of which reaches that entry's worse bound. So
    the leader begins the first tier, and no tier holds a better place than the tier before.

    Source of the rule: the service's contract, "Rules that settle the numbers"; it is how
    Chatbot Arena defines the ranks it prints. Bounds are sorted once, and then searched.
    """
    measured = ~(np.isnan(score_lower) | np.isnan(score_upper))
    lower = np.where(measured, score_lower, score)
    upper = np.where(measured, score_upper, score)
    worse, better, value = (lower, upper, score) if higher_is_better else (-upper, -lower, -score)
    total = len(score)
    found = (
        1 + total - np.searchsorted(np.sort(worse), better, side="right"),
        total - np.searchsorted(np.sort(better), worse, side="left"),
        np.searchsorted(_scores_that_begin_tiers(value, worse, better), -value, side="right"),
    )
    return RankIntervals(measured, *(column.astype(np.int32) for column in found))


def _scores_that_begin_tiers(value: Floats, worse: Floats, better: Floats) -> list[float]:
    """The best scores of the tiers, negated so that they ascend; more is better in all columns."""
    columns: tuple[Floats, ...] = (-value, -better, worse)
    if (value[1:] >= value[:-1]).any():  # mostly they come best first, and each with its own score
        order = np.lexsort(columns[::-1])
        is_first = np.r_[True, np.diff(value[order]) != 0]
        columns = tuple(column[order][is_first] for column in columns)
    found: list[float] = []
    reach = float("inf")
    for of_score, of_better, of_worse in zip(*(c.tolist() for c in columns), strict=True):
        if -of_better < reach:
            found.append(of_score)
            reach = of_worse
    return found
