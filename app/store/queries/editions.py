"""Editions of leaderboards: which snapshot stood for a date, as known at a time."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, func, select
from sqlalchemy.orm import Session

from app.domain.leaderboard import SnapshotStatus
from app.domain.standings import Edition
from app.store.recall import recalled
from app.store.tables import EDITION, SNAPSHOT

_UP_TO = "newest_snapshot"

_NEWEST_OF = select(func.max(SNAPSHOT.c.id)).where(
    SNAPSHOT.c.leaderboard_id.in_(bindparam("boards", expanding=True))
)


class EditionListing(NamedTuple):
    """One snapshot in a list of editions. `in_force`: it is what standings show now."""

    edition: Edition
    in_force: bool


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


def newest_snapshot(session: Session, boards: Collection[int] | None) -> int:
    """The number of the newest snapshot of some boards, None means all, in this view; 0 if none."""
    if boards is not None and is_as_stored(session, None):
        numbers = sorted(boards)
        return recalled(
            session,
            ("newest", *numbers),
            lambda: session.scalar(_NEWEST_OF, {"boards": numbers}) or 0,
        )
    statement = select(func.max(SNAPSHOT.c.id)).where(*public_by(session, None))
    if boards is not None:
        statement = statement.where(SNAPSHOT.c.leaderboard_id.in_(boards))
    return session.scalar(statement) or 0


def look_back(session: Session, newest: int, boards: Collection[int] | None) -> None:
    """Let this view show the editions of when a snapshot was the newest of some boards, or of all.

    Numbers grow in the order in which snapshots are stored, whenever they were published. What the
    checks and the names say of them is what they say now.
    """
    if newest < newest_snapshot(session, boards):
        session.info[_UP_TO] = newest


def shown_up_to(session: Session) -> int | None:
    """The newest snapshot that is shown where others were stored since; None shows all."""
    found: int | None = session.info.get(_UP_TO)
    return found


def is_as_stored(session: Session, known_at: datetime | None) -> bool:
    """Whether what is in force now is what is asked about."""
    return known_at is None and shown_up_to(session) is None


def public_by(session: Session, known_at: datetime | None) -> list[ColumnElement[bool]]:
    """What a snapshot must be to have been there by then, and be shown in this view."""
    conditions = []
    if known_at is not None:
        conditions.append(SNAPSHOT.c.published_at <= known_at)
    bound = shown_up_to(session)
    if bound is not None:
        conditions.append(SNAPSHOT.c.id <= bound)
    return conditions


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
    if is_as_stored(session, known_at) and not include_partial:
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
                *public_by(session, known_at),
            )
            .order_by(SNAPSHOT.c.edition_date.desc(), SNAPSHOT.c.published_at.desc())
        )
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
    found = editions_by_board(session, [board_id], first=first, last=last, known_at=known_at)
    return found.get(board_id, [])


def editions_by_board(
    session: Session,
    board_ids: Sequence[int],
    *,
    first: date | None = None,
    last: date | None = None,
    known_at: datetime | None = None,
) -> dict[int, list[Edition]]:
    """The same of several boards that have any, by board id."""
    if is_as_stored(session, known_at):
        statement = (
            _snapshots()
            .join(EDITION, EDITION.c.snapshot_id == SNAPSHOT.c.id)
            .add_columns(EDITION.c.leaderboard_id)
            .where(EDITION.c.leaderboard_id.in_(board_ids))
            .order_by(EDITION.c.leaderboard_id, EDITION.c.edition_date)
        )
        day = EDITION.c.edition_date
    else:
        statement = (
            _snapshots()
            .add_columns(SNAPSHOT.c.leaderboard_id)
            .where(
                SNAPSHOT.c.leaderboard_id.in_(board_ids),
                *public_by(session, known_at),
                SNAPSHOT.c.status == SnapshotStatus.COMPLETE,
            )
            .order_by(SNAPSHOT.c.leaderboard_id, SNAPSHOT.c.edition_date, SNAPSHOT.c.published_at)
        )
        day = SNAPSHOT.c.edition_date
    if first is not None:
        statement = statement.where(day >= first)
    if last is not None:
        statement = statement.where(day <= last)
    newest: dict[int, dict[date, Edition]] = {}
    for row in session.execute(statement).all():  # psycopg gives all at once sooner than each
        edition = Edition._make(row[:-1])
        newest.setdefault(row[-1], {})[edition.edition_date] = edition
    return {board_id: list(editions.values()) for board_id, editions in newest.items()}


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
        .where(SNAPSHOT.c.leaderboard_id == board_id, *public_by(session, None))
        .order_by(SNAPSHOT.c.edition_date.desc(), SNAPSHOT.c.published_at.desc())
        .limit(limit)
    )
    if after is not None:
        day, instant = after
        statement = statement.where(
            (SNAPSHOT.c.edition_date < day)
            | ((SNAPSHOT.c.edition_date == day) & (SNAPSHOT.c.published_at < instant))
        )
    rows = session.execute(statement).all()
    then = None
    if shown_up_to(session) is not None:
        then = {edition.snapshot_id for edition in editions_in_force(session, board_id)}
    return [
        EditionListing(Edition(*row[:-1]), row.id in then if then is not None else bool(row[-1]))
        for row in rows
    ]


def find_edition(session: Session, board_id: int, snapshot_id: int) -> Edition | None:
    """A snapshot of a board by its number, None if the board has no such snapshot."""
    row = session.execute(
        _snapshots().where(SNAPSHOT.c.leaderboard_id == board_id, SNAPSHOT.c.id == snapshot_id)
    ).first()
    return None if row is None else Edition(*row)


def newest_editions(
    session: Session,
    as_of: date,
    board_ids: Sequence[int],
    *,
    known_at: datetime | None = None,
) -> dict[int, Edition]:
    """The edition in force at a date on each of these boards that had one, by board id."""
    if not is_as_stored(session, known_at):
        return _newest_known(session, as_of, board_ids, known_at)
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


def _newest_known(
    session: Session, as_of: date, board_ids: Sequence[int], known_at: datetime | None
) -> dict[int, Edition]:
    place = func.row_number().over(
        partition_by=SNAPSHOT.c.leaderboard_id,
        order_by=(SNAPSHOT.c.edition_date.desc(), SNAPSHOT.c.published_at.desc()),
    )
    public = (
        select(SNAPSHOT.c.id, place.label("place"))
        .where(
            SNAPSHOT.c.leaderboard_id.in_(board_ids),
            SNAPSHOT.c.edition_date <= as_of,
            *public_by(session, known_at),
            SNAPSHOT.c.status == SnapshotStatus.COMPLETE,
        )
        .subquery()
    )
    rows = session.execute(
        _snapshots()
        .add_columns(SNAPSHOT.c.leaderboard_id)
        .join(public, public.c.id == SNAPSHOT.c.id)
        .where(public.c.place == 1)
    )
    return {row[-1]: Edition(*row[:-1]) for row in rows}


def publications(session: Session, board_id: int, days: Sequence[date]) -> dict[date, int]:
    """How many snapshots of each of these editions were published."""
    rows = session.execute(
        select(SNAPSHOT.c.edition_date, func.count())
        .where(
            SNAPSHOT.c.leaderboard_id == board_id,
            SNAPSHOT.c.edition_date.in_(days),
            *public_by(session, None),
        )
        .group_by(SNAPSHOT.c.edition_date)
    )
    return {day: count for day, count in rows}  # noqa: C416 - rows are not pairs to mypy


def publications_of(session: Session, board_id: int) -> list[tuple[datetime, date]]:
    """When a board's editions were published, and for which dates; parts are left out."""
    rows = session.execute(
        select(SNAPSHOT.c.published_at, SNAPSHOT.c.edition_date).where(
            SNAPSHOT.c.leaderboard_id == board_id, SNAPSHOT.c.status != SnapshotStatus.PARTIAL
        )
    )
    return [(moment, day) for moment, day in rows]
