"""`docker/compose.yaml` brought to life by whatever container engine answers."""

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import httpx2 as httpx
import pytest

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker" / "compose.yaml"
SILENT = """
services:
  silent:
    image: almanac:latest
    command:
      - python
      - -c
      - import socket, time; listening = socket.create_server(("", 8099)); time.sleep(1e6)
    networks: [front, upstreams]
    tmpfs: [/data]
    stop_grace_period: 1s
    healthcheck:
      disable: true
"""
PROFILES = ("backup", "embedded")
PATIENCE = 180.0

T = TypeVar("T")


def engine() -> list[str]:
    """The words that call compose on an engine that answers; else the test is skipped."""
    if shutil.which("docker") is None:
        pytest.skip("no container engine: there is no `docker` command")
    answer = subprocess.run(["docker", "info"], capture_output=True, text=True, check=False)
    if answer.returncode:
        pytest.skip(f"no container engine answers: {answer.stderr.strip()[-200:]}")
    for words in (["docker", "compose"], ["docker-compose"]):
        with suppress(FileNotFoundError):
            if (
                subprocess.run([*words, "version"], capture_output=True, check=False).returncode
                == 0
            ):
                return words
    pytest.skip("no compose: neither `docker compose` nor `docker-compose` is there")


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def until(what: Callable[[], T | None], seconds: float = PATIENCE) -> T:
    """What it gives when it gives something at last; asked again and again."""
    deadline = time.monotonic() + seconds
    while True:
        got = what()
        if got:
            return got
        assert time.monotonic() < deadline, f"not in {seconds} seconds"
        time.sleep(0.5)


@dataclass(frozen=True, slots=True)
class Stack:
    """A compose project of its own."""

    words: list[str]
    environment: dict[str, str]
    address: str

    def compose(self, *words: str, check: bool = True) -> str:
        """What a compose command writes."""
        return self._run([*self.words, *words], check=check)

    def docker(self, *words: str, check: bool = True) -> str:
        """What a command of the engine writes."""
        return self._run(["docker", *words], check=check).strip()

    def _run(self, words: list[str], *, check: bool = True) -> str:
        done = subprocess.run(
            words, env=self.environment, capture_output=True, text=True, check=False, timeout=900
        )
        assert done.returncode == 0 or not check, f"{words}:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def containers(self, service: str) -> list[str]:
        """The containers of a service, by number."""
        return self.compose("ps", "--all", "--quiet", service).split()

    def state(self, container: str, what: str) -> str:
        """A field of the engine's record of a container."""
        return self.docker("inspect", "--format", "{{" + what + "}}", container)

    def what_is_left(self) -> list[str]:
        """The containers, networks and volumes there are of this project."""
        of_it = f"name={self.environment['COMPOSE_PROJECT_NAME']}"
        listings = (("ps", "--all"), ("network", "ls"), ("volume", "ls"))
        return [
            name
            for words in listings
            for name in self.docker(*words, "--quiet", "--filter", of_it).split()
        ]

    def is_ready(self) -> bool:
        """Whether it answers from its database."""
        with suppress(httpx.HTTPError):
            return httpx.get(f"{self.address}/v1/sources", timeout=10).status_code == 200
        return False

    def sql(self, statement: str) -> list[str]:
        """The rows of an answer of PostgreSQL, as text."""
        words = ("psql", "--username=almanac", "--dbname=almanac", "--tuples-only", "--no-align")
        written = self.compose("exec", "-T", "postgres", *words, "--command", statement)
        return written.split("\n")[:-1]


@contextmanager
def stack(folder: Path, **variables: str) -> Iterator[Stack]:
    """A project that is gone afterwards, with all its containers, networks and volumes.

    The image is built first, unless `ALMANAC_TEST_IMAGE=there` says that `almanac:latest` is there.
    `POSTGRES_IMAGE` and `PROXY_IMAGE` choose the other two, as for compose.
    """
    words = engine()
    addition = folder / "addition.yaml"
    addition.write_text(SILENT, encoding="utf-8")
    port = free_port()
    environment = {
        **os.environ,
        "COMPOSE_PROJECT_NAME": f"almanac-test-{uuid4().hex[:6]}",
        "POSTGRES_PASSWORD": uuid4().hex,
        "PROXY_PORT": str(port),
        "PROXY_SUBNET": "10.213.86.0/28",
        "EMBEDDED_PORT": str(port),
        "ALMANAC_SOURCES": "lmarena",
        "ALMANAC_FETCH_TRIES": "1",
        **variables,
    }
    files = ["--file", str(COMPOSE), "--file", str(addition)]
    made = Stack([*words, *files], environment, f"http://127.0.0.1:{port}")
    if os.environ.get("ALMANAC_TEST_IMAGE") != "there":
        made.compose("build", "migrate")
    with _health_checks():
        try:
            yield made
        finally:
            every = [word for name in PROFILES for word in ("--profile", name)]
            made.compose(*every, "down", "--volumes", "--timeout", "5", check=False)


def _is_podman() -> bool:
    version = subprocess.run(["docker", "version"], capture_output=True, text=True, check=False)
    return "Podman" in version.stdout


@contextmanager
def _health_checks() -> Iterator[None]:
    """Ask for health checks, of which podman leaves the timing to systemd."""
    host = os.environ.get("DOCKER_HOST", "")
    if not _is_podman() or not host.startswith("unix://"):
        yield
        return
    done = threading.Event()

    def ask() -> None:
        transport = httpx.HTTPTransport(uds=host.removeprefix("unix://"))
        with httpx.Client(transport=transport, base_url="http://podman", timeout=30) as podman:
            while not done.wait(2):
                with suppress(httpx.HTTPError, ValueError):
                    for container in podman.get("/v4.0.0/libpod/containers/json").json() or ():
                        podman.get(f"/v4.0.0/libpod/containers/{container['Id']}/healthcheck")

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield
    finally:
        done.set()
        asking.join()
