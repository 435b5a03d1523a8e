"""What is read of a store to prove who printed what, and when that was published."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.store.queries.integrity import ROWS_AT_ONCE
from app.store.tables import (
    ALIAS,
    ALIAS_MAKER,
    LEADERBOARD,
    REVISION,
    SNAPSHOT,
    SOURCE,
    VERSION,
)

ORGANIZATION = "name"  # kinds of makers, as stored
OWNER = "namespace"


class StoredMaker(NamedTuple):
    """A maker that was printed beside a name, and in which edition last."""

    alias_id: int
    kind: str
    printed: str
    last_date: date


class Redated(NamedTuple):
    """A snapshot that was published at another moment than its revision (`document_at`)."""

    id: int
    board: str
    source_id: int
    day: date
    cumulative: bool
    published_at: datetime
    document_at: datetime


def stored_makers(session: Session) -> Iterator[StoredMaker]:
    """Every maker of every name."""
    columns = [ALIAS_MAKER.c[name] for name in StoredMaker._fields]
    question = select(*columns).order_by(*columns)
    rows = session.execute(question.execution_options(yield_per=ROWS_AT_ONCE))
    yield from map(StoredMaker._make, rows)


def days_of_sources(session: Session) -> set[tuple[int, date]]:
    """Of which dates a source has snapshots, whatever became of them."""
    rows = session.execute(
        select(LEADERBOARD.c.source_id, SNAPSHOT.c.edition_date)
        .join(LEADERBOARD, LEADERBOARD.c.id == SNAPSHOT.c.leaderboard_id)
        .distinct()
    )
    return {(source_id, day) for source_id, day in rows}


def redated_snapshots(session: Session) -> Iterator[Redated]:
    """Snapshots that were published at another moment than their revision, where they have one."""
    rows = session.execute(
        select(
            SNAPSHOT.c.id,
            LEADERBOARD.c.slug,
            LEADERBOARD.c.source_id,
            SNAPSHOT.c.edition_date,
            SNAPSHOT.c.cumulative,
            SNAPSHOT.c.published_at,
            REVISION.c.published_at,
        )
        .join(LEADERBOARD, LEADERBOARD.c.id == SNAPSHOT.c.leaderboard_id)
        .join(REVISION, REVISION.c.id == SNAPSHOT.c.revision_id)
        .where(
            REVISION.c.source_id == LEADERBOARD.c.source_id,
            REVISION.c.revision == SNAPSHOT.c.revision,
            REVISION.c.published_at != SNAPSHOT.c.published_at,
        )
        .order_by(SNAPSHOT.c.id)
        .execution_options(yield_per=ROWS_AT_ONCE)
    )
    yield from map(Redated._make, rows)


def moments_of_revisions(session: Session) -> set[tuple[int, datetime]]:
    """When a source published something."""
    rows = session.execute(select(REVISION.c.source_id, REVISION.c.published_at).distinct())
    return {(source_id, moment) for source_id, moment in rows}


def dates_of_unlisted_names(session: Session) -> list[tuple[str, str]]:
    """Source and text of names that have the first date of a renamed model, and are not listed."""
    rows = session.execute(
        select(SOURCE.c.slug, ALIAS.c.printed_name)
        .join(SOURCE, SOURCE.c.id == ALIAS.c.source_id)
        .where(ALIAS.c.since.is_not(None), ~ALIAS.c.reviewed)
        .order_by(ALIAS.c.id)
    )
    return [(slug, name) for slug, name in rows]


def has_uncounted_names(session: Session) -> bool:
    """Whether there are names, and no version of them by which others see that they are new."""
    counted = exists().where(VERSION.c.subject == "names", VERSION.c.value > 0)
    return session.scalar(select(ALIAS.c.id).where(~counted).limit(1)) is not None
