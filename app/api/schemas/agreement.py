"""How far boards agree, and how much one changes."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from app.analytics.agreement import Agreement, Churn, RankBiasedOverlap
from app.api.rankings import Pair
from app.api.schemas.analyses import CommonModelsCount, Method
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
    SelectionOut,
    Share,
    SpanMetaOut,
    edition_ref,
)
from app.api.schemas.shifts import Breaks
from app.domain.periods import Granularity
from app.domain.standings import Board, Edition

TopK = Annotated[int, Field(description="The top k: those with rank <= k.", examples=[10])]
Persistence = Annotated[
    float,
    Field(
        description="p of the rank-biased overlap: 0.9 gives the top 10 86 % of the weight.",
        examples=[0.9],
    ),
]


class RankBiasedOverlapOut(TypedDict):
    """Overlap of two rankings that weighs the top most: 0 is disjoint, 1 the same."""

    minimum: Annotated[Share, Field(description="What was seen.", examples=[0.41])]
    residual: Annotated[
        Share, Field(description="What the unseen could add at most.", examples=[0.02])
    ]
    extrapolated: Annotated[
        Share,
        Field(description="The estimate, if agreement goes on as at the end.", examples=[0.42]),
    ]


class AgreementOut(TypedDict):
    """How far two boards agree."""

    leaderboards: Annotated[list[LeaderboardId], Field(description="The two boards.")]
    date: Annotated[EditionDate, Field(description="The date that this is for.")]
    editions: Annotated[
        list[EditionRef | None],
        Field(description="Their editions in force then, null where there was none."),
    ]
    common_models: CommonModelsCount
    kendall_tau_b: Annotated[
        float | None,
        Field(
            description="Of the models on both, in -1..1; null where all of a board are tied.",
            examples=[0.62],
        ),
    ]
    rank_biased_overlap: RankBiasedOverlapOut | None
    top_k_overlap: Annotated[
        Share | None, Field(description="Models in both top k / in either (Jaccard).")
    ]


class AgreementMetaOut(ListMetaOut, SpanMetaOut):
    """About agreement: the boards with their newest editions that were used, and the question."""

    leaderboards: list[BoardMetaOut]
    as_of: Asked
    known_at: Asked
    granularity: Annotated[
        Granularity | None, Field(description="Null for one date.", examples=["month"])
    ]
    among: Annotated[
        str, Field(description="common or all: whose ranks are compared.", examples=["common"])
    ]
    k: TopK
    persistence: Persistence
    selection: SelectionOut
    matched_total: MatchedTotal
    method: Method


class AgreementAnswer(TypedDict):
    """How far boards agree, every two of them, oldest first."""

    data: list[AgreementOut]
    meta: AgreementMetaOut
    links: ListLinksOut


class ChurnOut(TypedDict):
    """How much changed from one edition to the next."""

    edition: EditionRef
    previous_edition: EditionRef
    rank_biased_distance: Annotated[
        Share | None,
        Field(description="1 - rank-biased overlap, null if one of them is empty."),
    ]
    top_k_replaced: Annotated[
        Share | None, Field(description="Part of the top k that was not in the one before.")
    ]
    came_into_top_k: Annotated[list[ModelRef], Field(description="Who, by id.")]
    fell_out_of_top_k: Annotated[
        list[ModelRef], Field(description="Who, by id; it may stand further down.")
    ]
    entered: Annotated[
        int, Field(description="Entries that were not in the edition before.", examples=[3])
    ]
    left: Annotated[
        int, Field(description="Entries of the edition before that are gone.", examples=[0])
    ]


class ChurnMetaOut(BoardMetaOut, ListMetaOut, SpanMetaOut):
    """About churn: the newest edition looked at, and the question."""

    known_at: Asked
    granularity: Annotated[Granularity, Field(examples=["edition"])]
    k: TopK
    persistence: Persistence
    selection: SelectionOut
    methodology_breaks: Breaks
    matched_total: MatchedTotal
    method: Method


class ChurnAnswer(TypedDict):
    """How much each edition changed, oldest first."""

    data: list[ChurnOut]
    meta: ChurnMetaOut
    links: ListLinksOut


def agreement_out(boards: Sequence[Board], pair: Pair, found: Agreement) -> AgreementOut:
    """How far two boards agree, in an answer."""
    return {
        "leaderboards": [boards[place].slug for place in pair.boards],
        "date": pair.day,
        "editions": [edition_ref(edition) for edition in pair.editions],
        "common_models": found.common_models,
        "kendall_tau_b": found.kendall_tau_b,
        "rank_biased_overlap": _overlap_out(found.rank_biased_overlap),
        "top_k_overlap": found.top_k_overlap,
    }


def churn_out(
    editions: tuple[Edition, Edition], found: Churn, *, came: list[ModelRef], fell: list[ModelRef]
) -> ChurnOut:
    """How much changed, in an answer."""
    before, after = editions
    return {
        "edition": edition_ref(after),
        "previous_edition": edition_ref(before),
        "rank_biased_distance": found.rank_biased_distance,
        "top_k_replaced": found.top_k_replaced,
        "came_into_top_k": came,
        "fell_out_of_top_k": fell,
        "entered": found.entered,
        "left": found.left,
    }


def _overlap_out(overlap: RankBiasedOverlap | None) -> RankBiasedOverlapOut | None:
    if overlap is None:
        return None
    return {
        "minimum": overlap.minimum,
        "residual": overlap.residual,
        "extrapolated": overlap.extrapolated,
    }
