"""What can be seen of a record, for tests that compare."""

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.standings import Standing
from app.store.engine import SessionFactory, reading
from app.store.queries.boards import find_board
from app.store.queries.catalogue import Catalogue
from app.store.queries.editions import editions_in_force
from app.store.queries.names import Names
from app.store.queries.sources import (
    Backfill,
    Run,
    find_source,
    list_runs,
    list_sources,
    source_states,
)
from app.store.queries.standings import block_of, resolved
from app.store.tables import ALIAS, EDITION, ENTRY, LEADERBOARD, REVISION, SNAPSHOT


def standings_of(session: Session, names: Names, snapshot_id: int) -> list[Standing]:
    """The entries of a snapshot; best first, ties by the model's slug."""
    return resolved(names, block_of(session, snapshot_id))


def progress(sessions: SessionFactory) -> Backfill:
    """How far the back-fill of the one source has come."""
    with reading(sessions) as session:
        [state] = source_states(session, list_sources(session))
    assert state.backfill is not None
    return state.backfill


def runs(sessions: SessionFactory) -> list[Run]:
    """The runs of the one source, newest first."""
    with reading(sessions) as session:
        return list_runs(session, find_source(session, "demo").id)


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


class Seen(NamedTuple):
    """All that names and ranks are in a record, in a form that can be compared.

    `models` tells of each (source, printed name) which names it shares a model with, who made that
    and so on; `snapshots` and `series` are the entries, of everything and of what is in force.
    """

    models: dict[tuple[str, str], object]
    redirects: dict[str, str]
    snapshots: list[object]
    series: list[object]
    leaders: list[object]


def seen(sessions: SessionFactory, *, ids: bool = True) -> Seen:
    """What a record says of names and ranks; without `ids` whatever ids models have."""
    with reading(sessions) as session:
        names = Catalogue().read(session)
        models: dict[tuple[str, str], object] = {
            (alias.source, alias.printed_name): (
                frozenset((a.source, a.printed_name) for a in names.aliases_of[alias.model.slug]),
                alias.model.name,
                alias.model.organization,
                (alias.model.reviewed, alias.reviewed, alias.since, alias.model.base),
                alias.model.slug if ids else None,
            )
            for alias in names.aliases.values()
        }
        boards = dict(session.execute(select(LEADERBOARD.c.id, LEADERBOARD.c.slug)).all())
        printed = dict(session.execute(select(ALIAS.c.id, ALIAS.c.printed_name)).all())
        snapshots = sorted(
            (
                boards[row.leaderboard_id],
                str(row.published_at),
                str(row.edition_date),
                row.entries_total,
                row.status,
                sorted(
                    (s.rank, s.printed_name, s.tied, s.variants, s.official, s.licence_id or "")
                    for s in standings_of(session, names, row.id)
                ),
            )
            for row in session.execute(select(SNAPSHOT)).all()
        )
        series = sorted(
            (
                boards[row.leaderboard_id],
                str(row.edition_date),
                *(row.rank, printed[row.alias_id], row.tied, row.variants, row.score),
            )
            for row in session.execute(select(ENTRY)).all()
        )
        leaders = sorted(
            (
                boards[row.leaderboard_id],
                str(row.edition_date),
                row.entries_total,
                printed[row.leader_alias_id],
                printed.get(row.official_leader_alias_id),
            )
            for row in session.execute(select(EDITION)).all()
        )
    return Seen(
        models, names.redirects if ids else {}, list(snapshots), list(series), list(leaders)
    )
