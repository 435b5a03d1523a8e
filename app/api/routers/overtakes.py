"""Who passed whom near the top of a leaderboard."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query, Response
from pydantic import Field

from app.analytics.overtakes import Overtake, Places, overtakes
from app.analytics.shifts import Shift, breaks_between
from app.api.cursors import Bookmark, Word
from app.api.deps import AnExchange, ReadRecord
from app.api.identifiers import board_at, model_called
from app.api.intervals import intervals_of, panel_with_intervals
from app.api.openapi import problems
from app.api.parameters import Country, LeaderboardId, Name
from app.api.questions import MAX_LIMIT, KnownAtQuestion, ListQuestion, SpanQuestion
from app.api.record import Record
from app.api.schemas.overtakes import OvertakesAnswer, OvertakesMetaOut, overtake_out
from app.api.schemas.shifts import breaks_out
from app.api.shifts import shifts_of
from app.domain.groups import Dimension
from app.domain.standings import Board, Model
from app.store.queries.panels import Panel

router = APIRouter(prefix="/leaderboards/{leaderboard}", tags=["leaderboards"])

OvertakesKey = tuple[int, int, int, Word, Word]
METHOD = (
    "Strictly ahead, and strictly behind in the last edition of both in which they were not level, "
    "however long ago; the overtaken in the top N there, or the overtaker now. Definitive: the two "
    "score intervals of the later edition, at the level that the board publishes, are apart."
)


class OvertakesQuestion(SpanQuestion, ListQuestion, KnownAtQuestion):
    """`GET /v1/leaderboards/{leaderboard}/overtakes`."""

    model: Annotated[
        Name | None,
        Field(
            description="Only overtakes by this model (id or printed name), or of it.",
            examples=["alibaba--qwen2-72b-instruct"],
        ),
    ] = None
    organization: Annotated[
        Name | None,
        Field(
            description="Only overtakes by a model of this organization (id or spelling), or of "
            "one.",
            examples=["alibaba"],
        ),
    ] = None
    country: Annotated[
        Country | None,
        Field(
            description="Only overtakes by a model made in this country (ISO 3166-1 alpha-2), or "
            "of one.",
            examples=["CN"],
        ),
    ] = None
    top_n: Annotated[
        int,
        Field(
            ge=1,
            le=MAX_LIMIT,
            description="Only where the overtaken stood in the top N or the overtaker came into "
            "it.",
        ),
    ] = 10
    definitive: Annotated[
        bool | None,
        Field(
            description="Only where the score intervals are apart, or with false where they "
            "overlap."
        ),
    ] = None


class Concerned(NamedTuple):
    """Whom a question is about, by canonical id."""

    model: str | None
    organization: str | None
    country: str | None

    def among(self, record: Record) -> list[int] | None:
        """The numbers of the models that are all that is asked; None asks nothing."""
        if self == (None, None, None):
            return None
        return [
            record.columns.number(Dimension.MODEL, model.slug)
            for model in record.names.models.values()
            if self._is(model)
        ]

    def _is(self, model: Model) -> bool:
        maker = model.organization
        return (
            self.model in {None, model.slug}
            and self.organization in {None, maker and maker.slug}
            and self.country in {None, maker and maker.country}
        )


def _concerned(record: Record, question: OvertakesQuestion) -> Concerned:
    """Raises NotFoundError: there is no such model, or organization."""
    return Concerned(
        question.model and model_called(record.names, question.model).slug,
        record.organization_id(question.organization),
        question.country,
    )


class Passed(NamedTuple):
    """An overtake, and who did what when."""

    overtake: Overtake
    model: Model
    overtaken: Model
    day: date
    previous_day: date


@router.get(
    "/overtakes",
    operation_id="get_overtakes",
    summary="Who passed whom",
    responses={200: {"model": OvertakesAnswer}, **problems(404, 422)},
)
def get_overtakes(
    leaderboard: LeaderboardId,
    question: Annotated[OvertakesQuestion, Query()],
    record: ReadRecord,
    exchange: AnExchange,
) -> Response:
    """Overtakes that touched the top N, newest first, within an edition by the new rank.

    Two models are held against the last edition in which both stood and were not level, before the
    span if need be: so those of a pair alternate. Who comes to the board or leaves passes nobody.
    """
    board = board_at(record.session, leaderboard)
    page = exchange.page(question, Bookmark[OvertakesKey], record)
    exchange.settle(*record.version_of(board), changed_at=board.changed_at, day=page.day)
    to = question.end(page.day)
    concerned = _concerned(record, question)
    # first of all, as it may read the whole board, of which the span is a part
    shifts = shifts_of(record, board, known_at=question.known_until)
    panel = panel_with_intervals(
        board, record.panel(board.id, last=to.day, known_at=question.known_until)
    )
    start = bisect_left(panel.days, question.from_day or date.min)
    found = [
        one
        for one in _passed(record, board, panel, start, question.top_n, concerned.among(record))
        if question.definitive in {None, one.overtake.definitive}
    ]
    shown = page.cut(sorted(found, key=_key), _key)
    meta = OvertakesMetaOut(
        {
            **record.board_meta(board, panel.editions[-1] if panel.editions else None),
            "from": question.from_text,
            "to": to.text,
            "known_at": question.known_at_text,
            "model": concerned.model,
            "organization": concerned.organization,
            "country": concerned.country,
            "top_n": question.top_n,
            "definitive": question.definitive,
            "editions": len(panel.editions) - start,
            "matched_total": len(found),
            "intervals": intervals_of(board, panel.entries.score_lower),
            "methodology_breaks": breaks_out(_breaks(shifts, found, panel.days, start)),
            "method": METHOD,
            "limit": page.limit,
            "next_cursor": shown.next_cursor,
        }
    )
    return exchange.reply(
        OvertakesAnswer(
            data=[
                overtake_out(*one[:3], day=one.day, previous_day=one.previous_day)
                for one in shown.items
            ],
            meta=meta,
            links=exchange.list_links(shown.next_cursor),
        )
    )


def _breaks(
    shifts: Iterable[Shift], found: Iterable[Passed], days: Sequence[date], start: int
) -> list[Shift]:
    """The breaks of the board's method between the editions that are compared."""
    if not days:
        return []
    first = min((one.previous_day for one in found), default=date.max)
    return breaks_between(shifts, min(first, days[max(start - 1, 0)]), days[-1])


def _passed(
    record: Record,
    board: Board,
    panel: Panel,
    start: int,
    top_n: int,
    concerning: list[int] | None,
) -> list[Passed]:
    numbers = record.columns.groups(Dimension.MODEL, panel.entries)
    entries = panel.entries
    columns = (numbers, entries.rank, entries.score_lower, entries.score_upper)
    editions = [
        Places(*(column[panel.rows(number)] for column in columns))  # type: ignore[arg-type]
        for number in range(len(panel.editions))
    ]
    found = overtakes(
        editions,
        top_n=top_n,
        higher_is_better=board.higher_is_better,
        concerning=concerning,
        since=start,
    )
    slugs, models, days = record.columns.keys[Dimension.MODEL], record.names.models, panel.days
    return [
        Passed(
            one,
            models[slugs[one.model]],
            models[slugs[one.overtaken]],
            days[one.edition],
            days[one.previous_edition],
        )
        for one in found
    ]


def _key(one: Passed) -> OvertakesKey:
    newest_first = -one.day.toordinal()
    ranks = (one.overtake.rank_after, one.overtake.overtaken_rank_after)
    return (newest_first, *ranks, one.model.slug, one.overtaken.slug)
