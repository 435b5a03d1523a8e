"""Git repositories that are dictionaries, as GitHub serves them: heads, commits, folders, files."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

import httpx2 as httpx

from app.sources.base import Source
from app.sources.http import Client
from tests.upstreams import ENDPOINTS, client_for

_API = httpx.URL(ENDPOINTS.github_api).host


@dataclass
class FakeCommit:
    """A commit: what it touched, and every file that stands after it."""

    sha: str
    date: str
    touched: frozenset[str]
    files: dict[str, bytes]

    def touches(self, path: str) -> bool:
        """Whether it is one of a file's commits, or of a folder's."""
        return path in self.touched or any(one.startswith(f"{path}/") for one in self.touched)


@dataclass
class FakeGit:
    """Called with a request, answers as GitHub would; `page_size` commits to a page at most."""

    page_size: int = 100
    branches: dict[tuple[str, str], list[FakeCommit]] = field(default_factory=dict)
    faults: dict[str, httpx.Response | Exception] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)

    def commit(
        self,
        repository: str,
        files: Mapping[str, bytes | None],
        *,
        date: str = "2025-01-02T03:04:05Z",
        branch: str = "main",
    ) -> str:
        """Add a commit that writes or, being None, removes files; gives its id."""
        line = self.branches.setdefault((repository, branch), [])
        sha = hashlib.sha1(f"{repository} {branch} {len(line)}".encode()).hexdigest()
        after = dict(line[-1].files) if line else {}
        after |= {path: body for path, body in files.items() if body is not None}
        for path in [path for path, body in files.items() if body is None]:
            del after[path]
        line.append(FakeCommit(sha, date, frozenset(files), after))
        return sha

    @property
    def asked(self) -> list[str]:
        """The paths asked for, in order."""
        return [request.url.path for request in self.requests]

    def client(self, source: Source, *, tries: int = 2) -> Client:
        """The production client of a source over these repositories."""
        return client_for(source, self, tries=tries)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        for pattern, fault in self.faults.items():
            if re.search(pattern, str(request.url)):
                if isinstance(fault, Exception):
                    raise fault
                return fault
        steps = [unquote(step) for step in request.url.path.strip("/").split("/")]
        if request.url.host == _API:
            return self._api("/".join(steps[1:3]), steps[3], steps[4:], request)
        return self._raw("/".join(steps[:2]), steps[2], "/".join(steps[3:]))

    def _api(
        self, repository: str, what: str, rest: list[str], request: httpx.Request
    ) -> httpx.Response:
        asked = request.url.params
        branch = asked.get("sha", asked.get("ref", ""))
        line = self.branches.get((repository, branch))
        if line is None:
            return httpx.Response(404, json={"message": "Not Found"})
        if what == "contents":
            return self._folder(line[-1], "/".join(rest))
        if "path" not in asked:
            return _tagged(request, [_told(line[-1])])
        commits = [_told(commit) for commit in line[::-1] if commit.touches(asked["path"])]
        size = min(int(asked["per_page"]), self.page_size)
        start = (int(asked.get("page", "1")) - 1) * size
        answer = httpx.Response(200, json=commits[start : start + size])
        if start + size < len(commits):
            following = request.url.copy_set_param("page", start // size + 2)
            answer.headers["Link"] = f'<{following}>; rel="next", <{request.url}>; rel="first"'
        return answer

    @staticmethod
    def _folder(commit: FakeCommit, folder: str) -> httpx.Response:
        inside = [path.removeprefix(f"{folder}/") for path in commit.files if folder in path]
        names = {name.split("/")[0]: "dir" if "/" in name else "file" for name in inside}
        if not names:
            return httpx.Response(404, json={"message": "Not Found"})
        items = [{"name": name, "type": kind, "size": 1} for name, kind in sorted(names.items())]
        return httpx.Response(200, json=items)

    def _raw(self, repository: str, sha: str, path: str) -> httpx.Response:
        for (name, _branch), line in self.branches.items():
            for commit in line:
                if (name, commit.sha) == (repository, sha) and path in commit.files:
                    return httpx.Response(200, content=commit.files[path])
        return httpx.Response(404, content=b"404: Not Found")


def _told(commit: FakeCommit) -> dict[str, object]:
    stamp = {"name": "somebody", "date": commit.date}
    return {"sha": commit.sha, "commit": {"author": stamp, "committer": stamp, "message": "update"}}


def _tagged(request: httpx.Request, content: object) -> httpx.Response:
    etag = f'W/"{hashlib.sha1(repr(content).encode()).hexdigest()}"'
    if request.headers.get("If-None-Match") == etag:
        return httpx.Response(304)
    return httpx.Response(200, json=content, headers={"ETag": etag})
