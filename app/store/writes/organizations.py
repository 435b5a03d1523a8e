"""Organizations, and everything by which one is recognised."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.store.bulk import delete_dicts, insert_dicts, update_dicts
from app.store.tables import COUNTRY, MODEL, ORGANIZATION, ORGANIZATION_ALIAS, ORGANIZATION_NAME

Key = tuple[str, str]


@dataclass(slots=True)
class OrganizationRecord:
    """An organization as stored. `former_names` are (until, name)."""

    id: int
    slug: str
    name: str
    kind: str | None
    country: str | None
    homepage: str | None
    reviewed: bool
    former_names: tuple[tuple[date, str], ...] = ()


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
    records = {row.id: OrganizationRecord(*row) for row in rows}
    for row in session.execute(select(ORGANIZATION_NAME).order_by(ORGANIZATION_NAME.c.until)):
        records[row.organization_id].former_names += ((row.until, row.name),)
    return list(records.values())


def load_organization_aliases(session: Session) -> dict[Key, int]:
    """(kind, folded text) to organization id."""
    rows = session.execute(
        select(
            ORGANIZATION_ALIAS.c.kind,
            ORGANIZATION_ALIAS.c.spelling,
            ORGANIZATION_ALIAS.c.organization_id,
        )
    )
    return {(kind, spelling): organization for kind, spelling, organization in rows}


def insert_organizations(session: Session, records: Sequence[OrganizationRecord]) -> None:
    """New organizations, with the ids their records say."""
    insert_dicts(session, ORGANIZATION, ({"id": r.id, **_facts(r)} for r in records))
    _insert_former_names(session, records)


def update_organizations(session: Session, records: Sequence[OrganizationRecord]) -> None:
    """Bring stored organizations in line with their records."""
    update_dicts(session, ORGANIZATION, [{"id": r.id, **_facts(r)} for r in records])
    ids = [record.id for record in records]
    session.execute(delete(ORGANIZATION_NAME).where(ORGANIZATION_NAME.c.organization_id.in_(ids)))
    _insert_former_names(session, records)


def delete_organizations(session: Session, ids: Sequence[int]) -> None:
    """Take away organizations that have no models, and everything that means them."""
    for table in (ORGANIZATION_NAME, ORGANIZATION_ALIAS):
        session.execute(delete(table).where(table.c.organization_id.in_(ids)))
    session.execute(delete(ORGANIZATION).where(ORGANIZATION.c.id.in_(ids)))


def organizations_with_models(session: Session) -> set[int]:
    """The organizations that a model belongs to."""
    return set(
        session.scalars(
            select(MODEL.c.organization_id).where(MODEL.c.organization_id.is_not(None)).distinct()
        )
    )


def insert_organization_aliases(session: Session, aliases: Mapping[Key, int]) -> None:
    """Let further texts mean organizations."""
    insert_dicts(
        session,
        ORGANIZATION_ALIAS,
        (
            {"kind": kind, "spelling": spelling, "organization_id": organization_id}
            for (kind, spelling), organization_id in aliases.items()
        ),
    )


def move_organization_alias(session: Session, key: Key, organization_id: int) -> None:
    """Let a text mean another organization."""
    kind, spelling = key
    session.execute(
        update(ORGANIZATION_ALIAS)
        .where(ORGANIZATION_ALIAS.c.kind == kind, ORGANIZATION_ALIAS.c.spelling == spelling)
        .values(organization_id=organization_id)
    )


def delete_organization_aliases(session: Session, keys: Iterable[Key]) -> None:
    """Let these texts mean nobody."""
    delete_dicts(
        session, ORGANIZATION_ALIAS, [{"kind": kind, "spelling": text} for kind, text in keys]
    )


def save_countries(session: Session, names: Mapping[str, str]) -> bool:
    """Let countries be called so, by code; whether any was called otherwise."""
    stored = {row.code: row.name for row in session.execute(select(COUNTRY))}
    if stored == names:
        return False
    session.execute(delete(COUNTRY))
    insert_dicts(session, COUNTRY, ({"code": code, "name": name} for code, name in names.items()))
    return True


def _facts(record: OrganizationRecord) -> dict[str, object]:
    return {
        "slug": record.slug,
        "name": record.name,
        "kind": record.kind,
        "country": record.country,
        "homepage": record.homepage,
        "reviewed": record.reviewed,
    }


def _insert_former_names(session: Session, records: Sequence[OrganizationRecord]) -> None:
    insert_dicts(
        session,
        ORGANIZATION_NAME,
        (
            {"organization_id": record.id, "until": until, "name": name}
            for record in records
            for until, name in record.former_names
        ),
    )
