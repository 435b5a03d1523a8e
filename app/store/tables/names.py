"""Who is who: organizations, models, and the names they go by."""

from datetime import date

from sqlalchemy import (
    BigInteger,
    Double,
    LargeBinary,
    String,
    UniqueConstraint,
)
from sqlmodel import Field, SQLModel

from app.store.types import Day


class VersionRow(SQLModel, table=True):
    """Counters by which readers see that what they remember has changed."""

    __tablename__ = "version"

    subject: str = Field(primary_key=True)
    value: int = Field(sa_type=BigInteger)


class OrganizationRow(SQLModel, table=True):
    """A maker of models. `reviewed` is False while nobody has confirmed who it is."""

    __tablename__ = "organization"

    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(unique=True)
    name: str
    kind: str | None
    country: str | None = Field(sa_type=String(2))
    homepage: str | None
    reviewed: bool


class OrganizationAliasRow(SQLModel, table=True):
    """A spelling (`kind` name) or Hub owner (`kind` namespace), folded, that means a maker."""

    __tablename__ = "organization_alias"
    __table_args__ = (UniqueConstraint("kind", "spelling"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    spelling: str
    organization_id: int = Field(foreign_key="organization.id", index=True)


class ModelRow(SQLModel, table=True):
    """A canonical model. `identity` is `organization slug/folded name`."""

    __tablename__ = "model"

    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(unique=True)
    name: str
    identity: str = Field(unique=True)
    organization_id: int | None = Field(foreign_key="organization.id", index=True)


class ModelRedirectRow(SQLModel, table=True):
    """An id that a model had before it was known better."""

    __tablename__ = "model_redirect"

    slug: str = Field(primary_key=True)
    model_id: int = Field(foreign_key="model.id", index=True)


class AliasRow(SQLModel, table=True):
    """A model's name exactly as one source prints it.

    `evidence_date` is the date of the edition whose printed maker decided the model's
    organization; a later edition overrules it, an earlier one does not.
    """

    __tablename__ = "alias"
    __table_args__ = (UniqueConstraint("source_id", "printed_name"),)

    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(foreign_key="source.id")
    printed_name: str
    model_id: int = Field(foreign_key="model.id", index=True)
    evidence_date: date | None = Field(sa_type=Day)
    reviewed: bool


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
    official: bool | None
    parameters_b: float | None = Field(sa_type=Double)
    open_weights: bool | None
