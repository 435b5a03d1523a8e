"""Values for tests: one function each, every argument optional."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from app.domain.leaderboard import BoardKind, EntryKind, Leaderboard, Profile, RawEntry, Snapshot
from app.errors import ParseError
from app.identity.curation import Curation
from app.ingest.pipeline import Report, Store, register_source
from app.ingest.reading import Fetched
from app.ingest.runner import Work
from app.sources import base
from app.sources.base import Listing, Payload, Revision, SourceInfo
from app.sources.http import Client
from app.store.engine import SessionFactory, write

NOW = datetime(2024, 8, 1, 12, tzinfo=UTC)
DAYS = [f"2024-07-{day:02}" for day in range(1, 9)]


def source_info(
    slug: str = "demo",
    *,
    archived: bool = False,
    every: timedelta = timedelta(hours=6),
    cadence: timedelta | None = None,
) -> SourceInfo:
    """A source that exists only in tests."""
    return SourceInfo(
        slug=slug,
        title=slug.title(),
        homepage=f"https://{slug}.example",
        licence="CC BY 4.0",
        licence_url="https://creativecommons.org/licenses/by/4.0/",
        attribution=f"{slug.title()}, CC BY 4.0",
        every=every,
        cadence=cadence,
        archived=archived,
        upstream=base.Upstream.HUB,
        hosts=(),
    )


def leaderboard(  # noqa: PLR0913 - one keyword per fact
    slug: str = "demo-text",
    *,
    family: str | None = None,
    category: str = "overall",
    kind: BoardKind = BoardKind.PREFERENCE,
    unit: str = "elo",
    higher_is_better: bool = True,
    era: str | None = None,
    entry_kind: EntryKind | None = EntryKind.MODEL,
    mixed: bool = False,
) -> Leaderboard:
    """A leaderboard by its slug."""
    return Leaderboard(
        slug=slug,
        title=slug.replace("-", " ").title(),
        family=family or slug,
        category=category,
        kind=kind,
        unit=unit,
        higher_is_better=higher_is_better,
        era=era,
        entry_kind=entry_kind,
        mixed=mixed,
    )


def profile(
    organization: str | None = None,
    *,
    namespace: str | None = None,
    licence: str | None = None,
    official: bool | None = None,
    parameters_b: float | None = None,
    kind: EntryKind = EntryKind.MODEL,
) -> Profile:
    """What was printed beside a model."""
    return Profile(
        namespace=namespace,
        organization=organization,
        licence=licence,
        official=official,
        parameters_b=parameters_b,
        kind=kind,
    )


def entry(
    name: str,
    score: float = 1000.0,
    *,
    lower: float | None = None,
    upper: float | None = None,
    votes: int | None = None,
    published_rank: int | None = None,
    of: Profile | str | None = None,
) -> RawEntry:
    """One printed line; `of` is its profile, or just the printed maker."""
    return RawEntry(
        printed_name=name,
        score=score,
        score_lower=lower,
        score_upper=upper,
        votes=votes,
        published_rank=published_rank,
        profile=of if isinstance(of, Profile) else profile(of),
    )


def snapshot(
    day: str | date,
    entries: Mapping[str, float] | Sequence[RawEntry],
    board: Leaderboard | None = None,
) -> Snapshot:
    """A table of one date; a mapping gives names and scores, `maker/name` names a maker too."""
    if isinstance(entries, Mapping):
        rows = []
        for name, score in entries.items():
            maker, slash, rest = name.rpartition("/")
            rows.append(entry(rest if slash else name, score, of=maker or None))
    else:
        rows = list(entries)
    return Snapshot(board or leaderboard(), _day(day), rows)


def revision(
    published_at: datetime | str | date = NOW,
    *,
    document: str = "demo",
    name: str | None = None,
    edition_date: date | None = None,
    cumulative: bool = False,
) -> Revision:
    """A version of a document."""
    moment = _instant(published_at)
    return Revision(
        document=document,
        revision=name or f"rev-{moment:%Y%m%dT%H%M%S}",
        published_at=moment,
        edition_date=edition_date,
        cumulative=cumulative,
        paths=("data.json",),
        digests=(),
    )


@dataclass
class Record:
    """Stores snapshots through the real writer, without an upstream.

    `curated` are the curated facts, where they are not those that come with the program.
    """

    sessions: SessionFactory
    info: SourceInfo = field(default_factory=source_info)
    curated: Curation | None = None
    _store: Store | None = None

    def of(self, info: SourceInfo) -> "Record":
        """The same record, for another source."""
        return Record(self.sessions, info)

    def add(
        self,
        *snapshots: Snapshot,
        published_at: datetime | str | date | None = None,
        captured_at: datetime = NOW,
        cumulative: bool = False,
    ) -> Report:
        """Store snapshots as one revision, published at noon of the last edition's date."""
        fetched = self._fetched(snapshots, published_at, captured_at, cumulative=cumulative)
        return self._save([fetched], captured_at)

    def history(
        self, editions: Mapping[str, Mapping[str, float]], board: Leaderboard | None = None
    ) -> None:
        """Store an edition for each date, each a revision, in one transaction."""
        tables = [snapshot(day, entries, board) for day, entries in editions.items()]
        self._save([self._fetched([table], None, NOW, cumulative=False) for table in tables], NOW)

    def _fetched(
        self,
        snapshots: Sequence[Snapshot],
        published_at: datetime | str | date | None,
        captured_at: datetime,
        *,
        cumulative: bool,
    ) -> Fetched:
        day = max(s.edition_date for s in snapshots)
        moment = _instant(published_at or datetime.combine(day, time(12), tzinfo=UTC))
        payload = Payload(
            revision=revision(moment, cumulative=cumulative, document=f"{self.info.slug}:demo"),
            files=(repr((tuple(snapshots), moment)).encode(),),
        )
        return Fetched(payload=payload, snapshots=tuple(snapshots), fetched_at=captured_at)

    def _save(self, fetched: Sequence[Fetched], now: datetime) -> Report:
        if self._store is None:
            source_id = register_source(self.sessions, self.info)
            self._store = Store(self.info, source_id, self.curated)
        store = self._store
        return write(
            self.sessions,
            lambda session: store.save(session, fetched, now=now),
            undo=store.forget,
        )


@dataclass
class Upstream:
    """A source whose upstream is a list of revisions; its documents are JSON in this file's form.

    `broken` holds what happens instead when a revision is fetched.
    """

    info: SourceInfo = field(default_factory=source_info)
    revisions: list[tuple[Revision, bytes]] = field(default_factory=list)
    broken: dict[str, Callable[[], bytes]] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)
    listing_fault: Callable[[], None] | None = None

    def publish(
        self,
        day: str | date,
        entries: Mapping[str, float],
        *,
        published_at: datetime | str | date | None = None,
        document: str = "demo:latest",
        board: str = "demo-text",
    ) -> Revision:
        """Let the upstream publish an edition."""
        moment = published_at or datetime.combine(_day(day), time(12), tzinfo=UTC)
        made = revision(moment, document=document, edition_date=_day(day))
        return self._add(made, {day: entries}, board)

    def publish_all(
        self,
        editions: Mapping[str, Mapping[str, float]],
        *,
        published_at: datetime | str | date,
        document: str = "demo:full",
        board: str = "demo-text",
    ) -> Revision:
        """Let the upstream publish a document that repeats all editions."""
        made = revision(published_at, document=document, cumulative=True)
        return self._add(made, editions, board)

    def _add(
        self, made: Revision, editions: Mapping[Any, Mapping[str, float]], board: str
    ) -> Revision:
        tables = [
            {"board": board, "day": str(day), "entries": dict(entries)}
            for day, entries in editions.items()
        ]
        self.revisions.append((made, json.dumps(tables).encode()))
        return made

    def current(self, client: Client, validators: Mapping[str, str]) -> Listing:  # noqa: ARG002
        """The newest revision of each document."""
        if self.listing_fault is not None:
            self.listing_fault()
        etag = str(len(self.revisions))
        if validators.get("demo") == etag:
            return Listing(revisions=None, validators=validators)
        newest = {r.document: r for r, _body in self.revisions if not r.cumulative}
        return Listing(revisions=tuple(newest.values()), validators={"demo": etag})

    def history(self, client: Client) -> Sequence[Revision]:  # noqa: ARG002
        """Every revision, cumulative ones last."""
        if self.listing_fault is not None:
            self.listing_fault()
        revisions = [r for r, _body in self.revisions]
        return sorted(revisions, key=lambda r: (r.cumulative, r.published_at))

    def fetch(self, client: Client, revision: Revision) -> Payload:  # noqa: ARG002
        """The bytes of a revision, unless it is broken."""
        self.fetched.append(revision.revision)
        if revision.revision in self.broken:
            return Payload(revision=revision, files=(self.broken[revision.revision](),))
        body = next(body for r, body in self.revisions if r.key == revision.key)
        return Payload(revision=revision, files=(body,))

    def parse(self, payload: Payload) -> Sequence[Snapshot]:
        """Read this file's form."""
        try:
            return [
                snapshot(table["day"], table["entries"], leaderboard(table["board"]))
                for table in json.loads(payload.files[0])
            ]
        except (ValueError, KeyError, TypeError) as error:
            raise ParseError(self.info.slug, f"not a demo document: {error}") from error


def one_edition() -> Upstream:
    """A source that has published once."""
    upstream = Upstream()
    upstream.publish("2024-07-01", {"OpenAI/a": 10})
    return upstream


def eight_editions() -> Upstream:
    """A source that has published on each of eight days."""
    upstream = Upstream()
    for number, day in enumerate(DAYS):
        upstream.publish(day, {"OpenAI/a": 10, "Meta/b": 9 + number / 4})
    return upstream


@dataclass
class SettableClock:
    """A clock that stands still until it is set."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        """The time."""
        return self.now

    def advance(self, step: timedelta) -> None:
        """Let time pass."""
        self.now += step


@dataclass
class Stopwatch:
    """Seconds that go by only when told to."""

    at: float = 1000.0

    def __call__(self) -> float:
        """The seconds so far."""
        return self.at


def work(
    upstream: Upstream,
    sessions: SessionFactory,
    *,
    clock: Callable[[], datetime] | None = None,
    owner: str = "tests",
) -> Work:
    """What is needed to work on a scripted upstream."""
    return Work(
        source=upstream,
        open_client=lambda: Client(
            source=upstream.info.slug, endpoint="http://127.0.0.1:9", user_agent="tests"
        ),
        sessions=sessions,
        clock=clock or SettableClock(),
        owner=owner,
    )


def as_owner(of: Work, owner: str) -> Work:
    """The same work in another process's hands."""
    return replace(of, owner=owner)


def _day(day: str | date) -> date:
    return date.fromisoformat(day) if isinstance(day, str) else day


def _instant(moment: datetime | str | date) -> datetime:
    if isinstance(moment, datetime):
        return moment
    if isinstance(moment, str) and "T" in moment:
        return datetime.fromisoformat(moment).astimezone(UTC)
    return datetime.combine(_day(moment), time(12), tzinfo=UTC)
