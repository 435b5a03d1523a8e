"""Table classes. They never leave the store; `alembic/` holds the way to them.

One leaderboard's history is stored twice, in the two directions in which it is asked for:
`entry` clusters the lines in force by (leaderboard, alias, date), so that a model's history
is one index range, and `snapshot_block` packs all lines of a snapshot into one value, so that
standings are one row. Lines are keyed by the alias (the name as printed), not by the model:
re-deciding who is meant moves pointers, not millions of lines.
"""

from typing import cast

from sqlalchemy import Table
from sqlmodel import SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

from app.store.tables.callers import (  # noqa: E402 - the convention comes first
    ApiKeyRow,
    BucketRow,
)
from app.store.tables.names import (  # noqa: E402 - the convention comes first
    AliasMakerRow,
    AliasRow,
    CountryRow,
    LicenceRow,
    ModelRedirectRow,
    ModelRow,
    OrganizationAliasRow,
    OrganizationNameRow,
    OrganizationRow,
    ProfileRow,
    VersionRow,
)
from app.store.tables.standings import (  # noqa: E402 - the convention comes first
    EditionRow,
    EntryRow,
    ListingRow,
    SnapshotBlockRow,
    SnapshotRow,
)
from app.store.tables.upstream import (  # noqa: E402 - the convention comes first
    BackfillRow,
    LeaderboardRow,
    LeaseRow,
    PayloadRow,
    RevisionFileRow,
    RevisionRow,
    RunRow,
    SourceRow,
    ValidatorRow,
)


def table_of(row: type[SQLModel]) -> Table:
    """The Core table behind a row class; queries are written against these."""
    return cast("Table", row.__table__)  # type: ignore[attr-defined]


VERSION = table_of(VersionRow)
SOURCE = table_of(SourceRow)
LEADERBOARD = table_of(LeaderboardRow)
ORGANIZATION = table_of(OrganizationRow)
ORGANIZATION_NAME = table_of(OrganizationNameRow)
ORGANIZATION_ALIAS = table_of(OrganizationAliasRow)
MODEL = table_of(ModelRow)
MODEL_REDIRECT = table_of(ModelRedirectRow)
ALIAS = table_of(AliasRow)
ALIAS_MAKER = table_of(AliasMakerRow)
COUNTRY = table_of(CountryRow)
LICENCE = table_of(LicenceRow)
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
API_KEY = table_of(ApiKeyRow)
BUCKET = table_of(BucketRow)
