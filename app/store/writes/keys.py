"""API keys made and revoked."""

from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from app.domain.keys import SHOWN, digest_of
from app.errors import NotFoundError
from app.store.bulk import storable
from app.store.tables import API_KEY


def add_key(session: Session, secret: str, *, name: str, quota: str, now: datetime) -> int:
    """Let a key be known from now on, by a name for people; returns its number."""
    statement = insert(API_KEY).values(
        name=storable(name),
        digest=digest_of(secret.encode()),
        start=secret[:SHOWN],
        quota=quota,
        made_at=now,
        revoked_at=None,
    )
    number: int = session.scalars(statement.returning(API_KEY.c.id)).one()
    return number


def revoke_key(session: Session, number: int, now: datetime) -> None:
    """Let a key be known no more; one that was revoked stays so since then.

    Raises:
        NotFoundError: there never was such a key.
    """
    revoked_at = func.coalesce(API_KEY.c.revoked_at, now, type_=API_KEY.c.revoked_at.type)
    statement = update(API_KEY).where(API_KEY.c.id == number).values(revoked_at=revoked_at)
    if session.execute(statement.returning(API_KEY.c.id)).first() is None:
        numbers = session.scalars(select(API_KEY.c.id).order_by(API_KEY.c.id))
        raise NotFoundError("key", str(number), [str(other) for other in numbers])
