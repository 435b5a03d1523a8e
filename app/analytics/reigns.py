"""Who stood first when: reigns, margins, and who could not be told from the leader."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.analytics.eras import held_until
from app.domain.groups import Ints

Floats = npt.NDArray[np.float64]


class Scores(NamedTuple):
    """The entries of one edition that count, best first, as columns.

    `group` is whom each stands for: a model, a maker or a country, by number. `rank` is that among
    these entries, "1224". Bounds are NaN where no interval was published.
    """

    group: Ints
    rank: Ints
    score: Floats
    lower: Floats
    upper: Floats


class Summit(NamedTuple):
    """The first place of an edition.

    `holders` are the groups that share it, ascending. `margin` is how far they are ahead of the
    best entry of any other group, in the board's unit, 0 when they share it, None with nobody
    else. `measured`: whoever stands first has an interval. `contenders` are the holders and, where
    it is measured, the groups one of whose entries may be first as far as the intervals tell: no
    lower bound, nor score without one, lies above its upper bound ("Rank (UB)" 1, Chiang et al.
    2024, Chatbot Arena, https://arxiv.org/abs/2403.04132).
    """

    day: date
    holders: tuple[int, ...]
    margin: float | None
    measured: bool
    contenders: frozenset[int]


class Contender(NamedTuple):
    """A group that could not be told from the leader in so many editions of its reign."""

    group: int
    editions: int


@dataclass(slots=True, kw_only=True)
class Reign:
    """An uninterrupted time as leader: from an edition's date until before another's.

    `first` is the place of its first edition among all. `end` is None while it lasts. `measured`
    are the editions in which the leader has an interval.
    """

    group: int
    first: int
    start: date
    end: date | None = None
    last_edition: date = date.min
    editions: int = 0
    measured: int = 0
    margin_at_start: float | None = None
    margin_at_end: float | None = None
    contested: Counter[int] = field(default_factory=Counter)

    @property
    def co_leaders(self) -> list[Contender] | None:
        """Who could not be told from the leader, most often first; None if nobody can know."""
        if not self.measured and not self.contested:
            return None
        found = [Contender(*pair) for pair in self.contested.items()]
        return sorted(found, key=lambda one: (-one.editions, one.group))

    def days(self, last: date) -> int:
        """How long it lasted, or has lasted by a date."""
        return ((self.end or max(last, self.start)) - self.start).days


def summit(day: date, scores: Scores, *, higher_is_better: bool) -> Summit:
    """Who stands first in an edition, by how much, and who may do so."""
    if not len(scores.rank):
        return Summit(day, (), None, False, frozenset())  # noqa: FBT003 - nobody was measured
    shared = int((scores.rank == 1).sum())
    holders = tuple(sorted(set(scores.group[:shared].tolist())))
    measured = bool(_known(scores)[:shared].all())
    contenders = frozenset(holders)
    if measured:
        contenders |= _contenders(scores, higher_is_better=higher_is_better)
    return Summit(day, holders, _margin(scores, holders), measured, contenders)


def _margin(scores: Scores, holders: Sequence[int]) -> float | None:
    if len(holders) > 1:
        return 0.0
    others = np.flatnonzero(scores.group != holders[0])
    if not len(others):
        return None
    return round(abs(float(scores.score[0] - scores.score[others[0]])), 9)


def _known(scores: Scores) -> npt.NDArray[np.bool_]:
    return ~(np.isnan(scores.lower) | np.isnan(scores.upper))


def _contenders(scores: Scores, *, higher_is_better: bool) -> frozenset[int]:
    known = _known(scores)
    lower = np.where(known, scores.lower, scores.score)
    upper = np.where(known, scores.upper, scores.score)
    worse, better = (lower, upper) if higher_is_better else (-upper, -lower)
    return frozenset(scores.group[known & (better >= worse.max())].tolist())


def holders_in_turn(shared: Iterable[Sequence[int]]) -> Iterator[int | None]:
    """Who holds each of successive summits, given who shares them; None where nobody does.

    Who leads keeps the lead while the first place is shared with others; of several that come to
    it together the first by number has it.
    """
    holder: int | None = None
    for holders in shared:
        if holder not in holders:
            holder = min(holders, default=None)
        yield holder


def reigns(summits: Sequence[Summit], *, ended: date | None = None) -> list[Reign]:
    """The reigns over successive editions, oldest first.

    An edition holds from its date until the next one's, so a reign ends on the date of the edition
    that ended it; the last ends with its era, where that has `ended`.
    """
    found: list[Reign] = []
    holders = list(holders_in_turn(one.holders for one in summits))
    for number, ((before, holder), here) in enumerate(
        zip(pairwise([None, *holders]), summits, strict=True)
    ):
        if found and before is not None and holder != before:
            found[-1].end = here.day
        if holder is None:
            continue
        if holder != before:
            found.append(
                Reign(group=holder, first=number, start=here.day, margin_at_start=here.margin)
            )
        reign = found[-1]
        reign.last_edition = here.day
        reign.editions += 1
        reign.measured += here.measured
        reign.margin_at_end = here.margin
        reign.contested.update(here.contenders - {holder})
    if found and found[-1].end is None:
        found[-1].end = held_until(summits[-1].day, ended)
    return found
