"""Runs: attempts to bring one source up to date, and how they end."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

# The kind of error of a scrape that read some of its documents: the only one that stored something.
SOME_DOCUMENTS = "documents"


class RunKind(StrEnum):
    """Who asked. Scrapes of one source exclude each other; so do back-fills."""

    SCHEDULED = "scheduled"
    MANUAL = "manual"
    BACKFILL = "backfill"


class Outcome(StrEnum):
    """`abandoned`: its process died or lost its claim.

    Nothing of it was stored, but the steps that a back-fill had done until then.
    """

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    ABANDONED = "abandoned"


class RevisionStatus(StrEnum):
    """What became of one version of a document.

    `partly`: only the editions that were asked for are stored. `failed`: it could not be had, and
    may be another time. `refused`: what upstream has there cannot be read, or may not be stored.
    """

    STORED = "stored"
    PARTLY = "partly"
    FAILED = "failed"
    REFUSED = "refused"


UNREAD = frozenset({RevisionStatus.FAILED, RevisionStatus.REFUSED})


class BackfillState(StrEnum):
    """Where a source's back-fill stands.

    `partly`: finished for the range of dates that was asked for.
    """

    RUNNING = "running"
    FINISHED = "finished"
    PARTLY = "partly"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


class Health(StrEnum):
    """A source as its operator sees it."""

    OK = "ok"
    LATE = "late"
    FAILING = "failing"
    NEVER_RUN = "never_run"
    ARCHIVED = "archived"


class LateReason(StrEnum):
    """Why a source is late.

    `not_read`: the newest success is two intervals old. `nothing_new`: it is read and gives nothing
    newer than its own cadence would have, or nothing at all.
    """

    NOT_READ = "not_read"
    NOTHING_NEW = "nothing_new"


class SchedulerState(StrEnum):
    """Whether sources are scraped on a schedule. `not_needed`: all have ended, or there is none."""

    ALIVE = "alive"
    STOPPED = "stopped"
    NEVER_SEEN = "never_seen"
    NOT_NEEDED = "not_needed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What a run did. `bytes_fetched` are decompressed."""

    documents: int = 0
    bytes_fetched: int = 0
    snapshots_seen: int = 0
    snapshots_written: int = 0
    entries_written: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        """Both together."""
        return Counts(
            documents=self.documents + other.documents,
            bytes_fetched=self.bytes_fetched + other.bytes_fetched,
            snapshots_seen=self.snapshots_seen + other.snapshots_seen,
            snapshots_written=self.snapshots_written + other.snapshots_written,
            entries_written=self.entries_written + other.entries_written,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to work on a source until `lease_until`, proven by `fence`."""

    run_id: int
    source_id: int
    source: str
    kind: RunKind
    owner: str
    fence: int
    lease_until: datetime
