"""Export to Parquet: entries per second and peak memory, of one million entries and of five.

Everything is done in processes of their own, as a peak is that of a process. One of them exports
next to nothing, so that what the entries take can be seen.

usage: python -m tests.bench.export [--entries 5000000]
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Connection

from sqlalchemy import event

from app.export.exporter import export_record
from app.store.engine import build_engine, session_factory
from tests.bench.synthetic import Shape, build

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def main() -> None:
    """Build the records, then export of each one small board, all, and all again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=5_000_000)
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        _child(*options.child)
        return
    with tempfile.TemporaryDirectory() as folder:
        for millions in sorted({1, max(1, options.entries // 1_000_000)}):
            record = Path(folder) / f"{millions}-million.db"
            _in_a_process("--child", "build", record, str(millions))
            out = Path(folder) / f"{millions}-million"
            for what, where, words in (
                ("one board of 100", f"{out}-tiny", ["bench-1"]),
                ("all", out, []),
                ("all again", out, []),
            ):
                print(f"export of {what} at {millions} million: ", end="", flush=True)
                _in_a_process("--child", "export", record, where, *words)
            size = sum(file.stat().st_size for file in out.rglob("*.parquet"))
            print(f"size: {size / millions / 1e6:.1f} bytes per entry")


def _in_a_process(*words: str | Path) -> None:
    subprocess.run([sys.executable, "-m", "tests.bench.export", *words], check=True)


def _child(what: str, record: str, *words: str) -> None:
    if what == "build":
        build(Path(record), [Shape(1, 10, 10), Shape(int(words[0]), 1000, 1000)])
        return
    _export(record, *words)


def _export(record: str, where: str, *boards: str) -> None:
    """Export in this process, and say what it took."""
    engine = build_engine(f"sqlite:///{record}")
    event.listen(engine, "connect", _without_mapping)
    sessions = session_factory(engine)
    began = time.perf_counter()
    done = export_record(sessions, Path(where), boards, now=NOW)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{done.entries_written:,} of {done.entries:,} entries written in {seconds:.2f} s, "
        f"{done.entries_written / seconds:,.0f} per second (goal 300,000); peak {peak:.0f} MB"
    )


def _without_mapping(connection: Connection, _record: object) -> None:
    """Read the file without mapping it: mapped pages would count as ours."""
    connection.execute("PRAGMA mmap_size = 0")


if __name__ == "__main__":
    main()
