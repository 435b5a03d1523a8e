"""Who is who: organizations, models, and the names they go by."""

from datetime import date

from sqlalchemy import (
    BigInteger,
    Double,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    UniqueConstraint,
)
from sqlmodel import Field, SQLModel

from app.store.types import Day


class VersionRow(SQLModel, table=True):
    """Counters by which readers see that what they remember has changed.

    One subject is no counter: the digest of the curated facts that were applied last.
    """

    __tablename__ = "version"

    subject: str = Field(primary_key=True)
    value: int = Field(sa_type=BigInteger)


class OrganizationRow(SQLModel, table=True):
    """A maker of models, by its present name.

    `reviewed` is False while nobody has confirmed who it is.
    """

    __tablename__ = "organization"

    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(unique=True)
    name: str
    kind: str | None
    country: str | None = Field(sa_type=String(2))
    homepage: str | None
    reviewed: bool


class OrganizationNameRow(SQLModel, table=True):
    """A name that an organization had before; `until` is the first date of the next one."""

    __tablename__ = "organization_name"
    __table_args__ = (
        PrimaryKeyConstraint("organization_id", "until"),
        {"sqlite_with_rowid": False},
    )

    organization_id: int = Field(foreign_key="organization.id")
    until: date = Field(sa_type=Day)
    name: str


class OrganizationAliasRow(SQLModel, table=True):
    """What means a maker, folded: a spelling, a Hub owner, or an id it had (`kind`)."""

    __tablename__ = "organization_alias"
    __table_args__ = (UniqueConstraint("kind", "spelling"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    spelling: str
    organization_id: int = Field(foreign_key="organization.id", index=True)


class ModelRow(SQLModel, table=True):
    """A canonical model. `identity` is `organization slug/folded name`.

    `reviewed`, `base` (the id of the model it was made from) and `open_weights` (where a board's
    licence says the wrong thing) come from the curated table.
    """

    __tablename__ = "model"

    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(unique=True)
    name: str
    identity: str = Field(unique=True)
    organization_id: int | None = Field(foreign_key="organization.id", index=True)
    reviewed: bool
    base: str | None
    open_weights: bool | None


class ModelRedirectRow(SQLModel, table=True):
    """An id under which a printed name was known; it leads to whatever that name means now.

    It stays while a model of that name has the id again, and tells whose the id is.
    """

    __tablename__ = "model_redirect"

    slug: str = Field(primary_key=True)
    alias_id: int = Field(foreign_key="alias.id", index=True)


class AliasRow(SQLModel, table=True):
    """A model's name exactly as one source prints it.

    `reviewed`: the curated table says whose it is. `since`: the first edition that prints it, where
    the model was renamed to it.
    """

    __tablename__ = "alias"
    __table_args__ = (UniqueConstraint("source_id", "printed_name"),)

    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(foreign_key="source.id")
    printed_name: str
    model_id: int = Field(foreign_key="model.id", index=True)
    reviewed: bool
    since: date | None = Field(sa_type=Day)


class AliasMakerRow(SQLModel, table=True):
    """A maker that a source printed beside a name, and in which edition last.

    The newest decides whose the model is. `kind` is that of `organization_alias`; the text is kept
    as printed, so that it can be looked up anew.
    """

    __tablename__ = "alias_maker"
    __table_args__ = (
        PrimaryKeyConstraint("alias_id", "kind", "printed"),
        {"sqlite_with_rowid": False},
    )

    alias_id: int = Field(foreign_key="alias.id")
    kind: str
    printed: str
    last_date: date = Field(sa_type=Day)


class CountryRow(SQLModel, table=True):
    """A country by its ISO 3166-1 alpha-2 code, with its usual English name."""

    __tablename__ = "country"

    code: str = Field(primary_key=True, sa_type=String(2))
    name: str


class LicenceRow(SQLModel, table=True):
    """A licence by its SPDX id (`spdx`), or by one of our own where it has none."""

    __tablename__ = "licence"

    id: str = Field(primary_key=True)
    name: str
    spdx: bool
    open_weights: bool | None


class ProfileRow(SQLModel, table=True):
    """What a source printed about a model beside its score; each combination once."""

    __tablename__ = "profile"
    __table_args__ = (UniqueConstraint("source_id", "digest"),)

    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(foreign_key="source.id")
    digest: bytes = Field(sa_type=LargeBinary)
    namespace: str | None
    organization: str | None
    licence: str | None
    licence_id: str | None = Field(foreign_key="licence.id", index=True)
    official: bool | None
    parameters_b: float | None = Field(sa_type=Double)
    kind: str = Field(sa_column_kwargs={"server_default": "model"})
    open_weights: bool | None
