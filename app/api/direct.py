"""The direct way of a question to its endpoint, where everything about it is in order.

For each request FastAPI looks at every router, dependency and parameter anew, which takes longer
than asking the database. What can be known of an endpoint is known here beforehand. Whatever is
not in order goes FastAPI's way, which says what is wrong with it; both give the same answers. What
goes wrong on the direct way is raised again on FastAPI's, where it is told as ever.
"""

import re
from collections.abc import Iterable
from contextlib import ExitStack
from inspect import iscoroutinefunction
from typing import Any, NamedTuple, get_type_hints

from anyio.to_thread import run_sync
from fastapi.params import Header, Query
from fastapi.routing import APIRoute, APIRouter
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.answers import on_moved, on_not_modified
from app.api.caching import NotModified
from app.api.deps import (
    AnExchange,
    ReadRecord,
    check_parameters,
    exchange_of,
    form_of,
    record_of,
    services_of,
)
from app.api.fields import PARAMETER
from app.api.forms import Form
from app.api.problems import ProblemError
from app.api.record import TakesLong
from app.errors import MovedError

Values = dict[str, Any]
_READ = "almanac.read"  # whether all that is asked was in order
_FAILED = "almanac.failed"

# Questions that are answered from a few index ranges, or from what is kept in memory once it was
# asked for. Movements of a large board, and models searched for, take a tenth of a second.
SHORT = frozenset(
    {
        *("get_leaderboard", "get_model", "get_model_history", "get_run", "get_source"),
        *("get_standings", "list_editions", "list_leaderboards", "list_runs", "list_sources"),
    }
)

# Of these, those that are answered on the event loop where the database is a file, if nothing takes
# long (`TakesLong`): in a millisecond or two.
ON_LOOP = frozenset({"get_model_history", "get_standings"})


class Way(NamedTuple):
    """A path, and the route that it leads to; without `wants` it is FastAPI's to answer."""

    pattern: re.Pattern[str]
    route: APIRoute
    wants: "Wants | None"


class Wants:
    """What an endpoint is told of a request, by its own names."""

    def __init__(self, route: APIRoute) -> None:
        """Read its signature."""
        self.is_short = route.operation_id in SHORT
        self.may_be_on_loop = route.operation_id in ON_LOOP
        self._endpoint = route.endpoint
        self._records: list[str] = []
        self._exchanges: list[str] = []
        self._headers: dict[str, str] = {}
        self._questions: dict[str, type[BaseModel]] = {}
        self._segments: dict[str, TypeAdapter[Any]] = {}
        hints = get_type_hints(route.endpoint, include_extras=True)
        for name, kind in hints.items():
            self._want(name, kind)

    def _want(self, name: str, kind: Any) -> None:  # noqa: ANN401 - a type
        marks = {type(mark) for mark in getattr(kind, "__metadata__", ())}
        if kind == ReadRecord:
            self._records.append(name)
        elif kind == AnExchange:
            self._exchanges.append(name)
        elif Header in marks:
            self._headers[name] = name.replace("_", "-")
        elif Query in marks:
            self._questions[name] = kind.__origin__
        elif name != "return":
            self._segments[name] = TypeAdapter(kind)

    async def read(self, request: Request) -> tuple[Form, Values]:
        """The form of its answer, and what it is told of a request, but for the record.

        Raises:
            ProblemError: something is not in order.
            ValidationError: a value is none of those that may be.
        """
        query = request.query_params
        await check_parameters(request)
        form = form_of(request, query.get("format"))
        path = request.path_params
        values = {name: kind.validate_python(path[name]) for name, kind in self._segments.items()}
        for name, model in self._questions.items():
            values[name] = model.model_validate(dict(query))
        for name, header in self._headers.items():
            values[name] = request.headers.get(header)
        return form, values | self.exchanges(request, form)

    def exchanges(self, request: Request, form: Form) -> Values:
        """What the endpoint says of its answer, which it has not begun yet.

        Raises:
            ProblemError: fields are asked for that there are none of.
        """
        return {name: exchange_of(request, form) for name in self._exchanges}

    def answer(self, request: Request, values: Values) -> Response:
        """Its answer; the view of the record is closed when it is there."""
        with ExitStack() as stack:
            return self._answer(request, values, stack)

    def answer_on_loop(self, request: Request, values: Values) -> Response | None:
        """The same if it does not take long, else None."""
        with ExitStack() as stack:
            try:
                return self._answer(request, values, stack, on_loop=True)
            except TakesLong:
                return None

    def _answer(
        self, request: Request, values: Values, stack: ExitStack, *, on_loop: bool = False
    ) -> Response:
        """What is no fault is answered here, where nothing has gone wrong for the view."""
        services = services_of(request)
        views = {name: record_of(services, stack, on_loop=on_loop) for name in self._records}
        try:
            answer: Response = self._endpoint(**values, **views)
        except NotModified as error:
            answer = on_not_modified(request, error)
        return answer


class Direct:
    """Leads questions to their endpoints, and those that are not in order to FastAPI.

    They are answered by threads (`Lanes`). Where the database is a file, what is in memory except
    for a few rows is answered on the event loop: a thread and back takes about as long.
    """

    def __init__(
        self,
        app: ASGIApp,
        routers: Iterable[tuple[str, APIRouter]],
        service: Starlette,
    ) -> None:
        """Stand in front of all that an application does for a request.

        It has these routers under these prefixes, first; `service` is what requests know it by.
        """
        self._app = app
        self._service = service
        self._ways = [
            _way(prefix, route)
            for prefix, router in routers
            for route in router.routes
            if isinstance(route, APIRoute) and route.methods == {"GET"}
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = Request(scope, receive, send) if scope["type"] == "http" else None
        wants = None if request is None else self._wants(scope)
        if request is None or wants is None:
            await self._app(scope, receive, send)
            return
        scope["app"] = self._service
        answer: ASGIApp = self._app
        try:
            answer = await self._answer(wants, request)
        except MovedError as error:
            answer = on_moved(request, error)
        except (ProblemError, ValidationError) as error:
            if _READ in scope:
                scope[_FAILED] = error
        except Exception as error:  # noqa: BLE001 - it is raised again, where it is told
            scope[_FAILED] = error
        await answer(scope, receive, send)

    async def _answer(self, wants: Wants, request: Request) -> Response:
        form, values = await wants.read(request)
        request.scope[_READ] = True
        lanes = services_of(request).lanes
        is_plain = form is Form.JSON and PARAMETER not in request.query_params
        if lanes.is_file and wants.may_be_on_loop and is_plain:
            answer = wants.answer_on_loop(request, values)
            if answer is not None:
                return answer
            values |= wants.exchanges(request, form)
        lane = lanes.short if wants.is_short else lanes.long
        return await run_sync(wants.answer, request, values, limiter=lane)

    def _wants(self, scope: Scope) -> Wants | None:
        """What the endpoint of a request wants, and in `scope` what FastAPI would note there."""
        if scope["method"] != "GET" or scope.get("root_path"):
            return None
        path = scope["path"]
        for pattern, route, wants in self._ways:
            found = pattern.match(path)
            if found is not None:
                scope["route"] = route
                scope["path_params"] = found.groupdict()
                return wants
        return None


class Failed:
    """Raises what a question has met with on the direct way, where its endpoint would have."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand where FastAPI looks for the endpoint."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        error: Exception | None = scope.pop(_FAILED, None)
        if error is not None:
            raise error
        await self._app(scope, receive, send)


def _way(prefix: str, route: APIRoute) -> Way:
    usual = iscoroutinefunction(route.endpoint) or bool(route.dependencies)
    return Way(compile_path(prefix + route.path)[0], route, None if usual else Wants(route))
