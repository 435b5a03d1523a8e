"""What goes wrong with a database, when, and what must come of it."""

import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, event, text

from app.store.engine import build_engine
from tests.databases import execute
from tests.faults.postgres import OwnServer

MOST_CLIENTS = 100
RAISED_AS = "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
FULL_DISK = RAISED_AS + "$$BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'; END$$"


@dataclass
class Ward:
    """A store that can be harmed. What is to be done for it to be well again is in `mended`."""

    engine: Engine
    server: OwnServer | None = None
    mended: ExitStack = field(default_factory=ExitStack)

    def pragma(self, words: str) -> None:
        """Set something on every connection to SQLite, those that are open too."""

        def connected(driver: Any, _record: object) -> None:  # noqa: ANN401 - driver callback
            driver.execute(f"PRAGMA {words}")

        self.engine.dispose()
        event.listen(self.engine, "connect", connected)
        self.mended.callback(self.engine.dispose)
        self.mended.callback(event.remove, self.engine, "connect", connected)

    def execute(self, statement: str) -> None:
        """Have a statement executed in a connection of its own."""
        execute(self.engine.url, statement)

    def configure(self, setting: str, value: str) -> None:
        """Set something for all connections to a PostgreSQL database, from now on new ones."""
        assert self.server is not None
        name = self.engine.url.database
        execute(self.server.url, f"ALTER DATABASE {name} SET {setting} = '{value}'")
        self.mended.callback(self.engine.dispose)
        self.mended.callback(execute, self.server.url, f"ALTER DATABASE {name} RESET {setting}")
        self.engine.dispose()

    @property
    def other_engine(self) -> Engine:
        """Another process's engine on the same database."""
        engine = build_engine(self.engine.url)
        self.mended.callback(engine.dispose)
        return engine


Harm = Callable[[Ward], None]


@dataclass(frozen=True, kw_only=True)
class DatabaseFault:
    """A fault that begins `when`: before a run, at its fetch, at its first insert, at its commit.

    `ends` are the outcomes the run may have, where `says so` is an error that the process that
    runs it gets and logs. `answers` is the status of the API while it lasts.
    """

    name: str
    kind: str
    harm: Harm
    when: str
    ends: frozenset[str]
    answers: int


def ends(*outcomes: str) -> frozenset[str]:
    """The outcomes a run may have."""
    return frozenset(outcomes)


def killed(ward: Ward) -> None:
    """The server is gone, and stays away."""
    assert ward.server is not None
    ward.server.kill()
    ward.mended.callback(ward.server.start)


def restarted(ward: Ward) -> None:
    """The server is gone, and comes back at once."""
    assert ward.server is not None
    ward.server.kill()
    ward.server.start()


def held_up(ward: Ward) -> None:
    """The server does nothing for a moment."""
    assert ward.server is not None
    ward.server.hold()
    timer = threading.Timer(0.3, ward.server.go_on)
    timer.start()
    ward.mended.callback(timer.join)


def connections_ended(ward: Ward) -> None:
    """An operator ends every connection."""
    assert ward.server is not None
    name = ward.engine.url.database
    execute(
        ward.server.url,
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        f"WHERE datname = '{name}' AND pid <> pg_backend_pid()",
    )


def read_only(ward: Ward) -> None:
    """The database takes no writes from now on."""
    if ward.engine.dialect.name == "sqlite":
        ward.pragma("query_only = ON")
        return
    ward.configure("default_transaction_read_only", "on")


def disk_full(ward: Ward) -> None:
    """There is no room for another page; on PostgreSQL, lines are refused with that error.

    A tablespace of one's own size needs a file system of one's own.
    """
    if ward.engine.dialect.name == "sqlite":
        ward.pragma("max_page_count = 1")  # which is taken for what there are now
        return
    ward.execute(FULL_DISK)
    ward.execute("CREATE TRIGGER full_disk BEFORE INSERT ON entry EXECUTE FUNCTION full_disk()")
    ward.mended.callback(ward.execute, "DROP FUNCTION full_disk CASCADE")


def lock_held(ward: Ward) -> None:
    """Somebody else writes: on SQLite without an end, on PostgreSQL for a moment.

    There a run waits two minutes for its turn.
    """
    if ward.engine.dialect.name == "sqlite":
        ward.pragma("busy_timeout = 50")
    other = ward.mended.enter_context(ward.other_engine.connect())
    if ward.engine.dialect.name == "sqlite":
        other.exec_driver_sql("COMMIT")
        other.exec_driver_sql("BEGIN IMMEDIATE")
        return
    other.execute(text("LOCK TABLE snapshot, lease IN ACCESS EXCLUSIVE MODE"))
    timer = threading.Timer(0.5, other.rollback)
    timer.start()
    ward.mended.callback(timer.join)


def crowded(ward: Ward) -> None:
    """All connections that the server has are taken by others."""
    ward.engine.dispose()
    assert ward.server is not None
    words = ward.server.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with pytest.raises(psycopg.OperationalError, match="too many clients"):  # noqa: PT012 - one of all
        for _ in range(MOST_CLIENTS + 1):
            ward.mended.enter_context(psycopg.connect(words))


FAILED, SAYS_SO, SUCCEEDED = "failed", "says so", "succeeded"
FAULTS = [
    DatabaseFault(
        name=f"{harm.__name__.replace('_', '-')}-{when}",
        kind=kind,
        harm=harm,
        when=when,
        ends=ends(*outcomes),
        answers=answers,
    )
    for kind, harm, when, outcomes, answers in (
        ("sqlite", read_only, "start", (SAYS_SO,), 200),
        ("sqlite", read_only, "fetch", (SAYS_SO,), 200),
        ("sqlite", disk_full, "fetch", (FAILED,), 200),
        ("sqlite", lock_held, "start", (SAYS_SO,), 200),
        ("sqlite", lock_held, "fetch", (SAYS_SO,), 200),
        ("postgresql", killed, "start", (SAYS_SO,), 503),
        ("postgresql", killed, "fetch", (SAYS_SO,), 503),
        ("postgresql", killed, "insert", (SAYS_SO,), 503),
        ("postgresql", killed, "commit", (SAYS_SO,), 503),
        ("postgresql", restarted, "start", (SUCCEEDED,), 200),
        ("postgresql", restarted, "fetch", (SUCCEEDED,), 200),
        ("postgresql", restarted, "insert", (FAILED, SUCCEEDED), 200),
        ("postgresql", restarted, "commit", (FAILED,), 200),
        ("postgresql", held_up, "start", (SUCCEEDED,), 200),
        ("postgresql", held_up, "insert", (SUCCEEDED,), 200),
        ("postgresql", held_up, "commit", (SUCCEEDED,), 200),
        ("postgresql", connections_ended, "fetch", (SUCCEEDED,), 200),
        ("postgresql", connections_ended, "insert", (FAILED, SUCCEEDED), 200),
        ("postgresql", connections_ended, "commit", (FAILED,), 200),
        ("postgresql", read_only, "start", (SAYS_SO,), 200),
        ("postgresql", read_only, "fetch", (SAYS_SO,), 200),
        ("postgresql", disk_full, "start", (FAILED,), 200),
        ("postgresql", lock_held, "start", (SUCCEEDED,), 200),
        ("postgresql", lock_held, "fetch", (SUCCEEDED,), 200),
        ("postgresql", crowded, "start", (SAYS_SO,), 503),
    )
]
