"""Databases for the tests: every test that asks for one runs on SQLite and on PostgreSQL.

The schema is made by the migrations, once per process; each test gets a database as if it were
new, which is put back to what it was. A record that many tests read is made once, too
(`tests.stores`), and so are engines, because they remember how statements are compiled.
PostgreSQL is the server that `ALMANAC_TEST_DATABASE_URL` names, else one that a package
brings along; without either those tests are skipped and say so.
"""

import gc
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine
from xdist.scheduler import LoadGroupScheduling
from xdist.workermanage import WorkerController

from app.ingest.resolution import resolve_again
from app.store.engine import SessionFactory, build_engine, session_factory
from app.store.migrate import migrate
from tests.databases import Reused, ReusedFile, database, server
from tests.factories import NOW, Record

OF_ONE_RECORD = {
    "test_eras.py",
    "test_every_source.py",
    "test_leaders.py",
    "test_numbers.py",
    "test_truth.py",
    "test_who_is_who.py",
}


class OneRecordOneProcess(LoadGroupScheduling):  # type: ignore[misc]
    """Gives all tests of one back-filled record to one process, which fills it once.

    By the names of files and databases, because marks do not reach the process that shares out.
    """

    def _split_scope(self, nodeid: str) -> str:
        file, _, test = nodeid.rpartition("/")[2].partition("::")
        for kind in ("sqlite", "postgresql"):
            if file in OF_ONE_RECORD and f"[{kind}" in test:
                return kind
        return str(super()._split_scope(nodeid))

    def mark_test_complete(
        self, node: WorkerController, item_index: int, duration: float = 0
    ) -> None:
        """Forget what is done: all that a process was ever given is counted after every test."""
        super().mark_test_complete(node, item_index, duration)
        given = self.assigned_work[node]
        scope = self._split_scope(self.registered_collections[node][item_index])
        if all(given[scope].values()):
            del given[scope]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> OneRecordOneProcess:
    """How tests are shared out among processes."""
    return OneRecordOneProcess(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is made up anew each time counts for no coverage, nor does the API's second database.

    Where databases differ is the store's business, and its tests count on both.
    """
    for item in items:
        made_up = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
        if made_up or (item.path.name.startswith("test_api_") and _is_on_postgresql(item)):
            item.add_marker("uncounted")


def _is_on_postgresql(item: pytest.Item) -> bool:
    of = getattr(item, "callspec", None)
    return of is not None and of.params.get("database_url") == "postgresql"


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Nothing that is collected is garbage: none is looked for meanwhile."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish() -> None:
    """What is there now stays: looking through it for garbage takes a fifth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 1000)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Look for the tests' garbage once; pytest does five times more, but now in what is new."""
    gc.collect()
    gc.freeze()


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
    with server(durable=False) as url:
        if url is None:
            pytest.skip("no PostgreSQL: set ALMANAC_TEST_DATABASE_URL")
        yield url


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: URL) -> Iterator[URL]:
    """A migrated PostgreSQL database, empty but for the curated facts."""
    with database(postgresql_server) as url:
        engine = build_engine(url)
        migrate(engine)
        resolve_again(session_factory(engine), now=NOW)
        engine.dispose()
        yield url


@pytest.fixture(scope="session")
def postgresql_reused(postgresql_server: URL, postgresql_template: URL) -> Iterator[Reused]:
    """A PostgreSQL database for one test after the other."""
    reused = Reused(postgresql_server, postgresql_template)
    yield reused
    reused.close()


@pytest.fixture(scope="session")
def sqlite_reused(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> ReusedFile:
    """An SQLite file for one test after the other."""
    return ReusedFile(sqlite_template, tmp_path_factory.mktemp("lent") / "almanac.db")


@pytest.fixture
def sqlite_url(sqlite_reused: ReusedFile) -> str:
    """An SQLite file that no other test uses meanwhile, as if it were new."""
    return sqlite_reused.lend()


@pytest.fixture
def postgresql_url(postgresql_reused: Reused) -> str:
    """A PostgreSQL database that no other test uses meanwhile, as if it were new."""
    return postgresql_reused.lend()


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of the test's own that was never migrated, of either kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'bare.db'}"
        return
    with database(request.getfixturevalue("postgresql_server")) as url:
        yield url.render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A database of the test's own, of either kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(scope="session")
def engines() -> dict[str, Engine]:
    """Engines by where they lead."""
    return {}


@pytest.fixture
def engine(database_url: str, engines: dict[str, Engine]) -> Iterator[Engine]:
    """An engine on the test's database; who listens to it listens to the test's alone."""
    if database_url not in engines:
        engines[database_url] = build_engine(database_url)
    engine = engines[database_url].execution_options()
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
