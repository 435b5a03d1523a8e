"""NYT Connections: which table is which board, its eras, and the traps in its rows."""

from datetime import UTC, date, datetime

import pytest

from app.domain.leaderboard import EntryKind, Snapshot
from app.errors import ParseError
from app.sources.adapters.nyt_connections import NYTConnections
from tests.fakegit import FakeGit
from tests.recordings import payload
from tests.recordings.nyt_connections import (
    BEFORE_EXTENDED,
    COLUMNS,
    FIRST,
    FIRST_COLUMNS,
    FULL,
    FULL_MAIN,
    FULL_OLDER,
    MIXED,
    MIXED_MAIN,
    ORIGINAL,
    QUADRATIC,
    QUADRATIC_MAIN,
    README,
    REPOSITORY,
    SQUARED,
    main,
    newest,
    older,
    readme,
    table,
)
from tests.upstreams import ENDPOINTS

SOURCE = NYTConnections(ENDPOINTS)
DAY = date(2026, 3, 1)


def parsed(file: bytes, day: date = DAY) -> dict[str, Snapshot]:
    snapshots = SOURCE.parse(payload(README, file, edition_date=day))
    assert {snapshot.edition_date for snapshot in snapshots} == {day}
    return {snapshot.leaderboard.slug: snapshot for snapshot in snapshots}


def scores(snapshot: Snapshot) -> list[tuple[str, float, int | None]]:
    return [(e.printed_name, e.score, e.published_rank) for e in snapshot.entries]


@pytest.mark.parametrize(
    ("file", "slugs"),
    [
        pytest.param(BEFORE_EXTENDED, ["original"], id="before-there-was-an-extended-version"),
        pytest.param(
            FIRST,
            ["extended-2025-02-04", "extended-2025-02-04-newest-100", "original"],
            id="first",
        ),
        pytest.param(MIXED, ["extended-2025-02-04", "original"], id="without-the-newest"),
        pytest.param(
            FULL, ["extended-940", "original", "extended-940-older"], id="all-puzzles-only"
        ),
        pytest.param(
            SQUARED,
            [
                "extended-940-quadratic-v1",
                "extended-940-quadratic-v1-newest-100",
                "original",
                "extended-940-quadratic-v1-older",
            ],
            id="scored-otherwise",
        ),
    ],
)
def test_headings_name_boards_and_the_document_their_era(file: bytes, slugs: list[str]) -> None:
    found = parsed(file)

    assert list(found) == [f"nyt-connections-{slug}" for slug in slugs]
    boards = [snapshot.leaderboard for snapshot in found.values()]
    assert {(board.unit, board.higher_is_better) for board in boards} == {("percent", True)}
    assert len({board.title for board in boards}) == len(boards)
    original = found["nyt-connections-original"].leaderboard
    assert (original.family, original.era) == ("nyt-connections-original", None)
    assert {board.family for board in boards if board.era} <= {"nyt-connections-extended"}


def test_models_that_moved_away_are_on_a_board_of_another_era() -> None:
    before = parsed(MIXED)["nyt-connections-extended-2025-02-04"]
    after = parsed(FULL)

    assert scores(before)[0] == ("Grok 4", 91.7, 1)
    assert "nyt-connections-extended-2025-02-04" not in after
    older_models = after["nyt-connections-extended-940-older"]
    assert scores(older_models)[1] == ("Grok 4", 91.7, 2)
    assert older_models.leaderboard.category == "older"


def test_further_puzzles_and_another_scoring_begin_eras_by_themselves() -> None:
    grown = readme(main(FULL_MAIN.replace("940", "1060")), older(FULL_OLDER))
    scored = readme(QUADRATIC.replace("quadratic-v1", "Cubic-v2"), main(QUADRATIC_MAIN))

    assert list(parsed(grown)) == [
        "nyt-connections-extended-1060",
        "nyt-connections-extended-1060-older",
    ]
    assert list(parsed(scored)) == ["nyt-connections-extended-940-cubic-v2"]


def test_scores_and_ranks_are_as_printed() -> None:
    found = parsed(SQUARED)

    assert scores(found["nyt-connections-extended-940-quadratic-v1"]) == [
        ("Gemini 3.1 Pro Preview", 97.4, 1),
        ("Gemini 3.8 Flash (high reasoning)", 97.4, 2),
        ("GPT-5.5 (xhigh reasoning)", 96.2, 3),
        ("Mistral Medium 3.1", 6.5, 4),
    ]
    assert scores(found["nyt-connections-extended-940-quadratic-v1-newest-100"])[0] == (
        *("Gemini 3.8 Flash (high reasoning)", 96.5, 1),
    )
    first = parsed(FIRST)["nyt-connections-extended-2025-02-04"]
    assert scores(first)[2:] == [("Grok 2 12-12", 19.2, 3), ("Gemini 1.5 Pro (Sept)", 19.2, 4)]


def test_a_model_may_stand_twice_in_a_table() -> None:
    older_models = parsed(SQUARED)["nyt-connections-extended-940-quadratic-v1-older"]

    assert scores(older_models)[1:3] == [
        ("GLM-5.2 (max reasoning)", 89.5, 2),
        ("GLM-5.2 (max reasoning)", 75.9, 3),
    ]
    assert len(older_models.entries) == 5


def test_rows_of_the_original_version_have_no_end_and_no_rank() -> None:
    original = parsed(BEFORE_EXTENDED)["nyt-connections-original"]

    assert scores(original) == [
        ("o1", 90.7, None),
        ("o1-preview", 87.1, None),
        ("Multi-turn ensemble", 37.8, None),
        ("Gemini 2.0 Flash Thinking Exp", 18.6, None),
    ]
    assert original == parsed(SQUARED)["nyt-connections-original"]


def test_several_models_at_work_are_a_system() -> None:
    kinds = {
        entry.printed_name: entry.profile.kind
        for snapshot in parsed(SQUARED).values()
        for entry in snapshot.entries
    }

    assert kinds.pop("Multi-turn ensemble") is EntryKind.SYSTEM
    assert set(kinds.values()) == {EntryKind.MODEL}


def test_a_row_without_a_score_is_left_out() -> None:
    rows = table(COLUMNS, (1, "Grok 4", 91.7, 940), ("", "GPT-6", "", ""), ("", "", "-", ""))

    found = parsed(readme(main(rows), older(FULL_OLDER)))

    assert scores(found["nyt-connections-extended-940"]) == [("Grok 4", 91.7, 1)]


def test_tables_of_something_else_are_let_be() -> None:
    humans = "# Humans vs. LLMs\n\n" + table(("Month", "Solved"), ("January", "71%"))

    assert parsed(readme(main(MIXED_MAIN), humans, ORIGINAL)) == parsed(MIXED)


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        pytest.param(readme(main(MIXED_MAIN), end=""), "ends before its Notes", id="cut-off"),
        pytest.param(readme(), "has no table of models", id="no-table"),
        pytest.param(
            readme(f"## Results\n\n{MIXED_MAIN}", ORIGINAL),
            "unknown table under 'Results'",
            id="unknown-heading",
        ),
        pytest.param(
            MIXED_MAIN.encode() + b"\n## Notes\n", "unknown table under ''", id="no-heading"
        ),
        pytest.param(
            readme(main(MIXED_MAIN), main(FULL_MAIN)),
            "two tables under 'Leaderboard: Extended Version'",
            id="twice",
        ),
        pytest.param(
            readme(newest(FULL_MAIN), ORIGINAL), "no table of the extended version", id="no-main"
        ),
        pytest.param(
            readme(main(MIXED_MAIN), older(FULL_OLDER)),
            "its main table is of 601 and 651 and 759 puzzles",
            id="mixed-beside-older-models",
        ),
        pytest.param(
            readme(QUADRATIC, main(table(COLUMNS, (1, "Grok 4", 91.7, "")))),
            "its main table is of no puzzles",
            id="no-number-of-puzzles",
        ),
        pytest.param(
            readme(main(table(FIRST_COLUMNS, (1, "Grok 4", 91.7))), older(FULL_OLDER)),
            "column '#Puzzles' is missing",
            id="no-column-of-puzzles",
        ),
        pytest.param(
            readme(main(table(("Rank", "Model", "Score"), (1, "Grok 4", 91.7)))),
            "column 'Score %' is missing",
            id="renamed-score",
        ),
        pytest.param(
            readme(main(table(COLUMNS, (1, "", 91.7, 759)))),
            "row 1 of table 'overall' names no model",
            id="no-name",
        ),
        pytest.param(
            readme(main(table(COLUMNS, ("first", "Grok 4", 91.7, 759)))),
            "column 'Rank', row 1: 'first' is no number",
            id="no-rank",
        ),
    ],
)
def test_an_unknown_shape_is_refused(file: bytes, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        parsed(file)


def test_after_july_2026_a_version_says_how_it_is_scored() -> None:
    assert "nyt-connections-extended-940" in parsed(FULL, date(2026, 7, 31))
    assert parsed(SQUARED, date(2026, 8, 1))
    assert parsed(BEFORE_EXTENDED, date(2026, 8, 1))
    with pytest.raises(ParseError, match="does not say how it is scored"):
        parsed(FULL, date(2026, 8, 1))


def test_the_edition_is_the_day_of_the_commit() -> None:
    late = datetime(2026, 3, 10, 23, 30, tzinfo=UTC)

    [snapshot] = SOURCE.parse(payload(README, BEFORE_EXTENDED, published_at=late))

    assert snapshot.edition_date == date(2026, 3, 10)


def test_another_document_is_refused() -> None:
    with pytest.raises(ParseError, match="there is no document"):
        SOURCE.parse(payload("lechmazur/writing:README.md", MIXED))


def test_the_last_version_of_a_day_is_fetched_from_its_branch() -> None:
    fake = FakeGit()
    fake.commit(REPOSITORY, {"README.md": b"elsewhere"}, branch="main")
    for moment, body in (("22T10", MIXED), ("23T09", b"a slip"), ("23T10", FULL)):
        files = {"README.md": body}
        fake.commit(REPOSITORY, files, date=f"2026-02-{moment}:00:00Z", branch="master")

    with fake.client(SOURCE) as client:
        history = SOURCE.history(client)
        listed = SOURCE.current(client, {}).revisions
        found = [SOURCE.parse(SOURCE.fetch(client, revision)) for revision in history]

    assert listed == (history[-1],)
    assert [snapshots[0].edition_date for snapshots in found] == [
        date(2026, 2, 22),
        date(2026, 2, 23),
    ]
    assert [snapshots[0].leaderboard.era for snapshots in found] == ["2025-02-04", "940"]
