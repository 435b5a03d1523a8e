"""Ranks that the uncertainty of scores allows."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from app.domain.standings import Standing


class RankInterval(NamedTuple):
    """The best (`lower`) and worst (`upper`) rank that overlapping intervals leave open.

    `tier` is the place of its tier, from 1.
    """

    lower: int
    upper: int
    tier: int


class RankIntervals:
    """The ranks that the score intervals of one edition's entries leave open to each.

    `lower` is 1 + the number of entries whose worse bound is better than this one's better
    bound; `upper` the number of those whose better bound is not worse than its worse bound,
    itself included. An entry without an interval counts with its score as both bounds, and has no
    ranks of its own.

    A tier is what cannot be told from its first entry, the best score in it: the next one begins
    with the first score, in order, no better bound of which reaches that entry's worse bound. So
    the leader begins the first tier, and no tier holds a better place than the tier before.

    Source of the rule: the service's contract, "Rules that settle the numbers"; it is how
    Chatbot Arena defines the ranks it prints. Bounds are sorted once, and then searched.
    """

    def __init__(self, standings: Sequence[Standing], *, higher_is_better: bool) -> None:
        """All entries of an edition, in any order."""
        self._higher_is_better = higher_is_better
        self._sign = 1 if higher_is_better else -1
        bounds = [self._bounds(one) for one in standings]
        self._worse = sorted(worse for worse, _ in bounds)
        self._better = sorted(better for _, better in bounds)
        self._tiers = self._scores_that_begin_tiers(standings)

    def of(self, standing: Standing) -> RankInterval | None:
        """The ranks open to an entry of the edition."""
        if not _is_measured(standing):
            return None
        worse, better = self._bounds(standing)
        total = len(self._worse)
        return RankInterval(
            1 + total - bisect_right(self._worse, better),
            total - bisect_left(self._better, worse),
            bisect_right(self._tiers, -self._sign * standing.score),
        )

    def _scores_that_begin_tiers(self, standings: Sequence[Standing]) -> list[float]:
        """The best scores of the tiers, negated so that they ascend."""
        found: list[float] = []
        reach = float("inf")
        entries = [
            (-self._sign * one.score, -better, worse)
            for one in standings
            for worse, better in [self._bounds(one)]
        ]
        seen: float | None = None
        for score, better, worse in sorted(entries):
            if score != seen and -better < reach:
                found.append(score)
                reach = worse
            seen = score
        return found

    def _bounds(self, standing: Standing) -> tuple[float, float]:
        """(Worse, better) bound on an axis where more is better; the score where it has none."""
        lower, upper = standing.score_lower, standing.score_upper
        if lower is None or upper is None:
            lower = upper = standing.score
        return (lower, upper) if self._higher_is_better else (-upper, -lower)


def _is_measured(standing: Standing) -> bool:
    return standing.score_lower is not None and standing.score_upper is not None
