"""Reading from a replica of PostgreSQL that is known to be near enough, else from the primary."""

import logging
import os
import socket
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any, NamedTuple

import psycopg
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from app.store.engine import GIVE_UP, beside, reading, session_factory

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0  # seconds
LOOK_FOR = 2.0  # seconds, at each of the two
REMEMBERED = 120  # positions of the primary

_STATE = text(
    "SELECT pg_is_in_recovery() AS is_standby, pg_postmaster_start_time() AS started,"
    " (SELECT system_identifier FROM pg_control_system()) AS cluster,"
    " current_database() AS database,"
    " CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn()"
    " END - '0/0'::pg_lsn AS position"
)


class State(NamedTuple):
    """What a server says of itself; `position` is how far it has come, in bytes of the log."""

    is_standby: bool
    started: object
    cluster: int
    database: str
    position: int

    def follows(self, primary: "State") -> bool:
        """Whether what this one has is what that one has, up to a position."""
        if (self.cluster, self.database) != (primary.cluster, primary.database):
            return False
        # One that was promoted goes its own way, unless it is the primary itself now.
        return self.is_standby or self.started == primary.started


def _aside(look: Callable[[], None]) -> None:
    threading.Thread(target=look, name="replica-look", daemon=True).start()


class NearSessions(sessionmaker[Session]):
    """Sessions for readers: on the replica while it is at most so many seconds behind.

    While somebody reads, each second the primary is asked for its position in the log, and then the
    replica. What has come as far as the primary was at a moment has all that was stored until that
    moment: no clocks of servers are compared, and a primary that writes nothing is not behind.
    Whatever was known goes by after `max_lag_seconds`; then, or where the replica cannot be
    reached, sessions are on the primary until the replica is known to be near again.
    """

    def __init__(
        self,
        primary: Engine,
        replica: Engine,
        *,
        max_lag_seconds: float,
        seconds: Callable[[], float] = monotonic,
        aside: Callable[[Callable[[], None]], None] = _aside,
    ) -> None:
        """Nothing is asked yet.

        `seconds` tells how old it is, `aside` has a look done, or raises RuntimeError before it is
        begun.
        """
        super().__init__(expire_on_commit=False, autoflush=False)
        self.max_lag_seconds = max_lag_seconds
        self._primary, self._replica = primary, replica
        self._lookers = [beside(engine, most=1) for engine in (primary, replica)]
        self._seconds = seconds
        self._run_aside = aside
        self._lock = threading.Lock()
        self._positions: deque[tuple[float, int]] = deque(maxlen=REMEMBERED)
        self._known: State | None = None
        self._has_all_until = float("-inf")
        self._next_look = float("-inf")
        self._looking = threading.Lock()
        self._era = 0
        self._turn = 0
        self._chosen = primary
        self._lent: set[Any] = set()
        event.listen(replica, "checkout", lambda lent, *_: self._lent.add(lent))
        event.listen(replica, "checkin", lambda lent, *_: self._lent.discard(lent))

    def __call__(self, **local: Any) -> Session:  # noqa: ANN401 - as sessionmaker's
        """A session on whichever of the two is right now."""
        engine = self.route()[1]
        info = {GIVE_UP: self.give_up} if engine is self._replica else {}
        return super().__call__(bind=engine, info=info, **local)

    @property
    def engines(self) -> tuple[Engine, Engine]:
        """The primary and the replica."""
        return self._primary, self._replica

    def route(self) -> tuple[int, Engine]:
        """Where to read now, and how often that has changed so far."""
        with self._lock:
            now = self._seconds()
            looks = now >= self._next_look and self._looking.acquire(blocking=False)
            if looks:
                self._next_look = now + LOOK_EVERY
        if looks:
            self._begin_look()
        with self._lock:
            is_near = self._seconds() - self._has_all_until <= self.max_lag_seconds
            chosen = self._replica if is_near else self._primary
            if chosen is not self._chosen:
                self._chosen, self._turn = chosen, self._turn + 1
                log.info("reads go to the %s", "replica" if is_near else "primary")
            return self._turn, chosen

    def give_up(self) -> None:
        """The replica cannot be reached: read from the primary until it is looked at again."""
        log.warning("the replica cannot be reached")
        self.written()

    def leave(self) -> None:
        """The replica hangs: whoever waits for it waits no more, and nobody asks it for now."""
        self.give_up()
        for connection in tuple(self._lent):
            with suppress(OSError, psycopg.Error):
                line = socket.socket(fileno=os.dup(connection.pgconn.socket))
                with line:
                    line.shutdown(socket.SHUT_RDWR)

    def written(self) -> None:
        """Something was stored here just now that the next reader must see."""
        with self._lock:
            self._era += 1
            self._positions.clear()
            self._has_all_until = float("-inf")

    def close(self) -> None:
        """Let go of what was opened for looking, and of the replica."""
        self._looking.acquire(timeout=LOOK_FOR)  # and never look again
        for engine in (*self._lookers, self._replica):
            engine.dispose()

    def _begin_look(self) -> None:
        """Have a look done aside; where no thread can be had for it, the next one finds out."""
        try:
            self._run_aside(self._look)
        except RuntimeError as error:
            self._looking.release()
            log.warning("the replica is not looked at: %s", error)

    def _look(self) -> None:
        """Find out how far the replica has come."""
        era, at = self._era, self._seconds()
        try:
            self._compare(era, at, *(self._ask(engine) for engine in self._lookers))
        finally:
            self._looking.release()

    def _ask(self, engine: Engine) -> State | None:
        """What a server says; None while it says nothing."""
        try:
            with reading(session_factory(engine), seconds=LOOK_FOR) as session:
                return State(*session.execute(_STATE).one())
        except SQLAlchemyError as error:
            log.debug("cannot be looked at: %s", error)
            return None

    def _compare(self, era: int, at: float, primary: State | None, replica: State | None) -> None:
        """Note until when the replica has everything, by positions of the primary at moments."""
        with self._lock:
            if era != self._era:
                return  # this look does not know of what was written, or found out, meanwhile
            if primary is not None and not primary.is_standby:
                self._known = primary
                self._positions.append((at, primary.position))
            if replica is None or self._known is None or not replica.follows(self._known):
                return
            reached = [then for then, position in self._positions if position <= replica.position]
            self._has_all_until = max([self._has_all_until, *reached])
