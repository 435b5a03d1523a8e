"""Models head to head on one board: who was ahead for how long, who passed whom, who would win."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import combinations, pairwise
from math import hypot, log
from typing import NamedTuple

from scipy.special import expit

from app.analytics.movements import separate
from app.domain.standings import Line

_LOGITS_PER_POINT = log(10) / 400


class Meeting(NamedTuple):
    """An edition in which all stand, held from `start` until before `end`; entries in order."""

    start: date
    end: date
    lines: Sequence[Line]


class Lead(NamedTuple):
    """In how many editions something held, and on how many days."""

    editions: int
    days: int


class Crossing(NamedTuple):
    """One model passed another.

    The ranks before are those of the last edition in which it was strictly behind, of
    `previous_date`. `definitive` says whether the intervals of `day` are apart; None unless both
    are known.
    """

    day: date
    previous_date: date
    model: str
    overtaken: str
    rank: int
    previous_rank: int
    overtaken_rank: int
    overtaken_previous_rank: int
    definitive: bool | None


class Chance(NamedTuple):
    """The probability that one model is preferred to another; bounds None without intervals."""

    probability: float
    lower: float | None
    upper: float | None


def leads(meetings: Iterable[Meeting], sides: int) -> tuple[list[Lead], Lead]:
    """For each of the sides how long it alone was the best of them; and how long none was."""
    held = [Lead(0, 0) for _ in range(sides + 1)]
    for start, end, lines in meetings:
        best = min(line.rank for line in lines)
        ahead = [side for side, line in enumerate(lines) if line.rank == best]
        side = ahead[0] if len(ahead) == 1 else sides
        held[side] = Lead(held[side].editions + 1, held[side].days + (end - start).days)
    return held[:sides], held[sides]


def crossings(lines: Mapping[str, Mapping[date, Line]]) -> list[Crossing]:
    """Every change of who is ahead, for each two of the models, given their entries by date.

    It is looked for among the editions in which both stand. To come level is no crossing, and
    while they are level, or one is away, whoever was ahead last still is: so the crossings of two
    models alternate. They come in order of date, then of ranks.
    """
    found = [
        crossing
        for one, other in combinations(lines, 2)
        for crossing in _crossings_of((one, lines[one]), (other, lines[other]))
    ]
    return sorted(
        found, key=lambda it: (it.day, it.rank, it.overtaken_rank, it.model, it.overtaken)
    )


def win_probability(one: Line, other: Line) -> Chance:
    """The chance that `one` is preferred to `other`, given their entries of one edition.

    Scores are on Elo's scale: 1 / (1 + 10^(-d / 400)) for a difference of d (Elo 1978, "The
    Rating of Chessplayers"; the model is that of Bradley & Terry 1952, Biometrika 39:324-345). It
    is of battles in which one of the two is preferred: ties are outside the model.

    The bounds are those of d at the level of the two intervals, which the logistic function
    carries over, as it rises: the distances of the bounds are added in squares (MOVER, Zou &
    Donner 2008, Statistics in Medicine 27:1693-1702), which for symmetric intervals adds standard
    errors as of independent estimates. Those of one edition are not quite independent, and no
    covariances are published.
    """
    difference = one.score - other.score
    lower = upper = None
    if (
        one.score_lower is not None
        and one.score_upper is not None
        and other.score_lower is not None
        and other.score_upper is not None
    ):
        down = hypot(one.score - one.score_lower, other.score_upper - other.score)
        up = hypot(one.score_upper - one.score, other.score - other.score_lower)
        lower, upper = _preferred(difference - down), _preferred(difference + up)
    return Chance(_preferred(difference), lower, upper)


def _preferred(difference: float) -> float:
    return float(expit(difference * _LOGITS_PER_POINT))


def _crossings_of(
    one: tuple[str, Mapping[date, Line]], other: tuple[str, Mapping[date, Line]]
) -> Iterable[Crossing]:
    common = sorted(one[1].keys() & other[1].keys())
    uneven = [day for day in common if one[1][day].rank != other[1][day].rank]
    for before, day in pairwise(uneven):
        ahead, behind = one, other
        if one[1][day].rank > other[1][day].rank:
            ahead, behind = other, one
        was, had = ahead[1][before], behind[1][before]
        now, has = ahead[1][day], behind[1][day]
        if was.rank > had.rank:
            yield Crossing(
                day,
                before,
                ahead[0],
                behind[0],
                now.rank,
                was.rank,
                has.rank,
                had.rank,
                separate(now, has),
            )
