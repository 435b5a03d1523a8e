"""The ASGI application, put together."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from anyio.to_thread import current_default_thread_limiter
from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import SecretStr
from sqlalchemy.exc import InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app import __version__
from app.api import answers as rendered
from app.api import problems
from app.api.answer_cache import AnswerCache, Cached, Told
from app.api.buckets import SharedBuckets
from app.api.caching import NotModified
from app.api.deps import RunNow, Services, check_parameters, get_form
from app.api.direct import Direct, Failed
from app.api.edge import Edge
from app.api.keys import KeyRing
from app.api.lanes import Lanes
from app.api.limits import Limited, Limiter
from app.api.metering import Meters
from app.api.observing import Logged, Traced
from app.api.observing import log as access_log
from app.api.openapi import Operations, describe
from app.api.routers import ROOT_ROUTERS, UNDESCRIBED_ROUTERS, V1_ROUTERS, timemaps
from app.config import QUERY_SECONDS, Settings
from app.errors import AlmanacError, MovedError
from app.ingest.runner import Work, give_up, start_scrape
from app.store.engine import SessionFactory, is_file
from app.store.queries.catalogue import Catalogue
from app.store.replica import NearSessions
from app.store.watch import Watch
from app.store.writes.buckets import BucketTable
from app.telemetry.spans import tracing
from app.telemetry.tally import Tally
from app.wiring import Almanac, assemble, configure_telemetry, utc_now

ON_ERROR: tuple[tuple[type[Exception], Callable[[Request, Any], Response]], ...] = (
    (NotModified, rendered.on_not_modified),
    (MovedError, rendered.on_moved),
    (AlmanacError, problems.on_error),
    (problems.ProblemError, problems.on_problem),
    (RequestValidationError, problems.on_invalid),
    (HTTPException, problems.on_http),
    (OperationalError, problems.on_unavailable),
    (InterfaceError, problems.on_unavailable),
    (ProgrammingError, problems.on_unavailable),
    (PoolTimeoutError, problems.on_unavailable),
    (Exception, problems.on_bug),
)
DIRECT = [*(("/v1", router) for router in V1_ROUTERS), *(("", one) for one in ROOT_ROUTERS)]
READERS = 2  # threads for what goes FastAPI's way; others are `Lanes`


class Service(FastAPI):
    """FastAPI, and what can be decided before it understands a request."""

    def __init__(
        self,
        hosts: tuple[str, ...] = (),
        **settings: Any,  # noqa: ANN401 - FastAPI's own
    ) -> None:
        """Put the layers in front, outside of everything the framework does for a request."""
        super().__init__(**settings)
        self.tally = Tally()
        self.paths: dict[str, str] = {}
        self.edge = Edge(Direct(super().__call__, DIRECT, self), hosts)
        self._cached = Cached(self.edge, self.state, self.tally)
        self._usual = Limited(self._cached, self.state, self.tally)
        self.front: ASGIApp = self._usual
        if access_log.isEnabledFor(logging.DEBUG):
            self.front = Logged(self.front)
        if (wanted := tracing()) is not None:
            self.front = Traced(self.front, wanted, self.paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        await self.front(scope, receive, send)

    def at_once(self, method: str, target: bytes, fields: list[tuple[bytes, bytes]]) -> Told | None:
        """The answer to a request, if nothing has to be worked out or waited for.

        Not where somebody stands in front who wants to see every request.
        """
        limiter: Limiter | None = self.state.services.limiter
        if self.front is self._usual and (limiter is None or limiter.lets_by(fields)):
            return self._cached.at_once(method, target, fields)
        return None


def create_app(
    sessions: SessionFactory,
    *,
    admin_token: SecretStr | None,
    run_now: RunNow | None,
    clock: Callable[[], datetime],
    answers: AnswerCache | None = None,
    limiter: Limiter | None = None,
    hosts: tuple[str, ...] = (),
    query_seconds: float = QUERY_SECONDS,
) -> Service:
    """The service over a database.

    `run_now` begins a scrape; None where this process cannot. Without `admin_token` nobody may
    ask for one. Without `answers` none is kept, without a `limiter` anybody may ask any number
    and nobody's key is looked at.
    `hosts` are the names that the service goes by; any if there are none. After `query_seconds`
    the database gives a question up.
    """
    app = Service(
        hosts,
        title="Almanac",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_serving,
    )
    _lead(app)
    document = describe(app)
    near = sessions if isinstance(sessions, NearSessions) else None
    app.openapi = lambda: document  # type: ignore[method-assign] # as its documentation says
    app.state.services = Services(
        sessions=sessions,
        catalogue=Catalogue(),
        clock=clock,
        admin_token=admin_token,
        run_now=run_now,
        operations=Operations(document),
        answers=answers,
        limiter=limiter,
        query_seconds=query_seconds,
        lanes=Lanes(is_file=is_file(sessions)),
        max_staleness_seconds=near.max_lag_seconds if near else None,
    )
    app.paths.update(app.state.services.operations.paths)
    app.tally.know(app.paths)
    app.state.meters = Meters(app.tally)
    app.state.at_end = lambda: None
    for error, handler in ON_ERROR:
        app.add_exception_handler(error, handler)
    return app


def _lead(app: Service) -> None:
    """Lead to all endpoints, and to what the direct way has met with in their place."""
    everywhere = [Depends(check_parameters), Depends(get_form)]
    for router in V1_ROUTERS:
        app.include_router(router, prefix="/v1", dependencies=everywhere)
    for router in ROOT_ROUTERS:
        app.include_router(router, dependencies=everywhere)
    app.include_router(timemaps.router, prefix="/v1")
    for router in UNDESCRIBED_ROUTERS:
        app.include_router(router)
    app.router.middleware_stack = Failed(app.router.middleware_stack)


def app_of(almanac: Almanac, *, shared: Path | None = None) -> Service:
    """The service of an Almanac: it reads the database, and scrapes when told to.

    `shared` is where the processes of a service let each other know what they have counted.
    """
    near = almanac.near_sessions()
    begun: dict[str, Work] = {}

    def run_now(source: str) -> int:
        (begun[source],) = almanac.works([source])
        number = start_scrape(begun[source])
        if near is not None:
            near.written()
        return number

    settings = almanac.settings
    most = settings.cache_bytes
    watch = Watch(almanac.engine)
    if near is not None:
        watch = Watch(almanac.engine, near.route, near.leave)
    app = create_app(
        near or almanac.sessions,
        admin_token=settings.admin_token,
        run_now=run_now,
        clock=utc_now,
        answers=AnswerCache(most, watch, utc_now) if most else None,
        limiter=_limiter_of(almanac),
        hosts=settings.hosts,
        query_seconds=settings.query_seconds,
    )
    if shared is not None:
        app.state.meters.share_in(shared)
    app.state.at_end = lambda: give_up(list(begun.values()))
    return app


def _limiter_of(almanac: Almanac) -> Limiter:
    settings = almanac.settings
    buckets = None
    if settings.rate_limit_store == "database":
        buckets = SharedBuckets(BucketTable(almanac.engine, utc_now))
    return Limiter(settings.rate_limit, buckets=buckets, keys=KeyRing(almanac.sessions))


def from_env(shared: Path | None = None) -> Service:
    """For `uvicorn --factory` and for workers: the service as the environment describes it."""
    settings = Settings()
    configure_telemetry(settings)
    return app_of(assemble(settings, "almanac serve"), shared=shared)


@asynccontextmanager
async def _serving(app: FastAPI) -> AsyncIterator[None]:
    current_default_thread_limiter().total_tokens = READERS
    services: Services = app.state.services
    meters: Meters = app.state.meters
    async with meters.publishing(services):
        yield
    app.state.at_end()
    if services.answers is not None:
        services.answers.close()
    if services.limiter is not None:
        services.limiter.close()
    if isinstance(services.sessions, NearSessions):
        services.sessions.close()
