"""Schedulers in tests: a source to be scraped, and what came of it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from app.ingest.pipeline import Report
from app.scheduler import Scheduler
from app.store.engine import SessionFactory, reading
from app.store.queries.sources import find_source, list_runs
from tests.factories import Upstream, source_info

PATIENCE = 20.0


def upstream_of(slug: str = "demo", *, archived: bool = False) -> Upstream:
    """A source that has published once."""
    upstream = Upstream(source_info(slug, archived=archived))
    upstream.publish("2024-07-01", {"OpenAI/a": 10}, board=f"{slug}-text")
    return upstream


def outcomes(sessions: SessionFactory, slug: str = "demo") -> list[str]:
    """How the runs of a source ended, newest first."""
    with reading(sessions) as session:
        return [run.outcome for run in list_runs(session, find_source(session, slug).id)]


class Reports:
    """What a scheduler reports, to be waited for."""

    def __init__(self) -> None:
        self.all: list[Report] = []
        self._made = threading.Semaphore(0)

    def __call__(self, report: Report) -> None:
        self.all.append(report)
        self._made.release()

    def wait(self) -> Report:
        """The newest, once there is one more than was waited for."""
        assert self._made.acquire(timeout=PATIENCE)
        return self.all[-1]


@contextmanager
def running(scheduler: Scheduler) -> Iterator[None]:
    """A scheduler from its start to its end."""
    scheduler.start()
    try:
        yield
    finally:
        scheduler.stop()
