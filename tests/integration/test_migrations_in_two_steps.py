"""A migration suits the code that still runs, or says why there is none that it would break."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect

from app.store.engine import build_engine
from app.store.migrate import alembic_config, migrate

NEXT = '''
"""A migration of the future."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head}"


def upgrade():
    with op.batch_alter_table("model") as batch:
        {does}
'''


class Column(NamedTuple):
    """What code that reads and writes a table counts on."""

    type: str
    takes_null: bool
    has_default: bool


class Rules(NamedTuple):
    """The columns of a table, and what rows may not have twice."""

    columns: dict[str, Column]
    unique: frozenset[tuple[str, ...]]


@pytest.fixture
def bare_engine(bare_database_url: str) -> Iterator[Engine]:
    engine = build_engine(bare_database_url)
    yield engine
    engine.dispose()


def upgrade(engine: Engine, revision: str, scripts: Path | None = None) -> None:
    config = alembic_config()
    if scripts is not None:
        config.set_main_option("script_location", str(scripts))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def rules(engine: Engine) -> dict[str, Rules]:
    inspector = inspect(engine)
    return {
        table: Rules(
            {
                column["name"]: Column(
                    str(column["type"]),
                    takes_null=column["nullable"],
                    has_default=column["default"] is not None
                    or column["name"] in inspector.get_pk_constraint(table)["constrained_columns"],
                )
                for column in inspector.get_columns(table)
            },
            frozenset(
                tuple(one["column_names"]) for one in inspector.get_unique_constraints(table)
            ),
        )
        for table in inspector.get_table_names()
    }


def missed(before: dict[str, Rules], after: dict[str, Rules]) -> Iterator[str]:
    """What code of before would stumble over after."""
    for table, known in before.items():
        if table not in after:
            yield f"{table} is gone"
            continue
        now = after[table]
        for name, column in known.columns.items():
            changed = now.columns.get(name)
            if changed is None:
                yield f"{table}.{name} is gone"
            elif changed.type != column.type:
                yield f"{table}.{name} is of another type"
            elif column.takes_null and not changed.takes_null:
                yield f"{table}.{name} takes no null any more"
        for name in now.columns.keys() - known.columns.keys():
            if not (now.columns[name].takes_null or now.columns[name].has_default):
                yield f"{table}.{name} is needed"
        for columns in now.unique - known.unique:
            yield f"{table} may have {', '.join(columns)} once only"


def test_what_breaks_running_code_is_declared(bare_engine: Engine) -> None:
    revisions = list(ScriptDirectory.from_config(alembic_config()).walk_revisions())[::-1]
    before: dict[str, Rules] = {}
    declared, breaking = {}, {}
    for script in revisions:
        upgrade(bare_engine, script.revision)
        after = rules(bare_engine)
        declared[script.revision] = bool(getattr(script.module, "contracts", ""))
        breaking[script.revision] = list(missed(before, after))
        before = after

    assert {name: bool(found) for name, found in breaking.items()} == declared, breaking
    assert "alias.evidence_date is gone" in breaking["0002"]


@pytest.mark.parametrize(
    ("does", "expected"),
    [
        ('batch.drop_column("base")', ["model.base is gone"]),
        ('batch.alter_column("base", new_column_name="of")', ["model.base is gone"]),
        (
            'batch.alter_column("base", existing_type=sa.String(), nullable=False)',
            ["model.base takes no null any more"],
        ),
        (
            'batch.alter_column("name", existing_type=sa.String(), type_=sa.Integer())',
            ["model.name is of another type"],
        ),
        (
            'batch.add_column(sa.Column("colour", sa.String(), nullable=False))',
            ["model.colour is needed"],
        ),
        ('batch.create_unique_constraint("u", ["name"])', ["model may have name once only"]),
        ('batch.add_column(sa.Column("colour", sa.String(), nullable=True))', []),
        (
            'batch.add_column(sa.Column("n", sa.Integer(), nullable=False, server_default="0"))',
            [],
        ),
        ('op.create_table("other", sa.Column("id", sa.Integer(), primary_key=True))', []),
        ('op.drop_table("bucket")', ["bucket is gone"]),
    ],
)
def test_it_is_noticed(sqlite_url: str, tmp_path: Path, does: str, expected: list[str]) -> None:
    scripts = tmp_path / "scripts"
    shutil.copytree(
        alembic_config().get_main_option("script_location") or "",
        scripts,
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    (scripts / "versions" / "9999_next.py").write_text(NEXT.format(head=head, does=does))
    engine = build_engine(sqlite_url)
    migrate(engine)
    before = rules(engine)

    upgrade(engine, "head", scripts)

    assert list(missed(before, rules(engine))) == expected
    engine.dispose()
