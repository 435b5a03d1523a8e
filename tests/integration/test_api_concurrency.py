"""Many callers at once are served by few threads, and none waits for another for ever."""

import asyncio
import time

import httpx2 as httpx

from app.main import create_app
from app.store.engine import SessionFactory
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
