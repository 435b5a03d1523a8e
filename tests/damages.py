"""Damages to a record (`tests.soundness`), and the one fault by which each is found."""

from collections.abc import Callable

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from app.store.blocks import Block, decode, encode
from app.store.tables import SNAPSHOT, SNAPSHOT_BLOCK
from app.store.writes.snapshots import content_hash
from app.upkeep.names import known_names

Damage = Callable[[Session], object]

OLD = "(SELECT id FROM alias WHERE printed_name = 'old')"
NEAR = "(SELECT id FROM alias WHERE printed_name = 'near')"
ERRORS_SNAPSHOT = "demo-errors 2024-07-01 snapshot 5"
ON_ERRORS = "leaderboard_id = (SELECT id FROM leaderboard WHERE slug = 'demo-errors')"
LINE = f"{ON_ERRORS} AND alias_id = {OLD}"


def sql(*statements: str) -> Damage:
    def damage(session: Session) -> None:
        for statement in statements:
            assert session.connection().execute(text(statement)).rowcount > 0

    return damage


def block_of(number: int, change: Callable[[Block], Block], *, rehash: bool = True) -> Damage:
    """Let a block say something else, with a digest that agrees."""

    def damage(session: Session) -> None:
        this = SNAPSHOT_BLOCK.c.snapshot_id == number
        block = change(decode(session.scalars(select(SNAPSHOT_BLOCK.c.data).where(this)).one()))
        data = encode(block)
        session.execute(update(SNAPSHOT_BLOCK).where(this).values(data=data))
        if rehash:
            names = known_names(session)
            printed = names.printed[block.alias_id].tolist()
            digest = content_hash(printed, block, names.profile_text[block.profile_id].tolist())
            session.execute(
                update(SNAPSHOT).where(SNAPSHOT.c.id == number).values(content_hash=digest)
            )

    return damage


def cell(name: str, value: float, row: int = 0) -> Callable[[Block], Block]:
    """One figure of one line changed."""

    def change(block: Block) -> Block:
        column = getattr(block, name).copy()
        column[row] = value
        return block._replace(**{name: column})

    return change


def raw_block(number: int, data: bytes) -> Damage:
    def damage(session: Session) -> None:
        where = SNAPSHOT_BLOCK.c.snapshot_id == number
        session.execute(update(SNAPSHOT_BLOCK).where(where).values(data=data))

    return damage


OF_TABLES = [
    pytest.param(
        sql("UPDATE model SET organization_id = 999 WHERE slug = 'acme--near'"),
        "reference",
        "model.organization_id",
        "999 is nowhere (1 rows)",
        id="reference-of-a-model",
    ),
    pytest.param(
        sql(
            "INSERT INTO snapshot_block SELECT 999, data FROM snapshot_block WHERE snapshot_id = 1",
        ),
        "reference",
        "snapshot_block.snapshot_id",
        "999 is nowhere (1 rows)",
        id="reference-of-a-snapshot",
    ),
    pytest.param(
        sql(
            "INSERT INTO model (id, slug, name, identity, reviewed) VALUES (999, "
            "'acme--z', 'z', 'acme/z', false)"
        ),
        "model",
        "acme--z",
        "no printed name means it",
        id="model-without-a-name",
    ),
    pytest.param(
        sql(f"INSERT INTO model_redirect VALUES ('acme--near', {OLD})"),
        "redirect",
        "model acme--near",
        "the id leads elsewhere too",
        id="id-of-a-model-that-leads-on",
    ),
    pytest.param(
        sql(
            "INSERT INTO organization_alias SELECT 9999, 'former_id', slug, id FROM "
            "organization WHERE slug = 'crowd'"
        ),
        "redirect",
        "organization crowd",
        "the id leads elsewhere too",
        id="id-of-an-organization-that-leads-on",
    ),
    pytest.param(
        sql("UPDATE profile SET digest = (SELECT digest FROM payload WHERE id = 1) WHERE id = 1"),
        "profile",
        "profile 1",
        "what it says has another digest",
        id="profile",
    ),
    pytest.param(
        sql(
            "UPDATE payload SET digest = (SELECT content_hash FROM snapshot WHERE id = "
            "1) WHERE id = 5"
        ),
        "payload",
        "payload 5",
        "its content has another digest",
        id="payload-of-another-digest",
    ),
    pytest.param(
        sql(
            "UPDATE payload SET data = (SELECT content_hash FROM snapshot WHERE id = 1), "
            "size = 16, encoding = 'identity' WHERE id = 5"
        ),
        "payload",
        "payload 5",
        "its content has another digest",
        id="payload-of-another-content",
    ),
    pytest.param(
        sql("UPDATE payload SET size = 7 WHERE id = 5"),
        "payload",
        "payload 5",
        "is not of 7 bytes",
        id="payload-longer-than-said",
    ),
    pytest.param(
        sql("UPDATE payload SET size = 70000 WHERE id = 5"),
        "payload",
        "payload 5",
        "is not of 70000 bytes",
        id="payload-shorter-than-said",
    ),
    pytest.param(
        sql("UPDATE payload SET data = digest, encoding = 'zstd' WHERE id = 5"),
        "payload",
        "payload 5",
        "cannot be unpacked: zstd decompress error: Unknown frame descriptor",
        id="payload-that-cannot-be-unpacked",
    ),
    pytest.param(
        sql("UPDATE payload SET encoding = 'gzip' WHERE id = 5"),
        "payload",
        "payload 5",
        "is packed in an unknown way, 'gzip'",
        id="payload-packed-in-an-unknown-way",
    ),
    pytest.param(
        sql("DELETE FROM revision_file WHERE revision_id = 5"),
        "archive",
        "demo:demo at rev-20240705T120000",
        "not all of its files are archived",
        id="revision-without-files",
    ),
    pytest.param(
        sql("UPDATE revision_file SET position = 1 WHERE revision_id = 5"),
        "archive",
        "demo:demo at rev-20240705T120000",
        "not all of its files are archived",
        id="revision-with-a-gap",
    ),
    pytest.param(
        sql("UPDATE snapshot SET revision_id = NULL WHERE id = 5"),
        "archive",
        ERRORS_SNAPSHOT,
        "is of no archived revision",
        id="snapshot-without-revision",
    ),
    pytest.param(
        sql("UPDATE snapshot SET revision = 'x' WHERE id = 5"),
        "archive",
        ERRORS_SNAPSHOT,
        "is of no archived revision",
        id="snapshot-of-another-revision",
    ),
    pytest.param(
        sql(
            "UPDATE snapshot SET revision_id = 1, revision = (SELECT revision FROM "
            "revision WHERE id = 1) WHERE id = 5"
        ),
        "archive",
        ERRORS_SNAPSHOT,
        "is of no archived revision",
        id="snapshot-of-another-source",
    ),
    pytest.param(
        sql(
            "UPDATE revision SET status = 'failed' WHERE id = 5",
            "DELETE FROM revision_file WHERE revision_id = 5",
        ),
        "archive",
        "demo-text 2024-07-01 snapshot 4",
        "is of no archived revision",
        id="snapshot-of-a-failed-revision",
    ),
    pytest.param(
        sql("UPDATE run SET finished_at = started_at WHERE outcome = 'running'"),
        "run",
        "third run 5",
        "is running, and ended at 2024-08-01 12:00:00+00:00",
        id="run-under-way-that-ended",
    ),
    pytest.param(
        sql("UPDATE run SET finished_at = NULL WHERE id = 1"),
        "run",
        "third run 1",
        "is succeeded, and ended at None",
        id="run-that-never-ended",
    ),
    pytest.param(
        sql("UPDATE lease SET fence = fence + 1 WHERE kind = 'scrape'"),
        "run",
        "third run 5",
        "is under way without the claim it was made under",
        id="run-without-its-claim",
    ),
    pytest.param(
        sql("UPDATE run SET error_kind = NULL WHERE id = 3"),
        "run",
        "third run 3",
        "is failed, and its error is None",
        id="failed-run-without-an-error",
    ),
    pytest.param(
        sql("UPDATE run SET error_kind = 'parse' WHERE id = 1"),
        "run",
        "third run 1",
        "is succeeded, and its error is parse",
        id="run-with-an-error-that-succeeded",
    ),
    pytest.param(
        sql("UPDATE run SET snapshots_written = 2 WHERE id = 3"),
        "run",
        "third run 3",
        "is failed, and stored 2 snapshots",
        id="failed-run-with-snapshots",
    ),
    pytest.param(
        sql("UPDATE run SET snapshots_written = 2 WHERE outcome = 'unchanged'"),
        "run",
        "third run 2",
        "is unchanged, and stored 2 snapshots",
        id="unchanged-run-with-snapshots",
    ),
    pytest.param(
        sql("UPDATE run SET outcome = 'abandoned', snapshots_written = 2 WHERE id = 3"),
        "run",
        "third run 3",
        "is abandoned, and stored 2 snapshots",
        id="abandoned-run-with-snapshots",
    ),
    pytest.param(
        sql(
            "UPDATE run SET outcome = 'unchanged', error_kind = NULL, snapshots_written = 1"
            " WHERE kind = 'backfill'"
        ),
        "run",
        "third run 4",
        "is unchanged, and stored 1 snapshots",
        id="unchanged-backfill-with-snapshots",
    ),
    pytest.param(
        sql("UPDATE backfill SET done = planned + 1"),
        "backfill",
        "third",
        "has dealt with more revisions than were planned",
        id="overfull-backfill",
    ),
]
