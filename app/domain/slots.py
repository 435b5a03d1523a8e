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


def served_slot(
    slug: str, every: timedelta, *, slot: int, started_at: datetime, present: int, now: datetime
) -> int:
    """The number of the slot that a run served, counted back from the `present` one.

    A number given under another interval says nothing of this one: such a run served the slot
    that it began in. The run's own number may be one less than that, because a slot can end
    between a look at the clock and the claim.
    """
    begun_in = present - (slot_at(slug, every, now) - slot_at(slug, every, started_at))
    return slot if abs(slot - begun_in) <= 1 else begun_in
