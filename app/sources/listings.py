"""Listings of upstreams' APIs: JSON of a known shape, one page after the other."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, TypeVar

import orjson
from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)

from app.errors import ParseError
from app.sources.http import Client

LISTING_BYTES = 8 * 2**20
MAX_PAGES = 1000

_NEXT = re.compile(r'<([^<>]*)>\s*;[^,]*\brel="?next\b')
_EARLIEST = 2000
_LATEST = 2200
_T = TypeVar("_T")


def _instant(value: object) -> object:
    """An ISO 8601 text as a moment; pydantic's own reading would also take bare numbers."""
    if not isinstance(value, str):
        return value
    moment = datetime.fromisoformat(value)
    if not _EARLIEST <= moment.year < _LATEST:
        raise ValueError("a year out of bounds")
    return moment


Moment = Annotated[AwareDatetime, BeforeValidator(_instant)]
CommitId = Annotated[str, Field(pattern=r"^[0-9a-f]{40,64}$")]


class Strict(BaseModel):
    """A shape in which every value has its type already; further fields are let be."""

    model_config = ConfigDict(strict=True)


def following_pages(client: Client, endpoint: str, url: str, what: str) -> Iterator[bytes]:
    """The bodies of a listing's pages, which lead to one another by `Link`.

    Raises:
        FetchError: a page is missing.
        ParseError: the pages do not end, or lead to another host.
    """
    seen: set[str] = set()
    following: str | None = url
    while following is not None:
        if following in seen or len(seen) == MAX_PAGES:
            raise ParseError(client.source, f"{what}: the pages do not end")
        seen.add(following)
        response = client.get(following, max_bytes=LISTING_BYTES)
        yield response.body
        match = _NEXT.search(response.headers.get("Link", ""))
        following = match and match[1]
        if following is not None and not following.startswith(f"{endpoint}/"):
            raise ParseError(client.source, f"{what}: the next page is at another host")


def parsed(source: str, shape: TypeAdapter[_T], body: bytes, what: str) -> _T:
    """A JSON body of a known shape.

    Raises:
        ParseError: it is none; says where it differs.
    """
    if body.lstrip()[:1] == b"<":
        raise ParseError(source, f"{what} is an HTML page, not JSON")
    try:
        return shape.validate_python(orjson.loads(body))
    except orjson.JSONDecodeError as error:
        raise ParseError(source, f"{what} is not valid JSON: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "the whole"
        text = f"{what} has an unknown shape: {where}: {first['msg']}"
        raise ParseError(source, text) from error
