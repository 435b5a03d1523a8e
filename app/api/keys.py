"""The keys that callers may show, as of a few seconds ago."""

import asyncio
import logging
import math
from collections.abc import Callable, Mapping
from time import monotonic

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from sqlalchemy.exc import SQLAlchemyError

from app.domain.keys import ApiKey, digest_of
from app.errors import UnauthorizedError
from app.store.engine import SessionFactory, reading
from app.store.queries.keys import keys_in_force

log = logging.getLogger(__name__)

FRESH_SECONDS = 5.0  # how long a key that was revoked is still taken
HASTE_SECONDS = 1.0  # between two looks for keys that are not known
QUERY_SECONDS = 2.0


class KeyRing:
    """The keys in force, in memory; the database is asked only when somebody shows one."""

    def __init__(self, sessions: SessionFactory, seconds: Callable[[], float] = monotonic) -> None:
        """Nothing is read yet. `seconds` tells how old it is."""
        self._sessions = sessions
        self._seconds = seconds
        self._known: Mapping[bytes, ApiKey] = {}
        self._read_at = -math.inf
        self._is_sure = True
        self._one_reads = asyncio.Lock()
        self._askers = CapacityLimiter(1)

    async def find(self, secret: bytes) -> ApiKey | None:
        """The key that somebody shows; None where the database does not say whether it is one.

        Keys that are known stay so while it does not.

        Raises:
            UnauthorizedError: there is no such key, or it was revoked.
        """
        digest = digest_of(secret)
        enough = FRESH_SECONDS if digest in self._known else HASTE_SECONDS
        if self._age() >= enough:
            async with self._one_reads:
                if self._age() >= enough:
                    await run_sync(self._read, limiter=self._askers)
        key = self._known.get(digest)
        if key is None and self._is_sure:
            raise UnauthorizedError("the key in `X-API-Key` is unknown or was revoked")
        return key

    def _age(self) -> float:
        return self._seconds() - self._read_at

    def _read(self) -> None:
        try:
            with reading(self._sessions, seconds=QUERY_SECONDS) as session:
                self._known = keys_in_force(session)
        except SQLAlchemyError as error:
            if self._is_sure:
                log.error("keys cannot be read, so none is refused: %s", error)  # noqa: TRY400 - the cause is elsewhere
            self._is_sure = False
        else:
            self._is_sure = True
        self._read_at = self._seconds()
