"""The service as its operator runs it: it starts offline, answers, and ends when told."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from app import __version__
from app.cli import DONE, INTERRUPTED, NO_ADDRESS
from app.store.engine import build_engine, reading, session_factory
from app.store.queries.sources import find_source, lease_holder, list_runs
from app.store.writes.runs import SCRAPE
from app.wiring import utc_now
from tests.commands import Running, Shell, started
from tests.views import progress

NOBODY = "http://127.0.0.1:9"
OFFLINE = {
    "database_url": "sqlite:///almanac.db",
    "hf_endpoint": NOBODY,
    "sources": "open_llm,lmarena",
    "fetch_tries": "1",
    "port": "0",
    "log_level": "INFO",
}
LISTENING = r"serving on (http://127\.0\.0\.1:\d+)/v1"


@pytest.fixture
def silence() -> Iterator[socket.socket]:
    """An upstream that takes every call and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        yield server


def silent(server: socket.socket) -> dict[str, str]:
    host, port = server.getsockname()
    return {**OFFLINE, "hf_endpoint": f"http://{host}:{port}", "fetch_timeout_seconds": "600"}


def get(url: str) -> tuple[int, Any]:
    answer = httpx.get(url, timeout=20)
    return answer.status_code, answer.json()


def address_of(almanac: Running) -> str:
    return almanac.wait_for(LISTENING)[1]


def test_up_starts_on_an_empty_store_without_any_network(tmp_path: Path) -> None:
    with started(tmp_path, "up", "--no-backfill", **OFFLINE) as almanac:
        address = address_of(almanac)
        almanac.wait_for(r"run source=\w+ .* outcome=failed")
        almanac.wait_for(r"run source=\w+ .* outcome=failed")
        ready = get(f"{address}/health/ready")
        alive = get(f"{address}/health/live")
        _, sources = get(f"{address}/v1/sources")
        _, boards = get(f"{address}/v1/leaderboards")
        code = almanac.end(signal.SIGTERM)

    assert (ready[0], alive[0]) == (200, 200)
    assert boards["data"] == []
    assert [source["id"] for source in sources["data"]] == ["lmarena", "open_llm"]
    for source in sources["data"]:
        assert source["health"] == "failing"
        assert source["last_run"]["outcome"] == "failed"
        assert "no complete answer from http://127.0.0.1:9/" in source["last_run"]["error"]
    assert code == 0
    assert (tmp_path / "almanac.db").exists()


def test_up_fills_the_years_before_in_a_process_that_ends_with_it(tmp_path: Path) -> None:
    with started(tmp_path, "up", **OFFLINE) as almanac:
        address = address_of(almanac)
        almanac.wait_for("back-fill of open_llm begins")
        almanac.wait_for("back-fill of lmarena begins")
        almanac.wait_for("back-fill of open_llm, lmarena is not complete; next try in 30 seconds")
        _, sources = get(f"{address}/v1/sources")
        code = almanac.end(signal.SIGTERM)

    assert [source["backfill"]["state"] for source in sources["data"]] == ["failed", "failed"]
    assert code == DONE


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["term", "ctrl-c"])
def test_up_ends_at_once_though_an_upstream_is_silent(
    tmp_path: Path, silence: socket.socket, number: int
) -> None:
    with started(tmp_path, "up", **silent(silence)) as almanac:
        address = address_of(almanac)
        connection, _ = silence.accept()
        ready, _ = get(f"{address}/health/ready")
        code = almanac.end(number)
        connection.close()

    assert (ready, code) == (200, DONE)


def test_serve_answers_and_scrapes_nothing(tmp_path: Path, silence: socket.socket) -> None:
    with started(tmp_path, "serve", **silent(silence)) as almanac:
        status, index = get(f"{address_of(almanac)}/v1")
        code = almanac.end(signal.SIGTERM)
    silence.settimeout(0)

    assert (status, code) == (200, DONE)
    assert "leaderboards" in str(index["links"])
    with pytest.raises(BlockingIOError):
        silence.accept()


def test_schedule_scrapes_and_serves_nothing(tmp_path: Path) -> None:
    with started(tmp_path, "schedule", **OFFLINE) as almanac:
        almanac.wait_for("outcome=failed")
        almanac.wait_for("outcome=failed")
        priority = os.getpriority(os.PRIO_PROCESS, almanac.process.pid)
        code = almanac.end(signal.SIGTERM)

    assert code == DONE
    assert priority > os.getpriority(os.PRIO_PROCESS, 0)
    assert "serving on" not in "".join(almanac.log)


@pytest.mark.parametrize("command", ["schedule", "serve"])
def test_a_run_is_given_up_when_its_process_is_told_to_end(
    tmp_path: Path, silence: socket.socket, command: str
) -> None:
    settings = {**silent(silence), "sources": "lmarena", "admin_token": "s3cret"}
    with started(tmp_path, command, **settings) as almanac:
        if command == "serve":
            url = f"{address_of(almanac)}/v1/sources/lmarena/runs"
            answer = httpx.post(url, headers={"Authorization": "Bearer s3cret"}, timeout=20)
            assert answer.status_code == 202
        connection, _ = silence.accept()
        code = almanac.end(signal.SIGTERM)
        connection.close()

    engine = build_engine(f"sqlite:///{tmp_path / 'almanac.db'}")
    sessions = session_factory(engine)
    with reading(sessions) as session:
        source = find_source(session, "lmarena")
        [run] = list_runs(session, source.id)
        holder = lease_holder(session, source.id, SCRAPE, utc_now())
    engine.dispose()
    assert (code, run.outcome, run.error_kind, holder) == (DONE, "abandoned", "interrupted", None)


def test_a_back_fill_that_is_told_to_end_says_so_and_ends_with_130(
    tmp_path: Path, silence: socket.socket
) -> None:
    with started(tmp_path, "backfill", "lmarena", **silent(silence)) as almanac:
        connection, _ = silence.accept()
        code = almanac.end(signal.SIGTERM)
        connection.close()

    engine = build_engine(f"sqlite:///{tmp_path / 'almanac.db'}")
    sessions = session_factory(engine)
    with reading(sessions) as session:
        [run] = list_runs(session, find_source(session, "lmarena").id)
    state = progress(sessions).state
    engine.dispose()
    assert code == INTERRUPTED
    assert (run.outcome, run.error_kind, state) == ("failed", "interrupted", "interrupted")


@pytest.mark.parametrize("command", ["up", "serve"])
def test_an_address_that_is_taken_ends_with_5_before_anything_is_begun(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    silence: socket.socket,
    command: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    almanac = Shell(monkeypatch, capsys)
    almanac.set(**{**OFFLINE, "port": str(silence.getsockname()[1])})

    code, text = almanac(command)

    assert code == NO_ADDRESS
    assert "cannot listen on 127.0.0.1:" in text


def test_the_package_is_the_program(tmp_path: Path) -> None:
    with started(tmp_path, "--version") as almanac:
        assert almanac.process.stdout is not None
        written = almanac.process.stdout.read().decode()

    assert written == f"almanac {__version__}\n"
