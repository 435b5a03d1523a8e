"""Ranks that the uncertainty of scores allows."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from app.domain.standings import Standing


class RankInterval(NamedTuple):
    """The best (`lower`) and worst (`upper`) rank that overlapping intervals leave open."""

    lower: int
    upper: int


class RankIntervals:
    """The ranks that the score intervals of one edition's entries leave open to each.

    `lower` is 1 + the number of entries whose worse bound is better than this one's better
    bound; `upper` the number of those whose better bound is not worse than its worse bound,
    itself included. Entries without an interval are not counted and have none.

    Source of the rule: the service's contract, "Rules that settle the numbers"; it is how
    Chatbot Arena defines the ranks it prints. Bounds are sorted once, and then searched.
    """

    def __init__(self, standings: Sequence[Standing], *, higher_is_better: bool) -> None:
        """All entries of an edition, in any order."""
        self._higher_is_better = higher_is_better
        bounds = [bound for bound in map(self._oriented, standings) if bound is not None]
        self._worse = sorted(worse for worse, _ in bounds)
        self._better = sorted(better for _, better in bounds)

    def of(self, standing: Standing) -> RankInterval | None:
        """The ranks open to an entry of the edition."""
        bound = self._oriented(standing)
        if bound is None:
            return None
        worse, better = bound
        total = len(self._worse)
        return RankInterval(
            lower=1 + total - bisect_right(self._worse, better),
            upper=total - bisect_left(self._better, worse),
        )

    def _oriented(self, standing: Standing) -> tuple[float, float] | None:
        """(Worse, better) bound on an axis where more is better."""
        lower, upper = standing.score_lower, standing.score_upper
        if lower is None or upper is None:
            return None
        return (lower, upper) if self._higher_is_better else (-upper, -lower)
