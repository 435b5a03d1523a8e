"""What the benches over HTTP share: servers as they are run, `wrk`, and what is asked."""

import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import httpx2 as httpx

from app.ingest.resolution import resolve_again
from app.store.engine import SessionFactory
from app.wiring import utc_now
from tests.bench.synthetic import FIRST, Shape, build

SHAPE = Shape(5, 400, 250)
BOARD = "bench-2"
DAY = FIRST + timedelta(days=300)
POINTS = (FIRST + timedelta(days=100), FIRST + timedelta(days=199))
CONNECTIONS = 16
QUESTIONS = ("history", "standings")
IN_TURN = """
local paths, at = {}, 0
request = function()
  at = at % #paths + 1
  return wrk.format("GET", paths[at])
end
"""


class Load(NamedTuple):
    """What came of it: requests per second, latencies in milliseconds, requests that failed."""

    rate: float
    p50: float
    p99: float
    failed: int


class Asked(NamedTuple):
    """A model on the board, the path of each question about them, and all models by id and name."""

    model_name: str
    paths: dict[str, str]
    models: list[tuple[str, str]]


def can_load() -> bool:
    """Whether `wrk` is there; says so if not."""
    if shutil.which("wrk") is None:
        print("not measured: `wrk` is not installed")
        return False
    return True


def record(path: Path) -> SessionFactory:
    """A fresh SQLite file that a server has nothing to do to before it serves."""
    sessions = build(path, [SHAPE])
    resolve_again(sessions, now=utc_now())
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ANALYZE")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return sessions


def asked_of(server: str) -> Asked:
    """The questions, with a model that stands on the board."""
    standings = standings_path(DAY)
    rows = httpx.get(server + standings, timeout=60).raise_for_status().json()["data"]
    models = [(row["model"]["id"], row["model"]["name"]) for row in rows]
    model_id, name = models[0]
    return Asked(name, {"history": history_path(model_id), "standings": standings}, models)


def standings_path(day: date) -> str:
    """The question about the standings of a day."""
    return f"/v1/leaderboards/{BOARD}/standings?as_of={day}&limit=250"


def history_path(model_id: str) -> str:
    """The question about a model's history."""
    return (
        f"/v1/models/{model_id}/history?leaderboard={BOARD}&from={POINTS[0]}&to={POINTS[1]}"
        "&limit=100"
    )


def wrk(
    url: str, seconds: int, *, headers: Mapping[str, str] | None = None, script: Path | None = None
) -> Load:
    """Load a server with as many requests as it takes; a script may say which."""
    command: list[str] = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency"]
    for header in (headers or {}).items():
        command += ["-H", ": ".join(header)]
    if script is not None:
        command += ["-s", str(script)]
    said = subprocess.run([*command, url], check=True, capture_output=True, text=True).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    assert rate is not None
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    broken = re.search(r"connect (\d+), read (\d+), write (\d+), timeout (\d+)", said)
    failed = sum(int(n) for found in (refused, broken) if found for n in found.groups())
    return Load(float(rate[1]), _milliseconds(said, "50"), _milliseconds(said, "99"), failed)


def in_turn(paths: Sequence[str], script: Path) -> Path:
    """Write the script that asks for these paths one after another, again and again."""
    script.write_text(IN_TURN.replace("{}", "{" + json.dumps(list(paths)).strip("[]") + "}"))
    return script


def _milliseconds(said: str, percentile: str) -> float:
    found = re.search(rf"{percentile}%\s+([\d.]+)(us|ms|s)\b", said)
    assert found is not None
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]]


@contextmanager
def almanac(database: str, *words: str, **variables: str) -> Iterator[str]:
    """`almanac serve` on a database, with further `ALMANAC_*` variables; its address."""
    port = free_port()
    settings = {"database_url": database, "port": str(port), "log_level": "WARNING", **variables}
    environment = {f"ALMANAC_{name.upper()}": value for name, value in settings.items()}
    with running([sys.executable, "-m", "app", "serve", *words], environment, port) as address:
        yield address


@contextmanager
def running(command: Sequence[str], environment: Mapping[str, str], port: int) -> Iterator[str]:
    """A server on loopback, for as long as it is needed; its address."""
    with subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL
    ) as process:
        try:
            _wait(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise SystemExit(f"{process.args!r} ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"{process.args!r} does not listen")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
