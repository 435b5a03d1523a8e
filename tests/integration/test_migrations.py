"""The way to the schema: forth, back and forth again, at any time, by any number at once."""

import io
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, inspect, select, text
from sqlalchemy.exc import DBAPIError

from app.errors import StoreError
from app.ingest.resolution import is_resolved, resolve_again
from app.store.blocks import decode
from app.store.engine import build_engine, session_factory
from app.store.migrate import alembic_config, is_current, migrate
from app.store.tables import SNAPSHOT_BLOCK
from tests.curated import decide, listed, with_models
from tests.factories import NOW, Record, entry, leaderboard, profile, snapshot, source_info
from tests.views import seen

ROOT = Path(__file__).parents[2]
NEXT = '''
"""A migration of the future."""

import sys
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head}"


def upgrade():
    op.create_table("first", sa.Column("id", sa.Integer, primary_key=True))
    with op.batch_alter_table("source") as batch:
        batch.add_column(sa.Column("colour", sa.String))
    {then}
    op.create_table("second", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("second")
    op.drop_table("first")
    with op.batch_alter_table("source") as batch:
        batch.drop_column("colour")
'''
HANG = "print('there', flush=True); sys.stdin.read()"
UPGRADE = """
import sys
from alembic import command
from alembic.config import Config
from app.store.engine import build_engine
config = Config()
config.set_main_option("script_location", sys.argv[2])
config.attributes["connection"] = build_engine(sys.argv[1]).connect()
command.upgrade(config, "head")
"""
MIGRATE = """
import sys
from app.store.engine import build_engine
from app.store.migrate import migrate
sys.stdin.read()
migrate(build_engine(sys.argv[1]))
"""


@pytest.fixture
def bare_engine(bare_database_url: str) -> Iterator[Engine]:
    engine = build_engine(bare_database_url)
    yield engine
    engine.dispose()


def run(engine: Engine, what: str, revision: str, scripts: Path | None = None) -> None:
    with engine.connect() as connection:
        config = alembic_config() if scripts is None else Config()
        if scripts is not None:
            config.set_main_option("script_location", str(scripts))
        config.attributes["connection"] = connection
        getattr(command, what)(config, revision)
        connection.commit()


def schema(engine: Engine) -> dict[str, list[tuple[str, str, bool]]]:
    """Every table with its columns: name, type, whether it may be empty."""
    inspector = inspect(engine)
    return {
        table: [(c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(table)]
        for table in sorted(inspector.get_table_names())
    }


def with_next(folder: Path, then: str) -> Path:
    """A copy of the migrations with one more."""
    scripts = folder / "scripts"
    shutil.copytree(ROOT / "alembic", scripts)
    newest = max((scripts / "versions").glob("*.py"))
    head = newest.name.split("_")[0]
    (scripts / "versions" / "9999_next.py").write_text(NEXT.format(head=head, then=then))
    return scripts


def test_a_bare_database_becomes_current(bare_engine: Engine) -> None:
    before = is_current(bare_engine)

    migrate(bare_engine)

    assert not before
    assert is_current(bare_engine)
    assert {"source", "snapshot", "entry", "alembic_version"} <= set(schema(bare_engine))


def test_migrating_again_changes_nothing(engine: Engine) -> None:
    before = schema(engine)

    migrate(engine)

    assert schema(engine) == before


def test_forth_and_back_and_forth_is_forth(engine: Engine) -> None:
    before = schema(engine)

    run(engine, "downgrade", "base")
    bare = set(schema(engine))
    run(engine, "upgrade", "head")

    assert bare == {"alembic_version"}
    assert schema(engine) == before


def test_tables_and_migrations_agree(engine: Engine) -> None:
    config = alembic_config()
    config.stdout = io.StringIO()

    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.check(config)

    assert "No new upgrade operations detected" in config.stdout.getvalue()


def test_every_constraint_has_a_name(engine: Engine) -> None:
    inspector = inspect(engine)

    names = [
        constraint["name"]
        for table in inspector.get_table_names()
        if table != "alembic_version"
        for constraint in (
            inspector.get_pk_constraint(table),
            *inspector.get_foreign_keys(table),
            *inspector.get_unique_constraints(table),
            *inspector.get_indexes(table),
        )
    ]

    assert len(names) > 40
    assert None not in names


@pytest.mark.uncounted
def test_many_processes_may_migrate_at_once(bare_database_url: str) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", MIGRATE, bare_database_url],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(5)
    ]

    errors = [process.communicate()[1].decode() for process in processes]

    assert [process.returncode for process in processes] == [0] * 5, errors
    engine = build_engine(bare_database_url)
    assert is_current(engine)
    engine.dispose()


def test_a_migration_that_fails_half_way_leaves_nothing(engine: Engine, tmp_path: Path) -> None:
    scripts = with_next(tmp_path, "op.execute('SELECT nothing FROM nowhere')")
    before = schema(engine)

    with pytest.raises(DBAPIError, match="nowhere"):
        run(engine, "upgrade", "head", scripts)

    assert schema(engine) == before
    assert is_current(engine)


def test_a_migration_that_is_killed_half_way_leaves_nothing(
    database_url: str, engine: Engine, tmp_path: Path
) -> None:
    scripts = with_next(tmp_path, HANG)
    before = schema(engine)
    child = subprocess.Popen(
        [sys.executable, "-c", UPGRADE, database_url, str(scripts)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )

    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"there\n"
        child.kill()

    assert schema(engine) == before
    assert is_current(engine)
    migrate(engine)


def test_the_next_migration_keeps_what_is_stored(engine: Engine, tmp_path: Path) -> None:
    scripts = with_next(tmp_path, "pass")
    before = schema(engine)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO source (id, slug, title, homepage, licence, attribution,"
                " every_seconds, archived) VALUES (1, 'demo', 'Demo', '', '', '', 60, false)"
            )
        )
        connection.execute(
            text("INSERT INTO validator (source_id, url, etag) VALUES (1, 'u', 'e')")
        )

    run(engine, "upgrade", "head", scripts)
    ahead = is_current(engine)
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT slug, colour FROM source")).all()
        referring = connection.execute(text("SELECT source_id FROM validator")).all()
    run(engine, "downgrade", "-1", scripts)

    assert not ahead
    assert [tuple(row) for row in kept] == [("demo", None)]
    assert [tuple(row) for row in referring] == [(1,)]
    assert schema(engine) == before


def test_who_is_who_survives_the_way_back_and_forth(record: Record, engine: Engine) -> None:
    sessions = session_factory(engine)
    record.history(
        {
            "2024-07-01": {"gpt": 3, "xAI/grok": 2, "New Lab/a": 1},
            "2024-07-02": {"OpenAI/gpt": 3, "SpaceXAI/grok": 2, "New Lab/a": 1},
        }
    )
    rows = [
        entry("Qwen/x", 2, of=profile(namespace="Qwen", licence="mit")),
        entry("gone/y", 1, of=profile(namespace="gone")),
    ]
    hub = record.of(source_info("hub"))
    for day, lines in (("2024-07-01", rows), ("2024-07-02", rows[:1])):
        hub.add(snapshot(day, lines, leaderboard("hub-text")))
    before = seen(sessions)

    run(engine, "downgrade", "0001")
    run(engine, "upgrade", "head")
    resolved = is_resolved(sessions)
    resolve_again(sessions, now=NOW)

    assert not resolved
    assert seen(sessions) == before
    assert resolve_again(sessions, now=NOW).changed is False


def test_on_the_way_back_a_model_of_two_names_keeps_one_entry(
    record: Record, engine: Engine
) -> None:
    record.add(snapshot("2024-07-01", {"OpenAI/x": 3, "OpenAI/y": 2, "z": 1}))
    sessions = session_factory(engine)
    decide(sessions, with_models(listed("X", "x", "y")))
    with sessions() as session:
        [before] = session.scalars(select(SNAPSHOT_BLOCK.c.data)).all()

    run(engine, "downgrade", "0001")

    with sessions() as session:
        [after] = session.scalars(select(SNAPSHOT_BLOCK.c.data)).all()
    assert decode(before).rank.tolist() == [1, -1, 2]
    assert decode(after).rank.tolist() == [1, 2]
    assert decode(after).variants.tolist() == [2, 1]


def test_a_database_from_the_future_is_not_touched(engine: Engine, tmp_path: Path) -> None:
    run(engine, "upgrade", "head", with_next(tmp_path, "pass"))
    before = schema(engine)

    with pytest.raises(StoreError, match="9999"):
        migrate(engine)

    assert not is_current(engine)
    assert schema(engine) == before


def test_a_database_in_memory_can_be_migrated() -> None:
    engine = build_engine("sqlite://")

    migrate(engine)

    assert is_current(engine)
    engine.dispose()


def test_where_no_file_can_be_no_database_is(tmp_path: Path) -> None:
    engine = build_engine(f"sqlite:///{tmp_path / 'missing' / 'almanac.db'}")

    with pytest.raises(StoreError, match="No such file or directory"):
        migrate(engine)
