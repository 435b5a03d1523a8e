"""What the database gave up for the sake of others is done again, once."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import pytest
from sqlalchemy import Engine, event, select, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from app.domain.keys import new_secret
from app.domain.quotas import quota_of
from app.domain.runs import Outcome, RunKind
from app.ingest.backfill import run_backfill
from app.ingest.runner import claim, run_scrape
from app.store import engine as engines
from app.store.bulk import insert_rows, lock_writers
from app.store.engine import (
    TRIES,
    SessionFactory,
    build_engine,
    reading,
    session_factory,
    waiting_readers,
    write,
)
from app.store.queries.keys import list_keys
from app.store.queries.sources import find_source, list_runs
from app.store.tables import RUN, VERSION
from app.store.writes.buckets import BucketTable
from app.store.writes.keys import add_key
from app.upkeep.checking import check_record
from tests.curated import PLAIN, decide
from tests.factories import NOW, SettableClock, Upstream, work
from tests.views import everything, progress, runs, stored_days

END = text("SELECT pg_terminate_backend(pg_backend_pid())")
SERIALIZATION, DEADLOCK = "40001", "40P01"


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between tries no time passes."""
    monkeypatch.setattr(engines, "_BETWEEN_TRIES", lambda _state: 0.0)


@pytest.fixture
def postgresql(postgresql_url: str) -> Iterator[Engine]:
    engine = build_engine(postgresql_url)
    yield engine
    engine.dispose()


def give_up(engine: Engine, table: str, *, times: int, state: str) -> None:
    """Let PostgreSQL fail the first writes to a table; sequences do not go back."""
    with engine.begin() as connection:
        connection.execute(text("CREATE SEQUENCE failing"))
        connection.execute(
            text(
                "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                f" IF nextval('failing') <= {times} THEN"
                f" RAISE EXCEPTION 'for the sake of others' USING ERRCODE = '{state}'; END IF;"
                " RETURN NULL; END $$"
            )
        )
        connection.execute(
            text(
                f"CREATE TRIGGER fail AFTER INSERT OR UPDATE ON {table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION fail()"
            )
        )


@dataclass
class Unit:
    """Work that is counted; `at` says what happens in it."""

    at: Callable[[Session], None] = lambda _session: None
    tries: int = 0
    undone: int = 0

    def __call__(self, session: Session) -> int:
        self.tries += 1
        session.execute(VERSION.insert().values(subject=f"try {self.tries}", value=self.tries))
        self.at(session)
        return self.tries

    def undo(self) -> None:
        self.undone += 1


def stored(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(
            connection.scalars(
                select(VERSION.c.subject).where(VERSION.c.subject.like("try %")).order_by("subject")
            )
        )


def test_two_who_cross_each_other_both_come_through(postgresql: Engine) -> None:
    sessions = session_factory(postgresql)
    with postgresql.begin() as connection:
        connection.execute(VERSION.insert(), [{"subject": s, "value": 0} for s in ("a", "b")])
    both = threading.Barrier(2)
    tries: list[str] = []

    def cross(first: str, second: str) -> None:
        def unit(session: Session) -> None:
            tries.append(first)
            for number, subject in enumerate((first, second)):
                session.execute(
                    VERSION.update()
                    .where(VERSION.c.subject == subject)
                    .values(value=VERSION.c.value + 1)
                )
                if number == 0 and tries.count(first) == 1:
                    both.wait(10)

        write(sessions, unit)

    with ThreadPoolExecutor(2) as pool:
        for crossing in [pool.submit(cross, "a", "b"), pool.submit(cross, "b", "a")]:
            crossing.result()

    with postgresql.connect() as connection:
        values = connection.scalars(
            select(VERSION.c.value).where(VERSION.c.subject.in_(["a", "b"]))
        ).all()
    assert list(values) == [2, 2]
    assert sorted(map(tries.count, "ab")) == [1, 2]


def test_what_cannot_be_serialized_is_done_again_on_what_is_there_now(postgresql: Engine) -> None:
    strict = session_factory(postgresql.execution_options(isolation_level="SERIALIZABLE"))
    with postgresql.begin() as connection:
        connection.execute(VERSION.insert().values(subject="shared", value=1))
    shared = VERSION.c.subject == "shared"
    seen: list[int] = []

    def double(session: Session) -> int:
        value: int = session.scalars(select(VERSION.c.value).where(shared)).one()
        seen.append(value)
        if len(seen) == 1:
            with postgresql.begin() as other:
                other.execute(VERSION.update().where(shared).values(value=10))
        session.execute(VERSION.update().where(shared).values(value=value * 2))
        return value * 2

    assert write(strict, double) == 20
    assert seen == [1, 10]


@pytest.mark.parametrize("state", [SERIALIZATION, DEADLOCK])
def test_tries_have_an_end(
    postgresql: Engine, state: str, caplog: pytest.LogCaptureFixture
) -> None:
    give_up(postgresql, "version", times=100, state=state)
    unit = Unit()

    with pytest.raises(DBAPIError, match="for the sake of others"):
        write(session_factory(postgresql), unit, undo=unit.undo)

    assert (unit.tries, unit.undone) == (TRIES, TRIES)
    assert stored(postgresql) == []
    assert caplog.text.count("stored nothing, trying again: ") == TRIES - 1


def test_other_errors_are_not_tried_again(sessions: SessionFactory, engine: Engine) -> None:
    unit = Unit(lambda session: session.execute(text("SELECT * FROM nowhere")))  # type: ignore[arg-type]

    with pytest.raises(DBAPIError, match="nowhere"):
        write(sessions, unit, undo=unit.undo)

    assert (unit.tries, unit.undone) == (1, 1)
    assert stored(engine) == []


@pytest.mark.parametrize("lost_in", ["a statement", "COPY"])
def test_a_connection_that_is_lost_before_the_end_stored_nothing(
    postgresql: Engine, lost_in: str
) -> None:
    def lose(session: Session) -> None:
        if unit.tries > 1:
            return
        if lost_in == "COPY":
            own = session.scalar(text("SELECT pg_backend_pid()"))
            with postgresql.connect() as other:
                other.execute(text("SELECT pg_terminate_backend(:own, 5000)"), {"own": own})
            insert_rows(session, VERSION, ("subject", "value"), [("lost", 1)])
        session.execute(END)

    unit = Unit(lose)

    assert write(session_factory(postgresql), unit, undo=unit.undo) == 2
    assert unit.undone == 1
    assert stored(postgresql) == ["try 2"]


def test_a_connection_that_is_lost_at_the_end_is_the_callers_matter(postgresql: Engine) -> None:
    def lose(session: Session) -> None:
        own = session.scalar(text("SELECT pg_backend_pid()"))
        with postgresql.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:own, 5000)"), {"own": own})

    unit = Unit(lose)

    with pytest.raises(OperationalError):
        write(session_factory(postgresql), unit, undo=unit.undo)

    assert (unit.tries, unit.undone) == (1, 1)
    assert stored(postgresql) == []


def test_where_each_statement_is_alone_what_failed_is_done_again(postgresql: Engine) -> None:
    alone = session_factory(postgresql.execution_options(isolation_level="AUTOCOMMIT"))
    give_up(postgresql, "version", times=1, state=SERIALIZATION)
    unit = Unit()

    assert write(alone, unit) == 2
    assert stored(postgresql) == ["try 2"]


def test_a_server_that_is_not_there_is_asked_once() -> None:
    engine = build_engine("postgresql+psycopg://nobody@127.0.0.1:9/nothing")
    unit = Unit()

    with pytest.raises(OperationalError, match="refused"):
        write(session_factory(engine), unit, undo=unit.undo)

    assert (unit.tries, unit.undone) == (0, 1)


def published() -> Upstream:
    upstream = Upstream()
    for number, day in enumerate(("2024-07-01", "2024-07-02", "2024-07-03")):
        upstream.publish(day, {"OpenAI/a": 10, "Meta/b": 9 + number})
    return upstream


def scraped(sessions: SessionFactory) -> tuple[Outcome, int, list[Outcome]]:
    """Scrape; how that ended, how often it fetched, and all runs."""
    upstream = published()
    report = run_scrape(work(upstream, sessions), RunKind.MANUAL)
    assert report is not None
    with reading(sessions) as session:
        assert list(check_record(session)) == []
        runs = list_runs(session, find_source(session, "demo").id)
    return report.outcome, len(upstream.fetched), [Outcome(run.outcome) for run in runs]


@pytest.mark.parametrize("table", ["source", "lease", "run", "alias", "snapshot", "entry"])
def test_a_run_that_is_given_up_somewhere_is_stored_once(postgresql: Engine, table: str) -> None:
    give_up(postgresql, table, times=2, state=DEADLOCK)

    assert scraped(session_factory(postgresql)) == (Outcome.SUCCEEDED, 1, [Outcome.SUCCEEDED])


def test_a_run_that_crosses_another_writer_is_stored_once(postgresql: Engine) -> None:
    sessions = session_factory(postgresql)
    upstream = published()
    job = work(upstream, sessions)
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    held = claim(job, RunKind.BACKFILL)
    assert held is not None

    with ThreadPoolExecutor(1) as pool, sessions() as rival, postgresql.connect() as look:
        # The scrape writes its own row of the table at its end; the back-fill's is not in its way.
        ours = RUN.c.kind == RunKind.MANUAL

        def scrape() -> object:
            return run_scrape(job, RunKind.MANUAL)

        claimed = threading.Event()
        fetch = upstream.fetch

        def fetch_and_wait(*facts: object) -> object:
            rival.execute(select(RUN).where(ours).with_for_update())
            claimed.set()
            return fetch(*facts)  # type: ignore[arg-type]

        upstream.fetch = fetch_and_wait  # type: ignore[method-assign, assignment]
        running = pool.submit(scrape)
        assert claimed.wait(10)
        while not look.scalar(waiting):
            look.rollback()
            time.sleep(0.01)
        lock_writers(rival)  # what the scrape holds, while it waits for what this one holds
        rival.rollback()
        report = running.result()

    assert report.outcome is Outcome.SUCCEEDED  # type: ignore[attr-defined]
    assert report.counts.snapshots_written == 1  # type: ignore[attr-defined]
    assert len(upstream.fetched) == 1


def test_a_backfill_that_is_given_up_counts_nothing_twice(postgresql: Engine) -> None:
    sessions = session_factory(postgresql)
    give_up(postgresql, "backfill", times=2, state=SERIALIZATION)

    report = run_backfill(work(published(), sessions))

    assert report.outcome is Outcome.SUCCEEDED
    assert (report.counts.documents, report.counts.snapshots_written) == (3, 3)
    with reading(sessions) as session:
        assert list(check_record(session)) == []


def test_keys_buckets_and_names_come_through(postgresql: Engine) -> None:
    sessions = session_factory(postgresql)
    for table in ("api_key", "bucket", "organization"):
        give_up(postgresql, table, times=1, state=DEADLOCK)
        if table == "api_key":
            key = partial(add_key, secret=new_secret(), name="x", quota="1/s", now=NOW)
            write(sessions, key)
        elif table == "bucket":
            taken = BucketTable(postgresql, SettableClock()).take("me", quota_of("3/h"))
        else:
            decided = decide(sessions, PLAIN)
        with postgresql.begin() as connection:
            connection.execute(text("DROP FUNCTION fail CASCADE"))
            connection.execute(text("DROP SEQUENCE failing"))

    with reading(sessions) as session:
        assert [key.name for key in list_keys(session)] == ["x"]
    assert taken.remaining == 2
    assert decided.changed


def test_a_run_of_whose_end_nobody_heard_is_not_noted_as_failed(
    engine: Engine, sessions: SessionFactory, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[object] = []

    def say_nothing(session: Session) -> None:
        heard.append(session)
        if len(heard) == 3:  # after the source and the claim
            raise OperationalError("COMMIT", None, Exception("server closed the connection"))

    event.listen(sessions, "after_commit", say_nothing)

    assert scraped(sessions) == (Outcome.SUCCEEDED, 1, [Outcome.SUCCEEDED])
    assert "was stored all the same" in caplog.text
    event.remove(sessions, "after_commit", say_nothing)
    before = everything(sessions)
    assert scraped(sessions)[0] is Outcome.UNCHANGED
    assert everything(sessions) == before
    assert engine.pool.checkedout() == waiting_readers(engine)  # type: ignore[attr-defined]


def test_a_step_of_whose_end_nobody_heard_is_counted(sessions: SessionFactory) -> None:
    heard: list[object] = []

    def say_nothing(session: Session) -> None:
        heard.append(session)
        if len(heard) == 4:  # after the source, the claim and the first step
            raise OperationalError("COMMIT", None, Exception("server closed the connection"))

    event.listen(sessions, "after_commit", say_nothing)
    report = run_backfill(work(published(), sessions))
    event.remove(sessions, "after_commit", say_nothing)

    filled = progress(sessions)
    assert (report.outcome, filled.state) == (Outcome.FAILED, "failed")
    assert report.counts.snapshots_written == runs(sessions)[0].snapshots_written == 2
    assert (filled.planned, filled.done) == (3, 2)
    assert len(stored_days(sessions)) == 2
