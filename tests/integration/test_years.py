"""On PostgreSQL the lines of each year are a partition: made when needed, and taken out at will."""

import io
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from time import monotonic, sleep

import pytest
from alembic import command
from alembic.util import CommandError
from sqlalchemy import Engine, event, select, text
from sqlalchemy.orm import Session

from app.domain.leaderboard import SnapshotStatus
from app.domain.runs import Outcome, RunKind
from app.errors import StoreError
from app.ingest.runner import run_scrape
from app.store.engine import SessionFactory, build_engine, reading, session_factory, transaction
from app.store.migrate import alembic_config
from app.store.queries import histories
from app.store.queries.board_editions import board_editions
from app.store.queries.boards import find_board
from app.store.queries.catalogue import Catalogue
from app.store.queries.editions import edition_in_force
from app.store.queries.standings import standings_of
from app.store.tables import EDITION, LEADERBOARD, VERSION
from app.store.writes.in_force import put_in_force
from app.store.writes.officials import officials_of
from app.store.writes.snapshots import set_status
from app.upkeep.checking import check_record
from app.upkeep.copying import copy_record
from tests.curated import decide, listed, with_models
from tests.factories import Record, Upstream, snapshot, source_info, work
from tests.statements import plans, statements
from tests.views import everything

DAYS = ("1999-12-31", "2021-06-01", "2024-02-29", "2024-12-31", "2025-01-01", "2031-01-01")
MADE = [1999, 2021, 2031]  # which the migration knows nothing of
FROM_THE_START = [2023, 2024, 2025, 2026, 2027]
WAYS = [("downgrade", "0003"), ("upgrade", "head")]


@pytest.fixture
def postgresql(postgresql_url: str) -> Iterator[Engine]:
    engine = build_engine(postgresql_url)
    yield engine
    engine.dispose()


@pytest.fixture
def sessions(postgresql: Engine) -> SessionFactory:
    return session_factory(postgresql)


def grown(sessions: SessionFactory) -> Record:
    record = Record(sessions)
    record.history({day: {"OpenAI/a": 9 - number, "Meta/b": 5} for number, day in enumerate(DAYS)})
    return record


def partitions(engine: Engine) -> dict[int, int]:
    """The years there are, and how many lines are in each."""
    with engine.connect() as connection:
        names = connection.scalars(
            text(
                "SELECT inhrelid::regclass::text FROM pg_inherits JOIN pg_class t"
                " ON t.oid = inhparent WHERE t.relname = 'entry' ORDER BY 1"
            )
        ).all()
        return {
            int(name.removeprefix("entry_")): connection.scalar(
                text(f"SELECT count(*) FROM {name}")
            )
            or 0
            for name in names
        }


def execute(engine: Engine, statement: str) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(statement))


def migrate_to(engine: Engine, what: str, revision: str) -> None:
    config = alembic_config()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        getattr(command, what)(config, revision)


def take_out(engine: Engine, year: int) -> None:
    execute(engine, f"ALTER TABLE entry DETACH PARTITION entry_{year} CONCURRENTLY")


def bring_back(engine: Engine, year: int) -> None:
    execute(
        engine,
        f"ALTER TABLE entry ATTACH PARTITION entry_{year}"
        f" FOR VALUES FROM ('{year}-01-01') TO ('{year + 1}-01-01')",
    )


def versions(engine: Engine) -> list[int]:
    """Of the board, of names and of identities."""
    subjects = VERSION.c.subject.in_(["names", "identity"])
    with engine.connect() as connection:
        of_board = connection.scalars(select(LEADERBOARD.c.data_version)).all()
        of_names = select(VERSION.c.value).where(subjects).order_by(VERSION.c.subject)
        return [*of_board, *connection.scalars(of_names)]


def until_somebody_waits(engine: Engine) -> None:
    """For the lock of a table."""
    waiting = text(
        "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
        " WHERE NOT granted AND locktype = 'relation' AND datname = current_database()"
    )
    end = monotonic() + 10
    with engine.connect() as connection:
        while not connection.scalar(waiting):
            assert monotonic() < end, "nobody waits"
            sleep(0.01)


def history(session: Session, first: date | None = None, last: date | None = None) -> list[date]:
    board = find_board(session, "demo-text")
    aliases = Catalogue().read(session).aliases_of["openai--a"]
    there = board_editions(session, board.id)
    points = histories.history_of(session, board.id, aliases, there, first=first, last=last)
    return [point.edition_date for point in points]


def faults(sessions: SessionFactory) -> list[str]:
    with reading(sessions) as session:
        return [fault.rule for fault in check_record(session)]


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


def test_a_year_that_was_taken_out_is_missed_in_histories_only(
    postgresql: Engine, sessions: SessionFactory
) -> None:
    record = grown(sessions)
    before = everything(sessions)
    take_out(postgresql, 2024)
    upstream = Upstream(record.info)
    upstream.publish("2024-03-01", {"OpenAI/a": 1})
    late = work(upstream, sessions)

    with reading(sessions) as session:
        without = history(session)
        board = find_board(session, "demo-text")
        edition = edition_in_force(session, board.id, date(2024, 3, 1))
        assert edition is not None
        there = len(standings_of(session, Catalogue().read(session), edition.snapshot_id))
    missing = set(faults(sessions))
    refused = run_scrape(late, RunKind.MANUAL)
    record.add(snapshot("2025-02-01", {"OpenAI/a": 1}))
    bring_back(postgresql, 2024)

    assert [day.year for day in without] == [1999, 2021, 2025, 2031]
    assert there == 2
    assert missing == {"entry"}
    assert refused is not None
    assert refused.outcome is Outcome.FAILED
    assert "the lines of 2024 were taken out" in (refused.error or "")
    assert faults(sessions) == []
    assert set(before) <= set(everything(sessions))


def test_lines_go_into_years_and_back(postgresql: Engine, sessions: SessionFactory) -> None:
    grown(sessions)
    before = everything(sessions), partitions(postgresql)
    first = versions(postgresql)

    migrate_to(postgresql, "downgrade", "0003")
    whole = everything(sessions), partitions(postgresql)
    then = versions(postgresql)
    migrate_to(postgresql, "upgrade", "head")

    assert whole == (before[0], {})
    assert (everything(sessions), partitions(postgresql)) == before
    assert faults(sessions) == []
    assert len(first) == 3
    assert then == [version + 1 for version in first]
    assert versions(postgresql) == [version + 1 for version in then]


@pytest.mark.parametrize(("what", "revision"), WAYS)
def test_who_waits_for_the_migration_finds_every_line(
    what: str, revision: str, postgresql: Engine, sessions: SessionFactory
) -> None:
    grown(sessions)
    if what == "upgrade":
        migrate_to(postgresql, *WAYS[0])
    found: list[Future[list[date]]] = []

    with ThreadPoolExecutor(1) as pool, reading(sessions) as session:
        find_board(session, "demo-text")  # the reader's view is of this moment

        def ask(_migrating: object) -> None:
            if not found:
                found.append(pool.submit(history, session))
                until_somebody_waits(postgresql)

        event.listen(postgresql, "commit", ask)
        migrate_to(postgresql, what, revision)
        points = found[0].result(timeout=10)

    assert points == [date.fromisoformat(day) for day in DAYS]


def one_model(sessions: SessionFactory) -> None:
    decide(sessions, with_models(listed("X", "a", "b")))


def nothing_in_force(sessions: SessionFactory) -> None:
    day = date(2024, 2, 29)
    with transaction(sessions) as session:
        board = find_board(session, "demo-text")
        there = select(EDITION.c.snapshot_id).where(EDITION.c.edition_date == day)
        set_status(session, session.scalars(there).one(), SnapshotStatus.PARTIAL, "short")
        put_in_force(session, board.id, [day], officials_of(session, 1))


@pytest.mark.parametrize("change", [one_model, nothing_in_force])
def test_lines_of_a_year_that_was_taken_out_are_not_changed(
    change: Callable[[SessionFactory], None], postgresql: Engine, sessions: SessionFactory
) -> None:
    grown(sessions)
    before = everything(sessions)
    take_out(postgresql, 2024)

    with pytest.raises(StoreError, match="the lines of 2024 were taken out: attach entry_2024"):
        change(sessions)
    execute(postgresql, "ALTER TABLE entry_2024 RENAME TO elsewhere")
    with pytest.raises(StoreError, match="the lines of 2024 were taken out, and entry_2024 is go"):
        change(sessions)

    execute(postgresql, "ALTER TABLE elsewhere RENAME TO entry_2024")
    bring_back(postgresql, 2024)
    assert everything(sessions) == before
    assert faults(sessions) == []


def test_a_year_that_is_gone_is_not_begun_again(
    postgresql: Engine, sessions: SessionFactory
) -> None:
    record = grown(sessions)
    take_out(postgresql, 2024)
    execute(postgresql, "DROP TABLE entry_2024")

    with pytest.raises(StoreError, match="the lines of 2024 were taken out, and entry_2024 is go"):
        record.add(snapshot("2024-03-01", {"OpenAI/a": 1}))

    assert 2024 not in partitions(postgresql)


def test_beside_a_year_that_was_taken_out_no_migration_goes_back(
    postgresql: Engine, sessions: SessionFactory
) -> None:
    grown(sessions)
    before = everything(sessions), partitions(postgresql)
    take_out(postgresql, 2024)

    with pytest.raises(CommandError, match="entry_2024 was taken out"):
        migrate_to(postgresql, "downgrade", "0003")

    bring_back(postgresql, 2024)
    assert (everything(sessions), partitions(postgresql)) == before


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
