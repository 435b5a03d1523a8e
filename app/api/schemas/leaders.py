"""Leaders of a board: reigns."""

from datetime import date
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from app.analytics.reigns import Reign
from app.api.schemas.common import (
    Asked,
    BoardMetaOut,
    IntervalsFrom,
    ListLinksOut,
    ListMetaOut,
    MatchedTotal,
    ModelRef,
    OrganizationRef,
    SelectionOut,
    SpanMetaOut,
    model_ref,
    organization_ref,
)
from app.api.schemas.groups import CountryCode
from app.api.schemas.shifts import Breaks
from app.api.timelines import Timeline, models_of
from app.domain.groups import Dimension

Margin = Annotated[
    float | None,
    Field(
        description="Score ahead of the best of anyone else, in the board's unit; 0 when the place "
        "is shared, null with nobody else.",
        examples=[1.2],
    ),
]
EditionsUsed = Annotated[int, Field(description="Editions that were looked at.", examples=[230])]
Held = Annotated[
    int, Field(description="Editions in which it could not be told from the leader.", examples=[3])
]


MOST_CO_LEADERS = 20
CO_LEADERS = Field(
    description=f"Who could not be told from the leader, most often first, at most "
    f"{MOST_CO_LEADERS}; null where the leader never has an interval, so that nobody knows."
)


class CoLeaderModelOut(TypedDict):
    """A model that the intervals cannot tell from the leader."""

    model: ModelRef
    editions: Held


class CoLeaderOrganizationOut(TypedDict):
    """An organization one of whose models cannot be told from the leader."""

    organization: OrganizationRef | None
    editions: Held


class CoLeaderCountryOut(TypedDict):
    """A country one of whose models cannot be told from the leader."""

    country: CountryCode | None
    editions: Held


_SpanOut = TypedDict(
    "_SpanOut",
    {
        "from": Annotated[
            date, Field(description="The edition that began it.", examples=["2024-07-13"])
        ],
        "to": Annotated[
            date | None,
            Field(
                description="The edition that ended it, of this board or the first of its next "
                "era; null while it lasts.",
                examples=[None],
            ),
        ],
    },
)


class ReignOut(_SpanOut):
    """An uninterrupted time as leader."""

    days: Annotated[int, Field(description="From `from` to `to`, or until now.", examples=[92])]
    editions: Annotated[int, Field(description="Editions that it led.", examples=[14])]
    editions_with_intervals: Annotated[
        int, Field(description="Those of them in which co-leaders can be known.", examples=[14])
    ]
    co_leaders_total: Annotated[
        int | None, Field(description="How many co-leaders there are in all.", examples=[2])
    ]
    last_edition_date: Annotated[
        date, Field(description="The last of them.", examples=["2025-01-30"])
    ]
    margin_at_start: Margin
    margin_at_end: Margin


class ModelReignOut(ReignOut):
    """A model's time as leader."""

    model: ModelRef
    organization: OrganizationRef | None
    co_leaders: Annotated[list[CoLeaderModelOut] | None, CO_LEADERS]


class OrganizationReignOut(ReignOut):
    """An organization's time as leader, whichever of its models led; null where nobody knows it."""

    organization: OrganizationRef | None
    models: Annotated[list[ModelRef], Field(description="Its models that led, in order.")]
    co_leaders: Annotated[list[CoLeaderOrganizationOut] | None, CO_LEADERS]


class CountryReignOut(ReignOut):
    """A country's time as leader, whichever model made there led."""

    country: CountryCode | None
    models: Annotated[list[ModelRef], Field(description="Its models that led, in order.")]
    co_leaders: Annotated[list[CoLeaderCountryOut] | None, CO_LEADERS]


class LeadersMetaOut(BoardMetaOut, ListMetaOut, SpanMetaOut):
    """About reigns: the newest edition looked at, how many were, and the question."""

    known_at: Asked
    by: Annotated[Dimension, Field(examples=["model"])]
    selection: SelectionOut
    editions: EditionsUsed
    editions_with_intervals: Annotated[
        int, Field(description="Those of them with intervals.", examples=[141])
    ]
    matched_total: MatchedTotal
    intervals: IntervalsFrom
    methodology_breaks: Breaks
    method: Annotated[str, Field(description="How it was found.", examples=["First place ..."])]


class LeadersAnswer(TypedDict):
    """Who led when, oldest first."""

    data: list[ModelReignOut | OrganizationReignOut | CountryReignOut]
    meta: LeadersMetaOut
    links: ListLinksOut


def reign_out(timeline: Timeline, dimension: Dimension, reign: Reign) -> dict[str, Any]:
    """A reign in an answer."""
    day, co_leaders = reign.start, reign.co_leaders
    out = {
        **_holder_out(timeline, dimension, reign.group, day),
        "from": day,
        "to": reign.end,
        "days": reign.days(timeline.last),
        "editions": reign.editions,
        "last_edition_date": reign.last_edition,
        "margin_at_start": reign.margin_at_start,
        "margin_at_end": reign.margin_at_end,
        "editions_with_intervals": reign.measured,
        "co_leaders_total": None if co_leaders is None else len(co_leaders),
        "co_leaders": None
        if co_leaders is None
        else [
            {**_holder_out(timeline, dimension, one.group, day), "editions": one.editions}
            for one in co_leaders[:MOST_CO_LEADERS]
        ],
    }
    if dimension is Dimension.MODEL:
        [model] = models_of(timeline, dimension, reign)
        return {**out, "organization": organization_ref(model.organization, day)}
    return {**out, "models": [model_ref(m) for m in models_of(timeline, dimension, reign)]}


def _holder_out(timeline: Timeline, dimension: Dimension, group: int, day: date) -> dict[str, Any]:
    names = timeline.record.names
    key = None if group < 0 else timeline.record.columns.keys[dimension][group]
    if dimension is Dimension.COUNTRY:
        return {"country": key}
    if dimension is Dimension.ORGANIZATION:
        return {"organization": key and organization_ref(names.organizations[key], day)}
    return {"model": model_ref(names.models[str(key)])}
