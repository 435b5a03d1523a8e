"""One exchange: a request, and the one place that turns an answer into bytes.

Endpoints build an answer (`data`, `meta`, `links`) and hand it over here. Another form is another
way to render it, not another endpoint.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import quote, urlencode

import orjson
from starlette.requests import Request
from starlette.responses import Response

from app import __version__
from app.api.caching import CLOSED, NEVER, OPEN, NotModified, Validators, is_fresh, strong_etag
from app.api.cursors import Bookmark, Key, decode
from app.api.fields import PARAMETER, fields_called
from app.api.forms import Form
from app.api.pages import Page
from app.api.questions import DEFAULT_LIMIT, MAX_LIMIT, MAX_ROWS, ListQuestion, Question
from app.api.schemas.common import LinksOut, ListLinksOut
from app.api.tables import Columns, to_csv, to_ndjson, to_parquet
from app.errors import InvalidQueryError, MovedError

PERMANENT_REDIRECT = 308
_ENCODING = orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS
_NOT_BINDING = {"cursor", "limit", "format", PARAMETER}
_ID_SEGMENT = 3  # /v1/{collection}/{id}/...
_PARAMETERS = {Form.CSV: "; charset=utf-8; header=present"}
_QUERY_SAFE = "%&=+,:;/?@!*'()$~"


def encoded(value: Mapping[str, Any]) -> bytes:
    """A part of an answer, or all of it, as JSON."""
    return orjson.dumps(value, option=_ENCODING)


def to_keep(part: bytes) -> bytes:
    """The same bytes in no more memory than they need: orjson leaves at least 8 kB to each."""
    return bytes(memoryview(part))


def encoded_list(items: Iterable[bytes]) -> orjson.Fragment:
    """What stands in an answer for a list of parts that are encoded."""
    return orjson.Fragment(b"[" + b",".join(items) + b"]")


class View(Protocol):
    """What lists are made from."""

    def newest(self) -> int:
        """The newest snapshot that is seen."""

    def look_back(self, newest: int) -> None:
        """See what there was when this was the newest one."""


class Exchange:
    """A request and its answer. `now` is the same for all parts of one request."""

    def __init__(
        self,
        request: Request,
        now: datetime,
        form: Form,
        columns: Columns | None,
        *,
        max_staleness_seconds: float | None = None,
    ) -> None:
        """Read what all endpoints need of the request; `columns` are those of a list.

        `max_staleness_seconds` is how far what is read may be behind what is stored, None where
        that is the same.

        Raises:
            ProblemError: it asks for fields that the list does not have.
        """
        self.now = now
        self._form = form
        asked = request.query_params.get(PARAMETER)
        self._fields = None if asked is None or columns is None else fields_called(asked, columns)
        self._columns = columns if self._fields is None else self._fields.columns
        self._headers = request.headers
        self._root, path = split_root(request)
        self._path = quote(self._root + path, errors="replace")
        self._pairs = request.query_params.multi_items()
        self._max_staleness = max_staleness_seconds
        self._validators: Validators | None = None
        self._vary = "Accept"
        self._cache_control = OPEN
        self._day = self.today
        self._is_of_a_day = True

    @property
    def today(self) -> date:
        """The UTC date."""
        return self.now.date()

    def page(
        self,
        question: ListQuestion,
        shape: type[Bookmark[Key]],
        record: View,
        *,
        most_rows: int = MAX_ROWS,
    ) -> Page[Key]:
        """The part of a list that is asked for; of a later page the record looks as for the first.

        `most_rows` are those of a table, where each takes long to find out.

        Raises:
            InvalidQueryError: the cursor is none, or belongs to another question; or the limit is
                one of other forms.
        """
        self.about(question)
        default, most = DEFAULT_LIMIT, MAX_LIMIT
        if self._form is not Form.JSON:
            default = most = most_rows
        limit = question.limit or default
        if limit > most:
            raise InvalidQueryError("limit", f"must be at most {most} in {self._form.name}")
        binding = [pair for pair in self._pairs if pair[0] not in _NOT_BINDING]
        bound_to = self._url(sorted(binding))
        bookmark = None
        if question.cursor is not None:
            bookmark = decode(question.cursor, shape, bound_to=bound_to)
            record.look_back(bookmark.newest)
        return Page(
            limit=limit,
            day=self._day if bookmark is None else bookmark.day,
            bookmark=bookmark,
            bound_to=bound_to,
            newest=record.newest,
        )

    def about(self, question: Question) -> None:
        """Say what is asked: what is about a closed past may be kept longer."""
        self._cache_control = CLOSED if question.is_closed(self.today) else OPEN
        end = question.asked_end
        if end is not None and end.day < self.today:
            self._day, self._is_of_a_day = end.day, False

    def settle(
        self, *versions: object, changed_at: datetime | None, day: date | None = None
    ) -> None:
        """Say which versions of the record the answer depends on, before it is worked out.

        `day` is the date that stood for "now", None where no answer to this question can
        differ from one day to the next; none does where the question names an end that is past.

        Raises:
            NotModified: the caller has that answer.
        """
        if not self._is_of_a_day:
            day = None
        modified_at = changed_at
        if day is not None and changed_at is not None:
            modified_at = max(changed_at, datetime.combine(day, time(), tzinfo=UTC))
        if self._max_staleness is not None:
            versions = (*versions, self._max_staleness)
        etag = strong_etag(__version__, self._form, self._url(sorted(self._pairs)), day, *versions)
        self._validators = Validators(etag, modified_at)
        if is_fresh(self._headers, self._validators):
            raise NotModified(self._validators, self._cache_control, self._vary)

    def vary_by(self, field: str) -> None:
        """Say that the answer would be another with another value of a request's field."""
        self._vary += f", {field}"

    def query_without(self, *names: str) -> str:
        """What is asked, but for some parameters, as part of a URL."""
        pairs = [pair for pair in self._pairs if pair[0] not in names]
        return urlencode(pairs, errors="replace")

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
        cache_control: str | None = None,
        headers: Mapping[str, str] | None = None,
        links: Sequence[str] = (),
    ) -> Response:
        """Turn an answer into bytes; `links` are further ones for `Link`.

        Without `cache_control` it may be kept for as long as what it is about allows.

        An answer that was not settled before is told apart by its bytes.

        Raises:
            NotModified: the caller has that answer.
        """
        if self._max_staleness is not None:
            meta = {**answer["meta"], "max_staleness_seconds": self._max_staleness}
            answer = {**answer, "meta": meta}
        fields = dict(headers or {})
        found = ", ".join([*self._link_header(answer), *links])
        if found:
            fields["Link"] = found
        return self.send(answer, status=status, cache_control=cache_control, headers=fields)

    def send(
        self,
        document: Mapping[str, Any],
        *,
        status: int = 200,
        cache_control: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """As `reply`, of a document that is no answer by the conventions."""
        if self._fields is not None:
            plain = orjson.loads(encoded(document))  # rows may have been encoded before
            document = {**plain, "data": [self._fields.of(row) for row in plain["data"]]}
        body = encoded(document)
        fields = self._kept(body, cache_control or self._cache_control) | dict(headers or {})
        if self._form is not Form.JSON and self._columns is not None:
            fields["Content-Disposition"] = f'inline; filename="{self._file_name()}"'
            body = _rendered(self._form, self._columns, orjson.loads(body))
        media_type = self._form.media_type + _PARAMETERS.get(self._form, "")
        return Response(body, status_code=status, media_type=media_type, headers=fields)

    def tell(self, text: str, *, media_type: str) -> Response:
        """As `reply`, of a text that has a form of its own."""
        body = text.encode()
        return Response(body, media_type=media_type, headers=self._kept(body, OPEN))

    def _kept(self, body: bytes, cache_control: str) -> dict[str, str]:
        """What an answer carries so that it may be kept."""
        fields = {"Cache-Control": cache_control, "Vary": self._vary}
        if cache_control != NEVER:
            validators = self._validators
            if validators is None:
                validators = Validators(strong_etag(__version__, self._form, body.hex()), None)
                if is_fresh(self._headers, validators):
                    raise NotModified(validators, cache_control, self._vary)
            fields.update(validators.headers())
        return fields

    def _link_header(self, answer: Mapping[str, Any]) -> list[str]:
        """The next page; of rows alone also where the rest of the answer is, and the licences."""
        found = []
        onward = answer["links"].get("next")
        if onward is not None:
            found.append(f'<{onward}>; rel="next"')
        if self._form is not Form.JSON:
            others = [pair for pair in self._pairs if pair[0] not in {"format", "limit"}]
            json = self._url([*others, ("format", "json")])
            found.append(f'<{json}>; rel="alternate"; type="{Form.JSON.media_type}"')
            owed = answer["meta"].get("attribution") or ()
            owed = [owed] if isinstance(owed, Mapping) else owed
            licences = dict.fromkeys(one["licence_url"] for one in owed)
            found += [f'<{url}>; rel="license"' for url in licences if url is not None]
        return found

    def _file_name(self) -> str:
        """A name to save a list by, such as `lmarena-text-standings.csv`."""
        segments = self._path.removeprefix(self._root).split("/")[2:]
        name = re.sub(r"[^\w.-]+", "-", "-".join(segments), flags=re.ASCII)
        return f"{name}.{self._form}"

    def _url(self, pairs: Sequence[tuple[str, str]]) -> str:
        query = "&".join([_in_query(*pair) for pair in pairs])
        return f"{self._path}?{query}" if query else self._path


@lru_cache(maxsize=256)  # a request's line is bounded, and so is this
def _in_query(name: str, value: str) -> str:
    return urlencode([(name, value)], errors="replace")


def _rendered(form: Form, columns: Columns, answer: Mapping[str, Any]) -> bytes:
    """The rows of an answer in a form that holds nothing else."""
    rows = answer["data"]
    if form is Form.CSV:
        return to_csv(columns, rows)
    if form is Form.NDJSON:
        return to_ndjson(rows)
    return to_parquet(columns, rows, meta=answer["meta"])


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
            "Vary": error.vary,
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
