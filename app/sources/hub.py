"""The Hugging Face Hub as a store of dated files: head, commits, trees and downloads of a dataset.

Document: `GET /api/datasets/{id}?expand[]=sha`, `/api/datasets/{id}/commits/{rev}`,
          `/api/datasets/{id}/tree/{rev}?recursive=true&expand=true`,
          `/datasets/{id}/resolve/{rev}/{path}`
Shape:    `{"sha"}`; `[{"id", "title", "date"}]` newest first; `[{"type", "path", "lfs": {"oid"},
          "lastCommit": {"id", "date"}}]`, of which `lfs.oid` is the file's SHA-256
Paging:   both lists by `Link: <...>; rel="next"`, a tree with `expand` 50 entries at a time
Quirks:   a dataset that does not exist answers 401 to a request without a token

That nothing changed is asked of the head, not of the tree: a page of a tree can stay the same
while a later page changes.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated
from urllib.parse import quote

from pydantic import Field, TypeAdapter

from app.errors import FetchError, ParseError
from app.sources.base import Payload, Revision
from app.sources.http import Client
from app.sources.listings import (
    LISTING_BYTES,
    CommitId,
    Moment,
    Strict,
    following_pages,
    parsed,
)

# Where the Hub's downloads have been seen to live; the name of its CDN changes over time.
HOSTS = (".huggingface.co", ".hf.co", "cas-bridge.xethub.hf.co")

DOWNLOADS = 2

_NOT_MODIFIED = 304
_SHARD = re.compile(r"(?P<stem>.+)-(?P<index>\d{5})-of-(?P<total>\d{5})\.parquet")
_SHA256 = re.compile(r'(?:W/)?"?([0-9a-f]{64})"?')


class _Head(Strict):
    sha: CommitId


class _Commit(Strict):
    id: CommitId
    title: str
    date: Moment


class _LastCommit(Strict):
    id: CommitId
    date: Moment


class _Lfs(Strict):
    oid: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Entry(Strict):
    type: str
    path: str
    lfs: _Lfs | None = None
    last_commit: _LastCommit | None = Field(default=None, alias="lastCommit")


_HEAD = TypeAdapter(_Head)
_COMMITS = TypeAdapter(list[_Commit])
_ENTRIES = TypeAdapter(list[_Entry])


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The newest state of a dataset.

    `revision` names it: a commit, or `main` when it is still the one that was asked about.
    `validators` are to be given with the next question; empty when the Hub sent no ETag.
    """

    dataset: str
    revision: str
    changed: bool
    validators: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One commit of a dataset. `date` is in UTC."""

    id: str
    title: str
    date: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file of a tree with the commit that changed it last. `sha256` is None outside LFS."""

    path: str
    sha256: str | None
    commit: str
    committed_at: datetime


def head(client: Client, endpoint: str, dataset: str, validators: Mapping[str, str]) -> Head:
    """The newest state of a dataset, and whether it differs from what the validators know.

    Raises:
        FetchError: the dataset cannot be reached, or does not exist.
        ParseError: the answer is not the Hub's.
    """
    url = f"{endpoint}/api/datasets/{dataset}?expand%5B%5D=sha"
    known = validators.get(url)
    response = client.get(url, etag=known, max_bytes=LISTING_BYTES)
    if known is not None and response.status == _NOT_MODIFIED:
        return Head(dataset=dataset, revision="main", changed=False, validators={url: known})
    found = parsed(client.source, _HEAD, response.body, f"the head of {dataset}")
    etag = response.headers.get("ETag")
    return Head(
        dataset=dataset,
        revision=found.sha,
        changed=True,
        validators={} if etag is None else {url: etag},
    )


def tree(client: Client, endpoint: str, dataset: str, revision: str) -> tuple[File, ...]:
    """Every file of a revision, in the Hub's order.

    Raises:
        FetchError: a page is missing.
        ParseError: a page is not the Hub's, or the pages do not end.
    """
    url = f"{endpoint}/api/datasets/{dataset}/tree/{quote(revision, safe='')}"
    what = f"the tree of {dataset} at {revision[:12]}"
    pages = following_pages(client, endpoint, f"{url}?recursive=true&expand=true", what)
    entries = [entry for page in pages for entry in parsed(client.source, _ENTRIES, page, what)]
    files = []
    for entry in entries:
        if entry.type != "file":
            continue
        if entry.last_commit is None:
            raise ParseError(client.source, f"{what}: {entry.path[:200]!r} has no last commit")
        files.append(
            File(
                path=entry.path,
                sha256=None if entry.lfs is None else entry.lfs.oid,
                commit=entry.last_commit.id,
                committed_at=entry.last_commit.date.astimezone(UTC),
            )
        )
    return tuple(files)


def commits(client: Client, endpoint: str, dataset: str, revision: str) -> tuple[Commit, ...]:
    """Every commit up to a revision, newest first.

    Raises:
        FetchError: a page is missing.
        ParseError: a page is not the Hub's, or the pages do not end.
    """
    url = f"{endpoint}/api/datasets/{dataset}/commits/{quote(revision, safe='')}"
    what = f"the commits of {dataset}"
    found: dict[str, Commit] = {}
    for page in following_pages(client, endpoint, url, what):
        for commit in parsed(client.source, _COMMITS, page, what):
            moment = commit.date.astimezone(UTC)
            # A commit made while the pages are read shifts them: what was seen comes again.
            found.setdefault(commit.id, Commit(id=commit.id, title=commit.title, date=moment))
    return tuple(found.values())


def sharded(source: str, files: Sequence[File]) -> dict[str, tuple[File, ...]]:
    """The parquet files that make one table each, by what stands before `-00000-of-00001`.

    Raises:
        ParseError: a table lacks a shard, or has shards of two generations.
    """
    found: dict[str, list[tuple[int, int, File]]] = {}
    for file in files:
        match = _SHARD.fullmatch(file.path)
        if match:
            place = (int(match["index"]), int(match["total"]), file)
            found.setdefault(match["stem"], []).append(place)
    tables = {}
    for stem, shards in found.items():
        shards.sort(key=lambda shard: shard[:2])
        if [shard[:2] for shard in shards] != [(n, len(shards)) for n in range(len(shards))]:
            paths = ", ".join(file.path for _index, _total, file in shards[:5])
            raise ParseError(source, f"{stem[:200]!r} is not a whole set of shards: {paths}")
        tables[stem] = tuple(file for _index, _total, file in shards)
    return tables


def revision_of(
    document: str, files: Sequence[File], *, edition_date: date | None, cumulative: bool
) -> Revision:
    """The revision that a table's shards are now: that of the one changed last."""
    last = max(files, key=lambda file: file.committed_at)
    digests = tuple(file.sha256 for file in files if file.sha256 is not None)
    return Revision(
        document=document,
        revision=last.commit,
        published_at=last.committed_at,
        edition_date=edition_date,
        cumulative=cumulative,
        paths=tuple(file.path for file in files),
        digests=digests if len(digests) == len(files) else (),
    )


def fetch(client: Client, endpoint: str, dataset: str, revision: Revision) -> Payload:
    """All files of a revision, each compared with the digest the Hub gives for it.

    The digest is the listing's, else that of the answer which leads to the download.

    Raises:
        FetchError: a file is missing, incomplete, or not the one that was listed.
    """
    expected = revision.digests or (None,) * len(revision.paths)
    files = []
    for path, listed in zip(revision.paths, expected, strict=True):
        files.append(_fetch_file(client, endpoint, dataset, revision, path, listed))
    return Payload(revision=revision, files=tuple(files))


def _fetch_file(
    client: Client, endpoint: str, dataset: str, revision: Revision, path: str, listed: str | None
) -> bytes:
    """One file; asked for once more when another came, since a download can be damaged."""
    url = resolve_url(endpoint, dataset, revision.revision, path)
    for _ in range(DOWNLOADS):
        response = client.get(url)
        linked = _SHA256.fullmatch(response.first_headers.get("X-Linked-Etag", ""))
        digest = listed or (linked and linked[1])
        if digest is None or hashlib.sha256(response.body).hexdigest() == digest:
            return response.body
    where = f"{dataset}/{path} at {revision.revision[:12]}"
    raise FetchError(client.source, f"{where} is not the file listed", transient=True)


def resolve_url(endpoint: str, dataset: str, revision: str, path: str) -> str:
    """Where a file of a revision can be downloaded."""
    return f"{endpoint}/datasets/{dataset}/resolve/{quote(revision, safe='')}/{quote(path)}"
