"""Where tokens are counted: in this process, or where several processes share them."""

import logging
from collections.abc import Callable
from datetime import timedelta
from time import monotonic
from typing import Protocol

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from sqlalchemy.exc import SQLAlchemyError
from throttled.asyncio import MemoryStore, RateLimiterType, Throttled
from throttled.rate_limiter import per_duration

from app.domain.quotas import Quota, Taken

log = logging.getLogger(__name__)

MOST_CLIENTS = 100_000
PAUSE_SECONDS = 1.0
_NEVER = (0.0, Taken(0, 0, None))


class Buckets(Protocol):
    """Buckets by name; one that nobody has taken from is full."""

    async def take(self, name: str, quota: Quota) -> Taken | None:
        """Take a token; None where it cannot be told whether there is one."""
        ...

    def close(self) -> None:
        """Let go of what is open."""
        ...


class Table(Protocol):
    """Buckets in a database; more than `at_once` would only wait for each other."""

    @property
    def at_once(self) -> int:
        """How many may ask at once."""
        ...

    def take(self, name: str, quota: Quota) -> Taken:
        """Take a token, however long that takes; never two.

        Raises:
            SQLAlchemyError: the database cannot be asked, or did not say whether it was taken.
        """
        ...

    def close(self) -> None:
        """Let go of what is open."""
        ...


class OwnBuckets:
    """The buckets of one process; those not heard of for longest are forgotten.

    The generic cell rate algorithm, which is a token bucket that knows when it was filled last
    (ITU-T I.371).
    """

    def __init__(self) -> None:
        """Everybody's bucket is full."""
        self._store = MemoryStore(options={"MAX_SIZE": MOST_CLIENTS})
        self._of_quota: dict[Quota, Throttled] = {}

    async def take(self, name: str, quota: Quota) -> Taken:
        """Take a token."""
        if quota not in self._of_quota:
            self._of_quota[quota] = Throttled(
                using=RateLimiterType.GCRA.value,
                quota=per_duration(timedelta(seconds=quota.seconds), quota.requests, quota.burst),
                store=self._store,
            )
        result = await self._of_quota[quota].limit(name)
        state = result.state
        wait = _without_noise(state.retry_after) if result.limited else None
        # what is left of an empty bucket may come out as -1
        return Taken(max(state.remaining, 0), _without_noise(state.reset_after), wait)

    def close(self) -> None:
        """There is nothing open."""


class SharedBuckets:
    """Buckets in a table, asked off the event loop.

    Who was refused is refused without asking until there is a token again: nobody can give one
    back, so a flood of requests stays in this process.

    While the table cannot be asked nobody is refused: limits are there for the service, and must
    not be what takes it down. It is asked again after `PAUSE_SECONDS`.
    """

    def __init__(
        self,
        table: Table,
        seconds: Callable[[], float] = monotonic,
        most_refused: int = MOST_CLIENTS,
    ) -> None:
        """`seconds` tells how long ago something was; `most_refused` are remembered."""
        self._table = table
        self._most_refused = most_refused
        self._refused: dict[str, tuple[float, Taken]] = {}
        self._seconds = seconds
        self._askers = CapacityLimiter(table.at_once)
        self._silent_since: float | None = None

    async def take(self, name: str, quota: Quota) -> Taken | None:
        """Take a token; None while the table cannot be asked."""
        refused = self._still_refused(name)
        if refused is not None:
            return refused
        silent_since = self._silent_since
        if silent_since is not None and self._seconds() < silent_since + PAUSE_SECONDS:
            return None
        try:
            taken = await run_sync(self._table.take, name, quota, limiter=self._askers)
        except SQLAlchemyError as error:
            if self._silent_since is None:
                log.error("requests cannot be counted, so nobody is refused: %s", error)  # noqa: TRY400 - the cause is elsewhere
            self._silent_since = self._seconds()
            return None
        if self._silent_since is not None:
            log.warning("requests are counted again")
            self._silent_since = None
        if taken.retry_after is not None:
            if len(self._refused) >= self._most_refused:
                self._refused.clear()
            self._refused[name] = self._seconds(), taken
        return taken

    def _still_refused(self, name: str) -> Taken | None:
        """What one who was refused is told now; None if there may be a token."""
        at, taken = self._refused.get(name, _NEVER)
        passed = self._seconds() - at
        if taken.retry_after is None or passed >= taken.retry_after:
            self._refused.pop(name, None)
            return None
        return Taken(0, taken.reset_after - passed, taken.retry_after - passed)

    def close(self) -> None:
        """Let go of the table."""
        self._table.close()


def _without_noise(seconds: float) -> float:
    """A difference of two readings of a clock, which may be too long by a rounding error."""
    return round(seconds, 6)
