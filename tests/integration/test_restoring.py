"""What is brought back is sound, and its versions were never seen before."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from app.domain.runs import RunKind
from app.errors import LeaseLostError, StoreError
from app.ingest.runner import claim
from app.store.engine import build_engine, reading, session_factory, write
from app.store.writes.runs import renew_lease
from app.upkeep.backup import bring_back, put_by
from tests.api import Api
from tests.curated import PLAIN, decide, listed, with_models
from tests.factories import NOW, Record, Upstream, snapshot, work
from tests.views import everything

STANDINGS = "/v1/leaderboards/demo-text/standings"


def test_what_follows_one_restore_is_never_taken_for_what_follows_another(
    sqlite_url: str, tmp_path: Path
) -> None:
    engine = build_engine(sqlite_url)
    sessions = session_factory(engine)
    record = Record(sessions, curated=PLAIN)
    record.add(snapshot("2024-07-01", {"Acme/a": 2, "Acme/b": 1}))
    put_by(engine, tmp_path / "backup.db", now=NOW)
    paths = (STANDINGS, "/v1/models", "/v1/leaderboards")
    given = []

    for name, now in (("a", NOW), ("b", NOW + timedelta(seconds=10))):
        bring_back(tmp_path / "backup.db", engine, now=now, replace=True)
        given += [Api(sessions).ask(path).headers["etag"] for path in paths]
        decide(sessions, with_models(listed(f"Great {name}", name)))
        given += [Api(sessions).ask(path).headers["etag"] for path in paths]

    assert len(set(given)) == len(given) == 12
    engine.dispose()


def test_a_version_that_is_ahead_of_time_is_raised_too(sqlite_url: str, tmp_path: Path) -> None:
    engine = build_engine(sqlite_url)
    sessions = session_factory(engine)
    Record(sessions).add(snapshot("2024-07-01", {"OpenAI/a": 1}))
    given = []

    for now in (NOW, NOW - timedelta(days=1)):
        put_by(engine, file := tmp_path / f"{now:%d}.db", now=now)
        bring_back(file, engine, now=now, replace=True)
        with reading(sessions) as session:
            versions = "SELECT data_version FROM leaderboard UNION ALL SELECT value FROM version"
            given.append(session.scalars(text(f"{versions} WHERE subject <> 'curation'")).all())

    assert given[0] == [144_676_800] * 5  # seconds from 2020 to NOW
    assert given[1] == [144_676_801] * 5
    engine.dispose()


@pytest.mark.parametrize("kind", [RunKind.MANUAL, RunKind.BACKFILL])
def test_a_claim_of_before_is_none_of_after(sqlite_url: str, tmp_path: Path, kind: RunKind) -> None:
    """Though the process that has it goes on, and claims the source again."""
    engine = build_engine(sqlite_url)
    job = work(Upstream(), session_factory(engine))
    before = claim(job, kind)
    assert before is not None
    file = tmp_path / "backup.db"
    put_by(engine, file, now=NOW)

    held = [before]
    for _ in range(2):
        bring_back(file, engine, now=NOW, replace=True)
        after = claim(job, kind)
        assert after is not None
        held.append(after)
        file.unlink()
        put_by(engine, file, now=NOW)

    fences = [one.fence for one in held]
    assert sorted(set(fences)) == fences
    for stale in held[:-1]:
        with pytest.raises(LeaseLostError):
            write(job.sessions, partial(renew_lease, claim=stale, now=NOW))
    write(job.sessions, partial(renew_lease, claim=held[-1], now=NOW))
    engine.dispose()


def test_on_another_database_claims_count_on_too(
    bare_database_url: str, sqlite_url: str, tmp_path: Path
) -> None:
    here, there = build_engine(sqlite_url), build_engine(bare_database_url)
    before = claim(work(Upstream(), session_factory(here)), RunKind.MANUAL)
    put_by(here, tmp_path / "backup.db", now=NOW)
    bring_back(tmp_path / "backup.db", there, now=NOW)
    after = claim(work(Upstream(), session_factory(there)), RunKind.MANUAL)

    assert before is not None
    assert after is not None
    assert after.fence > before.fence
    for engine in (here, there):
        engine.dispose()


def damaged(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE entry SET rank = rank + 1")


def garbage(file: Path) -> None:
    file.write_bytes(b"no database " * 500)


def foreign(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")


def other(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE something (n)")


def future(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")


@pytest.mark.parametrize("spoil", [damaged, garbage, foreign, other, future])
def test_what_is_not_sound_is_not_brought_back(
    sqlite_url: str, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    engine = build_engine(sqlite_url)
    sessions = session_factory(engine)
    Record(sessions).add(snapshot("2024-07-01", {"OpenAI/a": 1}))
    file = tmp_path / "backup.db"
    put_by(engine, file, now=NOW)
    before = everything(sessions)
    spoil(file)

    with pytest.raises(StoreError):
        bring_back(file, engine, now=NOW, replace=True)

    assert everything(sessions) == before
    engine.dispose()
