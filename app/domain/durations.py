"""ISO 8601 durations of whole days, for windows that end on a date."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

_FORM = re.compile(r"P(?:(\d{1,5})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,5})D)?", re.ASCII)
_LONGEST = date(9999, 12, 31) - date(9899, 12, 31)


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time in calendar months and days: a year is twelve months, a week seven days.

    `text` is how it was asked for.
    """

    months: int
    days: int
    text: str

    def before(self, day: date) -> date:
        """The date this long before `day`; the first date there is if that lies before it.

        Months come off first: a day of the month that does not exist becomes the month's last,
        so that P1M before 31 March is 28 or 29 February.
        """
        month = day.year * 12 + day.month - 1 - self.months
        if month < date.min.year * 12:
            return date.min
        year, index = divmod(month, 12)
        anchor = date(year, index + 1, min(day.day, monthrange(year, index + 1)[1]))
        if self.days > (anchor - date.min).days:
            return date.min
        return anchor - timedelta(days=self.days)


def parse_duration(text: str) -> Duration:
    """Read `P7D`, `P2W`, `P3M`, `P1Y` or such parts together, largest first.

    Raises:
        ValueError: it has another form, is zero, or is longer than a hundred years.
    """
    match = _FORM.fullmatch(text)
    if match is None or text == "P":
        msg = "must be an ISO 8601 duration of whole days, such as P7D, P90D, P3M or P1Y"
        raise ValueError(msg)
    years, months, weeks, days = (int(part or 0) for part in match.groups())
    duration = Duration(months=years * 12 + months, days=weeks * 7 + days, text=text)
    if duration.months == duration.days == 0:
        msg = "must be longer than nothing"
        raise ValueError(msg)
    if date.max - duration.before(date.max) > _LONGEST:
        msg = "must not be longer than P100Y"
        raise ValueError(msg)
    return duration
