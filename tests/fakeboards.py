"""A Hub that has nothing but benchmark leaderboards, under ETags and a clock."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import sha256

import httpx2 as httpx

from tests.upstreams import HUB

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def board_url(document: str) -> str:
    return f"{HUB}/api/datasets/{document}/leaderboard?base_model=false"


@dataclass
class Boards:
    """Called with a request, answers with a board or the list of benchmarks.

    `shut` answers stand in for a board; `moved` are old ids; `unlisted` boards answer all the same.
    """

    boards: dict[str, bytes] = field(default_factory=dict)
    shut: dict[str, httpx.Response] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    unlisted: set[str] = field(default_factory=set)
    tagged: bool = True
    date: str = format_datetime(NOON, usegmt=True)
    page_size: int = 50
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        path = request.url.path.removeprefix("/api/datasets").strip("/")
        if not path:
            return self._page(request)
        document = path.removesuffix("/leaderboard")
        if document in self.moved:
            return httpx.Response(307, headers={"Location": board_url(self.moved[document])})
        if document in self.shut:
            return self.shut[document]
        if document not in self.boards:
            return httpx.Response(404)
        body = self.boards[document]
        etag = f'W/"{sha256(body).hexdigest()}"'
        if request.headers.get("If-None-Match") == etag:
            return httpx.Response(304)
        headers = {"Date": self.date} | ({"ETag": etag} if self.tagged else {})
        return httpx.Response(200, content=body, headers=headers)

    def _page(self, request: httpx.Request) -> httpx.Response:
        listed = [name for name in (*self.boards, *self.shut) if name not in self.unlisted]
        start = int(request.url.params.get("cursor", "0"))
        end = start + self.page_size
        answer = httpx.Response(200, json=[{"id": name, "likes": 3} for name in listed[start:end]])
        if end < len(listed):
            following = request.url.copy_set_param("cursor", end)
            answer.headers["Link"] = f'<{following}>; rel="next"'
        return answer
