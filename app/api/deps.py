"""What an endpoint may ask for: a view of the record, the exchange, the right to write."""

import hmac
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Annotated, Protocol, TypeVar

from fastapi import Depends, Query, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import SecretStr
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.api.answer_cache import AnswerCache
from app.api.answers import Exchange
from app.api.entries import Entries
from app.api.forms import Form, preferred
from app.api.identifiers import licence_called, organization_called
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
from app.api.schemas.common import BoardMetaOut, board_meta
from app.api.schemas.problems import FaultOut
from app.domain.selection import Selection
from app.domain.standings import Board, Edition
from app.errors import UnauthorizedError
from app.store.engine import SessionFactory, reading
from app.store.queries.board_editions import BoardEditions, board_editions
from app.store.queries.boards import RecordState
from app.store.queries.catalogue import Catalogue
from app.store.queries.columns import Columns
from app.store.queries.editions import (
    edition_in_force,
    is_as_stored,
    look_back,
    newest_snapshot,
    shown_up_to,
)
from app.store.queries.names import Names
from app.store.queries.panels import Panel, panel_of
from app.store.queries.standings import standings_of

Found = TypeVar("Found")
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
    max_staleness_seconds: float | None = None
    lanes: Lanes = field(default_factory=Lanes)

    @property
    def reads_a_file(self) -> bool:
        """Whether the database is a file of one's own, which is read without waiting."""
        engine: Engine | None = self.sessions.kw.get("bind")
        return engine is not None and engine.dialect.name == "sqlite"


class TakesLong(Exception):  # noqa: N818 - no error: whoever may not wait asks another to
    """What is asked for is not in memory, and must be worked out."""


class Record:
    """One consistent view of the record, for one request.

    It is opened when it is first asked for, by the thread that works on the answer: a request
    that waits for a thread must not hold a connection that those at work are waiting for.
    """

    def __init__(
        self, open_session: Callable[[], Session], catalogue: Catalogue, *, at_once: bool = False
    ) -> None:
        """Nothing is read before it is asked for; what takes long not at all if it is `at_once`."""
        self._open_session = open_session
        self._catalogue = catalogue
        self._at_once = at_once
        self._whole: dict[tuple[int, datetime | None], Panel] = {}
        self._about: set[int] = set()
        self._is_about_all = False
        self._newest: int | None = None

    @cached_property
    def session(self) -> Session:
        """Where to ask."""
        return self._open_session()

    @cached_property
    def names(self) -> Names:
        """Who is who."""
        return self._catalogue.read(self.session, before=self.begin_long)

    @cached_property
    def columns(self) -> Columns:
        """The same, laid out by number."""
        self.begin_long()
        return self._catalogue.columns(self.names)

    def begin_long(self) -> None:
        """Called before anything that takes longer than a few index ranges and rows.

        Raises:
            TakesLong: it is to be answered at once.
        """
        if self._at_once:
            raise TakesLong

    def remembered(self, key: tuple[object, ...], find: Callable[[], Found]) -> Found:
        """What takes long to find out; `key` holds the versions of what it depends on."""
        return self._catalogue.remembered(key, self._long(find))

    def _long(self, find: Callable[[], Found]) -> Callable[[], Found]:
        def found() -> Found:
            self.begin_long()
            return find()

        return found

    def editions(self, board: Board, *, known_at: datetime | None = None) -> BoardEditions:
        """The editions of a board in force at `known_at`; those of now are kept in memory."""
        if not is_as_stored(self.session, known_at):
            self.begin_long()
            return board_editions(self.session, board.id, known_at=known_at)
        return self.remembered(
            ("editions", board.id, board.data_version, board.changed_at),
            lambda: board_editions(self.session, board.id),
        )

    def edition(
        self,
        board: Board,
        as_of: date,
        *,
        known_at: datetime | None = None,
        include_partial: bool = False,
    ) -> Edition | None:
        """The newest edition for a date up to `as_of`, in the newest form public at `known_at`."""
        if is_as_stored(self.session, known_at) and not include_partial:
            return self.editions(board).at(as_of)
        return edition_in_force(
            self.session, board.id, as_of, known_at=known_at, include_partial=include_partial
        )

    def entries(self, board: Board, edition: Edition | None) -> Entries:
        """The entries of an edition of a board, kept in memory; of none without an edition."""
        if edition is None:
            return Entries(board, ())
        number = edition.snapshot_id
        return self._catalogue.entries(
            (number, edition.captured_at, self.names.version),
            self._long(lambda: Entries(board, standings_of(self.session, self.names, number))),
        )

    def board_meta(self, board: Board, edition: Edition | None) -> BoardMetaOut:
        """Which edition of which board an answer is about, and whose figures they are."""
        return board_meta(board, edition, first=self.editions(board).first_date)

    def panel(
        self,
        board_id: int,
        *,
        first: date | None = None,
        last: date | None = None,
        known_at: datetime | None = None,
    ) -> Panel:
        """The entries of the editions in force in a range of dates; limits are inclusive.

        Once a whole board was asked for, its parts are not read again.
        """
        self.begin_long()
        key = (board_id, known_at)
        if key in self._whole:
            return self._whole[key].between(first, last)
        panel = panel_of(self.session, board_id, first=first, last=last, known_at=known_at)
        if first is None and last is None:
            self._whole[key] = panel
        return panel

    def newest(self) -> int:
        """The newest snapshot of the boards that an answer is about; 0 of none."""
        return newest_snapshot(self.session, None if self._is_about_all else self._about)

    def look_back(self, newest: int) -> None:
        """See each board that an answer is about as when this was the newest snapshot of all."""
        self._newest = newest

    def version_of(self, board: Board) -> tuple[object, ...]:
        """What changes whenever an answer about this board may."""
        return self.version_of_these([board])

    def version_of_these(self, boards: Collection[Board]) -> tuple[object, ...]:
        """What changes whenever an answer about any of these boards may."""
        ids = {board.id for board in boards}
        self._about |= ids
        seen = self._seen(ids)
        states = [part for one in boards for part in (one.id, one.data_version, one.changed_at)]
        return (*states, self.names.meanings, seen)

    def version_of_all(self, state: RecordState) -> tuple[object, ...]:
        """What changes whenever an answer about any boards may."""
        self._is_about_all = True
        return (self.names.version, state.changes, self._seen(None))

    def _seen(self, boards: set[int] | None) -> int | None:
        if self._newest is not None:
            look_back(self.session, self._newest, boards)
        return shown_up_to(self.session)

    def organization_id(self, asked: str | None) -> str | None:
        """The id of the organization a filter names, None where it names none.

        Raises:
            NotFoundError: there is no such organization.
        """
        return None if asked is None else organization_called(self.names, asked).slug

    def selection(self, asked: Selection) -> Selection:
        """The entries a filter selects, by canonical ids instead of the caller's words.

        Raises:
            NotFoundError: there is no such organization or licence.
        """
        licence = asked.licence and licence_called(self.names, asked.licence).id
        return asked._replace(
            organization=self.organization_id(asked.organization), licence=licence
        )


def services_of(request: Request) -> Services:
    """What the application was given.

    Called, not depended on: FastAPI looks at every dependency of a dependency at each request,
    which took longer than a question to the database.
    """
    services: Services = request.app.state.services
    return services


def record_of(services: Services, stack: ExitStack, *, at_once: bool = False) -> Record:
    """A view that is closed with the stack; `at_once` as `Record` has it."""

    def view() -> Session:
        return stack.enter_context(reading(services.sessions, seconds=services.query_seconds))

    return Record(view, services.catalogue, at_once=at_once)


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
