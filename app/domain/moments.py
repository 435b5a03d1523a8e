"""Moments as a caller may name them: a whole date, or an instant with its zone."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = re.compile(
    r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)(Z|[+\- ]\d{2}:\d{2})?", re.ASCII
)
_REST_OF_SECOND = timedelta(microseconds=999_999)


@dataclass(frozen=True, slots=True)
class Moment:
    """`day` is the UTC date it lies in, `first` and `last` its limits in UTC; `text` as asked.

    A date lasts until its end, an instant without a fraction until the end of that second.
    """

    day: date
    first: datetime
    last: datetime
    text: str


def moment_of_day(day: date) -> Moment:
    """A whole date."""
    return Moment(
        day=day,
        first=datetime.combine(day, time.min, tzinfo=UTC),
        last=datetime.combine(day, time.max, tzinfo=UTC),
        text=day.isoformat(),
    )


def parse_moment(text: str) -> Moment:
    """Read `2024-07-13`, `2024-07-13T11:16:14Z` or an instant with another offset.

    A space stands for `+` before an offset: it is what an unescaped plus in a URL becomes.

    Raises:
        ValueError: it has another form, lacks a zone, or is not in the calendar.
    """
    whole_day = _DATE.fullmatch(text) is not None
    match = _INSTANT.fullmatch(text)
    if match is None and not whole_day:
        msg = "must be a date (2024-07-13) or an instant (2024-07-13T11:16:14Z)"
        raise ValueError(msg)
    if match is not None and match[2] is None:
        msg = "must have a zone: add Z, or an offset such as +02:00"
        raise ValueError(msg)
    try:
        if match is None:
            return moment_of_day(date.fromisoformat(text))
        return _moment_of_instant(match[1] + match[2].replace(" ", "+"))
    except (ValueError, OverflowError) as error:
        msg = "is not in the calendar"
        raise ValueError(msg) from error


def _moment_of_instant(text: str) -> Moment:
    instant = datetime.fromisoformat(text).astimezone(UTC)
    last = instant if instant.microsecond else instant + _REST_OF_SECOND
    text = instant.isoformat().replace("+00:00", "Z")
    return Moment(day=instant.date(), first=instant, last=last, text=text)
