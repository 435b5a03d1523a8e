"""LiveBench's tables: means as the site has them, releases of two repositories, and the traps."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import httpx2 as httpx
import pytest

from app.domain.leaderboard import BoardKind, EntryKind, Snapshot
from app.errors import FetchError, ParseError
from app.sources.adapters.livebench import LiveBench
from app.sources.base import Payload
from tests.fakegit import FakeGit
from tests.recordings.livebench import (
    CATEGORIES,
    DOCUMENT,
    LINKS,
    MOVED,
    REPOSITORY,
    ROWS,
    SHAPE,
    TABLE,
    livebench_payload,
    table,
)
from tests.upstreams import ENDPOINTS

SOURCE = LiveBench(ENDPOINTS)
FILES = {TABLE: b"a table", CATEGORIES: b"categories", LINKS: b"links"}
NEXT = {"public/table_2025_04_02.csv": b"t", "public/categories_2025_04_02.json": b"c"}


def board(snapshots: Sequence[Snapshot], category: str = "overall") -> Snapshot:
    return next(s for s in snapshots if s.leaderboard.category == category)


def scores(sent: Payload, category: str = "overall") -> dict[str, float]:
    entries = board(SOURCE.parse(sent), category).entries
    return {entry.printed_name: entry.score for entry in entries}


def makers(sent: Payload) -> dict[str, str | None]:
    entries = board(SOURCE.parse(sent), "coding").entries
    return {entry.printed_name: entry.profile.organization for entry in entries}


def one_category(*rows: str) -> Payload:
    """A release of two tasks, `a` and `b`, in one category."""
    cells = dict(row.split(",", 1) for row in rows)
    return livebench_payload(table(cells, ("a", "b")), {"Only": ["a", "b"]})


def test_a_release_has_its_overall_board_and_one_for_each_category() -> None:
    snapshots = SOURCE.parse(livebench_payload())

    assert [snapshot.leaderboard.slug for snapshot in snapshots] == [
        "livebench-2024-11-25",
        "livebench-2024-11-25-reasoning",
        "livebench-2024-11-25-coding",
        "livebench-2024-11-25-data-analysis",
        "livebench-2024-11-25-language",
    ]
    assert [len(snapshot.entries) for snapshot in snapshots] == [2, 3, 4, 2, 3]


def test_a_board_says_what_it_measures() -> None:
    analysis = board(SOURCE.parse(livebench_payload()), "data-analysis").leaderboard

    assert (analysis.title, analysis.family) == ("LiveBench 2024-11-25, Data Analysis", "livebench")
    assert (analysis.era, analysis.kind) == ("2024-11-25", BoardKind.BENCHMARK)
    assert (analysis.unit, analysis.higher_is_better) == ("percent", True)
    assert analysis.entry_kind is EntryKind.MODEL


def test_a_category_is_the_mean_of_its_tasks() -> None:
    assert scores(livebench_payload(), "reasoning") == pytest.approx(
        {
            "claude-3-7-sonnet-thinking": 87.8333333333,
            "grok-3": 66.9166666667,
            "phi-3-small-8k-instruct": 15.9166666667,
        }
    )


def test_the_overall_score_is_the_mean_of_the_categories_to_two_decimals() -> None:
    assert scores(livebench_payload()) == {
        "claude-3-7-sonnet-thinking": 74.09,
        "phi-3-small-8k-instruct": 19.85,
    }


def test_half_a_hundredth_goes_up_as_it_does_in_javascript() -> None:
    assert scores(one_category("m,0.25,1"))["m"] == 0.63
    assert scores(one_category("m,0.25,1"), "only")["m"] == 0.625


def test_a_missing_task_does_not_count_and_a_zero_does() -> None:
    language = scores(livebench_payload(), "language")

    assert language["phi-3-small-8k-instruct"] == 12.944
    assert scores(one_category("m,0.0,50"), "only")["m"] == 25


@pytest.mark.parametrize("missing", ["", " ", "N/A"])
def test_a_missing_score_is_written_in_several_ways(missing: str) -> None:
    assert scores(one_category(f"m,{missing},50"), "only")["m"] == 50


def test_a_row_may_end_early() -> None:
    assert scores(one_category("m,50"), "only")["m"] == 50


def test_a_model_without_a_score_in_a_category_has_no_overall_score() -> None:
    """Not even one of the two that the site's code gives a fixed one."""
    assert "grok-3" not in scores(livebench_payload())
    assert "grok-3-thinking" not in scores(livebench_payload())
    assert scores(livebench_payload(), "coding")["grok-3-thinking"] == 67.3845


@pytest.mark.parametrize("name", ["grok-3", "grok-3-thinking"])
def test_a_model_that_the_site_fixes_has_its_own_mean_once_it_has_all(name: str) -> None:
    assert scores(one_category(f"{name},60,70"))[name] == 65


def test_a_row_without_any_score_is_on_no_board() -> None:
    assert SOURCE.parse(one_category("m,N/A,")) == []


def test_a_category_without_any_score_is_no_board() -> None:
    snapshots = SOURCE.parse(livebench_payload(table({"grok-3": ROWS["grok-3"]})))

    assert [s.leaderboard.category for s in snapshots] == ["reasoning", "coding", "language"]


def test_the_maker_is_who_the_site_names_also_of_variants() -> None:
    assert makers(livebench_payload()) == {
        "claude-3-7-sonnet-thinking": "Anthropic",
        "grok-3-thinking": None,
        "grok-3": "xAI",
        "phi-3-small-8k-instruct": None,
    }


@pytest.mark.parametrize(
    "links",
    [
        pytest.param("", id="absent"),
        pytest.param('export const modelLinks = {"grok-3": "https://x.ai"};', id="addresses-only"),
    ],
)
def test_makers_that_are_not_told_are_unknown(links: str) -> None:
    assert set(makers(livebench_payload(links=links)).values()) == {None}


def test_makers_may_be_quoted_in_any_way() -> None:
    links = """modelLinks = {'grok-3': {'variants': [{'rawName': 'grok-3-thinking'}],
    "organization": "xAI"}}"""

    found = makers(livebench_payload(links=links))

    assert (found["grok-3"], found["grok-3-thinking"]) == ("xAI", "xAI")


def test_a_maker_that_does_not_tell_is_unknown() -> None:
    rows = {"sonoma-sky-alpha": ROWS["grok-3"]}

    assert makers(livebench_payload(table(rows))) == {"sonoma-sky-alpha": None}


def test_an_edition_is_the_day_of_the_commit() -> None:
    sent = livebench_payload()
    told = replace(sent, revision=replace(sent.revision, edition_date=date(2025, 2, 27)))
    late = datetime.fromisoformat("2025-02-27T23:30:00-05:00")
    untold = replace(sent, revision=replace(sent.revision, published_at=late))

    assert {s.edition_date for s in SOURCE.parse(told)} == {date(2025, 2, 27)}
    assert {s.edition_date for s in SOURCE.parse(untold)} == {date(2025, 2, 28)}


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        pytest.param(
            livebench_payload(document="LiveBench:2024-11"), "no document", id="no-document"
        ),
        pytest.param(
            livebench_payload(categories={**SHAPE, "New": ["task"]}),
            "column 'task' is missing",
            id="task-without-column",
        ),
        pytest.param(
            livebench_payload(categories={"Reasoning": []}), "at least 1 item", id="no-tasks"
        ),
        pytest.param(livebench_payload(categories={}), "at least 1 item", id="no-categories"),
        pytest.param(
            livebench_payload(categories={"Overall": ["spatial"]}), "no names of boards", id="main"
        ),
        pytest.param(
            livebench_payload(categories={"IF": ["spatial"], "if": ["typos"]}),
            "no names of boards",
            id="one-board-twice",
        ),
        pytest.param(
            livebench_payload(categories={"!": ["spatial"]}), "no names of boards", id="nameless"
        ),
        pytest.param(
            livebench_payload(table({"": ROWS["grok-3"]})), "row 1 names no model", id="no-name"
        ),
        pytest.param(
            livebench_payload(table({"m": "x" + ROWS["grok-3"]})), "is no number", id="no-number"
        ),
        pytest.param(livebench_payload(links="export"), "has no `modelLinks`", id="other-code"),
    ],
)
def test_an_unknown_shape_is_refused_by_name(sent: Payload, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        SOURCE.parse(sent)


def test_releases_are_the_tables_with_categories_of_both_repositories() -> None:
    git = FakeGit()
    git.commit(REPOSITORY, FILES)
    git.commit(REPOSITORY, {"public/table_2025_01_25.csv": b"", "public/table.csv": b""})
    git.commit(MOVED, NEXT)

    with git.client(SOURCE) as client:
        listing = SOURCE.current(client, {})

    assert listing.revisions is not None
    assert {r.document: r.paths[0] for r in listing.revisions} == {
        DOCUMENT: f"{REPOSITORY}/{TABLE}",
        "LiveBench:2025-04-02": f"{MOVED}/public/table_2025_04_02.csv",
    }
    assert {len(revision.paths) for revision in listing.revisions} == {3}
    assert listing.skipped == {}


def test_a_commit_to_the_categories_is_a_revision_too() -> None:
    git = FakeGit()
    git.commit(REPOSITORY, FILES, date="2024-11-25T01:00:00Z")
    later = git.commit(REPOSITORY, {CATEGORIES: b"more"}, date="2024-11-26T01:00:00Z")
    git.commit(MOVED, NEXT)

    with git.client(SOURCE) as client:
        found = {r.document: r for r in SOURCE.current(client, {}).revisions or ()}

    assert found[DOCUMENT].revision == later


def test_nothing_is_listed_again_while_nothing_changed() -> None:
    git = FakeGit()
    git.commit(REPOSITORY, FILES)

    with git.client(SOURCE) as client:
        first = SOURCE.current(client, {})
        again = SOURCE.current(client, first.validators)

    assert again.revisions is None
    assert list(again.skipped) == [MOVED]
    assert "404" in again.skipped[MOVED]


def test_a_repository_that_cannot_be_listed_now_is_no_missing_one() -> None:
    git = FakeGit()
    git.commit(REPOSITORY, FILES)
    git.faults[MOVED] = httpx.Response(503)

    with git.client(SOURCE) as client, pytest.raises(FetchError) as caught:
        SOURCE.current(client, {})

    assert caught.value.transient


def test_folders_without_a_release_are_refused() -> None:
    git = FakeGit()
    git.commit(REPOSITORY, {TABLE: b"a table without categories"})

    with git.client(SOURCE) as client, pytest.raises(ParseError, match="holds no release"):
        SOURCE.history(client)


def test_history_follows_a_release_from_one_repository_to_the_other() -> None:
    git = FakeGit()
    first = git.commit(REPOSITORY, FILES, date="2024-11-25T01:00:00Z")
    git.commit(REPOSITORY, {CATEGORIES: b"more"}, date="2024-11-26T01:00:00Z")
    moved = git.commit(MOVED, FILES, date="2026-06-24T01:00:00Z")
    git.commit(REPOSITORY, {TABLE: b"left behind"}, date="2026-06-25T01:00:00Z")

    with git.client(SOURCE) as client:
        revisions = SOURCE.history(client)

    assert [revision.revision for revision in revisions] == [first, moved]
    assert [revision.edition_date for revision in revisions] == [
        date(2024, 11, 25),
        date(2026, 6, 24),
    ]
    assert revisions[0].published_at == datetime(2024, 11, 25, 1, tzinfo=UTC)
    assert [r.paths for r in revisions] == [
        tuple(f"{repository}/{path}" for path in (TABLE, CATEGORIES, LINKS))
        for repository in (REPOSITORY, MOVED)
    ]


def test_history_asks_once_for_each_table_of_each_repository() -> None:
    git = FakeGit()
    git.commit(REPOSITORY, {**FILES, **NEXT})
    git.commit(MOVED, {**FILES, **NEXT})

    with git.client(SOURCE) as client:
        SOURCE.history(client)

    assert len(git.requests) == 2 + 4


def test_all_files_of_a_release_are_fetched_as_they_stood() -> None:
    git = FakeGit()
    git.commit(REPOSITORY, FILES)
    git.commit(REPOSITORY, {LINKS: b"later"}, date="2025-03-01T00:00:00Z")

    with git.client(SOURCE) as client:
        [revision] = SOURCE.history(client)
        sent = SOURCE.fetch(client, revision)

    assert sent.files == (b"a table", b"categories", b"links")
    assert sent.revision == revision


def test_the_file_of_makers_may_be_absent_and_no_other() -> None:
    git = FakeGit()
    git.commit(REPOSITORY, {**FILES, LINKS: b""} | {LINKS: b"links"})
    git.faults[LINKS] = httpx.Response(404)

    with git.client(SOURCE) as client:
        [revision] = SOURCE.history(client)
        assert SOURCE.fetch(client, revision).files == (b"a table", b"categories", b"")

        for status in (403, 503):
            git.faults[LINKS] = httpx.Response(status)
            with pytest.raises(FetchError):
                SOURCE.fetch(client, revision)

        git.faults = {CATEGORIES: httpx.Response(404)}
        with pytest.raises(FetchError):
            SOURCE.fetch(client, revision)
