"""How long one group's best trails another's."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from app.analytics.frontiers import Lag, Record
from app.api.schemas.analyses import Method
from app.api.schemas.common import (
    Asked,
    BoardMetaOut,
    EditionDate,
    ListLinksOut,
    ListMetaOut,
    MatchedTotal,
    ModelRef,
    OrganizationRef,
    model_ref,
    organization_ref,
)
from app.api.schemas.leaders import EditionsUsed
from app.api.schemas.shifts import Breaks
from app.api.schemas.standings import Score
from app.domain.standings import Model

GroupId = Annotated[
    str,
    Field(description="A country's code, an organization's id, open or closed.", examples=["CN"]),
]
CurrentLag = Annotated[
    int | None,
    Field(description="In days; 0 if they are level.", examples=[112]),
]


class FrontierLevelOut(TypedDict):
    """A score better than all before it within a group."""

    model: ModelRef
    organization: OrganizationRef | None
    score: Score
    edition_date: EditionDate


class WaitOut(FrontierLevelOut):
    """A level of the frontier that is ahead, and how long until the other group reached it."""

    reached_by: Annotated[
        FrontierLevelOut | None,
        Field(description="The other group's first entry as good; null while the wait is open."),
    ]
    days: Annotated[
        int,
        Field(
            description="Days until then, or until the newest edition; negative where it had been "
            "there before.",
            examples=[203],
        ),
    ]
    open: Annotated[bool, Field(description="Whether it is still to be reached.")]


class AllWaitsOut(TypedDict):
    """All waits together."""

    median_days: Annotated[
        float | None,
        Field(
            description="Median of the waits that ended; too short while others last.",
            examples=[124.5],
        ),
    ]
    kaplan_meier_days: Annotated[
        int | None,
        Field(
            description="Median that counts open waits for as long as they have lasted; null where "
            "more than half outlast all that ended.",
            examples=[180],
        ),
    ]
    trailing_days: Annotated[
        CurrentLag,
        Field(
            description="How long before the newest edition the frontier ahead first stood where "
            "the group's stands; null if it has not, or if a group has no entry."
        ),
    ]
    leading_days: Annotated[CurrentLag, Field(description="The same the other way round.")]
    open_waits: Annotated[int, Field(description="Levels still to be reached.", examples=[2])]


class LagMetaOut(BoardMetaOut, ListMetaOut, AllWaitsOut):
    """About a lag: the newest edition looked at, the question, and all waits together."""

    as_of: Asked
    known_at: Asked
    by: Annotated[str, Field(description="What the groups are.", examples=["country"])]
    group: GroupId
    behind: GroupId
    include_community: Annotated[
        bool, Field(description="Whether all entries count, or the official ones.")
    ]
    editions: EditionsUsed
    group_best: Annotated[FrontierLevelOut | None, Field(description="The group's best ever.")]
    behind_best: Annotated[
        FrontierLevelOut | None, Field(description="The best ever of the one ahead.")
    ]
    methodology_breaks: Breaks
    matched_total: MatchedTotal
    method: Method
    note: Annotated[
        str | None,
        Field(
            description="What to beware of, null on a scale that does not float.", examples=[None]
        ),
    ]


class LagAnswer(TypedDict):
    """Every level of the frontier ahead, oldest first, and when the other group reached it."""

    data: list[WaitOut]
    meta: LagMetaOut
    links: ListLinksOut


def level_out(record: Record, model: Model) -> FrontierLevelOut:
    """A level of a frontier in an answer, given whose it is."""
    return {
        "model": model_ref(model),
        "organization": organization_ref(model.organization, record.edition_date),
        "score": record.score,
        "edition_date": record.edition_date,
    }


def all_waits_out(lag: Lag) -> AllWaitsOut:
    """All waits in an answer."""
    return {
        "median_days": lag.median_days,
        "kaplan_meier_days": lag.kaplan_meier_days,
        "trailing_days": lag.trailing_days,
        "leading_days": lag.leading_days,
        "open_waits": sum(wait.open for wait in lag.waits),
    }
