"""The curated table of organizations (`organizations.toml`), reviewed like code."""

import tomllib
from enum import StrEnum
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field


class OrganizationKind(StrEnum):
    """What an organization is; it decides whether its models are official."""

    COMPANY = "company"
    LAB = "lab"
    UNIVERSITY = "university"
    COMMUNITY = "community"
    INDIVIDUAL = "individual"


class Organization(BaseModel):
    """One canonical organization. `country` is ISO 3166-1 alpha-2, None where unknown.

    `former_namespaces` are Hub owners whose models have moved: what still stands under them
    is the same maker's, and is never taken for the model of the same name elsewhere.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    slug: str = Field(pattern=r"^[a-z0-9.]+(-[a-z0-9.]+)*$")
    name: str = Field(min_length=1)
    kind: OrganizationKind
    country: str | None = Field(default=None, pattern=r"^[A-Z]{2}$")
    homepage: str | None = None
    namespaces: tuple[str, ...] = ()
    former_namespaces: tuple[str, ...] = ()
    spellings: tuple[str, ...] = ()


class _Table(BaseModel):
    organization: tuple[Organization, ...]


@cache
def curated_organizations() -> tuple[Organization, ...]:
    """All of them, in the file's order."""
    text = files("app.identity").joinpath("organizations.toml").read_text(encoding="utf-8")
    return _Table.model_validate(tomllib.loads(text)).organization
