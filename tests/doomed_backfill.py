"""A back-fill of eight editions that stops in the middle, to be killed there: a process of its own.

Called with the database's URL, where to stop (`fetch` or `commit`), and at which one of them.
"""

import signal
import sys
from itertools import count
from typing import NoReturn

from sqlalchemy import event

from app.ingest.backfill import run_backfill
from app.ingest.runner import process_name
from app.store.engine import build_engine, session_factory
from tests.factories import Upstream, work


def eight_editions() -> Upstream:
    """What the upstream has."""
    upstream = Upstream()
    for number in range(1, 9):
        upstream.publish(f"2024-07-{number:02}", {"OpenAI/a": 10, "Meta/b": 9 + number / 4})
    return upstream


def stop() -> NoReturn:
    """Say that we are there, and stay."""
    print("there", flush=True)  # noqa: T201 - the test waits for it
    while True:
        signal.pause()


def main() -> None:
    """Fill until the place where to stop."""
    url, where, at = sys.argv[1], sys.argv[2], int(sys.argv[3])
    upstream = eight_editions()
    sessions = session_factory(build_engine(url))
    seen = count()
    if where == "fetch":
        upstream.broken[upstream.revisions[at][0].revision] = stop
    else:
        event.listen(sessions, "before_commit", lambda _session: next(seen) == at and stop())
    run_backfill(work(upstream, sessions, owner=process_name()))


if __name__ == "__main__":
    main()
