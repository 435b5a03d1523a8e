"""The HTTP server: uvicorn, with connections of our own and workers that end as they should."""

import logging
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing import parent_process
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

import uvicorn
from starlette.types import ASGIApp
from uvicorn.config import STARTUP_FAILURE
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.supervisors import Multiprocess

from app.connection import AtOnce, Connection
from app.errors import WorkerError

log = logging.getLogger(__name__)

WORKER_SECONDS = 60  # to import everything where the machine is busy; uvicorn kills after 5


class _Config(uvicorn.Config):
    """What a server is told, of which the application may not come to be.

    uvicorn's own would end with the error, and its supervisor begin another such worker for ever.
    `at_once` is the application's way of telling what it keeps, past all that stands before it.
    """

    at_once: AtOnce | None = None

    def load(self) -> None:
        """Make the application, or end the process as one that cannot begin."""
        try:
            super().load()
        except Exception:
            log.exception("the application cannot be made")
            sys.exit(STARTUP_FAILURE)
        app = self.loaded_app
        inner = app.app if isinstance(app, ProxyHeadersMiddleware) else app
        self.at_once = getattr(inner, "at_once", None)


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


def server_of(app: ASGIApp, *, log_level: str, trusted_proxies: str) -> uvicorn.Server:
    """A server of an application, to be run on a socket that listens already."""
    return _Server(_config(app, 1, log_level, trusted_proxies))


def serve_by(
    workers: int,
    factory: Callable[[Path], ASGIApp],
    listening: socket.socket,
    *,
    log_level: str,
    trusted_proxies: str,
) -> None:
    """Serve by processes that take from one socket, until SIGINT or SIGTERM.

    Each makes an application of its own by a factory that can be pickled; it is given a directory
    of theirs alone. One that dies is replaced; all end with this one, however it ends.

    Raises:
        WorkerError: one could not make its application; the log says why.
    """
    with TemporaryDirectory(prefix="almanac-") as shared:
        app = partial(factory, Path(shared))
        config = _config(app, workers, log_level, trusted_proxies, is_factory=True)
        supervisor = Multiprocess(config, [listening])
        supervisor.run()
    if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
        raise WorkerError("a worker could not begin")


def _config(
    app: ASGIApp | Callable[[], ASGIApp],
    workers: int,
    log_level: str,
    trusted_proxies: str,
    *,
    is_factory: bool = False,
) -> _Config:
    return _Config(
        app,
        factory=is_factory,
        workers=workers,
        log_level=log_level.lower(),
        access_log=False,
        server_header=False,
        log_config=None,
        http=Connection,
        ws="none",
        forwarded_allow_ips=trusted_proxies,
        timeout_graceful_shutdown=10,
        timeout_worker_healthcheck=WORKER_SECONDS,
        callback_notify=_end_if_orphaned,
        timeout_notify=1,
    )


async def _end_if_orphaned() -> None:
    """End a worker whose supervisor was killed, or it would hold the address for ever."""
    supervisor = parent_process()
    if supervisor is not None and not supervisor.is_alive():
        signal.raise_signal(signal.SIGTERM)
