"""On PostgreSQL the lines of each year are a partition, made when needed."""

import io
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date

import pytest
from alembic import command
from sqlalchemy import Engine, event, select, text

from app.domain.runs import Outcome, RunKind
from app.ingest.runner import run_scrape
from app.store.engine import SessionFactory, build_engine, reading, session_factory
from app.store.migrate import alembic_config
from app.store.queries.boards import find_board
from app.store.tables import LEADERBOARD, VERSION
from app.upkeep.copying import copy_record
from tests.factories import Upstream, snapshot, source_info, work
from tests.statements import plans, statements
from tests.views import everything
from tests.years import (
    DAYS,
    faults,
    grown,
    history,
    migrate_years,
    partitions,
    until_somebody_waits,
)

MADE = [1999, 2021, 2031]  # which the migration knows nothing of
FROM_THE_START = [2023, 2024, 2025, 2026, 2027]


@pytest.fixture
def postgresql(postgresql_url: str) -> Iterator[Engine]:
    engine = build_engine(postgresql_url)
    yield engine
    engine.dispose()


@pytest.fixture
def sessions(postgresql: Engine) -> SessionFactory:
    return session_factory(postgresql)


def versions(engine: Engine) -> list[int]:
    """Of the board, of names and of identities."""
    subjects = VERSION.c.subject.in_(["names", "identity"])
    with engine.connect() as connection:
        of_board = connection.scalars(select(LEADERBOARD.c.data_version)).all()
        of_names = select(VERSION.c.value).where(subjects).order_by(VERSION.c.subject)
        return [*of_board, *connection.scalars(of_names)]


def test_every_line_is_with_those_of_its_year(postgresql: Engine, sessions: SessionFactory) -> None:
    before = partitions(postgresql)

    grown(sessions)

    assert before == dict.fromkeys(FROM_THE_START, 0)
    assert partitions(postgresql) == {
        1999: 2,
        2021: 2,
        2023: 0,
        2024: 4,
        2025: 2,
        2026: 0,
        2027: 0,
        2031: 2,
    }
    assert faults(sessions) == []
    with reading(sessions) as session:
        assert history(session) == [date.fromisoformat(day) for day in DAYS]


def test_a_year_that_begins_meanwhile_is_not_seen(
    postgresql: Engine, sessions: SessionFactory
) -> None:
    record = grown(sessions)

    with reading(sessions) as session:
        before = history(session)
        record.add(snapshot("2032-01-01", {"OpenAI/a": 1}))
        after = history(session)

    assert after == before
    assert 2032 in partitions(postgresql)


def test_a_new_year_is_made_while_somebody_reads_the_old_ones(
    postgresql: Engine, sessions: SessionFactory
) -> None:
    grown(sessions)
    with postgresql.connect() as writer, reading(sessions) as session:
        writer.execute(text("CREATE TABLE entry_2033 (LIKE entry INCLUDING ALL)"))
        writer.execute(
            text(
                "ALTER TABLE entry ATTACH PARTITION entry_2033"
                " FOR VALUES FROM ('2033-01-01') TO ('2034-01-01')"
            )
        )
        session.execute(text("SET LOCAL lock_timeout = '1s'"))

        assert len(history(session)) == len(DAYS)
        writer.rollback()


def test_two_who_begin_a_year_make_it_once(postgresql: Engine, sessions: SessionFactory) -> None:
    jobs = []
    for slug in ("one", "two"):
        upstream = Upstream(source_info(slug))
        upstream.publish("1998-01-01", {"OpenAI/a": 1}, board=f"{slug}-text")
        jobs.append(work(upstream, sessions))

    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(lambda job: run_scrape(job, RunKind.MANUAL), jobs))

    assert [report and report.outcome for report in reports] == [Outcome.SUCCEEDED] * 2
    assert partitions(postgresql)[1998] == 2


def test_only_the_years_that_are_asked_for_are_read(
    postgresql: Engine, sessions: SessionFactory
) -> None:
    grown(sessions)
    with reading(sessions) as session:
        with statements(postgresql) as sent:
            history(session, date(2024, 3, 1), date(2025, 6, 1))
        lines = [statement for statement in sent if "FROM entry" in statement[0]]
        how = plans(session, lines)

    assert [line.strip() for line in how.splitlines() if "Scan" in line] == [
        "->  Index Only Scan using entry_2024_pkey on entry_2024 entry_1",
        "->  Index Only Scan using entry_2025_pkey on entry_2025 entry_2",
    ]


def test_lines_go_into_years_and_back(postgresql: Engine, sessions: SessionFactory) -> None:
    grown(sessions)
    before = everything(sessions), partitions(postgresql)
    first = versions(postgresql)

    migrate_years(postgresql, "downgrade")
    whole = everything(sessions), partitions(postgresql)
    then = versions(postgresql)
    migrate_years(postgresql, "upgrade")

    assert whole == (before[0], {})
    assert (everything(sessions), partitions(postgresql)) == before
    assert faults(sessions) == []
    assert len(first) == 3
    assert then == [version + 1 for version in first]
    assert versions(postgresql) == [version + 1 for version in then]


@pytest.mark.parametrize("way", ["downgrade", "upgrade"])
def test_who_waits_for_the_migration_finds_every_line(
    way: str, postgresql: Engine, sessions: SessionFactory
) -> None:
    grown(sessions)
    if way == "upgrade":
        migrate_years(postgresql, "downgrade")
    found: list[Future[list[date]]] = []

    with ThreadPoolExecutor(1) as pool, reading(sessions) as session:
        find_board(session, "demo-text")  # the reader's view is of this moment

        def ask(_migrating: object) -> None:
            if not found:
                found.append(pool.submit(history, session))
                until_somebody_waits(postgresql)

        event.listen(postgresql, "commit", ask)
        migrate_years(postgresql, way)
        points = found[0].result(timeout=10)

    assert points == [date.fromisoformat(day) for day in DAYS]


def test_years_are_no_drift(postgresql: Engine, sessions: SessionFactory) -> None:
    grown(sessions)
    config = alembic_config()
    config.stdout = io.StringIO()

    with postgresql.connect() as connection:
        config.attributes["connection"] = connection
        command.check(config)

    assert "No new upgrade operations detected" in config.stdout.getvalue()


def test_a_record_that_is_copied_has_room_for_its_years(
    postgresql: Engine, sqlite_url: str
) -> None:
    origin = build_engine(sqlite_url)
    grown(session_factory(origin))

    copied = copy_record(origin, postgresql)

    assert copied.rows["entry"] == 2 * len(DAYS)
    assert set(MADE) <= set(partitions(postgresql))
    assert faults(session_factory(postgresql)) == []
    origin.dispose()
