"""SWE-bench's boards: every form they had, systems and models, and the traps in the rows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

import pytest

from app.domain.leaderboard import BoardKind, EntryKind, RawEntry, Snapshot
from app.errors import ParseError
from app.sources.adapters.swe_bench import SWEBench
from app.sources.base import Payload
from tests.fakegit import FakeGit
from tests.recordings.swe_bench import (
    BRANCH,
    FIRST,
    LEADERBOARDS,
    MULTIMODAL,
    NEW,
    OLD,
    RECORDINGS,
    REPOSITORY,
    WITH_PICTURES,
    listed,
    row,
    swe_bench_payload,
)
from tests.upstreams import ENDPOINTS

SOURCE = SWEBench(ENDPOINTS)
RECORDED, RECORDED_FIRST, RECORDED_WITH_PICTURES = RECORDINGS


def entries(sent: Payload, slug: str) -> list[RawEntry]:
    snapshots = SOURCE.parse(sent)
    return next(s.entries for s in snapshots if s.leaderboard.slug == slug)


def scores(sent: Payload, slug: str) -> list[tuple[str, float]]:
    return [(entry.printed_name, entry.score) for entry in entries(sent, slug)]


def slugs(snapshots: Sequence[Snapshot]) -> list[str]:
    return [snapshot.leaderboard.slug for snapshot in snapshots]


def one(*rows: object, name: str = "Verified") -> Payload:
    """One board with these rows."""
    return swe_bench_payload({"leaderboards": [{"name": name, "results": rows}]})


def test_boards_are_those_of_the_document() -> None:
    assert slugs(SOURCE.parse(RECORDED)) == [
        "swe-bench-verified",
        "swe-bench-lite",
        "swe-bench-bash-only",
    ]
    assert slugs(SOURCE.parse(one(row("x", 1.0), name="Multilingual"))) == [
        "swe-bench-multilingual"
    ]


def test_a_board_says_what_it_measures() -> None:
    verified = SOURCE.parse(RECORDED)[0].leaderboard

    assert (verified.title, verified.family) == ("SWE-bench Verified", "swe-bench-verified")
    assert (verified.category, verified.era) == ("overall", None)
    assert (verified.kind, verified.unit) == (BoardKind.AGENTIC, "percent")
    assert verified.higher_is_better


def test_a_board_and_its_entries_are_of_systems() -> None:
    verified = SOURCE.parse(RECORDED)[0]

    assert verified.leaderboard.entry_kind is EntryKind.SYSTEM
    assert {entry.profile.kind for entry in verified.entries} == {EntryKind.SYSTEM}


def test_a_board_on_which_all_run_in_one_scaffold_is_of_models() -> None:
    [snapshot] = SOURCE.parse(one(row("o3 (2025-04-16)", 58.4), name="bash-only"))

    assert snapshot.leaderboard.entry_kind is EntryKind.MODEL
    assert {entry.profile.kind for entry in snapshot.entries} == {EntryKind.MODEL}


def test_what_bash_only_was_called_for_three_days_is_no_board_of_its_own() -> None:
    rows = [row("o3 (2025-04-16)", 58.4), row("Gemini 2.0 flash", 13.52)]

    found = SOURCE.parse(one(*rows, name="verified-mini"))

    assert found == SOURCE.parse(one(*rows, name="bash-only"))
    assert [(s.leaderboard.slug, s.leaderboard.title) for s in found] == [
        ("swe-bench-bash-only", "SWE-bench bash-only")
    ]


def test_the_first_form_has_its_boards_as_keys_and_its_scores_as_texts() -> None:
    assert slugs(SOURCE.parse(RECORDED_FIRST)) == ["swe-bench-test", "swe-bench-lite"]
    assert scores(RECORDED_FIRST, "swe-bench-test") == [
        ("SWE-agent + GPT 4", 12.29),
        ("RAG + Claude 3 Opus", 3.79),
    ]


def test_a_board_that_stands_under_its_old_and_its_new_key_is_one() -> None:
    """The new one is in order of score."""
    old = {key: rows[::-1] for key, rows in FIRST.items()}
    new = {key.removesuffix("_leaderboard"): rows for key, rows in FIRST.items()}

    assert SOURCE.parse(swe_bench_payload(new | old)) == SOURCE.parse(RECORDED_FIRST)


def test_multimodal_had_a_file_of_its_own() -> None:
    board = "swe-bench-multimodal"
    later = swe_bench_payload(listed({"Multimodal": WITH_PICTURES["leaderboard"]}))

    assert scores(RECORDED_WITH_PICTURES, board) == [
        ("SWE-agent Multimodal + GPT 4o (2024-08-06)", 12.2)
    ]
    assert SOURCE.parse(RECORDED_WITH_PICTURES) == SOURCE.parse(later)


def test_a_name_that_stands_twice_is_told_twice_and_not_changed() -> None:
    assert scores(RECORDED, "swe-bench-verified")[:2] == [("TRAE", 75.2), ("TRAE", 70.6)]


def test_the_maker_is_the_one_that_is_named() -> None:
    found = [entry.profile.organization for entry in entries(RECORDED, "swe-bench-verified")]

    assert found == ["TRAE", None, "SWE-agent", None, "SWE-agent"]


@pytest.mark.parametrize(
    ("name", "makers", "maker"),
    [
        pytest.param("mini-SWE-agent + o3", ["OpenAI", "SWE-agent"], "SWE-agent", id="last"),
        pytest.param("OpenHands + DevStral", ["OpenHands", "Mistral"], "OpenHands", id="first"),
        pytest.param(
            "mini-SWE-agent + Qwen2.5-Coder", ["Qwen", "SWE-agent"], "SWE-agent", id="both-named"
        ),
        pytest.param("SemAgent_Multi-v1.0", ["Columbia", "SemAgent"], "Columbia", id="no-model"),
        pytest.param("Learn + Claude 4", ["Google", "Anthropic"], "Google", id="none-named"),
        pytest.param("RepoGraph + GPT-4o", ["Agentless"], "Agentless", id="one"),
    ],
)
def test_of_several_makers_that_of_the_scaffold_counts(
    name: str, makers: Sequence[str], maker: str
) -> None:
    tagged = row(name, 1.0, *(f"Org: {one}" for one in makers), "Model: x")

    [entry] = entries(one(tagged), "swe-bench-verified")

    assert entry.profile.organization == maker


def test_of_several_makers_that_of_the_model_counts_on_bash_only() -> None:
    tagged = row("mini-SWE-agent + o3", 58.4, "Org: OpenAI", "Org: SWE-agent")

    [entry] = entries(one(tagged, name="bash-only"), "swe-bench-bash-only")

    assert entry.profile.organization == "OpenAI"


@pytest.mark.parametrize("tags", [None, [], ["Org: "], ["Organic: X"], ["Model: Org: X"]])
def test_a_maker_that_is_not_named_is_unknown(tags: object) -> None:
    [entry] = entries(one(row("x", 1.0, tags=tags)), "swe-bench-verified")

    assert entry.profile.organization is None


def test_rows_with_a_warning_and_zeros_are_kept() -> None:
    assert ("Factory Code Droid", 37.0) in scores(RECORDED, "swe-bench-verified")
    assert scores(RECORDED, "swe-bench-lite") == [("Moatless Tools + Deepseek V3", 0.0)]


def test_a_row_without_a_score_is_left_out() -> None:
    sent = one(row("x", None), row("y", 50))

    assert scores(sent, "swe-bench-verified") == [("y", 50.0)]


def test_a_board_without_scores_is_left_out() -> None:
    boards = {"Verified": [row("x", 1.0)], "Lite": [row("x", None)], "Test": []}

    assert slugs(SOURCE.parse(swe_bench_payload(listed(boards)))) == ["swe-bench-verified"]


def test_an_edition_is_the_day_of_the_commit() -> None:
    told = replace(RECORDED.revision, edition_date=date(2025, 8, 12))
    late = datetime.fromisoformat("2025-08-11T22:38:07-05:00")
    untold = replace(RECORDED.revision, published_at=late)

    for revision in (told, untold):
        snapshots = SOURCE.parse(replace(RECORDED, revision=revision))
        assert {snapshot.edition_date for snapshot in snapshots} == {date(2025, 8, 12)}


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        pytest.param(
            swe_bench_payload(listed(), document=f"{REPOSITORY}:else"), "no document", id="document"
        ),
        pytest.param(swe_bench_payload({"boards": []}), "told apart", id="other-keys"),
        pytest.param(swe_bench_payload({"leaderboards": []}), "told apart", id="no-boards"),
        pytest.param(one(row("x", 1.0), name="?"), "told apart", id="no-name-of-a-board"),
        pytest.param(
            swe_bench_payload(listed({"Lite": [row("x", 1.0)], "lite": [row("x", 2.0)]})),
            "told apart: .'Lite', 'lite'",
            id="one-board-twice",
        ),
        pytest.param(
            swe_bench_payload(
                listed({"bash-only": [row("x", 1.0)], "verified-mini": [row("x", 1.0)]})
            ),
            "told apart: .'bash-only', 'bash-only'",
            id="one-board-under-both-names",
        ),
        pytest.param(one(row("", 1.0)), r"results\.0\.name", id="no-name"),
        pytest.param(
            one({"name": "x", "score": 1.0}), r"0\.resolved: Field required", id="renamed"
        ),
        pytest.param(one(row("x", "\U00011f51")), r"0\.resolved", id="digits-of-no-number"),
        pytest.param(one(row("x", "12 %")), r"0\.resolved", id="no-number"),
        pytest.param(one(row("x", [])), r"0\.resolved", id="no-figure"),
        pytest.param(one(row("x", 1.0, tags="Org: X")), r"0\.tags", id="tags-of-another-type"),
    ],
)
def test_an_unknown_shape_is_refused_by_name(sent: Payload, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        SOURCE.parse(sent)


def history_of_three_files() -> tuple[FakeGit, dict[str, str]]:
    """A repository as it grew, and the ids of its commits."""
    git = FakeGit()
    steps: list[tuple[str, str, dict[str, bytes | None]]] = [
        ("first", "2024-04-16T20:14:36Z", {OLD: b"first"}),
        ("early", "2024-10-06T10:00:00Z", {MULTIMODAL: b"early"}),
        ("pictures", "2024-10-06T22:35:25Z", {MULTIMODAL: b"pictures"}),
        ("removal", "2025-01-22T05:57:33Z", {MULTIMODAL: None}),
        ("joined", "2025-01-22T22:11:06Z", {OLD: b"joined"}),
        ("moved", "2025-05-07T09:39:05Z", {OLD: None, NEW: b"moved"}),
        ("last", "2025-08-12T02:38:07Z", {NEW: b"last"}),
    ]
    ids = {
        name: git.commit(REPOSITORY, files, date=moment, branch=BRANCH)
        for name, moment, files in steps
    }
    return git, ids


def test_history_follows_the_boards_from_file_to_file() -> None:
    git, ids = history_of_three_files()

    with git.client(SOURCE) as client:
        revisions = SOURCE.history(client)
        sent = [SOURCE.fetch(client, revision).files for revision in revisions]

    told = ["first", "pictures", "joined", "moved", "last"]
    assert [revision.revision for revision in revisions] == [ids[name] for name in told]
    assert sent == [(name.encode(),) for name in told]
    assert [revision.document for revision in revisions] == [
        f"{REPOSITORY}:{name}" for name in ("leaderboards", "multimodal", *["leaderboards"] * 3)
    ]


def test_history_takes_one_request_for_each_file() -> None:
    git, _ids = history_of_three_files()

    with git.client(SOURCE) as client:
        SOURCE.history(client)

    assert len(git.requests) == 3


def test_a_history_without_commits_is_refused() -> None:
    git = FakeGit()
    git.commit(REPOSITORY, {"index.html": b""}, branch=BRANCH)

    with git.client(SOURCE) as client, pytest.raises(ParseError, match="no document has a commit"):
        SOURCE.history(client)


def test_what_stands_now_is_one_file() -> None:
    git, ids = history_of_three_files()

    with git.client(SOURCE) as client:
        first = SOURCE.current(client, {})
        again = SOURCE.current(client, first.validators)

    assert first.revisions is not None
    assert [(r.document, r.revision) for r in first.revisions] == [(LEADERBOARDS, ids["last"])]
    assert again.revisions is None


def test_it_is_said_that_the_figures_are_not_for_commerce() -> None:
    assert SOURCE.info.licence == "CC-BY-NC-4.0"
    assert "non-commercial" in SOURCE.info.attribution
