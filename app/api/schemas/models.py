"""Models and their histories."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

import numpy as np
import orjson
from pydantic import Field
from typing_extensions import TypedDict

from app.api.rows import rows_of, values
from app.api.schemas.common import (
    Asked,
    AttributionOut,
    BoardMetaOut,
    EditionDate,
    EntriesTotal,
    LeaderboardId,
    LicenceId,
    LinksOut,
    ListLinksOut,
    ListMetaOut,
    MatchedTotal,
    ModelId,
    ModelRef,
    OrganizationRef,
    Path,
    Rank,
    Slug,
    SnapshotId,
    SpanMetaOut,
    organization_ref,
)
from app.api.schemas.shifts import Breaks
from app.api.schemas.standings import (
    Bound,
    Gap,
    MovementWord,
    Percentile,
    PreviousRank,
    PrintedName,
    PublishedRank,
    RankChange,
    Score,
    Variants,
    Votes,
)
from app.domain.leaderboard import EntryKind, Movement
from app.domain.periods import Granularity
from app.domain.standings import Board, Edition, Model, Point, differences, percentile, percentiles
from app.store.queries.histories import LastEntry, Presence
from app.store.queries.names import Alias


class ModelOut(TypedDict):
    """A model."""

    id: ModelId
    name: Annotated[str, Field(examples=["Qwen2-72B-Instruct"])]
    organization: OrganizationRef | None


class ModelsMetaOut(ListMetaOut):
    """About a list of models."""

    matched_total: MatchedTotal


class ModelsAnswer(TypedDict):
    """Models by id."""

    data: list[ModelOut]
    meta: ModelsMetaOut
    links: ListLinksOut


class AliasOut(TypedDict):
    """A name under which a source prints a model."""

    source: Slug
    printed_name: PrintedName
    reviewed: Annotated[
        bool, Field(description="Whether somebody has confirmed whose name it is.", examples=[True])
    ]
    since: Annotated[
        date | None,
        Field(
            description="Where the model was renamed to it: the first edition that prints it.",
            examples=[None],
        ),
    ]


class PlaceOut(TypedDict):
    """Where a model stands on a board, or stood last."""

    rank: Rank
    edition_date: EditionDate


class StandingOut(TypedDict):
    """A model on one board."""

    leaderboard: LeaderboardId
    title: Annotated[str, Field(examples=["Open LLM Leaderboard v2: average"])]
    first_edition_date: Annotated[
        date, Field(description="The first edition it stood in.", examples=["2024-06-08"])
    ]
    last_edition_date: Annotated[
        date, Field(description="The last edition it stood in.", examples=["2025-03-13"])
    ]
    current_rank: Annotated[
        int | None,
        Field(description="Place in the newest edition, null if not there.", examples=[12]),
    ]
    current_edition_date: Annotated[
        date | None, Field(description="The newest edition's date.", examples=["2025-03-13"])
    ]
    peak: PlaceOut
    last: PlaceOut
    score: Score
    percentile: Percentile


class ModelDetailOut(ModelOut):
    """One model; facts as printed in the newest edition it stands in."""

    reviewed: Annotated[
        bool,
        Field(description="Whether somebody has confirmed which names mean it.", examples=[True]),
    ]
    entry_kind: Annotated[
        EntryKind | None,
        Field(description="What it is: not every line of a board is a model.", examples=["model"]),
    ]
    base_model: Annotated[
        ModelRef | None, Field(description="The model it was made from, where that is known.")
    ]
    aliases: list[AliasOut]
    licence: Annotated[str | None, Field(description="As printed.", examples=["tongyi-qianwen"])]
    licence_id: LicenceId
    open_weights: Annotated[
        bool | None, Field(description="Whether the weights are published.", examples=[True])
    ]
    parameters_b: Annotated[float | None, Field(description="Parameters in 10^9.", examples=[72.7])]
    official: Annotated[
        bool | None,
        Field(description="Made by an organization, not by the community.", examples=[True]),
    ]
    leaderboards: Annotated[
        list[StandingOut], Field(description="Where it stands or stood, by board id.")
    ]


class ModelMetaOut(TypedDict):
    """Whose figures these are."""

    attribution: list[AttributionOut]


class ModelLinksOut(LinksOut):
    """This model, its maker, and its runs."""

    organization: Annotated[str | None, Field(examples=["/v1/organizations/alibaba"])]
    chart_run: Path


class ModelAnswer(TypedDict):
    """One model."""

    data: ModelDetailOut
    meta: ModelMetaOut
    links: ModelLinksOut


class PointOut(TypedDict):
    """One edition in a model's history."""

    edition_date: EditionDate
    snapshot_id: SnapshotId
    entries_total: EntriesTotal
    rank: Rank
    previous_rank: PreviousRank
    rank_change: RankChange
    movement: MovementWord
    published_rank: PublishedRank
    score: Score
    score_lower: Bound
    score_upper: Bound
    votes: Votes
    percentile: Percentile
    gap_to_leader: Gap
    printed_name: PrintedName
    variants: Variants


class HistoryMetaOut(BoardMetaOut, ListMetaOut, SpanMetaOut):
    """About a history; the edition named is the newest in the span."""

    model: ModelId
    known_at: Asked
    granularity: Annotated[Granularity, Field(examples=["edition"])]
    sort: Annotated[str, Field(examples=["edition_date"])]
    methodology_breaks: Breaks
    matched_total: MatchedTotal


class HistoryLinksOut(ListLinksOut):
    """This page, and what it is about."""

    model: Path
    leaderboard: Path


class HistoryAnswer(TypedDict):
    """A model's entries on one board, oldest first unless `sort` says otherwise."""

    data: list[PointOut]
    meta: HistoryMetaOut
    links: HistoryLinksOut


def model_out(model: Model, today: date) -> ModelOut:
    """A model in an answer, its maker by the name of today."""
    return {
        "id": model.slug,
        "name": model.name,
        "organization": organization_ref(model.organization, today),
    }


def aliases_out(aliases: Sequence[Alias]) -> list[AliasOut]:
    """The names of a model, by source."""
    return [
        {
            "source": alias.source,
            "printed_name": alias.printed_name,
            "reviewed": alias.reviewed,
            "since": alias.since,
        }
        for alias in sorted(aliases, key=lambda alias: (alias.source, alias.printed_name))
    ]


def standing_out(
    board: Board, presence: Presence, last: LastEntry, newest: Edition | None
) -> StandingOut:
    """A model on one board; `newest` is the board's newest edition."""
    current = newest is not None and newest.edition_date == last.edition_date
    return {
        "leaderboard": board.slug,
        "title": board.title,
        "first_edition_date": presence.first_date,
        "last_edition_date": presence.last_date,
        "current_rank": last.rank if current else None,
        "current_edition_date": newest and newest.edition_date,
        "peak": {"rank": presence.best_rank, "edition_date": presence.best_rank_date},
        "last": {"rank": last.rank, "edition_date": last.edition_date},
        "score": last.score,
        "percentile": percentile(last.rank, last.tied, last.entries_total),
    }


_POINT = (  # in the order of `PointOut`
    b'{"edition_date":%b,"snapshot_id":%b,"entries_total":%b,"rank":%b,"previous_rank":%b,'
    b'"rank_change":%b,"movement":"%b","published_rank":%b,"score":%b,"score_lower":%b,'
    b'"score_upper":%b,"votes":%b,"percentile":%b,"gap_to_leader":%b,"printed_name":%b,'
    b'"variants":%b}'
)


def points_out(points: Sequence[Point], movements: Sequence[Movement]) -> list[bytes]:
    """Editions of a history in an answer, as JSON: see `PointOut`."""
    if not points:
        return []
    editions, figures, previous, _previous_dates, printed = zip(*points, strict=True)
    days, _, rank, tied, score, lower, upper, votes, published, variants = zip(
        *figures, strict=True
    )
    totals = [edition.entries_total for edition in editions]
    leaders = [edition.leader_score for edition in editions]
    names = {name: orjson.dumps(name) for name in set(printed)}
    changes = [
        None if before is None else before - now for before, now in zip(previous, rank, strict=True)
    ]
    return rows_of(
        _POINT,
        (
            values(days),
            values([edition.snapshot_id for edition in editions]),
            values(totals),
            values(rank),
            values(previous),
            values(changes),
            [movement.encode() for movement in movements],
            values(published),
            values(score),
            values(lower),
            values(upper),
            values(votes),
            values(percentiles(np.array(rank), np.array(tied), np.array(totals))),
            values(np.abs(differences(np.array(leaders), np.array(score)))),
            [names[name] for name in printed],
            values(variants),
        ),
    )
