"""The description for people: Swagger UI at /docs, Redoc at /redoc.

Scripts and styles are those that the package fastapi-offline carries, and the pages are FastAPI's;
nothing comes from another host, and the policy of each page sees to it. What the policies allow is
what a browser was seen to need: `data:` for icons; for Redoc styles made by its script, and a
`blob:` in which it searches.
"""

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files

from fastapi import APIRouter, Request, Response
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse

from app.api.caching import FOREVER, OPEN
from app.api.texts import root_of, text_response

router = APIRouter(include_in_schema=False)

ASSETS = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "redoc.standalone.js": "text/javascript",
}
EDITION = version("fastapi-offline")
NO_ICON = "data:,"
_POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "connect-src 'self'; img-src data:; script-src 'self'"
)
_INLINE = re.compile(rb"<script>(.*?)</script>", re.DOTALL)


@router.get("/docs")
async def get_docs(request: Request) -> Response:
    """Swagger UI, where requests can be tried."""
    root = root_of(request)
    page = get_swagger_ui_html(
        openapi_url=f"{root}/openapi.json",
        title="Almanac: Swagger UI",
        swagger_js_url=_asset_path(root, "swagger-ui-bundle.js"),
        swagger_css_url=_asset_path(root, "swagger-ui.css"),
        swagger_favicon_url=NO_ICON,
        swagger_ui_parameters={"validatorUrl": None},  # else it would tell another host of ours
    )
    return _page(request, page, allowed="style-src 'self'")


@router.get("/redoc")
async def get_redoc(request: Request) -> Response:
    """Redoc, to be read."""
    root = root_of(request)
    page = get_redoc_html(
        openapi_url=f"{root}/openapi.json",
        title="Almanac: Redoc",
        redoc_js_url=_asset_path(root, "redoc.standalone.js"),
        redoc_favicon_url=NO_ICON,
        with_google_fonts=False,
    )
    return _page(request, page, allowed="style-src 'unsafe-inline'; worker-src blob:")


@router.get("/docs/{edition}/{asset}")
async def get_asset(request: Request, edition: str, asset: str) -> Response:
    """A script or a style of these pages; what is under this path never changes.

    Raises:
        HTTPException: there is no such file, or it is another edition's.
    """
    if edition != EDITION or asset not in ASSETS:
        raise HTTPException(404)
    return text_response(request, _asset(asset), media_type=ASSETS[asset], cache_control=FOREVER)


def _page(request: Request, html: HTMLResponse, *, allowed: str) -> Response:
    """A page that may load from here alone, and run the scripts it has now; and what is allowed."""
    body = bytes(html.body)
    digests = (b64encode(sha256(script).digest()).decode() for script in _INLINE.findall(body))
    hashes = "".join(f" 'sha256-{digest}'" for digest in digests)
    return text_response(
        request,
        body,
        media_type="text/html",
        cache_control=OPEN,
        headers={"Content-Security-Policy": f"{_POLICY}{hashes}; {allowed}"},
    )


def _asset_path(root: str, asset: str) -> str:
    return f"{root}/docs/{EDITION}/{asset}"


@cache
def _asset(name: str) -> bytes:
    return (files("fastapi_offline") / "static" / name).read_bytes()
