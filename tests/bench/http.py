"""Requests per second over HTTP, beside a raw ASGI application, a newcomer's and Datasette.

usage: python -m tests.bench.http [--rounds 5] [--seconds 2] [--datasette datasette]

The Almanac is run by `almanac serve`, with all its bounds; the raw application and the newcomer's
by plain uvicorn, as one would run them, without any. Needs `wrk`. Datasette is measured where it is
installed. All are asked in turn in each round, and what is printed are medians of the rounds'
ratios.
"""

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
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
from tests.bench.servers import (
    BOARD,
    DAY,
    POINTS,
    QUESTIONS,
    SHAPE,
    Load,
    almanac,
    asked_of,
    can_load,
    free_port,
    history_path,
    in_turn,
    record,
    running,
    standings_path,
    wrk,
)

SQL = {
    "history": "select e.rank, m.name, s.day, e.score, e.score_lower, e.score_upper, e.votes from "
    "plain_entry e join plain_snapshot s on s.id = e.snapshot_id join plain_model m "
    "on m.id = e.model_id where "
    f"s.board = '{BOARD}' and m.name = '{{name}}' and s.day between '{POINTS[0]}' and "
    f"'{POINTS[1]}' order by s.day",
    "standings": "select e.rank, m.name, s.day, e.score, e.score_lower, e.score_upper, e.votes "
    "from plain_entry e join plain_snapshot s on s.id = e.snapshot_id join plain_model m "
    "on m.id = e.model_id where "
    f"s.board = '{BOARD}' and s.day = '{{day}}' order by e.rank",
}


# app/decisions/0018-speed-over-http.md says which are reached.
GOALS: dict[tuple[str, str], float] = {
    ("kept", "raw ASGI"): 0.8,
    ("304", "raw ASGI"): 1.15,
    ("not kept", "Datasette"): 4,
    ("not kept", "newcomer"): 12,
}


# One after another's, more of either than are kept in memory: what is asked for the first time.
EACH = {"history": "each model's history", "standings": "each edition's standings"}
DAYS = [DAY - timedelta(days=number) for number in range(250)]


class Measured(NamedTuple):
    """A load of one kind: what asks it, what else is sent, or which script says what is asked."""

    url: str
    headers: Mapping[str, str] = {}
    script: Path | None = None


def main() -> None:
    """Start everything, then measure it in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--datasette", default="datasette")
    options = parser.parse_args()
    if not can_load():
        return
    with tempfile.TemporaryDirectory() as name, ExitStack() as held:
        folder = Path(name)
        sessions = record(folder / "record.db")
        _newcomers(sessions, folder / "newcomer.db")
        measured = _start(held, folder, options.datasette)
        loads: dict[str, list[Load]] = {what: [] for what in measured}
        for _ in range(options.rounds):
            for what, one in measured.items():
                load = wrk(one.url, options.seconds, headers=one.headers, script=one.script)
                if load.failed:
                    raise SystemExit(f"{what}: {load.failed} requests failed")
                loads[what].append(load)
        _report(loads)


def _start(held: ExitStack, folder: Path, datasette: str) -> dict[str, Measured]:
    """The servers, and what is asked of them by name."""
    database = f"sqlite:///{folder / 'record.db'}"
    cached = held.enter_context(almanac(database))
    uncached = held.enter_context(almanac(database, cache_bytes="0"))
    name, asked, models = asked_of(cached)
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
    plain: dict[str, dict[str, str]] = {
        "history": _plain_history(name),
        "standings": {"board": BOARD, "day": str(DAY)},
    }
    measured = {}
    for what, path in asked.items():
        etag = {"If-None-Match": answers[what].headers["etag"]}
        measured[f"{what}, raw ASGI"] = Measured(f"{raw}/{what}")
        measured[f"{what}, kept"] = Measured(cached + path)
        measured[f"{what}, 304"] = Measured(cached + path, etag)
        measured[f"{what}, not kept"] = Measured(uncached + path)
        query = urlencode(plain[what])
        measured[f"{what}, newcomer"] = Measured(f"{newcomer}/{what}?{query}")
    servers = {"not kept": uncached, "newcomer": newcomer}
    if shutil.which(datasette):
        servers["Datasette"] = held.enter_context(_datasette(datasette, folder / "newcomer.db"))
        for what in QUESTIONS:
            path = _asked_of_datasette(what, name=name, day=DAY)
            measured[f"{what}, Datasette"] = Measured(servers["Datasette"] + path)
    else:
        print("Datasette is not installed, and not measured")
    for (what, who), paths in _in_turn(models).items():
        if who in servers:
            script = in_turn(paths, folder / f"{what}-{who}.lua")
            measured[f"{EACH[what]}, {who}"] = Measured(servers[who], script=script)
    return measured


def _in_turn(models: Sequence[tuple[str, str]]) -> dict[tuple[str, str], list[str]]:
    """What each server is asked of all these models, and of all editions."""
    plain = [urlencode(_plain_history(name)) for _, name in models]
    return {
        ("history", "not kept"): [history_path(model_id) for model_id, _ in models],
        ("history", "newcomer"): [f"/history?{query}" for query in plain],
        ("history", "Datasette"): [
            _asked_of_datasette("history", name=name, day=DAY) for _, name in models
        ],
        ("standings", "not kept"): [standings_path(day) for day in DAYS],
        ("standings", "newcomer"): [f"/standings?board={BOARD}&day={day}" for day in DAYS],
        ("standings", "Datasette"): [
            _asked_of_datasette("standings", name="", day=day) for day in DAYS
        ],
    }


def _asked_of_datasette(what: str, *, name: str, day: date) -> str:
    sql = quote(SQL[what].format(name=name, day=day))
    return f"/newcomer.json?_shape=array&sql={sql}"


def _report(loads: Mapping[str, list[Load]]) -> None:
    for what, found in loads.items():
        rate = statistics.median(load.rate for load in found)
        p50, p99 = (statistics.median(load[i] for load in found) for i in (1, 2))
        print(f"{what}: {rate:,.0f} a second; p50 {p50:.1f} ms, p99 {p99:.1f} ms")
    for what in (*QUESTIONS, *EACH.values()):
        for (one, other), goal in GOALS.items():
            if f"{what}, {other}" in loads:
                pairs = zip(loads[f"{what}, {one}"], loads[f"{what}, {other}"], strict=True)
                ratio = statistics.median(a.rate / b.rate for a, b in pairs)
                print(f"{what}: {one} / {other} = {ratio:.2f} (goal {goal})")


def _plain_history(name: str) -> dict[str, str]:
    first, last = (str(day) for day in POINTS)
    return {"board": BOARD, "name": name, "first": first, "last": last}


@contextmanager
def _uvicorn(factory: str, environment: Mapping[str, str]) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "--factory", factory, "--port", str(port)]
    with running([*command, "--no-access-log", "--log-level", "warning"], environment, port) as at:
        yield at


@contextmanager
def _datasette(program: str, file: Path) -> Iterator[str]:
    port = free_port()
    with running([program, "serve", str(file), "--port", str(port)], {}, port) as at:
        yield at


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


if __name__ == "__main__":
    main()
