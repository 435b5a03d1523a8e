"""Both sources against the emulator: recorded history at any time, and every fault it has."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pyarrow.parquet as pq
import pytest

from app.errors import FetchError, ParseError
from app.sources import github
from app.sources.base import Revision, Source
from app.sources.http import Client, ClientLimits
from app.sources.registry import build
from tests.acceptance import raw
from tests.acceptance.conftest import Emulator
from tests.upstreams import FakeTime, client_of

pytestmark = pytest.mark.emulator

SLUGS = ("open_llm", "lmarena")
QUICK = ClientLimits(timeout_seconds=0.5, deadline_seconds=1.0, max_bytes=8 * 2**20, tries=1)
PATIENT = ClientLimits(timeout_seconds=5.0, deadline_seconds=20.0, tries=3)
LONGEST_SECONDS = 5.0
FOLDERS = {
    "open-llm-leaderboard/contents": raw.V2,
    "open-llm-leaderboard-old/contents": raw.V1,
    "lmarena-ai/leaderboard-dataset": raw.ARENA,
}


@contextmanager
def opened(
    emulator: Emulator, slug: str, *, limits: ClientLimits = PATIENT, time: FakeTime | None = None
) -> Iterator[tuple[Source, Client]]:
    source = build(emulator.endpoints)[slug]
    with client_of(
        endpoint=emulator.hub,
        hosts=source.info.hosts,
        token="hf_made_up",
        limits=limits,
        time=time,
    ) as client:
        yield source, client


def scrape(source: Source, client: Client) -> None:
    """All that a scrape asks of a source."""
    for revision in (source.current(client, {}).revisions or ())[:1]:
        source.parse(source.fetch(client, revision))


def back_fill(source: Source, client: Client) -> None:
    """All that a back-fill asks of a source, for its oldest revision."""
    source.parse(source.fetch(client, source.history(client)[0]))


FAULTS = [
    pytest.param({"kind": "status", "status": 500}, id="500"),
    pytest.param({"kind": "status", "status": 502}, id="502"),
    pytest.param({"kind": "status", "status": 503}, id="503"),
    pytest.param({"kind": "status", "status": 504}, id="504"),
    pytest.param({"kind": "status", "status": 404}, id="404"),
    pytest.param({"kind": "status", "status": 401}, id="401"),
    pytest.param({"kind": "timeout", "seconds": 2}, id="timeout"),
    pytest.param({"kind": "slow", "seconds": 4}, id="slow"),
    pytest.param({"kind": "truncate"}, id="truncate"),
    pytest.param({"kind": "reset"}, id="reset"),
    pytest.param({"kind": "garbage_html"}, id="garbage-html"),
    pytest.param({"kind": "invalid_json"}, id="invalid-json"),
    pytest.param({"kind": "wrong_type"}, id="wrong-type"),
    pytest.param({"kind": "gzip_bomb", "bytes": 32 * 2**20}, id="gzip-bomb"),
    pytest.param({"kind": "redirect_loop"}, id="redirect-loop"),
    pytest.param({"kind": "huge"}, id="huge"),
    pytest.param({"kind": "rate_limit", "seconds": 5}, id="rate-limit"),
]
STAGES = [
    pytest.param(scrape, r"/api/datasets/[^/]+/[^/?]+(\?|$)", id="head"),
    pytest.param(scrape, "/tree/", id="tree"),
    pytest.param(scrape, "/resolve/", id="resolve"),
    pytest.param(scrape, "/cdn-lfs", id="download"),
    pytest.param(back_fill, "/commits/", id="commits"),
    pytest.param(back_fill, "/resolve/", id="old-resolve"),
    pytest.param(back_fill, "/cdn-lfs", id="old-download"),
]


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize(("work", "match"), STAGES)
@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_ends_as_an_error_that_says_why(
    emulator: Emulator,
    slug: str,
    work: Callable[[Source, Client], None],
    match: str,
    fault: dict[str, object],
) -> None:
    emulator.set_faults({"match": match, **fault})
    started = time.monotonic()

    with (
        opened(emulator, slug, limits=QUICK) as (source, client),
        pytest.raises((FetchError, ParseError)) as caught,
    ):
        work(source, client)

    assert time.monotonic() - started < LONGEST_SECONDS
    assert len(str(caught.value)) < 600
    assert "hf_made_up" not in str(caught.value)


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize(
    "fault",
    [fault for fault in FAULTS if fault.id in {"503", "reset", "timeout", "truncate"}],
)
def test_a_fault_that_passes_is_survived(
    emulator: Emulator, slug: str, fault: dict[str, object]
) -> None:
    emulator.set_faults({"match": "/tree/", "times": 2, **fault})
    limits = ClientLimits(timeout_seconds=0.5, deadline_seconds=5.0, tries=3)

    with opened(emulator, slug, limits=limits) as (source, client):
        listing = source.current(client, {})

    assert listing.revisions


@pytest.mark.parametrize("slug", SLUGS)
def test_a_rate_limit_is_waited_for(emulator: Emulator, slug: str) -> None:
    emulator.set_faults({"match": "/tree/", "kind": "rate_limit", "seconds": 40, "times": 1})
    waited = FakeTime()

    with opened(emulator, slug, time=waited) as (source, client):
        assert source.current(client, {}).revisions

    assert sum(waited.slept) == pytest.approx(41)


def test_a_quota_is_never_overdrawn(emulator: Emulator) -> None:
    class Passing(FakeTime):
        """Sleeping moves the emulator's clock too."""

        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            now = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(seconds=sum(self.slept))
            emulator.set_clock(now.isoformat())

    emulator.set_limits(hf_api=3)
    passing = Passing()

    with opened(emulator, "lmarena", time=passing) as (source, client):
        assert len(source.history(client)) == 268

    assert emulator.counters()["by_status"] == {"200": 8}
    assert len(passing.slept) == 2


def test_a_quota_of_an_hour_is_waited_for_and_never_overdrawn(emulator: Emulator) -> None:
    class Passing(FakeTime):
        """Sleeping moves the emulator's clock too."""

        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            now = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(seconds=sum(self.slept))
            emulator.set_clock(now.isoformat())

    emulator.set_limits(github=3)
    passing = Passing()
    source = build(emulator.endpoints)["aider"]

    with client_of(
        endpoint=emulator.endpoints.github_api,
        also=(emulator.endpoints.github_raw,),
        limits=replace(PATIENT, patience_seconds=github.PATIENCE_SECONDS),
        time=passing,
    ) as client:
        history = source.history(client)
        source.fetch(client, history[0])

    assert len(history) == 133
    assert emulator.counters()["by_status"] == {"200": 8}
    assert len(passing.slept) == 2
    assert 3_600 < sum(passing.slept) <= 7_202


@pytest.mark.parametrize("slug", SLUGS)
def test_nothing_is_asked_twice_while_nothing_changed(emulator: Emulator, slug: str) -> None:
    with opened(emulator, slug) as (source, client):
        first = source.current(client, {})
        emulator.set_faults({"match": "/tree/|/resolve/", "kind": "status"})
        again = source.current(client, first.validators)

    assert again.revisions is None
    assert emulator.counters()["by_status"]["304"] == len(first.validators)


@pytest.mark.parametrize(
    ("now", "documents", "revisions"),
    [
        pytest.param("2023-05-10T00:00:00Z", {"text/latest": date(2023, 5, 9)}, 1, id="first-day"),
        pytest.param(
            "2024-03-27T23:00:00Z", {"text/latest": date(2024, 3, 27)}, None, id="one-subset"
        ),
        pytest.param(
            "2026-07-03T12:00:00Z",
            {"text/latest": date(2026, 7, 3), "vision/latest": date(2026, 7, 3)},
            None,
            id="before-the-restatement",
        ),
        pytest.param(
            "2026-11-01T00:00:00Z",
            {"text/latest": date(2026, 7, 11), "video_edit/latest": date(2026, 7, 1)},
            268,
            id="the-end",
        ),
    ],
)
def test_the_arena_is_listed_as_it_stood(
    emulator: Emulator, now: str, documents: dict[str, date], revisions: int | None
) -> None:
    emulator.set_clock(now)
    known = [commit for commit in raw.commits(raw.ARENA) if commit["date"] <= now]

    with opened(emulator, "lmarena") as (source, client):
        listed = source.current(client, {}).revisions or ()
        history = source.history(client)

    told = {r.document.split(":")[1]: r.published_at.date() for r in listed}
    assert told.items() >= documents.items()
    cumulative = [revision for revision in history if revision.cumulative]
    assert len(history) - len(cumulative) == len(known)
    assert revisions in {None, len(history)}
    assert [r.published_at for r in history if not r.cumulative] == sorted(
        datetime.fromisoformat(commit["date"]) for commit in known
    )


@pytest.mark.parametrize(
    ("now", "editions"),
    [
        pytest.param("2024-07-14T00:00:00Z", (date(2024, 7, 7), date(2024, 7, 13)), id="launch"),
        pytest.param("2024-12-12T12:00:00Z", (date(2024, 7, 7), date(2024, 12, 12)), id="renames"),
        pytest.param("2026-11-01T00:00:00Z", (date(2024, 7, 7), date(2025, 1, 30)), id="the-end"),
    ],
)
def test_the_open_llm_leaderboard_is_listed_as_it_stood(
    emulator: Emulator, now: str, editions: tuple[date, date]
) -> None:
    emulator.set_clock(now)
    known = [c["date"] for name in (raw.V1, raw.V2) for c in raw.commits(name) if c["date"] <= now]

    with opened(emulator, "open_llm") as (source, client):
        listed = source.current(client, {}).revisions or ()
        history = source.history(client)

    assert tuple(revision.edition_date for revision in listed) == editions
    assert [revision.published_at for revision in history] == sorted(
        datetime.fromisoformat(moment) for moment in known
    )


def test_a_dataset_that_does_not_exist_yet_fails_the_listing(emulator: Emulator) -> None:
    emulator.set_clock("2024-07-01T00:00:00Z")

    with (
        opened(emulator, "open_llm") as (source, client),
        pytest.raises(FetchError, match="RepoNotFound") as caught,
    ):
        source.current(client, {})

    assert not caught.value.transient


@pytest.mark.parametrize("slug", SLUGS)
def test_every_row_of_every_revision_is_an_entry(emulator: Emulator, slug: str) -> None:
    with opened(emulator, slug) as (source, client):
        for revision in source.history(client):
            snapshots = source.parse(source.fetch(client, revision))

            found = Counter[str]()
            for snapshot in snapshots:
                found[_key(slug, snapshot.leaderboard.category)] += len(snapshot.entries)
            assert found == recorded(slug, revision), revision


def recorded(slug: str, revision: Revision) -> Counter[str]:
    """How many scores the recorded file of a revision holds, by column or category."""
    folder = FOLDERS[revision.document.split(":")[0]]
    [path] = revision.paths
    digest = next(c["files"][path] for c in raw.commits(folder) if c["id"] == revision.revision)
    table = pq.read_table(raw.HF / folder / "blobs" / digest[:20])
    if slug == "lmarena":
        return Counter(_key(slug, text) for text in table.column("category").to_pylist())
    counts = {
        _key(slug, name): len(table) - table.column(name).null_count
        for name in table.column_names
        if name in raw_columns
    }
    return Counter({name: count for name, count in counts.items() if count})


raw_columns = frozenset(
    {
        *("Average ⬆️", "IFEval", "BBH", "MATH Lvl 5", "GPQA", "MUSR", "MMLU-PRO"),
        *("ARC", "HellaSwag", "MMLU", "TruthfulQA", "Winogrande", "GSM8K"),
    }
)


def _key(slug: str, name: str) -> str:
    """A column of Open LLM or its category, a category of the arena, as one key."""
    if slug == "lmarena":
        return name.replace("_", "-")
    return {"Average ⬆️": "overall", "MATH Lvl 5": "math"}.get(name, name.lower())
