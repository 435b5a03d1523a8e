"""LMArena's tables: subsets and categories as the Hub lists them, editions as rows date them."""

from collections.abc import Mapping, Sequence
from datetime import date
from math import isnan, nan
from typing import Any

import httpx2 as httpx
import pytest

from app.domain.leaderboard import BoardKind
from app.errors import FetchError, ParseError
from app.sources.adapters.lmarena import LMArena
from tests.fakehub import FakeHub, client_for_hub
from tests.recordings import parquet, payload
from tests.recordings.lmarena import ARENA, TEXT_ROWS, arena_columns
from tests.upstreams import ENDPOINTS

SOURCE = LMArena(ENDPOINTS)
LATEST = "latest-00000-of-00001.parquet"
FULL = "full-00000-of-00001.parquet"


def parse(
    columns: Mapping[str, Sequence[Any]], document: str = f"{ARENA}:text/latest"
) -> list[Any]:
    return list(SOURCE.parse(payload(document, parquet(columns))))


def changed(**replaced: Sequence[Any] | None) -> dict[str, Sequence[Any]]:
    table = {**arena_columns(), **replaced}
    return {name: values for name, values in table.items() if values is not None}


def test_every_category_is_a_board() -> None:
    coding, overall = parse(arena_columns())

    assert coding.leaderboard.slug == "lmarena-text-coding"
    assert coding.leaderboard.title == "LMArena Text, Coding"
    assert (overall.leaderboard.slug, overall.leaderboard.title) == ("lmarena-text", "LMArena Text")
    for snapshot, category in ((coding, "coding"), (overall, "overall")):
        board = snapshot.leaderboard
        assert (board.family, board.category) == ("lmarena-text", category)
        assert (board.kind, board.unit) == (BoardKind.PREFERENCE, "elo")
        assert snapshot.edition_date == date(2026, 7, 10)


def test_a_row_is_taken_as_printed() -> None:
    _coding, overall = parse(arena_columns())

    first, second, last = overall.entries
    assert first[:6] == ("claude-opus-4-6-thinking", 1501.18, 1497.39, 1504.96, 58968, 1)
    assert isinstance(first.votes, int)
    assert (first.profile.organization, first.profile.namespace) == ("anthropic", None)
    assert (first.profile.licence, first.profile.official) == ("Proprietary", None)
    assert first.profile is second.profile
    assert last[:6] == ("gpt-4", 1274.19, None, None, None, 3)
    assert (last.profile.organization, last.profile.licence) == (None, None)


@pytest.mark.parametrize(
    ("subset", "category", "slug", "title"),
    [
        pytest.param(
            "text_style_control",
            "overall",
            "lmarena-text-style-control",
            "LMArena Text Style Control",
            id="subset-of-several-words",
        ),
        pytest.param(
            "text",
            "industry_mathematical",
            "lmarena-text-industry-mathematical",
            "LMArena Text, Industry Mathematical",
            id="category-of-several-words",
        ),
        pytest.param(
            "image_to_video",
            "overall",
            "lmarena-image-to-video",
            "LMArena Image to Video",
            id="small-words",
        ),
        pytest.param(
            "video_2.0", "3D", "lmarena-video-2.0-3d", "LMArena Video 2.0, 3d", id="never-seen"
        ),
    ],
)
def test_a_board_is_named_after_its_subset_and_category(
    subset: str, category: str, slug: str, title: str
) -> None:
    columns = {**arena_columns(), "category": [category] * len(TEXT_ROWS)}

    [snapshot] = parse(columns, f"{ARENA}:{subset}/full")

    assert (snapshot.leaderboard.slug, snapshot.leaderboard.title) == (slug, title)


def test_a_full_table_holds_many_editions() -> None:
    columns = changed(
        leaderboard_publish_date=["2023-05-08", "2026-07-10", "2023-05-08", "2026-07-10"]
    )

    snapshots = parse(columns, f"{ARENA}:text/full")

    found = [(s.leaderboard.category, str(s.edition_date), len(s.entries)) for s in snapshots]
    assert found == [
        ("coding", "2023-05-08", 1),
        ("overall", "2026-07-10", 2),
        ("overall", "2023-05-08", 1),
    ]


def test_the_shards_of_a_table_are_one_table() -> None:
    halves = [arena_columns(TEXT_ROWS[:2]), arena_columns(TEXT_ROWS[2:])]

    parts = SOURCE.parse(payload(f"{ARENA}:text/full", *(parquet(half) for half in halves)))

    assert parts == SOURCE.parse(payload(f"{ARENA}:text/full", parquet(arena_columns())))


def test_agents_have_scores_of_their_own() -> None:
    columns: dict[str, Sequence[Any]] = {
        "model_name": ["Qwen3.7 Max", "nobody"],
        "organization": ["alibaba", ""],
        "license": ["Proprietary", ""],
        "score": [-0.0019, None],
        "score_ci_lower": [-0.004, None],
        "score_ci_upper": [0.001, None],
        "observation_count": [312, 0],
        "session_count": [12, 0],
        "rank": [7, None],
        "category": ["overall", "overall"],
        "leaderboard_publish_date": ["2026-08-05"] * 2,
    }

    [snapshot] = parse(columns, f"{ARENA}:agent/latest")

    assert (snapshot.leaderboard.kind, snapshot.leaderboard.unit) == (BoardKind.AGENTIC, "score")
    [entry] = snapshot.entries
    assert entry[:6] == ("Qwen3.7 Max", -0.0019, -0.004, 0.001, 312, 7)


def test_a_row_without_a_score_is_no_entry() -> None:
    columns = changed(rating=[None, 1501.18, None, None])

    [overall] = parse(columns)

    assert [entry.printed_name for entry in overall.entries] == ["claude-opus-4-6-thinking"]


def test_a_score_that_is_no_number_is_left_for_the_checks() -> None:
    coding, _overall = parse(changed(rating=[nan, 1.0, 1.0, 1.0]))

    assert isnan(coding.entries[0].score)


def test_a_table_without_rows_has_no_snapshots() -> None:
    assert parse({name: values[:0] for name, values in arena_columns().items()}) == []


@pytest.mark.parametrize(
    "column",
    [
        *("model_name", "organization", "license", "rating", "rating_lower", "rating_upper"),
        *("vote_count", "rank", "category", "leaderboard_publish_date"),
    ],
)
def test_a_missing_column_is_refused_with_its_subset(column: str) -> None:
    with pytest.raises(ParseError, match=f"text/latest: column '{column}' is missing"):
        parse(changed(**{column: None}))


@pytest.mark.parametrize(
    ("column", "values"),
    [
        pytest.param("rating", ["1,234"] * 4, id="rating-as-text"),
        pytest.param("vote_count", ["12,730"] * 4, id="votes-as-text"),
        pytest.param("vote_count", [0.5] * 4, id="half-a-vote"),
        pytest.param("rank", [nan] * 4, id="rank-no-number"),
        pytest.param("model_name", [1, 2, 3, 4], id="names-as-numbers"),
        pytest.param("model_name", ["a", None, "b", "c"], id="nameless"),
        pytest.param("category", [None] * 4, id="no-category"),
        pytest.param("category", ["\u2b06"] * 4, id="category-without-letters"),
        pytest.param("leaderboard_publish_date", [None] * 4, id="no-date"),
        pytest.param("leaderboard_publish_date", ["2026-7-10"] * 4, id="short-date"),
        pytest.param("leaderboard_publish_date", ["20260710"] * 4, id="date-without-hyphens"),
        pytest.param("leaderboard_publish_date", ["2026-W28-5"] * 4, id="week-date"),
        pytest.param("leaderboard_publish_date", ["2026-02-30"] * 4, id="no-such-day"),
        pytest.param("leaderboard_publish_date", ["2026-07-10T00:00"] * 4, id="date-and-time"),
        pytest.param(
            "leaderboard_publish_date", [date(2026, 7, 10)] * 4, id="date-of-another-type"
        ),
    ],
)
def test_a_column_of_another_shape_is_refused_with_its_subset(
    column: str, values: list[object]
) -> None:
    with pytest.raises(ParseError, match=f"text/latest: column '{column}'"):
        parse(changed(**{column: values}))


@pytest.mark.parametrize("document", ["else:text/latest", f"{ARENA}:text", f"{ARENA}:../latest"])
def test_a_document_of_another_kind_is_refused(document: str) -> None:
    with pytest.raises(ParseError, match="there is no document"):
        parse(arena_columns(), document)


def arena() -> FakeHub:
    """Two subsets of three publish days; one commit's title tells nothing, one lies."""
    hub = FakeHub(page_size=3)
    hub.commit(ARENA, {"README.md": b"#"}, title="initial commit", date="2026-07-01T00:00:00Z")
    hub.commit(
        ARENA,
        {f"text/{LATEST}": b"t1", f"vision/{LATEST}": b"v1", "notes.md": b"n"},
        title="first upload",
        date="2026-07-02T00:00:00Z",
    )
    hub.commit(
        ARENA,
        {f"text/{LATEST}": b"t2", f"text/{FULL}": b"f2"},
        title="Update text for 2026-07-02",
        date="2026-07-03T00:00:00Z",
    )
    hub.commit(
        ARENA,
        {f"vision/{LATEST}": b"v2", "extra/deep/latest-00000-of-00001.parquet": b"x"},
        title="Update vision for 2026-02-30",
        date="2026-07-04T00:00:00Z",
    )
    hub.commit(
        ARENA,
        {f"vision/{LATEST}": None},
        title="Update agent for 2026-07-05",
        date="2026-07-05T00:00:00Z",
    )
    return hub


def test_the_current_state_is_the_latest_of_every_subset() -> None:
    hub = arena()
    hub.commit(ARENA, {f"new_one/{LATEST}": b"n"}, date="2026-07-06T00:00:00Z")

    with client_for_hub(hub, SOURCE) as client:
        listing = SOURCE.current(client, {})

    assert listing.revisions is not None
    new, text = listing.revisions
    assert (new.document, text.document) == (f"{ARENA}:new_one/latest", f"{ARENA}:text/latest")
    assert text.revision == hub.datasets[ARENA][2].id
    assert (text.published_at.day, text.cumulative, text.edition_date) == (3, False, None)


def test_nothing_is_listed_again_while_nothing_changed() -> None:
    hub = arena()

    with client_for_hub(hub, SOURCE) as client:
        first = SOURCE.current(client, {})
        second = SOURCE.current(client, first.validators)

    assert (second.revisions, second.validators) == (None, first.validators)
    assert hub.asked.count(f"/api/datasets/{ARENA}") == 2


@pytest.mark.parametrize("path", ["README.md", f"text/{FULL}", "../etc/" + LATEST])
def test_a_listing_without_a_newest_edition_is_not_taken_for_nothing_new(path: str) -> None:
    hub = FakeHub()
    hub.commit(ARENA, {path: b""})

    with client_for_hub(hub) as client:
        with pytest.raises(ParseError, match="has no table of a newest edition"):
            SOURCE.current(client, {})
        with pytest.raises(ParseError, match="has no table of a newest edition"):
            SOURCE.history(client)


def test_history_is_every_latest_then_the_newest_full() -> None:
    hub = arena()

    with client_for_hub(hub, SOURCE) as client:
        history = SOURCE.history(client)

    told = [(r.document.split(":")[1], r.published_at.day, r.edition_date) for r in history]
    assert told == [
        ("text/latest", 2, None),
        ("vision/latest", 2, None),
        ("text/latest", 3, date(2026, 7, 2)),
        ("vision/latest", 4, None),
        ("agent/latest", 5, date(2026, 7, 5)),
        ("text/full", 3, None),
    ]
    assert [revision.cumulative for revision in history] == [False] * 5 + [True]


def test_history_can_be_fetched_but_for_what_a_title_made_up() -> None:
    hub = arena()

    with client_for_hub(hub, SOURCE) as client:
        *found, made_up, full = SOURCE.history(client)
        bodies = [SOURCE.fetch(client, revision).files[0] for revision in [*found, full]]
        with pytest.raises(FetchError, match="EntryNotFound") as caught:
            SOURCE.fetch(client, made_up)

    assert bodies == [b"t1", b"v1", b"t2", b"v2", b"f2"]
    assert not caught.value.transient


def test_history_needs_every_tree_it_asks_for() -> None:
    hub = arena()
    hub.faults[f"tree/{hub.datasets[ARENA][1].id}"] = httpx.Response(503)

    with client_for_hub(hub, SOURCE) as client, pytest.raises(FetchError, match="503") as caught:
        SOURCE.history(client)

    assert caught.value.transient
