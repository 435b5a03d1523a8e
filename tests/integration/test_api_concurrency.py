"""Many callers at once are served by few threads, and none waits for another for ever."""

import asyncio
import time
from contextlib import ExitStack
from threading import Event

import httpx2 as httpx
from fastapi import APIRouter
from starlette.responses import Response

from app.api.direct import Direct
from app.main import create_app
from app.store.engine import SessionFactory, build_engine, session_factory
from tests.factories import Record, SettableClock, snapshot

STANDINGS = "/v1/leaderboards/demo-text/standings"
CALLERS = 60


async def statuses(sessions: SessionFactory) -> list[int]:
    app = create_app(sessions, admin_token=None, run_now=None, clock=SettableClock())
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        answers = await asyncio.gather(*(client.get(STANDINGS) for _ in range(CALLERS)))
    return [answer.status_code for answer in answers]


def test_more_callers_than_connections_are_all_answered(
    record: Record, sessions: SessionFactory
) -> None:
    record.add(snapshot("2024-07-01", {"OpenAI/a": 10}))
    began = time.monotonic()

    found = asyncio.run(statuses(sessions))

    assert found == [200] * CALLERS
    assert time.monotonic() - began < 15  # a connection is waited for 30 seconds, in vain


def test_nobody_waits_for_a_connection_to_a_file(sqlite_url: str) -> None:
    engine = build_engine(sqlite_url)
    sessions = session_factory(engine)
    Record(sessions).add(snapshot("2024-07-01", {"OpenAI/a": 10}))
    with ExitStack() as writers:
        for _ in range(40):
            writers.enter_context(engine.connect())

        found = asyncio.run(statuses(sessions))

    assert found == [200] * CALLERS
    engine.dispose()


def test_a_long_question_keeps_no_short_one_waiting(sessions: SessionFactory) -> None:
    began, end = Event(), Event()
    router = APIRouter()

    @router.get("/long", operation_id="get_agreement")
    def answer_late() -> Response:
        began.set()
        assert end.wait(timeout=30)
        return Response("late")

    @router.get("/short", operation_id="get_standings")
    def answer_at_once() -> Response:
        return Response("at once")

    async def told() -> tuple[list[str], str]:
        transport = httpx.ASGITransport(Direct(app, [("/v1", router)], app))
        async with httpx.AsyncClient(transport=transport, base_url="http://test/v1/") as client:
            late = asyncio.create_task(client.get("long"))
            await asyncio.to_thread(began.wait, 30)
            short = [(await client.get("short")).text for _ in range(3)]
            end.set()
            return short, (await late).text

    app = create_app(sessions, admin_token=None, run_now=None, clock=SettableClock())
    assert asyncio.run(told()) == (["at once"] * 3, "late")
