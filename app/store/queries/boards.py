"""Leaderboards: what they are, how far they reach, and who stood on them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session

from app.domain.standings import Board, Owed
from app.errors import NotFoundError
from app.store.bulk import MANY_NAMES
from app.store.recall import recalled
from app.store.tables import ALIAS, EDITION, LEADERBOARD, LISTING, SOURCE

NAMES_OF_A_MODEL = 20  # at most, or nearly so


class BoardSummary(NamedTuple):
    """A board with the reach of its history. Dates are None before the first edition."""

    board: Board
    first_edition_date: date | None
    newest_edition_date: date | None
    editions: int


class RecordState(NamedTuple):
    """Counts that grow with every change to any board; `changed_at` is None without boards."""

    boards: int
    changes: int
    changed_at: datetime | None


def _boards() -> Select[Any]:
    return select(
        LEADERBOARD.c.id,
        LEADERBOARD.c.slug,
        LEADERBOARD.c.title,
        SOURCE.c.slug,
        LEADERBOARD.c.family,
        LEADERBOARD.c.era,
        LEADERBOARD.c.category,
        LEADERBOARD.c.kind,
        LEADERBOARD.c.unit,
        LEADERBOARD.c.higher_is_better,
        LEADERBOARD.c.entry_kind,
        LEADERBOARD.c.status,
        LEADERBOARD.c.data_version,
        LEADERBOARD.c.changed_at,
        SOURCE.c.slug,
        SOURCE.c.title,
        SOURCE.c.homepage,
        SOURCE.c.licence,
        SOURCE.c.licence_url,
        SOURCE.c.attribution,
    ).join(SOURCE, SOURCE.c.id == LEADERBOARD.c.source_id)


_BY_SLUG = _boards().where(LEADERBOARD.c.slug == bindparam("asked"))

_FIRST_DATES = select(LISTING.c.alias_id, LISTING.c.first_date).where(
    LISTING.c.leaderboard_id == bindparam("board")
)
_FIRST_DATES_OF = _FIRST_DATES.where(LISTING.c.alias_id.in_(bindparam("names", expanding=True)))


def _board(row: Sequence[Any]) -> Board:
    own = len(Board._fields) - 1
    return Board._make((*row[:own], Owed._make(row[own:])))


def find_board(session: Session, slug: str) -> Board:
    """One board by its slug.

    Raises:
        NotFoundError: there is none; the error holds all slugs as candidates.
    """
    return recalled(session, ("board", slug), lambda: _found(session, slug))


def _found(session: Session, slug: str) -> Board:
    row = session.execute(_BY_SLUG, {"asked": slug}).first()
    if row is None:
        raise NotFoundError("leaderboard", slug, board_slugs(session))
    return _board(row)


def boards_by_id(session: Session, ids: Sequence[int]) -> dict[int, Board]:
    """The boards with these ids."""
    rows = session.execute(_boards().where(LEADERBOARD.c.id.in_(ids)))
    return {row[0]: _board(row) for row in rows}


def boards_of_eras(session: Session, family: str) -> list[Board]:
    """The boards of a family that have an era, in order."""
    statement = _boards().where(LEADERBOARD.c.family == family, LEADERBOARD.c.era.is_not(None))
    return [_board(row) for row in session.execute(statement.order_by(LEADERBOARD.c.id))]


def ranking_board_ids(session: Session) -> list[int]:
    """The number of every board that ranks one kind of entry, and not whatever stands there."""
    statement = select(LEADERBOARD.c.id).where(LEADERBOARD.c.entry_kind.is_not(None))
    return list(session.scalars(statement.order_by(LEADERBOARD.c.id)))


def board_slugs(session: Session) -> list[str]:
    """Every board's slug, in order."""
    return list(session.scalars(select(LEADERBOARD.c.slug).order_by(LEADERBOARD.c.slug)))


def list_boards(
    session: Session,
    *,
    source: str | None = None,
    family: str | None = None,
    kind: str | None = None,
    status: str | None = None,
    q: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> list[BoardSummary]:
    """Boards by slug, those after `after` first; `q` is a part of the slug or title."""
    statement = _boards()
    for column, value in (
        (SOURCE.c.slug, source),
        (LEADERBOARD.c.family, family),
        (LEADERBOARD.c.kind, kind),
        (LEADERBOARD.c.status, status),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if q is not None:
        pattern = q.lower()
        statement = statement.where(
            func.lower(LEADERBOARD.c.slug).contains(pattern, autoescape=True)
            | func.lower(LEADERBOARD.c.title).contains(pattern, autoescape=True)
        )
    if after is not None:
        statement = statement.where(LEADERBOARD.c.slug > after)
    rows = session.execute(statement.order_by(LEADERBOARD.c.slug).limit(limit)).all()
    boards = [_board(row) for row in rows]
    reach = _reach(session, [board.id for board in boards])
    return [BoardSummary(board, *reach.get(board.id, (None, None, 0))) for board in boards]


def board_summary(session: Session, board: Board) -> BoardSummary:
    """One board with the reach of its history."""
    return BoardSummary(board, *_reach(session, [board.id]).get(board.id, (None, None, 0)))


def _reach(session: Session, ids: Sequence[int]) -> dict[int, tuple[date, date, int]]:
    rows = session.execute(
        select(
            EDITION.c.leaderboard_id,
            func.min(EDITION.c.edition_date),
            func.max(EDITION.c.edition_date),
            func.count(),
        )
        .where(EDITION.c.leaderboard_id.in_(ids))
        .group_by(EDITION.c.leaderboard_id)
    )
    return {board_id: (first, newest, count) for board_id, first, newest, count in rows}


def count_models(session: Session, board_id: int) -> int:
    """How many models ever stood on a board."""
    count: int | None = session.scalar(
        select(func.count(ALIAS.c.model_id.distinct()))
        .select_from(LISTING)
        .join(ALIAS, ALIAS.c.id == LISTING.c.alias_id)
        .where(LISTING.c.leaderboard_id == board_id)
    )
    return count or 0


def first_dates(session: Session, board_id: int, alias_ids: Sequence[int]) -> Mapping[int, date]:
    """The first edition in which each of these names stood on a board.

    Many names are not listed one by one in the question: all of the board's are read instead.
    """
    wanted = set(alias_ids)
    if len(alias_ids) > MANY_NAMES:
        rows = session.execute(_FIRST_DATES, {"board": board_id})
        return {alias_id: first for alias_id, first in rows if alias_id in wanted}
    names = sorted(wanted)

    def find() -> Mapping[int, date]:
        return dict(
            map(tuple, session.execute(_FIRST_DATES_OF, {"board": board_id, "names": names}))
        )

    is_one_model = len(names) <= NAMES_OF_A_MODEL
    return recalled(session, ("first dates", board_id, *names), find) if is_one_model else find()


def names_on(session: Session, board_id: int) -> set[int]:
    """The numbers of all names that stand, or stood, on a board."""
    return set(
        session.scalars(select(LISTING.c.alias_id).where(LISTING.c.leaderboard_id == board_id))
    )


def families(session: Session) -> list[str]:
    """Every family of boards, in order."""
    return list(
        session.scalars(select(LEADERBOARD.c.family).distinct().order_by(LEADERBOARD.c.family))
    )


def record_state(session: Session) -> RecordState:
    """What tells whether any board's record has changed."""
    return recalled(session, "record", lambda: _state(session))


def _state(session: Session) -> RecordState:
    boards, changes, changed_at = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(LEADERBOARD.c.data_version), 0),
            func.max(LEADERBOARD.c.changed_at),
        )
    ).one()
    return RecordState(boards, int(changes), changed_at)
