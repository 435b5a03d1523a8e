"""How long something held."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple


class Tenure(NamedTuple):
    """A time during which something held: from `start` until before `end`, None while it lasts."""

    start: date
    end: date | None


def days_held(tenures: Iterable[Tenure], *, last: date, first: date = date.min) -> int:
    """Days from `first` until `last` that lie in any of these tenures, which do not overlap.

    An edition holds from its date until the next edition's date, so a tenure that began on
    `last` has held for no day yet.
    """
    days = 0
    for tenure in tenures:
        start = max(tenure.start, first)
        end = last if tenure.end is None else min(tenure.end, last)
        days += max((end - start).days, 0)
    return days
