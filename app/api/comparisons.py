"""Two editions of one board side by side: which ones a question means, and what they say."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.api.cursors import Number, Word
from app.api.entries import Entries
from app.api.group_questions import TableQuestion
from app.api.pages import Page
from app.api.questions import MovementsQuestion, StandingsQuestion, check_order
from app.api.record import Record
from app.api.schemas.common import BoardMetaOut
from app.domain.moments import Moment, moment_of_day
from app.domain.standings import Board, Edition
from app.errors import InvalidQueryError
from app.store.queries.boards import first_dates
from app.store.queries.editions import find_edition, shown_up_to
from app.store.queries.groups import appearances

StandingsKey = tuple[int, Word, Word]
MovementsKey = tuple[bool, Number, Word, Word]
GroupsKey = tuple[int, Word]
ENDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """An edition of a board and an earlier one; each None where there is none.

    `until` and `since` are the ends of the comparison as asked, else the date that stood for
    now and the earlier edition's date.
    """

    board: Board
    edition: Edition | None
    earlier: Edition | None
    until: str
    since: str | None

    def now(self, record: Record) -> Entries:
        """The entries of the edition, best first."""
        return record.entries(self.board, self.edition)

    def before(self, record: Record) -> Entries:
        """The entries of the earlier edition, best first."""
        return record.entries(self.board, self.earlier)

    @property
    def snapshots(self) -> tuple[int | None, int | None]:
        """What later pages of the same list are made from."""
        return (
            self.edition and self.edition.snapshot_id,
            self.earlier and self.earlier.snapshot_id,
        )

    @property
    def day(self) -> date:
        """The date of the edition; the last there is without one."""
        return date.max if self.edition is None else self.edition.edition_date

    def meta(self, record: Record, board: Board) -> BoardMetaOut:
        """Which edition of which board this is about, and whose figures they are."""
        return record.board_meta(board, self.edition)


def compare_standings(
    record: Record, board: Board, question: StandingsQuestion, page: Page[StandingsKey]
) -> Comparison:
    """The edition asked for, and the one its movements are measured from.

    Raises:
        InvalidQueryError: `compare_to` lies after `as_of`.
    """
    as_of = question.moment(page.day)
    start = question.compare_to
    check_order("compare_to", start, "as_of", as_of)
    return _compare(
        record,
        board,
        page.snapshots,
        as_of=as_of,
        since=start,
        known_at=question.known_until,
        include_partial=question.include_partial,
    )


def compare_movements(
    record: Record,
    board: Board,
    question: MovementsQuestion,
    page: Page[MovementsKey],
) -> Comparison:
    """The editions at both ends of the span asked for.

    Raises:
        InvalidQueryError: the span is given twice, or ends before it begins.
    """
    to = question.end(page.day)
    start = question.from_
    if question.window is not None:
        if start is not None:
            raise InvalidQueryError("window", "give `from` or `window`, not both")
        start = moment_of_day(question.window.before(to.day))
    return _compare(
        record,
        board,
        page.snapshots,
        as_of=to,
        since=start,
        known_at=question.known_until,
        include_partial=False,
    )


def compare_groups(
    record: Record, board: Board, question: TableQuestion, page: Page[GroupsKey]
) -> Comparison:
    """The edition asked for, and the one that the changes of groups are measured from.

    Raises:
        InvalidQueryError: `compare_to` lies after `as_of`.
    """
    as_of = question.moment(page.day)
    start = question.earlier(question.span.before(as_of.day))
    check_order("compare_to", start, "as_of", as_of)
    return _compare(
        record,
        board,
        page.snapshots,
        as_of=as_of,
        since=start,
        known_at=question.known_until,
        include_partial=False,
    )


def seen_by(
    record: Record, board: Board, models: Iterable[str], edition: Edition | None
) -> set[str]:
    """Those of these models that had stood on the board by an edition's date."""
    names = record.names
    alias_ids = [alias.id for model in models for alias in names.aliases_of.get(model, ())]
    if edition is None or not alias_ids:
        return set()
    if shown_up_to(record.session) is None:
        firsts = first_dates(record.session, board.id, alias_ids)
        there = [name for name, first in firsts.items() if first <= edition.edition_date]
    else:
        found = appearances(
            record.session, edition.edition_date, board_id=board.id, alias_ids=alias_ids
        )
        there = found.alias_id.tolist()
    return {names.aliases[number].model.slug for number in there}


def _compare(
    record: Record,
    board: Board,
    pinned: tuple[int | None, ...] | None,
    *,
    as_of: Moment,
    since: Moment | None,
    known_at: datetime | None,
    include_partial: bool,
) -> Comparison:
    if pinned is not None:
        if len(pinned) != ENDS:
            raise InvalidQueryError("cursor", "it is no cursor")
        edition, earlier = (_pinned(record, board, number) for number in pinned)
    else:
        edition = record.edition(
            board, as_of.day, known_at=known_at, include_partial=include_partial
        )
        start = _day_before(edition) if since is None else since.day
        earlier = None
        if start is not None:
            earlier = record.edition(board, start, known_at=known_at)
    return Comparison(
        board=board,
        edition=edition,
        earlier=earlier,
        until=as_of.text,
        since=_since(since, earlier),
    )


def _day_before(edition: Edition | None) -> date | None:
    return None if edition is None else edition.edition_date - timedelta(days=1)


def _since(asked: Moment | None, earlier: Edition | None) -> str | None:
    if asked is not None:
        return asked.text
    return None if earlier is None else earlier.edition_date.isoformat()


def _pinned(record: Record, board: Board, number: int | None) -> Edition | None:
    if number is None:
        return None
    edition = find_edition(record.session, board.id, number)
    if edition is None:
        raise InvalidQueryError("cursor", "the edition it continues is not known here")
    return edition
