"""The curated table of organizations (`organizations.toml`), reviewed like code."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from app.domain.names import fold
from app.domain.organizations import OrganizationKind


class FormerName(BaseModel):
    """A name that an organization had before; `until` is the first date of the next one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    until: date


class Organization(BaseModel):
    """One canonical organization, by its present name.

    `country` is ISO 3166-1 alpha-2, None where unknown. `namespaces` are its owners on the Hub,
    each with models of its own; `former_namespaces` are owners that were renamed, with their
    present name: a model of one name under both is one model.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    slug: str = Field(pattern=r"^[a-z0-9.]+(-[a-z0-9.]+)*$")
    name: str = Field(min_length=1)
    kind: OrganizationKind
    country: str | None = Field(default=None, pattern=r"^[A-Z]{2}$")
    homepage: str | None = Field(default=None, pattern=r"^https://")
    namespaces: tuple[str, ...] = ()
    former_namespaces: dict[str, str] = Field(default_factory=dict)
    spellings: tuple[str, ...] = ()
    former_names: tuple[FormerName, ...] = ()

    @property
    def texts(self) -> frozenset[str]:
        """The printed makers, folded, by which it is recognised."""
        former = (one.name for one in self.former_names)
        return frozenset(map(fold, (self.name, *self.spellings, *former)))

    @property
    def owners(self) -> frozenset[str]:
        """The Hub owners, folded, by which it is recognised."""
        return frozenset(map(fold, (*self.namespaces, *self.former_namespaces)))


class Country(BaseModel):
    """A country by its ISO 3166-1 alpha-2 code, with its usual English name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str = Field(pattern=r"^[A-Z]{2}$")
    name: str = Field(min_length=1)


class OrganizationTable(BaseModel):
    """The file as a whole."""

    model_config = ConfigDict(extra="forbid")

    organization: tuple[Organization, ...] = Field(min_length=1)
    country: tuple[Country, ...] = ()
