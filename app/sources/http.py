"""The polite HTTP client: every byte that comes from an upstream comes through here.

The only module that knows the HTTP library. One client serves one source: it knows which hosts
belong to that source, which of them may see its token, and how much time and memory one answer
may cost. Whatever goes wrong is a FetchError that a person can read.
"""

import asyncio
import functools
import logging
import ssl
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import httpx2 as httpx
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from app.errors import FetchError
from app.sources.addresses import PublicPeer
from app.sources.decoding import DECODERS
from app.sources.pauses import asked_pause, is_throttled, spent_quota
from app.telemetry.spans import span

log = logging.getLogger(__name__)

TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_REDIRECTS = 5
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
PORTS = range(1, 2**16)

_NOT_MODIFIED = 304
_OK = 200
# What is read of a body nobody wants, so that its connection can be used again.
_DRAIN_BYTES = 64 * 1024
_QUOTED = 200

_HINTS = {
    401: "there is no such repository, or it is private and needs a valid token",
    403: "access is refused; a gated repository needs a token whose owner accepted its terms",
    404: "there is no such thing",
}


@functools.cache
def _certificates() -> ssl.SSLContext:
    """What all clients trust: reading it takes 30 ms."""
    return httpx.create_ssl_context()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientLimits:
    """How much one answer may cost.

    `timeout_seconds` is the longest silence: to connect, and between two reads.
    `deadline_seconds` bounds one try as a whole, redirects and slow drips included.
    `max_bytes` counts after decompression. `tries` is the number of requests made when the
    failures are transient. `patience_seconds` is the longest pause an upstream may ask for
    (the Hub's rate-limit windows last 300 s); a longer one is a FetchError.
    """

    timeout_seconds: float = 20.0
    deadline_seconds: float = 120.0
    max_bytes: int = 128 * 2**20
    tries: int = 4
    patience_seconds: float = 330.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A whole answer. `status` is 200, or 304 with an empty body when the ETag still holds.

    Header names are not case-sensitive. `first_headers` are those of the answer before any
    redirect: the Hub names a file's digest there, not at its CDN.
    """

    status: int
    url: str
    headers: Mapping[str, str]
    first_headers: Mapping[str, str]
    body: bytes


class _TryAgainError(FetchError):
    """A transient failure for which another request is worth making."""


class Client:
    """An HTTP client for one source, blocking, for one thread at a time.

    `endpoint` is the upstream's base URL, `also` are further ones that the operator set; `hosts`
    are the further hosts that belong to it, exact names or suffixes that begin with a dot. `token`
    goes to the endpoint's scheme, host and port and nowhere else. To be closed after use, or used
    as a context manager. Must not be called from a running event loop: each request runs one of
    its own, because only so a deadline ends everything, name resolution and slow headers included.
    """

    def __init__(  # noqa: PLR0913 - one keyword per promise
        self,
        *,
        source: str,
        endpoint: str,
        user_agent: str,
        hosts: Sequence[str] = (),
        also: Sequence[str] = (),
        token: str | None = None,
        limits: ClientLimits | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Opens no connection yet. `transport`, `sleep` and `monotonic` are for tests.

        Raises:
            FetchError: the token cannot stand in a header.
        """
        self.source = source
        self._endpoint = httpx.URL(endpoint)
        self._at_loopback = self._endpoint.scheme == "http" and self._endpoint.host in LOOPBACK
        self._bases = (endpoint, *also)
        self._origins = {_origin(httpx.URL(base)) for base in self._bases}
        self._hosts = tuple(hosts)
        self._token = (token or "").strip()
        if not (self._token.isascii() and self._token.isprintable()):
            raise FetchError(source, "the token has characters no token has", transient=False)
        self._limits = limits or ClientLimits()
        self._sleep = sleep
        self._monotonic = monotonic
        self._asked = endpoint
        self._resume_at = dict.fromkeys(self._bases, monotonic())
        self._runner = asyncio.Runner(loop_factory=asyncio.SelectorEventLoop)
        self._http = httpx.AsyncClient(
            verify=_certificates(),
            transport=transport,
            timeout=self._limits.timeout_seconds,
            follow_redirects=False,
            trust_env=not self._at_loopback,  # no proxy between us and ourselves
            headers={"User-Agent": user_agent, "Accept": "*/*", "Accept-Encoding": "gzip"},
        )
        self._retrying = Retrying(
            retry=retry_if_exception_type(_TryAgainError),
            stop=stop_after_attempt(self._limits.tries),
            wait=wait_exponential_jitter(initial=1, max=30, jitter=1),
            sleep=sleep,
            reraise=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections. The client is of no use afterwards."""
        self._runner.run(self._http.aclose())
        self._runner.close()

    def get(self, url: str, *, etag: str | None = None, max_bytes: int | None = None) -> Response:
        """The whole answer to a GET, tried again while the failure may pass.

        `etag` makes the request conditional. `max_bytes` lowers the client's cap.

        Raises:
            FetchError: there is no complete answer, or not from a host of this source.
        """
        cap = min(max_bytes or self._limits.max_bytes, self._limits.max_bytes)
        return self._retrying(self._once, url, etag, cap)

    def _once(self, url: str, etag: str | None, cap: int) -> Response:
        self._asked = next((b for b in self._bases if url.startswith(f"{b}/")), self._bases[0])
        host = httpx.URL(self._asked).host
        wait = self._remaining_pause(host)
        if wait > 0:
            log.info("%s: waiting %.0f s, as %s asks", self.source, wait, host)
            self._sleep(wait)
        with span("GET", {"http.request.method": "GET", "server.address": host}) as step:
            answer = self._runner.run(self._attempt(url, etag, cap))
            step.note(http__response__status_code=answer.status, bytes=len(answer.body))
        return answer

    async def _attempt(self, url: str, etag: str | None, cap: int) -> Response:
        """One try, in its time; every failure of the network is a FetchError."""
        seconds = self._limits.deadline_seconds
        try:
            async with asyncio.timeout(seconds):
                return await self._exchange(url, etag, cap)
        except TimeoutError as error:
            raise self._passing(f"no complete answer from {url} within {seconds:g} s") from error
        except httpx.TransportError as error:
            what = f"{type(error).__name__}: {_quote(str(error))}".rstrip(": ")
            raise self._passing(f"no complete answer from {url} ({what})") from error
        except httpx.InvalidURL as error:
            raise self._final(f"{url} leads to no valid address ({error})") from error

    async def _exchange(self, url: str, etag: str | None, cap: int) -> Response:
        """Follow the redirects from `url` to an answer."""
        target = httpx.URL(url)
        first: Mapping[str, str] | None = None
        for _ in range(MAX_REDIRECTS + 1):
            self._check_belongs(target)
            headers = self._request_headers(target, etag)
            extensions = self._watched(target)
            async with self._http.stream(
                "GET", target, headers=headers, extensions=extensions
            ) as answer:
                first = first or answer.headers
                self._note_pause(spent_quota(answer.headers))
                if answer.status_code not in REDIRECTS:
                    return await self._read(answer, etag, cap, first)
                await _drain(answer)
                target = self._next(answer)
        raise self._final(f"{url} redirects more than {MAX_REDIRECTS} times")

    def _request_headers(self, target: httpx.URL, etag: str | None) -> dict[str, str]:
        headers = {}
        if etag is not None:
            headers["If-None-Match"] = etag
        if self._token and _origin(target) == _origin(self._endpoint):
            headers["Authorization"] = f"Bearer {self._token}"
        return headers

    def _watched(self, target: httpx.URL) -> dict[str, PublicPeer]:
        """What looks at where a host of upstream's choice leads; the endpoint is the operator's."""
        if self._at_loopback or _origin(target) in self._origins:
            return {}
        return {"trace": PublicPeer(target.raw_host.decode("ascii"), self._final)}

    def _check_belongs(self, target: httpx.URL) -> None:
        """Refuse an address that is not of this source, whoever named it."""
        host = target.host
        belongs = _origin(target) in self._origins
        if target.scheme == "https":
            belongs = (
                belongs
                or host == self._endpoint.host
                or any(
                    host.endswith(name) if name[0] == "." else host == name for name in self._hosts
                )
            )
        elif target.scheme == "http":
            belongs = belongs or (self._at_loopback and host in LOOPBACK)
        if not belongs or target.userinfo:
            shown = _quote(f"{target.scheme}://{target.netloc.decode()}")
            raise self._final(f"{shown} is not an address of this source")
        if target.port is not None and target.port not in PORTS:
            raise self._final(f"{target.host} has no port {target.port}")

    def _next(self, answer: httpx.Response) -> httpx.URL:
        location = answer.headers.get("Location")
        if not location:
            raise self._final(f"{_named(answer)} redirects to nowhere")
        return answer.url.join(location)

    async def _read(
        self, answer: httpx.Response, etag: str | None, cap: int, first: Mapping[str, str]
    ) -> Response:
        """The answer as a value, or the reason why it is none."""
        status = answer.status_code
        body = b""
        if status == _OK:
            body = await self._body(answer, cap)
        else:
            await _drain(answer)
            if status != _NOT_MODIFIED or etag is None:
                raise self._refusal(answer)
        return Response(
            status=status,
            url=str(answer.url),
            headers=answer.headers,
            first_headers=first,
            body=body,
        )

    async def _body(self, answer: httpx.Response, cap: int) -> bytes:
        """The decoded body, never more than `cap` bytes of it in memory."""
        declared = answer.headers.get("Content-Length", "")
        if declared.isdecimal() and int(declared) > cap:
            raise self._final(f"{_named(answer)} announces {declared} bytes, more than {cap}")
        coding = answer.headers.get("Content-Encoding", "identity").strip().lower()
        if coding not in DECODERS:
            raise self._final(f"{_named(answer)} is encoded as {_quote(coding)!r}, not asked for")
        decoder = DECODERS[coding]()
        body = bytearray()
        try:
            async with aclosing(answer.aiter_raw()) as chunks:
                async for chunk in chunks:
                    body += decoder.feed(chunk, cap + 1 - len(body))
                    if len(body) > cap:
                        raise self._final(f"{_named(answer)} has more than {cap} bytes")
            decoder.finish()
        except zlib.error as error:
            raise self._passing(f"{_named(answer)} is damaged ({error})") from error
        return bytes(body)

    def _refusal(self, answer: httpx.Response) -> FetchError:
        """What an answer without data means."""
        status = answer.status_code
        said = [answer.headers.get(name) for name in ("X-Error-Code", "X-Error-Message")]
        reasons = [_quote(text) for text in said if text]
        if status in _HINTS:
            reasons.append(_HINTS[status])
        text = f"{_named(answer)} answered {status} {answer.reason_phrase}".rstrip()
        if reasons:
            text += f" ({'; '.join(reasons)})"
        if status not in TRANSIENT and not is_throttled(status, answer.headers):
            return self._final(text, status)
        self._note_pause(asked_pause(answer.headers))
        self._remaining_pause(f"{text} and")
        return self._passing(text, status)

    def _note_pause(self, seconds: float) -> None:
        """The base that was asked is to be left alone; others have quotas of their own."""
        resume_at = self._monotonic() + seconds
        self._resume_at[self._asked] = max(self._resume_at[self._asked], resume_at)

    def _remaining_pause(self, who: str) -> float:
        """Seconds until upstream wants to hear from us again. Raises when they are too many."""
        wait = self._resume_at[self._asked] - self._monotonic()
        longest = self._limits.patience_seconds
        if wait > longest:
            text = f"{who} asks to wait {wait:.0f} s, longer than the {longest:g} s we would"
            raise FetchError(self.source, self._safe(text), transient=True)
        return wait

    def _passing(self, text: str, status: int | None = None) -> FetchError:
        return _TryAgainError(self.source, self._safe(text), transient=True, status=status)

    def _final(self, text: str, status: int | None = None) -> FetchError:
        return FetchError(self.source, self._safe(text), transient=False, status=status)

    def _safe(self, text: str) -> str:
        return text.replace(self._token, "***") if self._token else text


async def _drain(answer: httpx.Response) -> None:
    """Read away a small body that says nothing, so that the connection can be used again."""
    seen = 0
    async with aclosing(answer.aiter_raw()) as chunks:
        async for chunk in chunks:
            seen += len(chunk)
            if seen > _DRAIN_BYTES:
                break


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return (url.scheme, url.host, url.port)


def _named(answer: httpx.Response) -> str:
    """Host and path. Without the query: a CDN's address carries its signature there."""
    return f"{answer.url.host}{_quote(answer.url.path)}"


def _quote(text: str) -> str:
    """A stranger's words, made fit for one line of a log."""
    line = "".join(character if character.isprintable() else " " for character in text)
    return line if len(line) <= _QUOTED else f"{line[:_QUOTED]}..."
