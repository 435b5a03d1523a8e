"""`almanac keys`: who may ask more than others."""

import sys
from typing import Annotated

import typer

from app.config import Settings
from app.domain.keys import new_secret
from app.domain.quotas import quota_of
from app.reports import print_keys
from app.store.engine import reading, write
from app.store.queries.keys import list_keys
from app.store.writes.keys import add_key, revoke_key
from app.wiring import opened, utc_now

QUOTA = "6000/m burst 500"
HIGHEST_ID = 2**31 - 1

keys = typer.Typer(
    name="keys",
    help=(
        "API keys: list them, make one, revoke one.\n\n"
        "A caller sends its key as X-API-Key and has that key's limit instead of its address's, "
        "where ALMANAC_RATE_LIMIT is set. Everything can be read without a key."
    ),
)


@keys.callback(invoke_without_command=True)
def _list_unless_told(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_all()


@keys.command("list")
def list_all() -> None:
    """List every key there ever was, by its first characters."""
    with opened(Settings()) as almanac, reading(almanac.sessions) as session:
        print_keys(list_keys(session))


@keys.command("new")
def new(
    name: Annotated[str, typer.Argument(help="Whose it is, for you.")],
    *,
    limit: Annotated[
        str, typer.Option(help="Requests that may be made with it, as in ALMANAC_RATE_LIMIT.")
    ] = QUOTA,
) -> None:
    """Make a key and print it, this once: only its digest is stored."""
    try:
        quota_of(limit)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--limit") from error
    if not name.strip() or not name.isprintable():
        raise typer.BadParameter("a key has a name of printable characters", param_hint="NAME")
    secret = new_secret()
    with opened(Settings()) as almanac:
        now = utc_now()
        number = write(
            almanac.sessions,
            lambda session: add_key(session, secret, name=name.strip(), quota=limit, now=now),
        )
    print(f"key {number} for {name.strip()}; it is not shown again:", file=sys.stderr)
    print(secret)


@keys.command("revoke")
def revoke(
    number: Annotated[
        int, typer.Argument(metavar="ID", min=1, max=HIGHEST_ID, help="As in `almanac keys`.")
    ],
) -> None:
    """Let a key be known no more. Servers that run hear of it within five seconds."""
    with opened(Settings()) as almanac:
        now = utc_now()
        write(almanac.sessions, lambda session: revoke_key(session, number, now))
    print(f"key {number} is revoked")
