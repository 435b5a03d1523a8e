"""A store that is moved to another database is the same there, or nothing has happened."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

import pytest
from alembic import command
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import OperationalError

from app.domain.runs import RunKind
from app.errors import ParseError, StoreError
from app.ingest.backfill import run_backfill
from app.ingest.pipeline import register_source
from app.ingest.runner import claim, run_scrape
from app.store.engine import SessionFactory, build_engine, reading, session_factory, transaction
from app.store.migrate import alembic_config, is_current
from app.store.queries.whole import tables_of_record, tally_of
from app.store.writes.keys import add_key
from app.upkeep.checking import check_record
from app.upkeep.copying import copy_record
from tests.api import Api
from tests.curated import decide, listed, with_models
from tests.databases import database
from tests.factories import (
    NOW,
    Record,
    Upstream,
    entry,
    leaderboard,
    profile,
    snapshot,
    source_info,
    work,
)
from tests.stores import stored
from tests.views import everything

FACTS = with_models(listed("Alpha", "alpha", "alpha prime"))
ANSWERS = (
    "/v1/sources",
    "/v1/sources/other/runs",
    "/v1/leaderboards",
    "/v1/leaderboards/demo-text/editions",
    "/v1/leaderboards/demo-text/standings",
    "/v1/leaderboards/demo-text/standings?as_of=2024-07-01&known_at=2024-07-02T13:00:00Z",
    "/v1/leaderboards/demo-text/movements",
    "/v1/models",
    "/v1/models/acme--alpha",
    "/v1/organizations",
)
IMPATIENT = {"sqlite": "PRAGMA busy_timeout = 10", "postgresql": "SET lock_timeout = '10ms'"}


def broken() -> NoReturn:
    raise ParseError("other", "no table")


def with_a_broken_one() -> Upstream:
    """A source of which one revision cannot be read."""
    upstream = Upstream(source_info("other"))
    for day in ("2024-07-01", "2024-07-02", "2024-07-03"):
        upstream.publish(day, {"OpenAI/a": 10, "Meta/b": 9}, board="other-text")
    upstream.broken["rev-20240702T120000"] = broken
    return upstream


@pytest.fixture
def upstream() -> Upstream:
    return with_a_broken_one()


@stored(autouse=True)
def _something_in_every_table(record: Record) -> None:
    sessions = record.sessions
    record = Record(sessions, curated=FACTS)
    open_one = profile("Acme", licence="apache-2.0", parameters_b=7.1, official=True)
    first = [
        entry("alpha", 1200.1, lower=1199.9, upper=1 / 3 + 1200, votes=12, of=open_one),
        entry("alpha prime", 1100, published_rank=2, of=profile("Acme")),
        entry("tab\t \\N 'né' 模型 🦙", 5, of=profile("Crowd", licence="Our\nOwn")),
        entry("none", 1, votes=7, of=profile(official=False)),
    ]
    record.add(snapshot("2024-07-01", first))
    again = [entry("alpha", 9.1, lower=9, votes=12), entry("none", -0.0)]
    record.add(snapshot("2024-07-01", again), published_at="2024-07-03")
    record.add(snapshot("2024-07-02", {"Acme/alpha": 7, "Crowd/beta": 7, "Acme/gamma": 2}))
    record.add(snapshot("2023-12-31", {"Acme/alpha": 1}, leaderboard("demo-code")))
    decide(sessions, with_models(listed("Alpha Two", "alpha", "gamma", organization="crowd")))
    decide(sessions, FACTS)
    job = work(with_a_broken_one(), sessions, owner="far-away:1:ours")
    run_backfill(job)
    run_scrape(job, RunKind.SCHEDULED, slot=4)
    with transaction(sessions) as session:
        add_key(session, "of the first", name="somebody", quota="4/h", now=NOW)
        session.execute(text("INSERT INTO bucket (name, full_at) VALUES ('key:1', 1)"))


@pytest.fixture
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], Engine]]:
    """Makes a database that was never used, of either kind."""
    with ExitStack() as stack:

        def make(kind: str) -> Engine:
            path = tmp_path / "bare.db"
            url = (
                f"sqlite:///{path}"
                if kind == "sqlite"
                else stack.enter_context(database(request.getfixturevalue("postgresql_server")))
            )
            engine = build_engine(url)
            stack.callback(engine.dispose)
            return engine

        yield make


@pytest.fixture
def other(request: pytest.FixtureRequest, engine: Engine) -> Iterator[Engine]:
    """A database of the other kind, which has nothing but the facts of the program."""
    kind = "postgresql" if engine.dialect.name == "sqlite" else "sqlite"
    target = build_engine(request.getfixturevalue(f"{kind}_url"))
    yield target
    target.dispose()


def content(engine: Engine) -> Mapping[str, tuple[int, str]]:
    """Rows and digest of every table."""
    with reading(session_factory(engine)) as session:
        tallies = {table.name: tally_of(session, table) for table in tables_of_record()}
    return {name: (tally.rows, tally.digest) for name, tally in tallies.items()}


def ask(engine: Engine, statement: str) -> object:
    with engine.connect() as connection:
        return connection.execute(text(statement)).scalar_one()


def damage(engine: Engine, **statements: str) -> None:
    """Do to a database what its program would not."""
    with transaction(session_factory(engine)) as session:
        assert session.execute(text(statements[engine.dialect.name])).rowcount > 0  # type: ignore[attr-defined]


def refused(source: Engine, target: Engine) -> str:
    """What is said of a copy that is not made, which leaves nothing behind."""
    before = content(target)
    with pytest.raises(StoreError) as told:
        copy_record(source, target)
    assert content(target) == before
    return str(told.value)


def test_a_record_is_the_same_there_and_back_again(
    sessions: SessionFactory, engine: Engine, other: Engine, made: Callable[[str], Engine]
) -> None:
    there = copy_record(engine, other)
    again = copy_record(other, back := made(engine.dialect.name))

    assert there == again
    assert min(there.rows.values()) > 0
    assert content(engine) == content(other) == content(back)
    assert everything(session_factory(other)) == everything(sessions)


def test_a_record_answers_the_same_wherever_it_is(
    sessions: SessionFactory, engine: Engine, other: Engine
) -> None:
    copy_record(engine, other)

    here, there = Api(sessions), Api(session_factory(other))
    for path in ANSWERS:
        answer = here.get(path)
        assert answer["data"]
        assert there.get(path) == answer


def test_every_table_is_told_of_with_its_rows(engine: Engine, other: Engine) -> None:
    told: dict[str, int] = {}

    copied = copy_record(engine, other, on_table=told.__setitem__)

    assert told == copied.rows
    assert told["entry"] == ask(engine, "SELECT count(*) FROM entry")
    assert list(told).index("source") < list(told).index("leaderboard")


def test_what_lasts_as_long_as_a_process_stays_behind(engine: Engine, other: Engine) -> None:
    copied = copy_record(engine, other)

    for table in ("lease", "bucket"):
        assert ask(engine, f"SELECT count(*) FROM {table}")
        assert not ask(other, f"SELECT count(*) FROM {table}")
        assert table not in copied.rows


def test_the_record_goes_on_where_it_was_copied_to(
    engine: Engine, other: Engine, upstream: Upstream
) -> None:
    copy_record(engine, other)
    goes_on = session_factory(other)

    upstream.publish("2024-07-04", {"OpenAI/a": 11, "New/c": 9}, board="other-text")
    report = run_scrape(work(upstream, goes_on), RunKind.SCHEDULED, slot=5)
    Record(goes_on, curated=FACTS).add(snapshot("2024-07-05", {"Acme/alpha": 8, "Acme/delta": 3}))
    with transaction(goes_on) as session:
        number = add_key(session, "of the second", name="else", quota="4/h", now=NOW)

    assert report is not None
    assert report.counts.snapshots_written == 1
    assert number == 2
    assert ask(other, "SELECT max(id) FROM run") == 3
    newest = Api(goes_on).get("/v1/leaderboards/demo-text/standings")
    assert [row["printed_name"] for row in newest["data"]] == ["alpha", "delta"]


def test_a_run_under_way_is_abandoned_by_the_next_one(
    sessions: SessionFactory, engine: Engine, other: Engine, upstream: Upstream
) -> None:
    assert claim(work(upstream, sessions), RunKind.SCHEDULED, slot=5)
    copy_record(engine, other)
    with reading(session_factory(other)) as session:
        faults = list(check_record(session))

    run_scrape(work(upstream, session_factory(other)), RunKind.SCHEDULED, slot=5)

    assert faults == []
    runs = Api(session_factory(other)).get("/v1/sources/other/runs")["data"]
    assert [run["outcome"] for run in runs[:2]] == ["unchanged", "abandoned"]


def test_who_writes_meanwhile_is_neither_stopped_nor_copied(
    sessions: SessionFactory, engine: Engine, other: Engine
) -> None:
    before = content(engine)
    writer = Record(sessions, curated=FACTS)

    def write(name: str, _rows: int) -> None:
        if name == "source":
            writer.add(snapshot("2024-07-09", {"Acme/alpha": 8, "Acme/new": 3}))

    copy_record(engine, other, on_table=write)

    assert content(other) == before
    assert content(engine) != before


def test_readers_of_the_target_see_nothing_before_everything(engine: Engine, other: Engine) -> None:
    seen = []

    def look(_name: str, _rows: int) -> None:
        seen.append(Api(session_factory(other)).get("/v1/leaderboards")["data"])

    copy_record(engine, other, on_table=look)

    assert seen
    assert not any(seen)


def test_nobody_else_writes_to_the_target_meanwhile(engine: Engine, other: Engine) -> None:
    refused = []

    def write(_name: str, _rows: int) -> None:
        with other.connect() as connection:
            connection.execute(text(IMPATIENT[other.dialect.name]))
            with pytest.raises(OperationalError, match="lock"):
                connection.execute(
                    text("INSERT INTO country (code, name) VALUES ('ZZ', 'Nowhere')")
                )
        refused.append(True)

    copy_record(engine, other, on_table=write)

    assert refused


def test_a_source_that_is_only_known_does_not_count(engine: Engine, other: Engine) -> None:
    register_source(session_factory(other), source_info("third"))

    assert copy_record(engine, other).rows["source"] == 2
    assert content(other) == content(engine)


def test_a_target_that_holds_a_record_is_refused(engine: Engine, other: Engine) -> None:
    Record(session_factory(other)).add(snapshot("2024-07-01", {"x": 1}))

    assert "rows already: alias, " in refused(engine, other)


def test_a_target_that_somebody_works_on_is_refused(
    engine: Engine, other: Engine, upstream: Upstream
) -> None:
    claim(work(upstream, session_factory(other)), RunKind.SCHEDULED, slot=5)

    assert "rows already: lease, run" in refused(engine, other)


def test_a_target_of_an_older_schema_is_not_migrated_unless_it_is_empty(
    engine: Engine, other: Engine
) -> None:
    record = Record(session_factory(other))
    record.add(snapshot("2024-07-01", {"x": 1}))
    _downgrade(other)

    with pytest.raises(StoreError, match="rows already"):
        copy_record(engine, other)

    assert not is_current(other)


def test_a_source_that_is_behind_is_refused(engine: Engine, made: Callable[[str], Engine]) -> None:
    _downgrade(engine)
    target = made("postgresql" if engine.dialect.name == "sqlite" else "sqlite")

    with pytest.raises(StoreError, match="almanac migrate"):
        copy_record(engine, target)

    assert inspect(target).get_table_names() == []


@pytest.mark.parametrize(
    ("table", "sqlite", "postgresql"),
    [
        pytest.param("entry", "votes = 'many'", "score = 'NaN'", id="stored"),
        pytest.param("snapshot", "captured_at = 'once'", "captured_at = 'infinity'", id="read"),
    ],
)
def test_a_row_that_cannot_be_moved_leaves_the_target_as_it_was(
    engine: Engine, other: Engine, table: str, sqlite: str, postgresql: str
) -> None:
    change = f"UPDATE {table} SET "
    damage(engine, sqlite=change + sqlite, postgresql=change + postgresql)

    assert refused(engine, other).startswith(f"{table}: ")
    if other.dialect.name == "postgresql":
        assert ask(other, "SELECT nextval('run_id_seq')") == 1


def test_what_another_database_would_change_is_found_by_its_digest(
    engine: Engine, other: Engine
) -> None:
    damage(
        engine,
        sqlite="UPDATE model SET reviewed = 5",
        postgresql="UPDATE entry SET score_lower = 'NaN' WHERE votes = 12",
    )

    assert "is not what there was" in refused(engine, other)


def test_an_interrupted_copy_leaves_the_target_as_it_was(engine: Engine, other: Engine) -> None:
    before = content(other)

    def interrupt(name: str, _rows: int) -> None:
        if name == "entry":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_record(engine, other, on_table=interrupt)

    assert content(other) == before
    assert copy_record(engine, other).rows["entry"] > 0


def test_a_connection_that_breaks_leaves_the_target_as_it_was(
    engine: Engine, other: Engine
) -> None:
    before = content(other)
    served = engine if engine.dialect.name == "postgresql" else other

    def cut(name: str, _rows: int) -> None:
        if name == "source":
            with served.connect() as connection:
                connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                )

    with pytest.raises(OperationalError, match="connection is lost"):
        copy_record(engine, other, on_table=cut)

    assert content(other) == before


def _downgrade(engine: Engine) -> None:
    """Go back by one version of the schema."""
    config = alembic_config()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "-1")
        connection.commit()
