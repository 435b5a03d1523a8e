"""Encoded answers, kept in front of the router while nothing has changed.

What is kept goes by the state of the database (`Watch`) and the UTC date that it was worked out
in. While both are the same it is sent as it is. When they are not, the endpoint is asked on the
condition that its answer has another ETag: it knows which board's version an answer depends on, so
that a commit that does not concern it costs no more than that question. Nothing is ever sent that
is older than the last commit, whichever process made it.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import ClassVar, NamedTuple
from weakref import WeakValueDictionary

from anyio import CapacityLimiter, move_on_after
from anyio.to_thread import run_sync
from starlette.datastructures import Headers, State
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.answers import to_keep
from app.api.caching import Validators, is_fresh
from app.api.observing import Observed, hand_back_route, operation_of
from app.store.watch import Watch
from app.telemetry.tally import Tally

RawHeaders = list[tuple[bytes, bytes]]
Key = tuple[str, bytes, bytes, bytes, bytes]
Moment = tuple[object, date]

OK, NOT_MODIFIED = 200, 304
MOST_KEY_BYTES = 4096
LARGEST_PART = 8
_OVERHEAD = 1024  # of an entry in memory, beside its bytes
_NOT_FOR_ALL = {b"authorization", b"accept-datetime", b"content-length", b"transfer-encoding"}
_CONDITIONS = {b"if-none-match", b"if-modified-since"}
_OF_THE_BODY = {
    b"content-type",
    b"content-length",
    b"content-disposition",
    b"link",
    b"memento-datetime",
}


class KeptFields(list[tuple[bytes, bytes]]):
    """Header fields that are sent many times; `lines` is for the server, to keep them encoded.

    `length` is that of the body as they tell it, 0 where they do not.
    """

    __slots__ = ("length", "lines")

    def __init__(self, fields: Iterable[tuple[bytes, bytes]]) -> None:
        """Not sent yet."""
        super().__init__(fields)
        self.length = int(dict(self).get(b"content-length", 0))
        self.lines: bytes | None = None


class Told(NamedTuple):
    """What a caller is sent."""

    status: int
    headers: KeptFields
    body: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """An answer as it is sent, and the moment it is known to be right for.

    Without a body where nobody has asked for it yet who did not have it.
    """

    moment: Moment
    headers: KeptFields
    body: bytes | None
    etag: bytes
    without_body: KeptFields  # of a 304
    operation: int = 0  # as a `Tally` calls it

    @classmethod
    def of(
        cls, moment: Moment, headers: RawHeaders, body: bytes | None, operation: int = 0
    ) -> "Answer":
        """An answer that has an ETag."""
        bare = [field for field in headers if field[0] not in _OF_THE_BODY]
        etag = dict(headers)[b"etag"]
        return cls(moment, KeptFields(headers), body, etag, KeptFields(bare), operation)

    def confirmed(self, moment: Moment, headers: RawHeaders) -> "Answer":
        """The same at another moment, with the fields of a 304 that are others now."""
        if dict(headers).items() <= dict(self.headers).items():
            return replace(self, moment=moment)
        now = dict(headers)
        fields = [(name, now.get(name, value)) for name, value in self.headers]
        return Answer.of(moment, fields, self.body, self.operation)

    @property
    def size(self) -> int:
        """About what it takes in memory, in bytes."""
        return len(self.body or b"") + sum(len(n) + len(v) for n, v in self.headers) + _OVERHEAD


class AnswerCache:
    """The answers of one process, bounded in bytes; those not used for longest go first."""

    answer_within: ClassVar[float] = 2.0  # seconds that the database has to tell its state

    def __init__(self, most_bytes: int, watch: Watch, clock: Callable[[], datetime]) -> None:
        """Nothing is kept yet."""
        self._most_bytes = most_bytes
        self._watch = watch
        self.is_instant = watch.is_instant
        self._clock = clock
        self._kept: OrderedDict[Key, Answer] = OrderedDict()
        self._bytes = 0
        self._under_way: WeakValueDictionary[Key, asyncio.Lock] = WeakValueDictionary()
        self._asking = asyncio.Lock()
        self._thread = CapacityLimiter(1)  # not one of those who work on answers
        self._asked = self._answered = 0
        self._state: object = None

    @property
    def bytes(self) -> int:
        """What the kept answers take."""
        return self._bytes

    @property
    def most_bytes(self) -> int:
        """What they may take."""
        return self._most_bytes

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._kept)

    async def now(self) -> Moment:
        """The present: until something is committed or the UTC date changes.

        One question to the database is for all who came before it was put. One that gets no answer
        is left alone after a while: nothing is known to be right then, and who asks next asks anew.
        """
        wanted = self._asked + 1
        async with self._asking:
            if self._answered < wanted:
                self._asked = wanted
                self._state = object()
                with move_on_after(self.answer_within) as waiting:
                    self._state = await run_sync(
                        self._watch.state, abandon_on_cancel=True, limiter=self._thread
                    )
                if waiting.cancelled_caught:
                    self._watch.abandon()
                self._answered = wanted
            return self._state, self._clock().date()

    def now_at_once(self) -> Moment:
        """The same where asking takes no time (`is_instant`).

        One question is for all requests that the event loop has read in one turn.
        """
        if self._answered == self._asked:
            self._state = self._watch.state()
            asyncio.get_running_loop().call_soon(self._end_turn)
            self._asked += 1
        return self._state, self._clock().date()

    def _end_turn(self) -> None:
        self._answered = self._asked

    def find(self, key: Key) -> Answer | None:
        """What is kept, right or not."""
        answer = self._kept.get(key)
        if answer is not None:
            self._kept.move_to_end(key)
        return answer

    def keep(self, key: Key, answer: Answer) -> None:
        """Keep an answer, unless it is a large part of what there is room for."""
        self.forget(key)
        if answer.size * LARGEST_PART > self._most_bytes:
            return
        self._kept[key] = answer
        self._bytes += answer.size
        while self._bytes > self._most_bytes:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= oldest.size

    def forget(self, key: Key) -> None:
        """Keep nothing for a question."""
        before = self._kept.pop(key, None)
        if before is not None:
            self._bytes -= before.size

    def alone(self, key: Key) -> asyncio.Lock:
        """What whoever works out an answer holds, so that others wait for it."""
        return self._under_way.setdefault(key, asyncio.Lock())

    def close(self) -> None:
        """Let go of the database."""
        self._watch.close()


class Cached:
    """Answers from what is kept, before anything of the request is understood."""

    def __init__(self, app: ASGIApp, state: State, tally: Tally) -> None:
        """Stand in front of an application whose state has `services`, and count its answers."""
        self._app = app
        self._state = state
        self._tally = tally

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        key = _key_of_scope(scope)
        cache: AnswerCache | None = None if key is None else self._state.services.answers
        if cache is None or key is None:
            with Observed(self._tally, scope, send) as observed:
                await self._app(scope, receive, observed)
            return
        now = cache.now_at_once() if cache.is_instant else await cache.now()
        method, fields = scope["method"], scope["headers"]
        answer = cache.find(key)
        told = _told(answer, now, method, fields)
        if told is None or answer is None:
            with Observed(self._tally, scope, send) as observed:
                await self._wait_or_work(cache, key, now, scope, receive, observed)
            return
        self._tally.kept(answer.operation, method, told.status)
        for message in _messages(told):
            await send(message)

    async def _wait_or_work(
        self, cache: AnswerCache, key: Key, now: Moment, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Answer with what another is working out for the same question, or work it out."""
        async with cache.alone(key):
            told = _told(cache.find(key), now, scope["method"], scope["headers"])
            messages = (
                await self._work_out(cache, key, now, scope, receive, send)
                if told is None
                else _messages(told)
            )
        for message in messages:
            await send(message)

    def at_once(self, method: str, target: bytes, fields: RawHeaders) -> Told | None:
        """What is kept for a request that has no body, if that can be told without waiting.

        `target` is a path with a query, as the request's line has it.
        """
        cache: AnswerCache | None = self._state.services.answers
        if cache is None or not cache.is_instant:
            return None
        path, _, query = target.partition(b"?")
        key = _key_of(method, "", path, query, fields)
        answer = None if key is None else cache.find(key)
        told = None if answer is None else _told(answer, cache.now_at_once(), method, fields)
        if answer is not None and told is not None and told.headers.lines is not None:
            self._tally.kept(answer.operation, method, told.status)  # else it is asked once more
        return told

    async def _work_out(
        self, cache: AnswerCache, key: Key, now: Moment, scope: Scope, receive: Receive, send: Send
    ) -> Sequence[Message]:
        """The present answer, kept where it is one for everybody; a failure's is sent at once."""
        before, inner = cache.find(key), scope
        if before is not None and before.body is not None:
            inner = {**scope, "method": "GET", "headers": _if_other(before.etag, scope["headers"])}
        messages: list[Message] = []

        async def collect(message: Message) -> None:
            messages.append(message)

        try:
            await self._app(inner, receive, collect)
        except Exception:
            for message in messages:
                await send(message)
            raise
        finally:
            hand_back_route(inner, scope)
        status, headers = messages[0]["status"], messages[0]["headers"]
        if status == NOT_MODIFIED and before is not None and inner is not scope:
            answer = before.confirmed(now, headers)
        elif not _is_for_all(status, headers) or inner["method"] != "GET":
            cache.forget(key)
            return messages
        else:
            body = None
            if status == OK:
                body = to_keep(b"".join(message.get("body", b"") for message in messages[1:]))
            answer = Answer.of(now, headers, body, operation_of(self._tally, scope))
        cache.keep(key, answer)
        told = _told(answer, now, scope["method"], scope["headers"])
        return messages if told is None else _messages(told)


def _is_for_all(status: int, headers: RawHeaders) -> bool:
    """Whether others may be told the same."""
    fields = dict(headers)
    public = fields.get(b"cache-control", b"").startswith(b"public")
    return status in {OK, NOT_MODIFIED} and public and b"etag" in fields


def _key_of_scope(scope: Scope) -> Key | None:
    path = scope.get("raw_path") or scope["path"].encode("utf-8", "surrogatepass")
    root = scope.get("root_path", "")
    return _key_of(scope["method"], root, path, scope["query_string"], scope["headers"])


def _key_of(
    method: str, root: str, path: bytes, query: bytes, fields: Iterable[tuple[bytes, bytes]]
) -> Key | None:
    """What tells one answer from another; None of a request that no kept answer is for.

    Answers do not depend on the host, but whether there is one may.
    """
    if method not in {"GET", "HEAD"}:
        return None
    accepted = host = b""
    for name, value in fields:
        if name == b"accept":
            accepted += value + b","
        elif name == b"host" and not host:
            host = value
        elif name == b"host" or name in _NOT_FOR_ALL:
            return None
    if len(path) + len(query) + len(accepted) + len(host) > MOST_KEY_BYTES:
        return None
    return root, host, path, query, accepted


def _told(
    answer: Answer | None, now: Moment, method: str, asked: Sequence[tuple[bytes, bytes]]
) -> Told | None:
    """What is kept, as it is sent: whole, without its body, or that the caller has it.

    None if it is not known to be right now, or is not all there.
    """
    if answer is None or answer.moment != now:
        return None
    if _has_it(answer, asked):
        return Told(NOT_MODIFIED, answer.without_body, b"")
    if answer.body is None:
        return None
    return Told(OK, answer.headers, b"" if method == "HEAD" else answer.body)


def _messages(told: Told) -> Sequence[Message]:
    return (
        {"type": "http.response.start", "status": told.status, "headers": told.headers},
        {"type": "http.response.body", "body": told.body},
    )


def _has_it(answer: Answer, asked: Iterable[tuple[bytes, bytes]]) -> bool:
    conditions = [field for field in asked if field[0] in _CONDITIONS]
    if not conditions:
        return False
    if conditions == [(b"if-none-match", answer.etag)]:
        return True
    fields = Headers(raw=answer.headers)
    validators = Validators.read(fields["etag"], fields.get("last-modified"))
    return is_fresh(Headers(raw=conditions), validators)


def _if_other(etag: bytes, asked: Iterable[tuple[bytes, bytes]]) -> RawHeaders:
    """The fields of a request on the condition that the answer is another."""
    return [
        *(field for field in asked if field[0] not in _CONDITIONS),
        (b"if-none-match", etag),
    ]
