"""A caller of the API who holds every answer against the contract."""

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import httpx2 as httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from pydantic import SecretStr, TypeAdapter
from sqlalchemy import Engine, event
from starlette.routing import compile_path
from starlette.types import Receive, Scope, Send

from app.api.answer_cache import AnswerCache
from app.api.deps import RunNow
from app.api.fields import PARAMETER
from app.api.lanes import Lanes
from app.api.limits import Limiter
from app.api.memento import LINK_FORMAT
from app.api.problems import KINDS
from app.api.routers import ROOT_ROUTERS, V1_ROUTERS
from app.api.schemas.problems import ProblemOut, UnknownOut
from app.main import Service
from app.store.engine import SessionFactory, is_file
from app.store.queries.catalogue import Catalogue
from app.telemetry.tally import Tally
from tests.description import Description, application, document
from tests.factories import SettableClock

Body = dict[str, Any]

TOKEN = "a token of the tests"
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_PROBLEM = TypeAdapter(ProblemOut)
_UNKNOWN = TypeAdapter(UnknownOut)
_WITHOUT_BODY = {304, 308}
UNDESCRIBED = {
    "/",
    "/metrics",
    "/openapi.json",
    "/docs",
    "/redoc",
    "/llms.txt",
    "/.well-known/api-catalog",
}
TABLES = {
    "text/csv; charset=utf-8; header=present",
    "application/x-ndjson",
    "application/vnd.apache.parquet",
}


def _forms() -> Iterator[tuple[re.Pattern[str], str, int, TypeAdapter[Any]]]:
    prefixed = [("/v1", router) for router in V1_ROUTERS]
    for prefix, router in [*prefixed, *(("", router) for router in ROOT_ROUTERS)]:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            for status, response in route.responses.items():
                if int(status) < 300:
                    pattern = compile_path(prefix + route.path)[0]
                    for method in route.methods or ():
                        yield pattern, method, int(status), TypeAdapter(response["model"])


FORMS = list(_forms())


@cache
def _description() -> Description:
    """What the application says of itself."""
    return Description(document())


_open = ExitStack()


@cache
def _portal() -> BlockingPortal:
    """One event loop for all requests of a process: starting one takes longer than answering."""
    return _open.enter_context(start_blocking_portal())


def close() -> None:
    """End the event loop that all callers share."""
    _open.close()


@dataclass
class Api:
    """Calls the service in this process. Errors of the service become answers, as in reality."""

    sessions: SessionFactory
    admin_token: str | None = None
    run_now: RunNow | None = None
    clock: SettableClock = field(default_factory=SettableClock)
    answers: AnswerCache | None = None
    limiter: Limiter | None = None
    query_seconds: float = 60.0
    client: TestClient = field(init=False)

    def __post_init__(self) -> None:
        app = application()
        services = replace(
            app.state.services,
            sessions=self.sessions,
            catalogue=Catalogue(),
            clock=self.clock,
            admin_token=None if self.admin_token is None else SecretStr(self.admin_token),
            run_now=self.run_now,
            answers=self.answers,
            limiter=self.limiter,
            query_seconds=self.query_seconds,
            lanes=Lanes(is_file=is_file(self.sessions)),
        )

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            app.state.services = services
            await app(scope, receive, send)

        self.client = TestClient(serve, raise_server_exceptions=False, follow_redirects=False)
        self.client.portal = _portal()

    @property
    def tally(self) -> Tally:
        """What the service has counted, for all tests of this process."""
        return self.application.tally

    @property
    def application(self) -> Service:
        """That of all tests of this process."""
        return application()

    @property
    def engine(self) -> Engine:
        """The database behind the service."""
        with self.sessions() as session:
            return session.get_bind().engine

    def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        query: Mapping[str, object] | str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """One request, its answer checked."""
        if isinstance(query, str):
            path, query = f"{path}?{query}", None
        # no parameters at all, because an empty mapping would take away those of the path
        params = {key: str(value) for key, value in query.items()} if query else None
        answer = self.client.request(method, path, params=params, headers=headers)
        check(method, path.partition("?")[0], answer)
        return answer

    def get(self, path: str, **query: object) -> Body:
        """The body of a successful answer; a trailing underscore frees Python's own words."""
        answer = self.ask(path, query={name.rstrip("_"): value for name, value in query.items()})
        assert answer.status_code == 200, answer.text
        body: Body = answer.json()
        return body

    def problem(self, path: str, status: int, **query: object) -> Body:
        """The problem document of a request that is refused."""
        answer = self.ask(path, query={name.rstrip("_"): value for name, value in query.items()})
        assert answer.status_code == status, answer.text
        body: Body = answer.json()
        return body

    def pages(self, path: str, **query: object) -> list[Body]:
        """Every page of a list, by following its links."""
        pages = [self.get(path, **query)]
        while (onward := pages[-1]["links"]["next"]) is not None:
            pages.append(self.get(onward))
        return pages


def check(method: str, path: str, answer: httpx.Response) -> None:
    """Hold an answer against the contract."""
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers.get("access-control-allow-origin", "*") == "*"
    _description().check(method, path, answer)
    if method == "HEAD" or answer.status_code in _WITHOUT_BODY:
        assert answer.content == b""
        return
    if answer.status_code >= 400:
        _check_problem(answer)
        return
    if path in UNDESCRIBED or path.startswith("/docs/"):
        return
    if answer.headers["content-type"] == LINK_FORMAT:
        return
    if answer.headers["content-type"] != "application/json":
        _check_table(answer)
        return
    body = answer.json()
    if PARAMETER in answer.request.url.params:
        return  # of rows that are not whole
    [form] = [
        form
        for pattern, verb, status, form in FORMS
        if pattern.match(path) and verb == method and status == answer.status_code
    ]
    kept = form.dump_python(form.validate_json(answer.content), mode="json")
    assert kept == body, "a field that the schema does not have"
    assert body["links"]["self"].startswith("/")
    _check_instants(body)


def _check_table(answer: httpx.Response) -> None:
    """A form that holds rows alone says where the rest of the answer is."""
    assert answer.headers["content-type"] in TABLES
    assert re.fullmatch(r'inline; filename="[\w.-]+"', answer.headers["content-disposition"])
    assert answer.links["alternate"]["type"] == "application/json"


def _check_problem(answer: httpx.Response) -> None:
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    form: TypeAdapter[Any] = _UNKNOWN if "suggestions" in body else _PROBLEM
    assert form.dump_python(form.validate_json(answer.content), mode="json") == body
    kind = KINDS[body["type"].rpartition("/")[2]]
    assert (body["type"], body["title"], body["status"]) == (kind.type, kind.title, kind.status)
    assert body["status"] == answer.status_code
    assert "Traceback" not in answer.text


def _check_instants(node: object) -> None:
    """Every instant is in UTC, to the second."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key.endswith("_at") and isinstance(value, str) and "T" in value:
                assert _INSTANT.fullmatch(value), (key, value)
            _check_instants(value)
    elif isinstance(node, list):
        for item in node:
            _check_instants(item)


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """The SQL that is sent meanwhile, without what only opens a transaction."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "SELECT set_config(")):
            sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)
