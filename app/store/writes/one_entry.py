"""One entry per model, again: when names have come to mean other models, ranks follow.

Ranks stand in every block and in every line of a series. Only the snapshots in which one of these
names stands are looked at, and only what differs is written.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date
from typing import NamedTuple

import numpy as np
from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from app.store.blocks import Block, decode, encode, one_entry_per_model
from app.store.bulk import MANY_NAMES
from app.store.tables import (
    ALIAS,
    EDITION,
    ENTRY,
    LEADERBOARD,
    LISTING,
    SNAPSHOT,
    SNAPSHOT_BLOCK,
)
from app.store.writes.in_force import standing_facts, write_entries
from app.store.writes.officials import Officials, officials_of
from app.store.writes.years import make_room


def stand_anew(
    session: Session, moved: Collection[int], models: Mapping[int, int]
) -> dict[int, set[date]]:
    """Let the ranks follow names that mean another model; the editions that changed, by board.

    `models` tells the model of every name, by number.
    """
    names = np.fromiter(moved, np.int32, count=len(moved))
    model_of = np.zeros(max(models, default=0) + 1, np.int32)
    model_of[list(models)] = list(models.values())
    officials: dict[int, Officials] = {}
    changed: dict[int, set[date]] = defaultdict(set)
    for stored in _snapshots_with(session, moved):
        before = decode(
            session.scalars(
                select(SNAPSHOT_BLOCK.c.data).where(SNAPSHOT_BLOCK.c.snapshot_id == stored.id)
            ).one()
        )
        if not np.isin(before.alias_id, names).any():
            continue
        now = one_entry_per_model(before, model_of[before.alias_id])
        if (now.rank == before.rank).all():
            continue
        changed[stored.board_id].add(stored.day)
        _store_block(session, stored.id, now)
        if stored.in_force:
            if stored.source_id not in officials:
                officials[stored.source_id] = officials_of(session, stored.source_id)
            _correct_series(session, stored.board_id, stored.day, before.entries(), now.entries())
            session.execute(
                update(EDITION)
                .where(
                    EDITION.c.leaderboard_id == stored.board_id,
                    EDITION.c.edition_date == stored.day,
                )
                .values(**standing_facts(now, officials[stored.source_id]))
            )
    return changed


class _Stored(NamedTuple):
    id: int
    board_id: int
    source_id: int
    day: date
    in_force: bool


def _snapshots_with(session: Session, names: Collection[int]) -> list[_Stored]:
    """The snapshots in which these names may stand: listed are only those of what is in force."""
    boards = select(LISTING.c.leaderboard_id)
    sources = select(ALIAS.c.source_id)
    if len(names) <= MANY_NAMES:
        boards = boards.where(LISTING.c.alias_id.in_(names))
        sources = sources.where(ALIAS.c.id.in_(names))
    rows = session.execute(
        select(
            SNAPSHOT.c.id,
            SNAPSHOT.c.leaderboard_id,
            LEADERBOARD.c.source_id,
            SNAPSHOT.c.edition_date,
            EDITION.c.snapshot_id.is_not(None),
        )
        .join(LEADERBOARD, LEADERBOARD.c.id == SNAPSHOT.c.leaderboard_id)
        .join(EDITION, EDITION.c.snapshot_id == SNAPSHOT.c.id, isouter=True)
        .where(
            LEADERBOARD.c.source_id.in_(sources),
            EDITION.c.snapshot_id.is_(None) | SNAPSHOT.c.leaderboard_id.in_(boards),
        )
        .order_by(SNAPSHOT.c.leaderboard_id, SNAPSHOT.c.id)
    )
    return [_Stored(*row) for row in rows]


def _store_block(session: Session, snapshot_id: int, block: Block) -> None:
    session.execute(
        update(SNAPSHOT_BLOCK)
        .where(SNAPSHOT_BLOCK.c.snapshot_id == snapshot_id)
        .values(data=encode(block))
    )
    session.execute(
        update(SNAPSHOT)
        .where(SNAPSHOT.c.id == snapshot_id)
        .values(entries_total=len(block.entries().rank))
    )


def _correct_series(session: Session, board_id: int, day: date, before: Block, now: Block) -> None:
    """Let the lines in force on a day say what a block says now instead of what it said."""
    make_room(session, [day.year])
    on_day = (ENTRY.c.leaderboard_id == board_id, ENTRY.c.edition_date == day)
    gone = np.setdiff1d(before.alias_id, now.alias_id).tolist()
    if gone:
        session.execute(delete(ENTRY).where(*on_day, ENTRY.c.alias_id.in_(gone)))
    further = now.only(~np.isin(now.alias_id, before.alias_id))
    if len(further.rank):
        write_entries(session, board_id, day, further.by_name())
    stayed = now.only(np.isin(now.alias_id, before.alias_id)).by_name()
    was = before.only(np.isin(before.alias_id, now.alias_id)).by_name()
    other = (
        (stayed.rank != was.rank) | (stayed.tied != was.tied) | (stayed.variants != was.variants)
    )
    if not other.any():
        return
    lines = zip(
        *(c[other].tolist() for c in (stayed.alias_id, stayed.rank, stayed.tied, stayed.variants)),
        strict=True,
    )
    session.connection().execute(
        update(ENTRY)
        .where(*on_day, ENTRY.c.alias_id == bindparam("name"))
        .values(rank=bindparam("place"), tied=bindparam("ties"), variants=bindparam("rows")),
        [{"name": a, "place": r, "ties": t, "rows": v} for a, r, t, v in lines],
    )
