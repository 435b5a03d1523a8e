"""Callers who ask the same at once."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import Engine
from starlette.datastructures import State
from starlette.types import Message, Receive, Scope, Send

from app.api.answer_cache import AnswerCache, Cached
from app.store.engine import build_engine
from app.store.watch import Watch
from app.telemetry.tally import Tally

FIELDS = [(b"cache-control", b"public"), (b"etag", b'"1"')]
CALLERS = 5


def clock() -> datetime:
    return datetime(2024, 8, 1, tzinfo=UTC)


class Slow:
    """An application that answers when it is let."""

    def __init__(self) -> None:
        self.times_asked = 0
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        self.times_asked += 1
        self.asked.set()
        await self.may_answer.wait()
        await send({"type": "http.response.start", "status": 200, "headers": FIELDS})
        await send({"type": "http.response.body", "body": b"well"})


async def ask(app: Cached, messages: list[Message]) -> list[Message]:
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": [],
    }

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, send)
    return messages


def test_one_of_them_is_answered_by_the_application_and_all_by_what_it_said() -> None:
    engine = build_engine("sqlite://")
    answers = AnswerCache(100_000, Watch(engine), clock)

    async def all_at_once() -> tuple[int, list[list[Message]]]:
        slow = Slow()
        app = Cached(slow, State({"services": SimpleNamespace(answers=answers)}), Tally())
        callers = [asyncio.create_task(ask(app, [])) for _ in range(CALLERS)]
        await slow.asked.wait()
        for _ in range(CALLERS):
            await asyncio.sleep(0)
        slow.may_answer.set()
        told = await asyncio.gather(*callers)
        return slow.times_asked, told

    asked, told = asyncio.run(all_at_once())

    assert asked == 1
    assert [[message.get("body") for message in one] for one in told] == [[None, b"well"]] * CALLERS
    answers.close()
    engine.dispose()


def test_an_application_that_fails_is_heard_all_the_same() -> None:
    engine = build_engine("sqlite://")
    answers = AnswerCache(100_000, Watch(engine), clock)
    sent: list[Message] = []

    async def fails(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001
        await send({"type": "http.response.start", "status": 500, "headers": []})
        raise RuntimeError("as Starlette does after it has answered")

    app = Cached(fails, State({"services": SimpleNamespace(answers=answers)}), Tally())
    with pytest.raises(RuntimeError, match="as Starlette"):
        asyncio.run(ask(app, sent))

    assert [message["status"] for message in sent] == [500]
    assert answers.bytes == 0
    answers.close()
    engine.dispose()


class Asked(Watch):
    """A database that takes its time, and counts how often it is asked."""

    is_instant = False

    def __init__(self, engine: Engine) -> None:
        """Not asked yet."""
        super().__init__(engine)
        self.times = 0
        self.begun = [threading.Event() for _ in range(CALLERS)]

    def state(self) -> object:
        """How often it was asked, when it was."""
        self.times += 1
        asked = self.times
        self.begun[asked].set()
        time.sleep(0.05)
        return asked


def test_those_who_come_while_the_database_is_asked_share_the_next_question() -> None:
    engine = build_engine("sqlite://")
    watch = Asked(engine)
    answers = AnswerCache(100_000, watch, clock)

    async def all_of_them() -> tuple[list[object], object]:
        first = asyncio.create_task(answers.now())
        await asyncio.to_thread(watch.begun[1].wait)
        impatient, *others = (asyncio.create_task(answers.now()) for _ in range(CALLERS))
        await first
        await asyncio.to_thread(watch.begun[2].wait)
        impatient.cancel()
        await asyncio.wait([impatient])
        told = await asyncio.gather(first, *others)
        return [state for state, _ in told], (await answers.now())[0]

    (first, *others), last = asyncio.run(all_of_them())

    assert first == 1
    assert set(others) == {3}
    assert last == 4
    answers.close()
    engine.dispose()


def test_what_was_committed_before_a_request_came_is_seen(tmp_path: Path) -> None:
    engine = build_engine(f"sqlite:///{tmp_path / 'record.db'}")
    answers = AnswerCache(100_000, Watch(engine), clock)

    def commit() -> None:
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS t (n)")
            connection.exec_driver_sql("INSERT INTO t VALUES (1)")

    async def states() -> list[object]:
        seen: list[object] = []
        for _ in range(3):
            commit()
            seen.append(answers.now_at_once())
            await asyncio.sleep(0)
            seen.append(answers.now_at_once())
            await asyncio.sleep(0)
        return seen

    commit()
    first, again, second, again_2, third, again_3 = asyncio.run(states())

    assert (first, second, third) == (again, again_2, again_3)
    assert len({first, second, third}) == 3
    answers.close()
    engine.dispose()


class Broken(Watch):
    """A database that cannot be asked once."""

    times = 0

    def state(self) -> object:
        """Fails the second time."""
        self.times += 1
        if self.times == 2:
            raise RuntimeError("once")
        return self.times


def test_after_a_question_that_failed_the_next_is_put() -> None:
    engine = build_engine("sqlite://")
    answers = AnswerCache(100_000, Broken(engine), clock)

    async def states() -> list[object]:
        seen: list[object] = []
        for _ in range(4):
            with suppress(RuntimeError):
                seen.append(answers.now_at_once()[0])
            await asyncio.sleep(0)
        return seen

    assert asyncio.run(states()) == [1, 3, 4]
    answers.close()
    engine.dispose()


class Hanging:
    """Leads to a database, the first time when it is let."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.asked = self.given_up = 0
        self.goes_on = threading.Event()

    def route(self) -> tuple[int, Engine]:
        self.asked += 1
        if self.asked == 1:
            self.goes_on.wait(20)
        return 0, self.engine

    def give_up(self) -> None:
        self.given_up += 1


def test_a_database_that_hangs_is_left_and_asked_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AnswerCache, "answer_within", 0.05)
    engine = build_engine(f"sqlite:///{tmp_path / 'record.db'}")
    hanging = Hanging(engine)
    watch = Watch(engine, hanging.route, hanging.give_up)
    answers = AnswerCache(100_000, watch, clock)

    async def states() -> list[object]:
        seen = [(await answers.now())[0] for _ in range(3)]
        hanging.goes_on.set()
        return [*seen, (await answers.now())[0]]

    unknown, *known = asyncio.run(states())

    assert hanging.given_up == 1
    assert unknown not in known
    assert len(set(known)) == 1
    answers.close()
    engine.dispose()


def test_who_gets_an_answer_late_lets_go_of_the_connection(tmp_path: Path) -> None:
    engine = build_engine(f"sqlite:///{tmp_path / 'record.db'}")
    hanging = Hanging(engine)
    watch = Watch(engine, hanging.route, hanging.give_up)
    late = watch._line  # noqa: SLF001 - which nobody has any more
    with ThreadPoolExecutor(1) as others:
        told = others.submit(watch.state)
        while not hanging.asked:
            time.sleep(0.01)
        watch.abandon()
        anew = watch.state()
        hanging.goes_on.set()

        assert told.result() != anew
    assert late.cursor is None
    assert watch.state() == anew
    watch.close()
    engine.dispose()
