"""Models head to head on the boards they share."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import combinations
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query, Response
from pydantic import Field

from app.analytics.head_to_head import Crossing, Meeting, crossings, leads, win_probability
from app.analytics.shifts import Shift, breaks_between
from app.api.cursors import Bookmark, Word
from app.api.deps import AnExchange, ReadRecord
from app.api.eras import eras_ended
from app.api.identifiers import board_called, model_called
from app.api.openapi import problems
from app.api.parameters import FEWEST_MODELS, MOST_MODELS, Models, Text
from app.api.questions import KnownAtQuestion, ListQuestion, SpanQuestion
from app.api.record import Record
from app.api.schemas.common import attribution, edition_ref
from app.api.schemas.comparisons import (
    ComparisonOut,
    ComparisonsAnswer,
    ComparisonsMetaOut,
    WinProbabilityOut,
    ahead_out,
    crossing_out,
    latest_out,
    moment_out,
    win_probability_out,
)
from app.api.schemas.models import model_out
from app.api.schemas.shifts import breaks_out
from app.api.shifts import shifts_of
from app.domain.periods import Granularity
from app.domain.standings import Board, Edition, Line, Model
from app.errors import InvalidQueryError
from app.store.queries.boards import boards_by_id, record_state
from app.store.queries.histories import last_of_each_period
from app.store.queries.lines import boards_with, lines_by_board
from app.store.queries.sources import list_sources

router = APIRouter(prefix="/comparisons", tags=["models"])

ComparisonsKey = tuple[Word]
BRADLEY_TERRY = "elo"
METHOD = (
    "Ahead: alone with the best rank of those compared, in editions in which all of them stand; "
    "the newest holds until now or until the next era of the board begins. A crossing: strictly "
    "ahead, and strictly behind in the last edition of both in which they were not level; "
    "definitive where the score intervals are apart. Win probability: Bradley-Terry, "
    "1 / (1 + 10^(-d/400)) for a difference of d in the newest edition of both; bounds at the "
    "level of the board's intervals, as if the two scores were independent; ties left aside."
)


class ComparisonsQuestion(SpanQuestion, ListQuestion, KnownAtQuestion):
    """`GET /v1/comparisons`."""

    models: Annotated[
        Models,
        Field(
            description="Two to five models, by commas (ids or printed names).",
        ),
    ]
    leaderboard: Annotated[
        Text | None, Field(description="Only this board (id).", examples=["lmarena-text"])
    ] = None
    granularity: Annotated[
        Granularity,
        Field(description="A history of every edition, or of the last of each ISO week or month."),
    ] = Granularity.MONTH


class Shared(NamedTuple):
    """A board on which all models stand or stood in a span, the entries of each, and crossings.

    `ended` is when the next era of the board began, None if none has.
    """

    board: Board
    editions: Sequence[Edition]
    lines: Mapping[str, Mapping[date, Line]]
    crossings: Sequence[Crossing]
    ended: date | None


@router.get(
    "",
    operation_id="list_comparisons",
    summary="Models head to head",
    responses={200: {"model": ComparisonsAnswer}, **problems(404, 422)},
)
def list_comparisons(
    question: Annotated[ComparisonsQuestion, Query()], record: ReadRecord, exchange: AnExchange
) -> Response:
    """Two to five models side by side, on each board on which all stood in the span, by board id.

    Who was ahead for how long, each change of who was, where they stand now, how likely people
    prefer one to the other where the scale tells it, and their history.
    """
    models = _models(record, question)
    page = exchange.page(question, Bookmark[ComparisonsKey], record)
    state = record_state(record.session)
    exchange.settle(*record.version_of_all(state), changed_at=state.changed_at, day=page.day)
    to = question.end(page.day)
    only = None
    if question.leaderboard is not None:
        only = board_called(record.session, question.leaderboard)
    shared = _shared(record, models, only, question, to.day)
    shown = page.cut(shared, lambda one: (one.board.slug,))
    last = min(to.day, page.day)
    sources = {one.board.source for one in shared}
    meta = ComparisonsMetaOut(
        {
            "models": [model_out(model, last) for model in models],
            "leaderboard": only and only.slug,
            "from": question.from_text,
            "to": to.text,
            "known_at": question.known_at_text,
            "granularity": question.granularity,
            "matched_total": len(shared),
            "method": METHOD,
            "attribution": [
                attribution(source)
                for source in list_sources(record.session)
                if source.slug in sources
            ],
            "limit": page.limit,
            "next_cursor": shown.next_cursor,
        }
    )
    data = [
        _told(one, models, last, question.granularity, _breaks(record, one, question, to.day))
        for one in shown.items
    ]
    links = exchange.list_links(shown.next_cursor)
    return exchange.reply(ComparisonsAnswer(data=data, meta=meta, links=links))


def _models(record: Record, question: ComparisonsQuestion) -> list[Model]:
    """The models asked for, each once.

    Raises:
        NotFoundError: there is no such model.
        InvalidQueryError: they are too few or too many.
    """
    words = question.models.words
    called = [model_called(record.names, word, parameter="models") for word in words]
    models = list({model.slug: model for model in called}.values())
    if not FEWEST_MODELS <= len(models) <= MOST_MODELS:
        raise InvalidQueryError(
            "models", f"must be {FEWEST_MODELS} to {MOST_MODELS} different models"
        )
    return models


def _shared(
    record: Record,
    models: Sequence[Model],
    only: Board | None,
    question: ComparisonsQuestion,
    last: date,
) -> list[Shared]:
    """The boards on which all of the models stood in a span, by board id.

    Whoever was behind before the span and is ahead in its first edition has passed the other in it.
    """
    aliases = [a for model in models for a in record.names.aliases_of.get(model.slug, ())]
    ids = boards_with(record.session, aliases, only=only and only.id)
    boards = boards_by_id(record.session, ids)
    found = lines_by_board(record.session, aliases, ids, last=last, known_at=question.known_until)
    first = question.from_day or date.min
    ended = eras_ended(record, boards.values(), last, known_at=question.known_until)
    shared = []
    for board_id, whole in found.items():
        editions, of = whole.since(first)
        if len(of) == len(models):
            passed = crossings({model.slug: whole.of[model.slug] for model in models})
            within = [one for one in passed if one.day >= first]
            shared.append(Shared(boards[board_id], editions, of, within, ended.get(board_id)))
    return sorted(shared, key=lambda one: one.board.slug)


def _breaks(
    record: Record, shared: Shared, question: ComparisonsQuestion, last: date
) -> list[Shift]:
    """The breaks of a board's method in a span; reads all of the board, if it is not remembered."""
    shifts = shifts_of(record, shared.board, known_at=question.known_until)
    return breaks_between(shifts, question.from_day, last)


def _told(
    shared: Shared,
    models: Sequence[Model],
    last: date,
    granularity: Granularity,
    breaks: Iterable[Shift],
) -> ComparisonOut:
    """What one board says of models; until `last` the newest edition holds, if its era does."""
    board, editions, of, passed, ended = shared
    lines = {model.slug: of[model.slug] for model in models}
    meetings = _meetings(editions, list(lines.values()), last if ended is None else ended)
    ahead, level = leads(meetings, len(models))
    by_slug = {model.slug: model for model in models}
    kept = last_of_each_period(editions, granularity)
    sides = [(e.edition_date, [line.get(e.edition_date) for line in lines.values()]) for e in kept]
    return {
        "leaderboard": board.slug,
        "title": board.title,
        "kind": board.kind,
        "unit": board.unit,
        "edition": edition_ref(editions[-1]),
        "editions": len(editions),
        "common_editions": len(meetings),
        "ahead": [ahead_out(*pair) for pair in zip(models, ahead, strict=True)],
        "level": {"editions": level.editions, "days": level.days},
        "methodology_breaks": breaks_out(breaks),
        "crossings": [crossing_out(by_slug, one) for one in passed],
        "latest": [
            latest_out(by_slug[slug], *max(places.items())) for slug, places in lines.items()
        ],
        "win_probability": _chances(models, lines) if board.unit == BRADLEY_TERRY else None,
        "history": [moment_out(day, models, entries) for day, entries in sides if any(entries)],
    }


def _meetings(
    editions: Sequence[Edition], lines: Sequence[Mapping[date, Line]], last: date
) -> list[Meeting]:
    """The editions in which all stand."""
    days = [edition.edition_date for edition in editions]
    ends = [*days[1:], max(last, days[-1])]
    return [
        Meeting(start, end, [line[start] for line in lines])
        for start, end in zip(days, ends, strict=True)
        if all(start in line for line in lines)
    ]


def _chances(
    models: Sequence[Model], lines: Mapping[str, Mapping[date, Line]]
) -> list[WinProbabilityOut]:
    chances = []
    for model, opponent in combinations(models, 2):
        one, other = lines[model.slug], lines[opponent.slug]
        day = max(one.keys() & other.keys(), default=None)
        chance = None if day is None else win_probability(one[day], other[day])
        chances.append(win_probability_out(model, opponent, day, chance))
    return chances
