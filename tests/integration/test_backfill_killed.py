"""A back-fill that is killed loses nothing that it said was stored, and the next one goes on."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.domain.runs import Outcome
from app.ingest.backfill import run_backfill
from app.ingest.runner import process_name
from app.store.engine import SessionFactory, reading
from app.store.queries.sources import list_runs
from tests.doomed_backfill import eight_editions
from tests.factories import work
from tests.views import everything, progress, stored_days

pytestmark = pytest.mark.uncounted

ROOT = Path(__file__).parents[2]


@contextmanager
def doomed(url: str, where: str, at: int) -> Iterator[None]:
    """A back-fill in a process of its own, from where it stops until it is killed."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.doomed_backfill", url, where, str(at)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"there\n"
        yield
        child.kill()


@pytest.mark.parametrize(
    ("where", "at", "stored"),
    [
        pytest.param("fetch", 0, 0, id="before-the-first-answer"),
        pytest.param("fetch", 4, 4, id="between-two-revisions"),
        pytest.param("commit", 0, 0, id="before-the-source-is-known"),
        pytest.param("commit", 1, 0, id="before-the-claim"),
        pytest.param("commit", 2, 0, id="before-the-first-commit"),
        pytest.param("commit", 5, 3, id="in-the-middle-of-a-transaction"),
        pytest.param("commit", 10, 8, id="before-it-is-noted-as-done"),
    ],
)
def test_a_killed_back_fill_goes_on(
    database_url: str, sessions: SessionFactory, where: str, at: int, stored: int
) -> None:
    job = work(eight_editions(), sessions, owner=process_name())
    with doomed(database_url, where, at):
        pass

    report = run_backfill(job)

    assert report.counts.snapshots_written == 8 - stored
    assert len(stored_days(sessions)) == 8
    assert len(everything(sessions)) == 16
    filled = progress(sessions)
    assert (filled.state, filled.done, filled.planned) == ("finished", 8, 8)


def test_what_a_killed_back_fill_had_stored_can_be_read_meanwhile(
    database_url: str, sessions: SessionFactory
) -> None:
    with doomed(database_url, "commit", 5):
        seen = (stored_days(sessions), progress(sessions).state)

    assert seen == (["2024-07-01", "2024-07-02", "2024-07-03"], "running")


def test_the_run_of_a_killed_back_fill_is_noted_as_abandoned(
    database_url: str, sessions: SessionFactory
) -> None:
    with doomed(database_url, "fetch", 2):
        pass

    run_backfill(work(eight_editions(), sessions, owner=process_name()))

    with reading(sessions) as session:
        ended = [(run.outcome, run.snapshots_written) for run in list_runs(session, 1)]
    assert ended == [(Outcome.SUCCEEDED, 6), (Outcome.ABANDONED, 2)]
