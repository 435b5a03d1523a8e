"""A year that was taken out of a record is missed by histories alone, and not written into."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date

import pytest
from alembic.util import CommandError
from sqlalchemy import Engine, event, select

from app.domain.leaderboard import SnapshotStatus
from app.domain.runs import Outcome, RunKind
from app.errors import StoreError
from app.ingest.runner import run_scrape
from app.store.engine import SessionFactory, build_engine, reading, session_factory, transaction
from app.store.queries.boards import find_board
from app.store.queries.catalogue import Catalogue
from app.store.queries.editions import edition_in_force
from app.store.tables import EDITION
from app.store.writes.in_force import put_in_force
from app.store.writes.officials import officials_of
from app.store.writes.snapshots import set_status
from tests.curated import decide, listed, with_models
from tests.factories import Upstream, snapshot, work
from tests.views import everything, standings_of
from tests.years import (
    bring_back,
    execute,
    faults,
    grown,
    history,
    migrate_years,
    partitions,
    take_out,
    until_done_or_waiting,
)


@pytest.fixture
def postgresql(postgresql_url: str) -> Iterator[Engine]:
    engine = build_engine(postgresql_url)
    yield engine
    engine.dispose()


@pytest.fixture
def sessions(postgresql: Engine) -> SessionFactory:
    return session_factory(postgresql)


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


@pytest.mark.parametrize("how", ["", " CONCURRENTLY"])
@pytest.mark.parametrize(
    ("change", "statement"), [(one_model, 1), (one_model, 2), (nothing_in_force, 1)]
)
def test_a_year_is_not_taken_out_while_somebody_writes(
    change: Callable[[SessionFactory], None],
    statement: int,
    how: str,
    postgresql: Engine,
    sessions: SessionFactory,
) -> None:
    """It would be between what was found to be there and what is changed in it."""
    grown(sessions)
    seen: list[str] = []
    out: list[Future[None]] = []
    others = build_engine(postgresql.url)

    with ThreadPoolExecutor(1) as pool:

        def take(_connection: object, _cursor: object, words: str, *_rest: object) -> None:
            if words.startswith(("DELETE FROM entry", "UPDATE entry")):
                seen.append(words)
                if len(seen) == statement:
                    detach = f"ALTER TABLE entry DETACH PARTITION entry_2024{how}"
                    out.append(pool.submit(execute, others, detach))
                    until_done_or_waiting(others, out[0])

        event.listen(postgresql, "before_cursor_execute", take)
        change(sessions)
        event.remove(postgresql, "before_cursor_execute", take)
        out[0].result(timeout=10)
    others.dispose()
    away = partitions(postgresql)
    bring_back(postgresql, 2024)

    assert 2024 not in away
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
        migrate_years(postgresql, "downgrade")

    bring_back(postgresql, 2024)
    assert (everything(sessions), partitions(postgresql)) == before
