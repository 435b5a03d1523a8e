"""One consistent view of the record, and what is kept in memory of it."""

from collections.abc import Callable, Collection, Sized
from datetime import date, datetime
from functools import cached_property
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from app.api.entries import Entries
from app.api.identifiers import licence_called, organization_called
from app.api.labels import Labels
from app.api.schemas.common import BoardMetaOut, board_meta
from app.domain.selection import Selection
from app.domain.standings import Board, Edition
from app.store.blocks import NOTHING
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
from app.store.queries.standings import block_of

MANY_ENTRIES = 500  # of an edition that is soon read
Found = TypeVar("Found")
Counted = TypeVar("Counted", bound=Sized)


class TakesLong(Exception):  # noqa: N818 - no error: whoever may not wait asks another to
    """What is asked for is not in memory, and must be worked out."""


class Record:
    """One consistent view of the record, for one request.

    It is opened when it is first asked for, by the thread that works on the answer: a request
    that waits for a thread must not hold a connection that those at work are waiting for.
    """

    def __init__(
        self, open_session: Callable[[], Session], catalogue: Catalogue, *, on_loop: bool = False
    ) -> None:
        """Nothing is read before it is asked for.

        With `on_loop`, which is where the event loop answers, nothing that takes long is begun:
        whatever is asked for below may then raise `TakesLong`.
        """
        self._open_session = open_session
        self._catalogue = catalogue
        self._on_loop = on_loop
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
        return self._catalogue.made_of(self.names, Columns, before=self.begin_long)

    @cached_property
    def labels(self) -> Labels:
        """What answers say of a line beside its figures."""
        return self._catalogue.made_of(self.names, Labels)

    def begin_long(self) -> None:
        """Called before anything that takes longer than a few index ranges and rows.

        Raises:
            TakesLong: it is to be answered on the event loop.
        """
        if self._on_loop:
            raise TakesLong

    def of_editions(self, key: tuple[object, ...], find: Callable[[], Counted]) -> Counted:
        """As `Catalogue.editions`: what takes long to find out of a board's editions."""
        return self._catalogue.editions(key, self._long(find))

    def notes(self, key: tuple[object, ...]) -> dict[Any, Any]:
        """As `Catalogue.notes`."""
        return self._catalogue.notes(key)

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
        return self.of_editions(
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
        self.begin_long()
        return edition_in_force(
            self.session, board.id, as_of, known_at=known_at, include_partial=include_partial
        )

    def entries(self, board: Board, edition: Edition | None) -> Entries:
        """The entries of an edition of a board, kept in memory; of none without an edition."""
        if edition is None:
            return Entries(board, NOTHING, self.columns)
        number = edition.snapshot_id

        def read() -> Entries:
            if edition.entries_total > MANY_ENTRIES:
                self.begin_long()
            return Entries(board, block_of(self.session, number), self.columns)

        return self._catalogue.entries((number, edition.captured_at, self.names.version), read)

    def history(
        self, key: tuple[object, ...], extend: Callable[[Counted | None], Counted]
    ) -> Counted:
        """A history as `Catalogue.history` has it; `extend` says itself whether it takes long."""
        return self._catalogue.history(key, extend)

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
