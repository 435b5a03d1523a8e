"""The outermost layer, in plain ASGI: what holds for every request whatever it asks."""

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.observing import hand_back_route
from app.api.problems import BAD_REQUEST, TOO_LARGE, Kind, problem_response

MAX_BODY_BYTES = 64 * 1024
HEALTH = "/health/"
METRICS = "/metrics"
NOT_FOR_SITES = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer")]
FIXED = [
    *NOT_FOR_SITES,
    (b"access-control-allow-origin", b"*"),  # there are no cookies, and everything can be read
    (b"access-control-expose-headers", b"*"),
]
CONTENT_SECURITY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
# What other sites' scripts may do: read, on conditions. `*` stands for no `Authorization`.
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",
}


class Edge:
    """Answers HEAD as GET without the body, and refuses what no part of the service is for.

    Browsers are told that other sites may read everything, and nothing else. `hosts` are the names
    that the service goes by; any if there are none.
    """

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...] = ()) -> None:
        """Stand in front of an application."""
        self.app = app
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        bare = scope["method"] == "HEAD"

        async def send_outwards(message: Message) -> None:
            if message["type"] == "http.response.start":
                fixed = NOT_FOR_SITES if scope["path"] == METRICS else FIXED
                fields = [*message["headers"], *fixed]
                if CONTENT_SECURITY[0] not in [name for name, _ in fields]:
                    fields.append(CONTENT_SECURITY)
                message = {**message, "headers": fields}
            elif bare and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        inner = {**scope, "method": "GET"} if bare else scope
        app = self._other(scope) or self.app
        try:
            await app(inner, receive, send_outwards)
        finally:
            hand_back_route(inner, scope)

    def _other(self, scope: Scope) -> ASGIApp | None:
        """What is answered without asking the application."""
        headers = Headers(scope=scope)
        if _is_large(headers):
            detail = f"a body may have {MAX_BODY_BYTES} bytes"
            return _refusal(TOO_LARGE, detail, scope["path"])
        if (
            self._hosts
            and not is_for_operators(scope["path"])
            and _host(headers) not in self._hosts
        ):
            return _refusal(BAD_REQUEST, "this is no host of that name", scope["path"])
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            return Response(status_code=204, headers=PREFLIGHT)
        return None


def is_for_operators(path: str) -> bool:
    """Whether a path is asked by address, from beside the service, and as often as need be."""
    return path == METRICS or path.startswith(HEALTH)


def _refusal(kind: Kind, detail: str, path: str) -> Response:
    return problem_response(kind, detail, path=path)


def _host(headers: Headers) -> str:
    """The name in `Host`, without a port."""
    host = headers.get("host", "").lower()
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdecimal() else host


def _is_large(headers: Headers) -> bool:
    """Whether the body is said to be too large; one of unknown length is never read."""
    length = headers.get("content-length", "0")
    return len(length) > len(str(MAX_BODY_BYTES)) or (
        length.isdecimal() and int(length) > MAX_BODY_BYTES
    )
