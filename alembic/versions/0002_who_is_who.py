"""Who is who.

Names lead to models, and ids of the past to names; every maker that was printed beside a name is
kept, so that whose a model is can be decided anew. Licences get ids, countries names.

Revision 0002, after 0001, made on 2026-11-24.
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from app.store.blocks import decode, encode
from app.store.types import Day

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None
contracts = "no version was released before it, so columns are replaced in one step"


def upgrade() -> None:
    """Move what is known of makers and former ids from models to names."""
    op.create_table(
        "licence",
        sa.Column("id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("spdx", sa.Boolean(), nullable=False),
        sa.Column("open_weights", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licence")),
    )
    op.create_table(
        "country",
        sa.Column("code", sa.String(length=2), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_country")),
    )
    op.create_table(
        "organization_name",
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("until", Day(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_organization_name_organization_id_organization"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "until", name=op.f("pk_organization_name")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "alias_maker",
        sa.Column("alias_id", sa.Integer(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("printed", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("last_date", Day(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alias_id"], ["alias.id"], name=op.f("fk_alias_maker_alias_id_alias")
        ),
        sa.PrimaryKeyConstraint("alias_id", "kind", "printed", name=op.f("pk_alias_maker")),
        sqlite_with_rowid=False,
    )
    for kind, column in (("namespace", "namespace"), ("name", "organization")):
        op.execute(
            f"INSERT INTO alias_maker (alias_id, kind, printed, last_date)"  # noqa: S608 - ours
            f" SELECT e.alias_id, '{kind}', p.{column}, max(e.edition_date)"
            f" FROM entry e JOIN profile p ON p.id = e.profile_id"
            f" WHERE p.{column} IS NOT NULL AND trim(p.{column}) <> ''"
            f" GROUP BY e.alias_id, p.{column}"
        )
    _owners_in_names()
    with op.batch_alter_table("alias") as batch:
        batch.add_column(sa.Column("since", Day(), nullable=True))
        batch.drop_column("evidence_date")
    with op.batch_alter_table("model") as batch:
        batch.add_column(
            sa.Column("reviewed", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch.add_column(sa.Column("base", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        batch.add_column(sa.Column("open_weights", sa.Boolean(), nullable=True))
    with op.batch_alter_table("model") as batch:
        batch.alter_column("reviewed", server_default=None)
    _redirect_to("alias", "id")
    with op.batch_alter_table("profile") as batch:
        batch.add_column(sa.Column("licence_id", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        batch.create_index(op.f("ix_profile_licence_id"), ["licence_id"], unique=False)
        batch.create_foreign_key(
            op.f("fk_profile_licence_id_licence"), "licence", ["licence_id"], ["id"]
        )


def downgrade() -> None:
    """Go back; loses licences' ids, former names and all but the newest evidence.

    Models that stood under two names in an edition keep one entry there.
    """
    _no_lines_behind_entries()
    op.execute("DELETE FROM version WHERE subject = 'curation'")
    with op.batch_alter_table("profile") as batch:
        batch.drop_constraint(op.f("fk_profile_licence_id_licence"), type_="foreignkey")
        batch.drop_index(op.f("ix_profile_licence_id"))
        batch.drop_column("licence_id")
    _redirect_to("model", "model_id")
    with op.batch_alter_table("model") as batch:
        batch.drop_column("open_weights")
        batch.drop_column("base")
        batch.drop_column("reviewed")
    with op.batch_alter_table("alias") as batch:
        batch.add_column(sa.Column("evidence_date", Day(), nullable=True))
        batch.drop_column("since")
    op.execute(
        "UPDATE alias SET evidence_date = (SELECT max(m.last_date) FROM alias_maker m"
        " WHERE m.alias_id = alias.id AND m.kind = 'name')"
    )
    op.execute("DELETE FROM organization_alias WHERE kind = 'former_id'")
    op.drop_table("alias_maker")
    op.drop_table("organization_name")
    op.drop_table("country")
    op.drop_table("licence")


def _no_lines_behind_entries() -> None:
    """Leave out the lines that stand behind another of their model: 0001 knows entries only."""
    connection = op.get_bind()
    numbers = connection.scalars(sa.text("SELECT snapshot_id FROM snapshot_block")).all()
    for number in numbers:
        of_it = {"number": number}
        data = connection.scalar(
            sa.text("SELECT data FROM snapshot_block WHERE snapshot_id = :number"), of_it
        )
        block = decode(data)
        entries = block.entries()
        if len(entries.rank) < len(block.rank):
            connection.execute(
                sa.text("UPDATE snapshot_block SET data = :data WHERE snapshot_id = :number"),
                {**of_it, "data": encode(entries)},
            )


def _owners_in_names() -> None:
    """The owners of Hub ids of which no line is in force: the ids say them."""
    slash = "instr" if op.get_bind().dialect.name == "sqlite" else "strpos"
    op.execute(
        f"INSERT INTO alias_maker (alias_id, kind, printed, last_date)"  # noqa: S608 - ours
        f" SELECT a.id, 'namespace', substr(a.printed_name, 1, {slash}(a.printed_name, '/') - 1),"
        f" (SELECT min(m.last_date) FROM alias_maker m)"
        f" FROM alias a WHERE {slash}(a.printed_name, '/') > 1"
        f" AND NOT EXISTS (SELECT 1 FROM alias_maker m WHERE m.alias_id = a.id)"
        f" AND EXISTS (SELECT 1 FROM alias b JOIN alias_maker m ON m.alias_id = b.id"
        f" WHERE b.source_id = a.source_id AND m.kind = 'namespace')"
    )


def _redirect_to(target: str, column: str) -> None:
    """Let redirects point at `target` instead of at the other: by way of the first name."""
    other = {"alias": "model", "model": "alias"}[target]
    new, old = f"{target}_id", f"{other}_id"
    matching = "model_id" if target == "alias" else "id"
    found = "min(id)" if target == "alias" else column
    with op.batch_alter_table("model_redirect") as batch:
        batch.drop_constraint(op.f(f"fk_model_redirect_{old}_{other}"), type_="foreignkey")
        batch.drop_index(op.f(f"ix_model_redirect_{old}"))
        batch.add_column(sa.Column(new, sa.Integer(), nullable=True))
    op.execute(
        f"UPDATE model_redirect SET {new} = (SELECT {found} FROM alias"  # noqa: S608 - ours
        f" WHERE alias.{matching} = model_redirect.{old})"
    )
    op.execute(f"DELETE FROM model_redirect WHERE {new} IS NULL")  # noqa: S608 - ours
    with op.batch_alter_table("model_redirect") as batch:
        batch.alter_column(new, existing_type=sa.Integer(), nullable=False)
        batch.drop_column(old)
        batch.create_index(op.f(f"ix_model_redirect_{new}"), [new], unique=False)
        batch.create_foreign_key(op.f(f"fk_model_redirect_{new}_{target}"), target, [new], ["id"])
