"""Years.

On PostgreSQL the lines in force are partitioned by the year of their edition, so that old ones can
be taken out; SQLite has nothing of the kind. Further years come with their first line.

The table is made anew, so what was granted on it has to be granted again. A year of lines at a time
stands in a temporary file. Lines are copied as if they had always been there (`FREEZE`): who took
his view before, and waited for the table, finds them.

Revision 0004, after 0003, made on 2026-11-29.
"""

from collections.abc import Iterable
from tempfile import TemporaryFile

import sqlalchemy as sa
from alembic import op
from alembic.util import CommandError

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

YEARS = range(2023, 2028)  # of which there is something to publish, and the next
KEY = ("leaderboard_id", "alias_id", "edition_date")
PAYLOAD = (
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


BLOCK = 1 << 20  # bytes
WRITERS = 7236428011  # the lock of whoever writes
TAKEN_OUT = """
SELECT relname FROM pg_class
WHERE relname ~ '^entry_[0-9]+$' AND relkind IN ('r', 'p') AND pg_table_is_visible(oid)
  AND (NOT relispartition
       OR EXISTS (SELECT FROM pg_inherits WHERE inhrelid = pg_class.oid AND inhdetachpending))
ORDER BY 1 LIMIT 1
"""


def upgrade() -> None:
    """Put the lines into partitions: a copy in the place of the table, in the order of the key."""
    if op.get_bind().dialect.name != "postgresql":
        return
    _set_aside()
    _create(postgresql_partition_by="RANGE (edition_date)")
    found = _years()
    for year in sorted({*YEARS, *found}):
        op.execute(
            f"CREATE TABLE entry_{year} PARTITION OF entry"
            f" FOR VALUES FROM ('{year}-01-01') TO ('{year + 1}-01-01')"
        )
    _move((year, f"entry_{year}") for year in found)


def downgrade() -> None:
    """Put the lines of all years into one table; refused beside a year that was taken out."""
    if op.get_bind().dialect.name != "postgresql":
        return
    _set_aside()
    _create()
    _move((year, "entry") for year in _years())


def _set_aside() -> None:
    """Let nobody write or read lines until this is done, and answers that were kept be old."""
    op.execute(f"SELECT pg_advisory_xact_lock({WRITERS})")
    op.execute("UPDATE leaderboard SET data_version = data_version + 1")
    op.execute("UPDATE version SET value = value + 1 WHERE subject IN ('names', 'identity')")
    op.execute("ALTER TABLE entry RENAME TO entry_before")
    op.execute("ALTER TABLE entry_before RENAME CONSTRAINT pk_entry TO pk_entry_before")
    out = op.get_bind().scalar(sa.text(TAKEN_OUT))
    if out is not None:
        raise CommandError(f"{out} was taken out of entry: attach it, or give it another name")


def _create(**how: str) -> None:
    op.create_table(
        "entry",
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("score_lower", sa.Double(), nullable=True),
        sa.Column("score_upper", sa.Double(), nullable=True),
        sa.Column("leaderboard_id", sa.Integer(), nullable=False),
        sa.Column("alias_id", sa.Integer(), nullable=False),
        sa.Column("edition_date", sa.Date(), nullable=False),
        sa.Column("votes", sa.Integer(), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("tied", sa.Integer(), nullable=False),
        sa.Column("published_rank", sa.Integer(), nullable=True),
        sa.Column("profile_id", sa.Integer(), nullable=False),
        sa.Column("variants", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint(*KEY, name=op.f("pk_entry"), postgresql_include=PAYLOAD),
        **how,
    )


def _years() -> list[int]:
    years = sa.text("SELECT DISTINCT extract(year FROM edition_date)::int FROM entry_before")
    return sorted(op.get_bind().scalars(years))


def _move(places: Iterable[tuple[int, str]]) -> None:
    names = ", ".join((*KEY, *PAYLOAD))
    order = ", ".join(KEY)
    cursor = op.get_bind().connection.driver_connection.cursor()
    for year, table in places:
        lines = (
            f"SELECT {names} FROM entry_before WHERE edition_date >= '{year}-01-01'"  # noqa: S608 - ours
            f" AND edition_date < '{year + 1}-01-01' ORDER BY {order}"
        )
        with TemporaryFile() as file:
            with cursor.copy(f"COPY ({lines}) TO STDOUT (FORMAT binary)") as copy:
                file.writelines(copy)
            file.seek(0)
            into = f"COPY {table} ({names}) FROM STDIN (FORMAT binary, FREEZE)"
            with cursor.copy(into) as copy:
                while block := file.read(BLOCK):
                    copy.write(block)
    op.drop_table("entry_before")
    op.execute("ANALYZE entry")
