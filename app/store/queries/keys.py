"""API keys, for those who look after them and for the door."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.keys import ApiKey
from app.domain.quotas import quota_of
from app.store.tables import API_KEY


class StoredKey(NamedTuple):
    """What is known of a key; `revoked_at` is None while it is in force."""

    id: int
    name: str
    start: str
    quota: str
    made_at: datetime
    revoked_at: datetime | None


def list_keys(session: Session) -> list[StoredKey]:
    """Every key there ever was, in the order in which they were made."""
    columns = [API_KEY.c[name] for name in StoredKey._fields]
    rows = session.execute(select(*columns).order_by(API_KEY.c.id))
    return [StoredKey(*row) for row in rows]


def keys_in_force(session: Session) -> dict[bytes, ApiKey]:
    """The keys that were not revoked, by their digests."""
    rows = session.execute(
        select(API_KEY.c.digest, API_KEY.c.id, API_KEY.c.quota).where(
            API_KEY.c.revoked_at.is_(None)
        )
    )
    return {digest: ApiKey(number, quota_of(quota)) for digest, number, quota in rows}
