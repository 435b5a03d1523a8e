"""Organizations, over all boards."""

from datetime import date
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from app.api.schemas.common import (
    Asked,
    AttributionOut,
    EditionRef,
    LeaderboardId,
    ListLinksOut,
    ListMetaOut,
    MatchedTotal,
    ModelRef,
    OrganizationRef,
    Path,
    Share,
    edition_ref,
    model_ref,
)
from app.api.summaries import BoardRow, Debut, Summary
from app.domain.standings import Organization, difference

BestRank = Annotated[
    int | None, Field(description="Best place on the whole board, null without one.", examples=[1])
]
Days = Annotated[int, Field(description="Days in which it held the first place.", examples=[12])]


class OrganizationOut(OrganizationRef):
    """Who makes models."""

    kind: Annotated[
        str | None,
        Field(
            description="company, lab, university, community or individual; null if unknown.",
            examples=["company"],
        ),
    ]
    models: Annotated[int, Field(description="Models known to be its own.", examples=[148])]


class OrganizationsMetaOut(ListMetaOut):
    """About a list of organizations."""

    matched_total: MatchedTotal


class OrganizationsAnswer(TypedDict):
    """Organizations by id."""

    data: list[OrganizationOut]
    meta: OrganizationsMetaOut
    links: ListLinksOut


class DebutOut(TypedDict):
    """A model's first edition on a board."""

    model: ModelRef
    leaderboard: LeaderboardId
    edition_date: Annotated[date, Field(examples=["2024-06-08"])]


class ChangeOut(TypedDict):
    """How figures differ from those at the window's start. Positive is better, or more."""

    compared_edition: EditionRef | None
    previous_best_rank: BestRank
    best_rank: Annotated[
        int | None,
        Field(description="Best rank then - best rank now, null without both.", examples=[2]),
    ]
    entries: Annotated[int | None, Field(examples=[3])]
    entries_in_top_n: Annotated[int | None, Field(examples=[1])]
    entry_share: Annotated[float | None, Field(examples=[0.1])]
    weighted_share: Annotated[float | None, Field(examples=[0.05])]


class GroupRowOut(TypedDict):
    """An organization on one board."""

    leaderboard: LeaderboardId
    title: Annotated[str, Field(examples=["Open LLM Leaderboard v2: average"])]
    kind: Annotated[str, Field(description="What the board measures.", examples=["benchmark"])]
    edition: EditionRef | None
    best_rank: BestRank
    best_filtered_rank: Annotated[
        int | None,
        Field(description="Best place among the entries that count.", examples=[1]),
    ]
    best_model: ModelRef | None
    entries: Annotated[int, Field(description="Its entries that count.", examples=[14])]
    entries_in_top_n: Annotated[
        int, Field(description="Those among the top N of the entries that count.", examples=[4])
    ]
    entry_share: Share | None
    weighted_share: Share | None
    days_as_leader: Days
    days_as_leader_in_window: Days
    change: ChangeOut
    newest_debut: DebutOut


class OrganizationDetailOut(OrganizationOut):
    """One organization, over all boards it stands or stood on."""

    boards: Annotated[
        int, Field(description="Boards on which an entry of its counts now.", examples=[37])
    ]
    boards_led: Annotated[
        int, Field(description="Boards on which it stands first now.", examples=[5])
    ]
    best_rank: BestRank
    newest_debut: Annotated[
        DebutOut | None,
        Field(description="Its model that was first seen on any board most lately."),
    ]
    leaderboards: Annotated[
        list[GroupRowOut], Field(description="By best rank, then by board id; absences last.")
    ]


class OrganizationMetaOut(TypedDict):
    """The question, and whose figures these are."""

    as_of: Asked
    window: Annotated[str, Field(examples=["P90D"])]
    window_start: Annotated[date, Field(examples=["2024-04-14"])]
    top_n: Annotated[int, Field(examples=[10])]
    include_community: Annotated[bool, Field(examples=[False])]
    attribution: list[AttributionOut]


class OrganizationLinksOut(TypedDict):
    """This organization, and its models."""

    self: Path
    models: Path


class OrganizationAnswer(TypedDict):
    """One organization."""

    data: OrganizationDetailOut
    meta: OrganizationMetaOut
    links: OrganizationLinksOut


def organization_out(organization: Organization, models: int) -> OrganizationOut:
    """An organization in an answer; `models` is how many are its own."""
    return {
        "id": organization.slug,
        "name": organization.name,
        "country": organization.country,
        "kind": organization.kind,
        "models": models,
    }


def organization_detail_out(
    organization: Organization, models: int, summary: Summary
) -> OrganizationDetailOut:
    """One organization in an answer of its own."""
    rows = summary.rows
    ranks = [row.now.best.rank for row in rows if row.now.best is not None]
    return {
        **organization_out(organization, models),
        "boards": len(ranks),
        "boards_led": sum(row.leads for row in rows),
        "best_rank": min(ranks, default=None),
        "newest_debut": None if summary.debut is None else _debut_out(summary.debut),
        "leaderboards": [_row_out(row) for row in rows],
    }


def _row_out(row: BoardRow) -> GroupRowOut:
    best = row.now.best
    return {
        "leaderboard": row.board.slug,
        "title": row.board.title,
        "kind": row.board.kind,
        "edition": edition_ref(row.edition),
        "best_rank": best and best.rank,
        "best_filtered_rank": best and best.filtered_rank,
        "best_model": best and model_ref(best.model),
        "entries": row.now.entries,
        "entries_in_top_n": row.now.entries_in_top_n,
        "entry_share": row.now.entry_share,
        "weighted_share": row.now.weighted_share,
        "days_as_leader": row.days_led,
        "days_as_leader_in_window": row.days_led_in_window,
        "change": _change_out(row),
        "newest_debut": _debut_out(row.debut),
    }


def _change_out(row: BoardRow) -> ChangeOut:
    now, before = row.now, row.before
    compared = row.earlier_edition is not None
    return {
        "compared_edition": edition_ref(row.earlier_edition),
        "previous_best_rank": before.best and before.best.rank,
        "best_rank": before.best.rank - now.best.rank if now.best and before.best else None,
        "entries": now.entries - before.entries if compared else None,
        "entries_in_top_n": now.entries_in_top_n - before.entries_in_top_n if compared else None,
        "entry_share": _less(now.entry_share, before.entry_share),
        "weighted_share": _less(now.weighted_share, before.weighted_share),
    }


def _debut_out(debut: Debut) -> DebutOut:
    return {
        "model": model_ref(debut.model),
        "leaderboard": debut.board.slug,
        "edition_date": debut.edition_date,
    }


def _less(now: float | None, before: float | None) -> float | None:
    return None if now is None or before is None else difference(now, before)
