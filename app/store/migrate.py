"""Bringing a database to the schema this version knows."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine

from app.errors import StoreError


def migrate(engine: Engine) -> None:
    """Upgrade to the newest schema; nothing to do when it is there.

    Any number of processes may do this at once: one migrates, the others wait for it. A
    migration that is killed half-way leaves the schema as it was before.

    Raises:
        StoreError: it is of a version that this one does not know, or no place for
            a database.
    """
    with _alone(engine), engine.connect().execution_options(almanac_write=True) as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise StoreError(str(error)) from error
        connection.commit()


def is_current(engine: Engine) -> bool:
    """Whether the database has the schema this version knows."""
    with engine.connect() as connection:
        return is_current_over(connection)


def is_current_over(connection: Connection) -> bool:
    """The same, asked over a connection that there is."""
    heads = MigrationContext.configure(connection).get_current_heads()
    return set(heads) == set(ScriptDirectory.from_config(alembic_config()).get_heads())


def alembic_config() -> Config:
    """Alembic's settings: the scripts inside the installed package, else the checkout's."""
    packaged = Path(__file__).parents[1] / "_migrations"
    checkout = Path(__file__).parents[2] / "alembic"
    scripts = packaged if packaged.is_dir() else checkout
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    return config


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """A lock beside an SQLite file; PostgreSQL's is taken inside the migration."""
    database = engine.url.database
    if engine.dialect.name != "sqlite" or not database or database == ":memory:":
        yield
        return
    try:
        file = Path(f"{database}.migrate.lock").open("w", encoding="utf-8")  # noqa: SIM115
    except OSError as error:
        raise StoreError(str(error)) from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
