"""How long an upstream asks to be left alone, read from its headers."""

import re
from collections.abc import Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime

# More than anyone waits: what matters is that it is too long.
_FOR_EVER = timedelta(days=365).total_seconds()
_DIGITS = 10
_REMAINING = re.compile(r";\s*r=(\d{1,10})(?!\d)")
_RESET = re.compile(r";\s*t=(\d{1,10})(?!\d)")


def asked_pause(headers: Mapping[str, str]) -> float:
    """Seconds that `Retry-After` asks for; 0 when it is absent, past or garbage.

    A date counts from the answer's own `Date`, so that neither clock has to be right.
    """
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdecimal():
        return min(float(value[:_DIGITS]), _FOR_EVER)
    try:
        until = parsedate_to_datetime(value)
        since = parsedate_to_datetime(headers.get("Date", ""))
        return max((until - since).total_seconds(), 0.0)
    except (ValueError, TypeError, OverflowError):
        return 0.0


def spent_quota(headers: Mapping[str, str]) -> float:
    """Seconds until a spent quota is renewed, after `RateLimit: "api";r=0;t=55`; 0 if none is.

    One second more than it says, for the fractions that both sides round off.
    """
    waits = [0.0]
    for policy in headers.get("RateLimit", "").split(","):
        remaining, reset = _REMAINING.search(policy), _RESET.search(policy)
        if remaining and reset and int(remaining[1]) == 0:
            waits.append(float(reset[1]) + 1)
    return max(waits)
