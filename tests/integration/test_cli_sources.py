"""`almanac sources new` begins an adapter that is a good citizen from its first line."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.errors import SkeletonError
from app.sources.skeleton import write_skeleton
from tests.commands import Shell

ROOT = Path(__file__).parents[2]
ROWS = "| source | what |\n|---|---|\n| `bfcl` | B |\n| `lmarena` | L |\n"
README = f"# Almanac\n\n## Sources\n\n{ROWS}\nTo add one.\n\n## Commands\n\n| `zz` | no source |\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "checkout"
    for folder in ("app/sources/adapters", "tests/recordings"):
        (root / folder).mkdir(parents=True)
    (root / "README.md").write_text(README)
    return root


def rows_of(checkout: Path) -> list[str]:
    lines = (checkout / "README.md").read_text().splitlines()
    return [line.split("`")[1] for line in lines if line.startswith("| `")]


@pytest.mark.parametrize(
    ("slug", "rows"),
    [
        pytest.param("aider", ["aider", "bfcl", "lmarena", "zz"], id="first"),
        pytest.param("livebench", ["bfcl", "livebench", "lmarena", "zz"], id="between"),
        pytest.param("my_board2", ["bfcl", "lmarena", "my_board2", "zz"], id="last"),
    ],
)
def test_three_files_are_touched(checkout: Path, slug: str, rows: list[str]) -> None:
    written = write_skeleton(checkout, slug, ["bfcl", "lmarena"])

    assert [file.relative_to(checkout).as_posix() for file in written] == [
        f"app/sources/adapters/{slug}.py",
        f"tests/recordings/{slug}.py",
        "README.md",
    ]
    assert rows_of(checkout) == rows
    assert (checkout / "README.md").read_text().endswith("## Commands\n\n| `zz` | no source |\n")


@pytest.mark.parametrize(
    "slug", ["", "Board", "my-board", "2nd", "a_", "a/b", "../x", "a b", "none", "class"]
)
def test_what_is_no_slug_is_refused(checkout: Path, slug: str) -> None:
    with pytest.raises(SkeletonError, match="cannot be a source"):
        write_skeleton(checkout, slug, [])


def test_nothing_is_overwritten(checkout: Path) -> None:
    write_skeleton(checkout, "mine", [])

    for slug, known in (("mine", []), ("lmarena", ["lmarena"])):
        with pytest.raises(SkeletonError, match=f"there is a source {slug} already"):
            write_skeleton(checkout, slug, known)
    assert rows_of(checkout) == ["bfcl", "lmarena", "mine", "zz"]


def test_elsewhere_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(SkeletonError, match="is no checkout of Almanac"):
        write_skeleton(tmp_path, "mine", [])

    assert list(tmp_path.iterdir()) == []


def test_a_readme_without_a_table_of_sources_is_refused(checkout: Path) -> None:
    (checkout / "README.md").write_text("# Almanac\n")

    with pytest.raises(SkeletonError, match="no table of sources"):
        write_skeleton(checkout, "mine", [])


def test_the_command_says_what_it_wrote(
    almanac: Shell, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(checkout)

    code, written = almanac("sources", "new", "mine")
    again = almanac("sources", "new", "mine")

    assert code == 0
    assert written.split() == [
        "app/sources/adapters/mine.py",
        "tests/recordings/mine.py",
        "README.md",
    ]
    assert again[0] == 2
    assert "there is a source mine already" in again[1]


@pytest.mark.uncounted
def test_what_is_written_passes_every_check_of_the_house(tmp_path: Path) -> None:
    """The contract tests cover it without a line being written, and so do lint and types."""
    root = tmp_path / "checkout"
    others = (".git", ".venv", "*.db", ".ruff_cache", ".pytest_cache", "__pycache__")
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns(*others))
    written = ["app/sources/adapters/my_board.py", "tests/recordings/my_board.py"]
    tests = ["tests/contract", "tests/test_docs.py", "-k", "my_board or listed"]
    for verb in (
        ["-m", "app", "sources", "new", "my_board"],
        ["-m", "ruff", "check", "--no-cache", *written],
        ["-m", "ruff", "format", "--check", "--no-cache", *written],
        ["-m", "mypy", *written],
        ["-m", "pytest", "-q", "-p", "no:cacheprovider", *tests],
    ):
        done = subprocess.run(
            [sys.executable, *verb],
            cwd=root,
            env={"PYTHONPATH": str(root), "PATH": "", "ALMANAC_DATABASE_URL": "sqlite://"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
