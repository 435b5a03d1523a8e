"""How much a caller may ask: a bucket of tokens for each, by its key or else its address."""

import math
from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address, ip_network
from typing import NamedTuple

from starlette.datastructures import State
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.buckets import Buckets, OwnBuckets
from app.api.edge import Edge, is_for_operators
from app.api.keys import KeyRing
from app.api.observing import Observed
from app.api.problems import TOO_MANY, UNAUTHORIZED, Kind, problem_response
from app.domain.keys import ApiKey
from app.domain.quotas import Quota, Taken, quota_of
from app.errors import UnauthorizedError
from app.telemetry.tally import Tally

RawFields = list[tuple[bytes, bytes]]

NETWORK_BITS = 64
LONGEST_NAME = 200
KEY_FIELD = b"x-api-key"
CHALLENGE = 'ApiKey realm="almanac"'


class Admission(NamedTuple):
    """What a caller is told beside the answer, and what instead of it (None: the answer)."""

    fields: RawFields
    refusal: ASGIApp | None


class Limiter:
    """Who may ask how much.

    `quota` is how many requests in how long, and how many at once: `600/m burst 100`. Whoever
    shows one of the `keys` has that key's quota and bucket instead. Without a `quota` nobody is
    refused for asking much, but a key that is none is refused all the same: whoever shows one
    should hear at once that it is mistyped or revoked. Without `keys` none is looked at.
    """

    def __init__(
        self,
        quota: str | None,
        *,
        buckets: Buckets | None = None,
        keys: KeyRing | None = None,
    ) -> None:
        """Count in `buckets`, or else in this process."""
        self._quota = None if quota is None else quota_of(quota)
        self._buckets = OwnBuckets() if buckets is None else buckets
        self._keys = keys

    def lets_by(self, fields: RawFields) -> bool:
        """Whether there is nothing to look at: no quota, and no key is shown."""
        return self._quota is None and KEY_FIELD not in [name for name, _ in fields]

    async def admit(self, scope: Scope) -> Admission:
        """Take a token for a request.

        One that shows what is no key costs its address a token, so that guessing has an end.
        """
        fields: RawFields = []
        refusal: ASGIApp | None = None
        key: ApiKey | None = None
        try:
            key = await self._key_of(scope)
        except UnauthorizedError as error:
            refusal = _refusing(UNAUTHORIZED, str(error), {"WWW-Authenticate": CHALLENGE})
        if self._quota is not None:
            if key is None:
                name, called, quota = f"address:{client_of(scope)}", "default", self._quota
            else:
                name, called, quota = f"key:{key.id}", "key", key.quota
            taken = await self._buckets.take(name[:LONGEST_NAME], quota)
            fields = _fields(called, quota, taken)
            if taken is not None and taken.retry_after is not None:
                fields.append((b"retry-after", _seconds(max(taken.retry_after, 1))))
                refusal = _TOO_MANY
        return Admission(fields, refusal)

    def close(self) -> None:
        """Let go of the buckets."""
        self._buckets.close()

    async def _key_of(self, scope: Scope) -> ApiKey | None:
        """The key that a request shows; several are none.

        Raises:
            UnauthorizedError: what it shows is no key.
        """
        if self._keys is None:
            return None
        shown = [value for name, value in scope["headers"] if name == KEY_FIELD]
        return await self._keys.find(b",".join(shown)) if shown else None


class Limited:
    """Refuses those who ask too much, and tells everybody how much is left.

    Fields as in draft-ietf-httpapi-ratelimit-headers-10: `RateLimit-Policy` and `RateLimit`.
    """

    def __init__(self, app: ASGIApp, state: State, tally: Tally) -> None:
        """Stand in front of an application whose state has `services`, and count who is refused."""
        self._app = app
        self._state = state
        self._tally = tally

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        limiter: Limiter | None = None
        if scope["type"] == "http":
            limiter = self._state.services.limiter
        if limiter is None or limiter.lets_by(scope["headers"]) or is_for_operators(scope["path"]):
            await self._app(scope, receive, send)
            return
        fields, refusal = await limiter.admit(scope)

        async def send_with_fields(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *fields]}
            await send(message)

        answer = send_with_fields if fields else send
        if refusal is None:
            await self._app(scope, receive, answer)
            return
        with Observed(self._tally, scope, answer) as observed:
            await refusal(scope, receive, observed)


def client_of(scope: Scope) -> str:
    """Whose bucket a request is of: the address's, or its network's where one has many (IPv6)."""
    host = str((scope.get("client") or ("",))[0])
    try:
        address = ip_address(host)
    except ValueError:
        return host or "unknown"
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ip_network((address.packed, NETWORK_BITS), strict=False))
    return host


def _fields(called: str, quota: Quota, taken: Taken | None) -> RawFields:
    """The policy, and what is left where that is known."""
    policy = f'"{called}";q={quota.burst};w={quota.window}'.encode()
    fields = [(b"ratelimit-policy", policy)]
    if taken is not None:
        left = f'"{called}";r={taken.remaining};t='.encode() + _seconds(taken.reset_after)
        fields.append((b"ratelimit", left))
    return fields


def _seconds(seconds: float) -> bytes:
    return str(math.ceil(seconds)).encode()


def _refusing(kind: Kind, detail: str, headers: Mapping[str, str] | None = None) -> ASGIApp:
    """What says no to any request."""

    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        response = problem_response(kind, detail, path=scope["path"], headers=headers)
        await response(scope, receive, send)

    return Edge(refuse)


_TOO_MANY = _refusing(TOO_MANY, "there were too many requests; `Retry-After` says when to go on")
