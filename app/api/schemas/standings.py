"""Standings and movements."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, NotRequired

import numpy as np
from pydantic import Field
from typing_extensions import TypedDict

from app.analytics.intervals import RankInterval, RankIntervals
from app.analytics.movements import Move, Split, Stood
from app.api.rows import rows_of, values
from app.api.schemas.common import (
    Asked,
    BoardMetaOut,
    EditionRef,
    IntervalsFrom,
    LicenceId,
    ListLinksOut,
    ListMetaOut,
    MatchedTotal,
    ModelRef,
    OrganizationRef,
    Rank,
    SelectionOut,
    SpanMetaOut,
    model_ref,
    organization_ref,
)
from app.api.schemas.shifts import Breaks
from app.domain.leaderboard import EntryKind, Movement
from app.domain.standings import Edition, differences, percentiles
from app.store.blocks import MISSING, Block

Score = Annotated[float, Field(description="In the board's unit, as published.", examples=[42.49])]
Bound = Annotated[
    float | None, Field(description="Bound of the score's interval.", examples=[41.9])
]
Votes = Annotated[int | None, Field(description="Votes behind the score.", examples=[12034])]
PreviousRank = Annotated[
    int | None,
    Field(description="Rank in the edition compared with, null if not there.", examples=[3]),
]
RankChange = Annotated[
    int | None,
    Field(description="Rank then - rank now: positive is better.", examples=[2]),
]
ScoreChange = Annotated[float | None, Field(description="Score now - score then.", examples=[0.7])]
MovementWord = Annotated[
    str,
    Field(
        description="up, down, same, new (never stood here before), re_entry or dropped_out.",
        examples=["up"],
    ),
]
Percentile = Annotated[
    float | None,
    Field(
        description="(Others below + half of the ties) / others, best 1; null when alone.",
        examples=[0.998],
    ),
]
Gap = Annotated[
    float,
    Field(description="Score behind the first, in the board's unit; 0 for it.", examples=[1.25]),
]
PrintedName = Annotated[
    str, Field(description="The name as upstream prints it.", examples=["Qwen/Qwen2-72B-Instruct"])
]
PublishedRank = Annotated[int | None, Field(description="Upstream's own rank.", examples=[1])]
RankLower = Annotated[int | None, Field(description="Best rank the intervals allow.", examples=[1])]
RankUpper = Annotated[
    int | None, Field(description="Worst rank the intervals allow.", examples=[4])
]
Variants = Annotated[int, Field(description="Printed lines behind this entry.", examples=[1])]
Official = Annotated[
    bool,
    Field(description="Made by an organization, not by the community.", examples=[True]),
]


class EntryOut(TypedDict):
    """One entry of an edition."""

    rank: Rank
    filtered_rank: NotRequired[
        Annotated[
            int, Field(description="Place among the selected; only under a filter.", examples=[1])
        ]
    ]
    previous_rank: PreviousRank
    rank_change: RankChange
    movement: MovementWord
    published_rank: PublishedRank
    score: Score
    score_lower: Bound
    score_upper: Bound
    score_change: ScoreChange
    rank_lower: RankLower
    rank_upper: RankUpper
    tier: Annotated[
        int | None,
        Field(
            description="Tiers from 1: entries that intervals cannot tell from their tier's first.",
            examples=[1],
        ),
    ]
    votes: Votes
    percentile: Percentile
    gap_to_leader: Gap
    model: ModelRef
    organization: OrganizationRef | None
    official: Official
    licence: Annotated[str | None, Field(description="As printed.", examples=["tongyi-qianwen"])]
    licence_id: LicenceId
    open_weights: Annotated[
        bool | None, Field(description="Whether the weights are published.", examples=[True])
    ]
    parameters_b: Annotated[float | None, Field(description="Parameters in 10^9.", examples=[72.7])]
    entry_kind: Annotated[EntryKind, Field(description="What it is.", examples=["model"])]
    printed_name: PrintedName
    variants: Variants


class StandingsMetaOut(BoardMetaOut, ListMetaOut):
    """About standings: the edition, the one compared with, and the question."""

    as_of: Asked
    known_at: Asked
    compare_to: Asked
    compared_edition: EditionRef | None
    matched_total: MatchedTotal
    intervals: IntervalsFrom
    organization: Annotated[
        str | None, Field(description="The organization asked for, by id.", examples=[None])
    ]
    selection: SelectionOut


class StandingsAnswer(TypedDict):
    """The entries of an edition, best first, ties by the model's id."""

    data: list[EntryOut]
    meta: StandingsMetaOut
    links: ListLinksOut


class DisplacementOut(TypedDict):
    """Places that others made of a rank change; positive when the place improved."""

    others: Annotated[int, Field(description="By the scores of those that stayed.", examples=[-1])]
    newcomers: Annotated[int, Field(description="By those that came above it.", examples=[-2])]
    leavers: Annotated[int, Field(description="By those above it that left.", examples=[0])]


class MoveOut(TypedDict):
    """One model in two editions. What belongs to the one it is absent from is null."""

    movement: MovementWord
    rank: Annotated[int | None, Field(description="Place now.", examples=[1])]
    previous_rank: Annotated[int | None, Field(description="Place then.", examples=[3])]
    rank_change: RankChange
    score: Annotated[float | None, Field(description="Score now.", examples=[42.49])]
    previous_score: Annotated[float | None, Field(description="Score then.", examples=[41.8])]
    score_change: ScoreChange
    score_lower: Bound
    score_upper: Bound
    previous_score_lower: Bound
    previous_score_upper: Bound
    significant: Annotated[
        bool | None,
        Field(
            description="Whether the two printed score intervals separate, the pool's common shift "
            "included; null without them."
        ),
    ]
    significant_net: Annotated[
        bool | None,
        Field(description="The same net of the pool's common shift: a move of the model's own."),
    ]
    own_rank_change: Annotated[
        int | None,
        Field(
            description="Places that the model's own score made, net of the pool's shift; with "
            "`displacement` it adds up to `rank_change`.",
            examples=[1],
        ),
    ]
    displacement: DisplacementOut | None
    rank_lower: RankLower
    rank_upper: RankUpper
    previous_rank_lower: RankLower
    previous_rank_upper: RankUpper
    model: ModelRef
    organization: OrganizationRef | None
    official: Official
    printed_name: PrintedName


class MovementsMetaOut(BoardMetaOut, ListMetaOut, SpanMetaOut):
    """About movements: the edition they lead to, the one they come from, and the question."""

    window: Annotated[str | None, Field(examples=["P30D"])]
    known_at: Asked
    from_edition: EditionRef | None
    pool_shift: Annotated[
        float | None,
        Field(
            description="Median score change of the models in both editions, weighted by precision "
            "where all have intervals: what all have in common.",
            examples=[0.4],
        ),
    ]
    significant: Annotated[bool | None, Field(examples=[None])]
    methodology_breaks: Breaks
    matched_total: MatchedTotal
    intervals: IntervalsFrom
    sort: Annotated[str, Field(examples=["-rank_change"])]
    organization: Annotated[
        str | None, Field(description="The organization asked for, by id.", examples=[None])
    ]
    selection: SelectionOut


class MovementsAnswer(TypedDict):
    """How models moved between two editions."""

    data: list[MoveOut]
    meta: MovementsMetaOut
    links: ListLinksOut


# In the order of `EntryOut`; what `Labels` say stands before its last.
_ENTRY = (
    b'{"rank":%b,"previous_rank":%b,"rank_change":%b,"movement":"%b","published_rank":%b,'
    b'"score":%b,"score_lower":%b,"score_upper":%b,"score_change":%b,"rank_lower":%b,'
    b'"rank_upper":%b,"tier":%b,"votes":%b,"percentile":%b,"gap_to_leader":%b,%b,"variants":%b}'
)


def entries_out(
    entries: Block,
    edition: Edition,
    *,
    open_ranks: RankIntervals,
    before: Stood,
    came: Iterable[Movement],
    labels: Sequence[bytes],
) -> list[bytes]:
    """Entries of an edition in an answer, as JSON: see `EntryOut`. All others are of them."""
    change = differences(entries.score, before.score)
    measured = open_ranks.measured
    return rows_of(
        _ENTRY,
        (
            values(entries.rank),
            values(before.rank, before.there),
            values(before.rank - entries.rank, before.there),
            [movement.encode() for movement in came],
            values(entries.published_rank, entries.published_rank != MISSING),
            values(entries.score),
            values(entries.score_lower),
            values(entries.score_upper),
            values(change, before.there),
            values(open_ranks.lower, measured),
            values(open_ranks.upper, measured),
            values(open_ranks.tier, measured),
            values(entries.votes, entries.votes != MISSING),
            values(percentiles(entries.rank, entries.tied, edition.entries_total)),
            values(np.abs(differences(edition.leader_score, entries.score))),
            labels,
            values(entries.variants),
        ),
    )


def among_selected(entry: bytes, filtered_rank: int) -> bytes:
    """An entry that is encoded, with its place among the selected."""
    return b'%b,"filtered_rank":%d}' % (entry[:-1], filtered_rank)


def move_out(
    move: Move,
    day: date,
    *,
    significant_net: bool | None,
    split: Split | None,
    interval: RankInterval | None,
    previous: RankInterval | None,
) -> MoveOut:
    """A movement to the edition of a day in an answer."""
    standing, now, before = move.standing, move.now, move.before
    return {
        "movement": move.movement,
        "rank": now and now.rank,
        "previous_rank": before and before.rank,
        "rank_change": move.rank_change,
        "score": now and now.score,
        "previous_score": before and before.score,
        "score_change": move.score_change,
        "score_lower": now and now.score_lower,
        "score_upper": now and now.score_upper,
        "previous_score_lower": before and before.score_lower,
        "previous_score_upper": before and before.score_upper,
        "significant": move.significant,
        "significant_net": significant_net,
        "own_rank_change": split and split.own,
        "displacement": split
        and {"others": split.others, "newcomers": split.newcomers, "leavers": split.leavers},
        "rank_lower": interval and interval.lower,
        "rank_upper": interval and interval.upper,
        "previous_rank_lower": previous and previous.lower,
        "previous_rank_upper": previous and previous.upper,
        "model": model_ref(standing.model),
        "organization": organization_ref(standing.model.organization, day),
        "official": standing.official,
        "printed_name": standing.printed_name,
    }
