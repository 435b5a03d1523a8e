"""What the kinds of problems mean: where the `type` of a problem document leads."""

from fastapi import APIRouter, Response

from app.api.deps import AnExchange
from app.api.openapi import problems
from app.api.parameters import ProblemId
from app.api.problems import KINDS, Kind
from app.api.schemas.problems import KindAnswer, KindOut, KindsAnswer
from app.errors import NotFoundError

router = APIRouter(prefix="/problems", tags=["operation"])


@router.get(
    "",
    operation_id="list_problems",
    summary="Kinds of problems",
    responses={200: {"model": KindsAnswer}, **problems(422)},
)
async def list_problems(exchange: AnExchange) -> Response:
    """Every kind of problem this service reports."""
    return exchange.reply(
        KindsAnswer(data=[_out(kind) for kind in KINDS.values()], meta={}, links=exchange.links())
    )


@router.get(
    "/{problem}",
    operation_id="get_problem",
    summary="One kind of problem",
    responses={200: {"model": KindAnswer}, **problems(404, 422)},
)
async def get_problem(problem: ProblemId, exchange: AnExchange) -> Response:
    """What a kind of problem means and what to do about it."""
    kind = KINDS.get(problem)
    if kind is None:
        raise NotFoundError("problem", problem, list(KINDS))
    return exchange.reply(KindAnswer(data=_out(kind), meta={}, links=exchange.links()))


def _out(kind: Kind) -> KindOut:
    return {
        "id": kind.slug,
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "description": kind.description,
    }
