"""What groups have of boards: tables, histories, and summaries over all boards."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from app.analytics.debuts import Appearance
from app.analytics.groups import Concentration, Holding
from app.api.grouping import Point, Row, Series
from app.api.schemas.common import (
    Asked,
    BoardMetaOut,
    EditionDate,
    EditionRef,
    LeaderboardId,
    ListLinksOut,
    ListMetaOut,
    MatchedTotal,
    ModelRef,
    OrganizationRef,
    SelectionOut,
    Share,
    SnapshotId,
    SpanMetaOut,
    edition_ref,
    model_ref,
    organization_ref,
)
from app.api.schemas.shifts import Breaks
from app.domain.groups import Dimension
from app.domain.periods import Granularity
from app.domain.standings import Edition, Licence, Model, difference
from app.store.queries.columns import OPENNESS
from app.store.queries.names import Names

BestRank = Annotated[
    int | None, Field(description="Best place on the whole board, null without one.", examples=[1])
]
BestFilteredRank = Annotated[
    int | None, Field(description="Best place among the entries that count.", examples=[1])
]
Days = Annotated[int, Field(description="Days in which it held the first place.", examples=[12])]
Entries = Annotated[int, Field(description="Its entries that count.", examples=[14])]
EntriesInTopN = Annotated[
    int, Field(description="Those among the top N of the entries that count.", examples=[4])
]
CountryCode = Annotated[
    str, Field(description="ISO 3166-1 alpha-2 of the makers' headquarters.", examples=["CN"])
]
OpenWeights = Annotated[
    bool | None,
    Field(description="Whether the weights can be had, null if not known.", examples=[True]),
]
TopN = Annotated[int, Field(description="Shares are of the top N entries.", examples=[10])]


class FiguresOut(TypedDict):
    """What a group has of an edition. Shares are null where nobody stands in the top N."""

    best_rank: BestRank
    best_filtered_rank: BestFilteredRank
    best_model: ModelRef | None
    entries: Entries
    entries_in_top_n: EntriesInTopN
    entry_share: Annotated[
        Share | None, Field(description="Part of the top N by count.", examples=[0.4])
    ]
    weighted_share: Annotated[
        Share | None, Field(description="Part of the top N by 1/rank.", examples=[0.5])
    ]


class DebutOut(TypedDict):
    """A model's first edition on a board."""

    model: ModelRef
    leaderboard: LeaderboardId
    edition_date: Annotated[date, Field(examples=["2024-06-08"])]


class ChangeOut(TypedDict):
    """How figures differ from those of the edition compared with. Positive is better, or more."""

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


class GroupRowOut(FiguresOut):
    """A group on a board."""

    days_as_leader: Days
    days_as_leader_in_window: Days
    change: ChangeOut
    newest_debut: Annotated[
        DebutOut | None, Field(description="Its model that came to this board last.")
    ]


class OrganizationKey(TypedDict):
    """Which organization."""

    organization: OrganizationRef


class CountryKey(TypedDict):
    """Which country."""

    country: CountryCode


class LicenceRef(TypedDict):
    """A licence by its SPDX id, or by one of our own where it has none (`spdx` false)."""

    id: Annotated[str, Field(examples=["Apache-2.0"])]
    name: Annotated[str, Field(examples=["Apache License 2.0"])]
    spdx: Annotated[bool, Field(examples=[True])]


class LicenceKey(TypedDict):
    """Which licence, null where the table is by openness alone."""

    licence: LicenceRef | None
    open_weights: OpenWeights


class OrganizationRowOut(OrganizationKey, GroupRowOut):
    """An organization on a board."""


class CountryRowOut(CountryKey, GroupRowOut):
    """A country on a board."""


class LicenceRowOut(LicenceKey, GroupRowOut):
    """A licence on a board."""


class ConcentrationOut(TypedDict):
    """How the top N is divided; null where nobody stands in it."""

    entries_in_top_n: Annotated[
        int, Field(description="Entries in the top N; ties may make them more.", examples=[10])
    ]
    hhi: Annotated[
        float | None,
        Field(
            description="Herfindahl-Hirschman index: the sum of squared entry shares. Entries of "
            "unknown groups count as one group each.",
            examples=[0.28],
        ),
    ]
    effective_number: Annotated[
        float | None, Field(description="1/HHI: groups of equal size.", examples=[3.57])
    ]
    unknown_share: Annotated[
        Share | None, Field(description="Entry share of entries without a group.", examples=[0])
    ]
    unknown_weighted_share: Annotated[
        Share | None, Field(description="Weighted share of the same.", examples=[0])
    ]


class CountedMetaOut(TypedDict):
    """Which entries count, and how they are grouped."""

    by: Annotated[Dimension, Field(description="What entries are grouped by.")]
    top_n: TopN
    include_community: Annotated[bool, Field(examples=[False])]
    selection: SelectionOut
    groups: Annotated[
        list[str] | None, Field(description="The groups asked for, null for all.", examples=[None])
    ]


class TableMetaOut(BoardMetaOut, ListMetaOut, CountedMetaOut):
    """About a table: the edition, the one compared with, and the question."""

    as_of: Asked
    known_at: Asked
    compare_to: Asked
    compared_edition: EditionRef | None
    window: Annotated[str, Field(examples=["P90D"])]
    window_start: Annotated[date, Field(examples=["2024-04-14"])]
    matched_total: MatchedTotal
    concentration: ConcentrationOut


class OrganizationTableAnswer(TypedDict):
    """Organizations on a board, best first."""

    data: list[OrganizationRowOut]
    meta: TableMetaOut
    links: ListLinksOut


class CountryTableAnswer(TypedDict):
    """Countries on a board, best first."""

    data: list[CountryRowOut]
    meta: TableMetaOut
    links: ListLinksOut


class LicenceTableAnswer(TypedDict):
    """Licences on a board, best first."""

    data: list[LicenceRowOut]
    meta: TableMetaOut
    links: ListLinksOut


class GroupPointOut(FiguresOut):
    """A group in an edition."""

    edition_date: EditionDate
    snapshot_id: SnapshotId


class OrganizationPointOut(OrganizationKey, GroupPointOut):
    """An organization in an edition."""


class CountryPointOut(CountryKey, GroupPointOut):
    """A country in an edition."""


class LicencePointOut(LicenceKey, GroupPointOut):
    """A licence in an edition."""


class DividedEditionOut(EditionRef):
    """An edition, and how concentrated its top is."""

    concentration: ConcentrationOut


class SeriesMetaOut(BoardMetaOut, ListMetaOut, SpanMetaOut, CountedMetaOut):
    """About a history; the edition named is the newest in the span."""

    known_at: Asked
    granularity: Annotated[Granularity, Field(examples=["edition"])]
    methodology_breaks: Breaks
    editions: Annotated[
        list[DividedEditionOut], Field(description="The editions on this page, oldest first.")
    ]


class OrganizationSeriesAnswer(TypedDict):
    """Organizations edition after edition: oldest first, in each the best first."""

    data: list[OrganizationPointOut]
    meta: SeriesMetaOut
    links: ListLinksOut


class CountrySeriesAnswer(TypedDict):
    """Countries edition after edition: oldest first, in each the best first."""

    data: list[CountryPointOut]
    meta: SeriesMetaOut
    links: ListLinksOut


class LicenceSeriesAnswer(TypedDict):
    """Licences edition after edition: oldest first, in each the best first."""

    data: list[LicencePointOut]
    meta: SeriesMetaOut
    links: ListLinksOut


def figures_out(holding: Holding, best: Model | None) -> FiguresOut:
    """What a group has, in an answer."""
    return {
        "best_rank": holding.best_rank,
        "best_filtered_rank": holding.best_filtered_rank,
        "best_model": best and model_ref(best),
        "entries": holding.entries,
        "entries_in_top_n": holding.entries_in_top_n,
        "entry_share": holding.entry_share,
        "weighted_share": holding.weighted_share,
    }


def key_out(names: Names, dimension: Dimension, key: str, day: date) -> dict[str, Any]:
    """Which group an answer is about, with its name on a day."""
    if dimension is Dimension.ORGANIZATION:
        return {"organization": organization_ref(names.organizations[key], day)}
    if dimension is Dimension.COUNTRY:
        return {"country": key}
    if dimension is Dimension.LICENCE:
        licence = names.licences[key]
        return {"licence": licence_ref(licence), "open_weights": licence.open_weights}
    return {"licence": None, "open_weights": key == OPENNESS[True]}


def licence_ref(licence: Licence) -> LicenceRef:
    """A licence in an answer."""
    return {"id": licence.id, "name": licence.name, "spdx": licence.spdx}


def change_out(now: Holding, before: Holding | None, compared: Edition | None) -> ChangeOut:
    """How a group's figures have changed; all null where there is nothing to compare with."""
    return {
        "compared_edition": edition_ref(compared),
        "previous_best_rank": before and before.best_rank,
        "best_rank": before and _places(now.best_rank, before.best_rank),
        "entries": before and now.entries - before.entries,
        "entries_in_top_n": before and now.entries_in_top_n - before.entries_in_top_n,
        "entry_share": before and _less(now.entry_share, before.entry_share),
        "weighted_share": before and _less(now.weighted_share, before.weighted_share),
    }


def debut_out(names: Names, debut: Appearance, leaderboard: str) -> DebutOut:
    """A debut in an answer."""
    return {
        "model": model_ref(names.models[debut.model]),
        "leaderboard": leaderboard,
        "edition_date": debut.day,
    }


def row_out(names: Names, row: Row, *, leaderboard: str, compared: Edition | None) -> GroupRowOut:
    """A group on a board in an answer, but for which one it is."""
    return {
        **figures_out(row.now, row.best_model),
        "days_as_leader": row.days_led,
        "days_as_leader_in_window": row.days_led_in_window,
        "change": change_out(row.now, row.before, compared),
        "newest_debut": row.debut and debut_out(names, row.debut, leaderboard),
    }


def point_out(point: Point) -> GroupPointOut:
    """A group in an edition in an answer, but for which one it is."""
    return {
        "edition_date": point.edition.edition_date,
        "snapshot_id": point.edition.snapshot_id,
        **figures_out(point.holding, point.best_model),
    }


def concentration_out(concentration: Concentration) -> ConcentrationOut:
    """How concentrated a top is, in an answer."""
    return {
        "entries_in_top_n": concentration.entries_in_top_n,
        "hhi": concentration.hhi,
        "effective_number": concentration.effective_number,
        "unknown_share": concentration.unknown_share,
        "unknown_weighted_share": concentration.unknown_weighted_share,
    }


def editions_out(passed: Sequence[Series]) -> list[DividedEditionOut]:
    """Editions in an answer, with how concentrated they are."""
    return [
        {**edition_ref(one.edition), "concentration": concentration_out(one.concentration)}
        for one in passed
    ]


def _places(now: int | None, before: int | None) -> int | None:
    return None if now is None or before is None else before - now


def _less(now: float | None, before: float | None) -> float | None:
    return None if now is None or before is None else difference(now, before)
