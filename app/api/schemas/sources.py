"""Sources and the log of their runs."""

from datetime import date, datetime, timedelta
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from app.analytics.health import Condition
from app.api.schemas.common import (
    EditionDate,
    LeaderboardId,
    LinksOut,
    ListLinksOut,
    ListMetaOut,
    MatchedTotal,
    ModelRef,
    NoMetaOut,
    OrganizationRef,
    Path,
    Rank,
    Slug,
    model_ref,
    organization_ref,
)
from app.api.schemas.standings import PrintedName
from app.domain.review import Want
from app.domain.runs import BackfillState, Health, LateReason, Outcome, RunKind
from app.store.queries.review import TOP, Coverage, NameReview
from app.store.queries.sources import Backfill, Run, SourceState

Count = Annotated[int, Field(examples=[12])]
Instant = Annotated[datetime, Field(examples=["2026-11-02T08:00:12Z"])]


class RunOut(TypedDict):
    """One attempt to bring a source up to date."""

    id: Annotated[int, Field(examples=[42])]
    source: Slug
    kind: Annotated[RunKind, Field(description="Who asked for it.")]
    outcome: Annotated[
        Outcome,
        Field(
            description="abandoned: its process died; nothing of it was stored, but the steps that"
            " a back-fill had done until then."
        ),
    ]
    started_at: Instant
    finished_at: Instant | None
    duration_seconds: Annotated[float | None, Field(examples=[3.2])]
    error_kind: Annotated[
        str | None,
        Field(
            description="documents: some could not be read, and what the others hold is stored; "
            "with any other kind a scrape stored nothing.",
            examples=["fetch"],
        ),
    ]
    error: Annotated[str | None, Field(examples=["open_llm: 503 after 4 tries"])]
    notes: Annotated[str | None, Field(description="What was odd.", examples=[None])]
    missed_slots: Annotated[
        int, Field(description="Scheduled times before it that nobody served.", examples=[0])
    ]
    documents: Count
    bytes_fetched: Annotated[int, Field(description="Decompressed.", examples=[1048576])]
    snapshots_seen: Count
    snapshots_written: Count
    entries_written: Count


class BackfillOut(TypedDict):
    """How far the years before are filled; counts are of upstream revisions."""

    state: BackfillState
    planned: Count
    done: Count
    failed: Count
    entries_written: Count
    started_at: Instant
    updated_at: Instant
    error: Annotated[str | None, Field(examples=[None])]


class SourceOut(TypedDict):
    """An upstream."""

    id: Slug
    title: Annotated[str, Field(examples=["Open LLM Leaderboard"])]
    homepage: Annotated[str, Field(examples=["https://huggingface.co/open-llm-leaderboard"])]
    licence: Annotated[str, Field(examples=["Apache-2.0"])]
    licence_url: Annotated[
        str | None, Field(examples=["https://www.apache.org/licenses/LICENSE-2.0"])
    ]
    attribution: Annotated[str, Field(examples=["Hugging Face, Open LLM Leaderboard"])]
    interval_seconds: Annotated[
        int, Field(description="Time between two scheduled scrapes.", examples=[21600])
    ]
    cadence_days: Annotated[
        int | None,
        Field(
            description="The longest time that usually passes between two editions, null where "
            "nothing can be expected.",
            examples=[14],
        ),
    ]
    health: Annotated[
        Health,
        Field(
            description="late: the newest success is two intervals old, or the newest edition more "
            "than cadence_days. failing: of the last run something could not be read."
        ),
    ]
    late_reason: Annotated[
        LateReason | None,
        Field(
            description="not_read: the newest success is two intervals old; nothing_new: it is "
            "read, and its newest edition is older than cadence_days; null where it is not late.",
            examples=[None],
        ),
    ]
    leaderboards: Annotated[int, Field(description="How many boards it has.", examples=[7])]
    newest_edition_date: Annotated[date | None, Field(examples=["2025-03-13"])]
    newest_edition_age_days: Annotated[int | None, Field(examples=[1])]
    last_run: RunOut | None
    last_success: RunOut | None
    backfill: BackfillOut | None


class TopCoverageOut(TypedDict):
    """How many of the first entries of a source's boards are known, in the newest editions."""

    top_n: Annotated[int, Field(description="Entries of each board.", examples=[50])]
    entries: Count
    with_organization: Count
    with_country: Count
    confirmed: Annotated[
        int, Field(description="Somebody has confirmed the model or its maker.", examples=[12])
    ]


class CoverageOut(TypedDict):
    """How many of the names that a source ever printed are known."""

    names: Count
    with_organization: Count
    confirmed: Annotated[
        int, Field(description="Somebody has confirmed the model or its maker.", examples=[12])
    ]
    top: TopCoverageOut


class SourceDetailOut(SourceOut):
    """An upstream, and how well its names are known."""

    identity: CoverageOut


class SourcesAnswer(TypedDict):
    """Sources by id."""

    data: list[SourceOut]
    meta: ListMetaOut
    links: ListLinksOut


class SourceLinksOut(LinksOut):
    """This source, its runs and its boards."""

    runs: Path
    leaderboards: Path
    names: Path


class SourceAnswer(TypedDict):
    """One source."""

    data: SourceDetailOut
    meta: NoMetaOut
    links: SourceLinksOut


class NamePlaceOut(TypedDict):
    """Where a name stands best now."""

    leaderboard: LeaderboardId
    edition_date: EditionDate
    rank: Rank


class PrintedNameOut(TypedDict):
    """A printed name, whom it means, and what is not known."""

    printed_name: PrintedName
    model: ModelRef
    organization: OrganizationRef | None
    confirmed: Annotated[
        bool,
        Field(
            description="Whether somebody has confirmed the model or its maker.", examples=[True]
        ),
    ]
    wants: Annotated[
        Want | None,
        Field(
            description="organization: nobody knows who made it; review: nobody has confirmed "
            "who its maker is; null where nothing is wanted."
        ),
    ]
    place: Annotated[
        NamePlaceOut | None,
        Field(description="Its best place in the newest editions, null where it has none."),
    ]


class NamesMetaOut(ListMetaOut):
    """About a list of names."""

    matched_total: MatchedTotal


class NamesAnswer(TypedDict):
    """Printed names, the most visible first."""

    data: list[PrintedNameOut]
    meta: NamesMetaOut
    links: ListLinksOut


class RunsAnswer(TypedDict):
    """Runs, newest first."""

    data: list[RunOut]
    meta: ListMetaOut
    links: ListLinksOut


class RunAnswer(TypedDict):
    """One run."""

    data: RunOut
    meta: NoMetaOut
    links: LinksOut


def run_out(run: Run) -> RunOut:
    """A run in an answer."""
    seconds = None
    if run.finished_at is not None:
        seconds = round((run.finished_at - run.started_at).total_seconds(), 3)
    return {
        "id": run.id,
        "source": run.source,
        "kind": RunKind(run.kind),
        "outcome": Outcome(run.outcome),
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "duration_seconds": seconds,
        "error_kind": run.error_kind,
        "error": run.error,
        "notes": run.notes,
        "missed_slots": run.missed_slots,
        "documents": run.documents,
        "bytes_fetched": run.bytes_fetched,
        "snapshots_seen": run.snapshots_seen,
        "snapshots_written": run.snapshots_written,
        "entries_written": run.entries_written,
    }


def source_out(state: SourceState, condition: Condition, *, today: date) -> SourceOut:
    """A source in an answer."""
    source, newest = state.source, state.newest_edition_date
    cadence = source.cadence_seconds
    return {
        "id": source.slug,
        "title": source.title,
        "homepage": source.homepage,
        "licence": source.licence,
        "licence_url": source.licence_url,
        "attribution": source.attribution,
        "interval_seconds": source.every_seconds,
        "cadence_days": None if cadence is None else timedelta(seconds=cadence).days,
        "health": condition.health,
        "late_reason": condition.late_reason,
        "leaderboards": state.leaderboards,
        "newest_edition_date": newest,
        "newest_edition_age_days": None if newest is None else (today - newest).days,
        "last_run": state.last_run and run_out(state.last_run),
        "last_success": state.last_success and run_out(state.last_success),
        "backfill": state.backfill and _backfill_out(state.backfill),
    }


def coverage_out(coverage: Coverage) -> CoverageOut:
    """How well the names of a source are known, in an answer."""
    return {
        "names": coverage.names,
        "with_organization": coverage.names_with_organization,
        "confirmed": coverage.names_confirmed,
        "top": {
            "top_n": TOP,
            "entries": coverage.top_entries,
            "with_organization": coverage.top_with_organization,
            "with_country": coverage.top_in_country,
            "confirmed": coverage.top_confirmed,
        },
    }


def name_out(name: NameReview, today: date) -> PrintedNameOut:
    """A printed name in an answer."""
    model, place = name.alias.model, name.place
    return {
        "printed_name": name.alias.printed_name,
        "model": model_ref(model),
        "organization": organization_ref(model.organization, today),
        "confirmed": name.wants is None,
        "wants": name.wants,
        "place": place
        and {
            "leaderboard": place.board,
            "edition_date": place.edition_date,
            "rank": place.rank,
        },
    }


def _backfill_out(backfill: Backfill) -> BackfillOut:
    return {
        "state": BackfillState(backfill.state),
        "planned": backfill.planned,
        "done": backfill.done,
        "failed": backfill.failed,
        "entries_written": backfill.entries_written,
        "started_at": backfill.started_at,
        "updated_at": backfill.updated_at,
        "error": backfill.error,
    }
