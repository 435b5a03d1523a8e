"""How much a client may ask: a bucket of tokens for each, which fills again all the time."""

import math
from ipaddress import IPv6Address, ip_address, ip_network

from starlette.datastructures import State
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from throttled.asyncio import MemoryStore, RateLimiterType, Throttled
from throttled.rate_limiter import Quota

from app.api.edge import Edge
from app.api.problems import TOO_MANY, problem_response

MOST_CLIENTS = 100_000
NETWORK_BITS = 64
_FREE = ("/health/",)  # what watches the service must not be kept out of it


class Limiter:
    """The buckets of all clients of one process; those not heard of for longest are forgotten.

    `quota` is how many requests in how long, and how many at once: `600/m burst 100`. The generic
    cell rate algorithm, which is a token bucket that knows when it was filled last (ITU-T I.371).
    """

    def __init__(self, quota: str) -> None:
        """Everybody's bucket is full."""
        self._buckets = Throttled(
            using=RateLimiterType.GCRA.value,
            quota=quota,
            store=MemoryStore(options={"MAX_SIZE": MOST_CLIENTS}),
        )
        parsed: Quota = self._buckets.limiter.quota
        window = math.ceil(parsed.burst * parsed.emission_interval)
        self.policy = f'"default";q={parsed.burst};w={window}'.encode()

    async def take(self, client: str) -> tuple[bytes, int | None]:
        """Take a token for a request.

        Returns the `RateLimit` field, and the seconds until there is a token again if there is
        none now.
        """
        result = await self._buckets.limit(client)
        state = result.state
        field = f'"default";r={state.remaining};t={math.ceil(state.reset_after)}'.encode()
        return field, max(math.ceil(state.retry_after), 1) if result.limited else None


class Limited:
    """Refuses those who ask too much, and tells everybody how much is left.

    Fields as in draft-ietf-httpapi-ratelimit-headers-10: `RateLimit-Policy` and `RateLimit`.
    """

    def __init__(self, app: ASGIApp, state: State) -> None:
        """Stand in front of an application whose state has `services`."""
        self._app = app
        self._state = state
        self._refusal = Edge(_refuse)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        limiter: Limiter | None = None
        if scope["type"] == "http":
            limiter = self._state.services.limiter
        if limiter is None or scope["path"].startswith(_FREE):
            await self._app(scope, receive, send)
            return
        field, wait = await limiter.take(client_of(scope))
        fields = [(b"ratelimit-policy", limiter.policy), (b"ratelimit", field)]
        app = self._app
        if wait is not None:
            fields.append((b"retry-after", str(wait).encode()))
            app = self._refusal

        async def send_with_fields(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *fields]}
            await send(message)

        await app(scope, receive, send_with_fields)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    response = problem_response(
        TOO_MANY,
        "there were too many requests; `Retry-After` says when to go on",
        path=scope["path"],
    )
    await response(scope, receive, send)


def client_of(scope: Scope) -> str:
    """Whose bucket a request is of: the address's, or its network's where one has many (IPv6)."""
    host = str((scope.get("client") or ("",))[0])
    try:
        address = ip_address(host)
    except ValueError:
        return host or "unknown"
    if isinstance(address, IPv6Address):
        return str(ip_network((address.packed, NETWORK_BITS), strict=False))
    return host
