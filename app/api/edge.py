"""The outermost layer, in plain ASGI: what holds for every request whatever it asks."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.problems import TOO_LARGE, problem_response

MAX_BODY_BYTES = 64 * 1024


class Edge:
    """Answers HEAD as GET without the body, refuses large bodies, forbids type sniffing."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand in front of an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        bare = scope["method"] == "HEAD"

        async def send_outwards(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Content-Type-Options"] = "nosniff"
            elif bare and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        inner = {**scope, "method": "GET"} if bare else scope
        app = _refuse if _is_large(Headers(scope=scope)) else self._app
        await app(inner, receive, send_outwards)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    response = problem_response(
        TOO_LARGE, f"a body may have {MAX_BODY_BYTES} bytes", path=scope["path"]
    )
    await response(scope, receive, send)


def _is_large(headers: Headers) -> bool:
    """Whether the body is said to be too large; one of unknown length is never read."""
    length = headers.get("content-length", "0")
    return len(length) > len(str(MAX_BODY_BYTES)) or (
        length.isdecimal() and int(length) > MAX_BODY_BYTES
    )
