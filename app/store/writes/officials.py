"""Which lines are official, and who leads the editions among them."""

from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.domain.standings import OFFICIAL_NOT
from app.store.blocks import Block, decode
from app.store.tables import (
    ALIAS,
    EDITION,
    LEADERBOARD,
    MODEL,
    ORGANIZATION,
    PROFILE,
    SNAPSHOT_BLOCK,
)


class Officials(NamedTuple):
    """Which lines are official: by profile where upstream says so, else by alias."""

    by_profile: dict[int, bool | None]
    by_alias: dict[int, bool]

    def first(self, block: Block) -> int | None:
        """The alias of the first official entry of a block."""
        entries = block.entries()
        pairs = zip(entries.alias_id.tolist(), entries.profile_id.tolist(), strict=True)
        for alias_id, profile_id in pairs:
            flag = self.by_profile[profile_id]
            if self.by_alias[alias_id] if flag is None else flag:
                return int(alias_id)
        return None


def refresh_official_leaders(session: Session, source_id: int) -> set[int]:
    """Choose the official leaders of a source's editions anew; the boards where one changed."""
    officials = officials_of(session, source_id)
    boards = session.scalars(select(LEADERBOARD.c.id).where(LEADERBOARD.c.source_id == source_id))
    changed = set()
    for board_id in boards.all():
        of_board = EDITION.c.leaderboard_id == board_id
        rows = session.execute(
            select(EDITION, SNAPSHOT_BLOCK.c.data)
            .join(SNAPSHOT_BLOCK, SNAPSHOT_BLOCK.c.snapshot_id == EDITION.c.snapshot_id)
            .where(of_board)
        ).all()
        for row in rows:
            leader = officials.first(decode(row.data))
            if leader != row.official_leader_alias_id:
                session.execute(
                    update(EDITION)
                    .where(of_board, EDITION.c.edition_date == row.edition_date)
                    .values(official_leader_alias_id=leader)
                )
                changed.add(board_id)
    return changed


def officials_of(session: Session, source_id: int) -> Officials:
    """Which lines of a source are official, as stored."""
    flags = session.execute(
        select(PROFILE.c.id, PROFILE.c.official).where(PROFILE.c.source_id == source_id)
    )
    kinds = session.execute(
        select(ALIAS.c.id, ORGANIZATION.c.kind)
        .join(MODEL, MODEL.c.id == ALIAS.c.model_id)
        .join(ORGANIZATION, ORGANIZATION.c.id == MODEL.c.organization_id, isouter=True)
        .where(ALIAS.c.source_id == source_id)
    )
    return Officials(
        {profile_id: flag for profile_id, flag in flags},  # noqa: C416 - rows are not pairs to mypy
        {alias_id: kind not in OFFICIAL_NOT for alias_id, kind in kinds},
    )
