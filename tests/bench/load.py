"""The service under load: with a second worker, at half of what it can, and beside writers.

usage: python -m tests.bench.load [--rounds 3] [--seconds 1] [--only workers latency writers]

Everything is asked in turn in each round, and the figures are medians of the rounds. The writers
write without end for as long as readers are measured beside them, scrapes nice as `almanac
schedule` makes them, the back-fill nice and polite as `almanac up` begins it; otherwise they sleep.
The database has its usual promises (PostgreSQL's fsync is on). Needs `wrk`.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import text

from app.ingest.resolution import resolve_again
from app.store.engine import SessionFactory, build_engine, reading, session_factory
from app.store.migrate import migrate
from app.wiring import utc_now
from tests.bench.servers import (
    BOARD,
    SHAPE,
    Load,
    almanac,
    asked_of,
    can_load,
    in_turn,
    record,
    wrk,
)
from tests.bench.synthetic import fill
from tests.bench.writers import back_fill, scrapes, writer
from tests.databases import database, server

PARTS = ("workers", "latency", "writers")


def main() -> None:
    """Measure each part that is wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    options = parser.parse_args()
    if not can_load():
        return
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "record.db"
        sessions = record(path)
        url = f"sqlite:///{path}"
        with ExitStack() as held:
            servers = _servers(held, url)
            two = held.enter_context(almanac(url, "--workers", "2", cache_bytes="0"))
            if "workers" in options.only:
                _workers(servers["not kept"], two, options.rounds, options.seconds)
            if "latency" in options.only:
                _latency(servers["not kept"], options.rounds, options.seconds)
            if "writers" in options.only:
                _writers("SQLite", url, sessions, servers, options.rounds, options.seconds)
        if "writers" in options.only:
            _writers_on_postgresql(options.rounds, options.seconds)


def _servers(held: ExitStack, url: str) -> dict[str, str]:
    return {
        "kept": held.enter_context(almanac(url)),
        "not kept": held.enter_context(almanac(url, cache_bytes="0")),
    }


def _workers(one: str, two: str, rounds: int, seconds: int) -> None:
    """Answers that are not kept, of two workers and of one."""
    for what, path in asked_of(one).paths.items():
        wrk(two + path, 1)  # until both are there
        pairs = [(wrk(one + path, seconds), wrk(two + path, seconds)) for _ in range(rounds)]
        by_one, by_two = (
            statistics.median(load.rate for load in side) for side in zip(*pairs, strict=True)
        )
        ratio = statistics.median(b.rate / a.rate for a, b in pairs)
        print(
            f"{what}, not kept: {by_one:,.0f} a second by 1 worker, {by_two:,.0f} by 2; "
            f"2 / 1 = {ratio:.2f} (goal 1.5)"
        )


def _latency(address: str, rounds: int, seconds: int) -> None:
    """How late answers come that are not kept, at half of the load that can be borne."""
    for what, path in asked_of(address).paths.items():
        times = []
        for _ in range(rounds):
            rate = wrk(address + path, seconds).rate / 2
            times.append(asyncio.run(_on_schedule(address, path, rate, 2 * seconds)))
        p50, p99 = (statistics.median(column) for column in zip(*times, strict=True))
        ratio = statistics.median(late / usual for usual, late in times)
        print(
            f"{what}, not kept, at half of the maximum: p50 {p50:.1f} ms, p99 {p99:.1f} ms; "
            f"p99 / p50 = {ratio:.1f} (goal at most 10)"
        )


async def _on_schedule(address: str, path: str, rate: float, seconds: int) -> tuple[float, float]:
    """Ask so many times a second, however long the answers take.

    Returns:
        p50 and p99 of the time from when a request was due to the end of its answer, in
        milliseconds: one that had to wait to be sent has waited too.
    """
    there = urlsplit(address)
    request = f"GET {path} HTTP/1.1\r\nHost: {there.netloc}\r\n\r\n".encode()
    idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    times: list[float] = []

    async def ask(due: float) -> None:
        reader, sending = (
            idle.pop() if idle else await asyncio.open_connection(there.hostname, there.port)
        )
        sending.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 "), head
        await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split()[0]))
        times.append((time.perf_counter() - due) * 1000)
        idle.append((reader, sending))

    began = time.perf_counter()
    async with asyncio.TaskGroup() as asking:
        for number in range(int(rate * seconds)):
            due = began + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            asking.create_task(ask(due))
    for _, sending in idle:
        sending.close()
    cuts = statistics.quantiles(times, n=100)
    return cuts[49], cuts[98]


def _writers(
    kind: str,
    url: str,
    sessions: SessionFactory,
    servers: Mapping[str, str],
    rounds: int,
    seconds: int,
) -> None:
    """Readers of some of everything, alone and beside a writer in turn."""
    paths = [*asked_of(servers["kept"]).paths.values(), f"/v1/leaderboards/{BOARD}/standings"]
    goal = " (goal 0.7)" if kind == "PostgreSQL" else ""
    with tempfile.TemporaryDirectory() as folder:
        script = in_turn(paths, Path(folder) / "mixed.lua")
        for beside, function in (("scrapes", scrapes), ("a back-fill", back_fill)):
            pairs: dict[str, list[tuple[Load, Load]]] = {which: [] for which in servers}
            stored = 0
            with writer(function, url) as other:
                for _ in range(rounds):
                    for which, address in servers.items():
                        alone = wrk(address, seconds, script=script)
                        before = _snapshots(sessions)
                        with other.writing():
                            load = wrk(address, seconds, script=script)
                        stored += _snapshots(sessions) - before
                        pairs[which].append((alone, load))
            written = stored / (rounds * seconds * len(servers))
            print(f"{kind}: {beside} stored {written:.0f} snapshots of {SHAPE.models} a second")
            for which, found in pairs.items():
                lone, shared = (statistics.median(p[i].rate for p in found) for i in (0, 1))
                ratio = statistics.median(load.rate / alone.rate for alone, load in found)
                failed = sum(load.failed for pair in found for load in pair)
                print(
                    f"{kind}, {which}: {lone:,.0f} a second alone, {shared:,.0f} beside {beside}; "
                    f"beside / alone = {ratio:.2f}{goal}; {failed} requests failed (goal 0)"
                )


def _snapshots(sessions: SessionFactory) -> int:
    with reading(sessions) as session:
        number: int = session.execute(text("SELECT count(*) FROM snapshot")).scalar_one()
        return number


def _writers_on_postgresql(rounds: int, seconds: int) -> None:
    with ExitStack() as held:
        there = held.enter_context(server(durable=True))
        if there is None:
            print("PostgreSQL is not there, and not measured")
            return
        address = held.enter_context(database(there))
        engine = build_engine(address)
        held.callback(engine.dispose)
        migrate(engine)
        sessions = session_factory(engine)
        fill(sessions, [SHAPE])
        resolve_again(sessions, now=utc_now())
        with engine.connect() as connection:
            connection.execute(text("ANALYZE"))
            connection.commit()
        url = address.render_as_string(hide_password=False)
        _writers("PostgreSQL", url, sessions, _servers(held, url), rounds, seconds)


if __name__ == "__main__":
    main()
