"""Leaderboards and their editions."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.domain.leaderboard import SnapshotStatus
from app.domain.standings import Board, Edition
from app.errors import NotFoundError
from app.store.tables import (
    ALIAS,
    EDITION,
    LEADERBOARD,
    LISTING,
    SNAPSHOT,
    SOURCE,
)


class BoardSummary(NamedTuple):
    """A board with the reach of its history. Dates are None before the first edition."""

    board: Board
    first_edition_date: date | None
    newest_edition_date: date | None
    editions: int


class EditionListing(NamedTuple):
    """One snapshot in a list of editions. `in_force`: it is what standings show now."""

    edition: Edition
    in_force: bool


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
        LEADERBOARD.c.category,
        LEADERBOARD.c.kind,
        LEADERBOARD.c.unit,
        LEADERBOARD.c.higher_is_better,
        LEADERBOARD.c.status,
        LEADERBOARD.c.data_version,
        LEADERBOARD.c.changed_at,
    ).join(SOURCE, SOURCE.c.id == LEADERBOARD.c.source_id)


def find_board(session: Session, slug: str) -> Board:
    """One board by its slug.

    Raises:
        NotFoundError: there is none; the error holds all slugs as candidates.
    """
    row = session.execute(_boards().where(LEADERBOARD.c.slug == slug)).first()
    if row is None:
        raise NotFoundError("leaderboard", slug, board_slugs(session))
    return Board(*row)


def boards_by_id(session: Session, ids: Sequence[int]) -> dict[int, Board]:
    """The boards with these ids."""
    rows = session.execute(_boards().where(LEADERBOARD.c.id.in_(ids)))
    return {row[0]: Board(*row) for row in rows}


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
    boards = [Board(*row) for row in rows]
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


MANY_NAMES = 1000


def first_dates(session: Session, board_id: int, alias_ids: Sequence[int]) -> dict[int, date]:
    """The first edition in which each of these names stood on a board.

    Many names are not listed one by one in the question: all of the board's are read instead.
    """
    statement = select(LISTING.c.alias_id, LISTING.c.first_date).where(
        LISTING.c.leaderboard_id == board_id
    )
    if len(alias_ids) <= MANY_NAMES:
        statement = statement.where(LISTING.c.alias_id.in_(alias_ids))
    wanted = set(alias_ids)
    return {alias_id: first for alias_id, first in session.execute(statement) if alias_id in wanted}


def _snapshots() -> Select[Any]:
    return select(
        SNAPSHOT.c.id,
        SNAPSHOT.c.edition_date,
        SNAPSHOT.c.published_at,
        SNAPSHOT.c.captured_at,
        SNAPSHOT.c.revision,
        SNAPSHOT.c.entries_total,
        SNAPSHOT.c.leader_score,
        SNAPSHOT.c.status,
        SNAPSHOT.c.status_reason,
    )


def edition_in_force(
    session: Session,
    board_id: int,
    as_of: date,
    *,
    known_at: datetime | None = None,
    include_partial: bool = False,
) -> Edition | None:
    """The newest edition for a date up to `as_of`, in the newest form public at `known_at`.

    `known_at` None is now. None when the board had no edition by then.
    """
    if known_at is None and not include_partial:
        statement = (
            _snapshots()
            .join(EDITION, EDITION.c.snapshot_id == SNAPSHOT.c.id)
            .where(
                EDITION.c.leaderboard_id == board_id,
                EDITION.c.edition_date <= as_of,
            )
            .order_by(EDITION.c.edition_date.desc())
        )
    else:
        statement = (
            _snapshots()
            .where(
                SNAPSHOT.c.leaderboard_id == board_id,
                SNAPSHOT.c.edition_date <= as_of,
            )
            .order_by(SNAPSHOT.c.edition_date.desc(), SNAPSHOT.c.published_at.desc())
        )
        if known_at is not None:
            statement = statement.where(SNAPSHOT.c.published_at <= known_at)
        if not include_partial:
            statement = statement.where(SNAPSHOT.c.status == SnapshotStatus.COMPLETE)
    row = session.execute(statement.limit(1)).first()
    return None if row is None else Edition(*row)


def editions_in_force(
    session: Session,
    board_id: int,
    *,
    first: date | None = None,
    last: date | None = None,
    known_at: datetime | None = None,
) -> list[Edition]:
    """For every date in the range the edition in force at `known_at`, oldest first."""
    if known_at is None:
        statement = (
            _snapshots()
            .join(EDITION, EDITION.c.snapshot_id == SNAPSHOT.c.id)
            .where(EDITION.c.leaderboard_id == board_id)
            .order_by(EDITION.c.edition_date)
        )
        day = EDITION.c.edition_date
    else:
        statement = (
            _snapshots()
            .where(
                SNAPSHOT.c.leaderboard_id == board_id,
                SNAPSHOT.c.published_at <= known_at,
                SNAPSHOT.c.status == SnapshotStatus.COMPLETE,
            )
            .order_by(SNAPSHOT.c.edition_date, SNAPSHOT.c.published_at)
        )
        day = SNAPSHOT.c.edition_date
    if first is not None:
        statement = statement.where(day >= first)
    if last is not None:
        statement = statement.where(day <= last)
    newest: dict[date, Edition] = {}
    for row in session.execute(statement):
        edition = Edition(*row)
        newest[edition.edition_date] = edition
    return list(newest.values())


def list_snapshots(
    session: Session,
    board_id: int,
    *,
    after: tuple[date, datetime] | None = None,
    limit: int = 50,
) -> list[EditionListing]:
    """Every snapshot of a board, newest edition first, newest publication first within it.

    `after` is the (edition_date, published_at) of the last one already seen.
    """
    statement = (
        _snapshots()
        .add_columns(EDITION.c.snapshot_id)
        .join(EDITION, EDITION.c.snapshot_id == SNAPSHOT.c.id, isouter=True)
        .where(SNAPSHOT.c.leaderboard_id == board_id)
        .order_by(SNAPSHOT.c.edition_date.desc(), SNAPSHOT.c.published_at.desc())
        .limit(limit)
    )
    if after is not None:
        day, instant = after
        statement = statement.where(
            (SNAPSHOT.c.edition_date < day)
            | ((SNAPSHOT.c.edition_date == day) & (SNAPSHOT.c.published_at < instant))
        )
    return [
        EditionListing(Edition(*row[:-1]), row[-1] is not None)
        for row in session.execute(statement)
    ]


def first_edition_date(session: Session, board_id: int) -> date | None:
    """The date of a board's first edition in force."""
    first: date | None = session.scalar(
        select(func.min(EDITION.c.edition_date)).where(EDITION.c.leaderboard_id == board_id)
    )
    return first


def find_edition(session: Session, board_id: int, snapshot_id: int) -> Edition | None:
    """A snapshot of a board by its number, None if the board has no such snapshot."""
    row = session.execute(
        _snapshots().where(SNAPSHOT.c.leaderboard_id == board_id, SNAPSHOT.c.id == snapshot_id)
    ).first()
    return None if row is None else Edition(*row)


def newest_editions(session: Session, as_of: date, board_ids: Sequence[int]) -> dict[int, Edition]:
    """The edition in force at a date on each of these boards that had one, by board id."""
    chosen = (
        select(
            EDITION.c.leaderboard_id.label("board"), func.max(EDITION.c.edition_date).label("day")
        )
        .where(EDITION.c.leaderboard_id.in_(board_ids), EDITION.c.edition_date <= as_of)
        .group_by(EDITION.c.leaderboard_id)
        .subquery()
    )
    rows = session.execute(
        _snapshots()
        .add_columns(EDITION.c.leaderboard_id)
        .join(EDITION, EDITION.c.snapshot_id == SNAPSHOT.c.id)
        .join(
            chosen,
            (chosen.c.board == EDITION.c.leaderboard_id) & (chosen.c.day == EDITION.c.edition_date),
        )
    )
    return {row[-1]: Edition(*row[:-1]) for row in rows}


def publications(session: Session, board_id: int, days: Sequence[date]) -> dict[date, int]:
    """How many snapshots of each of these editions were published."""
    rows = session.execute(
        select(SNAPSHOT.c.edition_date, func.count())
        .where(SNAPSHOT.c.leaderboard_id == board_id, SNAPSHOT.c.edition_date.in_(days))
        .group_by(SNAPSHOT.c.edition_date)
    )
    return {day: count for day, count in rows}  # noqa: C416 - rows are not pairs to mypy


def families(session: Session) -> list[str]:
    """Every family of boards, in order."""
    return list(
        session.scalars(select(LEADERBOARD.c.family).distinct().order_by(LEADERBOARD.c.family))
    )


def record_state(session: Session) -> RecordState:
    """What tells whether any board's record has changed."""
    boards, changes, changed_at = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(LEADERBOARD.c.data_version), 0),
            func.max(LEADERBOARD.c.changed_at),
        )
    ).one()
    return RecordState(boards, int(changes), changed_at)
