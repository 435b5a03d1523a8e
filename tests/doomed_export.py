"""An export that stops in the middle of a partition, to be killed there: a process of its own.

Called with the database's URL, the directory, and at which partition to stop.
"""

import signal
import sys
from pathlib import Path
from typing import NoReturn

from app.export.exporter import export_record
from app.store.engine import build_engine, session_factory
from tests.exports import when_entries_are_read
from tests.factories import NOW


def stop() -> NoReturn:
    """Say that we are there, and stay."""
    print("there", flush=True)  # noqa: T201 - the test waits for it
    while True:
        signal.pause()


def main() -> None:
    """Export until the place where to stop."""
    url, root, at = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    engine = build_engine(url)
    when_entries_are_read(engine, at, stop)
    export_record(session_factory(engine), root, now=NOW)


if __name__ == "__main__":
    main()
