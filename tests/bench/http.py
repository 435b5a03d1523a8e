"""Requests per second over HTTP, beside a raw ASGI application, a newcomer's and Datasette.

usage: python -m tests.bench.http [--rounds 5] [--seconds 2] [--datasette datasette]

Needs `wrk`. Datasette is measured where it is installed. All are asked in turn in each round, and
what is printed are medians of the rounds' ratios.
"""

import argparse
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlencode

import httpx2 as httpx
from sqlalchemy import text
from sqlmodel import SQLModel, create_engine

from app.store.engine import SessionFactory, reading
from app.store.queries.boards import find_board
from app.store.queries.editions import editions_in_force
from app.store.queries.standings import blocks_of
from tests.bench.http_apps import Entry, Model, Snapshot
from tests.bench.synthetic import FIRST, Shape, build

SHAPE = Shape(5, 400, 250)
BOARD = "bench-2"
DAY = FIRST + timedelta(days=300)
POINTS = (FIRST + timedelta(days=100), FIRST + timedelta(days=199))
CONNECTIONS = 16
QUESTIONS = ("history", "standings")
SQL = {
    "history": "select e.rank, m.name, s.day, e.score, e.score_lower, e.score_upper, e.votes from "
    "plain_entry e join plain_snapshot s on s.id = e.snapshot_id join plain_model m "
    "on m.id = e.model_id where "
    f"s.board = '{BOARD}' and m.name = '{{name}}' and s.day between '{POINTS[0]}' and "
    f"'{POINTS[1]}' order by s.day",
    "standings": "select e.rank, m.name, s.day, e.score, e.score_lower, e.score_upper, e.votes "
    "from plain_entry e join plain_snapshot s on s.id = e.snapshot_id join plain_model m "
    "on m.id = e.model_id where "
    f"s.board = '{BOARD}' and s.day = '{DAY}' order by e.rank",
}


class Measured(NamedTuple):
    """A load of one kind: what asks it, and what else is sent."""

    url: str
    headers: Mapping[str, str]


class Load(NamedTuple):
    """What came of it: requests per second, and latencies in milliseconds."""

    rate: float
    p50: float
    p99: float


def main() -> None:
    """Start everything, then measure it in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--datasette", default="datasette")
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        print("not measured: `wrk` is not installed")
        return
    with tempfile.TemporaryDirectory() as name, ExitStack() as held:
        folder = Path(name)
        sessions = build(folder / "record.db", [SHAPE])
        model = _model_on(sessions)
        _newcomers(sessions, folder / "newcomer.db")
        measured = _start(held, folder, model, options.datasette)
        loads: dict[str, list[Load]] = {what: [] for what in measured}
        for _ in range(options.rounds):
            for what, one in measured.items():
                loads[what].append(_wrk(one, options.seconds))
        _report(loads)


def _start(held: ExitStack, folder: Path, model: str, datasette: str) -> dict[str, Measured]:
    """The servers, and what is asked of them by name."""
    database = {"ALMANAC_DATABASE_URL": f"sqlite:///{folder / 'record.db'}"}
    asked = {
        "history": f"/v1/models/{model}/history?leaderboard={BOARD}&from={POINTS[0]}"
        f"&to={POINTS[1]}&limit=100",
        "standings": f"/v1/leaderboards/{BOARD}/standings?as_of={DAY}&limit=250",
    }
    cached = held.enter_context(_uvicorn("app.main:from_env", database))
    uncached = held.enter_context(
        _uvicorn("app.main:from_env", {**database, "ALMANAC_CACHE_BYTES": "0"})
    )
    answers = {what: httpx.get(cached + path).raise_for_status() for what, path in asked.items()}
    for what, answer in answers.items():
        (folder / what).write_bytes(answer.content)
        print(f"{what}: {len(answer.json()['data'])} rows, {len(answer.content):,} bytes")
    (folder / "answers.json").write_text(json.dumps({f"/{what}": what for what in QUESTIONS}))
    raw = held.enter_context(_uvicorn("tests.bench.http_apps:raw", {"BENCH_ANSWERS": str(folder)}))
    newcomer = held.enter_context(
        _uvicorn(
            "tests.bench.http_apps:newcomer",
            {"BENCH_NEWCOMER": f"sqlite:///{folder / 'newcomer.db'}"},
        )
    )
    name = model.partition("--")[2]
    plain = {
        "history": {"board": BOARD, "name": name, "first": POINTS[0], "last": POINTS[1]},
        "standings": {"board": BOARD, "day": DAY},
    }
    measured = {}
    for what, path in asked.items():
        etag = {"If-None-Match": answers[what].headers["etag"]}
        measured[f"{what}, raw ASGI"] = Measured(f"{raw}/{what}", {})
        measured[f"{what}, kept"] = Measured(cached + path, {})
        measured[f"{what}, 304"] = Measured(cached + path, etag)
        measured[f"{what}, not kept"] = Measured(uncached + path, {})
        query = urlencode(plain[what])
        measured[f"{what}, newcomer"] = Measured(f"{newcomer}/{what}?{query}", {})
    if shutil.which(datasette):
        site = held.enter_context(_datasette(datasette, folder / "newcomer.db"))
        for what in QUESTIONS:
            sql = quote(SQL[what].format(name=name))
            measured[f"{what}, Datasette"] = Measured(
                f"{site}/newcomer.json?_shape=array&sql={sql}", {}
            )
    else:
        print("Datasette is not installed, and not measured")
    return measured


def _report(loads: Mapping[str, list[Load]]) -> None:
    for what, found in loads.items():
        rate = statistics.median(load.rate for load in found)
        p50, p99 = (statistics.median(load[i] for load in found) for i in (1, 2))
        print(f"{what}: {rate:,.0f} a second; p50 {p50:.1f} ms, p99 {p99:.1f} ms")
    for what in QUESTIONS:
        for one, other, goal in (
            ("kept", "raw ASGI", 0.8),
            ("304", "raw ASGI", 1.15),
            ("not kept", "Datasette", 4),
            ("not kept", "newcomer", 12),
        ):
            if f"{what}, {other}" in loads:
                pairs = zip(loads[f"{what}, {one}"], loads[f"{what}, {other}"], strict=True)
                ratio = statistics.median(a.rate / b.rate for a, b in pairs)
                print(f"{what}: {one} / {other} = {ratio:.2f} (goal {goal})")


def _wrk(one: Measured, seconds: int) -> Load:
    """Load a server with as many requests as it takes."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency"]
    for header in one.headers.items():
        command += ["-H", ": ".join(header)]
    said = subprocess.run([*command, one.url], check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in said and "If-None-Match" not in one.headers:
        raise SystemExit(f"{one.url}: {said}")
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    times = {p: _milliseconds(said, p) for p in ("50", "99")}
    assert rate is not None
    return Load(float(rate[1]), times["50"], times["99"])


def _milliseconds(said: str, percentile: str) -> float:
    found = re.search(rf"{percentile}%\s+([\d.]+)(us|ms|s)\b", said)
    assert found is not None
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]]


@contextmanager
def _uvicorn(factory: str, environment: Mapping[str, str]) -> Iterator[str]:
    port = _free_port()
    command = [sys.executable, "-m", "uvicorn", "--factory", factory, "--port", str(port)]
    with _running([*command, "--no-access-log", "--log-level", "warning"], environment, port) as at:
        yield at


@contextmanager
def _datasette(program: str, file: Path) -> Iterator[str]:
    port = _free_port()
    with _running([program, "serve", str(file), "--port", str(port)], {}, port) as at:
        yield at


@contextmanager
def _running(command: list[str], environment: Mapping[str, str], port: int) -> Iterator[str]:
    """A server on loopback, for as long as it is needed."""
    with subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL
    ) as process:
        try:
            _wait(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise SystemExit(f"{process.args!r} ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"{process.args!r} does not listen")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _newcomers(sessions: SessionFactory, file: Path) -> None:
    """The same lines in tables as a newcomer would make them."""
    engine = create_engine(f"sqlite:///{file}")
    tables = [SQLModel.metadata.tables[str(t.__tablename__)] for t in (Model, Snapshot, Entry)]
    SQLModel.metadata.create_all(engine, tables)
    with reading(sessions) as session, engine.begin() as connection:
        for number in range(1, SHAPE.models * 2 + 1):
            connection.execute(
                text("INSERT INTO plain_model (id, name) VALUES (:id, :name)"),
                {"id": number, "name": f"model-{number}"},
            )
        for board in range(1, SHAPE.boards + 1):
            editions = editions_in_force(session, find_board(session, f"bench-{board}").id)
            blocks = blocks_of(session, [edition.snapshot_id for edition in editions])
            for edition in editions:
                number, block = edition.snapshot_id, blocks[edition.snapshot_id]
                connection.exec_driver_sql(
                    "INSERT INTO plain_snapshot (id, board, day) VALUES (?, ?, ?)",
                    (number, f"bench-{board}", str(edition.edition_date)),
                )
                columns = (block.alias_id, block.rank, block.score)
                bounds = (block.score_lower, block.score_upper, block.votes)
                rows = zip(*(c.tolist() for c in (*columns, *bounds)), strict=True)
                connection.exec_driver_sql(
                    "INSERT INTO plain_entry (snapshot_id, model_id, rank, score, score_lower, "
                    "score_upper, votes) VALUES (?, ?, ?, ?, ?, ?, ?)",
                    [(number, *row) for row in rows],
                )
        connection.exec_driver_sql("ANALYZE")
    engine.dispose()


def _model_on(sessions: SessionFactory) -> str:
    """One that stands on the board."""
    with reading(sessions) as session:
        editions = editions_in_force(session, find_board(session, BOARD).id)
        block = blocks_of(session, [editions[-1].snapshot_id])[editions[-1].snapshot_id]
    return f"maker--model-{block.alias_id[0]}"


if __name__ == "__main__":
    main()
