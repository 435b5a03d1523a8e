"""Which way a board ranks: as its editions before, unless none of them could tell.

Where an upstream does not say whether more is better, an adapter tells it from the order of the
lines. One line has no order; so a board may be known by a direction that nobody told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from app.domain.leaderboard import Snapshot
from app.errors import RejectedPayload
from app.store.writes.snapshots import has_order
from app.store.writes.sources import StoredBoard, turn_leaderboard


def in_direction(
    session: Session, source: str, snapshots: Sequence[Snapshot], boards: Mapping[str, StoredBoard]
) -> list[Snapshot]:
    """The snapshots, each ranked the way of its stored board; `boards` are those of the source.

    Raises:
        RejectedPayload: one is ranked the other way than the editions before it.
    """
    return [_in_direction(session, source, one, boards[one.leaderboard.slug]) for one in snapshots]


def _in_direction(
    session: Session, source: str, snapshot: Snapshot, board: StoredBoard
) -> Snapshot:
    told = snapshot.leaderboard.higher_is_better
    if told == board.higher_is_better:
        return snapshot
    if len({entry.score for entry in snapshot.entries}) == 1:
        as_before = replace(snapshot.leaderboard, higher_is_better=board.higher_is_better)
        return snapshot._replace(leaderboard=as_before)
    if has_order(session, board.id):
        where = f"{board.slug} of {snapshot.edition_date}"
        raise RejectedPayload(source, f"{where} is ranked the other way than before")
    turn_leaderboard(session, board.id, higher_is_better=told)
    return snapshot
