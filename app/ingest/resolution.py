"""Deciding anew whom every stored name means, without fetching anything."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.identity.curation import Curation, curation
from app.ingest.aftermath import settle
from app.ingest.resolve import Resolver
from app.store.engine import SessionFactory, reading, write
from app.store.writes.counters import curation_applied

_NO_SOURCE = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What came of it: names that mean another model now, and editions with other ranks.

    `changed`: anything at all did, be it a maker's name only.
    """

    names_moved: int
    editions_changed: int
    changed: bool


def resolve_again(
    sessions: SessionFactory, *, now: datetime, curated: Curation | None = None
) -> Resolution:
    """Bring the record in line with the curated facts: all of it, or nothing.

    `curated` replaces the facts that come with the program.
    """

    def decide(session: Session) -> Resolution:
        resolver = Resolver(_NO_SOURCE, curated or curation())
        touched: dict[int, set[date]] = {}
        resolver.open(session, anew=True)
        moved = len(resolver.moved)
        changed = resolver.meanings_changed(session)
        settle(session, resolver, touched, now=now)
        return Resolution(
            names_moved=moved,
            editions_changed=sum(map(len, touched.values())),
            changed=changed,
        )

    return write(sessions, decide)


def is_resolved(sessions: SessionFactory) -> bool:
    """Whether the curated facts that come with the program are those that were applied last."""
    with reading(sessions) as session:
        return curation_applied(session) == curation().digest
