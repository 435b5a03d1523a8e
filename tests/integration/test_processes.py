"""The service as an operator runs it: it starts without any network, answers, and ends when told."""

import signal
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from app.store.engine import build_engine, session_factory
from app.store.queries.sources import list_runs
from tests.commands import Running, Shell, started
from tests.factories import NOW

NOBODY = "http://127.0.0.1:9"
OFFLINE = {
    "database_url": "sqlite:///almanac.db",
    "hf_endpoint": NOBODY,
    "fetch_tries": "1",
    "port": "0",
    "log_level": "INFO",
}
LISTENING = r"running on (http://127\.0\.0\.1:\d+)"


def get(url: str) -> tuple[int, Any]:
    answer = httpx.get(url, timeout=20)
    return answer.status_code, answer.json()


def address_of(almanac: Running) -> str:
    return almanac.wait_for(LISTENING)[1]


def test_up_starts_on_an_empty_store_without_any_network(tmp_path: Path) -> None:
    with started(tmp_path, "up", "--no-backfill", **OFFLINE) as almanac:
        almanac.wait_for(r"run source=\w+ .* outcome=failed")
        almanac.wait_for(r"run source=\w+ .* outcome=failed")
        address = address_of(almanac)
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
