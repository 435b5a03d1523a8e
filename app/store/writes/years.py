"""Room for the lines of a year: on PostgreSQL a partition of `entry`, on SQLite there is none."""

from collections.abc import Iterable
from datetime import date
from typing import cast

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.errors import StoreError
from app.store.tables import EDITION

_KNOWN = "almanac_years"  # those that the session has found or made
_PARTITIONS = text(
    "SELECT c.relname FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid"
    " WHERE inhparent = 'entry'::regclass AND NOT inhdetachpending"
)
_IS_THERE = text("SELECT to_regclass(:name)")
# What DETACH takes as well, CONCURRENTLY or not; neither readers nor autovacuum do.
_HOLD = text("LOCK TABLE ONLY entry IN SHARE UPDATE EXCLUSIVE MODE")


def make_room(session: Session, years: Iterable[int]) -> None:
    """See to it that lines of these years can be changed; for the one writer (`lock_writers`).

    No year is taken out until the transaction ends: who does so waits. Lines of one that is gone
    would be changed without an error, by statements that find none.

    A partition is made and then attached. Made in its place, it would keep readers out until the
    transaction ends. Lines come before their editions, in a copy too: a year of which there are
    editions, and no partition, had one.

    Raises:
        StoreError: a year was taken out.
    """
    if session.connection().dialect.name != "postgresql":
        return
    if _KNOWN not in session.info:
        session.execute(_HOLD)
    known = cast("set[str]", session.info.setdefault(_KNOWN, set()))
    for year in years:
        name = f"entry_{year}"
        if name not in known:
            known.update(session.scalars(_PARTITIONS))
        if name not in known:
            if session.scalar(_IS_THERE, {"name": name}) is not None:
                raise StoreError(f"the lines of {year} were taken out: attach {name} to entry")
            if _has_editions(session, year):
                raise StoreError(f"the lines of {year} were taken out, and {name} is gone")
            _attach(session, name, year)
            known.add(name)


def _has_editions(session: Session, year: int) -> bool:
    within = EDITION.c.edition_date.between(date(year, 1, 1), date(year, 12, 31))
    return session.scalar(select(EDITION.c.edition_date).where(within).limit(1)) is not None


def _attach(session: Session, name: str, year: int) -> None:
    session.execute(text(f"CREATE TABLE {name} (LIKE entry INCLUDING ALL)"))
    session.execute(
        text(
            f"ALTER TABLE entry ATTACH PARTITION {name}"
            f" FOR VALUES FROM ('{year:04}-01-01') TO ('{year + 1:04}-01-01')"
        )
    )
