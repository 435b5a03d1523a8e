"""Leaderboards and their editions."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from app.api.schemas.common import (
    AttributionOut,
    BoardMetaOut,
    EditionRef,
    LeaderboardId,
    ListLinksOut,
    ListMetaOut,
    ModelRef,
    OrganizationRef,
    Path,
    Slug,
    edition_ref,
    model_ref,
    organization_ref,
)
from app.api.schemas.standings import Official, Score
from app.domain.leaderboard import BoardKind, BoardStatus, EntryKind
from app.domain.standings import Edition, Standing
from app.store.queries.boards import BoardSummary
from app.store.queries.editions import EditionListing


class LeaderboardOut(TypedDict):
    """One ranking by one metric."""

    id: LeaderboardId
    title: Annotated[str, Field(examples=["Open LLM Leaderboard v2: average"])]
    source: Slug
    family: Annotated[str, Field(description="Boards of one task set.", examples=["open-llm-v2"])]
    era: Annotated[
        str | None,
        Field(
            description="What upstream began anew: boards of two eras cannot be compared.",
            examples=[None],
        ),
    ]
    category: Annotated[
        str, Field(description="Tells a family's boards apart.", examples=["overall"])
    ]
    kind: Annotated[BoardKind, Field(description="What it measures.", examples=["benchmark"])]
    unit: Annotated[str, Field(description="What the score is.", examples=["percent"])]
    higher_is_better: Annotated[bool, Field(examples=[True])]
    entry_kind: Annotated[
        EntryKind | None,
        Field(
            description="What it ranks; null is whatever stands there, of any kind.",
            examples=["model"],
        ),
    ]
    status: Annotated[
        BoardStatus,
        Field(description="archived: upstream publishes no further editions."),
    ]
    first_edition_date: Annotated[date | None, Field(examples=["2024-06-08"])]
    newest_edition_date: Annotated[date | None, Field(examples=["2025-03-13"])]
    editions: Annotated[int, Field(description="How many editions there are.", examples=[171])]
    changed_at: Annotated[
        datetime,
        Field(description="When its record last changed.", examples=["2026-11-02T08:00:12Z"]),
    ]


class LeaderOut(TypedDict):
    """Who stands first."""

    model: ModelRef
    organization: OrganizationRef | None
    official: Official
    score: Score


class LeaderboardDetailOut(LeaderboardOut):
    """One board, with who leads it and how much of it there is."""

    models: Annotated[
        int, Field(description="Models that stand or ever stood on it.", examples=[4576])
    ]
    newest_edition: EditionRef | None
    leader: LeaderOut | None
    co_leaders: Annotated[list[LeaderOut], Field(description="Others with rank 1.", examples=[[]])]


class LeaderboardsAnswer(TypedDict):
    """Boards by id."""

    data: list[LeaderboardOut]
    meta: ListMetaOut
    links: ListLinksOut


class LeaderboardMetaOut(TypedDict):
    """Whose figures these are."""

    leaderboard: LeaderboardId
    attribution: AttributionOut


class LeaderboardLinksOut(TypedDict):
    """This board, and what can be asked of it."""

    self: Path
    standings: Path
    movements: Path
    editions: Path
    source: Path


class LeaderboardAnswer(TypedDict):
    """One board."""

    data: LeaderboardDetailOut
    meta: LeaderboardMetaOut
    links: LeaderboardLinksOut


class EditionOut(EditionRef):
    """One publication of an edition."""

    revision: Annotated[str, Field(description="Upstream's revision.", examples=["1f3c5a7b9d0e"])]
    leader_score: Score
    status: Annotated[
        str,
        Field(
            description="complete, or partial when upstream gave a part only.",
            examples=["complete"],
        ),
    ]
    status_reason: Annotated[
        str | None, Field(description="Why it is taken for partial.", examples=[None])
    ]
    in_force: Annotated[bool, Field(description="Whether standings show this one now.")]
    restatements: Annotated[
        int, Field(description="How often this edition was published anew.", examples=[0])
    ]


class EditionsMetaOut(BoardMetaOut, ListMetaOut):
    """About editions; the edition named is the newest in force."""


class EditionsAnswer(TypedDict):
    """Every publication of every edition, newest first."""

    data: list[EditionOut]
    meta: EditionsMetaOut
    links: ListLinksOut


def leaderboard_out(summary: BoardSummary) -> LeaderboardOut:
    """A board in an answer."""
    board = summary.board
    return {
        "id": board.slug,
        "title": board.title,
        "source": board.source,
        "family": board.family,
        "era": board.era,
        "category": board.category,
        "kind": BoardKind(board.kind),
        "unit": board.unit,
        "higher_is_better": board.higher_is_better,
        "entry_kind": None if board.entry_kind is None else EntryKind(board.entry_kind),
        "status": BoardStatus(board.status),
        "first_edition_date": summary.first_edition_date,
        "newest_edition_date": summary.newest_edition_date,
        "editions": summary.editions,
        "changed_at": board.changed_at,
    }


def leaderboard_detail_out(
    summary: BoardSummary, *, models: int, newest: Edition | None, leaders: Sequence[Standing]
) -> LeaderboardDetailOut:
    """One board in an answer of its own."""
    day = date.max if newest is None else newest.edition_date
    first = [leader_out(leader, day) for leader in leaders]
    return {
        **leaderboard_out(summary),
        "models": models,
        "newest_edition": edition_ref(newest),
        "leader": first[0] if first else None,
        "co_leaders": first[1:],
    }


def leader_out(standing: Standing, day: date) -> LeaderOut:
    """Who stands first in the edition of a day."""
    return {
        "model": model_ref(standing.model),
        "organization": organization_ref(standing.model.organization, day),
        "official": standing.official,
        "score": standing.score,
    }


def edition_out(listing: EditionListing, *, publications: int) -> EditionOut:
    """A snapshot in an answer; `publications` is how many there are of its edition."""
    edition = listing.edition
    return {
        "edition_date": edition.edition_date,
        "snapshot_id": edition.snapshot_id,
        "published_at": edition.published_at,
        "captured_at": edition.captured_at,
        "entries_total": edition.entries_total,
        "revision": edition.revision,
        "leader_score": edition.leader_score,
        "status": edition.status,
        "status_reason": edition.status_reason,
        "in_force": listing.in_force,
        "restatements": publications - 1,
    }
