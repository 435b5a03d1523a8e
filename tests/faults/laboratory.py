"""A small upstream that can be made to fail on the wire, and a record that must not mind.

The names are those of the Hub, the bytes come from a server on loopback: the production client
asks `https://hub.example`, and whatever it asks for is led to that one server.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import httpx2 as httpx

from app.domain.runs import RunKind
from app.ingest.pipeline import Report
from app.ingest.runner import Work, run_scrape
from app.sources.adapters.lmarena import LMArena
from app.sources.http import Client, ClientLimits
from app.store.engine import SessionFactory, reading
from app.store.queries.boards import find_board
from app.store.queries.catalogue import Catalogue
from app.store.queries.editions import edition_in_force
from app.store.queries.sources import Run, find_source, list_runs
from tests.factories import SettableClock, Upstream, source_info, work
from tests.fakehub import FakeHub
from tests.faults.digests import stored
from tests.recordings import parquet
from tests.recordings.lmarena import ARENA
from tests.upstreams import (
    ENDPOINTS,
    HUB,
    FakeTime,
    HostileServer,
    Script,
    hostile_server,
    says,
    spoken,
)
from tests.views import standings_of

HEAD = r"hub\.example/api/datasets/[^/]+/[^/?]+\?"
TREE = r"hub\.example/api/datasets/.*/tree/"
LINK = r"hub\.example/datasets/.*/resolve/"
FILE = r"cdn-lfs\.hf\.co/"
PATH = "text/latest-00000-of-00001.parquet"
NOW = datetime(2026, 7, 20, 12, tzinfo=UTC)
CAP = 1_000_000
TRIES = 2
PATIENT = ClientLimits(timeout_seconds=10, deadline_seconds=20, max_bytes=CAP, tries=TRIES)
SHORT = replace(PATIENT, timeout_seconds=0.15, deadline_seconds=0.25)
MODELS = 12
DAY_BEFORE, DAY_AFTER = "2026-07-09", "2026-07-15"
Columns = dict[str, Sequence[Any]]


class Diverted(httpx.AsyncBaseTransport):
    """A network in which every name leads to one server on loopback; keeps what was asked.

    No connection is used twice: the server ends each, and may do so while it is asked again.
    """

    def __init__(self, server: HostileServer) -> None:
        self.asked: list[str] = []
        self._port = server.server_address[1]
        once = httpx.Limits(max_keepalive_connections=0)
        self._wire = httpx.AsyncHTTPTransport(verify=False, limits=once)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url).partition("://")[2])
        there = request.url.copy_with(scheme="http", host="127.0.0.1", port=self._port)
        led = httpx.Request("GET", there, headers=request.headers, extensions=request.extensions)
        return await self._wire.handle_async_request(led)

    async def aclose(self) -> None:
        await self._wire.aclose()


def arena(
    day: str = "2026-07-10", models: int = MODELS, **replaced: Sequence[Any] | None
) -> Columns:
    """A table of so many models; columns given replace, or, being None, remove one."""
    table: Columns = {
        "model_name": [f"model-{n:02}" for n in range(models)],
        "organization": ["openai"] * models,
        "license": ["Proprietary"] * models,
        "rating": [1500.0 - n for n in range(models)],
        "rating_lower": [1490.0 - n for n in range(models)],
        "rating_upper": [1510.0 - n for n in range(models)],
        "vote_count": [1000.0 + n for n in range(models)],
        "rank": [n + 1.0 for n in range(models)],
        "category": ["overall"] * models,
        "leaderboard_publish_date": [day] * models,
    }
    changed = {**table, **replaced}
    return {name: values for name, values in changed.items() if values is not None}


class Newest(NamedTuple):
    """An edition: its date, and the ranks of its entries in order."""

    day: str
    ranks: list[int]


@dataclass
class Laboratory:
    """One Hub, one server that speaks for it, one record with an edition, and another source."""

    sessions: SessionFactory
    server: HostileServer
    hub: FakeHub = field(default_factory=FakeHub)
    other: Upstream = field(default_factory=lambda: Upstream(source_info("other")))
    clock: SettableClock = field(default_factory=lambda: SettableClock(NOW))
    time: FakeTime = field(default_factory=FakeTime)
    harms: dict[str, Script] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    endpoint: str = HUB
    direct: bool = False
    limits: ClientLimits = PATIENT
    ended: ExitStack = field(default_factory=ExitStack)

    def serve(self, text: str) -> Script:
        """What the server does about a request: the harm at that place, or what the Hub would."""
        target = text.split(" ")[1]
        lines = text.split("\r\n")[1:]
        headers = httpx.Headers(dict(line.split(": ", 1) for line in lines if line))
        address = f"{headers['host']}{target}"
        for place, script in self.harms.items():
            if re.search(place, address):
                return script
        return says(spoken(self.hub(httpx.Request("GET", f"https://{address}", headers=headers))))

    def publish(self, table: Columns | bytes, *, at: str = "2026-07-10T08:00:00.000Z") -> None:
        """Let the Hub have a newer file."""
        body = parquet(table) if isinstance(table, Mapping) else table
        self.hub.commit(ARENA, {PATH: body, "README.md": at.encode()}, date=at)

    def harm(self, place: str, script: Script | httpx.Response) -> None:
        """From now on this happens at an address that has `place` in it."""
        self.harms[place] = says(spoken(script)) if isinstance(script, httpx.Response) else script

    def scrape(self) -> Report:
        """One run of the source that may be harmed, with the production client."""
        self.clock.advance(timedelta(hours=6))
        report = run_scrape(self._work(), RunKind.MANUAL)
        assert report is not None
        return report

    def _work(self) -> Work:
        source = LMArena(replace(ENDPOINTS, hf=self.endpoint))
        network = None if self.direct else Diverted(self.server)

        def open_client() -> Client:
            return Client(
                source=source.info.slug,
                endpoint=self.endpoint,
                user_agent="almanac/test (tests@almanac.example)",
                hosts=source.info.hosts,
                limits=self.limits,
                transport=network,
                sleep=self.time.sleep,
                monotonic=self.time.monotonic,
            )

        if network is not None:
            self.asked = network.asked
        return replace(
            work(self.other, self.sessions, clock=self.clock),
            source=source,
            open_client=open_client,
        )

    def scrape_other(self) -> Report:
        """A run of the source that nobody harms; it has always something new."""
        day = f"2026-07-{len(self.other.revisions) + 1:02}"
        self.other.publish(day, {"OpenAI/a": 10, "Meta/b": 9}, board="other-text")
        report = run_scrape(work(self.other, self.sessions, clock=self.clock), RunKind.MANUAL)
        assert report is not None
        return report

    def tries(self, place: str) -> int:
        """How often the last run asked for what is at a place."""
        if self.direct:
            return len(self.time.slept) + 1
        return sum(re.search(place, address) is not None for address in self.asked)

    def run(self) -> Run:
        """The newest run of the source that may be harmed."""
        with reading(self.sessions) as session:
            return list_runs(session, find_source(session, "lmarena").id)[0]

    def stored(self) -> dict[str, str]:
        """Digests of all that is stored, but for the log of runs."""
        return stored(self.sessions)

    def newest(self) -> Newest:
        """The edition in force of the board."""
        with reading(self.sessions) as session:
            names = Catalogue().read(session)
            board = find_board(session, "lmarena-text")
            edition = edition_in_force(session, board.id, NOW.date())
            assert edition is not None
            lines = standings_of(session, names, edition.snapshot_id)
        return Newest(str(edition.edition_date), [s.rank for s in lines])

    def heal(self) -> None:
        """End all harm, and let the Hub have a good table of a later day."""
        self.ended.close()
        self.harms.clear()
        self.endpoint, self.direct, self.limits = HUB, False, PATIENT
        self.publish(arena(DAY_AFTER), at=f"{DAY_AFTER}T08:00:00.000Z")


@contextmanager
def laboratory(sessions: SessionFactory) -> Iterator[Laboratory]:
    """A laboratory in which the first edition is published; nothing is stored yet."""
    made: list[Laboratory] = []
    with hostile_server(lambda text: made[0].serve(text)) as server:  # noqa: PLW0108 - not made yet
        made.append(Laboratory(sessions, server))
        made[0].publish(arena(DAY_BEFORE), at=f"{DAY_BEFORE}T08:00:00.000Z")
        with made[0].ended:
            yield made[0]
