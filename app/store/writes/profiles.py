"""Profiles: what a source printed beside a score; and the licences that stand in them."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from app.store.bulk import insert_dicts
from app.store.tables import LICENCE, PROFILE


class LicenceRecord(NamedTuple):
    """A licence as stored."""

    id: str
    name: str
    spdx: bool
    open_weights: bool | None


class LicenceUse(NamedTuple):
    """What a stored profile printed as licence, and what that was taken for.

    `on_hub`: the profile is of a Hub id.
    """

    profile_id: int
    printed: str | None
    on_hub: bool
    licence_id: str | None
    open_weights: bool | None


def profile_digest(text: str) -> bytes:
    """What a profile goes by, from its text."""
    return hashlib.blake2b(text.encode(), digest_size=12).digest()


def load_profiles(session: Session, source_id: int) -> dict[bytes, tuple[int, bool | None]]:
    """Digest to (id, upstream's official flag) of what a source printed about its models."""
    rows = session.execute(
        select(PROFILE.c.digest, PROFILE.c.id, PROFILE.c.official).where(
            PROFILE.c.source_id == source_id
        )
    )
    return {digest: (profile_id, official) for digest, profile_id, official in rows}


def insert_profiles(session: Session, values: Sequence[dict[str, Any]]) -> None:
    """New profiles, with the ids given."""
    insert_dicts(session, PROFILE, values)


def load_licences(session: Session) -> dict[str, LicenceRecord]:
    """All licences by id."""
    rows = session.execute(
        select(LICENCE.c.id, LICENCE.c.name, LICENCE.c.spdx, LICENCE.c.open_weights)
    )
    return {row.id: LicenceRecord(*row) for row in rows}


def save_licences(
    session: Session, known: Mapping[str, LicenceRecord], wanted: Sequence[LicenceRecord]
) -> None:
    """Store licences that are new or have changed, given those that are stored."""
    insert_dicts(session, LICENCE, (r._asdict() for r in wanted if r.id not in known))
    for record in wanted:
        if known.get(record.id, record) != record:
            session.execute(
                update(LICENCE).where(LICENCE.c.id == record.id).values(**record._asdict())
            )


def delete_licences(session: Session, ids: Sequence[str]) -> None:
    """Take away licences that no profile has."""
    session.execute(delete(LICENCE).where(LICENCE.c.id.in_(ids)))


def licence_uses(session: Session) -> list[LicenceUse]:
    """Every profile's licence."""
    rows = session.execute(
        select(
            PROFILE.c.id,
            PROFILE.c.licence,
            PROFILE.c.namespace.is_not(None),
            PROFILE.c.licence_id,
            PROFILE.c.open_weights,
        )
    )
    return [LicenceUse(*row) for row in rows]


def update_licence_uses(session: Session, uses: Sequence[LicenceUse]) -> None:
    """Note what the licences of these profiles are taken for now."""
    if uses:
        session.connection().execute(
            update(PROFILE)
            .where(PROFILE.c.id == bindparam("profile"))
            .values(licence_id=bindparam("taken_for"), open_weights=bindparam("openness")),
            [
                {"profile": u.profile_id, "taken_for": u.licence_id, "openness": u.open_weights}
                for u in uses
            ],
        )
