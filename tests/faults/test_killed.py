"""Whoever is killed, at whatever step, leaves a sound record; whoever comes next goes on."""

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.store.engine import SessionFactory, reading
from app.upkeep.checking import check_record
from tests.faults.digests import stored
from tests.faults.nursery import Death, begin, finish, nothing
from tests.faults.stores import Begin, Stores
from tests.faults.tally import KILLS, SEED, Tally

ROOT = Path(__file__).parents[2]
KINDS = [
    pytest.param(kind, marks=pytest.mark.xdist_group(f"killed-{kind}"))
    for kind in ("sqlite", "postgresql")
]
PARTS = 2


class Nursery:
    """A process that forks children to be killed."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def bear(self, sessions: SessionFactory, what: str, die_at: int | str | None) -> Death:
        """A child that does a piece of work, until it is killed."""
        with sessions() as session:
            url = session.get_bind().engine.url.render_as_string(hide_password=False)
        order = {"url": url, "what": what, "die_at": die_at}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return Death(**json.loads(self._process.stdout.readline()))


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults.nursery"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Nursery(process)
        assert process.stdin is not None
        process.stdin.close()


def faults_of(sessions: SessionFactory) -> list[object]:
    with reading(sessions) as session:
        return list(check_record(session))


class Trials:
    """What can be killed, how many steps it takes, and what it stores when it is left alone."""

    def __init__(self, stores: Stores, nursery: Nursery) -> None:
        self._stores = stores
        self._nursery = nursery
        self._known: dict[tuple[str, str, Begin], tuple[int, dict[str, str]]] = {}

    def of(self, kind: str, what: str, beginning: Begin) -> tuple[int, dict[str, str]]:
        """The number of steps, and what is stored after them."""
        key = (kind, what, beginning)
        if key not in self._known:
            with self._stores.lend(kind, beginning) as sessions:
                self._nursery.bear(sessions, what, "warm")
                whole = stored(sessions)
            with self._stores.lend(kind, beginning) as sessions:
                steps = self._nursery.bear(sessions, what, None).steps
                assert stored(sessions) == whole
            self._known[key] = (steps, whole)
        return self._known[key]


@pytest.fixture(scope="module")
def trials(stores: Stores, nursery: Nursery) -> Trials:
    return Trials(stores, nursery)


@pytest.mark.parametrize("kind", KINDS)
def test_a_scrape_killed_at_every_step_in_turn_stores_all_or_nothing(
    kind: str, stores: Stores, nursery: Nursery, trials: Trials, tally: Tally
) -> None:
    steps, whole = trials.of(kind, "scrape", begin)

    with stores.lend(kind, begin) as sessions, tally.of(f"kill -9, {kind}", faults=0, tries=0):
        before = stored(sessions)
        for number in range(steps):
            death = nursery.bear(sessions, "scrape", number)
            tally.add(f"kill -9, {kind}")
            assert death.at is not None
            found = stored(sessions)
            assert found in (before, whole), death
            if number % 16 == 0 or found == whole:
                assert faults_of(sessions) == [], death
            if found == whole:
                break
        finish("scrape", sessions)

        assert number == steps - 1
        assert stored(sessions) == whole
        assert faults_of(sessions) == []


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("kind", KINDS)
def test_who_is_killed_at_random_is_made_good_by_the_next(
    kind: str, part: int, stores: Stores, nursery: Nursery, trials: Trials, tally: Tally
) -> None:
    chance = random.Random(f"{SEED} {kind} {part}")
    left = KILLS // (PARTS * len(KINDS))
    while left > 0:
        what = chance.choice(["scrape", "backfill"])
        beginning = chance.choice([begin, nothing])
        steps, whole = trials.of(kind, what, beginning)
        with (
            stores.lend(kind, beginning) as sessions,
            tally.of(f"kill -9, {kind}", faults=0, tries=0),
        ):
            for _ in range(chance.randint(1, 4)):
                death = nursery.bear(sessions, what, chance.randrange(steps))
                if death.at is not None:
                    left -= 1
                    tally.add(f"kill -9, {kind}")
                assert faults_of(sessions) == [], (SEED, what, death)
            finish(what, sessions)

            assert stored(sessions) == whole, (SEED, what, death)
            assert faults_of(sessions) == []
