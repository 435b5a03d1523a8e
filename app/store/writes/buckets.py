"""Buckets of tokens that all processes on a database share.

The generic cell rate algorithm (ITU-T I.371): of a bucket only the moment is kept at which it is
full again; a token puts that off by the time in which one comes back. All of it is one upsert, so
any number of processes may take from a bucket at once.
"""

import math
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Engine,
    Executable,
    Table,
    bindparam,
    case,
    cast,
    delete,
    extract,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable

from app.domain.quotas import Quota, Taken
from app.store.engine import build_engine, session_factory, write
from app.store.tables import BUCKET

SWEEP_EVERY = timedelta(minutes=1)
SECOND = 1_000_000  # in the unit of the table
Insert = sqlite.Insert | postgresql.Insert
_INSERTS: dict[str, Callable[[Table], Insert]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}


class BucketTable:
    """The buckets behind one database.

    On PostgreSQL they are a table in it, and the time is the server's. Beside an SQLite file they
    are a file of their own, `FILE.limits`: that has one writer at a time, who may be a scrape, and
    each commit would make all kept answers be asked after (`app.store.watch`).
    """

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        """Nothing is opened before somebody asks."""
        self._clock = clock
        self._next_sweep = clock() + SWEEP_EVERY
        self._own = _beside(engine) if engine.dialect.name == "sqlite" else None
        self._is_there = self._own is None
        # each statement alone: fewer ways to go
        shared = self._own or engine.execution_options(isolation_level="AUTOCOMMIT")
        self._sessions = session_factory(shared)
        now, of_dialect = _time_by(engine.dialect.name), _INSERTS[engine.dialect.name]
        self._take = _take_by(now, of_dialect(BUCKET))
        self._ask = select(BUCKET.c.full_at - now).where(BUCKET.c.name == bindparam("name"))
        self._sweep = delete(BUCKET).where(BUCKET.c.full_at < now)

    @property
    def at_once(self) -> int:
        """How many should ask at once: a file has one writer, and others sleep until it is done."""
        return 4 if self._own is None else 1

    def take(self, name: str, quota: Quota) -> Taken:
        """Take a token of a bucket, if it has one; never two, whatever becomes of the connection.

        Raises:
            SQLAlchemyError: the database cannot be asked, or did not say whether it was taken.
        """
        now = self._clock()
        interval = max(math.ceil(SECOND * quota.seconds / quota.requests), 1)
        deepest = quota.burst * interval
        bucket = {
            "name": name,
            "interval": interval,
            "deepest": deepest,
            "now": int(now.timestamp() * SECOND),
        }
        taken = write(self._sessions, lambda session: self._take_one(session, bucket))
        self._is_there = True
        if now >= self._next_sweep:
            self._next_sweep = now + SWEEP_EVERY
            write(self._sessions, lambda session: session.execute(self._sweep, bucket))
        return taken

    def _take_one(self, session: Session, bucket: Mapping[str, Any]) -> Taken:
        if not self._is_there:
            session.execute(CreateTable(BUCKET, if_not_exists=True))
        interval, deepest = bucket["interval"], bucket["deepest"]
        missing: int | None = session.scalar(self._take, bucket)
        if missing is not None:
            return Taken((deepest - missing) // interval, missing / SECOND, None)
        missing = max(session.scalar(self._ask, bucket) or 0, 0)
        wait = max(missing + interval - deepest, 0)
        return Taken(0, missing / SECOND, wait / SECOND)

    def close(self) -> None:
        """Let go of what was opened for the buckets alone."""
        if self._own is not None:
            self._own.dispose()


def _beside(engine: Engine) -> Engine:
    return build_engine(engine.url.set(database=f"{engine.url.database}.limits"))


def _take_by(now: ColumnElement[int], insert_into: Insert) -> Executable:
    """Takes a token; tells how far from full the bucket is then, nothing if there was none."""
    interval = bindparam("interval", type_=BigInteger)
    since = case((BUCKET.c.full_at > now, BUCKET.c.full_at), else_=now)
    return (
        insert_into.values(name=bindparam("name"), full_at=now + interval)
        .on_conflict_do_update(
            index_elements=["name"],
            set_={"full_at": since + interval},
            where=since + interval - now <= bindparam("deepest", type_=BigInteger),
        )
        .returning(BUCKET.c.full_at - now)
    )


def _time_by(dialect: str) -> ColumnElement[int]:
    """The server's time, of which several machines have one, or else the caller's.

    It is read after waiting for others, whose tokens would be of the future otherwise.
    """
    if dialect == "sqlite":
        return bindparam("now", type_=BigInteger)
    return cast(extract("epoch", func.clock_timestamp()) * SECOND, BigInteger)
