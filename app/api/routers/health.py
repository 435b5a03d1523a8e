"""Whether the service lives, and whether it can answer."""

from fastapi import APIRouter, Response

from app.api.caching import NEVER
from app.api.deps import AnExchange, ReadRecord
from app.api.openapi import problems
from app.api.problems import UNAVAILABLE, ProblemError
from app.api.schemas.index import HealthAnswer
from app.store.migrate import is_current_over

router = APIRouter(prefix="/health", tags=["operation"])


@router.get(
    "/live",
    operation_id="get_liveness",
    summary="Whether the process lives",
    responses={200: {"model": HealthAnswer}, **problems(422)},
)
async def get_liveness(exchange: AnExchange) -> Response:
    """That the process answers at all; nothing else is looked at."""
    return exchange.reply(
        HealthAnswer(data={"status": "live"}, meta={}, links=exchange.links()),
        cache_control=NEVER,
    )


@router.get(
    "/ready",
    operation_id="get_readiness",
    summary="Whether the service can answer",
    responses={200: {"model": HealthAnswer}, **problems(422, 503)},
)
def get_readiness(record: ReadRecord, exchange: AnExchange) -> Response:
    """That the database answers and has the schema this version knows."""
    if not is_current_over(record.session.connection()):
        raise ProblemError(
            UNAVAILABLE, "the database's schema is not this version's; run `almanac migrate`"
        )
    return exchange.reply(
        HealthAnswer(data={"status": "ready"}, meta={}, links=exchange.links()),
        cache_control=NEVER,
    )
