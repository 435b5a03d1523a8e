"""`almanac check`, `backup`, `restore` and `copy`: what they print, and how they end."""

from pathlib import Path

import pytest
from sqlalchemy import text

from app.cli import DONE, FAILED, NO_DATABASE, USAGE
from app.store.engine import build_engine, session_factory
from tests.commands import Shell, opened
from tests.views import everything


def test_a_sound_store_is_said_to_be_sound(almanac: Shell) -> None:
    almanac("backfill")

    assert almanac("check") == (DONE, "the store is sound\n")


def test_each_fault_is_a_line(almanac: Shell) -> None:
    almanac("backfill")
    held = opened()
    with held.engine.begin() as connection:
        connection.execute(text("UPDATE edition SET leader_score = leader_score + 1"))
    held.engine.dispose()

    code, said = almanac("check")

    assert code == FAILED
    *faults, last = said.splitlines()
    assert faults
    assert last == f"{len(faults)} faults"


def test_a_database_of_another_version_is_not_checked(almanac: Shell) -> None:
    code, said = almanac("check")

    assert code == NO_DATABASE
    assert "run `almanac migrate`" in said


def test_there_and_back_again(almanac: Shell, tmp_path: Path) -> None:
    almanac("backfill")
    held = opened()
    before = everything(held.sessions)
    held.engine.dispose()

    kept = almanac("backup", "kept.db")
    again = almanac("backup", "kept.db")
    refused = almanac("restore", "kept.db")
    almanac.set(database_url=f"sqlite:///{tmp_path / 'other.db'}")
    restored = almanac("restore", "kept.db")

    assert kept == (DONE, f"kept.db: {Path('kept.db').stat().st_size:,} bytes\n")
    assert (again[0], refused[0]) == (NO_DATABASE, NO_DATABASE)
    assert "--replace" in refused[1]
    assert restored == (DONE, "the database holds what kept.db does\n")
    held = opened()
    assert everything(held.sessions) == before
    held.engine.dispose()


def test_a_copy_says_what_it_copied(almanac: Shell, tmp_path: Path) -> None:
    almanac("backfill")

    code, said = almanac("copy", "--to", f"sqlite:///{tmp_path / 'copy.db'}")
    again, why = almanac("copy", "--to", f"sqlite:///{tmp_path / 'copy.db'}")

    assert code == DONE
    assert " rows in " in said
    assert (again, "the database cannot be used: " in why) == (NO_DATABASE, True)
    engine = build_engine(f"sqlite:///{tmp_path / 'copy.db'}")
    assert everything(session_factory(engine))
    engine.dispose()


@pytest.mark.parametrize("url", ["", "nonsense", "mysql+nothing://here"])
def test_no_database_to_copy_to(almanac: Shell, url: str) -> None:
    assert almanac("copy", "--to", url)[0] == USAGE
