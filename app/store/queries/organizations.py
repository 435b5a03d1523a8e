"""Organizations on all boards at once: where their models stand, since when, and how long."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sqlalchemy import Subquery, func, select
from sqlalchemy.orm import Session

from app.domain.places import Place
from app.domain.standings import is_official
from app.store.blocks import Block
from app.store.queries.catalogue import Names
from app.store.queries.standings import blocks_of
from app.store.tables import ALIAS, EDITION, LISTING, MODEL


class Leadership(NamedTuple):
    """That the first entry of a board was one of some names, from a date until before another.

    `end` is the next edition's date, None for the newest edition.
    """

    board_id: int
    start: date
    end: date | None


class Debut(NamedTuple):
    """A model and the first edition of a board it stood in."""

    board_id: int
    model: str
    edition_date: date


def leaderships(
    session: Session, alias_ids: Collection[int], as_of: date, *, official: bool
) -> list[Leadership]:
    """Every edition up to a date that one of these names leads, by board, oldest first.

    `official`: the leader is the first among the official entries, not among all.
    """
    leader = EDITION.c.official_leader_alias_id if official else EDITION.c.leader_alias_id
    day = EDITION.c.edition_date
    until = func.lead(day, type_=day.type).over(partition_by=EDITION.c.leaderboard_id, order_by=day)
    held = (
        select(
            EDITION.c.leaderboard_id,
            day.label("start"),
            until.label("until"),
            leader.label("leader"),
        )
        .where(day <= as_of)
        .subquery()
    )
    rows = session.execute(
        select(held.c.leaderboard_id, held.c.start, held.c.until)
        .where(held.c.leader.in_(alias_ids))
        .order_by(held.c.leaderboard_id, held.c.start)
    )
    return [Leadership(*row) for row in rows]


def newest_debuts(session: Session, alias_ids: Collection[int], as_of: date) -> dict[int, Debut]:
    """For each board the model of these names that stood on it first most lately, by board id.

    Of several with the same date the first by slug.
    """
    first = _firsts(alias_ids, as_of)
    place = func.rank().over(partition_by=first.c.board, order_by=first.c.day.desc())
    newest = select(first, place.label("place")).subquery()
    debuts: dict[int, Debut] = {}
    for row in session.execute(
        select(newest.c.board, newest.c.model, newest.c.day).where(newest.c.place == 1)
    ):
        debut = Debut(*row)
        debuts[debut.board_id] = min(debut, debuts.get(debut.board_id, debut))
    return debuts


def newest_model(session: Session, alias_ids: Collection[int], as_of: date) -> Debut | None:
    """The model of these names that was first seen on any board most lately, and where.

    Of several with the same date the first by slug; of its boards the one known longest.
    """
    first = _firsts(alias_ids, as_of)
    place = func.rank().over(partition_by=first.c.model, order_by=first.c.day)
    debuts = select(first, place.label("place")).subquery()
    age = func.rank().over(order_by=debuts.c.day.desc())
    newest = select(debuts, age.label("age")).where(debuts.c.place == 1).subquery()
    rows = session.execute(
        select(newest.c.board, newest.c.model, newest.c.day).where(newest.c.age == 1)
    )
    found = [Debut(*row) for row in rows]
    return min(found, key=lambda debut: (debut.model, debut.board_id), default=None)


def _firsts(alias_ids: Collection[int], as_of: date) -> Subquery:
    """(board, model, day): the first edition of each board that each model stood in."""
    day = LISTING.c.first_date
    return (
        select(
            LISTING.c.leaderboard_id.label("board"),
            MODEL.c.slug.label("model"),
            func.min(day, type_=day.type).label("day"),
        )
        .join(ALIAS, ALIAS.c.id == LISTING.c.alias_id)
        .join(MODEL, MODEL.c.id == ALIAS.c.model_id)
        .where(LISTING.c.alias_id.in_(alias_ids), day <= as_of)
        .group_by(LISTING.c.leaderboard_id, MODEL.c.slug)
        .subquery()
    )


def places_of(
    session: Session,
    names: Names,
    snapshot_ids: Sequence[int],
    *,
    alias_ids: Collection[int],
    top_n: int,
    include_community: bool,
) -> dict[int, list[Place]]:
    """By snapshot, best first: the places of these names, and of whoever stands in the top N.

    The places are among the official entries, or among all with `include_community`. Whole
    boards are reduced to these lines before they become values, because an organization
    stands on hundreds of boards with thousands of entries each.
    """
    own = np.fromiter(alias_ids, np.int32, count=len(alias_ids))
    officials = None if include_community else _Officials(names)
    return {
        snapshot_id: _places(names, block, own, officials, top_n)
        for snapshot_id, block in blocks_of(session, snapshot_ids).items()
    }


class _Officials:
    """Which lines of a block are official, for all of them at once."""

    def __init__(self, names: Names) -> None:
        """Lay out what upstream says of profiles (-1 nothing, 0 no, 1 yes) and of makers."""
        self._flags = np.full(max(names.profiles, default=0) + 1, -1, np.int8)
        for profile_id, profile in names.profiles.items():
            if profile.official is not None:
                self._flags[profile_id] = profile.official
        self._makers = np.zeros(max(names.aliases, default=0) + 1, np.bool_)
        for alias_id, alias in names.aliases.items():
            self._makers[alias_id] = is_official(None, alias.model.organization)

    def of(self, block: Block) -> npt.NDArray[np.bool_]:
        """One truth a line, by the rule of `is_official`."""
        flags = self._flags[block.profile_id]
        return np.where(flags < 0, self._makers[block.alias_id], flags == 1)


def _places(
    names: Names,
    block: Block,
    own: npt.NDArray[np.int32],
    officials: _Officials | None,
    top_n: int,
) -> list[Place]:
    alias_ids, ranks = block.alias_id, block.rank
    if officials is not None:
        chosen = officials.of(block)
        alias_ids, ranks = alias_ids[chosen], ranks[chosen]
    within = np.searchsorted(ranks, ranks, side="left") + 1
    wanted = (within <= top_n) | np.isin(alias_ids, own)
    columns = (ranks[wanted], within[wanted], alias_ids[wanted])
    lines = zip(*(column.tolist() for column in columns), strict=True)
    return [Place(rank, place, names.aliases[alias_id].model) for rank, place, alias_id in lines]
