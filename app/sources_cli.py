"""`almanac sources`: what there is, how far it has come, and how another one is begun."""

from pathlib import Path
from typing import Annotated

import typer

from app.config import Settings
from app.errors import SkeletonError
from app.ingest.pipeline import register_source
from app.reports import print_sources
from app.sources.registry import SOURCES
from app.sources.skeleton import write_skeleton
from app.store.engine import reading
from app.store.queries.sources import list_sources, source_states
from app.wiring import endpoints, opened

sources = typer.Typer(
    name="sources",
    help=(
        "List the sources: what they are, when they were last scraped, how far history reaches.\n\n"
        "`almanac sources new NAME` begins another one, in a checkout."
    ),
)


@sources.callback(invoke_without_command=True)
def _list_unless_told(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_all()


@sources.command("list")
def list_all() -> None:
    """List the sources: what they are, when they were last scraped, how far history reaches."""
    with opened(Settings()) as almanac:
        for work in almanac.works(tuple(almanac.sources)):
            register_source(almanac.sessions, work.source.info)
        with reading(almanac.sessions) as session:
            states = source_states(session, list_sources(session))
        print_sources(states)


@sources.command("new")
def new(
    name: Annotated[str, typer.Argument(help="Its slug, such as `swe_bench`.")],
) -> None:
    """Write the beginning of an adapter, its recording and its row in the README, in a checkout."""
    known = [source(endpoints(Settings())).info.slug for source in SOURCES]
    try:
        written = write_skeleton(Path.cwd(), name, known)
    except SkeletonError as error:
        raise typer.BadParameter(str(error), param_hint="NAME") from error
    for file in written:
        print(file.relative_to(Path.cwd()))
