"""Engines, sessions and the one place that opens a transaction."""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any, TypeVar

import psycopg
from sqlalchemy import (
    URL,
    Connection,
    Engine,
    NullPool,
    QueuePool,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session, sessionmaker
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    stop_after_delay,
    wait_random,
    wait_random_exponential,
)

from app.store.readers import Readers
from app.store.recall import ask_driver, forget, recall_on, tell_terms

log = logging.getLogger(__name__)
Stored = TypeVar("Stored")

SessionFactory = sessionmaker[Session]

_PRAGMAS = (
    "PRAGMA busy_timeout = 30000",
    "PRAGMA foreign_keys = ON",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA cache_size = -65536",
    "PRAGMA mmap_size = 2147483648",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA wal_autocheckpoint = 16000",
)

# Of a file that another one is just making SQLite says at once that it is locked.
_OPENING_SECONDS = 30.0
_BETWEEN_OPENINGS = wait_random(0, 0.02)  # seconds

_STEPS = 20_000  # of SQLite's machine between two looks at the time: about a millisecond

# SQLite's readers have this anyway; PostgreSQL would show every commit at once.
_ONE_VIEW = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

# What libpq is told, where the URL says nothing else. A server that is gone without a word is
# given up after a minute, by whoever waits for it and by whoever does not.
_REACHING = {
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
_GIVEN = "almanac_connections"
_READERS = "almanac_readers"
GIVE_UP = "almanac_give_up"  # what a session has to be told of that cannot be begun
KEPT_OPEN = 5
# More than a process has threads. Each writer of a file has a connection while it waits for the one
# who writes, and whoever answers on the event loop must never wait for theirs.
MOST_TO_A_FILE = 100
WAIT_SECONDS = 10.0  # for a connection while all are in use
PREPARE_AFTER = 5  # executions of a statement by a connection

# A writer waits for another source's whole transaction, which may be a back-fill's; and thinks
# about names while its transaction is open. Set for the transaction alone, so that it holds behind
# a pooler too, which hands a connection on after each.
TRIES = 5
_BETWEEN_TRIES = wait_random_exponential(multiplier=0.05, max=2)  # seconds
_GIVEN_UP_FOR_OTHERS = {"40001", "40P01"}  # it could not be serialized; there was a deadlock
# Connections end by 08xxx, by the server's being shut down (57P01 to 57P03), or without a word.
_LOST = ("08", "57P0")

_WRITERS_LIMITS = text(
    "SELECT set_config('lock_timeout', '120s', true),"
    " set_config('statement_timeout', '300s', true),"
    " set_config('idle_in_transaction_session_timeout', '300s', true)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    """How a process connects to PostgreSQL; SQLite knows nothing of it.

    `name` is what the server calls it (`application_name`), `most` how many connections it has at
    once; with 0 none is kept or waited for. Without `prepared` no statement is kept by a
    connection, for a pooler that cannot do that.
    """

    name: str = "almanac"
    most: int = 15
    prepared: bool = True


def build_engine(url: str | URL, connections: Connections = Connections()) -> Engine:
    """An engine with the house's settings for SQLite or PostgreSQL.

    What the query of a PostgreSQL URL says goes before what is said here.

    SQLite transactions are opened by us with `BEGIN IMMEDIATE` when they write (see
    `transaction`), because the driver's own habit of opening them late makes a migration
    that dies half-way leave half of its tables behind.
    """
    parsed = make_url(url)
    given: dict[str, Any] = {"execution_options": {_GIVEN: connections}}
    if parsed.get_backend_name() == "sqlite":
        dialect: Any = parsed.get_dialect()
        if dialect.get_pool_class(parsed) is QueuePool:  # else it is in memory
            given |= {"pool_size": KEPT_OPEN, "max_overflow": MOST_TO_A_FILE - KEPT_OPEN}
            given["execution_options"][_READERS] = Readers()
        engine = create_engine(parsed, connect_args={"check_same_thread": False}, **given)
        event.listen(engine, "engine_disposed", _close_readers)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        event.listen(engine, "commit", forget)
        return engine
    ours = {"options": "-c timezone=utc", "application_name": connections.name, **_REACHING}
    told: dict[str, Any] = {key: ours[key] for key in ours.keys() - parsed.query.keys()}
    told["prepare_threshold"] = PREPARE_AFTER if connections.prepared else None
    if not connections.most:
        return create_engine(parsed, poolclass=NullPool, connect_args=told, **given)
    kept = min(KEPT_OPEN, connections.most)
    return create_engine(
        parsed,
        pool_size=kept,
        max_overflow=connections.most - kept,
        pool_timeout=WAIT_SECONDS,
        pool_pre_ping=True,
        connect_args=told,
        **given,
    )


def beside(engine: Engine, *, most: int = 0) -> Engine:
    """An engine on the same database with connections of its own, at once at most so many.

    With none at most it neither keeps one nor waits for one.
    """
    connections: Connections = engine.get_execution_options()[_GIVEN]
    return build_engine(engine.url, replace(connections, most=most))


def session_factory(engine: Engine) -> SessionFactory:
    """Sessions that keep what they loaded after the transaction ends."""
    return sessionmaker(engine, expire_on_commit=False, autoflush=False)


def is_file(sessions: SessionFactory) -> bool:
    """Whether the database is SQLite's: a file, or nothing but memory, read without waiting."""
    engine: Engine | None = sessions.kw.get("bind")
    return engine is not None and engine.dialect.name == "sqlite"


@contextmanager
def transaction(sessions: SessionFactory) -> Iterator[Session]:
    """One unit of work that writes: all of it is stored, or nothing."""
    with sessions() as session:
        connection = session.connection(execution_options={"almanac_write": True})
        if connection.dialect.name == "postgresql" and not _commits_each(connection):
            connection.execute(_WRITERS_LIMITS)
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise


def write(
    sessions: SessionFactory,
    unit: Callable[[Session], Stored],
    *,
    undo: Callable[[], None] = lambda: None,
) -> Stored:
    """What `unit` returns, once all that it wrote is stored.

    It is begun again, at most `TRIES` times in all, where PostgreSQL gave it up for the sake of
    others, or was lost before it was asked to commit: nothing of it was stored then. Where it was
    lost while it committed nobody knows, and the error is the caller's; where each statement is
    committed by itself (`AUTOCOMMIT`), that is so from the first one on, of which there should be
    one that writes. So `unit` must not change anything but the session; `undo` is called after
    each try that failed, to forget what was remembered of it.
    """
    asked_to_commit = False

    def once() -> Stored:
        nonlocal asked_to_commit
        asked_to_commit = False
        try:
            with transaction(sessions) as session:
                asked_to_commit = _commits_each(session.connection())
                done = unit(session)
                asked_to_commit = True
        except BaseException:
            undo()
            raise
        return done

    def was_not_stored(error: BaseException) -> bool:
        state = _state_of(error)
        if state in _GIVEN_UP_FOR_OTHERS:
            return True
        return not asked_to_commit and _is_lost(error, state)

    trying = Retrying(
        retry=retry_if_exception(was_not_stored),
        stop=stop_after_attempt(TRIES),
        wait=_BETWEEN_TRIES,
        before_sleep=_tell_of_try,
        reraise=True,
    )
    return trying(once)


def _commits_each(connection: Connection) -> bool:
    """Whether each statement is committed by itself."""
    return connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"


def _tell_of_try(state: RetryCallState) -> None:
    error = None if state.outcome is None else state.outcome.exception()
    log.warning("stored nothing, trying again: %s", str(error).partition("\n")[0])


def _state_of(error: BaseException) -> str | None:
    """PostgreSQL's SQLSTATE of an error; COPY's come as they are, others wrapped."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return cause.sqlstate if isinstance(cause, psycopg.Error) else None


def _is_lost(error: BaseException, state: str | None) -> bool:
    """Whether there was a connection, and is none any more."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated
    gone = state is None or state.startswith(_LOST)
    return isinstance(error, psycopg.OperationalError) and gone


@contextmanager
def reading(sessions: SessionFactory, *, seconds: float | None = None) -> Iterator[Session]:
    """One consistent view of the record for one reader; never stores anything.

    It is of the moment of the first question: what is written meanwhile is not seen. With
    `seconds` the database gives up what takes longer: on PostgreSQL a statement, on SQLite all.

    Raises:
        OperationalError: it took too long (`took_too_long` says so).
    """
    with ExitStack() as ended:
        readers = _readers_of(sessions)
        if readers is None:
            session, connection = _begun(sessions)
            ended.enter_context(session)
        else:
            reader = readers.begin(sessions)
            ended.callback(readers.end, reader)
            session, connection = reader.session, reader.connection
        if connection.dialect.name == "postgresql":
            if seconds is not None:
                tell_terms(session, connection, seconds)
        else:
            recall_on(session, connection)
            if seconds is not None:
                driver: Any = connection.connection.driver_connection
                end = monotonic() + seconds
                driver.set_progress_handler(lambda: monotonic() > end, _STEPS)
                ended.callback(driver.set_progress_handler, None, 0)
        yield session


def waiting_readers(engine: Engine) -> int:
    """How many readers keep a connection that they do not use now."""
    readers: Readers | None = engine.get_execution_options().get(_READERS)
    return 0 if readers is None else len(readers)


def _readers_of(sessions: SessionFactory) -> Readers | None:
    engine: Engine | None = sessions.kw.get("bind")
    return None if engine is None else engine.get_execution_options().get(_READERS)


def _close_readers(engine: Engine) -> None:
    readers: Readers | None = engine.get_execution_options().get(_READERS)
    if readers is not None:
        readers.close()


def _begun(sessions: SessionFactory) -> tuple[Session, Connection]:
    """A session and its connection; others where they can be had elsewhere (`GIVE_UP`)."""
    session = sessions()
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    try:
        connection = session.connection(execution_options=_ONE_VIEW if is_postgresql else None)
    except (DBAPIError, PoolTimeoutError):
        session.close()
        give_up = session.info.get(GIVE_UP)
        if give_up is None:
            raise
        give_up()
        return _begun(sessions)
    return session, connection


def took_too_long(error: DBAPIError) -> bool:
    """Whether the database gave a question up for its time."""
    cause = error.orig
    if isinstance(cause, sqlite3.OperationalError):
        return cause.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT
    return isinstance(cause, psycopg.errors.QueryCanceled)


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - driver callback
    connection.isolation_level = None
    cursor = connection.cursor()
    trying = Retrying(
        retry=retry_if_exception(_is_locked),
        stop=stop_after_delay(_OPENING_SECONDS),
        wait=_BETWEEN_OPENINGS,
        reraise=True,
    )
    for pragma in _PRAGMAS:
        trying(cursor.execute, pragma)
    cursor.close()


def _is_locked(error: BaseException) -> bool:
    return (
        isinstance(error, sqlite3.OperationalError)
        and error.sqlite_errorcode == sqlite3.SQLITE_BUSY
    )


def _begin_sqlite(connection: Any) -> None:  # noqa: ANN401 - engine callback
    if connection.get_execution_options().get("almanac_write", False):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        ask_driver(connection, "BEGIN")
