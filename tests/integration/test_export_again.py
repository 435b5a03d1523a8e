"""An export that is made again, was killed, or is disturbed ends as if made once, in peace."""

import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine

from app.errors import ConflictError, ExportError
from app.export.directory import MARK, opened
from app.export.exporter import export_record
from app.store.engine import SessionFactory, build_engine, session_factory
from tests.curated import decide, listed, with_models
from tests.exports import (
    contents,
    descriptor_of,
    entries_of,
    places,
    rewritten,
    when_entries_are_read,
)
from tests.factories import NOW, Record, leaderboard, snapshot
from tests.stores import stored

pytestmark = pytest.mark.uncounted

ROOT = Path(__file__).parents[2]
LATER = NOW + timedelta(days=1)
CODE = leaderboard("demo-code")
OLD = "entries/leaderboard=demo-text/year=2023/entries.parquet"
TEXT = "entries/leaderboard=demo-text/year=2024/entries.parquet"
FURTHER = "entries/leaderboard=demo-code/year=2024/entries.parquet"


@stored(gives="record")
def boards(record: Record) -> None:
    """A board of two years, another of one."""
    record.history({"2023-07-01": {"OpenAI/a": 1}, "2024-07-01": {"OpenAI/a": 2, "Meta/b": 1}})
    record.history({"2024-07-01": {"OpenAI/a": 3}}, CODE)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "out"


def afresh(sessions: SessionFactory, root: Path) -> dict[str, str]:
    """What an export elsewhere, begun anew, holds; but when it was made."""
    other = root.parent / "afresh"
    export_record(sessions, other, now=NOW)
    return contents(other)


def test_a_second_run_writes_nothing(
    boards: Record,  # noqa: ARG001
    sessions: SessionFactory,
    root: Path,
) -> None:
    first = export_record(sessions, root, now=NOW)
    before = places(root)

    second = export_record(sessions, root, now=LATER)

    assert rewritten(before, places(root)) == set()
    assert (second.written, second.entries_written) == (0, 0)
    assert (second.files, second.entries) == (first.files, first.entries)


def test_a_further_edition_is_written_with_its_year_only(
    boards: Record, sessions: SessionFactory, root: Path
) -> None:
    export_record(sessions, root, now=NOW)
    before = places(root)
    boards.add(snapshot("2024-07-02", {"OpenAI/a": 4, "Meta/b": 3, "Mistral/c": 2}))

    done = export_record(sessions, root, now=NOW)

    assert rewritten(before, places(root)) == {
        TEXT,
        "datapackage.json",
        "editions.parquet",
        "leaderboards.parquet",
        "models.parquet",
        "organizations.parquet",
    }
    assert (done.written, done.entries_written, done.entries) == (5, 5, 7)
    assert contents(root) == afresh(sessions, root)


def test_an_edition_that_was_restated_is_written_anew(
    boards: Record, sessions: SessionFactory, root: Path
) -> None:
    export_record(sessions, root, now=NOW)
    before = places(root)
    boards.add(snapshot("2023-07-01", {"OpenAI/a": 5}), published_at="2024-07-20")

    export_record(sessions, root, now=NOW)

    assert {OLD} == {name for name in rewritten(before, places(root)) if "entries/" in name}
    assert contents(root) == afresh(sessions, root)


def test_names_that_come_to_mean_others_are_followed(
    boards: Record,  # noqa: ARG001
    sessions: SessionFactory,
    root: Path,
) -> None:
    export_record(sessions, root, now=NOW)
    decide(sessions, with_models(listed("other", "a")))

    done = export_record(sessions, root, now=NOW)

    assert done.entries_written == done.entries
    assert {row["model_id"] for row in entries_of(root)} == {"acme--other", "meta--b"}
    assert contents(root) == afresh(sessions, root)


def test_boards_that_are_not_asked_for_any_more_are_taken_away(
    boards: Record,  # noqa: ARG001
    sessions: SessionFactory,
    root: Path,
) -> None:
    export_record(sessions, root, now=NOW)
    before = places(root)

    done = export_record(sessions, root, ["demo-code", "demo-code"], now=NOW)

    assert done.removed == 2
    assert [path.name for path in (root / "entries").iterdir()] == ["leaderboard=demo-code"]
    assert FURTHER not in rewritten(before, places(root))
    assert export_record(sessions, root, now=NOW).entries_written == 3
    assert contents(root) == afresh(sessions, root)


@pytest.mark.parametrize(
    ("at", "there"),
    [
        pytest.param(0, [], id="in-the-first-partition"),
        pytest.param(2, [FURTHER, OLD], id="in-the-last-one"),
    ],
)
def test_a_killed_export_goes_on(
    boards: Record,  # noqa: ARG001
    database_url: str,
    sessions: SessionFactory,
    root: Path,
    at: int,
    there: list[str],
) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.doomed_export", database_url, str(root), str(at)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"there\n"
        with pytest.raises(ConflictError, match="is being exported into now"):
            export_record(sessions, root, now=NOW)
        child.kill()
    before = places(root)

    done = export_record(sessions, root, now=NOW)

    assert list(before) == there
    assert set(there).isdisjoint(rewritten(before, places(root)))
    assert done.written == done.files - len(there)
    assert contents(root) == afresh(sessions, root)
    assert [path.name for path in root.glob(".*")] == [MARK]


def test_what_is_whole_in_the_middle_of_a_change_is_not_said_to_be(
    boards: Record, engine: Engine, sessions: SessionFactory, root: Path
) -> None:
    seen = []
    export_record(sessions, root, now=NOW)
    boards.add(snapshot("2023-07-02", {"OpenAI/a": 4}))
    boards.add(snapshot("2024-07-02", {"OpenAI/a": 4}))
    when_entries_are_read(engine, 1, lambda: seen.append((root / "datapackage.json").exists()))

    export_record(sessions, root, now=NOW)

    assert seen == [False]
    assert (root / "datapackage.json").exists()


def test_all_files_are_of_one_state_of_the_record(
    boards: Record,  # noqa: ARG001
    database_url: str,
    engine: Engine,
    sessions: SessionFactory,
    root: Path,
) -> None:
    other = build_engine(database_url)
    writer = Record(session_factory(other))

    def publish() -> None:
        writer.add(snapshot("2024-07-09", {"OpenAI/a": 9}))
        writer.add(snapshot("2024-07-09", {"OpenAI/a": 9}, CODE))

    expected = afresh(sessions, root)
    when_entries_are_read(engine, 0, publish)

    during = export_record(sessions, root, now=NOW)
    seen = contents(root)
    after = export_record(sessions, root, now=NOW)
    other.dispose()

    assert seen == expected
    assert after.entries == during.entries + 2


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:-9]), id="cut-off"),
        pytest.param(lambda path: path.write_bytes(b""), id="empty"),
        pytest.param(lambda path: path.unlink(), id="gone"),
    ],
)
def test_a_file_that_is_not_whole_is_written_anew(
    boards: Record,  # noqa: ARG001
    sessions: SessionFactory,
    root: Path,
    damage: Callable[[Path], object],
) -> None:
    export_record(sessions, root, now=NOW)
    expected = contents(root)
    damage(root / TEXT)

    done = export_record(sessions, root, now=NOW)

    assert done.written == 1
    assert contents(root) == expected


def test_a_file_of_somebody_else_s_is_replaced(
    boards: Record,  # noqa: ARG001
    sessions: SessionFactory,
    root: Path,
) -> None:
    export_record(sessions, root, now=NOW)
    pq.write_table(pa.table({"x": [1]}), root / "models.parquet")

    export_record(sessions, root, now=NOW)

    assert contents(root) == afresh(sessions, root)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{", id="no-json"),
        pytest.param("[]", id="no-object"),
        pytest.param(None, id="gone"),
    ],
)
def test_a_descriptor_that_is_damaged_is_written_anew(
    boards: Record,  # noqa: ARG001
    sessions: SessionFactory,
    root: Path,
    text: str | None,
) -> None:
    export_record(sessions, root, now=NOW)
    before = descriptor_of(root)
    (root / "datapackage.json").unlink()
    if text is not None:
        (root / "datapackage.json").write_text(text)

    done = export_record(sessions, root, now=LATER)

    assert done.written == 0
    assert descriptor_of(root) == {**before, "created": "2024-08-02T12:00:00Z"}


def test_one_exports_into_a_directory_at_a_time(
    boards: Record,  # noqa: ARG001
    sessions: SessionFactory,
    root: Path,
) -> None:
    with opened(root), pytest.raises(ConflictError, match="is being exported into now"):
        export_record(sessions, root, now=NOW)

    assert export_record(sessions, root, now=NOW).entries == 4


def test_what_is_no_export_is_left_alone(
    boards: Record,  # noqa: ARG001
    sessions: SessionFactory,
    root: Path,
) -> None:
    root.mkdir()
    (root / "datapackage.json").write_text("mine")

    with pytest.raises(ExportError, match="holds something else"):
        export_record(sessions, root, now=NOW)

    assert [path.name for path in root.iterdir()] == ["datapackage.json"]


def test_what_others_put_beside_an_export_stays(
    boards: Record,  # noqa: ARG001
    sessions: SessionFactory,
    root: Path,
) -> None:
    export_record(sessions, root, now=NOW)
    notes = root / "entries" / "leaderboard=demo-text" / "year=2023" / "notes.txt"
    notes.write_text("mine")

    export_record(sessions, root, ["demo-code"], now=NOW)

    left = [path for path in (root / "entries").rglob("*") if path.is_file()]
    assert sorted(left) == sorted([root / FURTHER, notes])


def test_a_directory_that_is_a_file_is_refused(sessions: SessionFactory, root: Path) -> None:
    root.write_text("a file")

    with pytest.raises(ExportError, match="out cannot be written"):
        export_record(sessions, root, now=NOW)


def test_a_place_that_is_taken_is_an_error_and_leaves_nothing_half_done(
    sessions: SessionFactory, root: Path
) -> None:
    export_record(sessions, root, now=NOW)
    (root / "models.parquet").unlink()
    (root / "models.parquet").mkdir()

    with pytest.raises(ExportError, match="out cannot be written"):
        export_record(sessions, root, now=NOW)

    assert [path.name for path in root.glob(".*")] == [MARK]
