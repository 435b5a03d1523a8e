"""Rules of this house that no linter knows.

Every detector is also shown a breach, so that a rule cannot hold by looking at nothing.
"""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
LONGEST_FILE = 400
LARGEST_FILE_BYTES = 500_000
LOCKS = ("requirements.lock", "requirements-test.lock", "requirements-build.lock")

# What may be called or named where, as paths below app/; everyone else is given it.
ONLY_IN = {
    "commit": {"store/engine.py", "store/migrate.py"},  # one unit of work, at the edge
    "rollback": {"store/engine.py"},
    "now": {"wiring.py"},  # the time is an argument
    "environ": set[str](),  # app/config.py reads the environment, through pydantic
}
CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"}

# In pieces, so that this file does not break its own rule.
MACHINE_PATH = re.compile(r"(?<![\w.-])/(?:work|farm|root|home/\w+)/")
REGISTRIES = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("docker", "io"),
        ("ghcr", "io"),
        ("quay", "io"),
    )
)


def tracked() -> list[Path]:
    """Every file of the project that is committed, or would be."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: there is no list of the project's own files")
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    command += ["--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    files = sorted({ROOT / name for name in listed.stdout.split("\0") if name})
    return [file for file in files if file.is_file()]


def python_files() -> list[Path]:
    """The project's own Python."""
    return [file for file in tracked() if file.suffix == ".py"]


def name_of(file: Path) -> str:
    """How a message calls a file."""
    return file.relative_to(ROOT).as_posix()


def text_of(file: Path) -> str | None:
    """The text of a file, None when it holds something else."""
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def uses(source: str) -> Iterator[str]:
    """Which of the things in `ONLY_IN` this source calls or imports."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(attr="commit" | "rollback" as attr)):
                yield attr
            case ast.Call(func=func) if ast.unparse(func).removeprefix("datetime.") in CLOCKS:
                yield "now"
            case ast.Call(func=ast.Attribute(value=ast.Name(id="datetime"), attr="now" | "utcnow")):
                yield "now"
            case ast.ImportFrom(module="time", names=names) if "time" in {n.name for n in names}:
                yield "now"
            case ast.Attribute(value=ast.Name(id="os"), attr="environ" | "environb" | "getenv"):
                yield "environ"
            case ast.ImportFrom(module="os", names=names) if {"environ", "getenv"} & {
                n.name for n in names
            }:
                yield "environ"
            case _:
                pass


def breaches(text: str) -> list[str]:
    """Words that tell of one machine, or of where packages come from."""
    return MACHINE_PATH.findall(text) + [host for host in REGISTRIES if host in text.lower()]


@cache
def uses_in_app() -> dict[str, set[str]]:
    """Which of these things every file of the application uses."""
    app = ROOT / "app"
    return {
        file.relative_to(app).as_posix(): set(uses(file.read_text(encoding="utf-8")))
        for file in app.rglob("*.py")
    }


@pytest.mark.xdist_group("uses")
@pytest.mark.parametrize("what", ONLY_IN)
def test_is_used_only_where_allowed(what: str) -> None:
    users = {file for file, used in uses_in_app().items() if what in used}

    assert users <= ONLY_IN[what]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("session.commit()", "commit", id="commit"),
        pytest.param("with x: connection.rollback()", "rollback", id="rollback"),
        pytest.param("datetime.now(UTC)", "now", id="now"),
        pytest.param("datetime.datetime.now()", "now", id="now-of-module"),
        pytest.param("date.today()", "now", id="today"),
        pytest.param("time.time()", "now", id="seconds"),
        pytest.param("from time import time", "now", id="seconds-by-name"),
        pytest.param("os.environ['HOME']", "environ", id="environ"),
        pytest.param("os.getenv('HOME')", "environ", id="getenv"),
        pytest.param("from os import environ", "environ", id="environ-by-name"),
    ],
)
def test_a_use_is_seen(source: str, expected: str) -> None:
    assert list(uses(source)) == [expected]


@pytest.mark.parametrize("source", ["func.now()", "time.monotonic()", "clock.now()", "os.nice(1)"])
def test_what_only_looks_like_a_use_is_not_one(source: str) -> None:
    assert list(uses(source)) == []


@pytest.mark.parametrize("folder", ["alembic", "docker"])
def test_no_package_hides_the_library_of_its_name(folder: str) -> None:
    assert (ROOT / folder).is_dir()
    assert not (ROOT / folder / "__init__.py").exists()


def test_no_file_tells_of_a_machine_or_a_registry() -> None:
    found = {
        name_of(file): words
        for file in tracked()
        if (text := text_of(file)) is not None and (words := breaches(text))
    }

    assert found == {}


def test_machines_and_registries_are_seen() -> None:
    for text in ("cd /" + "work/main", "'/" + "root/.cache'", "https://" + REGISTRIES[0]):
        assert breaches(text) != []
    for text in ("/v1/homework/x", "app/work/x", "./root/x", "https://huggingface.co"):
        assert breaches(text) == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_file_names_versions_and_digests_and_no_place(lock: str) -> None:
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()

    pins = [line for line in lines if line and not line.startswith((" ", "#"))]
    assert pins
    assert all(re.match(r"[a-z0-9-]+(\[[a-z,]+\])?==\S+ (; .+ )?\\$", line) for line in pins)
    assert sum("--hash=sha256:" in line for line in lines) >= len(pins)
    assert not any("://" in line or "file:" in line for line in lines)


def test_every_dependency_is_locked_at_a_version_it_allows() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    runtime = project["project"]["dependencies"]
    extras = project["project"]["optional-dependencies"]
    wanted = {
        "requirements.lock": runtime,
        "requirements-test.lock": [
            *runtime,
            *extras["otel"],
            *(needed for needed in extras["test"] if needed != "almanac[otel]"),
        ],
        "requirements-build.lock": project["build-system"]["requires"],
    }

    missing = [
        f"{lock}: {requirement}"
        for lock, requirements in wanted.items()
        for requirement in map(Requirement, requirements)
        if not any(
            requirement.specifier.contains(version)
            for version in locked(lock).get(canonicalize_name(requirement.name), ())
        )
    ]

    assert missing == [], "run `make lock`"


def test_extras_are_locked_with_their_names() -> None:
    """Pip takes `coverage[toml]` for pinned by nothing else once there is a newer release."""
    lines = (ROOT / "requirements-test.lock").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line.split(" ")[0]) for line in lines if re.match(r"[a-z]", line)]
    extras = {canonicalize_name(pin.name): pin.extras for pin in pins}

    wanted = [
        (pin.name, requirement)
        for pin in pins
        for requirement in map(Requirement, _requirements_of(pin.name))
        if requirement.extras and (requirement.marker is None or requirement.marker.evaluate())
    ]

    assert ("pytest-cov", {"toml"}) in [(name, needed.extras) for name, needed in wanted]
    assert [
        (name, str(needed))
        for name, needed in wanted
        if not needed.extras <= extras[canonicalize_name(needed.name)]
    ] == []


def _requirements_of(name: str) -> list[str]:
    """What an installed distribution requires; nothing if another platform has it."""
    try:
        return requires(name) or []
    except PackageNotFoundError:
        return []


def test_the_lock_files_agree() -> None:
    everything = locked("requirements-test.lock")

    for lock in ("requirements.lock", "requirements-build.lock"):
        shared = {name: v for name, v in locked(lock).items() if name in everything}
        assert shared == {name: everything[name] for name in shared}
        assert shared


def locked(lock: str) -> dict[str, set[Version]]:
    """The versions that a lock file pins, by name."""
    pins: dict[str, set[Version]] = {}
    for line in (ROOT / lock).read_text(encoding="utf-8").splitlines():
        if pin := re.match(r"([a-z0-9-]+)(?:\[[a-z,]+\])?==(\S+)", line):
            pins.setdefault(canonicalize_name(pin[1]), set()).add(Version(pin[2]))
    return pins


def test_no_python_file_is_too_long_to_be_one_thing() -> None:
    migrations = ROOT / "alembic" / "versions"  # generated, a table after the other

    lengths = {
        name_of(file): len(file.read_text(encoding="utf-8").splitlines())
        for file in python_files()
        if not file.is_relative_to(migrations)
    }

    assert "tests/test_house_rules.py" in lengths
    assert {name: n for name, n in lengths.items() if n >= LONGEST_FILE} == {}


def test_no_file_is_too_large_to_be_read() -> None:
    files = tracked()

    assert files
    assert [name_of(f) for f in files if f.stat().st_size > LARGEST_FILE_BYTES] == []


def test_every_module_opens_with_a_sentence() -> None:
    silent = []
    for file in python_files():
        source = file.read_text(encoding="utf-8")
        docstring = ast.get_docstring(ast.parse(source)) or ""
        if source and not docstring.split("\n\n", 1)[0].endswith((".", ":")):
            silent.append(name_of(file))

    assert silent == []
