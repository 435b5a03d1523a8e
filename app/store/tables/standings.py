"""Snapshots and the lines that are in force."""

from datetime import date, datetime

from sqlalchemy import (
    Double,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    UniqueConstraint,
)
from sqlmodel import Field, SQLModel
from sqlmodel.sql.sqltypes import UTCDateTime

from app.store.types import Day


class SnapshotRow(SQLModel, table=True):
    """Our capture of one edition's content. A restated edition has several.

    `published_at` is when upstream made the content public, `repeated_at` when it last did so
    again with nothing else in between.
    """

    __tablename__ = "snapshot"
    __table_args__ = (UniqueConstraint("leaderboard_id", "edition_date", "published_at"),)

    id: int | None = Field(default=None, primary_key=True)
    leaderboard_id: int = Field(foreign_key="leaderboard.id")
    edition_date: date = Field(sa_type=Day)
    published_at: datetime = Field(sa_type=UTCDateTime)
    repeated_at: datetime | None = Field(sa_type=UTCDateTime)
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

    There it is one partition for each year (`app.store.writes.years`), of which old ones can be
    detached.

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
        {"sqlite_with_rowid": False, "postgresql_partition_by": "RANGE (edition_date)"},
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
