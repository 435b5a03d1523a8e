"""The first schema: sources, names, snapshots and their entries.

Revision ID: 0001
Revises:
Create Date: 2026-11-23 20:00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

from app.store.types import Day

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ENTRY_PAYLOAD = [
    "score",
    "score_lower",
    "score_upper",
    "votes",
    "rank",
    "tied",
    "published_rank",
    "profile_id",
    "variants",
]


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "entry",
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("score_lower", sa.Double(), nullable=True),
        sa.Column("score_upper", sa.Double(), nullable=True),
        sa.Column("leaderboard_id", sa.Integer(), nullable=False),
        sa.Column("alias_id", sa.Integer(), nullable=False),
        sa.Column("edition_date", Day(), nullable=False),
        sa.Column("votes", sa.Integer(), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("tied", sa.Integer(), nullable=False),
        sa.Column("published_rank", sa.Integer(), nullable=True),
        sa.Column("profile_id", sa.Integer(), nullable=False),
        sa.Column("variants", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "leaderboard_id",
            "alias_id",
            "edition_date",
            name=op.f("pk_entry"),
            postgresql_include=ENTRY_PAYLOAD,
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "organization",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("homepage", sa.String(), nullable=True),
        sa.Column("reviewed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization")),
        sa.UniqueConstraint("slug", name=op.f("uq_organization_slug")),
    )
    op.create_table(
        "payload",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("encoding", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payload")),
        sa.UniqueConstraint("digest", name=op.f("uq_payload_digest")),
    )
    op.create_table(
        "source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("homepage", sa.String(), nullable=False),
        sa.Column("licence", sa.String(), nullable=False),
        sa.Column("licence_url", sa.String(), nullable=True),
        sa.Column("attribution", sa.String(), nullable=False),
        sa.Column("every_seconds", sa.Integer(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("slug", name=op.f("uq_source_slug")),
    )
    op.create_table(
        "version",
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_version")),
    )
    op.create_table(
        "backfill",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("planned", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("entries_written", sa.BigInteger(), nullable=False),
        sa.Column("started_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_backfill_source_id_source")
        ),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_backfill")),
    )
    op.create_table(
        "leaderboard",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("family", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("higher_is_better", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("data_version", sa.Integer(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_leaderboard_source_id_source")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leaderboard")),
        sa.UniqueConstraint("slug", name=op.f("uq_leaderboard_slug")),
    )
    op.create_index(op.f("ix_leaderboard_source_id"), "leaderboard", ["source_id"], unique=False)
    op.create_table(
        "lease",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_until", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_lease_source_id_source")
        ),
        sa.PrimaryKeyConstraint("source_id", "kind", name=op.f("pk_lease")),
    )
    op.create_table(
        "model",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_model_organization_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model")),
        sa.UniqueConstraint("identity", name=op.f("uq_model_identity")),
        sa.UniqueConstraint("slug", name=op.f("uq_model_slug")),
    )
    op.create_index(op.f("ix_model_organization_id"), "model", ["organization_id"], unique=False)
    op.create_table(
        "organization_alias",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("spelling", sa.String(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_organization_alias_organization_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization_alias")),
        sa.UniqueConstraint("kind", "spelling", name=op.f("uq_organization_alias_kind_spelling")),
    )
    op.create_index(
        op.f("ix_organization_alias_organization_id"),
        "organization_alias",
        ["organization_id"],
        unique=False,
    )
    op.create_table(
        "profile",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("namespace", sa.String(), nullable=True),
        sa.Column("organization", sa.String(), nullable=True),
        sa.Column("licence", sa.String(), nullable=True),
        sa.Column("official", sa.Boolean(), nullable=True),
        sa.Column("parameters_b", sa.Double(), nullable=True),
        sa.Column("open_weights", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_profile_source_id_source")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profile")),
        sa.UniqueConstraint("source_id", "digest", name=op.f("uq_profile_source_id_digest")),
    )
    op.create_table(
        "revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("revision", sa.String(), nullable=False),
        sa.Column("published_at", UTCDateTime(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("handled_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_revision_source_id_source")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revision")),
        sa.UniqueConstraint(
            "source_id",
            "document",
            "revision",
            name=op.f("uq_revision_source_id_document_revision"),
        ),
    )
    op.create_index(
        op.f("ix_revision_source_id_document_published_at"),
        "revision",
        ["source_id", "document", "published_at"],
        unique=False,
    )
    op.create_table(
        "run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("slot", sa.BigInteger(), nullable=True),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("started_at", UTCDateTime(), nullable=False),
        sa.Column("finished_at", UTCDateTime(), nullable=True),
        sa.Column("error_kind", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("notes", sa.String(), nullable=True),
        sa.Column("missed_slots", sa.Integer(), nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.Column("bytes_fetched", sa.BigInteger(), nullable=False),
        sa.Column("snapshots_seen", sa.Integer(), nullable=False),
        sa.Column("snapshots_written", sa.Integer(), nullable=False),
        sa.Column("entries_written", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_run_source_id_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
        sa.UniqueConstraint("source_id", "slot", name=op.f("uq_run_source_id_slot")),
    )
    op.create_index(
        op.f("ix_run_source_id_started_at"), "run", ["source_id", "started_at"], unique=False
    )
    op.create_table(
        "validator",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("etag", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_validator_source_id_source")
        ),
        sa.PrimaryKeyConstraint("source_id", "url", name=op.f("pk_validator")),
    )
    op.create_table(
        "alias",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("printed_name", sa.String(), nullable=False),
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.Column("evidence_date", Day(), nullable=True),
        sa.Column("reviewed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name=op.f("fk_alias_model_id_model")),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_alias_source_id_source")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alias")),
        sa.UniqueConstraint(
            "source_id", "printed_name", name=op.f("uq_alias_source_id_printed_name")
        ),
    )
    op.create_index(op.f("ix_alias_model_id"), "alias", ["model_id"], unique=False)
    op.create_table(
        "model_redirect",
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["model_id"], ["model.id"], name=op.f("fk_model_redirect_model_id_model")
        ),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_model_redirect")),
    )
    op.create_index(
        op.f("ix_model_redirect_model_id"), "model_redirect", ["model_id"], unique=False
    )
    op.create_table(
        "revision_file",
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("payload_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["payload_id"], ["payload.id"], name=op.f("fk_revision_file_payload_id_payload")
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revision.id"], name=op.f("fk_revision_file_revision_id_revision")
        ),
        sa.PrimaryKeyConstraint("revision_id", "position", name=op.f("pk_revision_file")),
    )
    op.create_index(
        op.f("ix_revision_file_payload_id"), "revision_file", ["payload_id"], unique=False
    )
    op.create_table(
        "snapshot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("leaderboard_id", sa.Integer(), nullable=False),
        sa.Column("edition_date", Day(), nullable=False),
        sa.Column("published_at", UTCDateTime(), nullable=False),
        sa.Column("repeated_at", UTCDateTime(), nullable=True),
        sa.Column("captured_at", UTCDateTime(), nullable=False),
        sa.Column("revision", sa.String(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=True),
        sa.Column("cumulative", sa.Boolean(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("entries_total", sa.Integer(), nullable=False),
        sa.Column("leader_score", sa.Double(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("status_reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["leaderboard_id"],
            ["leaderboard.id"],
            name=op.f("fk_snapshot_leaderboard_id_leaderboard"),
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revision.id"], name=op.f("fk_snapshot_revision_id_revision")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshot")),
        sa.UniqueConstraint(
            "leaderboard_id",
            "edition_date",
            "published_at",
            name=op.f("uq_snapshot_leaderboard_id_edition_date_published_at"),
        ),
    )
    op.create_index(op.f("ix_snapshot_revision_id"), "snapshot", ["revision_id"], unique=False)
    op.create_table(
        "edition",
        sa.Column("leaderboard_id", sa.Integer(), nullable=False),
        sa.Column("edition_date", Day(), nullable=False),
        sa.Column("snapshot_id", sa.Integer(), nullable=False),
        sa.Column("entries_total", sa.Integer(), nullable=False),
        sa.Column("leader_alias_id", sa.Integer(), nullable=False),
        sa.Column("official_leader_alias_id", sa.Integer(), nullable=True),
        sa.Column("leader_score", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["leader_alias_id"], ["alias.id"], name=op.f("fk_edition_leader_alias_id_alias")
        ),
        sa.ForeignKeyConstraint(
            ["leaderboard_id"],
            ["leaderboard.id"],
            name=op.f("fk_edition_leaderboard_id_leaderboard"),
        ),
        sa.ForeignKeyConstraint(
            ["official_leader_alias_id"],
            ["alias.id"],
            name=op.f("fk_edition_official_leader_alias_id_alias"),
        ),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["snapshot.id"], name=op.f("fk_edition_snapshot_id_snapshot")
        ),
        sa.PrimaryKeyConstraint("leaderboard_id", "edition_date", name=op.f("pk_edition")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_edition_snapshot_id"), "edition", ["snapshot_id"], unique=False)
    op.create_table(
        "listing",
        sa.Column("alias_id", sa.Integer(), nullable=False),
        sa.Column("leaderboard_id", sa.Integer(), nullable=False),
        sa.Column("first_date", Day(), nullable=False),
        sa.ForeignKeyConstraint(["alias_id"], ["alias.id"], name=op.f("fk_listing_alias_id_alias")),
        sa.ForeignKeyConstraint(
            ["leaderboard_id"],
            ["leaderboard.id"],
            name=op.f("fk_listing_leaderboard_id_leaderboard"),
        ),
        sa.PrimaryKeyConstraint("alias_id", "leaderboard_id", name=op.f("pk_listing")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_listing_leaderboard_id_alias_id_first_date"),
        "listing",
        ["leaderboard_id", "alias_id", "first_date"],
        unique=False,
    )
    op.create_table(
        "snapshot_block",
        sa.Column("snapshot_id", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["snapshot.id"], name=op.f("fk_snapshot_block_snapshot_id_snapshot")
        ),
        sa.PrimaryKeyConstraint("snapshot_id", name=op.f("pk_snapshot_block")),
    )


def downgrade() -> None:
    """Drop every table."""
    op.drop_table("snapshot_block")
    op.drop_index(op.f("ix_listing_leaderboard_id_alias_id_first_date"), table_name="listing")
    op.drop_table("listing")
    op.drop_index(op.f("ix_edition_snapshot_id"), table_name="edition")
    op.drop_table("edition")
    op.drop_index(op.f("ix_snapshot_revision_id"), table_name="snapshot")
    op.drop_table("snapshot")
    op.drop_index(op.f("ix_revision_file_payload_id"), table_name="revision_file")
    op.drop_table("revision_file")
    op.drop_index(op.f("ix_model_redirect_model_id"), table_name="model_redirect")
    op.drop_table("model_redirect")
    op.drop_index(op.f("ix_alias_model_id"), table_name="alias")
    op.drop_table("alias")
    op.drop_table("validator")
    op.drop_index(op.f("ix_run_source_id_started_at"), table_name="run")
    op.drop_table("run")
    op.drop_index(op.f("ix_revision_source_id_document_published_at"), table_name="revision")
    op.drop_table("revision")
    op.drop_table("profile")
    op.drop_index(op.f("ix_organization_alias_organization_id"), table_name="organization_alias")
    op.drop_table("organization_alias")
    op.drop_index(op.f("ix_model_organization_id"), table_name="model")
    op.drop_table("model")
    op.drop_table("lease")
    op.drop_index(op.f("ix_leaderboard_source_id"), table_name="leaderboard")
    op.drop_table("leaderboard")
    op.drop_table("backfill")
    op.drop_table("version")
    op.drop_table("source")
    op.drop_table("payload")
    op.drop_table("organization")
    op.drop_table("entry")
