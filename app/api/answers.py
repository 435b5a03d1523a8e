"""One exchange: a request, and the one place that turns an answer into bytes.

Endpoints build an answer (`data`, `meta`, `links`) and hand it over here. JSON is the only
form so far; another one is another way to render, not another endpoint.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from starlette.requests import Request
from starlette.responses import Response

from app import __version__
from app.api.caching import NEVER, OPEN, NotModified, Validators, is_fresh, strong_etag
from app.api.cursors import Bookmark, Key, decode
from app.api.pages import Page
from app.api.questions import ListQuestion
from app.api.schemas.common import LinksOut, ListLinksOut
from app.errors import MovedError

JSON = "application/json"
PERMANENT_REDIRECT = 308
_ENCODING = orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS
_NOT_BINDING = {"cursor", "limit", "format"}
_ID_SEGMENT = 3  # /v1/{collection}/{id}/...
_QUERY_SAFE = "%&=+,:;/?@!*'()$~"


class Exchange:
    """A request and its answer. `now` is the same for all parts of one request."""

    def __init__(self, request: Request, now: datetime) -> None:
        """Read what all endpoints need of the request."""
        self.now = now
        self._headers = request.headers
        self._root, path = split_root(request)
        self._path = quote(self._root + path, errors="replace")
        self._pairs = request.query_params.multi_items()
        self._validators: Validators | None = None

    @property
    def today(self) -> date:
        """The UTC date."""
        return self.now.date()

    def page(self, question: ListQuestion, shape: type[Bookmark[Key]]) -> Page[Key]:
        """The part of a list that is asked for.

        Raises:
            InvalidQueryError: the cursor is none, or belongs to another question.
        """
        binding = [pair for pair in self._pairs if pair[0] not in _NOT_BINDING]
        bound_to = self._url(sorted(binding))
        bookmark = None
        if question.cursor is not None:
            bookmark = decode(question.cursor, shape, bound_to=bound_to)
        return Page(
            limit=question.limit,
            day=self.today if bookmark is None else bookmark.day,
            bookmark=bookmark,
            bound_to=bound_to,
        )

    def settle(
        self, *versions: object, changed_at: datetime | None, day: date | None = None
    ) -> None:
        """Say which versions of the record the answer depends on, before it is worked out.

        `day` is the date that stood for "now", None where no answer to this question can
        differ from one day to the next.

        Raises:
            NotModified: the caller has that answer.
        """
        modified_at = changed_at
        if day is not None and changed_at is not None:
            modified_at = max(changed_at, datetime.combine(day, time(), tzinfo=UTC))
        etag = strong_etag(__version__, JSON, self._url(sorted(self._pairs)), day, *versions)
        self._validators = Validators(etag, modified_at)
        if is_fresh(self._headers, self._validators):
            raise NotModified(self._validators, OPEN)

    def to(self, *segments: str) -> str:
        """The path of another part of the API."""
        return self._root + "/" + "/".join(quote(segment, safe="") for segment in segments)

    def links(self) -> LinksOut:
        """Where this answer is."""
        return {"self": self._url(self._pairs)}

    def list_links(self, next_cursor: str | None) -> ListLinksOut:
        """Where this page is, and the next."""
        onward = None
        if next_cursor is not None:
            others = [pair for pair in self._pairs if pair[0] != "cursor"]
            onward = self._url([*others, ("cursor", next_cursor)])
        return {"self": self._url(self._pairs), "next": onward}

    def reply(
        self,
        answer: Mapping[str, Any],
        *,
        status: int = 200,
        cache_control: str = OPEN,
        location: str | None = None,
    ) -> Response:
        """Turn an answer into bytes.

        An answer that was not settled before is told apart by its bytes.

        Raises:
            NotModified: the caller has that answer.
        """
        headers = {}
        if location is not None:
            headers["Location"] = location
        onward = answer["links"].get("next")
        if onward is not None:
            headers["Link"] = f'<{onward}>; rel="next"'
        return self.send(answer, status=status, cache_control=cache_control, headers=headers)

    def send(
        self,
        document: Mapping[str, Any],
        *,
        status: int = 200,
        cache_control: str = OPEN,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """As `reply`, of a document that is no answer by the conventions."""
        body = orjson.dumps(document, option=_ENCODING)
        fields = {"Cache-Control": cache_control, "Vary": "Accept", **(headers or {})}
        if cache_control != NEVER:
            validators = self._validators
            if validators is None:
                validators = Validators(strong_etag(__version__, body.hex()), None)
                if is_fresh(self._headers, validators):
                    raise NotModified(validators, cache_control)
            fields.update(validators.headers())
        return Response(body, status_code=status, media_type=JSON, headers=fields)

    def _url(self, pairs: Sequence[tuple[str, str]]) -> str:
        query = urlencode(pairs, errors="replace")
        return f"{self._path}?{query}" if query else self._path


def split_root(request: Request) -> tuple[str, str]:
    """Where a proxy has put the service, and the path below it."""
    root: str = request.scope.get("root_path", "")
    path: str = request.scope["path"]
    return root, path.removeprefix(root)


def on_not_modified(request: Request, error: NotModified) -> Response:  # noqa: ARG001
    """Answer that the caller has the answer."""
    return Response(
        status_code=304,
        headers={
            "Cache-Control": error.cache_control,
            "Vary": "Accept",
            **error.validators.headers(),
        },
    )


def on_moved(request: Request, error: MovedError) -> Response:
    """Send the caller of an old or other name to the canonical id, with the same question."""
    root, path = split_root(request)
    rest = path.split("/", _ID_SEGMENT)[_ID_SEGMENT]
    collection = path[: -len(rest)]
    location = root + collection + error.canonical + rest.removeprefix(error.name)
    query = request.scope["query_string"].decode("latin-1")
    return Response(
        status_code=PERMANENT_REDIRECT,
        headers={
            "Location": quote(location, errors="replace")
            + (f"?{quote(query, safe=_QUERY_SAFE)}" if query else ""),
            "Cache-Control": OPEN,
            "Vary": "Accept",
        },
    )
