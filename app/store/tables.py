"""Table classes. They never leave the store; `alembic/` holds the way to them.

One leaderboard's history is stored twice, in the two directions in which it is asked for:
`entry` clusters the lines in force by (leaderboard, alias, date), so that a model's history
is one index range, and `snapshot_block` packs all lines of a snapshot into one value, so that
standings are one row. Lines are keyed by the alias (the name as printed), not by the model:
re-deciding who is meant moves pointers, not millions of lines.
"""

from datetime import date, datetime
from typing import cast

from sqlalchemy import (
    BigInteger,
    Double,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
)
from sqlmodel import Field, SQLModel
from sqlmodel.sql.sqltypes import UTCDateTime

from app.store.types import Day

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class VersionRow(SQLModel, table=True):
    """Counters by which readers see that what they remember has changed."""

    __tablename__ = "version"

    subject: str = Field(primary_key=True)
    value: int = Field(sa_type=BigInteger)


class SourceRow(SQLModel, table=True):
    """An upstream, as its adapter describes it."""

    __tablename__ = "source"

    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(unique=True)
    title: str
    homepage: str
    licence: str
    licence_url: str | None
    attribution: str
    every_seconds: int
    archived: bool


class LeaderboardRow(SQLModel, table=True):
    """One ranking by one metric. `data_version` grows with every stored change."""

    __tablename__ = "leaderboard"

    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(foreign_key="source.id", index=True)
    slug: str = Field(unique=True)
    title: str
    family: str
    category: str
    kind: str
    unit: str
    higher_is_better: bool
    status: str
    data_version: int
    changed_at: datetime = Field(sa_type=UTCDateTime)


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


class PayloadRow(SQLModel, table=True):
    """A file as upstream sent it, compressed, once per SHA-256 digest."""

    __tablename__ = "payload"

    id: int | None = Field(default=None, primary_key=True)
    digest: bytes = Field(sa_type=LargeBinary, unique=True)
    size: int = Field(sa_type=BigInteger)
    encoding: str
    data: bytes = Field(sa_type=LargeBinary)


class RunRow(SQLModel, table=True):
    """One attempt to bring one source up to date; see `app.domain.runs`."""

    __tablename__ = "run"
    __table_args__ = (
        UniqueConstraint("source_id", "slot"),
        Index(None, "source_id", "started_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(foreign_key="source.id")
    kind: str
    slot: int | None = Field(sa_type=BigInteger)
    owner: str
    fence: int
    outcome: str
    started_at: datetime = Field(sa_type=UTCDateTime)
    finished_at: datetime | None = Field(sa_type=UTCDateTime)
    error_kind: str | None
    error: str | None
    notes: str | None
    missed_slots: int
    documents: int
    bytes_fetched: int = Field(sa_type=BigInteger)
    snapshots_seen: int
    snapshots_written: int
    entries_written: int = Field(sa_type=BigInteger)


class LeaseRow(SQLModel, table=True):
    """Who works on a source now. `fence` grows with every holder."""

    __tablename__ = "lease"

    source_id: int = Field(foreign_key="source.id", primary_key=True)
    kind: str = Field(primary_key=True)
    owner: str
    fence: int
    lease_until: datetime = Field(sa_type=UTCDateTime)


class RevisionRow(SQLModel, table=True):
    """A version of an upstream document that was dealt with, or failed to be."""

    __tablename__ = "revision"
    __table_args__ = (
        UniqueConstraint("source_id", "document", "revision"),
        Index(None, "source_id", "document", "published_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(foreign_key="source.id")
    document: str
    revision: str
    published_at: datetime = Field(sa_type=UTCDateTime)
    status: str
    error: str | None
    handled_at: datetime = Field(sa_type=UTCDateTime)


class RevisionFileRow(SQLModel, table=True):
    """The archived files of a revision, in order."""

    __tablename__ = "revision_file"

    revision_id: int = Field(foreign_key="revision.id", primary_key=True)
    position: int = Field(primary_key=True)
    payload_id: int = Field(foreign_key="payload.id", index=True)


class ValidatorRow(SQLModel, table=True):
    """The ETag of an upstream listing whose content is wholly stored."""

    __tablename__ = "validator"

    source_id: int = Field(foreign_key="source.id", primary_key=True)
    url: str = Field(primary_key=True)
    etag: str


class BackfillRow(SQLModel, table=True):
    """How far a source's back-fill has come. Counts are of revisions."""

    __tablename__ = "backfill"

    source_id: int = Field(foreign_key="source.id", primary_key=True)
    state: str
    planned: int
    done: int
    failed: int
    entries_written: int = Field(sa_type=BigInteger)
    started_at: datetime = Field(sa_type=UTCDateTime)
    updated_at: datetime = Field(sa_type=UTCDateTime)
    error: str | None


class SnapshotRow(SQLModel, table=True):
    """Our capture of one edition's content. A restated edition has several."""

    __tablename__ = "snapshot"
    __table_args__ = (UniqueConstraint("leaderboard_id", "edition_date", "published_at"),)

    id: int | None = Field(default=None, primary_key=True)
    leaderboard_id: int = Field(foreign_key="leaderboard.id")
    edition_date: date = Field(sa_type=Day)
    published_at: datetime = Field(sa_type=UTCDateTime)
    captured_at: datetime = Field(sa_type=UTCDateTime)
    revision: str
    revision_id: int | None = Field(foreign_key="revision.id", index=True)
    cumulative: bool
    content_hash: bytes = Field(sa_type=LargeBinary)
    entries_total: int
    leader_score: float = Field(sa_type=Double)
    status: str
    status_reason: str | None


class SnapshotBlockRow(SQLModel, table=True):
    """All lines of a snapshot, packed (`app.store.blocks`)."""

    __tablename__ = "snapshot_block"

    snapshot_id: int = Field(foreign_key="snapshot.id", primary_key=True)
    data: bytes = Field(sa_type=LargeBinary)


class EditionRow(SQLModel, table=True):
    """The snapshot in force now for each date of a leaderboard.

    The leaders are the first in order of rank and printed name, among all entries and among
    the official ones.
    """

    __tablename__ = "edition"
    __table_args__ = (
        PrimaryKeyConstraint("leaderboard_id", "edition_date"),
        {"sqlite_with_rowid": False},
    )

    leaderboard_id: int = Field(foreign_key="leaderboard.id")
    edition_date: date = Field(sa_type=Day)
    snapshot_id: int = Field(foreign_key="snapshot.id", index=True)
    entries_total: int
    leader_alias_id: int = Field(foreign_key="alias.id")
    official_leader_alias_id: int | None = Field(foreign_key="alias.id")
    leader_score: float = Field(sa_type=Double)


class ListingRow(SQLModel, table=True):
    """That a printed name stands, or stood, on a leaderboard, and since which edition."""

    __tablename__ = "listing"
    __table_args__ = (
        PrimaryKeyConstraint("alias_id", "leaderboard_id"),
        Index(None, "leaderboard_id", "alias_id", "first_date"),
        {"sqlite_with_rowid": False},
    )

    alias_id: int = Field(foreign_key="alias.id")
    leaderboard_id: int = Field(foreign_key="leaderboard.id")
    first_date: date = Field(sa_type=Day)


ENTRY_PAYLOAD = (
    "score",
    "score_lower",
    "score_upper",
    "votes",
    "rank",
    "tied",
    "published_rank",
    "profile_id",
    "variants",
)


class EntryRow(SQLModel, table=True):
    """A line in force now. The fields are in the order in which PostgreSQL packs them best.

    No foreign keys: every line would pay for two look-ups, and the writer takes the numbers
    from the rows it has just read or made. `tied` is the number of other lines with the same rank.
    """

    __tablename__ = "entry"
    __table_args__ = (
        PrimaryKeyConstraint(
            "leaderboard_id",
            "alias_id",
            "edition_date",
            postgresql_include=ENTRY_PAYLOAD,
        ),
        {"sqlite_with_rowid": False},
    )

    score: float = Field(sa_type=Double)
    score_lower: float | None = Field(sa_type=Double)
    score_upper: float | None = Field(sa_type=Double)
    leaderboard_id: int = Field(sa_type=Integer)
    alias_id: int = Field(sa_type=Integer)
    edition_date: date = Field(sa_type=Day)
    votes: int | None = Field(sa_type=Integer)
    rank: int = Field(sa_type=Integer)
    tied: int = Field(sa_type=Integer)
    published_rank: int | None = Field(sa_type=Integer)
    profile_id: int = Field(sa_type=Integer)
    variants: int = Field(sa_type=SmallInteger)


def table_of(row: type[SQLModel]) -> Table:
    """The Core table behind a row class; queries are written against these."""
    return cast("Table", row.__table__)  # type: ignore[attr-defined]


VERSION = table_of(VersionRow)
SOURCE = table_of(SourceRow)
LEADERBOARD = table_of(LeaderboardRow)
ORGANIZATION = table_of(OrganizationRow)
ORGANIZATION_ALIAS = table_of(OrganizationAliasRow)
MODEL = table_of(ModelRow)
MODEL_REDIRECT = table_of(ModelRedirectRow)
ALIAS = table_of(AliasRow)
PROFILE = table_of(ProfileRow)
PAYLOAD = table_of(PayloadRow)
RUN = table_of(RunRow)
LEASE = table_of(LeaseRow)
REVISION = table_of(RevisionRow)
REVISION_FILE = table_of(RevisionFileRow)
VALIDATOR = table_of(ValidatorRow)
BACKFILL = table_of(BackfillRow)
SNAPSHOT = table_of(SnapshotRow)
SNAPSHOT_BLOCK = table_of(SnapshotBlockRow)
EDITION = table_of(EditionRow)
LISTING = table_of(ListingRow)
ENTRY = table_of(EntryRow)
