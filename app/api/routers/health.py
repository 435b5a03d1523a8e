"""Whether the service lives, and whether it can answer."""

from fastapi import APIRouter, Response

from app.api.caching import NEVER
from app.api.deps import AnExchange, ReadRecord
from app.api.openapi import problems
from app.api.operating import judge, schedule_of
from app.api.problems import UNAVAILABLE, ProblemError
from app.api.schemas.index import HealthAnswer, ReadyAnswer
from app.store.migrate import is_current_over
from app.store.queries.watching import watched_sources

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
    responses={200: {"model": ReadyAnswer}, **problems(422, 503)},
)
def get_readiness(record: ReadRecord, exchange: AnExchange) -> Response:
    """That the database answers and has the schema this version knows.

    A stopped scheduler or a stale source is told and is no reason to be unready: what is stored
    can be served, and every replica would leave at once.
    """
    if not is_current_over(record.session.connection()):
        raise ProblemError(
            UNAVAILABLE, "the database's schema is not this version's; run `almanac migrate`"
        )
    sources = judge(watched_sources(record.session, exchange.now), exchange.now)
    schedule = schedule_of(sources)
    return exchange.reply(
        ReadyAnswer(
            data={
                "status": "ready",
                "scheduler": {"state": schedule.state, "seen_at": schedule.seen_at},
                "sources": {one.watched.source.slug: one.condition.health for one in sources},
            },
            meta={},
            links=exchange.links(),
        ),
        cache_control=NEVER,
    )
