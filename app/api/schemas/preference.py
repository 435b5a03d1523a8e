"""Benchmark-preference gaps: who stands better with people than on benchmarks."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from app.analytics.preference_gap import Direction, GroupGap, ModelGap
from app.api.schemas.analyses import (
    CommonModelsCount,
    Insufficient,
    Method,
    MinimumModels,
    ModelsCount,
    PValue,
    QValue,
    Sort,
)
from app.api.schemas.common import (
    Asked,
    BoardMetaOut,
    LeaderboardId,
    ListLinksOut,
    ListMetaOut,
    MatchedTotal,
    ModelRef,
    OrganizationRef,
    Rank,
    SelectionOut,
    model_ref,
    organization_ref,
)
from app.api.schemas.standings import Score
from app.domain.standings import Model, Organization

DirectionWord = Annotated[
    Direction | None,
    Field(
        description="Where it stands better than the other side says, null unless q is at most "
        "0.05. Of boards, not of anybody's intent.",
        examples=["people_prefer"],
    ),
]
Residual = Annotated[
    float | None,
    Field(description="In the preference board's unit; above 0 is better.", examples=[41.3]),
]


class BenchmarkPlaceOut(TypedDict):
    """Where a model stands on a benchmark."""

    leaderboard: LeaderboardId
    rank: Rank
    score: Score


class ModelGapOut(TypedDict):
    """A model on benchmarks and with people. Null where the others leave no line."""

    model: ModelRef
    organization: OrganizationRef | None
    benchmarks: list[BenchmarkPlaceOut]
    preference_rank: Rank
    preference_score: Score
    expected_score: Annotated[
        float | None,
        Field(description="Preference by the line through all other models.", examples=[1187.4]),
    ]
    residual: Annotated[
        Residual, Field(description="Preference beyond what is expected; above 0 is better.")
    ]
    residual_lower: Annotated[Residual, Field(description="Bound of its 95 % interval.")]
    residual_upper: Annotated[Residual, Field(description="Bound of its 95 % interval.")]
    standardized: Annotated[
        float | None,
        Field(description="Residual in standard deviations of preference.", examples=[0.6]),
    ]
    studentized: Annotated[
        float | None, Field(description="Residual in its standard errors.", examples=[2.4])
    ]
    p_value: PValue
    q_value: QValue
    direction: DirectionWord


class OrganizationGapOut(TypedDict):
    """An organization's models together."""

    organization: OrganizationRef
    models: ModelsCount
    studentized: Annotated[
        float, Field(description="Mean of its models' studentised residuals.", examples=[1.2])
    ]
    p_value: PValue
    q_value: QValue
    direction: DirectionWord


class RegressionOut(TypedDict):
    """The least-squares line of preference on benchmarks."""

    slope: Annotated[
        float,
        Field(
            description="Preference for one more of the benchmark's unit; of several benchmarks, "
            "for one more of their mean standard score.",
            examples=[5.2],
        ),
    ]
    intercept: Annotated[float, Field(examples=[1010.5])]
    correlation: Annotated[
        float,
        Field(
            ge=-1, le=1, description="Pearson's r; above 0 if both sides agree.", examples=[0.82]
        ),
    ]
    residual_standard_error: Annotated[
        float, Field(description="In the preference board's unit.", examples=[44.1])
    ]


class PreferenceGapMetaOut(ListMetaOut):
    """About gaps: the editions, the question, and the line."""

    benchmarks: list[BoardMetaOut]
    preference: BoardMetaOut
    as_of: Asked
    known_at: Asked
    by: Annotated[str, Field(description="What has a row.", examples=["model"])]
    selection: Annotated[SelectionOut, Field(description="Whose rows are shown.")]
    sort: Annotated[Sort, Field(examples=["-studentized"])]
    common_models: CommonModelsCount
    minimum_models: MinimumModels
    insufficient_data: Insufficient
    regression: Annotated[RegressionOut | None, Field(description="Null of too few models.")]
    matched_total: MatchedTotal
    method: Method


class PreferenceGapAnswer(TypedDict):
    """Who stands better with people than on benchmarks, or the other way round."""

    data: list[ModelGapOut | OrganizationGapOut]
    meta: PreferenceGapMetaOut
    links: ListLinksOut


def model_gap_out(
    model: Model, gap: ModelGap, places: Sequence[BenchmarkPlaceOut], sign: int, day: date
) -> dict[str, Any]:
    """A model in an answer: the last of its places is that with people.

    `sign` turns preference so that more is better; `day` is the preference board's edition's.
    """
    *benchmarks, preference = places
    return {
        "model": model_ref(model),
        "organization": organization_ref(model.organization, day),
        "benchmarks": benchmarks,
        "preference_rank": preference["rank"],
        "preference_score": preference["score"],
        "expected_score": None if gap.expected is None else sign * gap.expected,
        "residual": gap.residual,
        "residual_lower": gap.lower,
        "residual_upper": gap.upper,
        "standardized": gap.standardized,
        "studentized": gap.studentized,
        "p_value": gap.p_value,
        "q_value": gap.q_value,
        "direction": gap.direction,
    }


def organization_gap_out(organization: Organization, gap: GroupGap, day: date) -> dict[str, Any]:
    """An organization in an answer."""
    return {
        "organization": organization_ref(organization, day),
        "models": gap.models,
        "studentized": gap.mean_studentized,
        "p_value": gap.p_value,
        "q_value": gap.q_value,
        "direction": gap.direction,
    }
