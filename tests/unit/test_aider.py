"""Aider's tables: three boards, two models in one run, and files that moved twice."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

import pytest

from app.domain.leaderboard import BoardKind, EntryKind, Snapshot
from app.errors import ParseError
from app.sources.adapters.aider import Aider
from tests.fakegit import FakeGit
from tests.recordings import payload
from tests.recordings.aider import (
    EDIT,
    EDIT_RUNS,
    POLYGLOT,
    POLYGLOT_RUNS,
    RECORDINGS,
    REFACTOR,
    run,
    yml,
)
from tests.upstreams import ENDPOINTS

SOURCE = Aider(ENDPOINTS)
AIDER = "Aider-AI/aider"
FOLDERS = ("_data", "website/_data", "aider/website/_data")


def parse(*runs: Mapping[str, object], document: str = POLYGLOT) -> Snapshot:
    (snapshot,) = SOURCE.parse(payload(document, yml(*runs)))
    return snapshot


def test_every_table_is_a_board_with_its_own_score() -> None:
    snapshots = [snapshot for recorded in RECORDINGS for snapshot in SOURCE.parse(recorded)]

    boards = {s.leaderboard.slug: [entry.score for entry in s.entries] for s in snapshots}
    assert boards == {
        "aider-polyglot": [3.6, 8.0, 16.4, 78.2, 88.0],
        "aider-edit": [60.2, 48.1, 54.1],
        "aider-refactor": [72.3, 21.4],
    }
    for snapshot in snapshots:
        board = snapshot.leaderboard
        assert (board.family, board.category, board.era) == (board.slug, "overall", None)
        assert (board.kind, board.unit) == (BoardKind.BENCHMARK, "percent")
        assert (board.higher_is_better, board.entry_kind) == (True, EntryKind.MODEL)


def test_a_run_is_taken_as_printed() -> None:
    entry = parse(*EDIT_RUNS, document=EDIT).entries[1]

    assert entry[:6] == ("codestral:22b-v0.1-q8_0", 48.1, None, None, None, None)
    profile = entry.profile
    assert (profile.namespace, profile.organization, profile.licence) == (None, None, None)
    assert (profile.official, profile.parameters_b) == (None, None)


def test_a_model_has_a_row_for_each_edit_format() -> None:
    rows = [(entry.printed_name, entry.score) for entry in parse(*POLYGLOT_RUNS).entries]

    assert rows[1:3] == [("Qwen2.5-Coder-32B-Instruct", 8.0), ("Qwen2.5-Coder-32B-Instruct", 16.4)]


def test_a_run_with_an_editor_is_of_two_models() -> None:
    kinds = {entry.printed_name: entry.profile.kind for entry in parse(*POLYGLOT_RUNS).entries}

    assert kinds.pop("o3 (high) + gpt-4.1") is EntryKind.SYSTEM
    assert set(kinds.values()) == {EntryKind.MODEL}


def test_a_plus_in_a_name_is_no_second_model() -> None:
    (entry,) = parse(run("Command R+ (08-24)", "whole", 27.1, 38.3), document=EDIT).entries

    assert entry.profile.kind is EntryKind.MODEL


def test_a_name_that_yaml_would_take_for_a_number_stays_a_name() -> None:
    (entry,) = parse(run("405", "whole", 1, 2)).entries

    assert (entry.printed_name, entry.score) == ("405", 2.0)


def test_a_run_without_a_score_is_left_out_and_none_else() -> None:
    unknown = run("a", "diff", 1.0, "null"), run("b", "diff", 1.0), run("c", "diff", 0.0, 0.0)

    assert [entry[:2] for entry in parse(*unknown).entries] == [("c", 0.0)]


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        pytest.param(
            yml(*EDIT_RUNS).replace(b"- model: Nova", b" - model: Nova"),
            "is no YAML .*did not find expected '-' indicator",
            id="a-blank-before-a-row-as-on-2024-07-12",
        ),
        pytest.param(yml(run("~", "diff", 1, 2)), "a run names no model", id="no-name"),
        pytest.param(yml(run("a", "diff", 1)), "'pass_rate_2' is missing", id="no-score"),
        pytest.param(yml({"pass_rate_2": 1}), "'model' is missing", id="no-names"),
        pytest.param(yml(run("a", "diff", 1, "2 of 3")), "'2 of 3' is no number", id="no-number"),
    ],
)
def test_a_table_of_another_shape_is_refused(file: bytes, reason: str) -> None:
    with pytest.raises(ParseError, match=rf"^aider: {EDIT}: .*{reason}"):
        SOURCE.parse(payload(EDIT, file))


def test_another_document_is_refused() -> None:
    with pytest.raises(ParseError, match="there is no document 'Aider-AI/aider:architect'"):
        SOURCE.parse(payload("Aider-AI/aider:architect", yml(*EDIT_RUNS)))


def test_an_edition_is_the_day_of_its_commit_in_utc() -> None:
    moment = datetime.fromisoformat("2024-12-22T01:30:00+02:00")
    undated = payload(EDIT, yml(*EDIT_RUNS), published_at=moment)
    dated = payload(EDIT, yml(*EDIT_RUNS), published_at=moment, edition_date=date(2024, 12, 20))

    assert [s.edition_date for s in SOURCE.parse(undated)] == [date(2024, 12, 21)]
    assert [s.edition_date for s in SOURCE.parse(dated)] == [date(2024, 12, 20)]


def moved_twice() -> FakeGit:
    """The tables of edits and refactorings in three folders, that of six languages in one."""
    git = FakeGit()
    for n, day in enumerate(("2024-05-06", "2024-06-05", "2024-07-05")):
        files: dict[str, bytes | None] = {}
        for name in ("edit", "refactor"):
            files[f"{FOLDERS[n]}/{name}_leaderboard.yml"] = f"{name} {n}".encode()
            if n:
                files[f"{FOLDERS[n - 1]}/{name}_leaderboard.yml"] = None
        git.commit(AIDER, files, date=f"{day}T12:00:00Z")
    file = f"{FOLDERS[2]}/polyglot_leaderboard.yml"
    git.commit(AIDER, {file: b"polyglot"}, date="2024-12-21T22:11:21Z")
    return git


def test_history_goes_through_every_folder() -> None:
    git = moved_twice()

    with git.client(SOURCE) as client:
        history = SOURCE.history(client)
        asked = len(git.asked)
        fetched = [SOURCE.fetch(client, revision).files for revision in history]

    assert asked == 7
    assert history[0].published_at == datetime(2024, 5, 6, 12, tzinfo=UTC)
    assert [r.document for r in history[:2]] == [EDIT, REFACTOR]
    assert fetched == [
        *[(b"edit 0",), (b"refactor 0",), (b"edit 1",), (b"refactor 1",)],
        *[(b"edit 2",), (b"refactor 2",), (b"polyglot",)],
    ]


def test_now_there_are_three_tables_until_something_changes() -> None:
    git = moved_twice()

    with git.client(SOURCE) as client:
        first = SOURCE.current(client, {})
        second = SOURCE.current(client, first.validators)

    assert first.revisions is not None
    assert {r.document: r.edition_date for r in first.revisions} == {
        POLYGLOT: date(2024, 12, 21),
        EDIT: date(2024, 7, 5),
        REFACTOR: date(2024, 7, 5),
    }
    assert second.revisions is None
