"""Work that ends by SIGKILL at the n-th of its steps, in children of a process that is warm.

A step is a request to the upstream, a statement about to be executed, rows on their way
to PostgreSQL, some thousand instructions of SQLite's machine, a commit, and what comes after it;
questions in a row are one, as nothing is changed between them.
The process of this module has no threads and no connection when it forks, so that a child is as
good as a process of its own and costs a hundredth of one.

It reads orders from its standard input, JSON by lines, and answers each by a line.
"""

import gc
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from typing import Any

import httpx2 as httpx
import psycopg
from sqlalchemy import Engine, event

from app.domain.runs import RunKind
from app.ingest.backfill import run_backfill
from app.ingest.runner import Work, process_name, run_scrape
from app.sources.adapters.lmarena import LMArena
from app.store.engine import SessionFactory, build_engine, session_factory
from tests.factories import SettableClock, Upstream, work
from tests.fakehub import FakeHub, client_for_hub
from tests.faults.laboratory import NOW, arena
from tests.recordings import parquet
from tests.recordings.lmarena import ARENA
from tests.upstreams import ENDPOINTS

INSTRUCTIONS = 1_000
Step = Callable[[str], None]
_names = count()


@cache
def upstream() -> FakeHub:
    """Two subsets; then a later edition, a restatement, and a subset that is new."""
    hub = FakeHub()
    for at, subset, table in (
        ("2026-07-01", "text", arena("2026-07-01", 6)),
        ("2026-07-02", "vision", arena("2026-07-02", 3)),
        ("2026-07-08", "text", arena("2026-07-08", 7)),
        ("2026-07-09", "vision", arena("2026-07-02", 4)),
        ("2026-07-10", "webdev", arena("2026-07-10", 5, organization=["meta"] * 5)),
    ):
        hub.commit(
            ARENA,
            {f"{subset}/latest-00000-of-00001.parquet": parquet(table)},
            date=f"{at}T08:00:00.000Z",
            title=f"Update {subset} for {table['leaderboard_publish_date'][0]}",
        )
    return hub


def as_of(commits: int) -> FakeHub:
    """The same upstream when it had so many commits."""
    return FakeHub(datasets={ARENA: upstream().datasets[ARENA][:commits]})


def job(hub: FakeHub, sessions: SessionFactory, owner: str) -> Work:
    """The real adapter with the real client, over a Hub that is a dictionary."""
    return replace(
        work(Upstream(), sessions, clock=SettableClock(NOW), owner=owner),
        source=LMArena(ENDPOINTS),
        open_client=lambda: client_for_hub(hub, LMArena(ENDPOINTS)),
    )


def begin(sessions: SessionFactory) -> None:
    """Store what there was at first."""
    do("scrape", as_of(2), sessions, "tests")


def nothing(_sessions: SessionFactory) -> None:
    """Begin with an empty record."""


def do(what: str, hub: FakeHub, sessions: SessionFactory, owner: str) -> None:
    """Scrape or back-fill, to the end."""
    if what == "scrape":
        run_scrape(job(hub, sessions, owner), RunKind.MANUAL)
    else:
        run_backfill(job(hub, sessions, owner))


def finish(what: str, sessions: SessionFactory) -> None:
    """Do in this process what a child has been killed at."""
    do(what, upstream(), sessions, process_name())


@contextmanager
def counted(engine: Engine, hub: FakeHub, step: Step) -> Iterator[None]:
    """Call `step` at every step."""

    def asked(request: httpx.Request) -> None:
        step(f"request {request.url.path[-30:]}")

    def connected(driver: Any, _record: object) -> None:  # noqa: ANN401 - driver callback
        if engine.dialect.name == "sqlite":
            driver.set_progress_handler(lambda: step("within a statement"), INSTRUCTIONS)
        else:
            driver.cursor_factory = _copying(step)

    only_read = False

    def executed(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        nonlocal only_read
        if not (only_read and statement.startswith("SELECT")):
            step(f"before {statement[:60]}")
        only_read = statement.startswith("SELECT")

    events: list[tuple[Any, str, Callable[..., None]]] = [
        (engine, "before_cursor_execute", executed),
        (engine, "commit", lambda _connection: step("before COMMIT")),
        (engine.pool, "reset", lambda *_: step("at the end of a transaction")),
        (engine.pool, "connect", connected),
    ]
    for target, name, listener in events:
        event.listen(target, name, listener)
    hub.watch = asked
    try:
        yield
    finally:
        hub.watch = None
        for target, name, listener in events:
            event.remove(target, name, listener)


def _copying(step: Step) -> type[psycopg.Cursor[Any]]:
    class Copying(psycopg.Cursor[Any]):
        @contextmanager
        def copy(self, statement: Any, *rest: Any, **named: Any) -> Iterator[psycopg.Copy]:  # noqa: ANN401 - as the driver's
            step(f"before {statement[:60]}")
            with super().copy(statement, *rest, **named) as copy:
                yield copy
                step(f"within {statement[:60]}")

    return Copying


@dataclass(frozen=True)
class Death:
    """Where a child was when it was killed; None when it came to its end. `steps` it had taken."""

    at: str | None
    steps: int


def _live(engine: Engine, what: str, die_at: int | None, told: int) -> None:
    """In the child: work until the step of its death."""
    steps = count()

    def step(where: str) -> None:
        number = next(steps)
        if number == die_at:
            os.write(told, json.dumps({"at": where, "steps": number}).encode())
            os.kill(os.getpid(), signal.SIGKILL)

    host = process_name().partition(":")[0]
    hub = upstream()
    with counted(engine, hub, step):
        do(what, hub, session_factory(engine), f"{host}:{os.getpid()}:{next(_names)}")
    os.write(told, json.dumps({"at": None, "steps": next(steps)}).encode())


def _bear(engine: Engine, what: str, die_at: int | None) -> bytes:
    """Fork a child, wait for its end, and give what it said."""
    hears, tells = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            engine.dispose(close=False)
            _live(engine, what, die_at, tells)
        finally:
            os._exit(0)
    os.close(tells)
    with os.fdopen(hears, "rb") as told:
        said = told.read()
    os.waitpid(child, 0)
    return said


def main() -> None:
    """Serve until the input ends."""
    gc.freeze()
    gc.disable()  # so that children share what there is
    engines: dict[str, Engine] = {}
    for line in sys.stdin:
        order = json.loads(line)
        url = order["url"]
        if url not in engines:
            engines[url] = build_engine(url)
        if order["die_at"] == "warm":  # do it here, so that all is imported and compiled
            finish(order["what"], session_factory(engines[url]))
            engines[url].dispose()
            said = b'{"at": null, "steps": 0}'
        else:
            said = _bear(engines[url], order["what"], order["die_at"])
        sys.stdout.write(said.decode() + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
