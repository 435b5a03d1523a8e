"""The contract between an upstream's adapter and the rest of the house."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from app.domain.leaderboard import Snapshot

if TYPE_CHECKING:
    from app.sources.http import Client


class Upstream(StrEnum):
    """Whose endpoint a source is asked at, and whose token is shown there."""

    HUB = "hub"
    GITHUB = "github"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceInfo:
    """What is said of a source without asking it.

    `every` is the time between two scrapes, `cadence` the longest time that usually passes
    between two editions of the source; None where nothing can be expected. `archived`: upstream
    publishes nothing more, so one successful scrape is enough. `hosts` are the suffixes of host
    names that belong to the upstream beside the host of its endpoint: the only ones a redirect
    may lead to.
    """

    slug: str
    title: str
    homepage: str
    licence: str
    licence_url: str | None
    attribution: str
    every: timedelta
    cadence: timedelta | None
    archived: bool
    upstream: Upstream
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Base URLs of the upstreams, without a trailing slash; tokens go to their own host only.

    `github_token` is shown to `github_api` and not to `github_raw`.
    """

    hf: str
    hf_token: str | None
    github_api: str
    github_raw: str
    github_token: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One version of one document at an upstream.

    `document` is a permanent name (`lmarena-ai/leaderboard-dataset:text/latest`), `revision`
    the upstream's id of the version (a commit). `edition_date` is told when the listing
    tells it. `cumulative`: the document repeats earlier editions, so that it says when they
    were *for* but not when they were first published. `digests` are the SHA-256 digests of the
    files in hexadecimal, in the order of `paths`, where the listing gives them, else empty.
    """

    document: str
    revision: str
    published_at: datetime
    edition_date: date | None
    cumulative: bool
    paths: tuple[str, ...]
    digests: tuple[str, ...]

    @property
    def day(self) -> date:
        """The edition of a document that does not tell: that of the listing, else the UTC date."""
        return self.edition_date or self.published_at.astimezone(UTC).date()

    @property
    def key(self) -> tuple[str, str]:
        """What makes a version of a document unique within its source."""
        return (self.document, self.revision)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """The bytes an upstream sent for one revision, kept whole so that they can be parsed again."""

    revision: Revision
    files: tuple[bytes, ...]

    @property
    def digests(self) -> tuple[bytes, ...]:
        """The SHA-256 digest of each file: equal ones mean that nothing changed upstream."""
        return tuple(hashlib.sha256(file).digest() for file in self.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What stands at the upstream now.

    `validators` are the ETags of the listing pages, by URL, to be sent with the next
    request. `revisions` is None when upstream answered that nothing changed since. `skipped`
    are documents that stand there and cannot be read, each with the reason, for the run's record.
    """

    revisions: tuple[Revision, ...] | None
    validators: Mapping[str, str]
    skipped: Mapping[str, str] = field(default_factory=dict)


class Source(Protocol):
    """One upstream. An adapter fetches and translates; it decides nothing.

    No database, no clock, no settings, no name clean-up beyond markup, no filtering.
    Identity, ranking and quality checks happen once, downstream, for every source alike.
    Built from `Endpoints`; holds no other state.
    """

    @property
    def info(self) -> SourceInfo:
        """What is said of the source without asking it."""
        ...

    def current(self, client: "Client", validators: Mapping[str, str]) -> Listing:
        """The revisions that hold the newest state, one per document.

        Raises:
            FetchError: the listing is not complete.
            ParseError: the listing has an unknown shape.
        """
        ...

    def history(self, client: "Client") -> Sequence[Revision]:
        """Every revision a back-fill should read, oldest first, cumulative ones last.

        Raises:
            FetchError: the listing is not complete.
            ParseError: the listing has an unknown shape.
        """
        ...

    def fetch(self, client: "Client", revision: Revision) -> Payload:
        """Download everything of one revision, or nothing.

        Raises:
            FetchError: the response is not complete. A partial payload is never
                returned: yesterday's snapshot is better than half of today's.
        """
        ...

    def parse(self, payload: Payload) -> Sequence[Snapshot]:
        """Translate bytes. Pure: the same payload always gives the same result.

        Raises:
            ParseError: the payload does not have the shape this adapter knows.
        """
        ...
