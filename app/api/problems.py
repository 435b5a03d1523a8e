"""Errors as problem documents (RFC 9457), and the one table of status codes."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import numpy as np
import orjson
from fastapi.exceptions import RequestValidationError
from rapidfuzz import fuzz, process, utils
from sqlalchemy.exc import DBAPIError, ProgrammingError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.api.schemas.problems import FaultOut, ProblemOut, UnknownOut
from app.errors import (
    AlmanacError,
    ConflictError,
    InvalidQueryError,
    NotFoundError,
    UnauthorizedError,
)
from app.store.engine import took_too_long

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
MAX_SUGGESTIONS = 5
ALIKE = 60.0
MOST_LIKENED = 100  # characters


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: `type` in documents is the path that describes it."""

    slug: str
    status: int
    title: str
    description: str

    @property
    def type(self) -> str:
        """The path that describes it."""
        return f"/v1/problems/{self.slug}"


BAD_REQUEST = Kind(
    "bad-request", 400, "Bad request", "The request cannot be understood as HTTP or as a body."
)
UNAUTHORIZED = Kind(
    "unauthorized",
    401,
    "Unauthorized",
    "`X-API-Key` holds what is no key, or one that was revoked: everything can be read without. Or "
    "the operation needs the operator's token: send `Authorization: Bearer <token>`.",
)
FORBIDDEN = Kind(
    "forbidden",
    403,
    "Forbidden",
    "The operation is switched off here: the operator has configured no token for it.",
)
NOT_FOUND = Kind(
    "not-found",
    404,
    "Not found",
    "There is nothing under this path or id. `suggestions` holds ids that are spelled like it.",
)
METHOD_NOT_ALLOWED = Kind(
    "method-not-allowed",
    405,
    "Method not allowed",
    "The path exists and does not take this method; `Allow` lists those it takes.",
)
NOT_ACCEPTABLE = Kind(
    "not-acceptable",
    406,
    "Not acceptable",
    "The answer has none of the forms that `Accept` or `format` ask for. There is JSON everywhere.",
)
REQUEST_TIMEOUT = Kind(
    "request-timeout", 408, "Request timeout", "The rest of the request did not come in time."
)
CONFLICT = Kind(
    "conflict", 409, "Conflict", "What is asked for is being done already; try again later."
)
TOO_LARGE = Kind(
    "content-too-large", 413, "Content too large", "The body is larger than any operation needs."
)
INVALID_PARAMETER = Kind(
    "invalid-parameter",
    422,
    "Invalid parameter",
    "A parameter does not exist, is missing, is given twice or has a value that makes no sense. "
    "`errors` names each, and says why.",
)
TOO_MANY = Kind(
    "too-many-requests",
    429,
    "Too many requests",
    "You ask more than is your share. `RateLimit-Policy` and `RateLimit` say what that is and what "
    "is left of it, `Retry-After` in how many seconds there is something again.",
)
HEAD_TOO_LARGE = Kind(
    "request-header-fields-too-large",
    431,
    "Request header fields too large",
    "The request's line and header are longer than any operation needs, or have more fields.",
)
INTERNAL = Kind(
    "internal-error",
    500,
    "Internal error",
    "The service failed. It is no fault of the request; the operator finds the cause in the log.",
)
UNAVAILABLE = Kind(
    "unavailable",
    503,
    "Service unavailable",
    "The service cannot answer at the moment, for instance because its database does not. "
    "Try again later.",
)
KINDS = {
    kind.slug: kind
    for kind in (
        BAD_REQUEST,
        UNAUTHORIZED,
        FORBIDDEN,
        NOT_FOUND,
        METHOD_NOT_ALLOWED,
        NOT_ACCEPTABLE,
        REQUEST_TIMEOUT,
        CONFLICT,
        TOO_LARGE,
        INVALID_PARAMETER,
        TOO_MANY,
        HEAD_TOO_LARGE,
        INTERNAL,
        UNAVAILABLE,
    )
}
_OF_ANOTHER_SCHEMA = frozenset({"42P01", "42703"})  # there is no such table, no such column
_OF_STATUS = {kind.status: kind for kind in KINDS.values()}
_OF_ERROR: dict[type[AlmanacError], Kind] = {
    NotFoundError: NOT_FOUND,
    InvalidQueryError: INVALID_PARAMETER,
    UnauthorizedError: UNAUTHORIZED,
    ConflictError: CONFLICT,
}


class ProblemError(Exception):
    """A problem that only HTTP knows; what the domain knows has errors of its own."""

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        errors: Sequence[FaultOut] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Keep the parts of the document."""
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})


def problem_response(
    kind: Kind,
    detail: str,
    *,
    path: str,
    errors: Sequence[FaultOut] = (),
    suggestions: Sequence[str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The document as an answer. `path` is the request's; it becomes `instance`."""
    document: ProblemOut | UnknownOut = {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "detail": _encodable(detail),
        "instance": _reference(path),
        "errors": [
            {"parameter": _encodable(e["parameter"]), "detail": _encodable(e["detail"])}
            for e in errors
        ],
    }
    if suggestions is not None:
        document = {**document, "suggestions": list(suggestions)}
    return Response(
        orjson.dumps(document),
        status_code=kind.status,
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def path_of(request: Request) -> str:
    """The path as asked; `request.url` would choke on a malformed Host."""
    path: str = request.scope["path"]
    return path


def nearest(name: str, candidates: Sequence[str]) -> list[str]:
    """The candidates spelled most like a name, best first, at most five.

    Of what is long the beginning counts. Other threads may go on meanwhile, which they may not
    while `process.extract` looks through ten thousand candidates.
    """
    words = sorted(set(candidates))
    (alike,) = process.cdist(
        [name[:MOST_LIKENED]],
        [word[:MOST_LIKENED] for word in words],
        scorer=fuzz.WRatio,
        processor=utils.default_process,
        score_cutoff=ALIKE,
        dtype=np.float64,
    )
    best = np.argsort(-alike, kind="stable")[:MAX_SUGGESTIONS]
    return [words[place] for place in best if alike[place] > 0]


def on_problem(request: Request, error: ProblemError) -> Response:
    """Answer a `ProblemError`."""
    return problem_response(
        error.kind,
        error.detail,
        path=path_of(request),
        errors=error.errors,
        headers=error.headers,
    )


def on_error(request: Request, error: AlmanacError) -> Response:
    """Answer an error of the domain; one without a place in the table is a bug, so a 500."""
    kind = _OF_ERROR.get(type(error))
    if kind is None:
        raise error
    errors: list[FaultOut] = []
    suggestions = None
    headers = {}
    if isinstance(error, NotFoundError):
        suggestions = nearest(error.name, error.suggestions)
        errors.append({"parameter": error.parameter or error.kind, "detail": str(error)})
    elif isinstance(error, InvalidQueryError):
        errors.append({"parameter": error.parameter, "detail": str(error)})
    elif isinstance(error, UnauthorizedError):
        headers["WWW-Authenticate"] = 'Bearer realm="almanac"'
    return problem_response(
        kind,
        _sentence(error, errors),
        path=path_of(request),
        errors=errors,
        suggestions=suggestions,
        headers=headers,
    )


def on_invalid(request: Request, error: RequestValidationError) -> Response:
    """Answer parameters that FastAPI refused."""
    errors = [_fault(fault) for fault in error.errors()]
    names = ", ".join(sorted({f"`{fault['parameter']}`" for fault in errors}))
    return problem_response(
        INVALID_PARAMETER, f"check {names}", path=path_of(request), errors=errors
    )


def on_http(request: Request, error: HTTPException) -> Response:
    """Answer what routing and the framework refuse."""
    kind = _OF_STATUS.get(error.status_code, BAD_REQUEST)
    headers = dict(error.headers or {})
    if kind is NOT_FOUND:
        detail = "there is no such path; /v1 lists what there is"
    elif kind is METHOD_NOT_ALLOWED:
        detail = f"{request.method} is not for this path"
        headers["Allow"] = _allowed(request, headers)
    else:
        detail = str(error.detail)
    return problem_response(kind, detail, path=path_of(request), headers=headers)


def _allowed(request: Request, headers: Mapping[str, str]) -> str:
    """All methods of a path; routing knows only those of the first route that has it."""
    described: list[str] = request.app.state.services.operations.methods(path_of(request))
    return ", ".join(described or sorted({*headers["Allow"].split(", "), "HEAD"}))


def on_unavailable(request: Request, error: Exception) -> Response:
    """Answer while the database does not, or not in time, or has another version's schema."""
    detail = "the database does not answer"
    if isinstance(error, DBAPIError) and took_too_long(error):
        detail = "it takes too long to find out; ask for less, or later"
    if isinstance(error, ProgrammingError):  # PostgreSQL's; SQLite's is an OperationalError
        if getattr(error.orig, "sqlstate", None) not in _OF_ANOTHER_SCHEMA:
            raise error
        detail = "the database has the schema of another version"
    log.error("%s: %s", detail, error)
    return problem_response(
        UNAVAILABLE,
        detail,
        path=path_of(request),
        headers={"Retry-After": "5"},
    )


def on_bug(request: Request, error: Exception) -> Response:  # noqa: ARG001 - the server logs it
    """Answer anything else. Starlette raises it again, and the server logs it."""
    return problem_response(
        INTERNAL,
        "the service failed; its log says why",
        path=path_of(request),
    )


def _fault(fault: Mapping[str, Any]) -> FaultOut:
    """One of pydantic's complaints; its location is (query, name) or (path, name)."""
    location = fault["loc"]
    name = str(location[1] if len(location) > 1 else location[0])
    return {"parameter": name, "detail": str(fault["msg"]).removeprefix("Value error, ")}


def _sentence(error: Exception, errors: Sequence[FaultOut]) -> str:
    if isinstance(error, InvalidQueryError):
        return f"check `{errors[0]['parameter']}`: {error}"
    return str(error)


def _reference(path: str) -> str:
    """A path as a reference: after two slashes at the start would come a host (RFC 3986, 4.2)."""
    quoted = quote(path, errors="replace")
    return f"/.{quoted}" if quoted.startswith("//") else quoted


def _encodable(text: str) -> str:
    """Text that can be sent: a lone surrogate has no UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")
