"""A caller of the API on the test's database, records for it, and the command line."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.types import ASGIApp

from app.config import Settings
from app.connection import Connection
from app.domain.leaderboard import BoardKind
from app.ingest.runner import Work
from app.sources import registry
from app.store.engine import SessionFactory
from tests import api as callers
from tests.api import Api
from tests.commands import Shell
from tests.factories import (
    Record,
    SettableClock,
    Upstream,
    as_owner,
    entry,
    leaderboard,
    profile,
    snapshot,
    source_info,
    work,
)
from tests.servers import serving
from tests.sockets import Address
from tests.stores import stored
from tests.values import RACE

RACED = {
    RACE[0]: {"Alibaba/qwen-1": 10, "Meta/llama": 9, "OpenAI/gpt": 8, "loner": 1},
    RACE[1]: {"Meta/llama": 12, "Alibaba/qwen-1": 11, "loner": 9, "OpenAI/gpt": 8},
    RACE[2]: {
        "Meta/llama": 12,
        "OpenAI/gpt": 11,
        "Alibaba/qwen-2": 10,
        "Alibaba/qwen-1": 9,
        "Mistral/le-chat": 9,
        "loner": 2,
    },
}


@pytest.fixture(scope="session", autouse=True)
def _shared_loop() -> Iterator[None]:
    """What callers share ends with the tests."""
    yield
    callers.close()


@pytest.fixture
def api(sessions: SessionFactory) -> Api:
    """The service on the test's record, without a token and without a scraper."""
    return Api(sessions)


@stored()
def race(record: Record) -> None:
    """Alibaba leads for ten days, then Meta; a loner has no maker, Mistral comes late."""
    record.history(RACED)


@stored()
def told(record: Record) -> None:
    """The race on boards of two sources, one of benchmarks, and a model with a difficult name."""
    record.history(RACED)
    rows = [
        entry("gpt", 3, of=profile("OpenAI", licence="Proprietary")),
        entry("qwen-1", 2, of=profile("Alibaba", licence="Apache 2.0")),
        entry("llama", 1, of="Meta"),
        entry('=HYPERLINK("x"), y', 0, of=profile("Acme\r\nLtd")),
    ]
    record.add(snapshot("2024-07-03", rows, leaderboard("demo-other", kind=BoardKind.BENCHMARK)))
    record.add(snapshot("2024-07-25", rows))
    other = record.of(source_info("other"))
    other.add(snapshot("2024-07-03", rows, leaderboard("demo-third")))


@stored()
def licensed(record: Record) -> None:
    """Open and closed models of two makers, one of unknown licence, one by the community."""
    rows = [
        entry("closed", 9, of=profile("OpenAI", licence="Proprietary")),
        entry("open", 8, of=profile("OpenAI", licence="Apache 2.0")),
        entry("qwen", 7, of=profile("Alibaba", licence="apache-2.0")),
        entry("small", 6, of=profile("Alibaba", licence="MIT", parameters_b=7.0)),
        entry("odd", 5, of=profile("Alibaba", licence="Our Own")),
        entry("w/tuned", 10, of=profile(namespace="w", licence="mit", official=False)),
    ]
    record.add(snapshot("2024-07-01", rows))


@pytest.fixture
def clock() -> SettableClock:
    """A clock that stands still."""
    return SettableClock()


@pytest.fixture
def job(upstream: Upstream, sessions: SessionFactory, clock: SettableClock) -> Work:
    """The work on what is upstream."""
    return work(upstream, sessions, clock=clock)


@pytest.fixture
def ours(job: Work) -> Work:
    """That work in the hands of one process."""
    return as_owner(job, "far-away:1:ours")


@pytest.fixture
def theirs(job: Work) -> Work:
    """The same work in the hands of another."""
    return as_owner(job, "far-away:2:theirs")


@pytest.fixture
def upstream() -> Upstream:
    """Three editions, the source `demo`."""
    upstream = Upstream(source_info(every=timedelta(hours=6)))
    for day in ("2024-07-01", "2024-07-02", "2024-07-03"):
        upstream.publish(day, {"OpenAI/a": 10, "Meta/b": 9})
    return upstream


@pytest.fixture
def other() -> Upstream:
    """One edition, the source `other`."""
    other = Upstream(source_info("other"))
    other.publish("2024-07-01", {"OpenAI/a": 10}, board="other-text")
    return other


@pytest.fixture
def almanac(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    upstream: Upstream,
    other: Upstream,
) -> Shell:
    """A fresh directory in which the two scripted sources are all there are."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"ALMANAC_{name.upper()}", raising=False)
    monkeypatch.setattr(registry, "SOURCES", (lambda _: upstream, lambda _: other))
    return Shell(monkeypatch, capsys)


@pytest.fixture
def of(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Address]]:
    """Servers of these applications, with bounds of these seconds."""
    with ExitStack() as stack:

        def begin(
            app: ASGIApp,
            *,
            request: float = 20,
            stalled: float = 60,
            keep_alive: int | None = None,
        ) -> Address:
            monkeypatch.setattr(Connection, "request_seconds", request)
            monkeypatch.setattr(Connection, "stalled_seconds", stalled)
            return stack.enter_context(serving(app, keep_alive))

        yield begin
