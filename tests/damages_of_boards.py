"""Damages to what follows from snapshots, and the one fault by which each is found."""

import pytest

from tests.damages import LINE, NEAR, ON_ERRORS, Damage, sql

ERRORS_EDITION = "demo-errors 2024-07-01"
OLD_LINE = "demo-errors 2024-07-01 'old'"


def further_line(**other: str) -> Damage:
    """A line like one that there is, but for its key."""
    key = ("leaderboard_id", "alias_id", "edition_date")
    rest = "score, rank, tied, profile_id, variants"
    values = ", ".join(other.get(name, name) for name in key)
    return sql(
        f"INSERT INTO entry ({', '.join(key)}, {rest}) SELECT {values}, {rest}"
        f" FROM entry WHERE {LINE}"
    )


OF_BOARDS = [
    pytest.param(
        sql(f"DELETE FROM edition WHERE {ON_ERRORS}"),
        "edition",
        ERRORS_EDITION,
        "in force is nothing, where it should be snapshot 5",
        id="nothing-in-force",
    ),
    pytest.param(
        sql("UPDATE edition SET snapshot_id = 2 WHERE snapshot_id = 4"),
        "edition",
        "demo-text 2024-07-01",
        "in force is snapshot 2, where it should be snapshot 4",
        id="another-snapshot-in-force",
    ),
    pytest.param(
        sql(
            "INSERT INTO edition (leaderboard_id, edition_date, snapshot_id, "
            "entries_total, leader_alias_id, leader_score) SELECT leaderboard_id, "
            "edition_date, id, 2, 1, 2 FROM snapshot WHERE id = 7"
        ),
        "edition",
        "demo-many 2024-07-02",
        "in force is snapshot 7, where it should be nothing",
        id="a-partial-snapshot-in-force",
    ),
    pytest.param(
        sql("UPDATE edition SET entries_total = 9 WHERE snapshot_id = 5"),
        "leader",
        ERRORS_EDITION,
        "entries_total is 9, in its snapshot 3",
        id="edition-of-another-length",
    ),
    pytest.param(
        sql(f"UPDATE edition SET leader_alias_id = {NEAR} WHERE snapshot_id = 5"),
        "leader",
        ERRORS_EDITION,
        "leader_alias_id is 4, in its snapshot 3",
        id="another-leader",
    ),
    pytest.param(
        sql("UPDATE edition SET official_leader_alias_id = NULL WHERE snapshot_id = 4"),
        "leader",
        "demo-text 2024-07-01",
        "official_leader_alias_id is None, in its snapshot 3",
        id="another-official-leader",
    ),
    pytest.param(
        sql("UPDATE edition SET leader_score = 7 WHERE snapshot_id = 5"),
        "leader",
        ERRORS_EDITION,
        "leader_score is 7.0, in its snapshot 1.0",
        id="another-leading-score",
    ),
    pytest.param(
        sql(f"DELETE FROM entry WHERE {LINE}"), "entry", OLD_LINE, "is missing", id="missing-line"
    ),
    pytest.param(
        further_line(edition_date="edition_date + 1"),
        "entry",
        "demo-errors 2024-07-02 'old'",
        "is of no snapshot in force",
        id="line-of-another-day",
    ),
    pytest.param(
        further_line(alias_id="999"),
        "entry",
        "demo-errors 2024-07-01 name 999",
        "is of no snapshot in force",
        id="line-of-no-name",
    ),
    pytest.param(
        further_line(leaderboard_id="999"),
        "entry",
        "leaderboard 999",
        "is no board, and has 1 entries",
        id="line-of-no-board",
    ),
    pytest.param(
        sql(f"UPDATE entry SET rank = 2 WHERE {LINE}"),
        "entry",
        OLD_LINE,
        "rank is 2, in the snapshot 1",
        id="line-of-another-rank",
    ),
    pytest.param(
        sql(f"UPDATE entry SET tied = 2 WHERE {LINE}"),
        "entry",
        OLD_LINE,
        "tied is 2, in the snapshot 0",
        id="line-tied",
    ),
    pytest.param(
        sql(f"UPDATE entry SET score = 1.25 WHERE {LINE}"),
        "entry",
        OLD_LINE,
        "score is 1.25, in the snapshot 1.0",
        id="line-of-another-score",
    ),
    pytest.param(
        sql(f"UPDATE entry SET score_lower = NULL WHERE {LINE}"),
        "entry",
        OLD_LINE,
        "score_lower is missing, in the snapshot 0.5",
        id="line-without-a-bound",
    ),
    pytest.param(
        sql(f"UPDATE entry SET score_upper = 3 WHERE {LINE}"),
        "entry",
        OLD_LINE,
        "score_upper is 3.0, in the snapshot 2.0",
        id="line-of-another-bound",
    ),
    pytest.param(
        sql(f"UPDATE entry SET votes = NULL WHERE {LINE}"),
        "entry",
        OLD_LINE,
        "votes is missing, in the snapshot 40",
        id="line-without-votes",
    ),
    pytest.param(
        sql(f"UPDATE entry SET published_rank = 4 WHERE {LINE}"),
        "entry",
        OLD_LINE,
        "published_rank is 4, in the snapshot 1",
        id="line-of-another-place-upstream",
    ),
    pytest.param(
        sql(f"UPDATE entry SET profile_id = profile_id + 1 WHERE {LINE}"),
        "entry",
        OLD_LINE,
        "profile_id is 4, in the snapshot 3",
        id="line-of-another-profile",
    ),
    pytest.param(
        sql(f"UPDATE entry SET variants = 5 WHERE {LINE}"),
        "entry",
        OLD_LINE,
        "variants is 5, in the snapshot 1",
        id="line-of-other-variants",
    ),
    pytest.param(
        sql(f"DELETE FROM listing WHERE {LINE}"),
        "listing",
        "demo-errors 'old'",
        "listed since None, in force since 2024-07-01",
        id="name-that-is-not-listed",
    ),
    pytest.param(
        sql(f"INSERT INTO listing SELECT 1, leaderboard_id, first_date FROM listing WHERE {LINE}"),
        "listing",
        "demo-errors 'a'",
        "listed since 2024-07-01, in force since None",
        id="name-that-is-listed-for-nothing",
    ),
    pytest.param(
        sql(f"UPDATE listing SET first_date = first_date + 1 WHERE {LINE}"),
        "listing",
        "demo-errors 'old'",
        "listed since 2024-07-02, in force since 2024-07-01",
        id="name-that-is-listed-too-late",
    ),
    pytest.param(
        sql("UPDATE leaderboard SET data_version = 0 WHERE slug = 'demo-errors'"),
        "version",
        "demo-errors",
        "has 1 snapshots, and no version",
        id="board-without-a-version",
    ),
]
