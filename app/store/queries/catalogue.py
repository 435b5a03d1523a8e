"""Names in memory: resolving them from dictionaries is faster than joining them each time."""

import threading
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.standings import Model, Organization
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


class Alias(NamedTuple):
    """A printed name and the model it means."""

    id: int
    source: str
    printed_name: str
    model: Model


class Profile(NamedTuple):
    """What a source printed about a model beside its score."""

    licence: str | None
    official: bool | None
    open_weights: bool | None
    parameters_b: float | None


@dataclass(frozen=True, slots=True)
class Names:
    """All names at one version of the record.

    `version` changes whenever any name, maker or meaning does.
    """

    version: str
    organizations: dict[str, Organization]
    organization_spellings: dict[str, str]
    models: dict[str, Model]
    redirects: dict[str, str]
    aliases: dict[int, Alias]
    aliases_of: dict[str, list[Alias]]
    models_of: dict[str, list[Model]]
    profiles: dict[int, Profile]


class Catalogue:
    """The names of one database, loaded again when the record says they changed."""

    def __init__(self) -> None:
        """Empty until first read."""
        self._names: Names | None = None
        self._lock = threading.Lock()

    def read(self, session: Session) -> Names:
        """The names as they are now: one small query when nothing changed."""
        version = _version(session)
        names = self._names
        if names is not None and names.version == version:
            return names
        with self._lock:
            if self._names is None or self._names.version != version:
                self._names = _load(session, version)
            return self._names


def _version(session: Session) -> str:
    rows = session.execute(select(VERSION.c.subject, VERSION.c.value).order_by(VERSION.c.subject))
    return ".".join(f"{subject[0]}{value}" for subject, value in rows)


def _load(session: Session, version: str) -> Names:
    organizations, by_id = _organizations(session)
    spellings = {
        spelling: by_id[organization_id].slug
        for spelling, organization_id in session.execute(
            select(ORGANIZATION_ALIAS.c.spelling, ORGANIZATION_ALIAS.c.organization_id)
        )
    }
    models: dict[str, Model] = {}
    model_by_id: dict[int, Model] = {}
    models_of: dict[str, list[Model]] = {}
    for model_id, slug, name, organization_id in session.execute(
        select(MODEL.c.id, MODEL.c.slug, MODEL.c.name, MODEL.c.organization_id)
    ):
        organization = None if organization_id is None else by_id[organization_id]
        model = Model(slug, name, organization)
        models[slug] = model_by_id[model_id] = model
        if organization is not None:
            models_of.setdefault(organization.slug, []).append(model)
    aliases, aliases_of = _aliases(session, model_by_id)
    return Names(
        version=version,
        organizations=organizations,
        organization_spellings=spellings,
        models=models,
        redirects={
            slug: model_by_id[model_id].slug
            for slug, model_id in session.execute(
                select(MODEL_REDIRECT.c.slug, MODEL_REDIRECT.c.model_id)
            )
        },
        aliases=aliases,
        aliases_of=aliases_of,
        models_of=models_of,
        profiles={
            row[0]: Profile(*row[1:])
            for row in session.execute(
                select(
                    PROFILE.c.id,
                    PROFILE.c.licence,
                    PROFILE.c.official,
                    PROFILE.c.open_weights,
                    PROFILE.c.parameters_b,
                )
            )
        },
    )


def _organizations(
    session: Session,
) -> tuple[dict[str, Organization], dict[int, Organization]]:
    by_id = {
        organization_id: Organization(slug, name, kind, country)
        for organization_id, slug, name, kind, country in session.execute(
            select(
                ORGANIZATION.c.id,
                ORGANIZATION.c.slug,
                ORGANIZATION.c.name,
                ORGANIZATION.c.kind,
                ORGANIZATION.c.country,
            )
        )
    }
    return {organization.slug: organization for organization in by_id.values()}, by_id


def _aliases(
    session: Session, model_by_id: dict[int, Model]
) -> tuple[dict[int, Alias], dict[str, list[Alias]]]:
    sources = {row.id: row.slug for row in session.execute(select(SOURCE.c.id, SOURCE.c.slug))}
    aliases: dict[int, Alias] = {}
    aliases_of: dict[str, list[Alias]] = {}
    for alias_id, source_id, printed_name, model_id in session.execute(
        select(ALIAS.c.id, ALIAS.c.source_id, ALIAS.c.printed_name, ALIAS.c.model_id)
    ):
        alias = Alias(alias_id, sources[source_id], printed_name, model_by_id[model_id])
        aliases[alias_id] = alias
        aliases_of.setdefault(alias.model.slug, []).append(alias)
    return aliases, aliases_of
