"""How much somebody may ask: a bucket of tokens that fills again all the time."""

import math
import re
from typing import NamedTuple

_PATTERN = r"^[1-9]\d{0,8}/[smhd]( burst [1-9]\d{0,8})?$"
_LONGEST = 366 * 86400
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Quota(NamedTuple):
    """So many requests in so many seconds in the long run, and up to `burst` at once."""

    requests: int
    seconds: int
    burst: int

    @property
    def window(self) -> int:
        """Seconds in which an empty bucket is full again."""
        return math.ceil(self.burst * self.seconds / self.requests)


class Taken(NamedTuple):
    """What came of asking for a token.

    `remaining` are left; after `reset_after` seconds all are there again. Where there was none,
    there is one after `retry_after` seconds; else that is None.
    """

    remaining: int
    reset_after: float
    retry_after: float | None


def quota_of(text: str) -> Quota:
    """A quota as written: `600/m burst 100`; without `burst` all may be asked at once.

    Raises:
        ValueError: it is not written so, or a bucket would take more than a year to fill.
    """
    if re.fullmatch(_PATTERN, text) is None:
        raise ValueError(f"a limit is written like `600/m burst 100`, not {text!r}")
    rate, _, burst = text.partition(" burst ")
    requests, _, unit = rate.partition("/")
    quota = Quota(int(requests), _SECONDS[unit], int(burst or requests))
    if quota.window > _LONGEST:
        raise ValueError(f"an empty bucket of {text!r} would take more than a year to fill")
    return quota
