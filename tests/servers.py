"""Servers of small applications, in a thread."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from app.serving import server_of
from tests.sockets import Address

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
LARGE = 12_000_000


@contextmanager
def serving(
    app: ASGIApp, keep_alive: int | None, *, trusted_proxies: str = ""
) -> Iterator[Address]:
    """A server in a thread."""
    config = server_of(app, log_level="WARNING", trusted_proxies=trusted_proxies).config
    if keep_alive is not None:
        config.timeout_keep_alive = keep_alive
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield listening.getsockname()
        finally:
            server.should_exit = True
            thread.join()


def saying(body: bytes, *, after: float = 0) -> ASGIApp:
    """An application that always says the same, after a while."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001
        if scope["type"] == "lifespan":
            return
        await asyncio.sleep(after)
        length = str(len(body)).encode()
        fields = [(b"content-length", length)]
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        await send({"type": "http.response.body", "body": body})

    return app
