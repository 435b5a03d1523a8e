"""How far boards agree, and how much one changes from edition to edition."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.analytics.agreement import (
    PERSISTENCE,
    agreement,
    among_common,
    churn,
    top_items,
)
from app.analytics.shifts import breaks_between
from app.api.analysis_questions import AgreementQuestion, Among, ChurnQuestion
from app.api.common_models import settle
from app.api.cursors import Bookmark
from app.api.deps import AnExchange, ReadRecord
from app.api.identifiers import board_at, board_called
from app.api.openapi import problems
from app.api.parameters import FEWEST_BOARDS, MOST_BOARDS, LeaderboardId
from app.api.questions import MAX_LIMIT
from app.api.rankings import Pair, Rankings, pairs_at, pairs_over_time
from app.api.record import Record
from app.api.schemas.agreement import (
    AgreementAnswer,
    AgreementMetaOut,
    ChurnAnswer,
    ChurnMetaOut,
    ChurnOut,
    agreement_out,
    churn_out,
)
from app.api.schemas.common import ModelRef, model_ref, selection_out
from app.api.schemas.shifts import breaks_out
from app.api.shifts import shifts_of
from app.domain.groups import Dimension
from app.domain.standings import Board, Edition
from app.errors import InvalidQueryError
from app.store.queries.editions import (
    editions_by_board,
    editions_in_force,
    newest_editions,
)
from app.store.queries.histories import last_of_each_period

router = APIRouter(tags=["analyses"])

AgreementKey = tuple[date, tuple[int, int]]
ChurnKey = tuple[date]
AGREEMENT = (
    "Kendall's tau-b of the models on both boards; rank-biased overlap (Webber, Moffat and Zobel "
    "2010), tied models entering together; Jaccard index of the top k."
)
CHURN = (
    "Rank-biased distance (1 - extrapolated rank-biased overlap; Webber, Moffat and Zobel 2010); "
    "part of the top k that is new there; entries that came and went."
)


@router.get(
    "/analyses/agreement",
    operation_id="get_agreement",
    summary="How far boards agree",
    responses={200: {"model": AgreementAnswer}, **problems(404, 422)},
)
def get_agreement(
    question: Annotated[AgreementQuestion, Query()], record: ReadRecord, exchange: AnExchange
) -> Response:
    """Every two of some boards: at a date, or over time with `granularity`, `from` or `to`.

    Over time there is a row whenever one of the two has a new edition and both have had one. Under
    a filter the rankings are those of the selected entries.
    """
    boards = _boards(record, question)
    page = exchange.page(question, Bookmark[AgreementKey], record, most_rows=MAX_LIMIT)
    selection = record.selection(question.selection)
    settle(exchange, record, boards, page.day)
    newest, pairs = _pairs(record, boards, question, page.day)
    shown = page.cut(pairs, lambda pair: (pair.day, pair.boards))
    rankings = Rankings(record, [e for pair in shown.items for e in pair.editions], selection)
    meta = AgreementMetaOut(
        {
            "leaderboards": [record.board_meta(board, newest.get(board.id)) for board in boards],
            "as_of": None if question.steps else question.moment(page.day).text,
            "from": question.from_text,
            "to": question.end(page.day).text if question.steps else None,
            "known_at": question.known_at_text,
            "granularity": question.steps,
            "among": question.among,
            "k": question.k,
            "persistence": PERSISTENCE,
            "selection": selection_out(selection),
            "matched_total": len(pairs),
            "method": AGREEMENT,
            "limit": page.limit,
            "next_cursor": shown.next_cursor,
        }
    )
    data = []
    for pair in shown.items:
        one, other = map(rankings.of, pair.editions)
        if question.among is Among.COMMON:
            one, other = among_common(one, other)
        data.append(agreement_out(boards, pair, agreement(one, other, k=question.k)))
    links = exchange.list_links(shown.next_cursor)
    return exchange.reply(AgreementAnswer(data=data, meta=meta, links=links))


@router.get(
    "/leaderboards/{leaderboard}/churn",
    operation_id="get_churn",
    summary="How much a leaderboard changes",
    responses={200: {"model": ChurnAnswer}, **problems(404, 422)},
)
def get_churn(
    leaderboard: LeaderboardId,
    question: Annotated[ChurnQuestion, Query()],
    record: ReadRecord,
    exchange: AnExchange,
) -> Response:
    """Each edition from `from` to `to` against the one before, oldest first.

    Under a filter the rankings are those of the selected entries.
    """
    board = board_at(record.session, leaderboard)
    page = exchange.page(question, Bookmark[ChurnKey], record)
    selection = record.selection(question.selection)
    settle(exchange, record, [board], page.day)
    to = question.end(page.day)
    editions = editions_in_force(
        record.session, board.id, last=to.day, known_at=question.known_until
    )
    begin = question.from_day or date.min
    kept = last_of_each_period(editions, question.granularity)
    steps = [(one, other) for one, other in pairwise(kept) if other.edition_date >= begin]
    shown = page.cut(steps, lambda step: (step[1].edition_date,))
    shifts = shifts_of(record, board, known_at=question.known_until)
    since = steps[0][0].edition_date if steps else to.day
    rankings = Rankings(record, [edition for step in shown.items for edition in step], selection)
    meta = ChurnMetaOut(
        {
            **record.board_meta(board, editions[-1] if editions else None),
            "from": question.from_text,
            "to": to.text,
            "known_at": question.known_at_text,
            "granularity": question.granularity,
            "k": question.k,
            "persistence": PERSISTENCE,
            "selection": selection_out(selection),
            "methodology_breaks": breaks_out(breaks_between(shifts, since, to.day)),
            "matched_total": len(steps),
            "method": CHURN,
            "limit": page.limit,
            "next_cursor": shown.next_cursor,
        }
    )
    data = [_churn(record, rankings, step, question.k) for step in shown.items]
    links = exchange.list_links(shown.next_cursor)
    return exchange.reply(ChurnAnswer(data=data, meta=meta, links=links))


def _boards(record: Record, question: AgreementQuestion) -> list[Board]:
    """The boards that are to be compared, each once."""
    if question.steps is not None and question.as_of is not None:
        raise InvalidQueryError("as_of", "goes without `from`, `to` and `granularity`")
    words = question.leaderboards.words
    called = [board_called(record.session, word, parameter="leaderboards") for word in words]
    boards = list(dict.fromkeys(called))
    if not FEWEST_BOARDS <= len(boards) <= MOST_BOARDS:
        raise InvalidQueryError(
            "leaderboards", f"must be {FEWEST_BOARDS} to {MOST_BOARDS} different leaderboards"
        )
    return boards


def _pairs(
    record: Record, boards: Sequence[Board], question: AgreementQuestion, today: date
) -> tuple[Mapping[int, Edition], list[Pair]]:
    """The newest editions that are looked at by their boards' ids, and what is compared."""
    ids = [board.id for board in boards]
    if question.steps is None:
        as_of = question.moment(today).day
        newest = newest_editions(record.session, as_of, ids, known_at=question.known_until)
        return newest, pairs_at(as_of, boards, newest)
    editions = editions_by_board(
        record.session, ids, last=question.end(today).day, known_at=question.known_until
    )
    newest = {board_id: of_board[-1] for board_id, of_board in editions.items()}
    first = question.from_day or date.min
    return newest, pairs_over_time(boards, editions, first=first, granularity=question.steps)


def _churn(record: Record, rankings: Rankings, step: tuple[Edition, Edition], k: int) -> ChurnOut:
    before, after = map(rankings.of, step)
    was, top = top_items(before, k), top_items(after, k)
    return churn_out(
        step,
        churn(before, after, k=k),
        came=_models(record, top - was),
        fell=_models(record, was - top),
    )


def _models(record: Record, numbers: Iterable[int]) -> list[ModelRef]:
    """Models by their numbers, by id."""
    keys = record.columns.keys[Dimension.MODEL]
    return [model_ref(record.names.models[keys[number]]) for number in sorted(numbers)]
