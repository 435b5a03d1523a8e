"""The direct way of a question to its endpoint, where everything about it is in order.

For each request FastAPI looks at every router, dependency and parameter anew, which takes longer
than asking the database. What can be known of an endpoint is known here beforehand. Whatever is
not in order goes FastAPI's way, which says what is wrong with it; both give the same answers.
"""

import re
from collections.abc import Iterable
from contextlib import ExitStack
from inspect import iscoroutinefunction
from typing import Any, NamedTuple, get_type_hints

from fastapi.params import Header, Query
from fastapi.routing import APIRoute, APIRouter
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.deps import (
    AnExchange,
    ReadRecord,
    check_parameters,
    exchange_of,
    form_of,
    record_of,
    services_of,
)
from app.api.problems import ProblemError

Values = dict[str, Any]


class Way(NamedTuple):
    """A path, and the route that it leads to; without `wants` it is FastAPI's to answer."""

    pattern: re.Pattern[str]
    route: APIRoute
    wants: "Wants | None"


class Wants:
    """What an endpoint is told of a request, by its own names."""

    def __init__(self, route: APIRoute) -> None:
        """Read its signature."""
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

    async def read(self, request: Request) -> Values:
        """What it is told of a request, but for the record.

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
        for name in self._exchanges:
            values[name] = exchange_of(request, form)
        return values

    def answer(self, request: Request, values: Values) -> Response:
        """Its answer; the view of the record is closed when it is there."""
        with ExitStack() as stack:
            for name in self._records:
                values[name] = record_of(services_of(request), stack)
            answer: Response = self._endpoint(**values)
        return answer


class Direct:
    """Leads questions to their endpoints, and those that are not in order to FastAPI."""

    def __init__(self, app: ASGIApp, routers: Iterable[tuple[str, APIRouter]]) -> None:
        """Stand in front of an application that has these routers under these prefixes, first."""
        self._app = app
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
        try:
            values = await wants.read(request)
        except (ProblemError, ValidationError):
            await self._app(scope, receive, send)
            return
        answer = await run_in_threadpool(wants.answer, request, values)
        await answer(scope, receive, send)

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


def _way(prefix: str, route: APIRoute) -> Way:
    usual = iscoroutinefunction(route.endpoint) or bool(route.dependencies)
    return Way(compile_path(prefix + route.path)[0], route, None if usual else Wants(route))
