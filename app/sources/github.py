"""Files of git repositories and their history, as GitHub serves them.

Document: `GET /repos/{owner}/{name}/commits?sha=` and `...&path=`,
          `/repos/{owner}/{name}/contents/{path}?ref=` of the API; `/{owner}/{name}/{sha}/{path}`
          of the host of raw files
Shape:    a commit is `{"sha", "commit": {"committer": {"date"}}}`, a list of them is newest first;
          a folder is `[{"type", "name"}]`
Paging:   commits by `Link: <...>; rel="next"`, 100 at a time
Limits:   the API 60 requests an hour without a token, 5,000 with one; raw files are not counted
Quirks:   a commit that removes or moves a file is one of its commits, and does not have it; commits
          that were rebased together have one date: then the order of the list says which is last

A document is a file, or several that change together, wherever it stood over the years: a moved
repository, branch or path is a further `Place` of it. Its revision of a day is the last commit of
that UTC day which touched it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import ClassVar
from urllib.parse import quote

from pydantic import TypeAdapter

from app.errors import ParseError
from app.sources.base import Endpoints, Listing, Payload, Revision, SourceInfo
from app.sources.http import Client
from app.sources.listings import (
    LISTING_BYTES,
    CommitId,
    Moment,
    Strict,
    following_pages,
    parsed,
)

HOSTS = ("raw.githubusercontent.com",)
# A quota that is spent is renewed within the hour; without a token a first back-fill spends it.
PATIENCE_SECONDS = 3_700.0
# Tables of text are some hundred kB; read into memory, they are many times their size.
MAX_FILES_BYTES = 32 * 2**20

_PAGE = 100
_NOT_MODIFIED = 304


class _Committer(Strict):
    date: Moment


class _Stamp(Strict):
    committer: _Committer


class _Commit(Strict):
    sha: CommitId
    commit: _Stamp


class _Item(Strict):
    type: str
    name: str


_COMMITS = TypeAdapter(list[_Commit])
_ITEMS = TypeAdapter(list[_Item])


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a document's files stood: `paths` of a branch of the repository `owner/name`."""

    repository: str
    branch: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Files that are read together, under a permanent name, and every place they had.

    Places are oldest first; one holds until the first commit of the next.
    """

    name: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """A commit that touched a document; the date is the committer's, in UTC."""

    committed_at: datetime
    sha: str


class GitSource:
    """A source of documents that stand at places known beforehand.

    An adapter adds `info`, `documents` and `parse`, and replaces what is not so simple.
    """

    info: ClassVar[SourceInfo]
    documents: ClassVar[Sequence[Document]] = ()

    def __init__(self, endpoints: Endpoints) -> None:
        """Remember where GitHub is."""
        self.api = endpoints.github_api
        self.raw = endpoints.github_raw

    def current(self, client: Client, validators: Mapping[str, str]) -> Listing:
        """The newest revision of each document."""
        return current(client, self.api, self.documents, validators)

    def history(self, client: Client) -> Sequence[Revision]:
        """The last revision of every day, oldest first."""
        return history(client, self.api, self.documents)

    def fetch(self, client: Client, revision: Revision) -> Payload:
        """Download the files of a document."""
        return fetch(client, self.raw, revision)

    def check_known(self, revision: Revision) -> None:
        """Refuse a document that is none of the source's.

        Raises:
            ParseError: it is not.
        """
        if all(revision.document != document.name for document in self.documents):
            raise ParseError(self.info.slug, f"there is no document {revision.document!r}")


def current(
    client: Client, api: str, documents: Sequence[Document], validators: Mapping[str, str]
) -> Listing:
    """The newest revision of each document, after one conditional request for each branch.

    A document of which its newest place has no commit yet is left out.

    Raises:
        FetchError: the listing is not complete.
        ParseError: an answer is not the API's, or no document has a commit.
    """
    branches = {(d.places[-1].repository, d.places[-1].branch) for d in documents}
    changed = False
    found: dict[str, str] = {}
    for repository, branch in sorted(branches):
        url = f"{api}/repos/{repository}/commits?sha={quote(branch, safe='')}&per_page=1"
        known = validators.get(url)
        response = client.get(url, etag=known, max_bytes=LISTING_BYTES)
        if known is not None and response.status == _NOT_MODIFIED:
            found[url] = known
            continue
        changed = True
        parsed(client.source, _COMMITS, response.body, f"the head of {repository}")
        etag = response.headers.get("ETag")
        found |= {} if etag is None else {url: etag}
    if not changed:
        return Listing(revisions=None, validators=found)
    revisions = []
    for document in documents:
        place = document.places[-1]
        changes = [c for path in place.paths for c in _newest(client, api, place, path)]
        if changes:
            revisions.append(_revision(document, place, max(changes, key=_moment)))
    _check_any(client.source, revisions)
    return Listing(revisions=tuple(revisions), validators=found)


def history(client: Client, api: str, documents: Iterable[Document]) -> list[Revision]:
    """The last revision of every day of each document, oldest first.

    Raises:
        FetchError: a page is missing.
        ParseError: a page is not the API's, the pages do not end, or no document has a commit.
    """
    revisions = [r for document in documents for r in _history(client, api, document)]
    _check_any(client.source, revisions)
    return sorted(revisions, key=lambda revision: revision.published_at)


def _history(client: Client, api: str, document: Document) -> list[Revision]:
    days: dict[date, Revision] = {}
    until: datetime | None = None
    for place in reversed(document.places):
        changes = [c for path in place.paths for c in _changes(client, api, place, path)[::-1]]
        held = [c for c in changes if until is None or c.committed_at < until]
        held.sort(key=_moment)
        for day, change in {change.committed_at.date(): change for change in held}.items():
            days.setdefault(day, _revision(document, place, change))
        until = held[0].committed_at if held else until
    return list(days.values())


def _moment(change: _Change) -> datetime:
    return change.committed_at


def _check_any(source: str, revisions: Sequence[Revision]) -> None:
    if not revisions:
        raise ParseError(source, "no document has a commit where it is said to stand")


def names_in(client: Client, api: str, place: Place) -> list[str]:
    """The names of the files in each folder of a place, as they are now.

    Raises:
        FetchError: a folder cannot be listed.
        ParseError: an answer is not the API's.
    """
    names = []
    for path in place.paths:
        branch = quote(place.branch, safe="")
        url = f"{api}/repos/{place.repository}/contents/{quote(path)}?ref={branch}"
        body = client.get(url, max_bytes=LISTING_BYTES).body
        items = parsed(client.source, _ITEMS, body, f"the folder {path} of {place.repository}")
        names += [item.name for item in items if item.type == "file"]
    return names


def fetch(client: Client, raw: str, revision: Revision) -> Payload:
    """All files of a revision, in the order of its paths.

    Raises:
        FetchError: a file is missing or incomplete, or they are too large.
    """
    files: list[bytes] = []
    for path in revision.paths:
        files.append(fetch_file(client, raw, revision, path, beside=files))
    return Payload(revision=revision, files=tuple(files))


def fetch_file(
    client: Client, raw: str, revision: Revision, path: str, *, beside: Iterable[bytes] = ()
) -> bytes:
    """One file as it stood after a revision; `path` begins with the repository.

    `beside` are the files of the revision that were read already.

    Raises:
        FetchError: it is missing or incomplete, or too large, alone or with the others.
    """
    owner, name, inside = path.split("/", 2)
    room = max(MAX_FILES_BYTES - sum(map(len, beside)), 1)
    url = f"{raw}/{owner}/{name}/{revision.revision}/{quote(inside)}"
    return client.get(url, max_bytes=room).body


def _revision(document: Document, place: Place, change: _Change) -> Revision:
    return Revision(
        document=document.name,
        revision=change.sha,
        published_at=change.committed_at,
        edition_date=change.committed_at.date(),
        cumulative=False,
        paths=tuple(f"{place.repository}/{path}" for path in place.paths),
        digests=(),
    )


def _newest(client: Client, api: str, place: Place, path: str) -> list[_Change]:
    """The last commit of a path, if there is one."""
    url = _commits_url(api, place, path, 1)
    body = client.get(url, max_bytes=LISTING_BYTES).body
    return _read(client.source, body, place, path)


def _changes(client: Client, api: str, place: Place, path: str) -> list[_Change]:
    """All commits of a path, newest first."""
    url = _commits_url(api, place, path, _PAGE)
    pages = following_pages(client, api, url, f"the commits of {place.repository}/{path}")
    return [change for page in pages for change in _read(client.source, page, place, path)]


def _commits_url(api: str, place: Place, path: str, size: int) -> str:
    query = f"sha={quote(place.branch, safe='')}&path={quote(path, safe='')}&per_page={size}"
    return f"{api}/repos/{place.repository}/commits?{query}"


def _read(source: str, body: bytes, place: Place, path: str) -> list[_Change]:
    commits = parsed(source, _COMMITS, body, f"the commits of {place.repository}/{path}")
    return [
        _Change(committed_at=c.commit.committer.date.astimezone(UTC), sha=c.sha) for c in commits
    ]
