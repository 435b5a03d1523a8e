"""Sources, what was fetched from them, and who is at it."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Index,
    LargeBinary,
    UniqueConstraint,
)
from sqlmodel import Field, SQLModel
from sqlmodel.sql.sqltypes import UTCDateTime


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
    cadence_seconds: int | None
    archived: bool


class LeaderboardRow(SQLModel, table=True):
    """One ranking by one metric. `data_version` grows with every stored change.

    `era` tells apart what cannot be compared; `entry_kind` is what it ranks, null everything.
    """

    __tablename__ = "leaderboard"

    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(foreign_key="source.id", index=True)
    slug: str = Field(unique=True)
    title: str
    family: str
    era: str | None
    category: str
    kind: str
    unit: str
    higher_is_better: bool
    entry_kind: str | None = Field(sa_column_kwargs={"server_default": "model"})
    status: str
    data_version: int
    changed_at: datetime = Field(sa_type=UTCDateTime)


class PayloadRow(SQLModel, table=True):
    """A file as upstream sent it, compressed, once per SHA-256 digest."""

    __tablename__ = "payload"

    id: int | None = Field(default=None, primary_key=True)
    digest: bytes = Field(sa_type=LargeBinary, unique=True)
    size: int = Field(sa_type=BigInteger)
    encoding: str
    data: bytes = Field(sa_type=LargeBinary)


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
