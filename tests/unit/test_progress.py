"""A back-fill as its operator sees it: lines in a log, a bar on a terminal."""

import io
import logging

import pytest
from rich.console import Console

from app.domain.runs import Counts
from app.ingest.backfill import Step
from app.progress import LOG_EVERY_SECONDS, backfill_progress
from tests.factories import revision
from tests.upstreams import FakeTime

PLANNED = 10


def step(done: int, *, failed: int = 0, entries: int = 0) -> Step:
    return Step(
        done=done,
        failed=failed,
        planned=PLANNED,
        counts=Counts(snapshots_written=done * 2, entries_written=entries),
        revision=revision(),
        error=None,
    )


@pytest.fixture
def clock() -> FakeTime:
    return FakeTime()


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, logger="app.progress")
    return caplog


def test_a_log_gets_a_line_now_and_then(clock: FakeTime, lines: pytest.LogCaptureFixture) -> None:
    with backfill_progress("demo", Console(file=io.StringIO()), monotonic=clock.monotonic) as show:
        show(step(1))
        clock.sleep(LOG_EVERY_SECONDS / 2)
        show(step(2))
        clock.sleep(LOG_EVERY_SECONDS / 2)
        show(step(3, failed=1, entries=500))
        show(step(4))

    assert lines.messages == [
        (
            "back-fill source=demo revisions=4/10 failed=1 editions=6 entries=500 "
            "entries_per_second=50 remaining_seconds=15"
        )
    ]


def test_the_last_step_is_always_told(clock: FakeTime, lines: pytest.LogCaptureFixture) -> None:
    with backfill_progress("demo", Console(file=io.StringIO()), monotonic=clock.monotonic) as show:
        clock.sleep(2)
        show(step(9, failed=1, entries=90))

    assert lines.messages == [
        (
            "back-fill source=demo revisions=10/10 failed=1 editions=18 entries=90 "
            "entries_per_second=45 remaining_seconds=0"
        )
    ]


def test_a_terminal_gets_a_bar(clock: FakeTime, lines: pytest.LogCaptureFixture) -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, color_system=None, width=120)

    with backfill_progress("demo", console, monotonic=clock.monotonic) as show:
        clock.sleep(2)
        show(step(3, failed=1, entries=9_000))

    assert "4/10 revisions 6 editions, 9000 entries 4,500 entries/s" in screen.getvalue()
    assert lines.messages == []


def test_without_a_console_it_writes_to_standard_error(
    capsys: pytest.CaptureFixture[str], lines: pytest.LogCaptureFixture
) -> None:
    with backfill_progress("demo") as show:
        show(step(10))

    assert capsys.readouterr().out == ""
    assert len(lines.messages) == 1
