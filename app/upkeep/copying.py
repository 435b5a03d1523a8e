"""Moving a whole store into another database, of the same kind or the other."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from hashlib import sha256
from typing import NamedTuple

import psycopg
from sqlalchemy import Engine, Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.errors import StoreError
from app.store.engine import reading, session_factory, transaction
from app.store.migrate import is_current_over, migrate
from app.store.portable import Row, Tally
from app.store.queries.whole import (
    all_rows,
    tables_in_use,
    tables_of_record,
    tally_of,
    unlimited,
    years_taken_out,
)
from app.store.writes.whole import forget_facts, insert_all, lock_everything, settle_in


class Copied(NamedTuple):
    """Rows by table, and the digest of all of them, the same on either kind of database."""

    rows: Mapping[str, int]
    digest: str


def copy_record(
    source: Engine,
    target: Engine,
    *,
    on_table: Callable[[str, int], None] = lambda _name, _rows: None,
) -> Copied:
    """Copy everything that one database has into another, which has nothing: all, or nothing.

    It is of one moment: who reads or writes the source meanwhile is neither stopped nor seen. The
    target is migrated first. What it has of curated facts and of sources, which the program puts
    there by itself, makes way for what the source has. Each table is read back and its digest
    compared before anything is committed. `on_table` is told the name and rows of each.

    Copied are the names, lines, snapshots, archived files, revisions, runs, back-fills, API keys
    and versions with all their numbers. Not copied is what only lasts as long as a process:
    leases, so that a run under way is noted as abandoned by the next one on the target, and
    buckets of tokens, which are full there.

    Raises:
        StoreError: the source has another schema, or a year was taken out of it, the target holds
            a record or has a schema that this version does not know, or the two differ, or a row
            cannot be stored.
        SQLAlchemyError: a database cannot be asked, or somebody writes to the target.
    """
    with reading(session_factory(source)) as origin:
        unlimited(origin)
        if not is_current_over(origin.connection()):
            raise StoreError("what is to be copied has another schema; run `almanac migrate`")
        _refuse_in_part(origin)
        with reading(session_factory(target)) as before:
            _refuse_in_use(before)
        migrate(target)
        with transaction(session_factory(target)) as goal:
            unlimited(goal)
            lock_everything(goal)
            _refuse_in_use(goal)
            forget_facts(goal)
            tallies = {}
            for table in tables_of_record():
                tallies[table.name] = _copy_table(origin, goal, table)
                on_table(table.name, tallies[table.name].rows)
            settle_in(goal)
    rows = {name: tally.rows for name, tally in tallies.items()}
    return Copied(rows, _digest_of_all(tallies))


def _refuse_in_part(session: Session) -> None:
    years = years_taken_out(session)
    if years:
        raise StoreError(
            f"the lines of {', '.join(map(str, years))} were taken out, and what is left could not"
            " be proved: attach them to entry first"
        )


def _refuse_in_use(session: Session) -> None:
    used = tables_in_use(session)
    if used:
        raise StoreError(f"where it is to be copied to there are rows already: {', '.join(used)}")


def _copy_table(origin: Session, goal: Session, table: Table) -> Tally:
    sent = Tally(table)
    with _told_of(table), closing(all_rows(origin, table)) as batches:
        insert_all(goal, table, _counted(batches, sent))
        found = tally_of(goal, table)
    if (found.rows, found.digest) != (sent.rows, sent.digest):
        raise StoreError(
            f"{table.name}: what was stored ({found.rows} rows, {found.digest}) is not "
            f"what there was ({sent.rows} rows, {sent.digest}); nothing is kept"
        )
    return sent


def _counted(batches: Iterable[Sequence[Row]], tally: Tally) -> Iterator[Sequence[Row]]:
    for rows in batches:
        tally.add(rows)
        yield rows


@contextmanager
def _told_of(table: Table) -> Iterator[None]:
    """Say which table it was that could not be read or stored."""
    try:
        yield
    except (DBAPIError, sqlite3.Error, psycopg.Error, ValueError, TypeError, ArithmeticError) as e:
        cause = e.orig if isinstance(e, DBAPIError) else e
        reason = str(cause).partition("\n")[0]
        raise StoreError(f"{table.name}: {reason}; nothing is kept") from e


def _digest_of_all(tallies: Mapping[str, Tally]) -> str:
    lines = (f"{name} {tally.rows} {tally.digest}\n" for name, tally in sorted(tallies.items()))
    return sha256("".join(lines).encode()).hexdigest()
