"""The sources: one for each module of `app.sources.adapters`."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import replace

from app.sources import adapters, github
from app.sources.base import Endpoints, Source, SourceInfo, Upstream
from app.sources.http import Client, ClientLimits


def _found() -> Iterator[Callable[[Endpoints], Source]]:
    """The adapter of each module: the class of its own that has an `info`."""
    for found in sorted(pkgutil.iter_modules(adapters.__path__), key=lambda module: module.name):
        module = importlib.import_module(f"{adapters.__name__}.{found.name}")
        yield from (
            member
            for member in vars(module).values()
            if isinstance(member, type)
            and member.__module__ == module.__name__
            and isinstance(getattr(member, "info", None), SourceInfo)
        )


# The order is the one in which sources are listed and first scraped.
SOURCES: tuple[Callable[[Endpoints], Source], ...] = tuple(_found())


def build(endpoints: Endpoints) -> dict[str, Source]:
    """Every source by its slug, in the order of the list."""
    sources = [source(endpoints) for source in SOURCES]
    return {source.info.slug: source for source in sources}


def client_for(
    source: Source,
    endpoints: Endpoints,
    *,
    user_agent: str,
    limits: ClientLimits | None = None,
) -> Client:
    """A client that may speak to the hosts of one source, to be closed after use.

    Raises:
        FetchError: the token for the source cannot be one.
    """
    at_github = source.info.upstream is Upstream.GITHUB
    limits = limits or ClientLimits()
    if at_github:
        limits = replace(limits, patience_seconds=github.PATIENCE_SECONDS)
    return Client(
        source=source.info.slug,
        endpoint=endpoints.github_api if at_github else endpoints.hf,
        user_agent=user_agent,
        hosts=source.info.hosts,
        also=(endpoints.github_raw,) if at_github else (),
        token=endpoints.github_token if at_github else endpoints.hf_token,
        limits=limits,
    )
