"""Models side by side on the boards they share."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from app.analytics.head_to_head import Chance, Crossing, Lead
from app.api.schemas.common import (
    Asked,
    AttributionOut,
    EditionDate,
    EditionRef,
    LeaderboardId,
    ListLinksOut,
    ListMetaOut,
    MatchedTotal,
    ModelRef,
    Rank,
    SpanMetaOut,
    model_ref,
)
from app.api.schemas.leaders import EditionsUsed
from app.api.schemas.models import ModelOut
from app.api.schemas.overtakes import CrossingOut
from app.api.schemas.shifts import Breaks
from app.api.schemas.standings import Bound, Score
from app.domain.periods import Granularity
from app.domain.standings import Line, Model

HeldEditions = Annotated[int, Field(description="In so many common editions.", examples=[14])]
HeldDays = Annotated[
    int, Field(description="On so many days; an edition holds until the next.", examples=[92])
]
Probability = Annotated[float, Field(ge=0, le=1, description="In 0..1.", examples=[0.58])]


class AheadOut(TypedDict):
    """How long a model alone had the best rank of those compared."""

    model: ModelRef
    editions: HeldEditions
    days: HeldDays


class SharedLeadOut(TypedDict):
    """How long the best of them shared a rank."""

    editions: HeldEditions
    days: HeldDays


class LatestOut(TypedDict):
    """A model's newest entry in the span."""

    model: ModelRef
    edition_date: EditionDate
    rank: Rank
    score: Score
    score_lower: Bound
    score_upper: Bound


class WinProbabilityOut(TypedDict):
    """The chance that people prefer a model to another; null if they never stood together."""

    model: ModelRef
    opponent: ModelRef
    edition_date: Annotated[
        date | None,
        Field(description="The newest edition in which both stand.", examples=["2024-07-13"]),
    ]
    probability: Probability | None
    lower: Annotated[
        Probability | None, Field(description="Null without intervals.", examples=[0.56])
    ]
    upper: Annotated[
        Probability | None, Field(description="Null without intervals.", examples=[0.6])
    ]


class SideOut(TypedDict):
    """A model in one edition; null where it does not stand."""

    model: ModelRef
    rank: Rank | None
    score: Score | None
    score_lower: Bound
    score_upper: Bound


class MomentOut(TypedDict):
    """One edition, the models in the order asked for."""

    edition_date: EditionDate
    entries: list[SideOut]


class ComparisonOut(TypedDict):
    """Models head to head on one board."""

    leaderboard: LeaderboardId
    title: Annotated[str, Field(examples=["LMArena Text"])]
    kind: Annotated[str, Field(examples=["preference"])]
    unit: Annotated[str, Field(examples=["elo"])]
    edition: Annotated[EditionRef, Field(description="The newest edition that was looked at.")]
    editions: EditionsUsed
    common_editions: Annotated[
        int, Field(description="Editions in which all of them stand.", examples=[37])
    ]
    ahead: Annotated[list[AheadOut], Field(description="In the order asked for.")]
    level: SharedLeadOut
    methodology_breaks: Breaks
    crossings: Annotated[list[CrossingOut], Field(description="Between any two, oldest first.")]
    latest: Annotated[list[LatestOut], Field(description="In the order asked for.")]
    win_probability: Annotated[
        list[WinProbabilityOut] | None,
        Field(description="Of any two; null where the scale does not tell."),
    ]
    history: Annotated[
        list[MomentOut], Field(description="Editions in which any of them stands, oldest first.")
    ]


class ComparisonsMetaOut(ListMetaOut, SpanMetaOut):
    """About a comparison, and the question."""

    models: Annotated[list[ModelOut], Field(description="As asked, by id.")]
    leaderboard: Annotated[
        str | None, Field(description="The board asked for, by id.", examples=[None])
    ]
    known_at: Asked
    granularity: Annotated[Granularity, Field(examples=["month"])]
    matched_total: MatchedTotal
    method: Annotated[str, Field(description="How it was found.", examples=["Strictly ahead"])]
    attribution: list[AttributionOut]


class ComparisonsAnswer(TypedDict):
    """Models head to head, by board id."""

    data: list[ComparisonOut]
    meta: ComparisonsMetaOut
    links: ListLinksOut


def ahead_out(model: Model, lead: Lead) -> AheadOut:
    """How long a model was ahead, in an answer."""
    return {"model": model_ref(model), "editions": lead.editions, "days": lead.days}


def crossing_out(models: Mapping[str, Model], crossing: Crossing) -> CrossingOut:
    """A crossing in an answer."""
    return {
        "edition_date": crossing.day,
        "previous_edition_date": crossing.previous_date,
        "model": model_ref(models[crossing.model]),
        "overtaken": model_ref(models[crossing.overtaken]),
        "rank": crossing.rank,
        "previous_rank": crossing.previous_rank,
        "overtaken_rank": crossing.overtaken_rank,
        "overtaken_previous_rank": crossing.overtaken_previous_rank,
        "definitive": crossing.definitive,
    }


def latest_out(model: Model, day: date, line: Line) -> LatestOut:
    """A model's newest entry in an answer."""
    return {
        "model": model_ref(model),
        "edition_date": day,
        "rank": line.rank,
        "score": line.score,
        "score_lower": line.score_lower,
        "score_upper": line.score_upper,
    }


def win_probability_out(
    model: Model, opponent: Model, day: date | None, chance: Chance | None
) -> WinProbabilityOut:
    """The chance of one against another in an answer; None if they never stood together."""
    return {
        "model": model_ref(model),
        "opponent": model_ref(opponent),
        "edition_date": day,
        "probability": chance and chance.probability,
        "lower": chance and chance.lower,
        "upper": chance and chance.upper,
    }


def moment_out(day: date, models: Sequence[Model], lines: Sequence[Line | None]) -> MomentOut:
    """One edition in an answer, given each model's entry in it."""
    return {
        "edition_date": day,
        "entries": [_side_out(*pair) for pair in zip(models, lines, strict=True)],
    }


def _side_out(model: Model, line: Line | None) -> SideOut:
    return {
        "model": model_ref(model),
        "rank": line and line.rank,
        "score": line and line.score,
        "score_lower": line and line.score_lower,
        "score_upper": line and line.score_upper,
    }
