"""Records of several years on PostgreSQL, and taking years out of them."""

from concurrent.futures import Future
from datetime import date
from time import monotonic, sleep

from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.store.engine import SessionFactory, reading
from app.store.migrate import alembic_config
from app.store.queries import histories
from app.store.queries.board_editions import board_editions
from app.store.queries.boards import find_board
from app.store.queries.catalogue import Catalogue
from app.upkeep.checking import check_record
from tests.factories import Record

DAYS = ("1999-12-31", "2021-06-01", "2024-02-29", "2024-12-31", "2025-01-01", "2031-01-01")


def grown(sessions: SessionFactory) -> Record:
    """A record with an edition on each of these days."""
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
    """Have one statement executed, outside a transaction."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(statement))


def take_out(engine: Engine, year: int) -> None:
    """Detach a year, as an operator would."""
    execute(engine, f"ALTER TABLE entry DETACH PARTITION entry_{year} CONCURRENTLY")


def bring_back(engine: Engine, year: int) -> None:
    """Attach it again."""
    execute(
        engine,
        f"ALTER TABLE entry ATTACH PARTITION entry_{year}"
        f" FOR VALUES FROM ('{year}-01-01') TO ('{year + 1}-01-01')",
    )


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


def until_done_or_waiting(engine: Engine, future: Future[None]) -> None:
    """For whatever lock."""
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    end = monotonic() + 10
    with engine.connect() as connection:
        while not (future.done() or connection.scalar(waiting)):
            connection.rollback()  # or it would be waited for
            assert monotonic() < end, "it is neither done nor does it wait"
            sleep(0.01)


def history(session: Session, first: date | None = None, last: date | None = None) -> list[date]:
    """The dates of a model's lines."""
    board = find_board(session, "demo-text")
    aliases = Catalogue().read(session).aliases_of["openai--a"]
    there = board_editions(session, board.id)
    points = histories.history_of(session, board.id, aliases, there, first=first, last=last)
    return [point.figures.edition_date for point in points]


def faults(sessions: SessionFactory) -> list[str]:
    """The rules that are broken."""
    with reading(sessions) as session:
        return [fault.rule for fault in check_record(session)]


def migrate_years(engine: Engine, way: str) -> None:
    """Take the step to years, `way` being upgrade or downgrade, or back; all else stays as it is.

    So the code of today can read on either side of it.
    """
    config = alembic_config()
    step = ScriptDirectory.from_config(config).get_revision("0004").module
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        with context.begin_transaction(), Operations.context(context):
            getattr(step, way)()
