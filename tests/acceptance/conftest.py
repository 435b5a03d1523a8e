"""The emulator of the upstreams, which serves recorded data under a clock of its own.

It stands beside the checkout and not in it: where it is missing these tests are skipped.
"""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from app.config import Settings
from app.domain.runs import RunKind
from app.ingest.backfill import run_backfill
from app.ingest.runner import run_scrape
from app.main import create_app
from app.sources.base import Endpoints
from app.wiring import assemble, utc_now
from tests.acceptance.service import Service
from tests.databases import database

SERVER = Path(__file__).parents[3] / "shared" / "upstream" / "server.py"
END_OF_DATA = "2026-11-01T00:00:00Z"
# The sources of which the emulator has a history.
RECORDED = (
    *("aider", "alpaca_eval", "bfcl", "livebench", "lmarena", "open_llm", "swe_bench", "vectara"),
)
NO_LIMITS = {"github": 0, "hf_api": 0, "hf_resolve": 0, "viewer_lag": 0}


@dataclass(frozen=True)
class Emulator:
    """A running emulator at `url`. `hub` is what to use for the Hub's own address."""

    url: str

    @property
    def hub(self) -> str:
        return f"{self.url}/huggingface.co"

    @property
    def endpoints(self) -> Endpoints:
        """This emulator as all upstreams."""
        return Endpoints(
            hf=self.hub,
            hf_token=None,
            github_api=f"{self.url}/api.github.com",
            github_raw=f"{self.url}/raw.githubusercontent.com",
            github_token=None,
        )

    def settings(self, database_url: str) -> Settings:
        """Settings by which all upstreams are this emulator."""
        return Settings(
            database_url=SecretStr(database_url),
            hf_endpoint=self.endpoints.hf,
            github_api_endpoint=self.endpoints.github_api,
            github_raw_endpoint=self.endpoints.github_raw,
        )

    def set_clock(self, now: str) -> None:
        """Publish everything up to this moment, and nothing after."""
        self._post("now", {"now": now})

    def set_faults(self, *faults: Mapping[str, object]) -> None:
        """Inject these faults instead of the ones before; none clears them."""
        self._post("faults", faults)

    def set_limits(self, **limits: int) -> None:
        """Enforce rate limits; 0 is off."""
        self._post("limits", limits)

    def counters(self) -> dict[str, Any]:
        """Requests since the last reset: total, by host, path and status."""
        with self._client() as client:
            return dict(client.get("/_control").raise_for_status().json()["counters"])

    def reset(self) -> None:
        """The end of the data, no faults, no limits, nothing counted."""
        self.set_faults()
        self.set_limits(**NO_LIMITS)
        self.set_clock(END_OF_DATA)
        self._post("reset-counters", {})

    def _post(self, what: str, content: Mapping[str, object] | Sequence[object]) -> None:
        with self._client() as client:
            client.post(f"/_control/{what}", json=content).raise_for_status()

    def _client(self) -> httpx.Client:
        """Without certificates: to load them takes ten times as long as to ask."""
        return httpx.Client(base_url=self.url, trust_env=False, verify=False)


@contextmanager
def running(now: str = END_OF_DATA) -> Iterator[Emulator]:
    """An emulator of one's own on a free port."""
    if not SERVER.exists():
        pytest.skip("needs the emulator of the upstreams, which is not beside this checkout")
    command = [sys.executable, str(SERVER), "--port", "0", "--now", now]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"http://\S+", process.stdout.readline())
            assert found is not None
            yield Emulator(found[0])
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def emulator_process() -> Iterator[Emulator]:
    """The emulator that the tests of one process share, one after the other."""
    with running() as emulator:
        yield emulator


@pytest.fixture
def emulator(emulator_process: Emulator) -> Emulator:
    """The emulator at the end of its data, without faults, for one test."""
    emulator_process.reset()
    return emulator_process


@pytest.fixture(scope="session")
def emulator_at_the_end() -> Iterator[Emulator]:
    """An emulator that stays at the end of its data; nobody moves its clock."""
    with running() as emulator:
        yield emulator


@pytest.fixture(scope="session", params=("sqlite", "postgresql"))
def service(
    request: pytest.FixtureRequest,
    emulator_at_the_end: Emulator,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Service]:
    """The whole recorded history, back-filled once for each kind of database."""
    with ExitStack() as held:
        url = f"sqlite:///{tmp_path_factory.mktemp('truth') / 'almanac.db'}"
        if request.param == "postgresql":
            server = request.getfixturevalue("postgresql_server")
            template = request.getfixturevalue("postgresql_template")
            own = held.enter_context(database(server, like=template))
            url = own.render_as_string(hide_password=False)
        yield from _filled(url, emulator_at_the_end)


def _filled(url: str, emulator: Emulator) -> Iterator[Service]:
    almanac = assemble(emulator.settings(url))
    almanac.prepare()
    reports = {work.source.info.slug: run_backfill(work) for work in almanac.works(RECORDED)}
    [without_history] = almanac.works(["hf_benchmarks"])
    run_scrape(without_history, RunKind.MANUAL)
    app = create_app(almanac.sessions, admin_token=None, run_now=None, clock=utc_now)
    with TestClient(app) as client:
        yield Service(almanac, client, reports)
    almanac.engine.dispose()
