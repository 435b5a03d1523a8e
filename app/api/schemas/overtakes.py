"""Overtakes on a board."""

from datetime import date
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from app.analytics.overtakes import Overtake
from app.api.schemas.common import (
    Asked,
    BoardMetaOut,
    EditionDate,
    IntervalsFrom,
    ListLinksOut,
    ListMetaOut,
    MatchedTotal,
    ModelRef,
    OrganizationRef,
    SpanMetaOut,
    model_ref,
    organization_ref,
)
from app.api.schemas.leaders import EditionsUsed
from app.api.schemas.shifts import Breaks
from app.domain.standings import Model

RankThere = Annotated[int, Field(description="Place in that edition.", examples=[1])]
RankBefore = Annotated[int, Field(description="Place in the edition compared with.", examples=[3])]
Definitive = Annotated[
    bool | None,
    Field(
        description="Whether the two score intervals are apart there; null without them.",
        examples=[True],
    ),
]


class CrossingOut(TypedDict):
    """One model passed another."""

    edition_date: EditionDate
    previous_edition_date: Annotated[
        date,
        Field(
            description="The last edition of both in which they were not level, that of the ranks "
            "before.",
            examples=["2024-07-06"],
        ),
    ]
    model: ModelRef
    overtaken: ModelRef
    rank: RankThere
    previous_rank: RankBefore
    overtaken_rank: RankThere
    overtaken_previous_rank: RankBefore
    definitive: Definitive


class OvertakeOut(CrossingOut):
    """One model passed another near the top of a board."""

    organization: OrganizationRef | None
    overtaken_organization: OrganizationRef | None


class OvertakesMetaOut(BoardMetaOut, ListMetaOut, SpanMetaOut):
    """About overtakes: the newest edition looked at, how many were, and the question."""

    known_at: Asked
    model: Annotated[str | None, Field(description="As asked, by id.", examples=[None])]
    organization: Annotated[str | None, Field(description="As asked, by id.", examples=["alibaba"])]
    country: Annotated[str | None, Field(description="As asked.", examples=[None])]
    top_n: Annotated[int, Field(examples=[10])]
    definitive: Annotated[bool | None, Field(description="As asked.", examples=[None])]
    editions: Annotated[
        EditionsUsed, Field(description="Of the span; who was ahead is looked up in those before.")
    ]
    matched_total: MatchedTotal
    intervals: IntervalsFrom
    methodology_breaks: Breaks
    method: Annotated[str, Field(description="How it was found.", examples=["Strictly ahead"])]


class OvertakesAnswer(TypedDict):
    """Who passed whom, newest first."""

    data: list[OvertakeOut]
    meta: OvertakesMetaOut
    links: ListLinksOut


def overtake_out(
    overtake: Overtake, model: Model, overtaken: Model, *, day: date, previous_day: date
) -> OvertakeOut:
    """An overtake in an answer, given the two and the dates of both editions."""
    return {
        "edition_date": day,
        "previous_edition_date": previous_day,
        "model": model_ref(model),
        "organization": organization_ref(model.organization, day),
        "overtaken": model_ref(overtaken),
        "overtaken_organization": organization_ref(overtaken.organization, day),
        "rank": overtake.rank_after,
        "previous_rank": overtake.rank_before,
        "overtaken_rank": overtake.overtaken_rank_after,
        "overtaken_previous_rank": overtake.overtaken_rank_before,
        "definitive": overtake.definitive,
    }
