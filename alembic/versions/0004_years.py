"""Years.

On PostgreSQL the lines in force are partitioned by the year of their edition, so that old ones can
be taken out; SQLite has nothing of the kind. Further years come with their first line.

Revision 0004, after 0003, made on 2026-11-29.
"""

import sqlalchemy as sa
from alembic import op

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


def upgrade() -> None:
    """Put the lines into partitions: a copy in the place of the table, in the order of the key."""
    if op.get_bind().dialect.name != "postgresql":
        return
    _set_aside()
    _create(postgresql_partition_by="RANGE (edition_date)")
    found = op.get_bind().scalars(
        sa.text("SELECT DISTINCT extract(year FROM edition_date)::int FROM entry_before")
    )
    for year in sorted({*YEARS, *found}):
        op.execute(
            f"CREATE TABLE entry_{year} PARTITION OF entry"
            f" FOR VALUES FROM ('{year}-01-01') TO ('{year + 1}-01-01')"
        )
    _move()


def downgrade() -> None:
    """Put the lines of all years into one table; loses those of years that were taken out."""
    if op.get_bind().dialect.name != "postgresql":
        return
    _set_aside()
    _create()
    _move()


def _set_aside() -> None:
    op.execute("ALTER TABLE entry RENAME TO entry_before")
    op.execute("ALTER TABLE entry_before RENAME CONSTRAINT pk_entry TO pk_entry_before")


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


def _move() -> None:
    names = ", ".join((*KEY, *PAYLOAD))
    order = ", ".join(KEY)
    op.execute(
        f"INSERT INTO entry ({names}) SELECT {names} FROM entry_before ORDER BY {order}"  # noqa: S608 - ours
    )
    op.drop_table("entry_before")
    op.execute("ANALYZE entry")
