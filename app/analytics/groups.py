"""How strong groups are in an edition: their best, their part of the top N, and how concentrated.

Shares are parts of all entries of the top N, those of unknown makers included. Ranks are among the
entries that count; ties may make the top N more than N.
"""

from typing import NamedTuple

import numpy as np

from app.domain.groups import UNKNOWN, Lines


class Holding(NamedTuple):
    """What a group has of an edition.

    `best` is the row of its best entry, None without one; ranks likewise. `entry_share` is by
    count, `weighted_share` by 1/rank, normalised; both in 0..1, None where nobody stands in the
    top N.
    """

    group: int
    best: int | None
    best_rank: int | None
    best_filtered_rank: int | None
    entries: int
    entries_in_top_n: int
    entry_share: float | None
    weighted_share: float | None


class Concentration(NamedTuple):
    """How the top N is divided. All None but the count where nobody stands in it.

    `hhi` is the Herfindahl-Hirschman index, the sum of squared entry shares, in 0..1; entries of
    unknown makers count as if each were somebody's own, so that it is never too high.
    `effective_number` is 1/HHI: how many groups of equal size would be as concentrated. The
    unknown shares make up to 1 what the known groups have.
    """

    entries_in_top_n: int
    hhi: float | None
    effective_number: float | None
    unknown_share: float | None
    unknown_weighted_share: float | None


class Division:
    """The entries of an edition that count, divided among groups."""

    def __init__(self, lines: Lines, top_n: int) -> None:
        """Count everything once."""
        self._lines = lines
        known = np.flatnonzero(lines.group != UNKNOWN)
        groups, first, counts = np.unique(lines.group[known], return_index=True, return_counts=True)
        self._best = dict(zip(groups.tolist(), known[first].tolist(), strict=True))
        self._entries = dict(zip(groups.tolist(), counts.tolist(), strict=True))
        top = lines.filtered_rank <= top_n
        inside, number = np.unique(lines.group[top], return_inverse=True)
        weights = np.bincount(number, 1 / lines.filtered_rank[top], minlength=len(inside))
        self._inside = dict(zip(inside.tolist(), np.bincount(number).tolist(), strict=True))
        self._weights = dict(zip(inside.tolist(), weights.tolist(), strict=True))
        self._total = int(top.sum())
        self._weight = float(weights.sum())

    def holding(self, group: int) -> Holding:
        """What one group has, were it nothing."""
        best = self._best.get(group)
        return Holding(
            group=group,
            best=best,
            best_rank=None if best is None else int(self._lines.rank[best]),
            best_filtered_rank=None if best is None else int(self._lines.filtered_rank[best]),
            entries=self._entries.get(group, 0),
            entries_in_top_n=self._inside.get(group, 0),
            entry_share=self._entry_share(group),
            weighted_share=self._weighted_share(group),
        )

    def holdings(self) -> list[Holding]:
        """What each known group has; best rank first, then by the group's number."""
        ranks = self._lines.filtered_rank
        ordered = sorted(self._best.items(), key=lambda held: (ranks[held[1]], held[0]))
        return [self.holding(group) for group, _best in ordered]

    def best_ranks(self) -> list[tuple[int, int]]:
        """Each known group and its best rank on the whole board."""
        return [(group, int(self._lines.rank[row])) for group, row in self._best.items()]

    def concentration(self) -> Concentration:
        """How the top N is divided."""
        if not self._total:
            return Concentration(0, None, None, None, None)
        counts = [count for group, count in self._inside.items() if group != UNKNOWN]
        singles = self._inside.get(UNKNOWN, 0)
        hhi = (sum(count**2 for count in counts) + singles) / self._total**2
        return Concentration(
            entries_in_top_n=self._total,
            hhi=hhi,
            effective_number=1 / hhi,
            unknown_share=self._entry_share(UNKNOWN),
            unknown_weighted_share=self._weighted_share(UNKNOWN),
        )

    def _entry_share(self, group: int) -> float | None:
        return self._inside.get(group, 0) / self._total if self._total else None

    def _weighted_share(self, group: int) -> float | None:
        return self._weights.get(group, 0.0) / self._weight if self._total else None
