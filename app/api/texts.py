"""Texts that are no answers by the conventions: pages, scripts, and what crawlers read."""

from collections.abc import Mapping
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from app.api.answers import split_root
from app.api.caching import Validators, is_fresh, strong_etag


def text_response(
    request: Request,
    body: bytes,
    *,
    media_type: str,
    cache_control: str,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A text in UTF-8, told apart by its bytes; without it where the caller has it."""
    validators = Validators(strong_etag(media_type, body.hex()), None)
    fields = {"Cache-Control": cache_control, **validators.headers(), **(headers or {})}
    if is_fresh(request.headers, validators):
        return Response(status_code=304, headers=fields)
    return Response(body, media_type=media_type, headers=fields)


def root_of(request: Request) -> str:
    """Where a proxy has put the service, as part of a URL."""
    return quote(split_root(request)[0], errors="replace")
