"""The API in several processes: each answers, one that dies is replaced, all end together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
import pytest

from app.cli import DONE
from tests.commands import ROOT, Running, started
from tests.factories import Record
from tests.metrics import read

STANDINGS = "/v1/leaderboards/demo-text/standings"
SERVE = {"port": "0", "log_level": "INFO"}


@contextmanager
def paused(process: int) -> Iterator[None]:
    """While it sleeps only the others can answer."""
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def address_of(almanac: Running) -> str:
    return almanac.wait_for(r"serving on (http://127\.0\.0\.1:\d+)/v1")[1]


def worker_of(almanac: Running) -> int:
    """The next one that has begun."""
    return int(almanac.wait_for(r"Started server process \[(\d+)\]")[1])


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/v1", timeout=30).is_success
    except httpx.TransportError:
        return False


def leader(address: str) -> str:
    answer = httpx.get(address + STANDINGS, timeout=30).raise_for_status()
    name: str = answer.json()["data"][0]["model"]["name"]
    return name


def totals(address: str, workers: list[int]) -> list[tuple[float, float]]:
    """The requests of the index, and how many processes there are, as told while others sleep."""
    told = []
    for worker in workers:
        with paused(worker):
            samples = read(httpx.get(f"{address}/metrics", timeout=30).text)
        asked = sum(
            number
            for (name, labels), number in samples.items()
            if name == "almanac_requests_total" and ("operation", "get_index") in labels
        )
        told.append((asked, samples["almanac_workers", frozenset()]))
    return told


@pytest.mark.uncounted
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_snapshot_is_seen_through_every_worker_the_moment_it_lands(
    tmp_path: Path, database_url: str, record: Record
) -> None:
    record.history({"2024-07-01": {"old": 2.0, "new": 1.0}})
    with started(tmp_path, "serve", database_url=database_url, workers="2", **SERVE) as almanac:
        address = address_of(almanac)
        workers = [worker_of(almanac), worker_of(almanac)]
        leaders = []
        for _ in range(2):
            for worker in workers:
                with paused(worker):
                    leaders += [leader(address), leader(address)]
            record.history({"2024-07-02": {"old": 1.0, "new": 2.0}})
        code = almanac.end(signal.SIGINT)

    assert leaders == ["old"] * 4 + ["new"] * 4
    assert code == DONE
    assert "Traceback" not in "".join(almanac.log)


@pytest.mark.uncounted
def test_whichever_worker_is_scraped_the_totals_are_those_of_all(
    tmp_path: Path, sqlite_url: str
) -> None:
    with started(tmp_path, "serve", database_url=sqlite_url, workers="2", **SERVE) as almanac:
        address = address_of(almanac)
        workers = [worker_of(almanac), worker_of(almanac)]
        for worker in workers:
            with paused(worker):
                assert [answers(address) for _ in range(3)] == [True] * 3
        until = time.monotonic() + 30
        while (told := totals(address, workers)) != [(6, 2), (6, 2)] and time.monotonic() < until:
            time.sleep(0.3)
        os.kill(workers[0], signal.SIGKILL)
        worker_of(almanac)
        after, _ = totals(address, workers[1:])[0]
        code = almanac.end(signal.SIGTERM)

    assert told == [(6, 2), (6, 2)]
    assert after == 6
    assert code == DONE
    assert "counts requests for itself" not in "".join(almanac.log)


def test_a_worker_that_dies_is_replaced_and_all_end_when_told(
    tmp_path: Path, sqlite_url: str
) -> None:
    settings = {"database_url": sqlite_url, "rate_limit": "90/s", **SERVE}
    with started(tmp_path, "serve", "--workers", "2", **settings) as almanac:
        address = address_of(almanac)
        dies, stays = worker_of(almanac), worker_of(almanac)
        os.kill(dies, signal.SIGKILL)
        comes = worker_of(almanac)
        with paused(stays):
            does_answer = answers(address)
        code = almanac.end(signal.SIGTERM)
    log = "".join(almanac.log)

    assert len({dies, stays, comes}) == 3
    assert (does_answer, code) == (True, DONE)
    assert log.count("Finished server process") == 2
    assert "a client may make up to 2 times 90/s" in log
    assert "Traceback" not in log
    assert not answers(address)


def test_workers_do_not_outlive_the_process_that_began_them(
    tmp_path: Path, sqlite_url: str
) -> None:
    with started(tmp_path, "serve", database_url=sqlite_url, workers="2", **SERVE) as almanac:
        address = address_of(almanac)
        worker_of(almanac)
        worker_of(almanac)
        almanac.process.kill()
        until = time.monotonic() + 30
        while answers(address) and time.monotonic() < until:
            time.sleep(0.1)

        assert not answers(address)


def test_workers_that_cannot_begin_are_not_begun_again(tmp_path: Path) -> None:
    code = (
        "import socket; from app import serving; import factories\n"
        "serving.WORKER_SECONDS = 5\n"  # until a silent one is looked at
        "serving.serve_by(2, factories.application, socket.create_server(('127.0.0.1', 0)),"
        " log_level='INFO', trusted_proxies='')"
    )
    (tmp_path / "factories.py").write_text(
        "def application(_shared): raise RuntimeError('not today')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert ended.returncode == 1
    assert "not today" in ended.stderr
    assert ended.stderr.rstrip().endswith("app.errors.WorkerError: a worker could not begin")
