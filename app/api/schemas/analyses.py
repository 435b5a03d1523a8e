"""The same models on several boards: generalization."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from app.analytics.generalization import (
    MINIMUM_MODELS,
    Generalization,
    LeaderShift,
    MeanChange,
    ModelShift,
    RankCorrelation,
)
from app.api.schemas.common import (
    Asked,
    BoardMetaOut,
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
from app.domain.standings import Model, Organization, difference

CommonModelsCount = Annotated[
    int, Field(description="Models on all of the boards that count.", examples=[178])
]
Percentile = Annotated[
    float,
    Field(
        ge=0,
        le=1,
        description="(Others below + half of the ties) / others among the common models, best 1; "
        "the mean for an organization.",
        examples=[0.93],
    ),
]
PercentileChange = Annotated[
    float, Field(ge=-1, le=1, description="New percentile - old.", examples=[-0.12])
]
ChangeBound = Annotated[
    float | None,
    Field(
        description="Bound of its 95 % interval, null for too few models.",
        examples=[-0.19],
    ),
]
PValue = Annotated[
    float | None,
    Field(description="Two-sided p-value, null where nothing was tested.", examples=[0.012]),
]
QValue = Annotated[
    float | None,
    Field(
        description="The p-value corrected for how much was tested (Benjamini-Hochberg).",
        examples=[0.04],
    ),
]
ModelsCount = Annotated[int, Field(description="Its models among them.", examples=[12])]
Insufficient = Annotated[
    bool, Field(description="There are too few models to say anything.", examples=[False])
]
MinimumModels = Annotated[int, Field(description="How many it takes.", examples=[3])]
Method = Annotated[
    str, Field(description="How it was found.", examples=["95 % bootstrap percentile interval."])
]
Sort = Annotated[str, Field(description="The order of the rows.")]


class ShiftOut(TypedDict):
    """How something stands on both boards."""

    from_percentile: Percentile
    to_percentile: Percentile
    percentile_change: PercentileChange
    percentile_change_lower: ChangeBound
    percentile_change_upper: ChangeBound


class ModelShiftOut(ShiftOut):
    """A model on both boards."""

    model: ModelRef
    organization: OrganizationRef | None
    from_rank: Rank
    to_rank: Rank
    from_score: Score
    to_score: Score


class OrganizationShiftOut(ShiftOut):
    """What became of an organization's models: means over them."""

    organization: OrganizationRef
    models: ModelsCount
    p_value: PValue
    q_value: QValue


class MeanChangeOut(TypedDict):
    """A mean change of percentiles, its 95 % interval, and a test of no change."""

    value: PercentileChange
    lower: ChangeBound
    upper: ChangeBound
    p_value: PValue


class LeaderShiftOut(TypedDict):
    """What became of the older board's first."""

    top_n: Annotated[int, Field(description="First N of the common models.", examples=[10])]
    models: Annotated[int, Field(description="How many these are, with ties.", examples=[10])]
    held: Annotated[
        int, Field(description="Those among the first N of the newer board too.", examples=[4])
    ]
    change: MeanChangeOut
    expected_change: Annotated[
        float,
        Field(
            description="What the newer board's first N change on the way back: leaders picked by "
            "a score fall on any other (regression to the mean).",
            examples=[-0.11],
        ),
    ]
    excess: Annotated[
        MeanChangeOut,
        Field(description="Change less expectation; below 0 they fell further than leaders do."),
    ]


class CorrelationOut(TypedDict):
    """Spearman's rank correlation and its 95 % interval."""

    value: Annotated[float, Field(ge=-1, le=1, examples=[0.81])]
    lower: Annotated[float | None, Field(examples=[0.75])]
    upper: Annotated[float | None, Field(examples=[0.86])]


class TogetherOut(TypedDict):
    """How far standing on the older board carries over, of all models together."""

    common_models: CommonModelsCount
    minimum_models: MinimumModels
    insufficient_data: Insufficient
    spearman_rho: Annotated[
        CorrelationOut | None, Field(description="Null where a board tells nobody apart.")
    ]
    kendall_tau_b: Annotated[
        float | None,
        Field(description="In -1..1; null where a board tells nobody apart.", examples=[0.62]),
    ]
    leaders: Annotated[
        list[LeaderShiftOut],
        Field(description="The older board's first 10 and 50, where there are more models."),
    ]


class GeneralizationMetaOut(ListMetaOut, TogetherOut):
    """About a comparison of two boards: the editions, the question, and all models together."""

    from_board: BoardMetaOut
    to_board: BoardMetaOut
    as_of: Asked
    known_at: Asked
    by: Annotated[str, Field(description="What has a row.", examples=["model"])]
    include_community: Annotated[
        bool, Field(description="Whether all models count, or those official on both boards.")
    ]
    selection: Annotated[SelectionOut, Field(description="Whose rows are shown.")]
    sort: Annotated[Sort, Field(examples=["-from_percentile"])]
    matched_total: MatchedTotal
    method: Method


class GeneralizationAnswer(TypedDict):
    """The same models on an older and a newer board."""

    data: list[ModelShiftOut | OrganizationShiftOut]
    meta: GeneralizationMetaOut
    links: ListLinksOut


def model_shift_out(
    model: Model, shift: ModelShift, places: Sequence[float], day: date
) -> dict[str, Any]:
    """A model on both boards in an answer: `places` are its ranks, then its scores there."""
    from_rank, to_rank, from_score, to_score = places
    return {
        "model": model_ref(model),
        "organization": organization_ref(model.organization, day),
        "from_rank": from_rank,
        "to_rank": to_rank,
        "from_score": from_score,
        "to_score": to_score,
        "from_percentile": shift.old_percentile,
        "to_percentile": shift.new_percentile,
        "percentile_change": difference(shift.new_percentile, shift.old_percentile),
        "percentile_change_lower": shift.lower,
        "percentile_change_upper": shift.upper,
    }


def organization_shift_out(
    organization: Organization, shifts: list[ModelShift], change: MeanChange, day: date
) -> dict[str, Any]:
    """What became of an organization's models, in an answer."""
    return {
        "organization": organization_ref(organization, day),
        "models": len(shifts),
        "from_percentile": sum(shift.old_percentile for shift in shifts) / len(shifts),
        "to_percentile": sum(shift.new_percentile for shift in shifts) / len(shifts),
        "percentile_change": change.value,
        "percentile_change_lower": change.lower,
        "percentile_change_upper": change.upper,
        "p_value": change.p_value,
        "q_value": change.q_value,
    }


def together_out(found: Generalization | None, *, common_models: int) -> TogetherOut:
    """What is said of all models together; None is of too few."""
    return {
        "common_models": common_models,
        "minimum_models": MINIMUM_MODELS,
        "insufficient_data": found is None,
        "spearman_rho": found and _correlation_out(found.spearman),
        "kendall_tau_b": found and found.kendall_tau_b,
        "leaders": [_leader_shift_out(shift) for shift in found.leaders] if found else [],
    }


def _leader_shift_out(shift: LeaderShift) -> LeaderShiftOut:
    return {
        "top_n": shift.k,
        "models": shift.models,
        "held": shift.held,
        "change": _mean_change_out(shift.change),
        "expected_change": shift.expected_change,
        "excess": _mean_change_out(shift.excess),
    }


def _correlation_out(correlation: RankCorrelation | None) -> CorrelationOut | None:
    if correlation is None:
        return None
    return {"value": correlation.rho, "lower": correlation.lower, "upper": correlation.upper}


def _mean_change_out(change: MeanChange) -> MeanChangeOut:
    return {
        "value": change.value,
        "lower": change.lower,
        "upper": change.upper,
        "p_value": change.p_value,
    }
