"""Runs migrations: alembic loads this file for every command.

The connection is the caller's (`config.attributes["connection"]`, as `app.store.migrate` gives
it) or one of our own, opened with the application's settings.

One upgrade is one transaction, on both databases: a process that dies half-way leaves nothing
behind. The transaction begins with a lock, and only then asks which revision the database has.
So of several processes that start together one migrates and the others find it done.
"""

import re

from alembic import context
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlmodel import SQLModel

import app.store.tables  # noqa: F401 - puts every table on the metadata
from app.config import Settings
from app.store.engine import build_engine

# Any number that no other application takes on the same PostgreSQL database.
ADVISORY_LOCK = 0x414C4D414E4143
# Another process may be migrating: wait for it. Readers may hold a table: do not make those
# who come after them queue behind us for long; the upgrade fails and can be tried again.
WAIT_FOR_MIGRATION = "10min"
WAIT_FOR_TABLE = "5s"


def is_ours_to_compare(name: str | None, kind: str, _of: object) -> bool:
    """Whether a table is one of the metadata's, and not the lines of a year (see 0004)."""
    return kind != "table" or re.fullmatch(r"entry_\d+", name or "") is None


def migrate(connection: Connection) -> None:
    """Do what the command asks for, in one transaction of this connection."""
    connection.execution_options(almanac_write=True)
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        compare_type=True,
        render_as_batch=True,
        include_name=is_ours_to_compare,
        transactional_ddl=True,
        on_version_apply=lambda **_: refuse_dangling_references(connection),
    )
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        enforce_foreign_keys(connection, on=False)
    try:
        with context.begin_transaction():
            if not sqlite:
                take_lock(connection)
            context.run_migrations()
    finally:
        if sqlite:
            enforce_foreign_keys(connection, on=True)


def enforce_foreign_keys(connection: Connection, *, on: bool) -> None:
    """Switch SQLite's enforcement, which it allows outside of transactions only.

    A batch migration drops a table and puts a copy in its place; with enforcement on, SQLite
    would delete every row in it first and fail on whatever refers to them.
    """
    driver = connection.connection.driver_connection
    if driver is None:
        raise CommandError("the connection to the database is gone")
    driver.execute(f"PRAGMA foreign_keys = {'ON' if on else 'OFF'}")


def refuse_dangling_references(connection: Connection) -> None:
    """Make up for the enforcement that was off: a step may not leave a broken reference."""
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise CommandError(f"the migration leaves {broken[0]} referring to rows that are gone")


def take_lock(connection: Connection) -> None:
    """Be the only one who migrates this PostgreSQL database, until the transaction ends."""
    connection.execute(text(f"SET LOCAL lock_timeout = '{WAIT_FOR_MIGRATION}'"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
    connection.execute(text(f"SET LOCAL lock_timeout = '{WAIT_FOR_TABLE}'"))


def main() -> None:
    """Find the connection, and migrate."""
    if context.is_offline_mode():
        raise CommandError("--sql is not supported: which steps are needed is asked under a lock")
    given: Connection | None = context.config.attributes.get("connection")
    if given is not None:
        migrate(given)
        return
    engine = build_engine(Settings().database_url.get_secret_value())
    try:
        with engine.connect() as connection:
            migrate(connection)
    finally:
        engine.dispose()


main()
