"""Organizations and countries, over all boards."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from app.api.grouping import Point
from app.api.schemas.common import (
    Asked,
    AttributionOut,
    BoardMetaOut,
    EditionDate,
    EditionRef,
    EntriesTotal,
    LeaderboardId,
    ListLinksOut,
    ListMetaOut,
    MatchedTotal,
    ModelRef,
    OrganizationRef,
    Path,
    Rank,
    SnapshotId,
    SpanMetaOut,
    edition_ref,
    model_ref,
    organization_ref,
)
from app.api.schemas.groups import (
    BestRank,
    CountryCode,
    DebutOut,
    FiguresOut,
    GroupRowOut,
    TopN,
    debut_out,
    figures_out,
    row_out,
)
from app.api.schemas.shifts import Breaks
from app.api.schemas.standings import Gap, Score
from app.api.summaries import BoardRow, Flagship, Reach, Summary
from app.domain.periods import Granularity
from app.domain.standings import Edition, Organization, difference
from app.store.queries.names import Names

Models = Annotated[int, Field(description="Models known to be its own.", examples=[148])]
Boards = Annotated[
    int, Field(description="Boards on which it stands in the newest edition.", examples=[37])
]
AnyBestRank = Annotated[
    int | None,
    Field(description="Best rank on any board's newest edition, all entries.", examples=[1]),
]


class OrganizationFacts(OrganizationRef):
    """Who makes models."""

    kind: Annotated[
        str | None,
        Field(
            description="company, lab, university, community or individual; null if unknown.",
            examples=["company"],
        ),
    ]
    homepage: Annotated[str | None, Field(examples=["https://qwen.ai"])]
    reviewed: Annotated[
        bool, Field(description="Whether somebody has confirmed who it is.", examples=[True])
    ]


class OrganizationOut(OrganizationFacts):
    """An organization, and where it stands now."""

    models: Models
    boards: Boards
    best_rank: AnyBestRank


class OrganizationsMetaOut(ListMetaOut):
    """About a list of organizations."""

    matched_total: MatchedTotal


class OrganizationsAnswer(TypedDict):
    """Organizations by id."""

    data: list[OrganizationOut]
    meta: OrganizationsMetaOut
    links: ListLinksOut


NameInTimeOut = TypedDict(
    "NameInTimeOut",
    {
        "name": Annotated[str, Field(examples=["xAI"])],
        "from": Annotated[
            date | None, Field(description="Null: since before the record.", examples=[None])
        ],
        "to": Annotated[
            date | None,
            Field(
                description="The first day of the next name, null for now.", examples=["2026-07-09"]
            ),
        ],
    },
)


class BoardRowOut(GroupRowOut):
    """A group on one of the boards it stands or stood on."""

    leaderboard: LeaderboardId
    title: Annotated[str, Field(examples=["Open LLM Leaderboard v2: average"])]
    kind: Annotated[str, Field(description="What the board measures.", examples=["benchmark"])]
    edition: EditionRef | None


class SummaryOut(TypedDict):
    """A group over all boards it stands or stood on."""

    models: Annotated[
        int, Field(description="Its models that stood on any board by then.", examples=[148])
    ]
    boards: Annotated[
        int, Field(description="Boards on which an entry of its counts now.", examples=[37])
    ]
    boards_led: Annotated[
        int,
        Field(description="Boards, of eras that last, on which it stands first now.", examples=[5]),
    ]
    best_rank: BestRank
    newest_debut: Annotated[
        DebutOut | None,
        Field(description="Its model that was first seen on any board most lately."),
    ]
    leaderboards: Annotated[
        list[BoardRowOut], Field(description="By best rank, then by board id; absences last.")
    ]


class OrganizationDetailOut(SummaryOut, OrganizationFacts):
    """One organization."""

    names: Annotated[list[NameInTimeOut], Field(description="What it was called, oldest first.")]


class SummaryMetaOut(TypedDict):
    """The question, and whose figures these are."""

    as_of: Asked
    known_at: Asked
    compare_to: Asked
    window: Annotated[str, Field(examples=["P90D"])]
    window_start: Annotated[date, Field(examples=["2024-04-14"])]
    top_n: TopN
    include_community: Annotated[bool, Field(examples=[False])]
    attribution: list[AttributionOut]


class OrganizationLinksOut(TypedDict):
    """This organization, its models and its history."""

    self: Path
    models: Path
    history: Path


class OrganizationAnswer(TypedDict):
    """One organization."""

    data: OrganizationDetailOut
    meta: SummaryMetaOut
    links: OrganizationLinksOut


class CountryFacts(TypedDict):
    """Where models are made."""

    id: CountryCode
    name: Annotated[str, Field(description="In English.", examples=["China"])]
    organizations: Annotated[int, Field(description="Makers known to be there.", examples=[61])]


class CountryOut(CountryFacts):
    """A country, and where it stands now."""

    models: Models
    boards: Boards
    best_rank: AnyBestRank


class CountriesAnswer(TypedDict):
    """Countries by code."""

    data: list[CountryOut]
    meta: OrganizationsMetaOut
    links: ListLinksOut


class CountryDetailOut(SummaryOut, CountryFacts):
    """One country."""


class CountryLinksOut(TypedDict):
    """This country, its makers and its history."""

    self: Path
    organizations: Path
    history: Path


class CountryAnswer(TypedDict):
    """One country."""

    data: CountryDetailOut
    meta: SummaryMetaOut
    links: CountryLinksOut


class FlagshipOut(TypedDict):
    """The model that stands for a group in an edition."""

    model: ModelRef
    rank: Rank
    filtered_rank: Annotated[
        int, Field(description="Place among the entries that count.", examples=[1])
    ]
    score: Score
    gap_to_leader: Gap
    debut_date: Annotated[
        date | None,
        Field(description="The first edition of this board it stood in.", examples=["2024-06-08"]),
    ]


class GroupHistoryPointOut(FiguresOut):
    """A group in one edition; what it is absent from has no best, and shares of 0."""

    edition_date: EditionDate
    snapshot_id: SnapshotId
    entries_total: EntriesTotal
    flagship: FlagshipOut | None


class GroupHistoryMetaOut(BoardMetaOut, ListMetaOut, SpanMetaOut):
    """About a group's history; the edition named is the newest in the span."""

    known_at: Asked
    granularity: Annotated[Granularity, Field(examples=["edition"])]
    methodology_breaks: Breaks
    flagship: Annotated[str, Field(description="highest or latest.", examples=["highest"])]
    top_n: TopN
    include_community: Annotated[bool, Field(examples=[False])]
    organization: Annotated[str | None, Field(description="Whose history.", examples=["alibaba"])]
    country: Annotated[str | None, Field(description="Which country's.", examples=[None])]


class GroupHistoryLinksOut(ListLinksOut):
    """This page, and the board."""

    leaderboard: Path


class GroupHistoryAnswer(TypedDict):
    """A group on one board, oldest edition first."""

    data: list[GroupHistoryPointOut]
    meta: GroupHistoryMetaOut
    links: GroupHistoryLinksOut


def organization_facts(organization: Organization, day: date) -> OrganizationFacts:
    """An organization in an answer, by its name of a day."""
    return {
        **organization_ref(organization, day),
        "kind": organization.kind,
        "homepage": organization.homepage,
        "reviewed": organization.reviewed,
    }


def organization_out(
    names: Names, organization: Organization, reach: Reach, today: date
) -> OrganizationOut:
    """An organization in a list."""
    return {
        **organization_facts(organization, today),
        "models": len(names.models_of.get(organization.slug, ())),
        "boards": reach.boards,
        "best_rank": reach.best_rank,
    }


def country_facts(names: Names, code: str, makers: Sequence[Organization]) -> CountryFacts:
    """A country in an answer, and how many makers it has."""
    return {"id": code, "name": names.countries.get(code, code), "organizations": len(makers)}


def country_out(
    names: Names, code: str, makers: Sequence[Organization], reach: Reach
) -> CountryOut:
    """A country in a list."""
    return {
        **country_facts(names, code, makers),
        "models": sum(len(names.models_of.get(maker.slug, ())) for maker in makers),
        "boards": reach.boards,
        "best_rank": reach.best_rank,
    }


def history_point_out(point: Point, flagship: Flagship | None) -> GroupHistoryPointOut:
    """A group in an edition, in an answer."""
    edition = point.edition
    return {
        "edition_date": edition.edition_date,
        "snapshot_id": edition.snapshot_id,
        "entries_total": edition.entries_total,
        **figures_out(point.holding, point.best_model),
        "flagship": None if flagship is None else _flagship_out(flagship, edition),
    }


def _flagship_out(flagship: Flagship, edition: Edition) -> FlagshipOut:
    return {
        "model": model_ref(flagship.model),
        "rank": flagship.rank,
        "filtered_rank": flagship.filtered_rank,
        "score": flagship.score,
        "gap_to_leader": abs(difference(edition.leader_score, flagship.score)),
        "debut_date": flagship.debut_date,
    }


def names_out(organization: Organization) -> list[NameInTimeOut]:
    """What an organization was called, oldest first."""
    ends = [until for until, _ in organization.former_names]
    called = [*(name for _, name in organization.former_names), organization.name]
    return [
        NameInTimeOut({"name": name, "from": begun, "to": ended})
        for name, begun, ended in zip(called, [None, *ends], [*ends, None], strict=True)
    ]


def summary_out(names: Names, summary: Summary) -> SummaryOut:
    """A group over all boards, in an answer."""
    rows = summary.rows
    ranks = [row.best_rank for row in rows if row.best_rank is not None]
    debut, board = summary.debut, summary.debut_board
    return {
        "models": summary.models,
        "boards": len(ranks),
        "boards_led": sum(row.leads for row in rows),
        "best_rank": min(ranks, default=None),
        "newest_debut": debut and board and debut_out(names, debut, board.slug),
        "leaderboards": [_row_out(names, row) for row in rows],
    }


def _row_out(names: Names, row: BoardRow) -> BoardRowOut:
    return {
        "leaderboard": row.board.slug,
        "title": row.board.title,
        "kind": row.board.kind,
        "edition": edition_ref(row.edition),
        **row_out(names, row.row, leaderboard=row.board.slug, compared=row.earlier_edition),
    }
