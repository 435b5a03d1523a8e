"""What time it is, for everyone who shares a database."""

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import text

from app.store.engine import SessionFactory


def shared_clock(
    sessions: SessionFactory, own_clock: Callable[[], datetime]
) -> Callable[[], datetime]:
    """The database's time where it is a server, else the process's own.

    Leases and slots of several schedulers compare times: they must be of one clock.
    """
    with sessions() as session:
        if session.get_bind().dialect.name == "sqlite":
            return own_clock

    def now() -> datetime:
        with sessions() as session:
            moment: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
            return moment.astimezone(UTC)

    return now
