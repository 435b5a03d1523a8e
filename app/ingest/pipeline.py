"""Ingestion, read top to bottom: fetch, parse, check, resolve, store."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time

from sqlalchemy.orm import Session

from app.domain.leaderboard import Snapshot
from app.domain.runs import SOME_DOCUMENTS, Claim, Counts, Outcome, RevisionStatus
from app.errors import FetchError, RejectedPayload, SourceError
from app.identity.curation import Curation, curation
from app.ingest.aftermath import settle
from app.ingest.capture import capture, printed_names
from app.ingest.directions import in_direction
from app.ingest.reading import Clock, Fetched, read_revision
from app.ingest.resolve import Resolver
from app.sources.base import Listing, Revision, Source, SourceInfo
from app.sources.http import Client
from app.store.engine import SessionFactory, reading, write
from app.store.writes.runs import finish_run, renew_lease
from app.store.writes.snapshots import (
    Saved,
    has_edition,
    save_capture,
)
from app.store.writes.sources import (
    SourceFacts,
    archive_files,
    doubt_repetition,
    files_before,
    handled_revisions,
    load_validators,
    retire_leaderboards,
    save_leaderboards,
    save_revision,
    save_source,
    save_validators,
)

log = logging.getLogger(__name__)

UNREACHABLE_AFTER = 3
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Findings:
    """What a scrape read, and what was refused and why."""

    fetched: list[Fetched] = field(default_factory=list)
    refused: list[tuple[Revision, SourceError]] = field(default_factory=list)

    @property
    def error(self) -> str:
        """What was refused, for the run's record."""
        total = len(self.fetched) + len(self.refused)
        told = [
            f"{revision.document}: {str(error).removeprefix(f'{error.source}: ')}"
            for revision, error in self.refused[:SHOWN]
        ]
        if len(self.refused) > SHOWN:
            told.append(f"and {len(self.refused) - SHOWN} more")
        return f"{len(self.refused)} of {total} documents could not be read: {'; '.join(told)}"

    def without(self, error: RejectedPayload) -> "Findings":
        """The same, but for the payload that was refused when it was to be stored."""
        item = next(i for i in self.fetched if i.payload.revision.key == error.revision)
        rest = [one for one in self.fetched if one is not item]
        return Findings(rest, [*self.refused, (item.payload.revision, error)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a run did."""

    outcome: Outcome
    counts: Counts
    error: str | None = None


def register_source(sessions: SessionFactory, info: SourceInfo) -> int:
    """Make a source known to the record; returns its id."""
    facts = SourceFacts(
        slug=info.slug,
        title=info.title,
        homepage=info.homepage,
        licence=info.licence,
        licence_url=info.licence_url,
        attribution=info.attribution,
        every_seconds=int(info.every.total_seconds()),
        cadence_seconds=None if info.cadence is None else int(info.cadence.total_seconds()),
        archived=info.archived,
    )
    return write(sessions, lambda session: save_source(session, facts))


def scrape(
    source: Source,
    *,
    client: Client,
    sessions: SessionFactory,
    claim: Claim,
    clock: Clock,
) -> Report:
    """Bring one source up to date. Running it twice writes once.

    The network is finished before the transaction opens, and one run is one transaction:
    readers see all of its leaderboards change together, or none. A document that is refused
    keeps no other from being stored: the run has failed, says which it was, and the next one asks
    for it again, because the listing is not taken for read.

    Raises:
        SourceError: upstream is away, or not one document could be read; the record is exactly
            as it was.
        LeaseLostError: another process took over, or the run was given up; the record is as it was.
    """
    with reading(sessions) as session:
        handled = handled_revisions(session, claim.source_id)
        validators = load_validators(session, claim.source_id)
    listing = source.current(client, validators)
    pending = [
        revision
        for revision in listing.revisions or ()
        if handled.get(revision.key) is not RevisionStatus.STORED
    ]
    found = read_all(source, client, pending, clock)
    store = Store(source.info, claim.source_id)
    while True:
        try:
            return write(sessions, _Saving(store, claim, listing, found, clock), undo=store.forget)
        except RejectedPayload as error:
            log.warning("stored without what was refused: %s", error)
            found = found.without(error)
            if not found.fetched:
                raise


@dataclass(frozen=True, slots=True)
class _Saving:
    """The one transaction of a scrape: what was read, what was refused, and how the run ended."""

    store: "Store"
    claim: Claim
    listing: Listing
    found: Findings
    clock: Clock

    def __call__(self, session: Session) -> Report:
        claim, listing, refused = self.claim, self.listing, self.found.refused
        renew_lease(session, claim, self.clock())
        report = self.store.save(session, self.found.fetched, now=self.clock())
        if refused:
            report = replace(report, outcome=Outcome.FAILED, error=self.found.error)
            for revision, error in refused:
                note_failure(session, claim.source_id, revision, error, self.clock())
        elif listing.revisions is not None:
            save_validators(session, claim.source_id, listing.validators)
        finish_run(
            session,
            claim,
            outcome=report.outcome,
            counts=report.counts,
            now=self.clock(),
            error_kind=SOME_DOCUMENTS if refused else None,
            error=report.error,
            notes=_told(listing.skipped),
        )
        return report


def read_all(source: Source, client: Client, pending: Sequence[Revision], clock: Clock) -> Findings:
    """Read documents, whatever is the matter with single ones.

    Raises:
        SourceError: none could be read, or several in a row could not be had: then it is the
            upstream that is bad, not a document of it.
    """
    found = Findings()
    unreachable = 0
    for revision in pending:
        try:
            found.fetched.append(read_revision(source, client, revision, clock))
        except SourceError as error:
            found.refused.append((revision, error))
            log.warning("document %s passed over: %s", revision.document, error)
            passing = isinstance(error, FetchError) and error.transient
            unreachable = unreachable + 1 if passing else 0
            if unreachable == UNREACHABLE_AFTER:
                raise
        else:
            unreachable = 0
    if found.refused and not found.fetched:
        raise found.refused[0][1]
    return found


def note_failure(
    session: Session, source_id: int, revision: Revision, error: SourceError, now: datetime
) -> None:
    """Note that a revision could not be read, and whether that may pass."""
    passing = isinstance(error, FetchError) and error.transient
    save_revision(
        session,
        source_id=source_id,
        document=revision.document,
        revision=revision.revision,
        published_at=revision.published_at,
        status=RevisionStatus.FAILED if passing else RevisionStatus.REFUSED,
        error=str(error),
        now=now,
    )


def _told(skipped: Mapping[str, str]) -> str | None:
    """What could not be read, and why."""
    if not skipped:
        return None
    return "; ".join(f"{document} was skipped: {why}" for document, why in skipped.items())


class Store:
    """Writes what was read of one source. Keeps the names in memory from call to call."""

    def __init__(
        self,
        info: SourceInfo,
        source_id: int,
        curated: Curation | None = None,
    ) -> None:
        """For one source, one writer. `curated` replaces the facts that come with the program."""
        self._info = info
        self._source_id = source_id
        self._resolver = Resolver(source_id, curated or curation())

    def forget(self) -> None:
        """The transaction failed: nothing that was decided in it is remembered."""
        self._resolver.forget()

    def save(
        self,
        session: Session,
        fetched: Iterable[Fetched],
        *,
        now: datetime,
        first: date | None = None,
        last: date | None = None,
    ) -> Report:
        """Store revisions, in order, inside the caller's transaction; if that fails, `forget`.

        `first` and `last` limit the editions stored; a revision of which editions were left
        out is not noted as dealt with.

        Raises:
            RejectedPayload: storing it would harm the record; the transaction must end.
        """
        counts = Counts()
        touched: dict[int, set[date]] = {}
        self._resolver.open(session)
        for item in fetched:
            try:
                counts += self._save_one(session, item, touched, first, last, now)
            except RejectedPayload as error:
                error.revision = item.payload.revision.key
                raise
        entries = settle(session, self._resolver, touched, now=now)
        if touched and not self._info.archived:
            retire_leaderboards(session, self._source_id, now)
        total = counts + Counts(entries_written=entries)
        outcome = Outcome.SUCCEEDED if total.snapshots_written else Outcome.UNCHANGED
        return Report(outcome=outcome, counts=total)

    def _save_one(
        self,
        session: Session,
        item: Fetched,
        touched: dict[int, set[date]],
        first: date | None,
        last: date | None,
        now: datetime,
    ) -> Counts:
        revision = item.payload.revision
        digests = item.payload.digests
        wanted = [
            snapshot
            for snapshot in item.snapshots
            if (first is None or snapshot.edition_date >= first)
            and (last is None or snapshot.edition_date <= last)
        ]
        where = (session, self._source_id, revision.document, revision.published_at)
        before = files_before(*where)
        repeated = digests == before
        if not repeated:
            doubt_repetition(*where, before)
        whole = len(wanted) == len(item.snapshots)
        revision_id = save_revision(
            session,
            source_id=self._source_id,
            document=revision.document,
            revision=revision.revision,
            published_at=revision.published_at,
            status=RevisionStatus.STORED if whole else RevisionStatus.PARTLY,
            error=None,
            now=now,
        )
        archive_files(session, revision_id, item.payload.files, digests)
        written = 0
        if wanted and not repeated:
            written = self._save_snapshots(session, item, wanted, revision_id, touched, now)
        return Counts(
            documents=1,
            bytes_fetched=sum(len(file) for file in item.payload.files),
            snapshots_seen=len(wanted),
            snapshots_written=written,
        )

    def _save_snapshots(
        self,
        session: Session,
        item: Fetched,
        snapshots: list[Snapshot],
        revision_id: int,
        touched: dict[int, set[date]],
        now: datetime,
    ) -> int:
        revision = item.payload.revision
        boards = save_leaderboards(
            session,
            self._source_id,
            [snapshot.leaderboard for snapshot in snapshots],
            archived=self._info.archived,
            now=now,
        )
        snapshots = in_direction(session, self._info.slug, snapshots, boards)
        meanings = self._resolver.resolve(session, printed_names(snapshots))
        profiles = self._resolver.profiles(session, snapshots)
        written = 0
        for snapshot in snapshots:
            board = boards[snapshot.leaderboard.slug]
            taken = capture(
                snapshot,
                meanings,
                profiles,
                leaderboard_id=board.id,
                published_at=_published_at(session, revision, board.id, snapshot.edition_date),
                captured_at=item.fetched_at,
                revision=revision.revision,
                revision_id=revision_id,
                cumulative=revision.cumulative,
            )
            try:
                saved = save_capture(session, taken)
            except ValueError as error:
                where = f"{board.slug} of {snapshot.edition_date}"
                raise RejectedPayload(self._info.slug, f"{where}: {error}") from error
            written += saved is Saved.NEW
            if saved is not Saved.NOTHING:
                touched.setdefault(board.id, set()).add(snapshot.edition_date)
        return written


def _published_at(
    session: Session, revision: Revision, board_id: int, edition_date: date
) -> datetime:
    """When these figures became public.

    A cumulative document does not say it of the editions it repeats: the edition's own date
    stands for it, unless the edition is known already and this is a restatement of it.
    """
    if revision.cumulative and not has_edition(session, board_id, edition_date):
        return datetime.combine(edition_date, time(), tzinfo=UTC)
    return revision.published_at
