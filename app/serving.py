"""The HTTP server as the commands run it: it ends when it is told, and lets its caller clean up."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn

from app.main import app_of
from app.wiring import Almanac


class _Server(uvicorn.Server):
    """A server that ends when it is told to, and lets its caller clean up.

    uvicorn's own raises the signal again when it is done, and SIGTERM would end the process before
    the back-fill beside it is stopped.
    """

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take SIGINT and SIGTERM as the wish to end, for as long as the server runs."""
        with handling(self.handle_exit, signal.SIGINT, signal.SIGTERM):
            yield


@contextmanager
def handling(
    handler: Callable[[int, FrameType | None], None], *signals: signal.Signals
) -> Iterator[None]:
    """Handle signals so for a while. In the main thread, where alone that is possible."""
    before = {number: signal.signal(number, handler) for number in signals}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def server_of(almanac: Almanac) -> uvicorn.Server:
    """The server of the API, by the settings."""
    settings = almanac.settings
    config = uvicorn.Config(
        app_of(almanac),
        host=settings.host,
        port=settings.port,
        log_level=settings.log_level.lower(),
        access_log=False,
        server_header=False,
        log_config=None,
        http="httptools",
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=10,
    )
    return _Server(config)
