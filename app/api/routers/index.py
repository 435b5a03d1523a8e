"""Where to start."""

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from app import __version__
from app.api.caching import OPEN
from app.api.deps import AnExchange
from app.api.openapi import SUMMARY, problems
from app.api.schemas.index import IndexAnswer
from app.api.texts import root_of

router = APIRouter(prefix="/v1", tags=["index"])
document_router = APIRouter()


@router.get(
    "",
    operation_id="get_index",
    summary="Where to start",
    responses={200: {"model": IndexAnswer}, **problems(422)},
)
async def get_index(exchange: AnExchange) -> Response:
    """The parts of the service, as links."""
    return exchange.reply(
        IndexAnswer(
            data={"name": "Almanac", "description": SUMMARY, "version": __version__},
            meta={},
            links={
                **exchange.links(),
                "sources": exchange.to("v1", "sources"),
                "leaderboards": exchange.to("v1", "leaderboards"),
                "models": exchange.to("v1", "models"),
                "organizations": exchange.to("v1", "organizations"),
                "countries": exchange.to("v1", "countries"),
                "problems": exchange.to("v1", "problems"),
                "openapi": exchange.to("openapi.json"),
                "docs": exchange.to("docs"),
                "redoc": exchange.to("redoc"),
                "llms": exchange.to("llms.txt"),
                "api_catalog": exchange.to(".well-known", "api-catalog"),
                "live": exchange.to("health", "live"),
                "ready": exchange.to("health", "ready"),
            },
        )
    )


@document_router.get("/", include_in_schema=False)
async def lead_to_index(request: Request) -> Response:
    """Who asks for the service itself is led to where to start."""
    return RedirectResponse(
        f"{root_of(request)}/v1", headers={"Cache-Control": OPEN, "Vary": "Accept"}
    )


@document_router.get("/openapi.json", include_in_schema=False)
async def get_document(request: Request, exchange: AnExchange) -> Response:
    """The description of this API, for programs; its server is where it was fetched from."""
    servers = [{"url": root_of(request) or "/"}]
    return exchange.send({**request.app.openapi(), "servers": servers})
