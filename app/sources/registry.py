"""The explicit list of sources."""

from collections.abc import Callable

from app.sources.base import Endpoints, Source
from app.sources.http import Client, ClientLimits
from app.sources.lmarena import LMArena
from app.sources.open_llm import OpenLLM

# The order is the one in which sources are listed and first scraped.
SOURCES: tuple[Callable[[Endpoints], Source], ...] = (OpenLLM, LMArena)


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
    return Client(
        source=source.info.slug,
        endpoint=endpoints.hf,
        user_agent=user_agent,
        hosts=source.info.hosts,
        token=endpoints.hf_token,
        limits=limits,
    )
