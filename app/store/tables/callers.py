"""Those who ask: keys that they show, and how much they have asked."""

from datetime import datetime

from sqlalchemy import BigInteger, LargeBinary
from sqlmodel import Field, SQLModel
from sqlmodel.sql.sqltypes import UTCDateTime


class ApiKeyRow(SQLModel, table=True):
    """A key by its SHA-256 digest; `start` are the first characters, for people."""

    __tablename__ = "api_key"

    id: int | None = Field(default=None, primary_key=True)
    name: str
    digest: bytes = Field(sa_type=LargeBinary, unique=True)
    start: str
    quota: str
    made_at: datetime = Field(sa_type=UTCDateTime)
    revoked_at: datetime | None = Field(sa_type=UTCDateTime)


class BucketRow(SQLModel, table=True):
    """When a bucket of tokens is full again, in microseconds since 1970; see `writes.buckets`.

    No index but the key: an update then stays on its page on PostgreSQL.
    """

    __tablename__ = "bucket"
    __table_args__ = ({"sqlite_with_rowid": False},)

    name: str = Field(primary_key=True)
    full_at: int = Field(sa_type=BigInteger)
