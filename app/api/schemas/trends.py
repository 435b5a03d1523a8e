"""Trends of models on a board."""

from datetime import date
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from app.analytics.trends import Trend
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
)
from app.api.schemas.shifts import Breaks

Slope = Annotated[
    float | None,
    Field(description="Theil-Sen slope a day, in the metric's unit.", examples=[0.12]),
]
SlopeBound = Annotated[float | None, Field(description="95 % bound of the slope.", examples=[0.1])]
PValue = Annotated[
    float | None,
    Field(description="Mann-Kendall, two-sided, corrected for autocorrelation.", examples=[0.01]),
]
QValue = Annotated[
    float | None,
    Field(description="The same among all models of the board (Benjamini-Hochberg).", examples=[1]),
]
DirectionWord = Annotated[
    str | None,
    Field(description="`up` or `down` where q is at most 0.05, else `none`.", examples=["up"]),
]


class FitOut(TypedDict):
    """A trend; all null where there are too few points."""

    slope_per_day: Slope
    slope_lower: SlopeBound
    slope_upper: SlopeBound
    p_value: PValue
    q_value: QValue
    direction: DirectionWord


_SpanOut = TypedDict(
    "_SpanOut",
    {
        "from": Annotated[
            date | None,
            Field(description="Its first edition in the window.", examples=["2026-04-11"]),
        ],
        "to": Annotated[
            date | None,
            Field(description="Its last edition in the window.", examples=["2026-07-10"]),
        ],
    },
)


class TrendOut(_SpanOut, FitOut):
    """How a model moves over the window."""

    model: ModelRef
    organization: OrganizationRef | None
    rank: Rank
    points: Annotated[
        int, Field(description="Editions in the window that it stands in.", examples=[25])
    ]
    insufficient_data: Annotated[
        bool,
        Field(description="Fewer than 8 points: no number would mean anything.", examples=[False]),
    ]
    method: Annotated[
        str,
        Field(description="How slopes and tests are made.", examples=["Theil-Sen; Mann-Kendall"]),
    ]
    net: Annotated[
        FitOut,
        Field(
            description="For scores the same net of the pool's common shift. For ranks the trend "
            "of the percentile, 0 to 1, a day: (others below + half of the ties) / others in each "
            "edition; more is better."
        ),
    ]


class TrendsMetaOut(BoardMetaOut, ListMetaOut):
    """About trends: the newest edition, the window, and the question."""

    as_of: Asked
    known_at: Asked
    window: Annotated[str, Field(examples=["P90D"])]
    window_start: Annotated[date, Field(examples=["2026-04-11"])]
    metric: Annotated[str, Field(examples=["score"])]
    sort: Annotated[str, Field(examples=["rank"])]
    selection: SelectionOut
    editions: Annotated[int, Field(description="Editions in the window.", examples=[31])]
    models_tested: Annotated[
        int,
        Field(
            description="Models of the board with enough points, selected or not.", examples=[362]
        ),
    ]
    methodology_breaks: Breaks
    matched_total: MatchedTotal


class TrendsAnswer(TypedDict):
    """Trends of the models of an edition."""

    data: list[TrendOut]
    meta: TrendsMetaOut
    links: ListLinksOut


def fit_out(trend: Trend) -> FitOut:
    """A trend's numbers in an answer."""
    return {
        "slope_per_day": trend.slope_per_day,
        "slope_lower": trend.slope_lower,
        "slope_upper": trend.slope_upper,
        "p_value": trend.p_value,
        "q_value": trend.q_value,
        "direction": trend.direction,
    }
