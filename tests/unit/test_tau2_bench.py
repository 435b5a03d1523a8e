"""tau2-bench: a manifest and the submissions it lists, eras told from both."""

import json
from collections.abc import Mapping, Sequence
from datetime import date

import pytest

from app.domain.leaderboard import BoardKind, EntryKind, Snapshot
from app.errors import FetchError, ParseError
from app.sources.adapters.tau2_bench import Tau2Bench
from app.sources.github import MAX_FILES_BYTES
from tests.fakegit import FakeGit
from tests.recordings import payload
from tests.recordings.tau2_bench import (
    BUTTON,
    DOCUMENT,
    GPT_NONE,
    LEGACY,
    OPUS,
    QWEN,
    REPOSITORY,
    TEXT,
    VOICE,
    Submission,
    files,
    manifest,
    passes,
    recording,
    submission,
)
from tests.upstreams import ENDPOINTS

SOURCE = Tau2Bench(ENDPOINTS)
FOLDER = "web/leaderboard/public/submissions"


def parse(**lists: Mapping[str, Submission]) -> dict[str, Snapshot]:
    return {s.leaderboard.slug: s for s in SOURCE.parse(recording(**lists))}


def scores(found: Mapping[str, Snapshot]) -> dict[str, list[float]]:
    return {slug: [e.score for e in snapshot.entries] for slug, snapshot in found.items()}


def refusal(*bodies: bytes) -> str:
    with pytest.raises(ParseError) as caught:
        SOURCE.parse(payload(DOCUMENT, *bodies))
    return str(caught.value)


def test_every_domain_and_k_is_a_board_of_its_list() -> None:
    found = parse(submissions=TEXT, voice_submissions=VOICE, legacy_submissions=LEGACY)

    assert scores(found) == {
        "tau2-bench-airline": [83.0, 52.5],
        "tau2-bench-airline-pass-2": [78.33, 35.66666666666667],
        "tau2-bench-airline-pass-3": [75.0, 27.0],
        "tau2-bench-airline-pass-4": [72.0, 22.0],
        "tau2-bench-banking-knowledge": [32.22, 48.7, 31.19],
        "tau2-bench-banking-knowledge-pass-2": [23.88, 39.2, 21.47],
        "tau2-bench-banking-knowledge-pass-3": [20.62, 34.5, 16.19],
        "tau2-bench-banking-knowledge-pass-4": [18.56, 32.0, 13.4],
        "tau2-bench-voice-airline": [78.0],
        "tau2-bench-voice-banking-knowledge": [31.958762886597935],
        "tau2-bench-retail-legacy": [72.2, 84.2],
        "tau2-bench-retail-legacy-pass-2": [67.5],
        "tau2-bench-retail-legacy-pass-4": [57.0],
        "tau2-bench-airline-legacy": [59.5, 56.0],
        "tau2-bench-airline-legacy-pass-2": [55.0],
        "tau2-bench-airline-legacy-pass-4": [46.0],
        "tau2-bench-telecom-legacy": [84.2],
        "tau2-bench-telecom-legacy-pass-2": [77.6],
        "tau2-bench-telecom-legacy-pass-4": [61.4],
    }


def test_what_the_first_manifests_listed_is_on_the_boards_of_the_legacy() -> None:
    then = parse(submissions=LEGACY)
    now = parse(submissions=TEXT, legacy_submissions=LEGACY)

    assert set(then) == {slug for slug in now if "legacy" in slug}
    assert scores(then) == {slug: scores(now)[slug] for slug in then}


def test_a_board_says_what_it_is() -> None:
    found = parse(submissions=TEXT, voice_submissions=VOICE, legacy_submissions=LEGACY)

    board = found["tau2-bench-banking-knowledge-pass-2"].leaderboard
    assert board.title == "tau2-bench Banking Knowledge, pass^2"
    assert (board.family, board.era) == ("tau2-bench-banking-knowledge", None)
    assert (board.category, board.unit) == ("pass-2", "percent")
    assert board.higher_is_better
    assert board.kind is BoardKind.AGENTIC
    voice = found["tau2-bench-voice-airline"].leaderboard
    assert (voice.title, voice.family) == ("tau2-bench Voice Airline", "tau2-bench-voice-airline")
    legacy = found["tau2-bench-airline-legacy-pass-4"].leaderboard
    assert (legacy.title, legacy.family, legacy.era) == (
        "tau2-bench Airline, legacy, pass^4",
        "tau2-bench-airline",
        "legacy",
    )


@pytest.mark.parametrize(
    ("versions", "era"),
    [
        pytest.param(["1.0.0", "1.0.0"], "1.0.0", id="before"),
        pytest.param(["1.0.1", "1.0.0"], "1.0.0", id="half"),
        pytest.param(["1.0.1", "v1.1", "0.2.1-dev"], None, id="most"),
        pytest.param([None, "original tau-bench", "1.0.1"], "1.0.0", id="nothing-stated"),
        pytest.param(["2.0"], None, id="later"),
    ],
)
def test_banking_that_was_graded_anew_is_of_another_era(
    versions: Sequence[str | None], era: str | None
) -> None:
    listed = {
        f"model-{n}": submission(
            f"Model {n}", "Acme", {"banking_knowledge": passes(50.0)}, version=version
        )
        for n, version in enumerate(versions)
    }

    [snapshot] = parse(submissions=listed, legacy_submissions={}).values()

    assert snapshot.leaderboard.era == era
    assert len(snapshot.entries) == len(versions)


@pytest.mark.parametrize("methodology", [None, {"tau2_bench_version": f"{'9' * 5000}.0"}])
def test_a_submission_without_a_version_that_can_be_read_states_none(methodology: object) -> None:
    bare = {**OPUS, "methodology": methodology}

    assert "tau2-bench-banking-knowledge-1.0.0" in parse(
        submissions={"a": bare}, legacy_submissions={}
    )


def test_other_domains_have_no_such_break() -> None:
    early = {**GPT_NONE, "methodology": {"tau2_bench_version": "1.0.0"}}

    assert "tau2-bench-airline" in parse(submissions={"a": early}, legacy_submissions={})


def test_a_submission_is_taken_as_printed() -> None:
    found = parse(submissions=TEXT, voice_submissions=VOICE, legacy_submissions=LEGACY)

    first, second = found["tau2-bench-airline"].entries
    assert first[:6] == ("GPT-5.2", 83.0, None, None, None, None)
    assert second.printed_name == "GPT-5.2"
    assert (first.profile.organization, first.profile.licence) == ("OpenAI", None)
    assert {e.profile.kind for e in found["tau2-bench-retail-legacy"].entries} == {EntryKind.MODEL}


def test_what_is_around_a_model_makes_it_a_system() -> None:
    found = parse(submissions=TEXT, voice_submissions=VOICE, legacy_submissions=LEGACY)

    kinds = {e.printed_name: e.profile.kind for s in found.values() for e in s.entries}
    assert {name for name, kind in kinds.items() if kind is EntryKind.SYSTEM} == {
        "Distyl ButtonAgent",
        "gpt-live-1",
    }


def test_a_maker_that_is_blank_is_none() -> None:
    found = parse(submissions={"a": {**QWEN, "model_organization": " "}})

    [entry] = found["tau2-bench-telecom-legacy"].entries
    assert entry.profile.organization is None


def test_a_domain_that_nobody_knew_is_a_board_too() -> None:
    found = parse(submissions={"a": submission("X", "Acme", {"Rail & Sea": passes(1.0)})})

    [snapshot] = found.values()
    assert snapshot.leaderboard.slug == "tau2-bench-rail-sea-legacy"
    assert snapshot.leaderboard.title == "tau2-bench Rail Sea, legacy"


def test_templates_are_no_submissions() -> None:
    bodies = files(submissions=LEGACY)
    listed = manifest(submissions=["A_EXAMPLE_new-model_example-org_2025-01-15", *LEGACY])

    found = SOURCE.parse(payload(DOCUMENT, listed, *bodies[1:]))

    assert found == SOURCE.parse(payload(DOCUMENT, *bodies))


def test_an_edition_is_of_the_day_of_its_commit() -> None:
    bodies = files(submissions=LEGACY)
    dated = payload(DOCUMENT, *bodies, edition_date=date(2026, 1, 8))

    assert {s.edition_date for s in SOURCE.parse(dated)} == {date(2026, 1, 8)}
    assert {s.edition_date for s in parse(submissions=LEGACY).values()} == {date(2024, 7, 13)}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"model_name": " "}, "a has an unknown shape: model_name", id="no-name"),
        pytest.param({"model_organization": None}, "model_organization", id="no-maker"),
        pytest.param({"results": None}, "results", id="no-results"),
        pytest.param({"submission_type": "other"}, "submission_type", id="unknown-type"),
        pytest.param(
            {"results": {"airline": {"pass_1": "83"}}}, "results.airline.pass_1", id="text"
        ),
        pytest.param({"results": {"airline": {"pass_1": 830}}}, "pass_1", id="over-100"),
        pytest.param({"results": {"airline": {"pass_4": -1.0}}}, "pass_4", id="below-0"),
        pytest.param({"results": {"airline": 83.0}}, "results.airline", id="a-bare-number"),
        pytest.param({"results": {"?": {"pass_1": 1.0}}}, "there is a domain '[?]'", id="domain"),
    ],
)
def test_a_submission_of_another_shape_is_refused(
    changes: Mapping[str, object], reason: str
) -> None:
    with pytest.raises(ParseError, match=reason):
        parse(submissions={"a": {**QWEN, **changes}})


@pytest.mark.parametrize(
    "directory",
    ["", ".", "../elsewhere", "a/b", "a\\b", "a\nb", "x" * 201],
)
def test_a_directory_that_leads_elsewhere_is_refused(directory: str) -> None:
    reason = refusal(manifest(submissions=[directory]), json.dumps(QWEN).encode())

    assert "the manifest has an unknown shape: submissions.0" in reason


def test_a_manifest_without_end_is_refused() -> None:
    listed = [f"model-{n}" for n in range(1_001)]

    assert "submissions: List should have at most 1000" in refusal(manifest(submissions=listed))


def test_files_that_are_not_those_listed_are_refused() -> None:
    body = json.dumps(QWEN).encode()

    lacking = refusal(manifest(submissions=["a", "b"]), body)
    assert "1 submissions where the manifest lists 2" in lacking


def test_another_document_is_refused() -> None:
    with pytest.raises(ParseError, match="there is no document 'x:y'"):
        SOURCE.parse(payload("x:y", *files(submissions=LEGACY)))


def commit(git: FakeGit, day: str, lists: Mapping[str, Mapping[str, Submission]]) -> str:
    """Publish these submissions with a manifest that lists them."""
    listed, *bodies = files(**lists)
    names = [name for submissions in lists.values() for name in submissions]
    written: dict[str, bytes | None] = {f"{FOLDER}/manifest.json": listed}
    for name, body in zip(names, bodies, strict=True):
        written[f"{FOLDER}/{name}/submission.json"] = body
    return git.commit(REPOSITORY, written, date=f"{day}T12:00:00Z")


def test_history_is_that_of_the_manifest_and_fetches_what_it_lists() -> None:
    git = FakeGit()
    commit(git, "2026-01-08", {"submissions": LEGACY})
    later = {"submissions": TEXT, "voice_submissions": VOICE, "legacy_submissions": LEGACY}
    commit(git, "2026-08-05", later)
    git.commit(
        REPOSITORY,
        {f"{FOLDER}/qwen3-max_qwen_2024_09_23/submission.json": b"{}"},
        date="2026-08-06T12:00:00Z",
    )

    with git.client(SOURCE) as client:
        first, last = SOURCE.history(client)
        asked = len(git.requests)
        fetched = SOURCE.fetch(client, last)
        early = SOURCE.parse(SOURCE.fetch(client, first))

    assert asked == 1
    assert (first.edition_date, last.edition_date) == (date(2026, 1, 8), date(2026, 8, 5))
    names = [*TEXT, *VOICE, *LEGACY]
    assert fetched.revision.key == last.key
    assert fetched.revision.paths == (
        f"{REPOSITORY}/{FOLDER}/manifest.json",
        *(f"{REPOSITORY}/{FOLDER}/{name}/submission.json" for name in names),
    )
    assert fetched.files == files(**later)
    assert len(SOURCE.parse(fetched)) == 19
    assert {s.leaderboard.era for s in early} == {"legacy"}


def test_a_correction_without_a_word_in_the_manifest_is_current() -> None:
    git = FakeGit()
    commit(git, "2026-08-05", {"submissions": TEXT})
    corrected = {**BUTTON, "results": {"banking_knowledge": passes(39.0)}}
    sha = git.commit(
        REPOSITORY,
        {
            f"{FOLDER}/distyl-buttonagent_distyl_2026-03-25/submission.json": json.dumps(
                corrected
            ).encode()
        },
        date="2026-08-06T12:00:00Z",
    )
    git.commit(REPOSITORY, {"src/tau2/cli.py": b""}, date="2026-08-07T12:00:00Z")

    with git.client(SOURCE) as client:
        listing = SOURCE.current(client, {})
        again = SOURCE.current(client, listing.validators)
        assert listing.revisions is not None
        [revision] = listing.revisions
        fetched = SOURCE.fetch(client, revision)

    assert again.revisions is None
    assert (revision.revision, revision.edition_date) == (sha, date(2026, 8, 6))
    assert json.loads(fetched.files[-1]) == corrected


def test_names_of_directories_are_quoted() -> None:
    git = FakeGit()
    commit(git, "2026-02-01", {"submissions": {"a-real+b_tsinghua&co 1_2026-01-31": QWEN}})

    with git.client(SOURCE) as client:
        [revision] = SOURCE.history(client)
        SOURCE.fetch(client, revision)

    assert git.requests[-1].url.raw_path.endswith(
        b"/a-real%2Bb_tsinghua%26co%201_2026-01-31/submission.json"
    )


def test_a_submission_that_is_listed_and_missing_fails_the_whole() -> None:
    git = FakeGit()
    listed = {f"{FOLDER}/manifest.json": manifest(submissions=["gone"])}
    git.commit(REPOSITORY, listed)

    with git.client(SOURCE) as client:
        [revision] = SOURCE.history(client)
        with pytest.raises(FetchError, match=r"gone/submission\.json answered 404") as caught:
            SOURCE.fetch(client, revision)

    assert not caught.value.transient


def test_submissions_that_are_too_large_together_are_not_held() -> None:
    git = FakeGit()
    large = json.dumps(QWEN).encode().ljust(MAX_FILES_BYTES // 2)
    names = ["one", "two"]
    listed = {f"{FOLDER}/manifest.json": manifest(submissions=names)}
    git.commit(REPOSITORY, listed | {f"{FOLDER}/{one}/submission.json": large for one in names})

    with git.client(SOURCE) as client:
        [revision] = SOURCE.history(client)
        with pytest.raises(FetchError, match=r"two/submission\.json announces"):
            SOURCE.fetch(client, revision)


def test_a_manifest_of_another_shape_is_not_fetched_further() -> None:
    git = FakeGit()
    git.commit(REPOSITORY, {f"{FOLDER}/manifest.json": b'{"entries": []}'})

    with git.client(SOURCE) as client:
        [revision] = SOURCE.history(client)
        with pytest.raises(ParseError, match="the manifest has an unknown shape: submissions"):
            SOURCE.fetch(client, revision)
