"""Reading one revision: fetch, parse, check."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.leaderboard import Snapshot
from app.errors import ParseError, SourceError
from app.ingest.checks import check_payload
from app.ingest.kinds import kinds_apart
from app.sources.base import Payload, Revision, Source
from app.sources.http import Client

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A revision's payload and what the adapter read in it."""

    payload: Payload
    snapshots: Sequence[Snapshot]
    fetched_at: datetime


def read_revision(source: Source, client: Client, revision: Revision, clock: Clock) -> Fetched:
    """Fetch, parse and check one revision.

    An adapter that does not get over what a document says has not understood that document: it
    keeps no other from being read.

    Raises:
        SourceError: it could not be had, understood or accepted.
    """
    payload = source.fetch(client, revision)
    now = clock()
    try:
        snapshots = source.parse(payload)
    except SourceError:
        raise
    except Exception as error:
        log.exception("the adapter did not get over %s", revision.document)
        text = f"the adapter did not get over it: {error!r}"
        raise ParseError(source.info.slug, text) from error
    check_payload(source.info.slug, snapshots, published_at=revision.published_at, now=now)
    return Fetched(payload=payload, snapshots=kinds_apart(snapshots), fetched_at=now)
