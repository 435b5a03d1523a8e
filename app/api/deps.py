"""What an endpoint may ask for: the record, the exchange, the right to write."""

import hmac
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Protocol

from fastapi import Depends, Query, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import SecretStr
from sqlalchemy.orm import Session

from app.api.answer_cache import AnswerCache
from app.api.answers import Exchange
from app.api.forms import Form, preferred
from app.api.lanes import Lanes
from app.api.limits import Limiter
from app.api.openapi import Operations
from app.api.problems import (
    FORBIDDEN,
    INVALID_PARAMETER,
    NOT_ACCEPTABLE,
    ProblemError,
    nearest,
)
from app.api.record import Record
from app.api.schemas.problems import FaultOut
from app.errors import UnauthorizedError
from app.store.engine import SessionFactory, reading
from app.store.queries.catalogue import Catalogue

MAX_FAULTS = 20

bearer = HTTPBearer(auto_error=False, description="The operator's token.")


class RunNow(Protocol):
    """Starts a run of a source in the background."""

    def __call__(self, source: str) -> int:
        """The number of the run that began.

        Raises:
            NotFoundError: there is no such source.
            ConflictError: it is being scraped now.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the application was given.

    `run_now` is None where this process cannot scrape, `answers` where none is kept, `limiter`
    where nobody is refused for asking much. `query_seconds` is how long the database may take for
    an answer, `max_staleness_seconds` how far behind it may be where it is a replica. `lanes` are
    the threads that answer.
    """

    sessions: SessionFactory
    catalogue: Catalogue
    clock: Callable[[], datetime]
    admin_token: SecretStr | None
    run_now: RunNow | None
    operations: Operations
    answers: AnswerCache | None
    limiter: Limiter | None
    query_seconds: float
    lanes: Lanes
    max_staleness_seconds: float | None = None


def services_of(request: Request) -> Services:
    """What the application was given.

    Called, not depended on: FastAPI looks at every dependency of a dependency at each request,
    which took longer than a question to the database.
    """
    services: Services = request.app.state.services
    return services


def record_of(services: Services, stack: ExitStack, *, on_loop: bool = False) -> Record:
    """A view that is closed with the stack; `on_loop` as `Record` has it."""

    def view() -> Session:
        return stack.enter_context(reading(services.sessions, seconds=services.query_seconds))

    return Record(view, services.catalogue, on_loop=on_loop)


async def get_record(request: Request) -> AsyncIterator[Record]:
    """A view that is closed before the answer is sent."""
    with ExitStack() as stack:
        yield record_of(services_of(request), stack)


ReadRecord = Annotated[Record, Depends(get_record, scope="function")]


def form_of(request: Request, asked: str | None) -> Form:
    """The form that the caller wants, of those that the operation has; `asked` is `format`.

    Raises:
        ProblemError: it has none of those that are wanted.
    """
    offered = services_of(request).operations.forms(request.scope["route"].operation_id)
    if asked is not None:
        if asked in offered:
            return Form(asked)
        raise ProblemError(
            NOT_ACCEPTABLE,
            f"there is no format {asked!r} here",
            errors=[{"parameter": "format", "detail": f"must be {' or '.join(offered)}"}],
        )
    form = preferred(",".join(request.headers.getlist("accept")), offered)
    if form is None:
        allowed = ", ".join(form.media_type for form in offered)
        raise ProblemError(NOT_ACCEPTABLE, f"`Accept` allows none of {allowed}")
    return form


async def get_form(
    request: Request,
    format: Annotated[  # noqa: A002 - the parameter's name in the contract
        str | None, Query(description="The form of the answer, whatever `Accept` says.")
    ] = None,
) -> Form:
    """The form that the caller wants; raises as `form_of`."""
    return form_of(request, format)


AForm = Annotated[Form, Depends(get_form)]


def exchange_of(request: Request, form: Form) -> Exchange:
    """The request and its answer.

    Raises:
        ProblemError: it asks for fields that the list does not have.
    """
    services = services_of(request)
    columns = services.operations.columns(request.scope["route"].operation_id)
    staleness = services.max_staleness_seconds
    return Exchange(request, services.clock(), form, columns, max_staleness_seconds=staleness)


async def get_exchange(request: Request, form: AForm) -> Exchange:
    """The request and its answer; raises as `exchange_of`."""
    return exchange_of(request, form)


AnExchange = Annotated[Exchange, Depends(get_exchange)]


async def check_parameters(request: Request) -> None:
    """Refuse parameters that the endpoint does not have.

    Raises:
        ProblemError: unknown or repeated parameters.
    """
    known = services_of(request).operations.parameters(request.scope["route"].operation_id)
    faults = [] if known is None else _unknown_or_repeated(request, known)
    if faults:
        names = ", ".join(f"`{fault['parameter']}`" for fault in faults)
        raise ProblemError(INVALID_PARAMETER, f"check {names}", errors=faults)


async def require_token(
    request: Request,
    given: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)],
) -> None:
    """Let only the operator through.

    Raises:
        ProblemError: no token is configured, so nobody may.
        UnauthorizedError: the token is missing or wrong.
    """
    token = services_of(request).admin_token
    if token is None:
        raise ProblemError(FORBIDDEN, "no token is configured here (ALMANAC_ADMIN_TOKEN)")
    wanted = token.get_secret_value().encode()
    if given is None or not hmac.compare_digest(given.credentials.encode(), wanted):
        raise UnauthorizedError("a valid bearer token is needed")


def _unknown_or_repeated(request: Request, known: frozenset[str]) -> list[FaultOut]:
    """What is wrong with the names, the first few of them: each costs a search for its like."""
    faults: list[FaultOut] = []
    for name, times in Counter(key for key, _ in request.query_params.multi_items()).items():
        if name not in known:
            alike = nearest(name[:100], sorted(known))
            hint = (
                f"did you mean `{alike[0]}`?" if alike else f"there are: {', '.join(sorted(known))}"
            )
            faults.append({"parameter": name, "detail": f"there is no such parameter; {hint}"})
        elif times > 1:
            faults.append({"parameter": name, "detail": f"is given {times} times; give it once"})
        if len(faults) == MAX_FAULTS:
            break
    return faults
