"""The whole of `docker/compose.yaml`, for real: killed, stopped and brought up again.

Five minutes of it are a claim that has to lapse. Skipped, saying why, where no engine answers.
"""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from app.domain.runs import RunKind
from app.ingest.resolution import resolve_again
from app.ingest.runner import run_scrape
from app.store.engine import build_engine, session_factory
from app.store.migrate import migrate
from app.upkeep.backup import put_by
from app.wiring import utc_now
from tests.containers.stack import Stack, engine, stack, until
from tests.factories import Upstream, work

pytestmark = [pytest.mark.containers, pytest.mark.uncounted]

TOKEN = "s3cret"
STANDINGS = "/v1/leaderboards/demo-text/standings?as_of=2024-07-02&limit=200"
RUNS = "/v1/sources/lmarena/runs"
LIVES = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:8000/health/live').status)"
SERVERS = ("api-1", "api-2", "proxy", "postgres")


def record(folder: Path) -> Path:
    """A backup of a small record, made without any container."""
    built = build_engine(f"sqlite:///{folder / 'small.db'}")
    migrate(built)
    sessions = session_factory(built)
    resolve_again(sessions, now=utc_now())
    upstream = Upstream()
    for day in ("2024-07-01", "2024-07-02"):
        upstream.publish(day, {f"OpenAI/m{n}": 1000 + n for n in range(150)})
    run_scrape(work(upstream, sessions, clock=utc_now), RunKind.MANUAL)
    file = folder / "record.db"
    put_by(built, file, now=utc_now())
    built.dispose()
    file.chmod(0o444)
    return file


@dataclass
class Reader:
    """Asks the same over and over, and notes what it got."""

    url: str
    wrong: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    right: int = 0
    _done: threading.Event = field(default_factory=threading.Event)

    def read(self, expected: object) -> None:
        with httpx.Client(timeout=20) as client:
            while not self._done.is_set():
                try:
                    answer = client.get(self.url)
                except httpx.HTTPError as error:
                    self.errors.append(repr(error))
                    continue
                if answer.status_code != 200:
                    self.errors.append(f"{answer.status_code} {answer.text}")
                elif answer.json()["data"] != expected:
                    self.wrong.append(answer.text)
                else:
                    self.right += 1

    @contextmanager
    def reading(self, expected: object) -> Iterator["Reader"]:
        threads = [threading.Thread(target=self.read, args=(expected,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._done.set()
            for thread in threads:
                thread.join()


def ask(stood: Stack, path: str, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.get(stood.address + path, headers=named, timeout=30)


def data(stood: Stack, path: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    answer = ask(stood, path)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def running(stood: Stack) -> list[str]:
    """The hosts on which runs are under way: the first twelve digits of a container's name."""
    return [row[:12] for row in stood.sql("select owner from run where outcome = 'running'")]


def is_confined(stood: Stack, service: str) -> None:
    [container, *_] = stood.containers(service)
    status = stood.docker("exec", container, "cat", "/proc/1/status")
    facts = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    allowed = "0000000000000400" if service == "proxy" else "0" * 16
    assert facts["NoNewPrivs"] == "1"
    assert facts["CapBnd"] == allowed
    assert facts["Uid"].split()[0] != "0"
    assert stood.state(container, ".HostConfig.ReadonlyRootfs") == "true"


def comes_up_with_a_restored_record(stood: Stack, folder: Path) -> object:
    file = record(folder)
    bind = f"{file}:/tmp/record.db:ro"
    stood.compose("run", "--rm", "-T", "-v", bind, "backup", "almanac", "restore", "/tmp/record.db")
    stood.compose("up", "--detach", "--no-build")
    until(stood.is_ready)
    for service in (*SERVERS, "scheduler"):
        is_confined(stood, service)
    assert len(stood.containers("scheduler")) == 2
    assert stood.containers("embedded") == []
    expected = data(stood, STANDINGS)
    assert len(expected) == 150
    return expected


def the_working_scheduler_dies(stood: Stack) -> str:
    [host] = until(lambda: running(stood))
    stood.docker("kill", "--signal", "KILL", host)
    assert stood.state(host, ".State.ExitCode") == "137"
    return host


def the_proxy_keeps_its_word(stood: Stack) -> None:
    whole, small = ask(stood, STANDINGS, accept_encoding="identity"), ask(stood, STANDINGS)
    tag = small.headers["etag"]
    again = ask(stood, STANDINGS, if_none_match=tag)
    table = ask(stood, f"{STANDINGS}&format=csv", accept_encoding="gzip")

    assert small.headers["content-encoding"] in {"gzip", "zstd"}
    assert "content-encoding" not in whole.headers
    assert whole.json() == small.json()
    assert (whole.headers["etag"], tag[:3]) == (tag, 'W/"')
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert whole.headers["cache-control"] == again.headers["cache-control"]
    assert table.headers["content-encoding"] == "gzip"
    assert ask(stood, "/metrics").status_code == 404
    left = [share_left(stood, f"203.0.113.{n}") for n in range(6)]
    assert 4 <= left[0] - left[-1] <= 5  # one client, whichever replica answers


def share_left(stood: Stack, forged: str) -> int:
    """How many requests a caller has left who says that it asks for somebody else."""
    header = ask(stood, "/v1", x_forwarded_for=forged).headers["ratelimit"]
    found = re.search(r"r=(\d+)", header)
    assert found is not None, header
    return int(found[1])


def a_replica_dies(stood: Stack, service: str, expected: object) -> None:
    with Reader(stood.address + STANDINGS).reading(expected) as reader:
        until(lambda: reader.right > 20)
        [container] = stood.containers(service)
        stood.docker("kill", "--signal", "KILL", container)
        before = reader.right
        until(lambda: reader.right > before + 100)
        stood.docker("start", container)
        before = reader.right
        until(lambda: reader.right > before + 100)
    assert reader.wrong == []
    assert len(reader.errors) <= 2, reader.errors  # those that were being answered, at the most
    until(lambda: stood.docker("exec", container, "python", "-c", LIVES, check=False))
    time.sleep(7)  # by then the proxy has asked it, too


def a_backup_is_written(stood: Stack) -> None:
    written = stood.compose("run", "--rm", "-T", "backup")
    listed = stood.compose("run", "--rm", "-T", "backup", "ls", "/data")
    assert written.startswith("/data/almanac-")
    assert listed.split() == [written.split(":")[0].removeprefix("/data/")]


def a_migration_has_the_disk(stood: Stack) -> None:
    place = "import subprocess as s, tempfile as t; s.run(['stat', '-fc', '%T', t.gettempdir()])"
    written = stood.compose("run", "--rm", "-T", "migrate", "python", "-c", place)
    assert written.strip() not in {"", "tmpfs"}


def is_sound(stood: Stack, service: str) -> None:
    stood.compose("exec", "-T", service, "almanac", "check")


def the_other_takes_over(stood: Stack, dead: str) -> None:
    [host] = until(lambda: [h for h in running(stood) if h != dead], 700)
    assert host in {name[:12] for name in stood.containers("scheduler")}
    until(lambda: not running(stood))
    newest, before = data(stood, RUNS)[:2]
    assert (before["outcome"], before["error_kind"]) == ("abandoned", "abandoned")
    assert newest["outcome"] == "failed"


def stops_and_comes_back(stood: Stack, dead: str, expected: object) -> None:
    operator = {"Authorization": f"Bearer {TOKEN}"}
    answer = httpx.post(stood.address + RUNS, headers=operator, timeout=30)
    assert answer.status_code == 202, answer.text
    until(lambda: running(stood))
    before = stood.sql("select count(*) from run")

    stopped = [c for name in (*SERVERS, "scheduler") for c in stood.containers(name)]
    stood.compose("stop")
    codes = [stood.state(c, ".State.ExitCode") for c in stopped if not c.startswith(dead)]
    stood.compose("down")
    stood.compose("up", "--detach", "--no-build")
    until(stood.is_ready)

    assert set(codes) == {"0"}
    assert stood.sql("select count(*) from run where error_kind = 'interrupted'") == ["1"]
    assert stood.sql("select count(*) from run") >= before
    assert data(stood, STANDINGS) == expected


def test_the_stack_lives_through_deaths_stops_and_starts(tmp_path: Path) -> None:
    variables = {
        "ALMANAC_HF_ENDPOINT": "http://silent:8099",
        "ALMANAC_FETCH_TIMEOUT_SECONDS": "90",
        "ALMANAC_RATE_LIMIT": "1/m burst 500000",
        "ALMANAC_ADMIN_TOKEN": TOKEN,
    }
    with stack(tmp_path, **variables) as stood:
        expected = comes_up_with_a_restored_record(stood, tmp_path)
        dead = the_working_scheduler_dies(stood)
        the_proxy_keeps_its_word(stood)
        a_replica_dies(stood, "api-1", expected)
        a_replica_dies(stood, "api-2", expected)
        a_backup_is_written(stood)
        a_migration_has_the_disk(stood)
        the_other_takes_over(stood, dead)
        is_sound(stood, "api-1")
        stops_and_comes_back(stood, dead, expected)
        is_sound(stood, "api-2")
        assert len(stood.what_is_left()) > len(SERVERS)
    assert stood.what_is_left() == []


def test_one_container_lives_through_a_kill(tmp_path: Path) -> None:
    with stack(tmp_path, ALMANAC_HF_ENDPOINT="http://127.0.0.1:9") as stood:
        stood.compose("up", "--detach", "--no-build", "embedded")
        until(stood.is_ready)
        until(lambda: [run for run in data(stood, RUNS) if run["outcome"] == "failed"])
        before = data(stood, RUNS)
        [container] = stood.containers("embedded")
        others = [name for name in SERVERS if stood.containers(name)]

        stood.docker("kill", "--signal", "KILL", container)
        stood.docker("start", container)
        until(stood.is_ready)
        after = data(stood, RUNS)
        is_sound(stood, "embedded")
        stood.compose("stop", "embedded")
        code = stood.state(container, ".State.ExitCode")

    assert others == []
    assert [run["id"] for run in before] == [run["id"] for run in after][-len(before) :]
    assert code == "0"


def test_an_engine_that_does_not_answer_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/at/all.sock")

    with pytest.raises(pytest.skip.Exception, match="no container engine"):
        engine()
