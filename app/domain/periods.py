"""Calendar periods into which a history is thinned."""

from datetime import date, timedelta
from enum import StrEnum


class Granularity(StrEnum):
    """How many editions of a history are kept: all, or the last of each ISO week or month."""

    EDITION = "edition"
    WEEK = "week"
    MONTH = "month"


def period_start(day: date, granularity: Granularity) -> date:
    """The first date of the period that `day` lies in: itself, a Monday, or the first of a month.

    There is always one: the calendar's first date is a Monday.
    """
    if granularity is Granularity.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if granularity is Granularity.MONTH else day
