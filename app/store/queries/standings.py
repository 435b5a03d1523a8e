"""Standings: the entries of a snapshot, and what they are told apart by."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.domain.standings import Standing, is_official
from app.store.blocks import MISSING, Block, Floats, Ints, decode
from app.store.queries.names import Names
from app.store.tables import SNAPSHOT_BLOCK

_BLOCK = select(SNAPSHOT_BLOCK.c.data).where(SNAPSHOT_BLOCK.c.snapshot_id == bindparam("number"))


def block_of(session: Session, snapshot_id: int) -> Block:
    """The entries of a snapshot that exists, as columns."""
    data = session.scalars(_BLOCK, {"number": snapshot_id}).one()
    return decode(data).entries()


def resolved(names: Names, block: Block) -> list[Standing]:
    """The lines of a block with the models they mean, best first; ties by the model's slug."""
    aliases, profiles = names.aliases, names.profiles
    standings = []
    for alias_id, rank, tied, score, lower, upper, votes, published, profile_id, variants in zip(
        *(_values(column) for column in block), strict=True
    ):
        alias, profile = aliases[alias_id], profiles[profile_id]
        model = alias.model
        standings.append(
            Standing(
                rank,
                tied,
                score,
                lower,
                upper,
                votes,
                published,
                variants,
                model,
                alias.printed_name,
                is_official(profile.official, model.organization),
                profile.licence,
                profile.licence_id,
                profile.open_weights if model.open_weights is None else model.open_weights,
                profile.parameters_b,
                profile.kind,
            )
        )
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


def _values(column: Floats | Ints) -> list[Any]:
    """A column as plain values, None where nothing was published."""
    values: list[Any] = column.tolist()
    missing = np.isnan(column) if column.dtype.kind == "f" else column == MISSING
    if not missing.any():
        return values
    return [None if gone else value for value, gone in zip(values, missing.tolist(), strict=True)]


def missing_float(value: float) -> float | None:
    """A stored float: NaN means that nothing was published."""
    return None if value != value else value  # noqa: PLR0124 - only NaN differs from itself


def missing_integer(value: int) -> int | None:
    """A stored integer: the smallest number means that nothing was published."""
    return None if value == MISSING else value
