"""Proving from its tables alone that a store is sound.

The rules, in the order in which they are looked at:

* `database`: SQLite finds its file whole, indexes included. Of a damaged file nothing else is read.
* `reference`: what a row refers to is there.
* `version`: where there are names, their number of changes is there.
* `model`, `redirect`: every model has a printed name; no id is another's than who has it.
* `profile`, `payload`: they have the digest (and size) they go by.
* `archive`: what is stored of a revision is archived, and every snapshot is of such a revision.
* `name`, `published`, and at the end `maker`: who printed what, and when; see
  `app.upkeep.provenance`.
* `block`, `score`, `order`, `content-hash`, `rank`, `counts`, `status`: snapshots; see
  `app.upkeep.snapshots`.
* `edition`, `leader`, `entry`, `listing`, `version`: what follows from them; see
  `app.upkeep.boards`.
* `run`, `backfill`: a run is under way as long as it has no end, and then no claim of its kind is
  another's; one that failed, was abandoned, or found nothing new, stored nothing, but for a
  back-fill that ended on the way, and a scrape of which only some documents could be read. A lease
  that lapsed is no fault: its holder died, and the next one notes that. Nor is one that is missing:
  copies have none.

No fault are names, profiles, makers, licences and archived files that nothing refers to any more:
they were printed once, and are kept. Nor has a counter of versions a right value.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator

import zstandard
from sqlalchemy.orm import Session

from app.domain.leaderboard import EntryKind, Profile, profile_text
from app.domain.runs import SOME_DOCUMENTS, Outcome, RunKind
from app.store.queries import integrity
from app.store.queries.integrity import StoredFile, StoredRun
from app.store.queries.provenance import has_uncounted_names
from app.store.writes.profiles import profile_digest
from app.upkeep.boards import faults_of_board
from app.upkeep.faults import Fault
from app.upkeep.names import known_names
from app.upkeep.provenance import (
    NewestMakers,
    faults_of_dates,
    faults_of_makers,
    faults_of_moments,
)

__all__ = ["Fault", "check_record"]

MOST = 20
_CHUNK_BYTES = 1 << 20
_NOTHING_STORED = {Outcome.UNCHANGED, Outcome.FAILED, Outcome.ABANDONED}


def check_record(session: Session, *, most: int = MOST) -> Iterator[Fault]:
    """What is wrong with a store, always in the same order; nothing where it is sound.

    At most so many of each rule, and then how many more there are. Holds the columns of one board
    in memory, some 300 bytes a line, and a few files or blocks. `session` should
    have one view of the record (`app.store.engine.reading`).
    """
    seen: Counter[str] = Counter()
    for fault in _faults(session, most):
        seen[fault.rule] += 1
        if seen[fault.rule] <= most:
            yield fault
    for rule, count in seen.items():
        if count > most:
            yield Fault(rule, "elsewhere", f"{count - most} more")


def _faults(session: Session, most: int) -> Iterator[Fault]:
    damage = [Fault("database", "file", line) for line in integrity.damage_of_file(session, most)]
    yield from damage
    if damage:
        return
    for column, value, rows in integrity.broken_references(session):
        yield Fault("reference", column, f"{value} is nowhere ({rows} rows)")
    yield from _faults_of_names(session)
    yield from _faults_of_archive(session)
    yield from faults_of_moments(session)
    names = known_names(session)
    makers = NewestMakers(names)
    for board in integrity.stored_boards(session):
        yield from faults_of_board(session, board, names, makers)
    yield from faults_of_makers(session, names, makers)
    for board_id, rows in integrity.lines_of_no_board(session):
        yield Fault("entry", f"leaderboard {board_id}", f"is no board, and has {rows} entries")
    for run in integrity.stored_runs(session):
        yield from _faults_of_run(run)
    for source in integrity.overfull_backfills(session):
        yield Fault("backfill", source, "has dealt with more revisions than were planned")


def _faults_of_names(session: Session) -> Iterator[Fault]:
    if has_uncounted_names(session):
        yield Fault("version", "names", "there are some, and no version")
    yield from faults_of_dates(session)
    for slug in integrity.nameless_models(session):
        yield Fault("model", slug, "no printed name means it")
    for taken in integrity.taken_ids(session):
        yield Fault("redirect", taken, "the id leads elsewhere too")
    for row in integrity.stored_profiles(session):
        printed = Profile(
            namespace=row.namespace,
            organization=row.organization,
            licence=row.licence,
            official=row.official,
            parameters_b=row.parameters_b,
            kind=EntryKind(row.kind),
        )
        if profile_digest(profile_text(printed)) != row.digest:
            yield Fault("profile", f"profile {row.id}", "what it says has another digest")


def _faults_of_archive(session: Session) -> Iterator[Fault]:
    for file in integrity.stored_files(session):
        wrong = _fault_of_file(file)
        if wrong is not None:
            yield Fault("payload", f"payload {file.id}", wrong)
    for document, revision in integrity.revisions_without_files(session):
        yield Fault("archive", f"{document} at {revision}", "not all of its files are archived")
    for slug, day, number in integrity.snapshots_of_no_revision(session):
        yield Fault("archive", f"{slug} {day} snapshot {number}", "is of no archived revision")


def _fault_of_file(file: StoredFile) -> str | None:
    """What is wrong with an archived file, unpacked piece by piece."""
    digest, size = hashlib.sha256(), 0
    if file.encoding == "zstd":
        try:
            for chunk in zstandard.ZstdDecompressor().read_to_iter(file.data, _CHUNK_BYTES):
                digest.update(chunk)
                size += len(chunk)
                if size > file.size:
                    break
        except zstandard.ZstdError as error:
            return f"cannot be unpacked: {error}"
    elif file.encoding == "identity":
        digest.update(file.data)
        size = len(file.data)
    else:
        return f"is packed in an unknown way, {file.encoding!r}"
    if size != file.size:
        return f"is not of {file.size} bytes"
    return None if digest.digest() == file.digest else "its content has another digest"


def _faults_of_run(run: StoredRun) -> Iterator[Fault]:
    where = f"{run.source} run {run.id}"
    running = run.outcome == Outcome.RUNNING
    if running != (run.finished_at is None):
        yield Fault("run", where, f"is {run.outcome}, and ended at {run.finished_at}")
    elif running and not run.holds:
        yield Fault("run", where, "is under way without the claim it was made under")
    if (run.outcome in {Outcome.FAILED, Outcome.ABANDONED}) != (run.error_kind is not None):
        yield Fault("run", where, f"is {run.outcome}, and its error is {run.error_kind}")
    halfway = run.kind == RunKind.BACKFILL and run.outcome != Outcome.UNCHANGED
    halfway |= run.outcome == Outcome.FAILED and run.error_kind == SOME_DOCUMENTS
    if run.snapshots_written and run.outcome in _NOTHING_STORED and not halfway:
        yield Fault("run", where, f"is {run.outcome}, and stored {run.snapshots_written} snapshots")
