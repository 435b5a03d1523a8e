"""Putting a record by as one SQLite file, whatever database it is in, and bringing it back."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.errors import StoreError
from app.store.engine import build_engine, reading, session_factory, write
from app.store.migrate import migrate
from app.store.queries.whole import tables_in_use
from app.store.recall import forget
from app.store.writes.counters import raise_versions
from app.store.writes.whole import forget_processes
from app.upkeep.checking import check_record
from app.upkeep.copying import copy_record

_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_BESIDE = ("", "-journal", "-wal", "-shm", ".migrate.lock")  # what may be left of a file
_OURS = 0o600  # what is in it is nobody else's: digests of keys, and where upstreams are asked


def put_by(engine: Engine, file: Path, *, now: datetime) -> int:
    """Write a whole record, as it is at one moment, to an SQLite file; its size in bytes.

    Nobody who reads or writes is held up. The file appears when it is whole. Runs that are under
    way are abandoned in it, as of `now`: what they will have stored is not there.

    Raises:
        StoreError: the file is there already or cannot be written, or what was read is damaged or
            lacks a year that was taken out.
    """
    if file.exists():
        raise StoreError(f"{file} is there already")
    part = file.with_name(f"{file.name}.part")
    try:
        part.unlink(missing_ok=True)
        part.touch(_OURS)
        if engine.dialect.name == "sqlite":
            _copy_pages(engine, part)
        else:
            _copy_rows(engine, part)
        _prove(part)
        _settle(part, now)
        _finish(part)
        part.rename(file)
        _sync(file.absolute().parent)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{file} cannot be written: {error}") from error
    finally:
        for suffix in _BESIDE:
            with suppress(OSError):
                part.with_name(part.name + suffix).unlink()
    return file.stat().st_size


def bring_back(file: Path, engine: Engine, *, now: datetime, replace: bool = False) -> None:
    """Make a database hold what was put by, at once for all who read it.

    A backup of an earlier version is brought to this one's schema. Its invariants are proved
    before the database is touched. API keys and runs are a record too, where nothing was stored.
    All versions are raised to the seconds since 2020, which the changes made after any earlier
    restore have not reached as long as there is fewer than one a second: so no caller takes an
    answer of before for one of after, and no process its claim of before for one of after.

    Raises:
        StoreError: the file is no backup, or damaged; or there is a record already, and it is not
            to be replaced, or cannot be (on PostgreSQL).
    """
    if not replace:
        _refuse_in_use(engine)
    with _working_copy(file) as copy:
        sessions = session_factory(copy)
        with reading(sessions) as session:
            fault = next(check_record(session), None)
        if fault is not None:
            raise StoreError(f"{file} is damaged: {fault.rule}: {fault.where}: {fault.detail}")
        write(sessions, lambda session: _begin_anew(session, now))
        if engine.dialect.name == "sqlite":
            _overwrite(copy, engine)
        else:
            copy_record(copy, engine)


def _refuse_in_use(engine: Engine) -> None:
    """Leave alone what has anything of somebody's doing, of whatever version it is."""
    with reading(session_factory(engine)) as session:
        used = tables_in_use(session)
    if used:
        raise StoreError(
            f"there is a record already (rows in {', '.join(used)}); only --replace writes over it"
        )


def _begin_anew(session: Session, now: datetime) -> None:
    forget_processes(session, now)  # of which earlier versions left some
    seconds = int((now - _EPOCH).total_seconds())  # 32 bits hold them until 2088
    raise_versions(session, seconds)


@contextmanager
def _working_copy(file: Path) -> Iterator[Engine]:
    """A copy of a backup with this version's schema, in the place for temporary files."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "record.db"
        try:
            with (
                closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as source,
                closing(sqlite3.connect(path)) as target,
            ):
                source.backup(target)
                known = target.execute("SELECT count(*) FROM alembic_version").fetchone()[0]
        except sqlite3.Error as error:
            raise StoreError(f"{file} is no backup: {error}") from error
        if not known:
            raise StoreError(f"{file} is no backup: it has no schema of ours")
        engine = build_engine(f"sqlite:///{path}")
        try:
            migrate(engine)
            yield engine
        finally:
            engine.dispose()


def _copy_pages(engine: Engine, file: Path) -> None:
    with _driver(engine) as source, closing(sqlite3.connect(file)) as target:
        source.backup(target)


def _copy_rows(engine: Engine, file: Path) -> None:
    target = build_engine(f"sqlite:///{file}")
    try:
        migrate(target)
        copy_record(engine, target)
    finally:
        target.dispose()


def _overwrite(copy: Engine, engine: Engine) -> None:
    with _driver(copy) as source, engine.connect() as target:
        driver: Any = target.connection.driver_connection
        source.backup(driver)
        forget(target)


@contextmanager
def _driver(engine: Engine) -> Iterator[sqlite3.Connection]:
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        yield driver


def _prove(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise StoreError(f"the database is damaged: {found}")


def _settle(file: Path, now: datetime) -> None:
    """Leave nothing of the processes that worked on the record."""
    engine = build_engine(f"sqlite:///{file}")
    try:
        write(session_factory(engine), lambda session: forget_processes(session, now))
    finally:
        engine.dispose()


def _finish(file: Path) -> None:
    """Leave one file, on the disk."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    _sync(file)


def _sync(path: Path) -> None:
    """Have a file, or the names in a directory, on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
