"""How programs find this API: a list for language models, and the catalogue of RFC 9727.

Paths in both are relative, as everywhere: what they are relative to is where they were fetched.
"""

import orjson
from fastapi import APIRouter, Request, Response

from app.api.caching import OPEN
from app.api.outline import outline
from app.api.texts import root_of, text_response

router = APIRouter(include_in_schema=False)

CATALOGUE = "/.well-known/api-catalog"
CATALOGUE_TYPE = 'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"'


@router.get("/llms.txt")
async def get_llms(request: Request) -> Response:
    """What there is, in Markdown by the rules of llmstxt.org."""
    text = outline(request.app.openapi(), root=root_of(request))
    return text_response(request, text.encode(), media_type="text/plain", cache_control=OPEN)


@router.get(CATALOGUE)
async def get_catalogue(request: Request) -> Response:
    """Where the API, its descriptions, its status and the licences of its figures are."""
    root = root_of(request)
    linkset = {
        "anchor": f"{root}/v1",
        "service-desc": [_link(f"{root}/openapi.json", "application/json", "OpenAPI 3.1")],
        "service-doc": [
            _link(f"{root}/docs", "text/html", "Swagger UI"),
            _link(f"{root}/redoc", "text/html", "Redoc"),
            _link(f"{root}/llms.txt", "text/plain", "For language models"),
        ],
        "status": [_link(f"{root}/health/ready", "application/json", "Whether it can answer")],
        "license": [
            _link(f"{root}/v1/sources", "application/json", "The licence of each source's figures")
        ],
    }
    return text_response(
        request,
        orjson.dumps({"linkset": [linkset]}),
        media_type=CATALOGUE_TYPE,
        cache_control=OPEN,
        headers={"Link": f'<{root}{CATALOGUE}>; rel="api-catalog"'},
    )


def _link(href: str, media_type: str, title: str) -> dict[str, str]:
    return {"href": href, "type": media_type, "title": title}
