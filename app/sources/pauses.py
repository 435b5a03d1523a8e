"""How long an upstream asks to be left alone, read from its headers."""

import re
from collections.abc import Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime

# More than anyone waits: what matters is that it is too long.
_FOR_EVER = timedelta(days=365).total_seconds()
_DIGITS = 10
_SECONDS_DIGITS = 12
_FORBIDDEN = 403
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


def is_throttled(status: int, headers: Mapping[str, str]) -> bool:
    """Whether a refusal means that too much was asked: GitHub says so with 403 as well.

    Source: GitHub's documentation of the limits of its REST API, primary and secondary.
    """
    if status != _FORBIDDEN:
        return False
    return "Retry-After" in headers or headers.get("X-RateLimit-Remaining", "").strip() == "0"


def spent_quota(headers: Mapping[str, str]) -> float:
    """Seconds until a spent quota is renewed; 0 if none is spent.

    Told by `RateLimit: "api";r=0;t=55`, by GitHub with `X-RateLimit-Remaining: 0` and the moment
    of `X-RateLimit-Reset` in seconds since 1970, which counts from the answer's own `Date`. One
    second more than it says, for the fractions that both sides round off.
    """
    waits = [0.0, _until_reset(headers)]
    for policy in headers.get("RateLimit", "").split(","):
        remaining, reset = _REMAINING.search(policy), _RESET.search(policy)
        if remaining and reset and int(remaining[1]) == 0:
            waits.append(float(reset[1]) + 1)
    return max(waits)


def _until_reset(headers: Mapping[str, str]) -> float:
    reset = headers.get("X-RateLimit-Reset", "").strip()
    spent = headers.get("X-RateLimit-Remaining", "").strip() == "0"
    if not spent or not (reset.isascii() and reset.isdecimal()):
        return 0.0
    try:
        now = parsedate_to_datetime(headers.get("Date", "")).timestamp()
    except (ValueError, TypeError, OverflowError):
        return 0.0
    return min(max(float(reset[:_SECONDS_DIGITS]) - now, 0.0) + 1, _FOR_EVER)
