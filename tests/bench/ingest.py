"""Back-fill of all recorded data into SQLite: entries per second, memory, bytes per entry.

Needs the emulator of the upstreams beside the checkout; says so where it is missing.

usage: python -m tests.bench.ingest
"""

import re
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import SecretStr

from app.config import Settings
from app.domain.leaderboard import Snapshot
from app.identity.curation import curation
from app.ingest.backfill import run_backfill
from app.ingest.resolution import resolve_again
from app.sources.base import Listing, Payload, Revision, Source, SourceInfo
from app.sources.http import Client
from app.store.engine import SessionFactory
from app.wiring import assemble, utc_now

EMULATOR = Path(__file__).parents[3] / "shared" / "upstream" / "server.py"


@dataclass
class Timed:
    """A source that adds up the seconds spent waiting for the upstream."""

    source: Source
    waited_seconds: float = 0.0

    @property
    def info(self) -> SourceInfo:
        """What is said of the source."""
        return self.source.info

    def current(self, client: Client, validators: Mapping[str, str]) -> Listing:
        """The newest revisions."""
        with self._waiting():
            return self.source.current(client, validators)

    def history(self, client: Client) -> Sequence[Revision]:
        """Every revision."""
        with self._waiting():
            return self.source.history(client)

    def fetch(self, client: Client, revision: Revision) -> Payload:
        """The bytes of a revision."""
        with self._waiting():
            return self.source.fetch(client, revision)

    def parse(self, payload: Payload) -> Sequence[Snapshot]:
        """What they say; not waiting but work."""
        return self.source.parse(payload)

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.waited_seconds += time.perf_counter() - began


@contextmanager
def emulator() -> Iterator[str]:
    """The emulator on a free port, at the end of its data; its address."""
    command = [sys.executable, str(EMULATOR), "--port", "0", "--now", "2026-11-01T00:00:00Z"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"http://\S+", process.stdout.readline())
            assert found is not None
            yield found.group(0)
        finally:
            process.terminate()


def main() -> None:
    """Back-fill, and print what it took."""
    if not EMULATOR.exists():
        print("ingest: the emulator of the upstreams is not here; not measured")
        return
    with emulator() as address, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "almanac.db"
        almanac = assemble(
            Settings(
                database_url=SecretStr(f"sqlite:///{path}"),
                hf_endpoint=f"{address}/huggingface.co",
            )
        )
        almanac.prepare()
        entries, seconds, waited = 0, 0.0, 0.0
        for work in almanac.works():
            timed = Timed(work.source)
            began = time.perf_counter()
            report = run_backfill(replace(work, source=timed))
            took = time.perf_counter() - began
            entries += report.counts.entries_written
            seconds += took
            waited += timed.waited_seconds
            print(
                f"ingest {work.source.info.slug}: {report.counts.entries_written:,} entries in "
                f"{took:.1f} s, of which {timed.waited_seconds:.1f} s waiting for the upstream"
            )
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"ingest: {entries / (seconds - waited):,.0f} entries per second of ingest time "
            f"(goal 40,000); peak memory {peak:.0f} MB (goal 600)"
        )
        print(f"size: {_bytes_per_entry(path, entries):.1f} bytes per entry (goal 90)")
        _resolve(almanac.sessions)
        almanac.engine.dispose()


def _resolve(sessions: SessionFactory) -> None:
    """Decide all names anew: by the same facts, without every second model, and back."""
    facts = curation()
    fewer = replace(facts, models=facts.models[::2])
    for what, curated in (("the same facts", facts), ("fewer", fewer), ("and back", facts)):
        began = time.perf_counter()
        done = resolve_again(sessions, now=utc_now(), curated=curated)
        print(
            f"resolve by {what}: {time.perf_counter() - began:.1f} s (goal 60), "
            f"{done.names_moved} names moved, {done.editions_changed} editions changed"
        )


def _bytes_per_entry(path: Path, entries: int) -> float:
    """The file without the archived payloads, indexes included, over the entries."""
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        row: tuple[int] = connection.execute("SELECT sum(length(data)) FROM payload").fetchone()
    return (path.stat().st_size - row[0]) / entries


if __name__ == "__main__":
    main()
