"""Who is who: organizations, models, aliases, profiles, and what was decided about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Table, bindparam, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.store.bulk import insert_dicts
from app.store.tables import (
    ALIAS,
    MODEL,
    MODEL_REDIRECT,
    ORGANIZATION,
    ORGANIZATION_ALIAS,
    PROFILE,
    SOURCE,
    VERSION,
)

NAMES = "names"
IDENTITY = "identity"


@dataclass(slots=True)
class OrganizationRecord:
    """An organization as stored."""

    id: int
    slug: str
    name: str
    kind: str | None
    country: str | None
    homepage: str | None
    reviewed: bool


@dataclass(slots=True)
class ModelRecord:
    """A model as stored."""

    id: int
    slug: str
    name: str
    identity: str
    organization_id: int | None


@dataclass(slots=True)
class AliasRecord:
    """A printed name as stored."""

    id: int
    source_id: int
    printed_name: str
    model_id: int
    evidence_date: date | None


def version_of(session: Session, subject: str) -> int:
    """How often a subject has changed; 0 when never."""
    value = session.scalar(select(VERSION.c.value).where(VERSION.c.subject == subject))
    return value or 0


def bump_version(session: Session, subject: str) -> None:
    """Say that a subject has changed."""
    value = version_of(session, subject) + 1
    statement = _insert_for(session, VERSION).values(subject=subject, value=value)
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


def load_organizations(session: Session) -> list[OrganizationRecord]:
    """All organizations."""
    rows = session.execute(
        select(
            ORGANIZATION.c.id,
            ORGANIZATION.c.slug,
            ORGANIZATION.c.name,
            ORGANIZATION.c.kind,
            ORGANIZATION.c.country,
            ORGANIZATION.c.homepage,
            ORGANIZATION.c.reviewed,
        )
    )
    return [OrganizationRecord(*row) for row in rows]


def load_organization_aliases(session: Session) -> dict[tuple[str, str], int]:
    """(kind, folded spelling) to organization id."""
    rows = session.execute(
        select(
            ORGANIZATION_ALIAS.c.kind,
            ORGANIZATION_ALIAS.c.spelling,
            ORGANIZATION_ALIAS.c.organization_id,
        )
    )
    return {(kind, spelling): organization for kind, spelling, organization in rows}


def load_models(session: Session) -> list[ModelRecord]:
    """All models."""
    rows = session.execute(
        select(
            MODEL.c.id,
            MODEL.c.slug,
            MODEL.c.name,
            MODEL.c.identity,
            MODEL.c.organization_id,
        )
    )
    return [ModelRecord(*row) for row in rows]


def load_redirects(session: Session) -> dict[str, int]:
    """Old model slugs and the models they mean."""
    rows = session.execute(select(MODEL_REDIRECT.c.slug, MODEL_REDIRECT.c.model_id))
    return {slug: model_id for slug, model_id in rows}  # noqa: C416 - rows are not pairs to mypy


def load_aliases(session: Session) -> list[AliasRecord]:
    """All printed names."""
    rows = session.execute(
        select(
            ALIAS.c.id,
            ALIAS.c.source_id,
            ALIAS.c.printed_name,
            ALIAS.c.model_id,
            ALIAS.c.evidence_date,
        )
    )
    return [AliasRecord(*row) for row in rows]


def load_profiles(session: Session, source_id: int) -> dict[bytes, tuple[int, bool | None]]:
    """Digest to (id, upstream's official flag) of what a source printed about its models."""
    rows = session.execute(
        select(PROFILE.c.digest, PROFILE.c.id, PROFILE.c.official).where(
            PROFILE.c.source_id == source_id
        )
    )
    return {digest: (profile_id, official) for digest, profile_id, official in rows}


def insert_organizations(session: Session, records: Sequence[OrganizationRecord]) -> None:
    """New organizations, with the ids their records say."""
    insert_dicts(
        session,
        ORGANIZATION,
        (
            {
                "id": r.id,
                "slug": r.slug,
                "name": r.name,
                "kind": r.kind,
                "country": r.country,
                "homepage": r.homepage,
                "reviewed": r.reviewed,
            }
            for r in records
        ),
    )


def update_organization(session: Session, record: OrganizationRecord) -> None:
    """Bring a stored organization in line with its record."""
    session.execute(
        update(ORGANIZATION)
        .where(ORGANIZATION.c.id == record.id)
        .values(
            name=record.name,
            kind=record.kind,
            country=record.country,
            homepage=record.homepage,
            reviewed=record.reviewed,
        )
    )


def insert_organization_aliases(session: Session, aliases: Mapping[tuple[str, str], int]) -> None:
    """New spellings and namespaces of organizations."""
    insert_dicts(
        session,
        ORGANIZATION_ALIAS,
        (
            {"kind": kind, "spelling": spelling, "organization_id": organization_id}
            for (kind, spelling), organization_id in aliases.items()
        ),
    )


def move_organization_alias(session: Session, key: tuple[str, str], organization_id: int) -> None:
    """Let a spelling or namespace mean another organization."""
    kind, spelling = key
    session.execute(
        update(ORGANIZATION_ALIAS)
        .where(ORGANIZATION_ALIAS.c.kind == kind, ORGANIZATION_ALIAS.c.spelling == spelling)
        .values(organization_id=organization_id)
    )


def retire_organization(session: Session, organization_id: int, successor_id: int) -> None:
    """Take away an organization without models; what it was called means the successor."""
    session.execute(
        update(ORGANIZATION_ALIAS)
        .where(ORGANIZATION_ALIAS.c.organization_id == organization_id)
        .values(organization_id=successor_id)
    )
    session.execute(delete(ORGANIZATION).where(ORGANIZATION.c.id == organization_id))


def insert_models(session: Session, records: Sequence[ModelRecord]) -> None:
    """New models, with the ids their records say."""
    insert_dicts(
        session,
        MODEL,
        (
            {
                "id": r.id,
                "slug": r.slug,
                "name": r.name,
                "identity": r.identity,
                "organization_id": r.organization_id,
            }
            for r in records
        ),
    )


def insert_aliases(session: Session, records: Sequence[AliasRecord]) -> None:
    """New printed names, not yet reviewed, with the ids their records say."""
    insert_dicts(
        session,
        ALIAS,
        (
            {
                "id": r.id,
                "source_id": r.source_id,
                "printed_name": r.printed_name,
                "model_id": r.model_id,
                "evidence_date": r.evidence_date,
                "reviewed": False,
            }
            for r in records
        ),
    )


def insert_profiles(session: Session, values: Sequence[dict[str, Any]]) -> None:
    """New profiles, with the ids given."""
    insert_dicts(session, PROFILE, values)


def update_evidence(session: Session, records: Sequence[AliasRecord]) -> None:
    """Remember the newest edition whose printed maker agreed with what is stored."""
    if records:
        session.connection().execute(
            update(ALIAS)
            .where(ALIAS.c.id == bindparam("alias_id"))
            .values(evidence_date=bindparam("day")),
            [{"alias_id": r.id, "day": r.evidence_date} for r in records],
        )


def move_aliases(session: Session, aliases: Sequence[AliasRecord], model_id: int) -> None:
    """Let printed names mean another model."""
    session.execute(
        update(ALIAS)
        .where(ALIAS.c.id.in_([alias.id for alias in aliases]))
        .values(model_id=model_id)
    )


def move_all_aliases(session: Session, model_id: int, successor_id: int) -> None:
    """Let every name of a model mean another."""
    session.execute(update(ALIAS).where(ALIAS.c.model_id == model_id).values(model_id=successor_id))


def source_ids(session: Session) -> list[int]:
    """All sources."""
    return list(session.scalars(select(SOURCE.c.id).order_by(SOURCE.c.id)))


def sources_of_models(session: Session) -> dict[int, set[int]]:
    """The sources that print each model."""
    found: dict[int, set[int]] = {}
    for model_id, source_id in session.execute(
        select(ALIAS.c.model_id, ALIAS.c.source_id).distinct()
    ):
        found.setdefault(model_id, set()).add(source_id)
    return found


def rename_model(session: Session, record: ModelRecord) -> None:
    """Give a model the identity, slug and organization of its record."""
    session.execute(
        update(MODEL)
        .where(MODEL.c.id == record.id)
        .values(
            slug=record.slug,
            name=record.name,
            identity=record.identity,
            organization_id=record.organization_id,
        )
    )


def redirect_slug(session: Session, slug: str, model_id: int) -> None:
    """From now on an old slug means a model."""
    insert_dicts(session, MODEL_REDIRECT, [{"slug": slug, "model_id": model_id}])


def drop_redirect(session: Session, slug: str) -> None:
    """A slug that a model has again is no redirect."""
    session.execute(delete(MODEL_REDIRECT).where(MODEL_REDIRECT.c.slug == slug))


def retire_model(session: Session, model_id: int, successor_id: int) -> None:
    """Take away a model that no name means; its old slugs lead to the successor."""
    session.execute(
        update(MODEL_REDIRECT)
        .where(MODEL_REDIRECT.c.model_id == model_id)
        .values(model_id=successor_id)
    )
    session.execute(delete(MODEL).where(MODEL.c.id == model_id))


def _insert_for(session: Session, table: Table) -> Any:  # noqa: ANN401 - one of two dialects
    if session.connection().dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)
