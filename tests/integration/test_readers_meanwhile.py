"""Who reads is not disturbed by who writes, and sees one state of the record."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import delete
from sqlalchemy.exc import InternalError
from sqlalchemy.orm import Session

from app.ingest.backfill import Step, run_backfill
from app.ingest.runner import Work
from app.store.engine import SessionFactory, build_engine, reading, session_factory, transaction
from app.store.queries.board_editions import board_editions
from app.store.queries.boards import find_board
from app.store.queries.catalogue import Catalogue
from app.store.queries.editions import edition_in_force
from app.store.queries.histories import history_of
from app.store.tables import ENTRY
from tests.factories import Record, Upstream, work
from tests.views import standings_of

pytestmark = pytest.mark.uncounted

NEWEST = date(2024, 12, 31)


@pytest.fixture
def postgresql_sessions(postgresql_url: str) -> Iterator[SessionFactory]:
    engine = build_engine(postgresql_url)
    yield session_factory(engine)
    engine.dispose()


@pytest.fixture
def job(sessions: SessionFactory) -> Work:
    """Thirty editions to be filled, of which each brings a further model."""
    upstream = Upstream()
    for day in range(1, 31):
        models = {f"OpenAI/m{number}": float(number) for number in range(day)}
        upstream.publish(f"2024-07-{day:02}", models)
    return work(upstream, sessions)


def seen(session: Session) -> tuple[date, int, list[str], int]:
    """The newest edition: date, announced entries, models, and the length of one's history."""
    names = Catalogue().read(session)
    board = find_board(session, "demo-text")
    edition = edition_in_force(session, board.id, NEWEST)
    assert edition is not None
    models = [s.model.slug for s in standings_of(session, names, edition.snapshot_id)]
    there = board_editions(session, board.id)
    points = history_of(session, board.id, names.aliases_of["openai--m0"], there)
    return (edition.edition_date, edition.entries_total, models, len(points))


def test_a_reader_keeps_its_view_while_a_back_fill_writes(
    sessions: SessionFactory, job: Work, record: Record
) -> None:
    record.history({"2024-06-30": {"OpenAI/m0": 1}})

    with reading(sessions) as session:
        before = seen(session)
        report = run_backfill(job)
        meanwhile = seen(session)
    with reading(sessions) as session:
        after = seen(session)

    assert report.counts.snapshots_written == 30
    assert meanwhile == before == (date(2024, 6, 30), 1, ["openai--m0"], 1)
    assert (after[0], after[1], len(after[2]), after[3]) == (date(2024, 7, 30), 30, 30, 31)


def test_names_and_standings_are_of_one_moment(
    sessions: SessionFactory, job: Work, record: Record
) -> None:
    record.history({"2024-06-30": {"OpenAI/m0": 1}})

    with reading(sessions) as session:
        names = Catalogue().read(session)
        run_backfill(job)
        edition = edition_in_force(session, find_board(session, "demo-text").id, NEWEST)
        assert edition is not None
        models = [s.model.slug for s in standings_of(session, names, edition.snapshot_id)]

    assert models == ["openai--m0"]


def test_many_readers_see_whole_states_only(
    sessions: SessionFactory, job: Work, record: Record
) -> None:
    record.history({"2024-06-30": {"OpenAI/m0": 1}})
    done = threading.Event()

    def read() -> list[tuple[date, int, list[str], int]]:
        views = []
        while not done.is_set():
            with reading(sessions) as session:
                views.append(seen(session))
        return views

    def wait_for_readers(_step: Step) -> None:
        with reading(sessions) as session:
            seen(session)

    with ThreadPoolExecutor(2) as threads:
        readers = [threads.submit(read) for _ in range(2)]
        run_backfill(job, on_step=wait_for_readers)
        done.set()
        views = [view for reader in readers for view in reader.result()]

    assert views
    for day, announced, models, points in views:
        filled = day.day if day.month == 7 else 0
        assert (announced, points) == (filled or 1, filled + 1)
        assert len(models) == announced


def test_a_writer_that_is_not_done_is_not_seen(sessions: SessionFactory, record: Record) -> None:
    record.history({"2024-06-30": {"OpenAI/m0": 1}})

    with transaction(sessions) as writer:
        writer.execute(delete(ENTRY))
        with reading(sessions) as session:
            points = seen(session)[3]

    assert points == 1


def test_a_reader_cannot_write_where_the_database_can_forbid_it(
    postgresql_sessions: SessionFactory,
) -> None:
    with reading(postgresql_sessions) as session, pytest.raises(InternalError, match="read-only"):
        session.execute(delete(ENTRY))

    with transaction(postgresql_sessions) as session:
        session.execute(delete(ENTRY))
