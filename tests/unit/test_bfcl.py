"""BFCL's tables: eras told from their columns, three files of which one edition is made."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

import pytest

from app.domain.leaderboard import BoardKind, RawEntry, Snapshot
from app.errors import FetchError, ParseError
from app.ingest.checks import check_payload
from app.sources.adapters.bfcl import BFCL
from tests.fakegit import FakeGit
from tests.recordings import payload
from tests.recordings.bfcl import (
    DOCUMENT,
    REPOSITORY,
    V1,
    V2_COMBINED,
    V2_LIVE,
    V2_NON_LIVE,
    V3,
    V4,
    Row,
    table,
)
from tests.upstreams import ENDPOINTS

SOURCE = BFCL(ENDPOINTS)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def parse(*tables: Sequence[Row], edition_date: date | None = None) -> dict[str, Snapshot]:
    files = [table(rows) for rows in tables]
    snapshots = SOURCE.parse(payload(DOCUMENT, *files, edition_date=edition_date))
    return {snapshot.leaderboard.slug: snapshot for snapshot in snapshots}


def scores(snapshots: Mapping[str, Snapshot]) -> dict[str, list[float]]:
    return {slug: [e.score for e in snapshot.entries] for slug, snapshot in snapshots.items()}


def changed(rows: Sequence[Row], **cells: str) -> list[Row]:
    """The first row with other cells (`_` is a blank in a column's name), then the others."""
    named = {column.replace("_", " "): cell for column, cell in cells.items()}
    return [{**rows[0], **named}, *rows[1:]]


def without(rows: Sequence[Row], *columns: str) -> list[Row]:
    return [{name: cell for name, cell in row.items() if name not in columns} for row in rows]


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        pytest.param(
            (V1,),
            {
                "bfcl-v1": [84.28, 79.07],
                "bfcl-v1-ast": [86.06, 82.31],
                "bfcl-v1-exec": [65.53, 64.4],
            },
            id="v1",
        ),
        pytest.param(
            (V2_COMBINED, V2_LIVE, V2_NON_LIVE),
            {
                "bfcl-v2": [85.65, 10.0],
                "bfcl-v2-ast": [83.54, 0.0],
                "bfcl-v2-exec": [90.95, 0.0],
                "bfcl-v2-live": [73.61],
                "bfcl-v2-non-live": [87.91],
            },
            id="v2",
        ),
        pytest.param(
            (V3,),
            {
                "bfcl-v3": [62.19, 16.57],
                "bfcl-v3-non-live-ast": [85.9, 0.0],
                "bfcl-v3-live": [75.43, 38.78],
                "bfcl-v3-multi-turn": [25.0, 0.0],
                "bfcl-v3-non-live-exec": [85.64, 0.0],
            },
            id="v3",
        ),
        pytest.param(
            (V4,),
            {
                "bfcl-v4": [77.47],
                "bfcl-v4-non-live-ast": [88.58],
                "bfcl-v4-web-search": [84.0],
                "bfcl-v4-memory": [59.35],
            },
            id="v4",
        ),
    ],
)
def test_an_era_is_told_from_its_columns(
    tables: Sequence[Sequence[Row]], expected: Mapping[str, Sequence[float]]
) -> None:
    assert scores(parse(*tables)) == expected


def test_a_board_says_what_it_is() -> None:
    found = parse(V3, edition_date=date(2024, 10, 21))

    board = found["bfcl-v3-multi-turn"].leaderboard
    assert (board.title, board.family, board.era) == ("BFCL v3, Multi Turn", "bfcl", "v3")
    assert (board.category, board.unit) == ("multi-turn", "percent")
    assert board.higher_is_better
    assert board.kind is BoardKind.BENCHMARK
    assert found["bfcl-v3"].leaderboard.title == "BFCL v3"
    assert {snapshot.edition_date for snapshot in found.values()} == {date(2024, 10, 21)}


def test_an_edition_without_a_date_is_of_the_day_it_was_published() -> None:
    assert parse(V1)["bfcl-v1"].edition_date == date(2024, 7, 13)


def test_a_row_is_taken_as_printed_with_the_rank_of_the_whole() -> None:
    found = parse(V3)

    first, last = found["bfcl-v3"].entries
    assert first[:6] == ("GPT-4o-2024-08-06 (FC)", 62.19, None, None, None, 1)
    assert (first.profile.organization, first.profile.licence) == ("OpenAI", "Proprietary")
    assert (last.published_rank, last.profile.licence) == (60, "Meta Llama 3 Community")
    assert [e.published_rank for e in found["bfcl-v3-live"].entries] == [None, None]


def test_the_parts_of_version_2_have_ranks_of_their_own() -> None:
    found = parse(V2_COMBINED, changed(V2_LIVE, Rank="3"), V2_NON_LIVE)

    assert [e.published_rank for e in found["bfcl-v2-live"].entries] == [3]
    assert [e.published_rank for e in found["bfcl-v2-exec"].entries] == [None, None]


def test_a_licence_that_is_not_available_is_none() -> None:
    _first, second = parse(V1)["bfcl-v1"].entries

    assert second.profile.licence is None
    assert second.profile.organization == "MeetKai"


def test_two_ways_of_asking_a_model_are_two_entries() -> None:
    found = parse([*V1, {**V1[0], "Model": "GPT-4-1106-Preview (Prompt)"}])

    names = [entry.printed_name for entry in found["bfcl-v1"].entries]
    assert names[0] == "GPT-4-1106-Preview (FC)"
    assert names[2] == "GPT-4-1106-Preview (Prompt)"


def test_a_row_without_a_score_is_left_out_of_that_board_only() -> None:
    found = parse(changed(V3, **{"Non-Live_AST_Acc": "N/A"}))

    assert len(found["bfcl-v3-non-live-ast"].entries) == 1
    assert len(found["bfcl-v3"].entries) == 2


def test_a_part_that_ended_is_no_board_any_more() -> None:
    found = parse(without(V3, "Non-Live Exec Acc", "Multi Turn Composite"))

    assert "bfcl-v3-non-live-exec" not in found
    assert len(found) == 4


def test_a_name_that_stands_twice_is_two_rows() -> None:
    twice = [*V1, {**V1[0], "Rank": "9", "Overall Acc": "70.00%"}]
    found = parse(twice)["bfcl-v1"]

    entries: list[RawEntry] = found.entries
    assert [entry.score for entry in entries] == [84.28, 79.07, 70.0]
    check_payload("bfcl", [found], published_at=NOW, now=NOW)


@pytest.mark.parametrize(
    ("tables", "reason"),
    [
        pytest.param(
            (changed(V1, Overall_Acc="0.8428"),),
            "column 'Overall Acc', row 1: '0.8428' is no percentage",
            id="no-percent-sign",
        ),
        pytest.param(
            (changed(V1, Overall_Acc="high%"),), "'high%' is no number", id="not-a-number"
        ),
        pytest.param((changed(V1, Model=""),), "row 1 names no model", id="no-name"),
        pytest.param((changed(V1, Rank="1.5"),), "1.5 is no whole number", id="half-a-rank"),
        pytest.param(
            (without(V1, "AST Summary"),), "column 'AST Summary' is missing", id="no-summary"
        ),
        pytest.param((without(V3, "Live Acc"),), "column 'Live Acc' is missing", id="no-part"),
        pytest.param((without(V3, "License"),), "'License' is missing", id="no-licences"),
        pytest.param(
            (without(V1, "Relevance Detection"),), "of no known version: Rank", id="no-version"
        ),
        pytest.param((V2_COMBINED,), "of no known version", id="without-its-parts"),
        pytest.param((V1, V1), "of no known version", id="two-of-one"),
        pytest.param(
            (V2_COMBINED, V2_NON_LIVE, V2_LIVE), "of no known version", id="parts-in-other-order"
        ),
    ],
)
def test_a_table_that_is_not_understood_is_refused(
    tables: Sequence[Sequence[Row]], reason: str
) -> None:
    with pytest.raises(ParseError, match=reason):
        parse(*tables)


def test_another_document_is_refused() -> None:
    with pytest.raises(ParseError, match="there is no document 'x:y'"):
        SOURCE.parse(payload("x:y", table(V1)))


def repository() -> FakeGit:
    """All versions, one after the other, with two commits on the first day."""
    git = FakeGit()

    def commit(day: str, files: Mapping[str, bytes | None]) -> None:
        git.commit(REPOSITORY, files, date=f"{day}Z", branch="gh-pages")

    commit("2024-08-14T01:00:00", {"data.csv": table(V1[:1])})
    commit("2024-08-14T02:00:00", {"data.csv": table(V1)})
    v2 = {
        "data.csv": None,
        "data_combined.csv": table(V2_COMBINED),
        "data_live.csv": table(V2_LIVE),
        "data_non_live.csv": table(V2_NON_LIVE),
    }
    commit("2024-08-19T01:00:00", v2)
    moved = {"data_combined.csv": None, "data_combined_Sep_20_2024.csv": table(V3[:1])}
    commit("2024-09-20T01:00:00", moved)
    commit("2024-10-21T01:00:00", {"data_overall.csv": table(V3), "data_live.csv": b"other"})
    commit("2025-12-16T01:00:00", {"data_overall.csv": table(V4)})
    return git


def test_history_follows_the_main_table_from_file_to_file() -> None:
    git = repository()

    with git.client(SOURCE) as client:
        history = SOURCE.history(client)
        asked = len(git.requests)
        found = [scores_of(SOURCE.parse(SOURCE.fetch(client, r))) for r in history]

    assert asked == 4
    assert {revision.document for revision in history} == {DOCUMENT}
    assert [(revision.edition_date, one) for revision, one in zip(history, found, strict=True)] == [
        (date(2024, 8, 14), ("bfcl-v1", 2, 3)),
        (date(2024, 8, 19), ("bfcl-v2", 2, 5)),
        (date(2024, 9, 20), ("bfcl-v3", 1, 5)),
        (date(2024, 10, 21), ("bfcl-v3", 2, 5)),
        (date(2025, 12, 16), ("bfcl-v4", 1, 4)),
    ]


def scores_of(snapshots: Sequence[Snapshot]) -> tuple[str, int, int]:
    """The main board, its entries, and how many boards there are."""
    return snapshots[0].leaderboard.slug, len(snapshots[0].entries), len(snapshots)


def test_the_newest_table_is_current() -> None:
    git = repository()

    with git.client(SOURCE) as client:
        listing = SOURCE.current(client, {})
        again = SOURCE.current(client, listing.validators)

    assert again.revisions is None
    assert listing.revisions is not None
    [revision] = listing.revisions
    assert revision.paths == (f"{REPOSITORY}/data_overall.csv",)
    assert revision.edition_date == date(2025, 12, 16)


def test_an_edition_of_version_2_that_lacks_a_part_is_not_fetched() -> None:
    git = FakeGit()
    git.commit(REPOSITORY, {"data_combined.csv": table(V2_COMBINED)}, branch="gh-pages")

    with git.client(SOURCE) as client:
        [revision] = SOURCE.history(client)
        with pytest.raises(FetchError, match=r"data_live\.csv answered 404"):
            SOURCE.fetch(client, revision)
