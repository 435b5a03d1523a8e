"""A client generated from the API's description: it is complete, it is typed, and it works."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.store.engine import build_engine, session_factory
from tests.commands import started
from tests.description import COMMITTED
from tests.factories import Record

pytestmark = [pytest.mark.uncounted, pytest.mark.xdist_group("one generated client")]

PROGRAM = '''
"""Prints the standings of a board: place, score, model and maker's country."""

import datetime
import sys

from almanac_client import Client
from almanac_client.api.leaderboards import get_standings
from almanac_client.models import EntryOut, StandingsAnswer, UnknownOut

client = Client(base_url=sys.argv[1])
answer = get_standings.sync("demo-text", client=client, as_of=datetime.date(2024, 7, 2), limit=2)
assert isinstance(answer, StandingsAnswer)
entries: list[EntryOut] = answer.data
for entry in entries:
    rank: int = entry.rank
    score: float = entry.score
    change: int | None = entry.rank_change
    country: str | None = entry.organization.country if entry.organization else None
    print(rank, score, change, entry.model.id, country)
day: datetime.date | None = answer.meta.edition_date
print(day, answer.meta.attribution.source, answer.meta.next_cursor is not None)
unknown = get_standings.sync("demo-txt", client=client)
assert isinstance(unknown, UnknownOut)
print(unknown.status, unknown.suggestions)
'''
PRINTED = """\
1 12.0 1 meta--llama US
2 11.0 -1 alibaba--qwen-1 CN
2024-07-02 demo True
404 ['demo-text']
"""
SETTINGS = """\
post_hooks: []
content_type_overrides: {application/link-format: text/plain}
"""
LISTENING = r"serving on (http://127\.0\.0\.1:\d+)/v1"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program beside a client that was generated without a single complaint."""
    folder = tmp_path_factory.mktemp("client")
    settings = folder / "settings.yaml"
    settings.write_text(SETTINGS)
    program = folder / "standings.py"
    program.write_text(PROGRAM)
    generate = [sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning"]
    generate += ["--meta", "none", "--path", str(COMMITTED), "--config", str(settings)]
    generate += ["--output-path", str(folder / "almanac_client")]
    run(generate, folder)
    return program


def run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_is_typed_to_the_last_field(program: Path) -> None:
    told = run([sys.executable, "-m", "mypy", "--strict", "."], program.parent)

    assert told.startswith("Success: no issues found in ")


def test_it_fetches_standings(program: Path, sqlite_url: str, tmp_path: Path) -> None:
    engine = build_engine(sqlite_url)
    Record(session_factory(engine)).history(
        {
            "2024-07-01": {"Alibaba/qwen-1": 10, "Meta/llama": 9},
            "2024-07-02": {"Meta/llama": 12, "Alibaba/qwen-1": 11, "loner": 9},
        }
    )
    engine.dispose()
    with started(tmp_path, "serve", database_url=sqlite_url, port="0") as almanac:
        address = almanac.wait_for(LISTENING)[1]
        printed = run([sys.executable, program.name, address], program.parent)
        almanac.end(signal.SIGTERM)

    assert printed == PRINTED
