"""Two schedulers for a day of virtual time: no slot is served twice, and none is lost."""

import heapq
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

import pytest

from app.domain.runs import Outcome, RunKind
from app.errors import FetchError
from app.ingest.runner import Work, claim
from app.scheduler import SlotTrigger, slot_of, tick
from app.store.engine import SessionFactory, reading
from app.store.queries.sources import Run, find_source, list_runs
from app.store.writes.runs import LEASE_FOR
from app.upkeep.checking import check_record
from tests.factories import NOW, SettableClock, Upstream, as_owner, source_info, work
from tests.faults.stores import Stores
from tests.faults.tally import SEED, Tally

EVERY = timedelta(minutes=30)
DAY = timedelta(hours=24)
OWNERS = ("host-one:1:first", "host-two:2:second")


def nothing(_sessions: SessionFactory) -> None:
    """An empty record."""


@dataclass
class Day:
    """The strikes of two schedulers, in the order in which they come; and what befalls them.

    `chance` decides at each strike: mostly nothing, sometimes the upstream is away, the process
    dies with its claim, or it sleeps through its lease in the middle of its run while the other
    one strikes, and wakes to find itself replaced.
    """

    sessions: SessionFactory
    chance: random.Random
    clock: SettableClock = field(default_factory=SettableClock)
    befell: Counter[str] = field(default_factory=Counter)
    woken: list[Outcome] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.end = NOW + DAY
        self._numbers = count()
        self._queue: list[tuple[datetime, int, Callable[[], None]]] = []
        self.upstreams = [Upstream(source_info(slug, every=EVERY)) for slug in ("one", "two")]
        for upstream in self.upstreams:
            upstream.publish("2024-07-01", {"OpenAI/a": 1.0}, board=f"{upstream.info.slug}-text")
            for owner in OWNERS:
                self._strike_next(upstream, owner)

    def pass_by(self) -> None:
        """Let the day go by."""
        while self._queue:
            moment, _number, strike = heapq.heappop(self._queue)
            self.clock.now = max(self.clock.now, moment)
            strike()

    def _at(self, moment: datetime, what: Callable[[], None]) -> None:
        heapq.heappush(self._queue, (moment, next(self._numbers), what))

    def _strike_next(self, upstream: Upstream, owner: str) -> None:
        """Where the real trigger says; drawn from our own chance, so that a day can be repeated."""
        begin = SlotTrigger(upstream.info).get_next_fire_time(None, self.clock())
        if slot_of(upstream.info, begin) > slot_of(upstream.info, self.end):
            return
        moment = begin.replace(microsecond=0) + timedelta(seconds=self.chance.uniform(0, 30))

        def strike() -> None:
            self._strike_next(upstream, owner)
            self._look(upstream, owner)

        self._at(moment, strike)

    def _job(self, upstream: Upstream, owner: str) -> Work:
        return as_owner(work(upstream, self.sessions, clock=self.clock), owner)

    def _look(self, upstream: Upstream, owner: str) -> None:
        """As `Scheduler` does: what another holds is looked at again when that must be over."""
        job = self._job(upstream, owner)
        fate = self.chance.choices(["well", "away", "dies", "sleeps"], [70, 10, 10, 10])[0]
        if fate == "dies":
            if claim(job, RunKind.SCHEDULED, slot=slot_of(upstream.info, self.clock())):
                self.befell[fate] += 1
            self._again(upstream)
            return
        upstream.listing_fault = {"away": self._away, "sleeps": self._sleep(upstream, owner)}.get(
            fate
        )
        report = tick(job)
        upstream.listing_fault = None
        if report is None:
            self._again(upstream)
        elif fate == "sleeps":
            self.woken.append(report.outcome)

    def _again(self, upstream: Upstream) -> None:
        """Whoever lives looks again when the claim must have lapsed."""
        owner = self.chance.choice(OWNERS)
        job = self._job(upstream, owner)

        def look() -> None:
            tick(job)

        self._at(self.clock() + LEASE_FOR, look)

    def _away(self) -> None:
        self.befell["away"] += 1
        raise FetchError("demo", "503 after 4 tries", transient=True)

    def _sleep(self, upstream: Upstream, owner: str) -> Callable[[], None]:
        """In the middle of a run: nothing for longer than the lease, while the other one works."""
        (other,) = set(OWNERS) - {owner}

        def sleep() -> None:
            self.befell["sleeps"] += 1
            upstream.listing_fault = None
            self.clock.advance(LEASE_FOR + timedelta(seconds=1))
            upstream.publish(
                f"2024-07-{2 + self.befell['sleeps'] % 28:02}",
                {"OpenAI/a": float(self.befell["sleeps"])},
                published_at=self.clock(),
                board=f"{upstream.info.slug}-text",
            )
            tick(self._job(upstream, other))

        return sleep


def runs_of(sessions: SessionFactory, slug: str) -> list[Run]:
    with reading(sessions) as session:
        return list_runs(session, find_source(session, slug).id, limit=10_000)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_schedulers_serve_every_slot_of_a_day_once(
    kind: str, stores: Stores, tally: Tally
) -> None:
    with stores.lend(kind, nothing) as sessions:
        day = Day(sessions, random.Random(f"{SEED} {kind} day"))

        day.pass_by()

        for upstream in day.upstreams:
            with tally.of(f"schedulers, {kind}", faults=0, tries=48):
                served = [run.slot for run in runs_of(sessions, upstream.info.slug) if run.slot]
                before, last = (slot_of(upstream.info, moment) for moment in (NOW, day.end))
                assert sorted(served) == list(range(before + 1, last + 1))
        tally.add(f"schedulers, {kind}", faults=day.befell.total(), tries=0)
        assert set(day.woken) == {Outcome.ABANDONED}
        assert min(day.befell[fate] for fate in ("away", "dies", "sleeps")) > 0
        with reading(sessions) as session:
            assert list(check_record(session)) == []
