"""One model's run on a leaderboard, as charts of music and tables of sports tell it.

An edition holds from its date until the next one's, the last until `as_of` or until its era ended;
a day belongs to the edition in force on it, and `as_of` itself is not over and does not count yet.

An absence shorter than `FLAP` is flapping: an upstream that lost a line and found it again. It is
no exit, breaks no streak, is no re-entry, and while it lasts the place before it holds. How long
an absence was is only known when it is over; one that still lasts is an exit, however short.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from app.analytics.eras import held_until

FLAP = timedelta(days=7)
DEPTHS = (1, 3, 10, 50)


class Place(NamedTuple):
    """A rank, and the edition in which it was held."""

    edition_date: date
    rank: int


class Streak(NamedTuple):
    """An unbroken time: from `start` until before `end`, which is None while it lasts."""

    length_days: int
    start: date
    end: date | None


class Depth(NamedTuple):
    """The time with a rank of at most N; ties count for all.

    `current` is None unless the model stands there now, `longest` unless it ever did; of equally
    long ones the first.
    """

    days: int
    current: Streak | None
    longest: Streak | None


class ChartRun(NamedTuple):
    """A model on a board until `as_of`.

    `peak` is the best rank and the first edition with it. `exit_date` is the first edition
    without the model after `last`, None while it stands in the newest one. `re_entries` are the
    absences it came back from. `weeks_at_number_one` are the ISO weeks on whose last day, Sunday,
    it stood first; of the running week `as_of` is the last. `top` has a depth for each of
    `DEPTHS`, the first of which is number one.
    """

    debut: Place
    peak: Place
    last: Place
    exit_date: date | None
    re_entries: int
    days_on_chart: int
    weeks_at_number_one: int
    top: Mapping[int, Depth]


class _Held(NamedTuple):
    """A rank held from `start` until before `end`, None if to this day."""

    start: date
    end: date | None
    rank: int


def chart_run(
    editions: Sequence[date],
    places: Mapping[date, int],
    *,
    as_of: date,
    ended: date | None = None,
) -> ChartRun | None:
    """The run of a model, given all dates of the board's editions until `as_of`, oldest first.

    `places` are its ranks in the editions in which it stands; None if that is none of them.
    `ended` is when the next era of the board began, if it has by `as_of`.
    Terms as in the Billboard and the Official Charts' archives (debut, peak, weeks at number
    one), by days of validity instead of by issues, since editions come irregularly.
    """
    stood = [Place(day, places[day]) for day in editions if day in places]
    if not stood:
        return None
    last = stood[-1]
    after_last = bisect_right(editions, last.edition_date)
    held = list(_held(editions, places, stood[0]))
    if held[-1].end is None:
        held[-1] = held[-1]._replace(end=held_until(editions[-1], ended))
    return ChartRun(
        debut=stood[0],
        peak=min(stood, key=lambda place: place.rank),
        last=last,
        exit_date=editions[after_last] if after_last < len(editions) else None,
        re_entries=sum(one.end != other.start for one, other in pairwise(held)),
        days_on_chart=sum(_days(one, as_of) for one in held),
        weeks_at_number_one=sum(_weeks(one, as_of) for one in held if one.rank == 1),
        top={depth: _depth(held, depth, as_of) for depth in DEPTHS},
    )


def _held(editions: Sequence[date], places: Mapping[date, int], debut: Place) -> Iterator[_Held]:
    """The ranks in order; gaps between them are absences, flapping bridged."""
    start, end, held = debut.edition_date, None, debut.rank
    for day in editions[bisect_right(editions, start) :]:
        rank = places.get(day)
        if end is None and rank != held:
            end = day
        if rank is None or end is None:
            continue
        yield _Held(start, day if day - end < FLAP else end, held)
        start, end, held = day, None, rank
    yield _Held(start, end, held)


def _days(held: _Held, as_of: date) -> int:
    return ((held.end or as_of) - held.start).days


def _weeks(held: _Held, as_of: date) -> int:
    """The Sundays on which it held, that of the running week included while it lasts."""
    end = held.end or as_of + timedelta(days=7)
    # Day 1 of the calendar is a Monday: Sundays are the multiples of 7.
    return (end.toordinal() - 1) // 7 - (held.start.toordinal() - 1) // 7


def _depth(held: Sequence[_Held], depth: int, as_of: date) -> Depth:
    """The time within a depth; what follows without a gap is one streak."""
    spells: list[tuple[date, date | None]] = []
    for start, end, rank in held:
        if rank > depth:
            continue
        follows = bool(spells) and spells[-1][1] == start
        spells.append((spells.pop()[0] if follows else start, end))
    streaks = [Streak(((end or as_of) - start).days, start, end) for start, end in spells]
    return Depth(
        days=sum(streak.length_days for streak in streaks),
        current=next((streak for streak in streaks if streak.end is None), None),
        longest=max(streaks, key=lambda streak: streak.length_days, default=None),
    )
