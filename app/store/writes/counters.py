"""Numbers for new rows, and the versions by which others see that something changed."""

from collections.abc import Iterable

from sqlalchemy import Table, case, func, select, update
from sqlalchemy.orm import Session

from app.store.bulk import insert_or_else
from app.store.tables import ALIAS, LEADERBOARD, MODEL, ORGANIZATION, PROFILE, VERSION

NAMES = "names"
IDENTITY = "identity"
MAKERS = "makers"  # what was printed beside names; of no concern to readers
CURATION = "curation"
FENCES = "fences"  # from which the claims of sources count on (`app.store.writes.runs`)

_ALL = select(VERSION.c.subject, VERSION.c.value)


def version_of(session: Session, subject: str) -> int:
    """How often a subject has changed; 0 when never."""
    return _value(session, subject) or 0


def versions_of(session: Session, subjects: Iterable[str]) -> dict[str, int]:
    """How often each of these subjects has changed, by one question."""
    found = {row.subject: row.value for row in session.execute(_ALL)}
    return {subject: found.get(subject, 0) for subject in subjects}


def curation_applied(session: Session) -> int | None:
    """The digest of the curated facts that were applied last; None when none ever were."""
    return _value(session, CURATION)


def bump_version(session: Session, subject: str) -> None:
    """Say that a subject has changed."""
    _set(session, subject, version_of(session, subject) + 1)


def raise_versions(session: Session, to: int) -> None:
    """Say that every board and all names have changed: to a version, or past it by one.

    Claims count on from there too, so that none of before is ever taken for one of after.
    """
    for subject in (NAMES, IDENTITY, MAKERS, FENCES):
        _set(session, subject, max(version_of(session, subject) + 1, to))
    version = LEADERBOARD.c.data_version
    session.execute(
        update(LEADERBOARD).values(data_version=case((version < to, to), else_=version + 1))
    )


def note_curation(session: Session, digest: int) -> None:
    """Say which curated facts have been applied."""
    _set(session, CURATION, digest)


def _value(session: Session, subject: str) -> int | None:
    return session.scalar(select(VERSION.c.value).where(VERSION.c.subject == subject))


def _set(session: Session, subject: str, value: int) -> None:
    statement = insert_or_else(session, VERSION).values(subject=subject, value=value)
    session.execute(
        statement.on_conflict_do_update(index_elements=["subject"], set_={"value": value})
    )


class NewIds:
    """Numbers for new rows, chosen by the one writer (`app.store.bulk.lock_writers`)."""

    def __init__(self, session: Session) -> None:
        """Asks the database at the first number of each kind."""
        self._session = session
        self._last: dict[str, int] = {}

    def organization(self) -> int:
        """The next free number of an organization."""
        return self._take(ORGANIZATION)

    def model(self) -> int:
        """The next free number of a model."""
        return self._take(MODEL)

    def alias(self) -> int:
        """The next free number of a printed name."""
        return self._take(ALIAS)

    def profile(self) -> int:
        """The next free number of a profile."""
        return self._take(PROFILE)

    def _take(self, table: Table) -> int:
        if table.name not in self._last:
            highest = self._session.scalar(select(func.max(table.c.id)))
            self._last[table.name] = highest or 0
        self._last[table.name] += 1
        return self._last[table.name]
