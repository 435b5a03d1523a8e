"""Who asks at every step of what changes the record sees whole editions only."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from alembic import command
from sqlalchemy import Engine, event

from app.domain.runs import RunKind
from app.ingest.backfill import run_backfill
from app.ingest.runner import run_scrape
from app.store.engine import SessionFactory
from app.store.migrate import alembic_config, is_current, migrate
from tests.api import Api
from tests.curated import decide, listed, with_models
from tests.factories import Upstream, work
from tests.faults.stores import Stores
from tests.faults.tally import Tally

STANDINGS = "/v1/leaderboards/demo-text/standings"
LEAST = 6
MARK = 1000


def edition(upstream: Upstream, number: int, *, day: int | None = None) -> None:
    """Publish an edition of which every figure tells the number, and the number how many."""
    models = {f"OpenAI/m{n}": float(number * MARK + n) for n in range(LEAST + number)}
    date = f"2024-07-{day or number + 1:02}"
    upstream.publish(date, models, published_at=f"2024-07-{number + 1:02}T12:00:00Z")


def upstream_with(editions: int) -> Upstream:
    """So many editions, a day each."""
    made = Upstream()
    for number in range(editions):
        edition(made, number)
    return made


def begin(sessions: SessionFactory) -> None:
    """The first edition is stored."""
    run_scrape(work(upstream_with(1), sessions), RunKind.MANUAL)


@dataclass
class Reader:
    """Asks for the standings whenever another is about to execute a statement or to commit."""

    api: Api
    editions: Counter[tuple[int, int]] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def look(self) -> None:
        """Ask once, and find out whether the answer is of one edition and all of it."""
        answer = self.api.ask(STANDINGS)
        self.statuses[answer.status_code] += 1
        if answer.status_code == 503:
            return
        if answer.status_code != 200:
            self.wrong.append(answer.text)
            return
        body = answer.json()
        marks = {int(line["score"]) // MARK for line in body["data"]}
        ranks = [line["rank"] for line in body["data"]]
        self.editions[min(marks), len(ranks)] += 1
        whole = len(marks) == 1 and ranks == list(range(1, body["meta"]["entries_total"] + 1))
        if not whole:
            self.wrong.append(answer.text)

    @contextmanager
    def meanwhile(self, engine: Engine) -> Iterator[None]:
        """Look at every step that this thread takes."""
        writer, looking = threading.get_ident(), False

        def step(*_given: object) -> None:
            nonlocal looking
            if threading.get_ident() == writer and not looking:
                looking = True
                self.look()
                looking = False

        for name in ("before_cursor_execute", "commit"):
            event.listen(engine, name, step)
        try:
            yield
        finally:
            for name in ("before_cursor_execute", "commit"):
                event.remove(engine, name, step)
        self.look()


def ingest(sessions: SessionFactory) -> None:
    """Two editions, one after the other."""
    upstream = upstream_with(1)
    for number in (1, 2):
        edition(upstream, number)
        run_scrape(work(upstream, sessions), RunKind.MANUAL)


def restate(sessions: SessionFactory) -> None:
    """The edition in force, again and with other figures."""
    upstream = upstream_with(1)
    edition(upstream, 1, day=1)
    run_scrape(work(upstream, sessions), RunKind.MANUAL)


def fill(sessions: SessionFactory) -> None:
    """Four editions that were missing."""
    run_backfill(work(upstream_with(5), sessions))


def name_anew(sessions: SessionFactory) -> None:
    """Two names turn out to be one model's, and all below them move up."""
    decide(sessions, with_models(listed("m0", "m1", "m0")))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize(
    ("change", "editions"),
    [
        pytest.param(ingest, {(0, 6), (1, 7), (2, 8)}, id="ingest"),
        pytest.param(restate, {(0, 6), (1, 7)}, id="restatement"),
        pytest.param(fill, {(n, LEAST + n) for n in range(5)}, id="back-fill"),
        pytest.param(name_anew, {(0, 6), (0, 5)}, id="names-decided-anew"),
    ],
)
def test_a_reader_sees_whole_editions_only(
    kind: str,
    change: Callable[[SessionFactory], None],
    editions: set[tuple[int, int]],
    stores: Stores,
    tally: Tally,
) -> None:
    with stores.lend(kind, begin) as sessions, sessions() as session:
        reader = Reader(Api(sessions))

        with reader.meanwhile(session.get_bind().engine):
            change(sessions)

        with tally.of(f"readers, {kind}", tries=reader.statuses.total()):
            assert reader.wrong == []
            assert set(reader.statuses) == {200}
            assert set(reader.editions) == editions


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_reader_of_a_database_that_is_migrated_sees_whole_editions_or_is_told_to_wait(
    kind: str, stores: Stores, tally: Tally
) -> None:
    with stores.lend(kind, begin) as sessions, sessions() as session:
        engine = session.get_bind().engine
        reader = Reader(Api(sessions, query_seconds=0.2))
        with engine.connect() as connection:
            config = alembic_config()
            config.attributes["connection"] = connection
            command.downgrade(config, "-1")
            connection.commit()
        assert not is_current(engine)

        with reader.meanwhile(engine):
            migrate(engine)

        with tally.of(f"readers, {kind}", tries=reader.statuses.total()):
            assert reader.wrong == []
            assert set(reader.statuses) <= {200, 503}
            assert set(reader.editions) == {(0, 6)}
            assert is_current(engine)
