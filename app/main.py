"""The ASGI application, put together."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from anyio.to_thread import current_default_thread_limiter
from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import SecretStr
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app import __version__
from app.api import answers, problems
from app.api.caching import NotModified
from app.api.deps import RunNow, Services, check_form
from app.api.edge import Edge
from app.api.openapi import Operations, describe
from app.api.routers import ROOT_ROUTERS, V1_ROUTERS
from app.api.routers.index import document_router
from app.config import Settings
from app.errors import AlmanacError, MovedError
from app.ingest.runner import start_scrape
from app.store.engine import SessionFactory
from app.store.queries.catalogue import Catalogue
from app.wiring import Almanac, assemble, utc_now

ON_ERROR: tuple[tuple[type[Exception], Callable[[Request, Any], Response]], ...] = (
    (NotModified, answers.on_not_modified),
    (MovedError, answers.on_moved),
    (AlmanacError, problems.on_error),
    (problems.ProblemError, problems.on_problem),
    (RequestValidationError, problems.on_invalid),
    (HTTPException, problems.on_http),
    (OperationalError, problems.on_unavailable),
    (InterfaceError, problems.on_unavailable),
    (PoolTimeoutError, problems.on_unavailable),
    (Exception, problems.on_bug),
)
READERS = 4  # more threads only wait for each other: SQLite gives the interpreter up at each step


def create_app(
    sessions: SessionFactory,
    *,
    admin_token: SecretStr | None,
    run_now: RunNow | None,
    clock: Callable[[], datetime],
) -> FastAPI:
    """The service over a database.

    `run_now` begins a scrape; None where this process cannot. Without `admin_token` nobody may
    ask for one.
    """
    app = FastAPI(
        title="Almanac",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_limit_readers,
    )
    for router in V1_ROUTERS:
        app.include_router(router, prefix="/v1", dependencies=[Depends(check_form)])
    for router in ROOT_ROUTERS:
        app.include_router(router, dependencies=[Depends(check_form)])
    app.include_router(document_router)
    document = describe(app)
    app.openapi = lambda: document  # type: ignore[method-assign] # as its documentation says
    app.state.services = Services(
        sessions=sessions,
        catalogue=Catalogue(),
        clock=clock,
        admin_token=admin_token,
        run_now=run_now,
        operations=Operations(document),
    )
    for error, handler in ON_ERROR:
        app.add_exception_handler(error, handler)
    app.add_middleware(Edge)
    return app


def app_of(almanac: Almanac) -> FastAPI:
    """The service of an Almanac: it reads the database, and scrapes when told to."""

    def run_now(source: str) -> int:
        (work,) = almanac.works([source])
        return start_scrape(work)

    return create_app(
        almanac.sessions,
        admin_token=almanac.settings.admin_token,
        run_now=run_now,
        clock=utc_now,
    )


def from_env() -> FastAPI:
    """For `uvicorn --factory`: the service as the environment describes it."""
    return app_of(assemble(Settings()))


@asynccontextmanager
async def _limit_readers(_app: FastAPI) -> AsyncIterator[None]:
    current_default_thread_limiter().total_tokens = READERS
    yield
