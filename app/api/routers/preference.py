"""Who stands better with people than on benchmarks, or the other way round."""

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Response

from app.analytics.preference_gap import (
    MINIMUM_MODELS,
    PreferenceGap,
    preference_gap,
    standard_scores,
)
from app.api.analysis_questions import AnalysisBy, PreferenceGapQuestion
from app.api.common_models import (
    BoardThen,
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
from app.api.schemas.common import selection_out
from app.api.schemas.preference import (
    BenchmarkPlaceOut,
    PreferenceGapAnswer,
    PreferenceGapMetaOut,
    RegressionOut,
    model_gap_out,
    organization_gap_out,
)
from app.domain.groups import Dimension, Ints
from app.domain.leaderboard import BoardKind
from app.domain.standings import Board
from app.errors import InvalidQueryError
from app.store.blocks import Floats

router = APIRouter(prefix="/analyses", tags=["analyses"])

METHOD = (
    "Least squares of preference on the benchmark score, on the mean standard score of several; "
    "the benchmark's own error flattens the line. Residuals from the line of the other models, "
    "studentised externally; two-sided t-tests, q by Benjamini-Hochberg over all rows; a direction "
    "where q <= 0.05. Of an organization: t-test of its models' mean; models of one maker are "
    "taken as independent. Each board in one edition only: a gap that does not persist over "
    "editions is weak evidence. A gap has many causes; it says nothing about intent."
)


@router.get(
    "/benchmark-preference-gap",
    operation_id="get_benchmark_preference_gap",
    summary="Who stands better with people than on benchmarks",
    responses={200: {"model": PreferenceGapAnswer}, **problems(404, 422)},
)
def get_benchmark_preference_gap(
    question: Annotated[PreferenceGapQuestion, Query()],
    record: ReadRecord,
    exchange: AnExchange,
) -> Response:
    """How far people's preference for a model is from what its benchmarks say, both ways.

    All models on all of the boards count, each board as of one date. Filters choose rows and leave
    the figures alone. It takes 20 models; of fewer `meta.insufficient_data` is true and there are
    no rows.
    """
    boards = _boards(record, question)
    page = exchange.page(question, Bookmark[SortKey], record)
    selection = record.selection(question.selection)
    settle(exchange, record, boards, page.day)
    as_of = question.moment(page.day)
    then = [board_then(record, board, as_of.day, known_at=question.known_until) for board in boards]
    common = CommonModels(record, then)
    *scores, preference = common.oriented
    found = preference_gap(_together(scores), preference, common.maker)
    key = order_by(question.sort, question.by)
    rows = chosen(_gaps(record, question.by, common, found, then), selection, key)
    shown = page.cut(rows, key)
    *benchmarks, people = (board.meta(record) for board in then)
    meta = PreferenceGapMetaOut(
        benchmarks=benchmarks,
        preference=people,
        as_of=as_of.text,
        known_at=question.known_at_text,
        by=question.by,
        selection=selection_out(selection),
        sort=question.sort,
        common_models=len(common.model),
        minimum_models=MINIMUM_MODELS,
        insufficient_data=found is None,
        regression=_line(found, then),
        matched_total=len(rows),
        method=METHOD,
        limit=page.limit,
        next_cursor=shown.next_cursor,
    )
    data: list[Any] = list(shown.items)
    links = exchange.list_links(shown.next_cursor)
    return exchange.reply(PreferenceGapAnswer(data=data, meta=meta, links=links))


def _boards(record: Record, question: PreferenceGapQuestion) -> list[Board]:
    """The benchmarks, each once, and last the preference board."""
    preference = board_called(record.session, question.preference, parameter="preference")
    if preference.kind != BoardKind.PREFERENCE:
        raise InvalidQueryError("preference", f"{preference.slug} is no board of preference")
    called = [
        board_called(record.session, word, parameter="benchmark")
        for word in question.benchmark.words
    ]
    benchmarks = list(dict.fromkeys(called))
    for board in benchmarks:
        if board.kind == BoardKind.PREFERENCE:
            raise InvalidQueryError("benchmark", f"{board.slug} is a board of preference")
    return [*benchmarks, preference]


def _together(scores: Sequence[Floats]) -> Floats:
    """The scores of one benchmark as they are, of several the mean of their standard scores."""
    if len(scores) == 1:
        return scores[0]
    mean: Floats = np.mean([standard_scores(column) for column in scores], axis=0)
    return mean


def _gaps(
    record: Record,
    by: AnalysisBy,
    common: CommonModels,
    found: PreferenceGap | None,
    then: Sequence[BoardThen],
) -> list[dict[str, Any]]:
    """A row for each model, or for each organization that is known."""
    if found is None:
        return []
    sign, day = then[-1].sign, then[-1].day
    if by is AnalysisBy.MODEL:
        places = zip(*map(_places, then, common.ranks, common.scores), strict=True)
        return [
            model_gap_out(model, gap, there, sign, day)
            for model, gap, there in zip(common.models(), found.models, places, strict=True)
        ]
    keys = record.columns.keys[Dimension.ORGANIZATION]
    return [
        organization_gap_out(record.names.organizations[keys[gap.group]], gap, day)
        for gap in found.groups
    ]


def _places(then: BoardThen, ranks: Ints, scores: Floats) -> list[BenchmarkPlaceOut]:
    return [
        {"leaderboard": then.board.slug, "rank": rank, "score": score}
        for rank, score in zip(ranks.tolist(), scores.tolist(), strict=True)
    ]


def _line(found: PreferenceGap | None, then: Sequence[BoardThen]) -> RegressionOut | None:
    """The line in the boards' own units and directions."""
    if found is None:
        return None
    *benchmarks, preference = then
    line, sign = found.regression, preference.sign
    return {
        "slope": line.slope * sign * (benchmarks[0].sign if len(benchmarks) == 1 else 1),
        "intercept": line.intercept * sign,
        "correlation": line.correlation,
        "residual_standard_error": line.residual_standard_error,
    }
