"""A model's chart runs, board by board."""

from datetime import date
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query, Response
from pydantic import Field

from app.analytics.chart_runs import ChartRun, chart_run
from app.api.cursors import Bookmark, Word
from app.api.deps import AnExchange, ReadRecord
from app.api.eras import eras_ended
from app.api.identifiers import board_called, model_at
from app.api.openapi import problems
from app.api.parameters import ModelId, Text
from app.api.questions import AsOfQuestion, KnownAtQuestion, ListQuestion
from app.api.record import Record
from app.api.schemas.chart_runs import ChartRunsAnswer, ChartRunsMetaOut, chart_run_out
from app.api.schemas.common import attribution
from app.domain.standings import Board, Edition, Model
from app.store.queries.boards import boards_by_id, record_state
from app.store.queries.lines import boards_with, lines_by_board
from app.store.queries.sources import list_sources

router = APIRouter(prefix="/models/{model}", tags=["models"])

ChartRunsKey = tuple[Word]
METHOD = (
    "Days of validity: an edition holds from its date until the next one's, the newest until "
    "`as_of` or until the next era of the board begins. Absences of less than 7 days are flapping "
    "of the upstream and break nothing; one that still lasts is an exit. A shared first place "
    "counts for all that share it; of a reign (`leaders`) there is one holder."
)


class ChartRunsQuestion(AsOfQuestion, ListQuestion, KnownAtQuestion):
    """`GET /v1/models/{model}/chart-run`."""

    leaderboard: Annotated[
        Text | None, Field(description="Only this board (id).", examples=["lmarena-text"])
    ] = None


class Charted(NamedTuple):
    """A model's run on a board, and the editions that it was taken from."""

    board: Board
    newest: Edition
    editions: int
    run: ChartRun


@router.get(
    "/chart-run",
    operation_id="get_model_chart_run",
    summary="A model's chart run on every leaderboard",
    responses={200: {"model": ChartRunsAnswer}, **problems(404, 422)},
)
def get_model_chart_run(
    model: ModelId,
    question: Annotated[ChartRunsQuestion, Query()],
    record: ReadRecord,
    exchange: AnExchange,
) -> Response:
    """Debut, peak, exit and re-entries, and the time at number one and in the top 3, 10 and 50.

    One run for each board on which the model had stood by `as_of`, by board id.
    """
    found = model_at(record.names, model)
    page = exchange.page(question, Bookmark[ChartRunsKey], record)
    state = record_state(record.session)
    exchange.settle(*record.version_of_all(state), changed_at=state.changed_at, day=page.day)
    as_of = question.moment(page.day)
    only = None
    if question.leaderboard is not None:
        only = board_called(record.session, question.leaderboard)
    charted = _charted(record, found, only, min(as_of.day, page.day), question)
    shown = page.cut(charted, lambda one: (one.board.slug,))
    sources = {one.board.source for one in charted}
    meta: ChartRunsMetaOut = {
        "model": found.slug,
        "leaderboard": only and only.slug,
        "as_of": as_of.text,
        "known_at": question.known_at_text,
        "matched_total": len(charted),
        "method": METHOD,
        "attribution": [
            attribution(source) for source in list_sources(record.session) if source.slug in sources
        ],
        "limit": page.limit,
        "next_cursor": shown.next_cursor,
    }
    return exchange.reply(
        ChartRunsAnswer(
            data=[chart_run_out(*one) for one in shown.items],
            meta=meta,
            links={
                **exchange.list_links(shown.next_cursor),
                "model": exchange.to("v1", "models", found.slug),
            },
        )
    )


def _charted(
    record: Record, model: Model, only: Board | None, as_of: date, question: ChartRunsQuestion
) -> list[Charted]:
    """The model's runs until a date, by board id."""
    aliases = record.names.aliases_of.get(model.slug, ())
    ids = boards_with(record.session, aliases, only=only and only.id)
    boards = boards_by_id(record.session, ids)
    lines = lines_by_board(record.session, aliases, ids, last=as_of, known_at=question.known_until)
    known_at = question.known_until
    ended = eras_ended(record, boards.values(), as_of, known_at=known_at)
    charted = []
    for board_id, (editions, of) in lines.items():
        ranks = {day: line.rank for day, line in of.get(model.slug, {}).items()}
        days = [edition.edition_date for edition in editions]
        run = chart_run(days, ranks, as_of=as_of, ended=ended.get(board_id))
        if run is not None:
            charted.append(Charted(boards[board_id], editions[-1], len(editions), run))
    return sorted(charted, key=lambda one: one.board.slug)
