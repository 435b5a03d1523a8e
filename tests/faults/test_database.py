"""Whatever becomes of the database, nothing is half stored, and all goes on when it is back."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError

from app.domain.runs import RunKind
from app.ingest.resolution import resolve_again
from app.ingest.runner import run_scrape
from app.store.engine import SessionFactory, build_engine, reading, session_factory
from app.store.migrate import migrate
from app.store.writes.runs import LEASE_FOR
from app.upkeep.checking import check_record
from tests.api import Api
from tests.databases import Reused, database
from tests.factories import NOW, SettableClock, Upstream, work
from tests.faults.database_faults import FAILED, FAULTS, SAYS_SO, SUCCEEDED, DatabaseFault, Ward
from tests.faults.digests import stored
from tests.faults.postgres import OwnServer, own_server
from tests.faults.stores import Stores
from tests.faults.tally import SEED, Tally
from tests.sockets import Proxy

pytestmark = pytest.mark.xdist_group("databases")
SMALL, LARGE = 6, 300
STANDINGS = "/v1/leaderboards/demo-text/standings?limit=500"


@pytest.fixture(scope="module")
def server() -> Iterator[OwnServer]:
    with own_server() as server:
        if server is None:
            pytest.skip("no PostgreSQL to be stopped: its package is not installed")
        yield server


@pytest.fixture(scope="module")
def reused(server: OwnServer) -> Iterator[Reused]:
    """A database on that server, as at first whenever it is lent."""
    with ExitStack() as held:
        template = held.enter_context(database(server.url))
        engine = build_engine(template)
        migrate(engine)
        resolve_again(session_factory(engine), now=NOW)
        begin(session_factory(engine))
        engine.dispose()
        made = Reused(server.url, template)
        held.callback(made.close)
        yield made


def upstream(editions: int) -> Upstream:
    """A small edition, and a large one: to be stored it needs further pages."""
    made = Upstream()
    for number, models in zip(range(editions), (SMALL, LARGE), strict=False):
        day = f"2024-07-{number + 1:02}"
        made.publish(day, {f"OpenAI/m{n}": float(n) for n in range(models)})
    return made


def begin(sessions: SessionFactory) -> None:
    """The first edition is stored."""
    run_scrape(work(upstream(1), sessions), RunKind.MANUAL)


@pytest.fixture
def ward(fault: DatabaseFault, stores: Stores, request: pytest.FixtureRequest) -> Iterator[Ward]:
    with ExitStack() as held:
        if fault.kind == "sqlite":
            sessions = held.enter_context(stores.lend("sqlite", begin))
            with sessions() as session:
                made = Ward(session.get_bind().engine)
        else:
            reused: Reused = request.getfixturevalue("reused")
            engine = build_engine(reused.lend())
            held.callback(engine.dispose)
            made = Ward(engine, request.getfixturevalue("server"))
        held.enter_context(made.mended)
        yield made


class Moment:
    """A step of a run at which harm is done, once."""

    def __init__(self, when: str, harm: Callable[[], None]) -> None:
        self.done = False
        self._when = when
        self._harm = harm
        self._storing = False

    def of(self, when: str) -> None:
        """Such a step is reached."""
        if when == self._when and not self.done:
            self.done = True
            self._harm()

    def executing(self, _connection: object, _cursor: object, words: str, *_rest: object) -> None:
        """A statement is about to be executed."""
        if words.startswith("INSERT INTO snapshot "):
            self._storing = True
            self.of("insert")

    def committing(self, _connection: object) -> None:
        """A transaction is about to be committed."""
        if self._storing:
            self.of("commit")


@contextmanager
def at(when: str, job: Upstream, engine: Engine, harm: Callable[[], None]) -> Iterator[None]:
    """Do harm once, at a certain step of the next run."""
    moment = Moment(when, harm)
    newest, body = job.revisions[-1]

    def fetched() -> bytes:
        moment.of("fetch")
        return body

    job.broken[newest.revision] = fetched
    event.listen(engine, "before_cursor_execute", moment.executing)
    event.listen(engine, "commit", moment.committing)
    moment.of("start")
    yield
    event.remove(engine, "before_cursor_execute", moment.executing)
    event.remove(engine, "commit", moment.committing)
    assert moment.done


def outcome_of(run: Callable[[], object]) -> str:
    """How a run ends, `says so` if by an error of the database."""
    try:
        report = run()
    except DBAPIError:
        return SAYS_SO
    return str(getattr(report, "outcome", report))


def endure(
    ward: Ward, when: str, harm: Callable[[], None], *, ends: frozenset[str], answers: int
) -> None:
    """Work while harm is done: no half of anything is stored or seen, and all goes on after it."""
    sessions = session_factory(ward.engine)
    clock = SettableClock()
    source = upstream(2)
    job = work(source, sessions, clock=clock)
    api = Api(sessions, query_seconds=5)
    before = stored(sessions)

    with at(when, source, ward.engine, harm):
        ended = outcome_of(lambda: run_scrape(job, RunKind.MANUAL))
    answer = api.ask(STANDINGS)
    alive = api.ask("/health/live")
    ward.mended.close()
    after = stored(sessions)
    seen = api.get(STANDINGS)
    clock.advance(LEASE_FOR)
    source.broken.clear()
    again = outcome_of(lambda: run_scrape(job, RunKind.MANUAL))

    assert ended in ends
    assert (answer.status_code, alive.status_code) == (answers, 200)
    whole = ended == SUCCEEDED
    assert (after == before) is not whole
    assert len(seen["data"]) == seen["meta"]["entries_total"] == (LARGE if whole else SMALL)
    assert again == ("unchanged" if whole else SUCCEEDED)
    assert len(api.get(STANDINGS)["data"]) == LARGE
    with reading(sessions) as session:
        assert list(check_record(session)) == []


@pytest.mark.parametrize(
    "fault", [pytest.param(fault, id=f"{fault.name}-{fault.kind}") for fault in FAULTS]
)
def test_a_fault_of_the_database_loses_nothing(
    fault: DatabaseFault, ward: Ward, tally: Tally
) -> None:
    with tally.of(f"database, {fault.kind}"):
        endure(ward, fault.when, lambda: fault.harm(ward), ends=fault.ends, answers=fault.answers)


@pytest.fixture
def proxied(server: OwnServer, reused: Reused) -> Iterator[tuple[Ward, Proxy]]:
    """A store at the other end of a line."""
    reused.lend()
    with closing(Proxy(server.socket)) as proxy:
        host, port = proxy.address
        engine = build_engine(reused.url.set(host=host, port=port, query={}))
        ward = Ward(engine, server)
        yield ward, proxy
        ward.mended.close()
        engine.dispose()


@pytest.mark.parametrize("when", ["fetch", "insert"])
def test_a_line_that_is_late_or_stalls_for_a_moment_harms_nothing(
    proxied: tuple[Ward, Proxy], when: str, tally: Tally
) -> None:
    ward, proxy = proxied

    def stall() -> None:
        proxy.latency_seconds = 0.002
        proxy.flows.clear()
        timer = threading.Timer(0.2, proxy.flows.set)
        timer.start()
        ward.mended.callback(timer.join)

    with tally.of("line to the database"):
        endure(ward, when, stall, ends=frozenset({SUCCEEDED}), answers=200)


@pytest.mark.parametrize("abrupt", [False, True], ids=["ended", "reset"])
@pytest.mark.parametrize("part", range(4))
def test_a_line_that_is_cut_anywhere_harms_nothing(
    *, proxied: tuple[Ward, Proxy], part: int, abrupt: bool, tally: Tally
) -> None:
    ward, proxy = proxied
    most = random.Random(f"{SEED} {part} {abrupt}").randrange(1_000, 30_000)

    def cut() -> None:
        proxy.most_bytes, proxy.abrupt = most, abrupt
        ward.engine.dispose()
        ward.mended.callback(setattr, proxy, "most_bytes", None)
        ward.mended.callback(ward.engine.dispose)

    with tally.of("line to the database"):
        endure(ward, "fetch", cut, ends=frozenset({FAILED, SAYS_SO}), answers=503)
