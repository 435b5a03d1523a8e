"""All names of the record, as values."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.names import fold
from app.domain.slugs import slugify
from app.domain.standings import Licence, Model, Organization
from app.store.recall import recalled
from app.store.tables import (
    ALIAS,
    COUNTRY,
    LICENCE,
    MODEL,
    MODEL_REDIRECT,
    ORGANIZATION,
    ORGANIZATION_ALIAS,
    ORGANIZATION_NAME,
    PROFILE,
    SOURCE,
    VERSION,
)

_VERSIONS = (
    select(VERSION.c.subject, VERSION.c.value)
    .where(VERSION.c.subject.in_(["names", "identity", "curation"]))
    .order_by(VERSION.c.subject)
)
_NEW = "n"  # of the subject `names`
_SPELLINGS = ("former_id", "namespace", "name")


class Alias(NamedTuple):
    """A printed name and the model it means.

    `reviewed`: the curated table says so. `since`: the first edition that prints it, where the
    model was renamed to it.
    """

    id: int
    source: str
    printed_name: str
    model: Model
    reviewed: bool
    since: date | None


class Profile(NamedTuple):
    """What a source printed about a model beside its score."""

    licence: str | None
    licence_id: str | None
    official: bool | None
    open_weights: bool | None
    parameters_b: float | None
    kind: str


@dataclass(frozen=True)  # without slots, for what is worked out when it is first wanted
class Names:
    """All names at one version of the record.

    `version` changes whenever any name, maker or meaning does. `countries` are names by code.
    """

    version: str
    organizations: dict[str, Organization]
    organization_spellings: dict[str, str]
    countries: dict[str, str]
    models: dict[str, Model]
    redirects: dict[str, str]
    aliases: dict[int, Alias]
    aliases_of: dict[str, list[Alias]]
    models_of: dict[str, list[Model]]
    licences: dict[str, Licence]
    profiles: dict[int, Profile]

    @property
    def meanings(self) -> str:
        """The part of `version` that new names leave as it is."""
        return ".".join(part for part in self.version.split(".") if part[0] != _NEW)

    @cached_property
    def printed(self) -> Mapping[str, Collection[str]]:
        """The ids of the models that are printed under a name, by what `fold` makes of it."""
        found: dict[str, set[str]] = {}
        for alias in self.aliases.values():
            found.setdefault(fold(alias.printed_name), set()).add(alias.model.slug)
        return found

    @cached_property
    def called(self) -> Mapping[str, Collection[str]]:
        """The ids of the models that go by a name, by what `slugify` makes of it."""
        found: dict[str, set[str]] = {}
        for model in self.models.values():
            found.setdefault(slugify(model.name), set()).add(model.slug)
        return found

    @property
    def organizations_in(self) -> dict[str, list[Organization]]:
        """The makers of each country, by code."""
        found: dict[str, list[Organization]] = {}
        for organization in self.organizations.values():
            if organization.country is not None:
                found.setdefault(organization.country, []).append(organization)
        return found

    def names_of(self, organizations: Iterable[Organization]) -> list[int]:
        """The numbers of all names of these makers' models."""
        return [
            alias.id
            for organization in organizations
            for model in self.models_of.get(organization.slug, ())
            for alias in self.aliases_of.get(model.slug, ())
        ]


def names_version(session: Session) -> str:
    """What changes whenever any name, maker or meaning does."""
    return recalled(session, "names", lambda: _version(session))


def _version(session: Session) -> str:
    rows = session.execute(_VERSIONS)
    return ".".join(f"{subject[0]}{value}" for subject, value in rows)


def meanings_version(session: Session) -> int:
    """What changes whenever a known name or maker comes to mean another; new ones leave it."""
    value: int | None = session.scalar(
        select(VERSION.c.value).where(VERSION.c.subject == "identity")
    )
    return value or 0


def load_names(session: Session, version: str) -> Names:
    """The names as they are now."""
    organizations, by_id = _organizations(session)
    models, model_by_id = _models(session, by_id)
    aliases = _aliases(session, model_by_id)
    aliases_of: dict[str, list[Alias]] = {}
    for alias in aliases.values():
        aliases_of.setdefault(alias.model.slug, []).append(alias)
    models_of: dict[str, list[Model]] = {}
    for model in models.values():
        if model.organization is not None:
            models_of.setdefault(model.organization.slug, []).append(model)
    return Names(
        version=version,
        organizations=organizations,
        organization_spellings=_spellings(session, by_id),
        countries={row.code: row.name for row in session.execute(select(COUNTRY))},
        models=models,
        redirects={
            row.slug: aliases[row.alias_id].model.slug
            for row in session.execute(select(MODEL_REDIRECT.c.slug, MODEL_REDIRECT.c.alias_id))
            if row.slug not in models
        },
        aliases=aliases,
        aliases_of=aliases_of,
        models_of=models_of,
        licences={
            row.id: Licence(*row)
            for row in session.execute(
                select(LICENCE.c.id, LICENCE.c.name, LICENCE.c.spdx, LICENCE.c.open_weights)
            )
        },
        profiles={
            row[0]: Profile(*row[1:])
            for row in session.execute(
                select(
                    PROFILE.c.id,
                    PROFILE.c.licence,
                    PROFILE.c.licence_id,
                    PROFILE.c.official,
                    PROFILE.c.open_weights,
                    PROFILE.c.parameters_b,
                    PROFILE.c.kind,
                )
            )
        },
    )


def _organizations(
    session: Session,
) -> tuple[dict[str, Organization], dict[int, Organization]]:
    former: dict[int, tuple[tuple[date, str], ...]] = {}
    for row in session.execute(select(ORGANIZATION_NAME).order_by(ORGANIZATION_NAME.c.until)):
        former[row.organization_id] = (*former.get(row.organization_id, ()), (row.until, row.name))
    by_id = {
        row.id: Organization(
            slug=row.slug,
            name=row.name,
            kind=row.kind,
            country=row.country,
            homepage=row.homepage,
            reviewed=row.reviewed,
            former_names=former.get(row.id, ()),
        )
        for row in session.execute(select(ORGANIZATION))
    }
    return {organization.slug: organization for organization in by_id.values()}, by_id


def _spellings(session: Session, by_id: dict[int, Organization]) -> dict[str, str]:
    """What is said for an organization; a printed name goes before a Hub owner or an old id."""
    rows = session.execute(
        select(
            ORGANIZATION_ALIAS.c.kind,
            ORGANIZATION_ALIAS.c.spelling,
            ORGANIZATION_ALIAS.c.organization_id,
        )
    ).all()
    weakest_first = sorted(rows, key=lambda row: _SPELLINGS.index(row.kind))
    return {row.spelling: by_id[row.organization_id].slug for row in weakest_first}


def _models(
    session: Session, organizations: dict[int, Organization]
) -> tuple[dict[str, Model], dict[int, Model]]:
    by_id = {
        row.id: Model(
            slug=row.slug,
            name=row.name,
            organization=organizations.get(row.organization_id),
            reviewed=row.reviewed,
            base=row.base,
            open_weights=row.open_weights,
        )
        for row in session.execute(select(MODEL))
    }
    return {model.slug: model for model in by_id.values()}, by_id


def _aliases(session: Session, models: dict[int, Model]) -> dict[int, Alias]:
    sources = {row.id: row.slug for row in session.execute(select(SOURCE.c.id, SOURCE.c.slug))}
    return {
        row.id: Alias(
            row.id,
            sources[row.source_id],
            row.printed_name,
            models[row.model_id],
            row.reviewed,
            row.since,
        )
        for row in session.execute(select(ALIAS))
    }
