"""A record that is put by and brought back is the same record."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url

from app.domain.runs import RunKind
from app.errors import StoreError
from app.ingest.runner import claim, run_scrape
from app.store.engine import (
    SessionFactory,
    build_engine,
    reading,
    session_factory,
    transaction,
)
from app.store.migrate import alembic_config, is_current, migrate
from app.store.writes.keys import add_key
from app.upkeep.backup import bring_back, put_by
from app.upkeep.checking import check_record
from tests.api import Api
from tests.databases import database
from tests.factories import NOW, Record, Upstream, snapshot, source_info, work
from tests.stores import stored
from tests.views import everything, runs, seen

STANDINGS = "/v1/leaderboards/demo-text/standings"


@stored(gives="record")
def filled(record: Record) -> None:
    """Two editions, of which one was restated."""
    record.history({"2024-07-01": {"OpenAI/a": 10, "Meta/b": 9}, "2024-07-08": {"Meta/b": 11}})
    record.add(snapshot("2024-07-08", {"Meta/b": 12}), published_at="2024-07-20T00:00:00+00:00")


@pytest.fixture(params=["sqlite", "postgresql"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database that is not the record's."""
    if request.param == "sqlite":
        engine = build_engine(f"sqlite:///{tmp_path / 'elsewhere.db'}")
        yield engine
        engine.dispose()
        return
    with database(request.getfixturevalue("postgresql_server")) as url:
        engine = build_engine(url)
        yield engine
        engine.dispose()


def is_sound(sessions: SessionFactory) -> bool:
    with reading(sessions) as session:
        return list(check_record(session)) == []


@pytest.mark.usefixtures("filled")
def test_what_is_brought_back_is_what_was_put_by(
    engine: Engine, sessions: SessionFactory, elsewhere: Engine, tmp_path: Path
) -> None:
    file = tmp_path / "backup.db"

    size = put_by(engine, file, now=NOW)
    bring_back(file, elsewhere, now=NOW)

    assert size == file.stat().st_size > 0
    assert file.stat().st_mode & 0o777 == 0o600
    there = session_factory(elsewhere)
    assert seen(there) == seen(sessions)
    assert everything(there) == everything(sessions)
    before, after = Api(sessions), Api(there)
    for question in ({}, {"as_of": "2024-07-01"}, {"known_at": "2024-07-10"}):
        assert after.get(STANDINGS, **question) == before.get(STANDINGS, **question)
    assert is_sound(there)


def test_a_restored_record_goes_on(
    engine: Engine, filled: Record, elsewhere: Engine, tmp_path: Path
) -> None:
    put_by(engine, tmp_path / "backup.db", now=NOW)
    bring_back(tmp_path / "backup.db", elsewhere, now=NOW)
    next_edition = snapshot("2024-07-15", {"xAI/new": 20, "Meta/b": 13})

    for record in (filled, Record(session_factory(elsewhere))):
        record.add(next_edition)

    assert everything(session_factory(elsewhere)) == everything(filled.sessions)
    assert is_sound(session_factory(elsewhere))


@pytest.mark.usefixtures("filled")
def test_a_record_put_by_during_a_run_is_brought_back_without_it(
    engine: Engine, sessions: SessionFactory, elsewhere: Engine, tmp_path: Path
) -> None:
    upstream = Upstream(source_info())
    assert claim(work(upstream, sessions), RunKind.SCHEDULED, slot=5)
    assert claim(work(upstream, sessions), RunKind.BACKFILL)
    with transaction(sessions) as session:
        session.execute(text("INSERT INTO bucket (name, full_at) VALUES ('key:1', 1)"))

    put_by(engine, tmp_path / "backup.db", now=NOW)
    bring_back(tmp_path / "backup.db", elsewhere, now=NOW)

    there = session_factory(elsewhere)
    assert passing(build_engine(f"sqlite:///{tmp_path / 'backup.db'}")) == [0, 0]
    assert is_sound(sessions)
    assert is_sound(there)
    assert [run.outcome for run in runs(sessions)] == ["running", "running"]
    assert [(run.outcome, run.error_kind) for run in runs(there)] == [("abandoned",) * 2] * 2
    assert run_scrape(work(upstream, there), RunKind.SCHEDULED, slot=5)


def passing(engine: Engine) -> list[int]:
    """How many leases and buckets a database has, which is then let go."""
    with reading(session_factory(engine)) as session:
        found = [
            session.scalars(text(f"SELECT count(*) FROM {table}")).one()
            for table in ("lease", "bucket")
        ]
    engine.dispose()
    return found


def test_what_an_earlier_version_put_by_of_its_processes_is_not_brought_back(
    sqlite_url: str, tmp_path: Path
) -> None:
    engine = build_engine(sqlite_url)
    sessions = session_factory(engine)
    assert claim(work(Upstream(), sessions), RunKind.SCHEDULED, slot=5)
    with (
        closing(sqlite3.connect(engine.url.database or "")) as source,
        closing(sqlite3.connect(tmp_path / "backup.db")) as target,
    ):
        source.backup(target)

    bring_back(tmp_path / "backup.db", engine, now=NOW, replace=True)

    assert passing(engine) == [0, 0]
    assert [run.outcome for run in runs(sessions)] == ["abandoned"]


@pytest.mark.usefixtures("filled")
def test_no_answer_of_before_is_taken_for_one_of_after(
    engine: Engine, sessions: SessionFactory, elsewhere: Engine, tmp_path: Path
) -> None:
    paths = (STANDINGS, "/v1/models", "/v1/leaderboards")
    before = {path: Api(sessions).ask(path).headers["etag"] for path in paths}

    put_by(engine, tmp_path / "backup.db", now=NOW)
    bring_back(tmp_path / "backup.db", elsewhere, now=NOW)

    after = {path: Api(session_factory(elsewhere)).ask(path).headers["etag"] for path in paths}
    assert [path for path in paths if after[path] == before[path]] == []


@pytest.mark.usefixtures("filled")
def test_what_is_not_committed_is_not_put_by_and_holds_nobody_up(
    engine: Engine, sessions: SessionFactory, tmp_path: Path
) -> None:
    with engine.connect().execution_options(almanac_write=True) as writer:
        writer.execute(text("UPDATE leaderboard SET title = 'half-done'"))
        put_by(engine, tmp_path / "backup.db", now=NOW)
        writer.rollback()

    there = build_engine(f"sqlite:///{tmp_path / 'backup.db'}")
    assert seen(session_factory(there)) == seen(sessions)
    with there.connect() as connection:
        titles = connection.execute(text("SELECT title FROM leaderboard")).scalars().all()
    there.dispose()
    assert "half-done" not in titles


def test_a_record_is_written_over_only_when_that_is_wished(sqlite_url: str, tmp_path: Path) -> None:
    engine = build_engine(sqlite_url)
    record = Record(session_factory(engine))
    record.add(snapshot("2024-07-01", {"OpenAI/a": 1}))
    put_by(engine, tmp_path / "backup.db", now=NOW)
    record.add(snapshot("2024-07-02", {"OpenAI/a": 2}))

    with pytest.raises(StoreError, match="there is a record already"):
        bring_back(tmp_path / "backup.db", engine, now=NOW)
    with reading(record.sessions) as session:
        count = text("SELECT count(*) FROM snapshot")
        then = session.scalar(count)
        bring_back(tmp_path / "backup.db", engine, now=NOW, replace=True)
        still = session.scalar(count)

    assert (then, still) == (2, 2)
    assert len(everything(record.sessions)) == 1
    record.add(snapshot("2024-07-03", {"OpenAI/a": 3}))
    assert len(everything(record.sessions)) == 2
    engine.dispose()


def test_keys_alone_are_not_written_over_and_nothing_is_migrated(
    sqlite_url: str, elsewhere: Engine, tmp_path: Path
) -> None:
    engine = build_engine(sqlite_url)
    put_by(engine, tmp_path / "backup.db", now=NOW)
    engine.dispose()
    migrate(elsewhere)
    with transaction(session_factory(elsewhere)) as session:
        add_key(session, "of the first", name="somebody", quota="4/h", now=NOW)
    downgrade(elsewhere)

    with pytest.raises(StoreError, match=r"record already \(rows in api_key\); only --replace"):
        bring_back(tmp_path / "backup.db", elsewhere, now=NOW)

    assert not is_current(elsewhere)
    with elsewhere.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM api_key")).scalar_one() == 1


def downgrade(engine: Engine) -> None:
    """Go back by one version of the schema."""
    config = alembic_config()
    with engine.connect().execution_options(almanac_write=True) as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "-1")
        connection.commit()


def test_a_postgresql_record_is_never_written_over(postgresql_url: str, tmp_path: Path) -> None:
    engine = build_engine(postgresql_url)
    Record(session_factory(engine)).add(snapshot("2024-07-01", {"OpenAI/a": 1}))
    put_by(engine, tmp_path / "backup.db", now=NOW)

    with pytest.raises(StoreError):
        bring_back(tmp_path / "backup.db", engine, now=NOW, replace=True)

    assert len(everything(session_factory(engine))) == 1
    engine.dispose()


def test_a_backup_of_an_earlier_version_is_brought_to_this_one(
    sqlite_url: str, tmp_path: Path
) -> None:
    engine = build_engine(sqlite_url)
    Record(session_factory(engine)).add(snapshot("2024-07-01", {"OpenAI/a": 1}))
    file = tmp_path / "backup.db"
    put_by(engine, file, now=NOW)
    old = build_engine(f"sqlite:///{file}")
    downgrade(old)
    old.dispose()

    bring_back(file, engine, now=NOW, replace=True)

    assert is_current(engine)
    assert len(everything(session_factory(engine))) == 1
    engine.dispose()


def test_a_record_that_lacks_a_year_is_not_put_by(postgresql_url: str, tmp_path: Path) -> None:
    engine = build_engine(postgresql_url)
    Record(session_factory(engine)).history(
        {day: {"OpenAI/a": 1} for day in ("2024-07-01", "2025-01-01", "2031-01-01")}
    )
    with engine.connect() as connection:
        connection.execute(text("ALTER TABLE entry DETACH PARTITION entry_2024"))
        connection.execute(text("ALTER TABLE entry DETACH PARTITION entry_2023"))
        connection.commit()

    with pytest.raises(StoreError, match="the lines of 2024 were taken out"):
        put_by(engine, tmp_path / "backup.db", now=NOW)

    assert list(tmp_path.iterdir()) == []
    engine.dispose()


@pytest.mark.usefixtures("filled")
def test_a_file_that_is_there_is_left_alone(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    file.write_text("mine")

    with pytest.raises(StoreError, match="is there already"):
        put_by(engine, file, now=NOW)

    assert file.read_text() == "mine"


@pytest.mark.parametrize("folder", ["missing", "note.txt"])
@pytest.mark.usefixtures("filled")
def test_what_cannot_be_written_leaves_nothing(engine: Engine, tmp_path: Path, folder: str) -> None:
    (tmp_path / "note.txt").touch()

    with pytest.raises(StoreError, match="cannot be written"):
        put_by(engine, tmp_path / folder / "backup.db", now=NOW)

    assert list(tmp_path.glob("*backup*")) == []


@pytest.mark.usefixtures("filled")
def test_a_backup_takes_no_other_away_and_leaves_nothing_else(
    engine: Engine, tmp_path: Path
) -> None:
    other = tmp_path / "monday.db.part"
    other.touch()

    put_by(engine, tmp_path / "*day.db", now=NOW)

    assert {path.name for path in tmp_path.glob("*day*")} == {"*day.db", other.name}


def test_a_damaged_database_is_not_put_by(sqlite_url: str, tmp_path: Path) -> None:
    path = Path(make_url(sqlite_url).database or "")
    engine = build_engine(sqlite_url)
    Record(session_factory(engine)).history(
        {f"2024-07-{day:02}": {f"OpenAI/{n}": n for n in range(50)} for day in range(1, 20)}
    )
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        root = connection.exec_driver_sql(
            "SELECT rootpage FROM sqlite_master WHERE name = 'entry'"
        ).scalar_one()
        size = connection.exec_driver_sql("PRAGMA page_size").scalar_one()
    engine.dispose()
    with path.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * 200)

    with pytest.raises(StoreError, match=r"damaged|cannot be written"):
        put_by(engine, tmp_path / "backup.db", now=NOW)

    assert list(tmp_path.glob("*backup*")) == []
    engine.dispose()
