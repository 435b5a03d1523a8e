"""Records, and how long one group's best trails another's."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction
from statistics import median
from typing import NamedTuple


class Best(NamedTuple):
    """The best score among the entries of an edition, and whose: the first of those that tie."""

    edition_date: date
    model: int
    score: float


class Record(NamedTuple):
    """A score strictly better than all before it.

    `margin` is by how much it beat the record before, positive whichever direction is better,
    in score units; `days_since_previous` how long that one had stood. Both None for the first.
    """

    model: int
    score: float
    edition_date: date
    margin: float | None
    days_since_previous: int | None


class Wait(NamedTuple):
    """How long after `level` was set as a record the other group's frontier reached it.

    `reached` is the edition, None if it has not: then the wait is open, and `days` are those so
    far. `days` is negative where the other group had been there before.
    """

    level: Record
    reached: date | None
    days: int

    @property
    def open(self) -> bool:
        """Whether the level is still to be reached: a censored observation."""
        return self.reached is None


class Lag(NamedTuple):
    """By how many days one group trails another.

    `median_days` is of the waits that ended, which is too short while others last;
    `kaplan_meier_days` counts these for as long as they have lasted. `trailing_days` is how long
    ago the leader's frontier first reached what is the follower's best today, `leading_days` the
    same the other way round: 0 for the two if they are level, else one is None, as both are if a
    group has no entry.
    """

    waits: list[Wait]
    median_days: float | None
    kaplan_meier_days: int | None
    trailing_days: int | None
    leading_days: int | None


def records(bests: Iterable[Best], *, higher_is_better: bool) -> list[Record]:
    """The progression of the best score ever, given editions in order of time.

    The upper records of the series (Arnold, Balakrishnan, Nagaraja, Records, 1998): its
    strictly improving running best. To equal a record sets none.
    """
    found: list[Record] = []
    for best in bests:
        if not found:
            found.append(Record(best.model, best.score, best.edition_date, None, None))
            continue
        held = found[-1]
        margin = best.score - held.score if higher_is_better else held.score - best.score
        if margin > 0:
            days = (best.edition_date - held.edition_date).days
            found.append(Record(best.model, best.score, best.edition_date, margin, days))
    return found


def lag(
    leader: Sequence[Record],
    follower: Sequence[Record],
    *,
    as_of: date,
    higher_is_better: bool,
) -> Lag:
    """How far the follower's frontier trails the leader's, both as `records` until `as_of`.

    For each level the leader set, the time until the follower first reached it or better; levels
    not reached yet are right-censored. The lag of today is that of Epoch AI's "Chinese AI models
    have lagged the US frontier by 7 months on average since 2023" (epoch.ai, January 2026): how
    long ago one frontier first stood where the other stands.

    Levels of a board's first edition were reached by then, not on that day: waits for them are
    only as good as that. Whichever group is called the leader, the figures hold; for a follower
    that is ahead most waits are negative.
    """
    sign = 1 if higher_is_better else -1
    waits = [_wait(level, follower, as_of, sign) for level in leader]
    closed = [wait.days for wait in waits if not wait.open]
    return Lag(
        waits=waits,
        median_days=median(closed) if closed else None,
        kaplan_meier_days=kaplan_meier_median([(wait.days, not wait.open) for wait in waits]),
        trailing_days=_trailing(follower, leader, as_of, sign),
        leading_days=_trailing(leader, follower, as_of, sign),
    )


def kaplan_meier_median(durations: Iterable[tuple[int, bool]]) -> int | None:
    """The smallest duration that at most half outlast, of (duration, whether it ended).

    Kaplan & Meier 1958, "Nonparametric estimation from incomplete observations", JASA
    53:457-481. What has not ended is right-censored, and at a tie counts as outlasting what
    ended. None where more than half outlast all that ended, or nothing did.

    Without censoring an even number of durations gives the lower of the two in the middle, where
    a plain median takes their mean.
    """
    # What ended sorts before what lasted as long and has not.
    ordered = sorted((days, not ended) for days, ended in durations)
    surviving = Fraction(1)
    for at_risk, (days, lasts) in zip(range(len(ordered), 0, -1), ordered, strict=True):
        if not lasts:
            surviving *= Fraction(at_risk - 1, at_risk)
        if surviving <= Fraction(1, 2):
            return days
    return None


def _wait(level: Record, follower: Sequence[Record], as_of: date, sign: int) -> Wait:
    reached = _first_reached(follower, level.score, sign)
    return Wait(level, reached, ((reached or as_of) - level.edition_date).days)


def _trailing(
    behind: Sequence[Record], ahead: Sequence[Record], as_of: date, sign: int
) -> int | None:
    """How long ago the one was where the other is now; None if it has not been there."""
    if not behind or not ahead:
        return None
    if behind[-1].score == ahead[-1].score:
        return 0
    reached = _first_reached(ahead, behind[-1].score, sign)
    return None if reached is None else (as_of - reached).days


def _first_reached(frontier: Sequence[Record], score: float, sign: int) -> date | None:
    """When a frontier first stood at a score or better; `sign` turns scores that more is better."""
    place = bisect_left(frontier, sign * score, key=lambda record: sign * record.score)
    return frontier[place].edition_date if place < len(frontier) else None
