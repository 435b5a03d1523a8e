"""When the boards of eras began, as known at a time."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.eras import Beginning
from app.domain.leaderboard import SnapshotStatus
from app.store.queries.editions import is_as_stored, public_by
from app.store.tables import EDITION, LEADERBOARD, SNAPSHOT


def beginnings(
    session: Session,
    families: Collection[str],
    *,
    last: date,
    known_at: datetime | None = None,
) -> list[Beginning]:
    """The first edition in force by a date of each board of these families that has an era."""
    table, conditions = EDITION, []
    if not is_as_stored(session, known_at):
        complete = SNAPSHOT.c.status == SnapshotStatus.COMPLETE
        table, conditions = SNAPSHOT, [*public_by(session, known_at), complete]
    rows = session.execute(
        select(
            LEADERBOARD.c.id,
            LEADERBOARD.c.family,
            LEADERBOARD.c.category,
            LEADERBOARD.c.era,
            func.min(table.c.edition_date),
        )
        .join(table, table.c.leaderboard_id == LEADERBOARD.c.id)
        .where(
            LEADERBOARD.c.family.in_(families),
            LEADERBOARD.c.era.is_not(None),
            table.c.edition_date <= last,
            *conditions,
        )
        .group_by(LEADERBOARD.c.id, LEADERBOARD.c.family, LEADERBOARD.c.category, LEADERBOARD.c.era)
    )
    return [Beginning(*row) for row in rows]
