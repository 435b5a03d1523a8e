"""Damages to snapshots, and the one fault by which each is found."""

import struct
from collections.abc import Callable

import numpy as np
import pytest
import zstandard

from app.store.blocks import Block
from tests.damages import ERRORS_SNAPSHOT, block_of, cell, raw_block, sql
from tests.soundness import ERRORS, FIRST, JOINED

EMPTY = struct.pack("<BIH", 1, 0, 0) + zstandard.compress(b"")
FIRST_SNAPSHOT = "demo-text 2024-07-01 snapshot 2"
JOINED_SNAPSHOT = "demo-text 2024-07-02 snapshot 3"
PART_SNAPSHOT = "demo-many 2024-07-02 snapshot 7"


def a_figure(
    change: Callable[[Block], Block],
    detail: str,
    *,
    id: str,  # noqa: A002 - as pytest has it
    rule: str = "score",
) -> object:
    """A figure that no line may have, with a digest that agrees."""
    return pytest.param(block_of(ERRORS, change), rule, ERRORS_SNAPSHOT, detail, id=id)


OF_SNAPSHOTS = [
    pytest.param(
        sql("DELETE FROM snapshot_block WHERE snapshot_id = 5"),
        "block",
        ERRORS_SNAPSHOT,
        "has no block",
        id="no-block",
    ),
    pytest.param(
        raw_block(5, b"\1\0"),
        "block",
        ERRORS_SNAPSHOT,
        "cannot be read: a block has a head",
        id="block-that-cannot-be-read",
    ),
    pytest.param(
        raw_block(5, EMPTY), "block", ERRORS_SNAPSHOT, "has no lines", id="block-without-lines"
    ),
    pytest.param(
        sql(
            "UPDATE snapshot_block SET data = (SELECT data FROM snapshot_block WHERE "
            "snapshot_id = 1) WHERE snapshot_id = 5"
        ),
        "block",
        ERRORS_SNAPSHOT,
        "prints a name or profile that its source does not have",
        id="block-of-another-source",
    ),
    pytest.param(
        block_of(ERRORS, cell("alias_id", 999), rehash=False),
        "block",
        ERRORS_SNAPSHOT,
        "prints a name or profile that its source does not have",
        id="block-with-an-unknown-name",
    ),
    pytest.param(
        block_of(ERRORS, cell("profile_id", -5), rehash=False),
        "block",
        ERRORS_SNAPSHOT,
        "prints a name or profile that its source does not have",
        id="block-with-an-unknown-profile",
    ),
    pytest.param(
        block_of(FIRST, lambda b: cell("alias_id", b.alias_id[1])(b)),
        "block",
        FIRST_SNAPSHOT,
        "prints a name twice",
        id="block-with-a-name-twice",
    ),
    a_figure(
        cell("score", np.nan, 1),
        "'near' has a score that is no number",
        id="score-that-is-no-number",
    ),
    a_figure(
        cell("score_upper", np.inf), "'old' has an interval without end", id="interval-without-end"
    ),
    a_figure(
        cell("score_lower", 5),
        "'old' has an interval that ends before it begins",
        id="interval-the-wrong-way",
    ),
    a_figure(cell("votes", -1), "'old' has votes below zero", id="votes-below-zero"),
    a_figure(cell("variants", 0), "'old' has no variants", id="no-variants"),
    a_figure(cell("score", 0, 1), "'near' stands too low", id="order-of-scores", rule="order"),
    pytest.param(
        block_of(JOINED, lambda b: b.in_order(np.array([0, 2, 1, 3]))),
        "order",
        JOINED_SNAPSHOT,
        "'c' stands too low",
        id="order-of-names",
    ),
    pytest.param(
        sql(
            "UPDATE snapshot SET content_hash = (SELECT digest FROM profile WHERE id = "
            "1) WHERE id = 5"
        ),
        "content-hash",
        ERRORS_SNAPSHOT,
        "what its block prints has another digest",
        id="content-hash",
    ),
    pytest.param(
        block_of(FIRST, cell("rank", 3, 1), rehash=False),
        "rank",
        FIRST_SNAPSHOT,
        "1 lines, first 'near': rank 3 with 0 others, where the scores give 2 with 0",
        id="rank",
    ),
    pytest.param(
        block_of(ERRORS, cell("tied", 1, 2), rehash=False),
        "rank",
        ERRORS_SNAPSHOT,
        "1 lines, first 'c': rank 3 with 1 others, where the scores give 3 with 0",
        id="tied",
    ),
    pytest.param(
        block_of(
            JOINED,
            lambda b: b._replace(
                rank=np.array([1, 2, 2, 2], np.int32), tied=np.array([0, 2, 2, 2], np.int32)
            ),
            rehash=False,
        ),
        "rank",
        JOINED_SNAPSHOT,
        "3 lines, first 'c': rank 2 with 2 others, where the scores give 2 with 1",
        id="rank-of-what-stands-behind",
    ),
    pytest.param(
        sql("UPDATE snapshot SET entries_total = 4 WHERE id = 2"),
        "counts",
        FIRST_SNAPSHOT,
        "counts 4 entries, where its block has 3",
        id="count-of-entries",
    ),
    pytest.param(
        sql("UPDATE snapshot SET leader_score = 10 WHERE id = 2"),
        "counts",
        FIRST_SNAPSHOT,
        "its leader has 10.0, in its block 9.0",
        id="score-of-the-leader",
    ),
    pytest.param(
        sql("UPDATE snapshot SET status_reason = 'why' WHERE id = 5"),
        "status",
        ERRORS_SNAPSHOT,
        "is complete, for the reason why",
        id="complete-for-a-reason",
    ),
    pytest.param(
        sql("UPDATE snapshot SET status_reason = NULL WHERE id = 7"),
        "status",
        PART_SNAPSHOT,
        "is partial, for the reason None",
        id="partial-for-no-reason",
    ),
    pytest.param(
        sql("UPDATE snapshot SET status = 'odd' WHERE id = 7"),
        "status",
        PART_SNAPSHOT,
        "is odd, for the reason 2 entries where there were 12",
        id="unknown-status",
    ),
    pytest.param(
        sql("UPDATE snapshot SET repeated_at = published_at WHERE id = 5"),
        "status",
        ERRORS_SNAPSHOT,
        "is published at 2024-07-01 12:00:00+00:00, and again at 2024-07-01 12:00:00+00:00",
        id="repeated-before-it-was-published",
    ),
]
