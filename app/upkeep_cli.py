"""`almanac check`, `backup`, `restore`, `copy`: keeping the store."""

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from app.config import Settings
from app.errors import StoreError
from app.reports import print_faults
from app.store.engine import build_engine, reading
from app.store.migrate import is_current
from app.upkeep.backup import bring_back, put_by
from app.upkeep.checking import check_record
from app.upkeep.copying import copy_record
from app.wiring import assemble, opened, utc_now

FAULTY = 1

upkeep = typer.Typer()


@upkeep.command()
def check() -> None:
    """Prove that the store is sound. Changes nothing; ends with 1 if something is wrong."""
    almanac = assemble(Settings())
    try:
        if not is_current(almanac.engine):
            raise StoreError("its schema is not this version's; run `almanac migrate`")
        with reading(almanac.sessions) as session:
            faults = list(check_record(session))
    finally:
        almanac.engine.dispose()
    print_faults(faults)
    raise typer.Exit(FAULTY if faults else 0)


@upkeep.command()
def backup(file: Annotated[Path, typer.Argument(help="Where to; must not be there yet.")]) -> None:
    """Write the whole record to one SQLite file, from whatever database. Holds nobody up."""
    with opened(Settings(), apply_facts=False) as almanac:
        size = put_by(almanac.engine, file, now=utc_now())
    print(f"{file}: {size:,} bytes")


@upkeep.command()
def restore(
    file: Annotated[Path, typer.Argument(help="What `almanac backup` has written.", exists=True)],
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Write over the record there is (SQLite).")
    ] = False,
) -> None:
    """Make the database hold what was put by, once it is proved to be sound."""
    almanac = assemble(Settings())
    try:
        bring_back(file, almanac.engine, now=utc_now(), replace=replace)
    finally:
        almanac.engine.dispose()
    print(f"the database holds what {file} does")


@upkeep.command()
def copy(
    to: Annotated[str, typer.Option("--to", metavar="URL", help="An empty database.")],
) -> None:
    """Copy the whole record to an empty database of either kind, and compare digests.

    It is the record of the moment when the copy began: stop the schedulers first.
    """
    try:
        url = make_url(to)
        target = build_engine(url)
    except (ArgumentError, ImportError) as error:
        raise typer.BadParameter(str(error), param_hint="--to") from error
    try:
        with opened(Settings(), apply_facts=False) as almanac:
            copied = copy_record(almanac.engine, target)
    finally:
        target.dispose()
    rows = sum(copied.rows.values())
    print(f"{rows:,} rows in {len(copied.rows)} tables, digest {copied.digest}")
