"""Slots: the intervals of a source's schedule, numbered, the same on every machine."""

import hashlib
from datetime import UTC, datetime, timedelta


def offset_seconds(slug: str, every: timedelta) -> int:
    """How far into its interval a source is scraped.

    Spreads the sources over time, so that nothing is asked all at once (as Prometheus spreads
    its targets).
    """
    digest = hashlib.sha256(slug.encode()).digest()
    return int.from_bytes(digest[:8], "big") % int(every.total_seconds())


def slot_at(slug: str, every: timedelta, now: datetime) -> int:
    """The number of the interval that `now` lies in."""
    return int((now.timestamp() - offset_seconds(slug, every)) // every.total_seconds())


def start_of_slot(slug: str, every: timedelta, slot: int) -> datetime:
    """When a slot begins."""
    seconds = slot * every.total_seconds() + offset_seconds(slug, every)
    return datetime.fromtimestamp(seconds, tz=UTC)
