"""AlpacaEval's tables: versions apart, two win rates, and models that only fool the judge."""

from datetime import date, datetime

import pytest

from app.domain.leaderboard import BoardKind, EntryKind, Snapshot
from app.errors import ParseError
from app.sources.adapters.alpaca_eval import AlpacaEval
from tests.fakegit import FakeGit
from tests.recordings import payload
from tests.recordings.alpaca_eval import (
    PLACES,
    REPOSITORY,
    V1,
    V1_COLUMNS,
    V1_ROWS,
    V2,
    V2_COLUMNS,
    V2_ROWS,
    Row,
    csv,
)
from tests.upstreams import ENDPOINTS

SOURCE = AlpacaEval(ENDPOINTS)
FIRST_PLACE = "docs/alpaca_eval_gpt4_leaderboard.csv"
WITHOUT_CONTROL = ("name", "win_rate", "avg_length", "link", "samples", "filter")


def parse(document: str, columns: tuple[str, ...], *rows: Row) -> dict[str, Snapshot]:
    snapshots = SOURCE.parse(payload(document, csv(columns, rows)))
    return {snapshot.leaderboard.slug: snapshot for snapshot in snapshots}


def scores(snapshot: Snapshot) -> list[float]:
    return [entry.score for entry in snapshot.entries]


def test_version_2_ranks_by_the_rate_controlled_for_length() -> None:
    found = parse(V2, V2_COLUMNS, *V2_ROWS)

    assert list(found) == ["alpaca-eval-2", "alpaca-eval-2-win-rate"]
    assert scores(found["alpaca-eval-2"])[:2] == [86.45780691307947, 57.45682883335095]
    assert scores(found["alpaca-eval-2-win-rate"])[:2] == [76.91979180386511, 51.32757578249279]


def test_before_the_rate_was_controlled_there_is_no_main_board_of_version_2() -> None:
    rows = (
        ("GPT-4 Turbo (verbose)", 64.30360147073765, 2402, "", "", "dev"),
        ("GPT-4 Turbo", 50.0, 2049, "", "", "minimal"),
    )

    found = parse(V2, WITHOUT_CONTROL, *rows)

    assert list(found) == ["alpaca-eval-2-win-rate"]
    assert scores(found["alpaca-eval-2-win-rate"]) == [64.30360147073765, 50.0]


def test_version_1_ranks_by_the_raw_rate() -> None:
    found = parse(V1, V1_COLUMNS, *V1_ROWS)

    assert list(found) == ["alpaca-eval-1"]
    assert scores(found["alpaca-eval-1"]) == [
        95.27950310559004,
        88.38509316770187,
        23.60248447204969,
    ]


def test_some_of_version_1_were_never_controlled_for_length() -> None:
    rows = (
        ("XwinLM 70b V0.1", "", 95.56803995, 1775, "", "", "community"),
        ("GPT-4", 86.51018625518144, 95.27950310559004, 1365, "", "", "minimal"),
    )

    found = parse(V1, V2_COLUMNS, *rows)

    assert list(found) == ["alpaca-eval-1", "alpaca-eval-1-length-controlled"]
    assert [e[:2] for e in found["alpaca-eval-1"].entries] == [
        ("XwinLM 70b V0.1", 95.56803995),
        ("GPT-4", 95.27950310559004),
    ]
    controlled = found["alpaca-eval-1-length-controlled"]
    assert [e[:2] for e in controlled.entries] == [("GPT-4", 86.51018625518144)]


def test_a_board_of_nobody_is_none() -> None:
    rows = (("XwinLM 70b V0.1", "", 95.56803995, 1775, "", "", "community"),)

    assert list(parse(V1, V2_COLUMNS, *rows)) == ["alpaca-eval-1"]


def test_a_board_says_what_it_measures() -> None:
    found = parse(V2, V2_COLUMNS, *V2_ROWS) | parse(V1, V2_COLUMNS, *V2_ROWS)

    boards = [snapshot.leaderboard for snapshot in found.values()]
    assert [(board.era, board.category, board.title) for board in boards] == [
        ("2", "overall", "AlpacaEval 2"),
        ("2", "win-rate", "AlpacaEval 2, win rate"),
        ("1", "overall", "AlpacaEval 1"),
        ("1", "length-controlled", "AlpacaEval 1, length-controlled"),
    ]
    for board in boards:
        assert (board.family, board.kind) == ("alpaca-eval", BoardKind.BENCHMARK)
        assert (board.unit, board.higher_is_better) == ("percent", True)
        assert board.entry_kind is EntryKind.MODEL


def test_a_row_is_taken_as_printed() -> None:
    entry = parse(V2, V2_COLUMNS, *V2_ROWS)["alpaca-eval-2"].entries[1]

    assert entry[:6] == ("GPT-4 Omni (05/13)", 57.45682883335095, None, None, None, None)
    profile = entry.profile
    assert (profile.namespace, profile.organization, profile.licence) == (None, None, None)
    assert (profile.official, profile.parameters_b) == (None, None)


def test_what_is_made_to_fool_the_judge_says_so() -> None:
    for snapshot in parse(V2, V2_COLUMNS, *V2_ROWS).values():
        kinds = [(entry.printed_name, entry.profile.kind) for entry in snapshot.entries]

        assert [name for name, kind in kinds if kind is EntryKind.ADVERSARIAL] == [
            "NullModel (adversarial)",
            "GPT-4 (Adversarial)",
        ]
        assert {kind for _, kind in kinds} == {EntryKind.ADVERSARIAL, EntryKind.MODEL}


def test_two_models_of_one_printed_name_both_stand() -> None:
    board = parse(V2, V2_COLUMNS, *V2_ROWS)["alpaca-eval-2"]

    twice = [
        entry.score for entry in board.entries if entry.printed_name == "GPT 3.5 Turbo (06/13)"
    ]
    assert twice == [22.720189163383225, 22.35251298054288]


def test_a_row_may_end_early() -> None:
    found = parse(V2, V2_COLUMNS, ("a", 58.3, 46.7, 1370), ("b", 1.5))

    assert [e[:2] for e in found["alpaca-eval-2"].entries] == [("a", 58.3), ("b", 1.5)]
    assert [e[:2] for e in found["alpaca-eval-2-win-rate"].entries] == [("a", 46.7)]


@pytest.mark.parametrize(
    ("columns", "row", "reason"),
    [
        pytest.param(V1_COLUMNS, ("", 50.0, "", ""), "a row names no model", id="no-name"),
        pytest.param(V1_COLUMNS, ("a", "half"), "'half' is no number", id="no-number"),
        pytest.param(V1_COLUMNS, ("a", 1, "", "", 2), "5 cells for 4 columns", id="one-too-many"),
        pytest.param(
            ("", "win_rate", "mode"), ("gpt4", 1, ""), "'name' is missing", id="raw-table"
        ),
        pytest.param(("name", "winrate"), ("a", 1), "'win_rate' is missing", id="renamed"),
    ],
)
def test_a_table_of_another_shape_is_refused(
    columns: tuple[str, ...], row: Row, reason: str
) -> None:
    for document in (V1, V2):
        with pytest.raises(ParseError, match=f"^alpaca_eval: {document}: .*{reason}"):
            parse(document, columns, row)


def test_another_document_is_refused() -> None:
    with pytest.raises(ParseError, match="there is no document 'tatsu-lab/alpaca_eval:3'"):
        parse(f"{REPOSITORY}:3", V1_COLUMNS, *V1_ROWS)


def test_an_edition_is_the_day_of_its_commit_in_utc() -> None:
    moment = datetime.fromisoformat("2024-10-23T01:30:00+02:00")
    file = csv(V1_COLUMNS, V1_ROWS)
    undated = payload(V1, file, published_at=moment)
    dated = payload(V1, file, published_at=moment, edition_date=date(2024, 10, 20))

    assert [s.edition_date for s in SOURCE.parse(undated)] == [date(2024, 10, 22)]
    assert [s.edition_date for s in SOURCE.parse(dated)] == [date(2024, 10, 20)]


def two_versions() -> FakeGit:
    """Version 1, which moved as version 2 began."""
    git = FakeGit()
    git.commit(REPOSITORY, {FIRST_PLACE: b"one"}, date="2023-06-08T12:24:23Z")
    moved = {FIRST_PLACE: None, PLACES[V1]: b"one, moved"}
    git.commit(REPOSITORY, moved, date="2024-01-10T01:49:42Z")
    git.commit(REPOSITORY, {PLACES[V2]: b"two"}, date="2024-01-10T23:14:40Z")
    return git


def test_history_has_both_versions_and_both_places() -> None:
    git = two_versions()

    with git.client(SOURCE) as client:
        history = SOURCE.history(client)
        asked = len(git.asked)
        fetched = [SOURCE.fetch(client, revision).files for revision in history]

    assert asked == 3
    assert [(r.document, r.edition_date) for r in history] == [
        (V1, date(2023, 6, 8)),
        (V1, date(2024, 1, 10)),
        (V2, date(2024, 1, 10)),
    ]
    assert fetched == [(b"one",), (b"one, moved",), (b"two",)]


def test_now_there_are_two_tables_until_something_changes() -> None:
    git = two_versions()

    with git.client(SOURCE) as client:
        first = SOURCE.current(client, {})
        second = SOURCE.current(client, first.validators)
        fetched = [SOURCE.fetch(client, r).files for r in first.revisions or ()]

    assert fetched == [(b"one, moved",), (b"two",)]
    assert second.revisions is None
