"""Kinds and eras.

What a line is if it is no model, what a board ranks, which boards were begun anew, and how long a
source is usually silent.

Revision 0005, after 0004, made on 2026-11-29.
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Until now all lines were models, and all boards ranked them."""
    text = sqlmodel.sql.sqltypes.AutoString()
    op.add_column("source", sa.Column("cadence_seconds", sa.Integer(), nullable=True))
    op.add_column("leaderboard", sa.Column("era", text, nullable=True))
    op.add_column(
        "leaderboard", sa.Column("entry_kind", text, nullable=True, server_default="model")
    )
    op.add_column("profile", sa.Column("kind", text, nullable=False, server_default="model"))


def downgrade() -> None:
    """Forget them."""
    with op.batch_alter_table("profile") as batch:
        batch.drop_column("kind")
    with op.batch_alter_table("leaderboard") as batch:
        batch.drop_column("entry_kind")
        batch.drop_column("era")
    with op.batch_alter_table("source") as batch:
        batch.drop_column("cadence_seconds")
