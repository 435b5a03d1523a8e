"""A model's chart runs."""

from datetime import date
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from app.analytics.chart_runs import DEPTHS, ChartRun, Depth, Place, Streak
from app.api.schemas.common import (
    Asked,
    AttributionOut,
    EditionRef,
    LeaderboardId,
    ListLinksOut,
    ListMetaOut,
    MatchedTotal,
    ModelId,
    Path,
    edition_ref,
)
from app.api.schemas.leaders import EditionsUsed
from app.api.schemas.models import PlaceOut
from app.domain.standings import Board, Edition

Days = Annotated[
    int, Field(description="Days on which an edition held that says so.", examples=[64])
]

_StreakSpanOut = TypedDict(
    "_StreakSpanOut",
    {
        "from": Annotated[
            date, Field(description="The edition that began it.", examples=["2024-05-13"])
        ],
        "to": Annotated[
            date | None,
            Field(
                description="The edition that ended it, null while it lasts.",
                examples=["2024-07-16"],
            ),
        ],
    },
)


class StreakOut(_StreakSpanOut):
    """An unbroken time."""

    length_days: Annotated[
        int, Field(description="From `from` to `to`, or until `as_of`.", examples=[64])
    ]


class DepthStreaksOut(TypedDict):
    """Unbroken times with a rank of at most N."""

    current: Annotated[
        StreakOut | None,
        Field(description="Null unless it stands there and the board's era lasts."),
    ]
    longest: Annotated[StreakOut | None, Field(description="Null if it never stood there.")]


class StreaksOut(TypedDict):
    """Unbroken times near the top."""

    number_one: DepthStreaksOut
    top_3: DepthStreaksOut
    top_10: DepthStreaksOut
    top_50: DepthStreaksOut


class ChartRunOut(TypedDict):
    """A model's run on one board. Ranks are those on the whole board; ties count for all."""

    leaderboard: LeaderboardId
    title: Annotated[str, Field(examples=["Open LLM Leaderboard v2: average"])]
    status: Annotated[
        str,
        Field(
            description="active or archived: what stands on an archived board stays there.",
            examples=["archived"],
        ),
    ]
    edition: Annotated[EditionRef, Field(description="The newest edition that was looked at.")]
    editions: EditionsUsed
    debut: PlaceOut
    peak: Annotated[PlaceOut, Field(description="The best rank, and the first edition with it.")]
    last: PlaceOut
    exit_date: Annotated[
        date | None,
        Field(
            description="The first edition without it after `last`, null while it stands there.",
            examples=[None],
        ),
    ]
    re_entries: Annotated[
        int, Field(description="Absences of a week and more that it came back from.", examples=[0])
    ]
    days_on_chart: Days
    days_at_number_one: Days
    weeks_at_number_one: Annotated[
        int, Field(description="ISO weeks on whose Sunday it stood first.", examples=[9])
    ]
    days_in_top_3: Days
    days_in_top_10: Days
    days_in_top_50: Days
    streaks: StreaksOut


class ChartRunsMetaOut(ListMetaOut):
    """About chart runs, and the question."""

    model: ModelId
    leaderboard: Annotated[
        str | None, Field(description="The board asked for, by id.", examples=[None])
    ]
    as_of: Asked
    known_at: Asked
    matched_total: MatchedTotal
    method: Annotated[str, Field(description="How it was counted.", examples=["Days of validity"])]
    attribution: list[AttributionOut]


class ChartRunsLinksOut(ListLinksOut):
    """This page, and what it is about."""

    model: Path


class ChartRunsAnswer(TypedDict):
    """A model's runs, by board id."""

    data: list[ChartRunOut]
    meta: ChartRunsMetaOut
    links: ChartRunsLinksOut


def chart_run_out(board: Board, newest: Edition, editions: int, run: ChartRun) -> ChartRunOut:
    """A run in an answer."""
    number_one, top_3, top_10, top_50 = (run.top[depth] for depth in DEPTHS)
    return {
        "leaderboard": board.slug,
        "title": board.title,
        "status": board.status,
        "edition": edition_ref(newest),
        "editions": editions,
        "debut": _place_out(run.debut),
        "peak": _place_out(run.peak),
        "last": _place_out(run.last),
        "exit_date": run.exit_date,
        "re_entries": run.re_entries,
        "days_on_chart": run.days_on_chart,
        "days_at_number_one": number_one.days,
        "weeks_at_number_one": run.weeks_at_number_one,
        "days_in_top_3": top_3.days,
        "days_in_top_10": top_10.days,
        "days_in_top_50": top_50.days,
        "streaks": {
            "number_one": _streaks_out(number_one),
            "top_3": _streaks_out(top_3),
            "top_10": _streaks_out(top_10),
            "top_50": _streaks_out(top_50),
        },
    }


def _place_out(place: Place) -> PlaceOut:
    return {"rank": place.rank, "edition_date": place.edition_date}


def _streaks_out(depth: Depth) -> DepthStreaksOut:
    return {"current": _streak_out(depth.current), "longest": _streak_out(depth.longest)}


def _streak_out(streak: Streak | None) -> StreakOut | None:
    if streak is None:
        return None
    return StreakOut({"length_days": streak.length_days, "from": streak.start, "to": streak.end})
