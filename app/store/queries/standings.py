"""Standings: the entries of a snapshot, and what they are told apart by."""

from collections.abc import Collection, Sequence

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.standings import Standing, is_official
from app.store.blocks import MISSING, Block, decode
from app.store.queries.names import Names
from app.store.tables import SNAPSHOT_BLOCK


def block_of(session: Session, snapshot_id: int) -> Block:
    """The entries of a snapshot that exists, as columns."""
    data = session.scalars(
        select(SNAPSHOT_BLOCK.c.data).where(SNAPSHOT_BLOCK.c.snapshot_id == snapshot_id)
    ).one()
    return decode(data).entries()


def standings_of(
    session: Session, names: Names, snapshot_id: int, models: Collection[str] | None = None
) -> list[Standing]:
    """The entries of a snapshot, or those of some models; best first, ties by the model's slug."""
    block = block_of(session, snapshot_id)
    if models is not None:
        wanted = [alias.id for slug in models for alias in names.aliases_of.get(slug, ())]
        block = block.only(np.isin(block.alias_id, wanted))
    return resolved(names, block)


def resolved(names: Names, block: Block) -> list[Standing]:
    """The lines of a block with the models they mean, best first; ties by the model's slug."""
    columns = zip(*(column.tolist() for column in block), strict=True)
    standings = [_standing(names, *values) for values in columns]
    standings.sort(key=lambda one: (one.rank, one.model.slug, one.printed_name))
    return standings


def blocks_of(session: Session, snapshot_ids: Sequence[int]) -> dict[int, Block]:
    """The entries of these snapshots as columns, by number; one query for all."""
    if not snapshot_ids:
        return {}
    rows = session.execute(
        select(SNAPSHOT_BLOCK.c.snapshot_id, SNAPSHOT_BLOCK.c.data).where(
            SNAPSHOT_BLOCK.c.snapshot_id.in_(snapshot_ids)
        )
    )
    return {snapshot_id: decode(data).entries() for snapshot_id, data in rows}


def leaders_of(session: Session, names: Names, snapshot_id: int) -> list[Standing]:
    """The entries of a snapshot with rank 1; ties by the model's slug."""
    block = block_of(session, snapshot_id)
    return resolved(names, block.head(int((block.rank == 1).sum())))


def _standing(  # noqa: PLR0913, PLR0917 - one argument per column
    names: Names,
    alias_id: int,
    rank: int,
    tied: int,
    score: float,
    score_lower: float,
    score_upper: float,
    votes: int,
    published_rank: int,
    profile_id: int,
    variants: int,
) -> Standing:
    alias = names.aliases[alias_id]
    model = alias.model
    profile = names.profiles[profile_id]
    return Standing(
        rank,
        tied,
        score,
        missing_float(score_lower),
        missing_float(score_upper),
        missing_integer(votes),
        missing_integer(published_rank),
        variants,
        model,
        alias.printed_name,
        is_official(profile.official, model.organization),
        profile.licence,
        profile.licence_id,
        profile.open_weights if model.open_weights is None else model.open_weights,
        profile.parameters_b,
    )


def missing_float(value: float) -> float | None:
    """A stored float: NaN means that nothing was published."""
    return None if value != value else value  # noqa: PLR0124 - only NaN differs from itself


def missing_integer(value: int) -> int | None:
    """A stored integer: the smallest number means that nothing was published."""
    return None if value == MISSING else value
