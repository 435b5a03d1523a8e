"""A Hugging Face Hub that is a dictionary: heads, commits, trees, downloads, and faults."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2 as httpx

from app.sources.base import Source
from app.sources.http import Client, ClientLimits
from tests.upstreams import FakeTime, client_of

CDN = "https://cdn-lfs.hf.co"


@dataclass
class FakeCommit:
    """A commit and every file that stands after it, with the commit that changed it last."""

    id: str
    title: str
    date: str
    files: dict[str, tuple[bytes, "FakeCommit"]]


@dataclass
class FakeHub:
    """Called with a request, answers as the Hub would. A path ending in `.md` is not in LFS."""

    page_size: int = 50
    datasets: dict[str, list[FakeCommit]] = field(default_factory=dict)
    faults: dict[str, httpx.Response | Exception] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)
    watch: Callable[[httpx.Request], None] | None = None

    def commit(
        self,
        dataset: str,
        files: Mapping[str, bytes | None],
        *,
        date: str = "2024-07-13T11:16:14.000Z",
        title: str = "Upload dataset",
    ) -> str:
        """Add a commit that writes or, being None, removes files; gives its id."""
        history = self.datasets.setdefault(dataset, [])
        ident = hashlib.sha1(f"{dataset} {len(history)}".encode()).hexdigest()
        made = FakeCommit(ident, title, date, dict(history[-1].files) if history else {})
        for path, body in files.items():
            if body is None:
                del made.files[path]
            else:
                made.files[path] = (body, made)
        history.append(made)
        return ident

    @property
    def asked(self) -> list[str]:
        """The paths asked for, in order."""
        return [request.url.path for request in self.requests]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.watch is not None:
            self.watch(request)
        for pattern, fault in self.faults.items():
            if re.search(pattern, str(request.url)):
                if isinstance(fault, Exception):
                    raise fault
                return fault
        if request.url.host == "cdn-lfs.hf.co":
            return self._download(request.url.path.removeprefix("/"))
        return self._answer(request)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        parts = request.url.path.strip("/").split("/")
        if parts[0] == "api":
            dataset, what, rest = "/".join(parts[2:4]), parts[4:5], parts[5:]
        else:
            dataset, what, rest = "/".join(parts[1:3]), parts[3:4], parts[4:]
        history = self.datasets.get(dataset)
        if history is None:
            return httpx.Response(401, headers={"X-Error-Code": "RepoNotFound"})
        if not what:
            return self._json(request, {"id": dataset, "sha": history[-1].id})
        at = next((n for n, commit in enumerate(history) if commit.id == rest[0]), None)
        if rest[0] == "main":
            at = len(history) - 1
        if at is None:
            return httpx.Response(404, headers={"X-Error-Code": "RevisionNotFound"})
        if what == ["resolve"]:
            return self._resolve(history[at], "/".join(rest[1:]))
        return self._page(request, _LISTINGS[what[0]](history, at))

    def _page(self, request: httpx.Request, items: list[dict[str, Any]]) -> httpx.Response:
        start = int(request.url.params.get("cursor", "0"))
        answer = self._json(request, items[start : start + self.page_size])
        if start + self.page_size < len(items):
            following = request.url.copy_set_param("cursor", start + self.page_size)
            answer.headers["Link"] = f'<{following}>; rel="next"'
        return answer

    @staticmethod
    def _json(request: httpx.Request, content: object) -> httpx.Response:
        etag = f'W/"{hashlib.sha1(repr(content).encode()).hexdigest()}"'
        if request.headers.get("If-None-Match") == etag:
            return httpx.Response(304)
        return httpx.Response(200, json=content, headers={"ETag": etag})

    @staticmethod
    def _resolve(commit: FakeCommit, path: str) -> httpx.Response:
        if path not in commit.files:
            return httpx.Response(404, headers={"X-Error-Code": "EntryNotFound"})
        body = commit.files[path][0]
        if path.endswith(".md"):
            return httpx.Response(200, content=body)
        digest = hashlib.sha256(body).hexdigest()
        headers = {"Location": f"{CDN}/{digest}", "X-Linked-Etag": f'"{digest}"'}
        return httpx.Response(302, headers=headers)

    def _download(self, digest: str) -> httpx.Response:
        bodies = {
            hashlib.sha256(body).hexdigest(): body
            for history in self.datasets.values()
            for commit in history
            for body, _changed in commit.files.values()
        }
        return httpx.Response(200, content=bodies[digest])


def _commits(history: list[FakeCommit], at: int) -> list[dict[str, Any]]:
    return [
        {"id": commit.id, "title": commit.title, "date": commit.date, "authors": []}
        for commit in reversed(history[: at + 1])
    ]


def _tree(history: list[FakeCommit], at: int) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    for path, (body, changed) in sorted(history[at].files.items()):
        folder, _slash, _name = path.rpartition("/")
        if folder and not any(entry["path"] == folder for entry in entries):
            entries.append({"type": "directory", "oid": "0" * 40, "size": 0, "path": folder})
        last = {"id": changed.id, "title": changed.title, "date": changed.date}
        entry = {"type": "file", "oid": "0" * 40, "path": path, "lastCommit": last}
        if not path.endswith(".md"):
            entry["lfs"] = {"oid": hashlib.sha256(body).hexdigest(), "size": len(body)}
        entries.append(entry)
    return entries


_LISTINGS = {"commits": _commits, "tree": _tree}


def client_for_hub(hub: FakeHub, source: Source | None = None, *, tries: int = 2) -> Client:
    """The production client of a source, over a fake Hub; no time passes while it waits."""
    hosts = (".hf.co",) if source is None else source.info.hosts
    return client_of(hub, hosts=hosts, limits=ClientLimits(tries=tries), time=FakeTime())
