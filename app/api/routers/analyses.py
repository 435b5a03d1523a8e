"""Analyses over several boards: what standing on one says about another."""

from datetime import date
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Response

from app.analytics.generalization import Generalization, generalization
from app.api.analysis_questions import (
    ONLY_OF_ORGANIZATIONS,
    AnalysisBy,
    GeneralizationQuestion,
)
from app.api.common_models import (
    CommonModels,
    SortKey,
    board_then,
    chosen,
    order_by,
    settle,
)
from app.api.cursors import Bookmark
from app.api.deps import AnExchange, ReadRecord
from app.api.identifiers import board_called
from app.api.openapi import problems
from app.api.record import Record
from app.api.schemas.analyses import (
    GeneralizationAnswer,
    GeneralizationMetaOut,
    model_shift_out,
    organization_shift_out,
    together_out,
)
from app.api.schemas.common import selection_out
from app.domain.groups import Dimension
from app.domain.standings import Board
from app.errors import InvalidQueryError

router = APIRouter(prefix="/analyses", tags=["analyses"])

GENERALIZATION = (
    "Percentiles among the models on both boards. Of a model: 95 % bootstrap percentile interval, "
    "the other models drawn anew. Of a mean: 95 % Student interval and two-sided t-test with the "
    "bootstrap's standard error (1000 replicates); q by Benjamini-Hochberg over organizations; "
    "models of one maker are taken as independent."
)


@router.get(
    "/generalization",
    operation_id="get_generalization",
    summary="The same models on an older and a newer board",
    responses={200: {"model": GeneralizationAnswer}, **problems(404, 422)},
)
def get_generalization(
    question: Annotated[GeneralizationQuestion, Query()],
    record: ReadRecord,
    exchange: AnExchange,
) -> Response:
    """Whether standing on one board carries over to another, percentile against percentile.

    Both boards are taken as of one date. The models official on both are compared, all with
    `include_community=true`; filters choose rows and leave the figures alone. `meta.leaders` tells
    what became of the older board's first, beside what is to be expected of leaders.
    """
    boards = _two_boards(record, question)
    page = exchange.page(question, Bookmark[SortKey], record)
    selection = record.selection(question.selection)
    settle(exchange, record, boards, page.day)
    as_of = question.moment(page.day)
    old, new = (
        board_then(record, board, as_of.day, known_at=question.known_until) for board in boards
    )
    common = CommonModels(record, [old, new], question.counted)
    before, after = common.oriented
    found = generalization(before, after, common.maker)
    key = order_by(question.sort, question.by)
    rows = chosen(_changes(record, question.by, common, found, new.day), selection, key)
    shown = page.cut(rows, key)
    meta = GeneralizationMetaOut(
        from_board=old.meta(record),
        to_board=new.meta(record),
        as_of=as_of.text,
        known_at=question.known_at_text,
        by=question.by,
        include_community=question.include_community,
        selection=selection_out(selection),
        sort=question.sort,
        **together_out(found, common_models=len(common.model)),
        matched_total=len(rows),
        method=GENERALIZATION,
        limit=page.limit,
        next_cursor=shown.next_cursor,
    )
    data: list[Any] = list(shown.items)
    links = exchange.list_links(shown.next_cursor)
    return exchange.reply(GeneralizationAnswer(data=data, meta=meta, links=links))


def _two_boards(record: Record, question: GeneralizationQuestion) -> list[Board]:
    asked = {"from_board": question.from_board, "to_board": question.to_board}
    boards = [
        board_called(record.session, name, parameter=parameter) for parameter, name in asked.items()
    ]
    if boards[0] == boards[1]:
        raise InvalidQueryError("to_board", "must be another board than `from_board`")
    if question.by is AnalysisBy.MODEL and question.sort in ONLY_OF_ORGANIZATIONS:
        raise InvalidQueryError("sort", f"`{question.sort}` goes with `by=organization` only")
    return boards


def _changes(
    record: Record,
    by: AnalysisBy,
    common: CommonModels,
    found: Generalization | None,
    day: date,
) -> list[dict[str, Any]]:
    """A row for each model, or for each organization that is known."""
    if found is None:
        return []
    if by is AnalysisBy.MODEL:
        places = zip(*common.places(), strict=True)
        return [
            model_shift_out(model, shift, there, day)
            for model, shift, there in zip(common.models(), found.models, places, strict=True)
        ]
    keys = record.columns.keys[Dimension.ORGANIZATION]
    return [
        organization_shift_out(
            record.names.organizations[keys[group]],
            [found.models[row] for row in np.flatnonzero(common.maker == group)],
            change,
            day,
        )
        for group, _, change in found.groups
    ]
