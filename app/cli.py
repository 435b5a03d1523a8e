"""The command line. `almanac --help` is where to start.

Exit codes: 0 done; 1 a run failed, or some of it; 2 the call's words are wrong; 3 somebody else
is doing it now; 4 the database cannot be used (not reachable, or its schema is not ours); 5
the address cannot be listened on; 130 interrupted.
"""

import logging
import os
import signal
import sys
import threading
import time
from datetime import date, datetime
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import typer
import uvicorn
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app import __version__
from app.api.problems import nearest
from app.backfiller import NICENESS, Backfiller, unfinished
from app.config import Settings
from app.domain.runs import Outcome, RunKind
from app.errors import (
    AddressError,
    AlmanacError,
    ConflictError,
    NotFoundError,
    SourceError,
    StoreError,
)
from app.export.exporter import export_record
from app.ingest.backfill import dry_run, run_backfill
from app.ingest.pipeline import Report, register_source
from app.ingest.runner import Work, run_scrape
from app.keys_cli import keys
from app.main import app_of, from_env
from app.progress import backfill_progress
from app.reports import (
    print_export,
    print_report,
    print_resolution,
    print_unreviewed,
)
from app.scheduler import Scheduler
from app.serving import handling, serve_by, server_of
from app.sources_cli import sources
from app.store.engine import reading
from app.store.queries.catalogue import Catalogue
from app.store.queries.review import decisions, review, unread_licences
from app.store.queries.sources import list_sources
from app.upkeep_cli import upkeep
from app.wiring import Almanac, assemble, configure_telemetry, listen, opened, utc_now

DONE, FAILED, USAGE, BUSY, NO_DATABASE, NO_ADDRESS, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130
MOST_NAMED = 20

log = logging.getLogger("app")
cli = typer.Typer(
    name="almanac",
    help=(
        "The record book of AI leaderboards.\n\n"
        "Start with `almanac up`: it keeps its record in one SQLite file, scrapes on a "
        "schedule, fills the years before, and serves it all under http://127.0.0.1:8000/v1.\n\n"
        "Settings come from ALMANAC_* environment variables; see the README."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
cli.add_typer(keys)
cli.add_typer(sources)
cli.add_typer(upkeep)

SourceArguments = Annotated[
    list[str] | None,
    typer.Argument(help="Sources, by slug (`almanac sources` lists them); none means all."),
]


def main() -> None:
    """Run the command line and end the process with its code."""
    try:
        cli(prog_name="almanac")
    except NotFoundError as error:
        known = error.suggestions
        if len(known) > MOST_NAMED:
            known = (*nearest(error.name, known), "...")
        fail(f"{error}; there are: {', '.join(known)}", USAGE)
    except AddressError as error:
        fail(str(error), NO_ADDRESS)
    except StoreError as error:
        fail(f"the database cannot be used: {error}", NO_DATABASE)
    except AlmanacError as error:
        fail(str(error), FAILED)
    except ValidationError as error:
        faults = "; ".join(
            f"ALMANAC_{e['loc'][0]!s}".upper() + f": {e['msg']}" for e in error.errors()
        )
        fail(f"settings: {faults}", USAGE)
    except SQLAlchemyError as error:
        reason = error.orig if isinstance(error, DBAPIError) else error
        fail(f"the database cannot be used: {reason}", NO_DATABASE)
    except SystemExit as end:
        if end.code == INTERRUPTED:  # typer has caught Ctrl-C, and says nothing
            fail("interrupted; what is stored stays, and the next call goes on", INTERRUPTED)
        raise


def fail(message: str, code: int) -> NoReturn:
    """Say why on standard error and end."""
    print(f"almanac: {message}", file=sys.stderr)
    raise SystemExit(code)


def _say_version(asked: bool) -> None:  # noqa: FBT001 - so typer calls it
    if asked:
        print(f"almanac {__version__}")
        raise typer.Exit


@cli.callback()
def _configure(
    *,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_say_version, is_eager=True, help="Say the version and end."
        ),
    ] = False,
) -> None:
    configure_telemetry(Settings())


@cli.command()
def up(
    *,
    no_backfill: Annotated[
        bool, typer.Option("--no-backfill", help="Do not fill the years before.")
    ] = False,
) -> None:
    """Everything in one process: migrate, scrape on a schedule, back-fill, serve.

    On an empty store every source is scraped once, then the years before are filled in the
    background. Starts without any network too, and says what failed.
    """
    with opened(Settings(), "almanac up") as almanac:
        works = almanac.works()
        for work in works:
            register_source(almanac.sessions, work.source.info)
        scheduler = Scheduler(works, wall=utc_now)
        backfiller = Backfiller(lambda: unfinished(almanac.sessions, works))
        server, listening = _server_of(almanac), listen(almanac.settings)

        def then_backfill() -> None:
            if scheduler.wait_for_first_round() and not no_backfill:
                backfiller.start()

        scheduler.start()
        threading.Thread(target=then_backfill, name="first-round", daemon=True).start()
        try:
            server.run(sockets=[listening])
        finally:
            backfiller.stop()
            scheduler.stop()


def tell_who_counts(settings: Settings, workers: int) -> None:
    """Warn of a limit that each of several workers would keep for itself."""
    if settings.rate_limit is not None and settings.rate_limit_store == "memory":
        log.warning(
            "each of the %d workers counts requests for itself, so that a client may make up to "
            "%d times %s; ALMANAC_RATE_LIMIT_STORE=database counts them together",
            *(workers, workers, settings.rate_limit),
        )


@cli.command()
def serve(
    *,
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help="Processes; else ALMANAC_WORKERS.")
    ] = None,
) -> None:
    """Serve the API only. Any number of these may run on one PostgreSQL database."""
    with opened(Settings(), "almanac serve", check=False) as almanac:
        given = almanac.settings
        number, listening = workers or given.workers, listen(given)
        if number == 1:
            _server_of(almanac).run(sockets=[listening])
            return
    tell_who_counts(given, number)
    serve_by(
        number,
        from_env,
        listening,
        log_level=given.log_level,
        trusted_proxies=given.trusted_proxies,
    )


@cli.command()
def schedule() -> None:
    """Scrape on a schedule only. Several may run: the database decides who scrapes what.

    At low priority: whoever reads on the same machine goes first.
    """
    os.nice(NICENESS)
    with opened(Settings(), "almanac schedule") as almanac:
        scheduler = Scheduler(almanac.works(), wall=utc_now)
        stopped = threading.Event()

        def stop(_signal: int, _frame: FrameType | None) -> None:
            stopped.set()

        with handling(stop, signal.SIGINT, signal.SIGTERM):
            scheduler.start()
            stopped.wait()
            scheduler.stop()


@cli.command()
def migrate() -> None:
    """Bring the database to this version's schema and curated facts. Harmless when it is there."""
    almanac = assemble(Settings(), "almanac migrate")
    try:
        resolution = almanac.migrate()
    finally:
        almanac.engine.dispose()
    print("the database has this version's schema")
    if resolution is not None:
        print_resolution(resolution)


@cli.command()
def resolve(
    *,
    unreviewed: Annotated[
        bool,
        typer.Option("--unreviewed", help="Change nothing; list what wants a person's decision."),
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="Decisions to list at most.")] = 50,
) -> None:
    """Decide anew whom every stored name means, by the curated facts. Fetches nothing."""
    with opened(Settings(), apply_facts=False) as almanac:
        if not unreviewed:
            print_resolution(almanac.resolve())
            return
        with reading(almanac.sessions) as session:
            names = Catalogue().read(session)
            today = utc_now().date()
            reviews = [
                review(session, names, source.slug, source.id, today)
                for source in list_sources(session)
            ]
            print_unreviewed(decisions(reviews), unread_licences(session), limit)


@cli.command()
def scrape(sources: SourceArguments = None) -> None:
    """Scrape sources once, now. Ends with 1 if a run failed, 3 if one is under way elsewhere."""
    with opened(Settings()) as almanac:
        codes = []
        for work in almanac.works(sources or ()):
            report = run_scrape(work, RunKind.MANUAL)
            if report is None:
                print(f"{work.source.info.slug}: being scraped by another process")
                codes.append(BUSY)
            else:
                codes.append(_tell(work, report))
        raise typer.Exit(_worst(codes))


@cli.command()
def backfill(
    sources: SourceArguments = None,
    *,
    first: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="First edition date to fill."),
    ] = None,
    last: Annotated[
        datetime | None,
        typer.Option("--to", formats=["%Y-%m-%d"], help="Last edition date to fill."),
    ] = None,
    only_plan: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be read, and write nothing.")
    ] = False,
    polite: Annotated[
        bool, typer.Option("--polite", help="Pause between revisions, for readers' sake.")
    ] = False,
) -> None:
    """Fill the years before from what the upstreams still have.

    Can be stopped at any moment and goes on where it was. Ends with 1 if some revision could not
    be read: those are passed over, listed in the log, and tried again next time.
    """
    low, high = first and first.date(), last and last.date()
    if low is not None and high is not None and low > high:
        fail("--from lies after --to", USAGE)
    with opened(Settings()) as almanac:
        with handling(_interrupt, signal.SIGTERM):
            codes = [
                _plan(work, low, high) if only_plan else _backfill(work, low, high, polite=polite)
                for work in almanac.works(sources or ())
            ]
        raise typer.Exit(_worst(codes))


def _plan(work: Work, first: date | None, last: date | None) -> int:
    try:
        plan = dry_run(work, first=first, last=last)
    except SourceError as error:
        print(error)
        return FAILED
    print(f"{work.source.info.slug}: {len(plan.pending)} revisions to read, {plan.stored} stored")
    for revision in plan.pending:
        day = revision.edition_date or "all editions"
        print(f"  {revision.published_at:%Y-%m-%d} {revision.document} {day}")
    return DONE


def _backfill(work: Work, first: date | None, last: date | None, *, polite: bool) -> int:
    try:
        with backfill_progress(work.source.info.slug) as on_step:
            report = run_backfill(
                work,
                first=first,
                last=last,
                on_step=on_step,
                pause=(lambda: time.sleep(0.05)) if polite else (lambda: None),
            )
    except ConflictError as error:
        print(error)
        return BUSY
    return _tell(work, report)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """Let SIGTERM end what can go on later as Ctrl-C does: noted, and nothing half-done."""
    raise KeyboardInterrupt


@cli.command()
def export(
    directory: Annotated[
        Path, typer.Argument(help="Where to; made if need be, and else an export or empty.")
    ],
    *,
    leaderboards: Annotated[
        list[str] | None,
        typer.Option("--leaderboard", metavar="ID", help="A board; again for more. None: all."),
    ] = None,
) -> None:
    """Write whole boards as partitioned Parquet with a datapackage.json, licences included.

    Called again it writes only what has changed and takes away what is not asked for any more; one
    that was killed goes on where it was. Ends with 3 if another exports into DIRECTORY now.
    """
    with opened(Settings()) as almanac, handling(_interrupt, signal.SIGTERM):
        try:
            done = export_record(almanac.sessions, directory, leaderboards or (), now=utc_now())
        except ConflictError as error:
            print(error)
            raise typer.Exit(BUSY) from error
    print_export(directory, done)


def _server_of(almanac: Almanac) -> uvicorn.Server:
    """The server of the API, by the settings."""
    given = almanac.settings
    return server_of(
        app_of(almanac), log_level=given.log_level, trusted_proxies=given.trusted_proxies
    )


def _worst(codes: list[int]) -> int:
    """A failure outweighs somebody else's being at work."""
    return FAILED if FAILED in codes else max(codes, default=DONE)


def _tell(work: Work, report: Report) -> int:
    """Print what a run did; its exit code."""
    print_report(work.source.info.slug, report)
    return FAILED if report.outcome in {Outcome.FAILED, Outcome.ABANDONED} else DONE
