"""Shifts of a whole board, and breaks of its method."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from app.analytics.shifts import Shift
from app.api.schemas.common import (
    Asked,
    BoardMetaOut,
    EditionDate,
    EditionRef,
    ListLinksOut,
    ListMetaOut,
    MatchedTotal,
    SpanMetaOut,
    edition_ref,
)

PoolShiftOf = Annotated[
    float | None,
    Field(
        description="Weighted median of the score changes of the models in both editions, in the "
        "board's unit; null without any.",
        examples=[62.99],
    ),
]
Reasons = Annotated[
    list[str],
    Field(
        description="Why scores before and after do not compare as they stand: `score_shift` (all "
        "moved together), `interval_change` (intervals are made in another way). Empty: they do.",
        examples=[["score_shift"]],
    ),
]


class BreakOut(TypedDict):
    """A break of the board's method within the span of an answer."""

    edition_date: EditionDate
    previous_edition_date: Annotated[date, Field(examples=["2024-03-26"])]
    reasons: Reasons
    pool_shift: PoolShiftOf


Breaks = Annotated[
    list[BreakOut],
    Field(description="Breaks of the board's method that the answer spans, oldest first."),
]


class ShiftOut(TypedDict):
    """What the models common to two consecutive editions have in common."""

    edition: EditionRef
    previous_edition: EditionRef
    common_models: Annotated[int, Field(description="Models in both editions.", examples=[75])]
    pool_shift: PoolShiftOf
    spread: Annotated[
        float | None,
        Field(description="Median distance of a model's change from the shift.", examples=[3.1]),
    ]
    interval_ratio: Annotated[
        float | None,
        Field(
            description="Median width of the intervals over that before; null without intervals.",
            examples=[1.02],
        ),
    ]
    methodology_break: Reasons


class ShiftsMetaOut(BoardMetaOut, ListMetaOut, SpanMetaOut):
    """About shifts: the newest edition, and the question."""

    known_at: Asked
    matched_total: MatchedTotal
    method: Annotated[str, Field(examples=["Shift: median score change ..."])]


class ShiftsAnswer(TypedDict):
    """Shifts from edition to edition, oldest first."""

    data: list[ShiftOut]
    meta: ShiftsMetaOut
    links: ListLinksOut


def breaks_out(breaks: Iterable[Shift]) -> list[BreakOut]:
    """Breaks in an answer."""
    return [
        {
            "edition_date": one.edition.edition_date,
            "previous_edition_date": one.before.edition_date,
            "reasons": list(one.reasons),
            "pool_shift": one.pool.shift,
        }
        for one in breaks
    ]


def shift_out(one: Shift) -> ShiftOut:
    """A shift in an answer."""
    return {
        "edition": edition_ref(one.edition),
        "previous_edition": edition_ref(one.before),
        "common_models": one.pool.models,
        "pool_shift": one.pool.shift,
        "spread": one.pool.spread,
        "interval_ratio": one.pool.widening,
        "methodology_break": list(one.reasons),
    }
