"""What follows when snapshots were stored, or names came to mean others."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from app.ingest.checks import judge
from app.ingest.resolve import Resolver
from app.store.writes.in_force import put_in_force
from app.store.writes.officials import Officials, officials_of, refresh_official_leaders
from app.store.writes.one_entry import stand_anew
from app.store.writes.snapshots import assessed_snapshots, set_status
from app.store.writes.sources import all_leaderboards, source_of_board, touch_leaderboards


def settle(
    session: Session, resolver: Resolver, touched: dict[int, set[date]], *, now: datetime
) -> int:
    """Let everything that is derived follow; returns the number of entries written.

    `touched` are the editions of which snapshots changed, by board; those whose ranks changed
    because names mean others are added. Inside the transaction in which that was decided.
    """
    if resolver.moved:
        for board_id, days in stand_anew(session, resolver.moved, resolver.models()).items():
            touched.setdefault(board_id, set()).update(days)
        resolver.moved = set()
    entries = 0
    for board_id, days in touched.items():
        _judge(session, board_id, days)
        officials = _officials(session, resolver, board_id)
        entries += put_in_force(session, board_id, sorted(days), officials)
    changed = set(touched)
    if resolver.meanings_changed(session):
        changed |= all_leaderboards(session)
    for source_id in resolver.with_other_leaders():
        changed |= refresh_official_leaders(session, source_id)
    if changed:
        touch_leaderboards(session, sorted(changed), now)
    return entries


def _judge(session: Session, board_id: int, days: set[date]) -> None:
    """Say of each snapshot of a board whether it is whole; adds editions where that changed."""
    stored = assessed_snapshots(session, board_id)
    verdicts = judge([snapshot.entries_total for snapshot in stored])
    for snapshot, verdict in zip(stored, verdicts, strict=True):
        if (snapshot.status, snapshot.reason) != verdict:
            set_status(session, snapshot.id, verdict.status, verdict.reason)
            days.add(snapshot.edition_date)


def _officials(session: Session, resolver: Resolver, board_id: int) -> Officials:
    source_id = source_of_board(session, board_id)
    if source_id == resolver.source_id:
        return resolver.officials
    return officials_of(session, source_id)
