"""Vectara's leaderboard: its three eras, its layouts, and the traps in its cells."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime

import pytest

from app.domain.leaderboard import Snapshot
from app.errors import ParseError
from app.sources.adapters.vectara import Vectara
from app.sources.base import Payload
from tests.fakegit import FakeGit
from tests.recordings import payload
from tests.recordings.vectara import (
    COLUMNS,
    FIRST_COLUMNS,
    FIRST_ROWS,
    README,
    REPOSITORY,
    SECOND_ROWS,
    THIRD_ROWS,
    readme,
)
from tests.upstreams import ENDPOINTS

SOURCE = Vectara(ENDPOINTS)
ERAS = {
    "2023-10-31": readme(FIRST_ROWS, FIRST_COLUMNS),
    "2024-07-26": readme(SECOND_ROWS, judge="HHEM-2.1"),
    "2025-11-18": readme(THIRD_ROWS, judge="HHEM-2.3"),
}


def parsed(file: bytes) -> Snapshot:
    [snapshot] = SOURCE.parse(payload(README, file))
    return snapshot


def scores(file: bytes) -> dict[str, float]:
    return {entry.printed_name: entry.score for entry in parsed(file).entries}


@pytest.mark.parametrize(("era", "file"), ERAS.items())
def test_each_era_is_a_board_of_its_own(era: str, file: bytes) -> None:
    board = parsed(file).leaderboard

    assert board.slug == f"vectara-hallucination-{era}"
    assert board.era == era
    assert (board.family, board.category) == ("vectara-hallucination", "overall")
    assert (board.unit, board.higher_is_better) == ("percent", False)


@pytest.mark.parametrize(("era", "file"), ERAS.items())
def test_a_document_that_was_cut_off_is_of_its_era_or_refused(era: str, file: bytes) -> None:
    found = set()
    for end in range(0, len(file), 7):
        with suppress(ParseError):
            found.add(parsed(file[:end]).leaderboard.era)

    assert found == {era}


def test_the_second_era_is_known_before_its_judge_was_named() -> None:
    unnamed = (("GPT-4", "1.8 %", "98.2 %", "100.0", "81.1"), *SECOND_ROWS[2:])

    assert parsed(readme(unnamed)).leaderboard.era == "2024-07-26"


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(FIRST_ROWS[1:], id="none"),
        pytest.param((*SECOND_ROWS, ("GPT 4", "3.0 %", "97.0 %", "100 %", "81.1")), id="two"),
        pytest.param((("GPT 4 / GPT-4", "3.0 %", "97.0 %", "100 %", "81.1"),), id="no-owner"),
    ],
)
def test_names_of_no_known_era_are_refused(rows: Sequence[Sequence[str]]) -> None:
    with pytest.raises(ParseError, match="of no known era, or of several"):
        parsed(readme(rows))


def test_another_judge_begins_an_era_that_is_not_known() -> None:
    assert parsed(readme()).leaderboard.era == "2025-11-18"
    with pytest.raises(ParseError, match=r"judged by HHEM-3\.0"):
        parsed(readme(judge="HHEM-3.0"))


def test_scores_are_read_by_header_in_every_layout() -> None:
    between = ("Model", "Accuracy", "Hallucination Rate", "Answer Rate", COLUMNS[-1])
    swapped = [
        (name, good, rate, answered, words) for name, good, rate, words, answered in FIRST_ROWS
    ]
    expected = {"GPT 4": 3.0, "Llama 2 70B": 5.1, "Google Palm (text-bison--001)": 12.1}

    assert scores(ERAS["2023-10-31"]) == expected
    assert scores(readme(swapped, between)) == expected
    assert scores(ERAS["2024-07-26"])["Google Gemini-2.0-Flash-001"] == 0.7


def test_the_sign_may_be_missing_and_figures_need_not_add_up() -> None:
    found = scores(readme([*SECOND_ROWS, ("Some Model", "3.3", "96.7", "100", "90")]))

    assert found["MoonshotAI Kimi-K2-Instruct-0905"] == 6.2
    assert found["Google Gemini-1.5-Pro-002"] == 6.6
    assert found["Some Model"] == 3.3


@pytest.mark.parametrize("cell", ["XX %", "XX", "xx%", "YY %", "YY", "yy%", "", "-", "N/A"])
def test_a_figure_to_come_is_no_row(cell: str) -> None:
    rows = [*THIRD_ROWS, ("openai/gpt-6", cell, "YY %", "XX %", "YY"), ("", cell)]

    assert scores(readme(rows)) == scores(readme(THIRD_ROWS))


def test_rows_stay_as_printed_in_their_order_and_number() -> None:
    twice = ("IBM Granite-3.1-8B-Instruct", "8.6 %", "91.4 %", "100.0 %", "107.4")
    rows = [SECOND_ROWS[1], twice, SECOND_ROWS[0], twice]

    assert [entry.printed_name for entry in parsed(readme(rows)).entries] == [
        "OpenAI GPT-4",
        "IBM Granite-3.1-8B-Instruct",
        "Google Gemini-2.0-Flash-001",
        "IBM Granite-3.1-8B-Instruct",
    ]


def test_the_third_era_names_makers() -> None:
    makers = [
        entry.profile.organization for file in ERAS.values() for entry in parsed(file).entries
    ]

    assert [maker for maker in makers if maker is not None] == [
        "antgroup",
        "amazon",
        "xai-org",
        "openai",
    ]


def test_the_edition_is_the_day_of_the_commit_and_not_the_claimed_one() -> None:
    late = datetime(2026, 3, 11, 23, 30, tzinfo=UTC)

    [told] = SOURCE.parse(payload(README, readme(), published_at=late))
    [dated] = SOURCE.parse(
        payload(README, readme(), published_at=late, edition_date=date(2026, 3, 12))
    )

    assert told.edition_date == date(2026, 3, 11)
    assert dated.edition_date == date(2026, 3, 12)


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        pytest.param(b"# Hallucination Leaderboard\n", "0 tables have a column", id="no-table"),
        pytest.param(readme() + readme(), "2 tables have a column", id="two-tables"),
        pytest.param(
            readme(columns=("Model", "Rate", *COLUMNS[2:])), "0 tables have", id="renamed-rate"
        ),
        pytest.param(
            readme(columns=("Name", *COLUMNS[1:])), "column 'Model' is missing", id="renamed-model"
        ),
        pytest.param(readme([*THIRD_ROWS, ("", "1 %")]), "row 5 names no model", id="no-name"),
        pytest.param(readme([("a/b", "1.2 points")]), "'1.2 points' is no number", id="no-number"),
    ],
)
def test_an_unknown_shape_is_refused(file: bytes, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        parsed(file)


def test_another_document_is_refused() -> None:
    with pytest.raises(ParseError, match="there is no document"):
        SOURCE.parse(payload("vectara/other:README.md", readme()))


def test_the_last_version_of_a_day_is_fetched() -> None:
    fake = FakeGit()
    fake.commit(REPOSITORY, {"README.md": ERAS["2023-10-31"]}, date="2023-10-31T21:27:15Z")
    fake.commit(REPOSITORY, {"README.md": b"a slip"}, date="2024-07-26T01:47:14Z")
    fake.commit(REPOSITORY, {"README.md": ERAS["2024-07-26"]}, date="2024-07-26T16:29:27Z")
    fake.commit(REPOSITORY, {"other": b""}, date="2024-07-27T00:00:00Z")

    with fake.client(SOURCE) as client:
        history = SOURCE.history(client)
        listed = SOURCE.current(client, {}).revisions
        payloads: list[Payload] = [SOURCE.fetch(client, revision) for revision in history]

    assert listed == (history[-1],)
    assert [(revision.document, revision.edition_date) for revision in history] == [
        (README, date(2023, 10, 31)),
        (README, date(2024, 7, 26)),
    ]
    found = [SOURCE.parse(sent)[0] for sent in payloads]
    assert [snapshot.leaderboard.era for snapshot in found] == ["2023-10-31", "2024-07-26"]
    assert [snapshot.edition_date for snapshot in found] == [date(2023, 10, 31), date(2024, 7, 26)]


def test_a_repository_without_the_document_has_no_history_and_is_refused() -> None:
    fake = FakeGit()
    fake.commit(REPOSITORY, {"other": b""})

    with fake.client(SOURCE) as client, pytest.raises(ParseError, match="no document has a commit"):
        SOURCE.history(client)
