"""Ingestion, read top to bottom: fetch, parse, check, resolve, store."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlalchemy.orm import Session

from app.domain.leaderboard import Snapshot
from app.domain.runs import Claim, Counts, Outcome, RevisionStatus
from app.errors import RejectedPayload
from app.identity.curation import Curation, curation
from app.ingest.aftermath import settle
from app.ingest.capture import capture, printed_names
from app.ingest.checks import check_payload
from app.ingest.kinds import kinds_apart
from app.ingest.resolve import Resolver
from app.sources.base import Payload, Revision, Source, SourceInfo
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
    files_before,
    handled_revisions,
    load_validators,
    retire_leaderboards,
    save_leaderboards,
    save_revision,
    save_source,
    save_validators,
)

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A revision's payload and what the adapter read in it."""

    payload: Payload
    snapshots: Sequence[Snapshot]
    fetched_at: datetime


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
    readers see all of its leaderboards change together, or none.

    Raises:
        SourceError: and then the record is exactly as it was.
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
    fetched = [read_revision(source, client, revision, clock) for revision in pending]
    store = Store(source.info, claim.source_id)

    def save(session: Session) -> Report:
        renew_lease(session, claim, clock())
        report = store.save(session, fetched, now=clock())
        if listing.revisions is not None:
            save_validators(session, claim.source_id, listing.validators)
        finish_run(
            session,
            claim,
            outcome=report.outcome,
            counts=report.counts,
            now=clock(),
            notes=_told(listing.skipped),
        )
        return report

    return write(sessions, save, undo=store.forget)


def _told(skipped: Mapping[str, str]) -> str | None:
    """What could not be read, and why."""
    if not skipped:
        return None
    return "; ".join(f"{document} was skipped: {why}" for document, why in skipped.items())


def read_revision(source: Source, client: Client, revision: Revision, clock: Clock) -> Fetched:
    """Fetch, parse and check one revision.

    Raises:
        SourceError: it could not be had, understood or accepted.
    """
    payload = source.fetch(client, revision)
    now = clock()
    snapshots = source.parse(payload)
    check_payload(source.info.slug, snapshots, published_at=revision.published_at, now=now)
    return Fetched(payload=payload, snapshots=kinds_apart(snapshots), fetched_at=now)


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
            counts += self._save_one(session, item, touched, first, last, now)
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
        repeated = digests == files_before(
            session, self._source_id, revision.document, revision.published_at
        )
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
