"""A back-fill as the operator sees it: a bar on a terminal, lines in a log."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from app.ingest.backfill import Step

log = logging.getLogger(__name__)

LOG_EVERY_SECONDS = 10.0


@contextmanager
def backfill_progress(
    source: str,
    console: Console | None = None,
    *,
    monotonic: Callable[[], float] = time.monotonic,
) -> Iterator[Callable[[Step], None]]:
    """What to call after every revision. Shows the rate, what is left, editions and entries."""
    console = console or Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(source, monotonic)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("revisions"),
        TextColumn("{task.fields[editions]} editions, {task.fields[entries]} entries"),
        TextColumn("{task.fields[rate]} entries/s"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(source, total=None, editions=0, entries=0, rate="0")
        started = monotonic()

        def show(step: Step) -> None:
            seconds = max(monotonic() - started, 0.001)
            progress.update(
                task,
                total=step.planned,
                completed=step.done + step.failed,
                editions=step.counts.snapshots_written,
                entries=step.counts.entries_written,
                rate=f"{step.counts.entries_written / seconds:,.0f}",
            )

        yield show


class _Lines:
    """A line now and then, and one at the end."""

    def __init__(self, source: str, monotonic: Callable[[], float]) -> None:
        self._source = source
        self._monotonic = monotonic
        self._started = self._last = monotonic()

    def __call__(self, step: Step) -> None:
        now = self._monotonic()
        done = step.done + step.failed
        if now - self._last < LOG_EVERY_SECONDS and done < step.planned:
            return
        self._last = now
        rate = step.counts.entries_written / max(now - self._started, 0.001)
        remaining = (now - self._started) / done * (step.planned - done)
        log.info(
            "back-fill source=%s revisions=%d/%d failed=%d editions=%d entries=%d "
            "entries_per_second=%.0f remaining_seconds=%.0f",
            self._source,
            done,
            step.planned,
            step.failed,
            step.counts.snapshots_written,
            step.counts.entries_written,
            rate,
            remaining,
        )
