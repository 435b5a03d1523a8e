"""Validators: how a caller learns that what it has is still right (RFC 9110, section 13)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import blake2b

OPEN = "public, max-age=60, stale-while-revalidate=600"
CLOSED = "public, max-age=86400, stale-while-revalidate=604800"
REVALIDATE = "no-cache"
NEVER = "no-store"
FOREVER = "public, max-age=31536000, immutable"
_TAG = re.compile(r'(?:W/)?("[^"]*")')


@dataclass(frozen=True, slots=True)
class Validators:
    """What tells one version of an answer from another. `modified_at`: None if not known."""

    etag: str
    modified_at: datetime | None

    @classmethod
    def read(cls, etag: str, last_modified: str | None) -> "Validators":
        """As `headers` has sent them."""
        modified_at = None if last_modified is None else parsedate_to_datetime(last_modified)
        return cls(etag, modified_at)

    def headers(self) -> dict[str, str]:
        """As sent with an answer."""
        headers = {"ETag": self.etag}
        if self.modified_at is not None:
            headers["Last-Modified"] = format_datetime(self.modified_at, usegmt=True)
        return headers


class NotModified(Exception):  # noqa: N818 - no error: the caller has the answer already
    """The caller's copy is right; the work of making another can be saved."""

    def __init__(self, validators: Validators, cache_control: str, vary: str) -> None:
        """Keep what the answer without a body says."""
        super().__init__(validators.etag)
        self.validators = validators
        self.cache_control = cache_control
        self.vary = vary


def strong_etag(*parts: object) -> str:
    """A tag that differs when any part does."""
    digest = blake2b(digest_size=15)
    for part in parts:
        text = str(part).encode("utf-8", "replace")
        digest.update(len(text).to_bytes(8, "big"))
        digest.update(text)
    return f'"{digest.hexdigest()}"'


def is_fresh(headers: Mapping[str, str], validators: Validators) -> bool:
    """Whether the request's conditions say that the caller has this version.

    If-None-Match decides alone where it is given; it compares weakly. A date that cannot be
    read is no condition.
    """
    wanted = headers.get("if-none-match")
    if wanted is not None:
        return wanted.strip() == "*" or validators.etag in _TAG.findall(wanted)
    since = headers.get("if-modified-since")
    if since is None or validators.modified_at is None:
        return False
    try:
        moment = parsedate_to_datetime(since)
    except (ValueError, OverflowError):
        return False
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return validators.modified_at.replace(microsecond=0) <= moment
