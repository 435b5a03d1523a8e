"""The gauges and counts of a process, and how several processes tell theirs together."""

import asyncio
import logging
from array import array
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from anyio import CapacityLimiter, move_on_after
from anyio.to_thread import current_default_thread_limiter, run_sync
from sqlalchemy import Engine, QueuePool
from sqlalchemy.exc import SQLAlchemyError

from app.api.deps import Services
from app.api.exposition import Facts, exposed, facts_of
from app.store.engine import SessionFactory, reading, waiting_readers
from app.store.migrate import is_current_over
from app.store.replica import NearSessions
from app.telemetry.sharing import Share
from app.telemetry.tally import POOLS, Tally

log = logging.getLogger(__name__)

PUBLISH_SECONDS = 1.0
DATABASE_SECONDS = 5.0  # Prometheus gives a scrape up after ten


class Meters:
    """What a process has counted, and what it finds when it looks.

    The database is asked by a thread of its own, so that metrics are told also while all others
    are busy, and once for all who wait for it.
    """

    def __init__(self, tally: Tally) -> None:
        """For a process alone."""
        self._tally = tally
        self._share: Share | None = None
        self._thread = CapacityLimiter(1)
        self._asking = asyncio.Lock()
        self._asked = self._answered = 0
        self._facts: Facts | None = None

    def share_in(self, directory: Path) -> None:
        """Tell what the other processes of the service have counted too."""
        self._share = Share(directory, self._tally)

    async def told(self, services: Services, accept: str) -> tuple[bytes, str]:
        """All metrics, and their media type."""
        facts = await self._facts_now(services)
        self._look(services)
        others: Iterable[array[int]] = ()
        if self._share is not None:
            self._share.publish()  # what is told must not go back if this one is killed
            others = self._share.others()
        return exposed(
            self._tally.plus(others), facts, accept, on_replica=_on_replica(services.sessions)
        )

    @asynccontextmanager
    async def publishing(self, services: Services) -> AsyncIterator[None]:
        """Meanwhile let the other processes know, if there are any."""
        if self._share is None:
            yield
            return
        task = asyncio.create_task(self._publish(self._share, services))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            self._share.close()

    async def _publish(self, share: Share, services: Services) -> None:
        while True:
            self._look(services)
            share.publish()
            await asyncio.sleep(PUBLISH_SECONDS)

    def _look(self, services: Services) -> None:
        """Note how things stand."""
        lanes = services.lanes
        limiters = (current_default_thread_limiter(), lanes.short, lanes.long)
        threads = [one.statistics() for one in limiters]
        gauges = {
            "workers": 1,
            "requests_in_progress": self._tally.in_progress,
            "requests_waiting": sum(one.tasks_waiting for one in threads),
            "threads_busy": sum(one.borrowed_tokens for one in threads),
            "threads_max": int(sum(one.total_tokens for one in threads)),
        }
        for name, engine in zip(POOLS, _engines(services.sessions), strict=False):
            if isinstance(engine.pool, QueuePool):
                of_pool = _of_pool(engine.pool, waiting_readers(engine))
                gauges |= {f"{name}_{gauge}": n for gauge, n in of_pool.items()}
        if services.answers is not None:
            gauges |= {
                "kept_answers": len(services.answers),
                "kept_bytes": services.answers.bytes,
                "kept_bytes_max": services.answers.most_bytes,
            }
        self._tally.set_gauges(gauges)

    async def _facts_now(self, services: Services) -> Facts | None:
        """What the database says, asked after this was called; None if it does not answer."""
        wanted = self._asked + 1
        async with self._asking:
            if self._answered < wanted:
                self._asked = wanted
                self._facts = None
                with move_on_after(DATABASE_SECONDS):
                    self._facts = await run_sync(
                        _ask, services, limiter=self._thread, abandon_on_cancel=True
                    )
                self._answered = wanted
            return self._facts


def _ask(services: Services) -> Facts | None:
    try:
        with reading(services.sessions, seconds=DATABASE_SECONDS) as session:
            if is_current_over(session.connection()):
                return facts_of(session, services.clock())
    except SQLAlchemyError as error:
        log.warning("no metrics of the record: %s", error)
    return None


def _of_pool(pool: QueuePool, waiting: int) -> dict[str, int]:
    """How many connections are used, and whether those are all; `waiting` are lent out but not."""
    most = pool.size() + pool._max_overflow  # noqa: SLF001 - told nowhere else
    in_use = pool.checkedout() - waiting
    return {
        "connections_in_use": in_use,
        "connections_idle": pool.checkedin() + waiting,
        "connections_max": most,
        "pools_exhausted": int(in_use >= most),
    }


def _engines(sessions: SessionFactory) -> tuple[Engine, ...]:
    return sessions.engines if isinstance(sessions, NearSessions) else (sessions.kw["bind"],)


def _on_replica(sessions: SessionFactory) -> bool | None:
    """Whether answers are read from a replica now; None where there is none."""
    if not isinstance(sessions, NearSessions):
        return None
    return sessions.route()[1] is sessions.engines[1]
