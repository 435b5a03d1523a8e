"""Proving who printed what, and when that was published.

* `published`: a snapshot is published when its revision is. Of two kinds this is not so: what a
  cumulative document was the first to tell is published when the day of the edition begins, and
  what was published again after something else, with some later revision.
* `name`: only a name that the curated table lists has a first date.
* `maker`: what is known as the maker of a name was printed by the name's source, in an edition that
  it has; of a name for which a line in force prints a maker, one is known, and none so old that the
  line is newer. A Hub owner is known since the name is, and has no such date.

Of a name that stands in no line, because it is spelt like another one, makers are known all the
same. When a listed name was printed first is said by the curated table, and not by the record: so
that is no invariant of it.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time

import numpy as np
from sqlalchemy.orm import Session

from app.store.blocks import Block, Ints
from app.store.queries.integrity import stored_profiles
from app.store.queries.provenance import (
    ORGANIZATION,
    OWNER,
    Redated,
    StoredMaker,
    dates_of_unlisted_names,
    days_of_sources,
    moments_of_revisions,
    redated_snapshots,
    stored_makers,
)
from app.upkeep.faults import Fault
from app.upkeep.names import KnownNames

_SOMETIME = 1  # as the ordinal of a date, before all


class NewestMakers:
    """Of each name the date of the newest line in force beside which a maker is printed."""

    def __init__(self, names: KnownNames) -> None:
        """Of none yet."""
        self._by_organization = names.profile_maker == ORGANIZATION
        self._by_owner = names.profile_maker == OWNER
        self.ordinals: Ints = np.zeros(len(names.source), np.int32)

    def note(self, day: date, block: Block) -> None:
        """What is in force of a date on some board."""
        found = np.where(
            self._by_organization[block.profile_id],
            day.toordinal(),
            np.where(self._by_owner[block.profile_id], _SOMETIME, 0),
        )
        self.ordinals[block.alias_id] = np.maximum(self.ordinals[block.alias_id], found)


def faults_of_moments(session: Session) -> Iterator[Fault]:
    """Snapshots of which nobody knows why they are published when they are said to be."""
    moments = moments_of_revisions(session)
    for one in redated_snapshots(session):
        if not _may_be_redated(one, moments):
            where = f"{one.board} {one.day} snapshot {one.id}"
            detail = f"is published at {one.published_at}, its revision at {one.document_at}"
            yield Fault("published", where, detail)


def _may_be_redated(one: Redated, moments: set[tuple[int, datetime]]) -> bool:
    if one.cumulative:
        return one.published_at == datetime.combine(one.day, time(), tzinfo=UTC)
    return one.published_at > one.document_at and (one.source_id, one.published_at) in moments


def faults_of_dates(session: Session) -> Iterator[Fault]:
    """Names with a first date that nobody gave them."""
    for source, name in dates_of_unlisted_names(session):
        yield Fault("name", f"{source} {name!r}", "has a first date, and is not listed")


def faults_of_makers(session: Session, names: KnownNames, newest: NewestMakers) -> Iterator[Fault]:
    """What is wrong with the makers of names, when all that is in force was noted."""
    printed = set(_printed_makers(session))
    days = days_of_sources(session)
    known = np.zeros_like(newest.ordinals)
    for maker in stored_makers(session):
        if not names.has(maker.alias_id):
            continue  # which is a reference to nothing
        source_id = int(names.source[maker.alias_id])
        detail = _fault_of_maker(maker, source_id, printed, days)
        if detail is not None:
            yield Fault("maker", names.called(maker.alias_id), detail)
        known[maker.alias_id] = max(known[maker.alias_id], maker.last_date.toordinal())
    for alias_id in np.flatnonzero(known < newest.ordinals).tolist():
        if not known[alias_id]:
            detail = "a line in force prints its maker, and none is known"
        else:
            line, last = (date.fromordinal(int(c[alias_id])) for c in (newest.ordinals, known))
            detail = f"a line of {line} prints its maker, and the newest known is of {last}"
        yield Fault("maker", names.called(alias_id), detail)


def _printed_makers(session: Session) -> Iterator[tuple[int, str, str | None]]:
    for row in stored_profiles(session):
        if row.namespace is not None:
            yield row.source_id, OWNER, row.namespace
        else:
            yield row.source_id, ORGANIZATION, row.organization


def _fault_of_maker(
    maker: StoredMaker,
    source_id: int,
    printed: set[tuple[int, str, str | None]],
    days: set[tuple[int, date]],
) -> str | None:
    if (source_id, maker.kind, maker.printed) not in printed:
        return f"its source never printed the {maker.kind} {maker.printed!r}"
    if maker.kind == ORGANIZATION and (source_id, maker.last_date) not in days:
        return f"{maker.printed!r} is of {maker.last_date}, of which there is no edition"
    return None
