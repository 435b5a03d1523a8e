"""Records of a board: the progression of the best score ever."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from app.analytics.frontiers import Record
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
    SelectionOut,
    SpanMetaOut,
    model_ref,
    organization_ref,
)
from app.api.schemas.leaders import EditionsUsed
from app.api.schemas.shifts import Breaks
from app.api.schemas.standings import Bound, Score
from app.domain.standings import Model


class RecordOut(TypedDict):
    """A score better than all before it."""

    model: ModelRef
    organization: OrganizationRef | None
    edition_date: EditionDate
    score: Score
    score_lower: Bound
    score_upper: Bound
    margin: Annotated[
        float | None,
        Field(
            description="By how much it beat the record before, in the board's unit; null for the "
            "first.",
            examples=[1.2],
        ),
    ]
    days_since_previous: Annotated[
        int | None,
        Field(
            description="How long the record before had stood; null for the first.", examples=[92]
        ),
    ]


class RecordsMetaOut(BoardMetaOut, ListMetaOut, SpanMetaOut):
    """About records: the newest edition looked at, how many were, and the question."""

    known_at: Asked
    selection: SelectionOut
    editions: EditionsUsed
    matched_total: MatchedTotal
    intervals: IntervalsFrom
    methodology_breaks: Breaks
    days_since_newest: Annotated[
        int | None,
        Field(description="How long the newest record has stood; null without one.", examples=[41]),
    ]
    method: Annotated[str, Field(description="How it was found.", examples=["Upper records"])]
    note: Annotated[
        str | None,
        Field(
            description="What to beware of, null on a scale that does not float.", examples=[None]
        ),
    ]


class RecordsAnswer(TypedDict):
    """The progression of the best score ever, oldest first."""

    data: list[RecordOut]
    meta: RecordsMetaOut
    links: ListLinksOut


def record_out(
    record: Record, model: Model, bounds: tuple[float | None, float | None]
) -> RecordOut:
    """A record in an answer, given who set it and the bounds of its score."""
    lower, upper = bounds
    return {
        "model": model_ref(model),
        "organization": organization_ref(model.organization, record.edition_date),
        "edition_date": record.edition_date,
        "score": record.score,
        "score_lower": lower,
        "score_upper": upper,
        "margin": record.margin and round(record.margin, 9),
        "days_since_previous": record.days_since_previous,
    }
