"""Writers beside readers, each in a process of its own and as it is run: scrapes, a back-fill."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from itertools import count

import numpy as np

from app.backfiller import NICENESS
from app.domain.runs import Outcome, RunKind
from app.ingest.backfill import run_backfill
from app.ingest.runner import Work, process_name, run_scrape
from app.store.engine import build_engine, session_factory
from app.wiring import utc_now
from tests.bench.servers import SHAPE
from tests.bench.synthetic import FIRST
from tests.factories import Upstream, source_info, work

BOARDS = range(1, SHAPE.boards + 1)
REVISIONS = 3_000  # more than are read while anybody is measured


def scrapes(url: str) -> None:
    """Scrape one day after the other of all boards, without any pause."""
    os.nice(NICENESS)
    upstream = Upstream(info=source_info("bench"))
    job = _work(url, upstream)
    print("there", flush=True)
    for number in count(SHAPE.editions):
        for board in BOARDS:
            _publish(upstream, number, board)
        report = run_scrape(job, RunKind.MANUAL)
        assert report is not None
        assert report.outcome == Outcome.SUCCEEDED, report


def back_fill(url: str) -> None:
    """Fill the years before, politely."""
    os.nice(NICENESS)
    upstream = Upstream(info=source_info("bench"))
    for number in range(1, REVISIONS // SHAPE.boards + 1):
        for board in BOARDS:
            _publish(upstream, -number, board)
    job = _work(url, upstream)
    print("there", flush=True)
    run_backfill(job, pause=lambda: time.sleep(0.05))


def _work(url: str, upstream: Upstream) -> Work:
    sessions = session_factory(build_engine(url))
    return work(upstream, sessions, clock=utc_now, owner=process_name())


def _publish(upstream: Upstream, number: int, board: int) -> None:
    day = FIRST + timedelta(days=number)
    upstream.publish(
        day, _table(abs(number) * 10 + board), document=f"{board}", board=f"bench-{board}"
    )


def _table(seed: int) -> Mapping[str, float]:
    """Half of the models, with scores to the second place."""
    random = np.random.default_rng(seed)
    names = random.choice(SHAPE.models * 2, SHAPE.models, replace=False) + 1
    scores = random.normal(1200, 100, SHAPE.models).round(2)
    return {f"model-{n}": s for n, s in zip(names.tolist(), scores.tolist(), strict=True)}


class Writer:
    """A process that writes only while it is let."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        """It is there, and waits."""
        self._process = process
        process.send_signal(signal.SIGSTOP)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """For a while."""
        self._process.send_signal(signal.SIGCONT)
        yield
        if self._process.poll() is not None:
            raise SystemExit(f"a writer ended with {self._process.returncode}")
        self._process.send_signal(signal.SIGSTOP)


@contextmanager
def writer(function: Callable[[str], None], url: str) -> Iterator[Writer]:
    """One of this module's writers on a database."""
    name = function.__name__
    code = f"import sys; from {__name__} import {name}; {name}(sys.argv[1])"
    with subprocess.Popen([sys.executable, "-c", code, url], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield Writer(process)
        finally:
            process.kill()
