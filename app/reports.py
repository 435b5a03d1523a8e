"""What commands print: tables for people, most important first."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.domain.review import Want
from app.export.exporter import Exported
from app.identity.licences import says_nothing
from app.ingest.pipeline import Report
from app.ingest.resolution import Resolution
from app.store.queries.keys import StoredKey
from app.store.queries.review import Decision
from app.store.queries.sources import SourceState
from app.upkeep.checking import Fault


def print_sources(states: Iterable[SourceState]) -> None:
    """The sources, one a row."""
    table = Table("source", "title", "last run", "outcome", "newest edition", "boards", "back-fill")
    for state in states:
        run, filled = state.last_run, state.backfill
        table.add_row(
            state.source.slug,
            state.source.title,
            "never" if run is None else f"{run.started_at:%Y-%m-%d %H:%M}Z",
            "" if run is None else run.outcome,
            str(state.newest_edition_date or ""),
            str(state.leaderboards),
            "" if filled is None else f"{filled.state} {filled.done}/{filled.planned}",
        )
    Console().print(table)


def print_keys(keys: Iterable[StoredKey]) -> None:
    """The keys, one a row; of each only what is no secret."""
    table = Table("id", "name", "begins", "limit", "made", "revoked")
    for key in keys:
        revoked = "" if key.revoked_at is None else f"{key.revoked_at:%Y-%m-%d %H:%M}Z"
        made = f"{key.made_at:%Y-%m-%d %H:%M}Z"
        table.add_row(str(key.id), escape(key.name), key.start, key.quota, made, revoked)
    Console().print(table)


def print_faults(faults: Sequence[Fault]) -> None:
    """What is wrong with a store, one a line, or that nothing is."""
    for fault in faults:
        print(f"{fault.rule}: {fault.where}: {fault.detail}")
    print(f"{len(faults)} faults" if faults else "the store is sound")


def print_report(source: str, report: Report) -> None:
    """What a run did."""
    counts = report.counts
    print(
        f"{source}: {report.outcome}; {counts.documents} documents, "
        f"{counts.snapshots_written} of {counts.snapshots_seen} snapshots new, "
        f"{counts.entries_written} entries"
    )
    if report.error is not None:
        print(f"  {report.error}")


def print_resolution(resolution: Resolution) -> None:
    """What came of deciding anew."""
    if not resolution.changed:
        print("every name means what it meant before")
        return
    print(
        f"the curated facts are applied: {resolution.names_moved} names mean another model; "
        f"{resolution.editions_changed} editions have other ranks"
    )


def print_export(directory: Path, done: Exported) -> None:
    """What an export did, and what there is now."""
    print(
        f"{directory}: {done.written} of {done.files} files written, {done.removed} taken away; "
        f"{done.entries_written} of {done.entries} entries written"
    )


def print_unreviewed(decisions: Sequence[Decision], licences: Iterable[str], limit: int) -> None:
    """What a person has to decide, the most visible first, and where that is written down."""
    print("rank  board now, printed name, what is wanted")
    for decision in decisions[:limit]:
        name, place = decision.example.alias.printed_name, decision.example.place
        rank, board = ("-", "nowhere") if place is None else (str(place.rank), place.board)
        print(f"{rank:>4}  {board:<32} {name:<48} {_wanted(decision)}")
    print(f"{min(limit, len(decisions))} of {len(decisions)} decisions shown (--limit)")
    unread = [text for text in licences if not says_nothing(text)]
    if unread:
        print(f"licences that nobody knows: {', '.join(unread)}")
    print("decide in app/identity/*.toml, then `almanac resolve`")


def _wanted(decision: Decision) -> str:
    maker = decision.maker
    if maker is None:
        return "who made it?"
    names = "1 name" if decision.names == 1 else f"{decision.names} names"
    question = "where is" if decision.example.wants is Want.COUNTRY else "who is"
    return f"{question} {maker.slug}? ({names})"
