"""What can be seen of a record, for tests that compare."""

from sqlalchemy import select

from app.store.engine import SessionFactory, reading
from app.store.queries.boards import editions_in_force, find_board
from app.store.queries.catalogue import Catalogue
from app.store.queries.sources import Backfill, list_sources, source_states
from app.store.queries.standings import standings_of
from app.store.tables import REVISION


def progress(sessions: SessionFactory) -> Backfill:
    """How far the back-fill of the one source has come."""
    with reading(sessions) as session:
        [state] = source_states(session, list_sources(session))
    assert state.backfill is not None
    return state.backfill


def stored_days(sessions: SessionFactory) -> list[str]:
    """The dates of the editions in force on the one board."""
    with reading(sessions) as session:
        board = find_board(session, "demo-text")
        return [str(edition.edition_date) for edition in editions_in_force(session, board.id)]


def everything(sessions: SessionFactory, slug: str = "demo-text") -> list[tuple[object, ...]]:
    """Every line in force with what a caller sees of it."""
    with reading(sessions) as session:
        names = Catalogue().read(session)
        board = find_board(session, slug)
        return [
            (e.edition_date, e.published_at, s.rank, s.model.slug, s.score)
            for e in editions_in_force(session, board.id)
            for s in standings_of(session, names, e.snapshot_id)
        ]


def statuses(sessions: SessionFactory) -> dict[str, int]:
    """How many revisions ended how."""
    with reading(sessions) as session:
        found = session.scalars(select(REVISION.c.status)).all()
    return {status: found.count(status) for status in sorted(set(found))}
