"""A PostgreSQL server of one's own, to be stopped, killed and held up; never one that is shared."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL

from tests.postgresql import running, url_of


class OwnServer:
    """A running server of a package's."""

    def __init__(self, package: Any) -> None:  # noqa: ANN401 - it carries no types
        """`package` is what the package knows it by."""
        self._package = package
        self.url: URL = url_of(package)

    @property
    def socket(self) -> str:
        """The path of the socket at which it listens."""
        return f"{self.url.query['host']}/.s.PGSQL.5432"

    def start(self) -> None:
        """Start it again, and wait until it answers."""
        self._package.ensure_postgres_running()

    def kill(self) -> None:
        """End all of its processes at once, as if the machine had."""
        number = self._package.get_pid()
        os.kill(number, signal.SIGQUIT)
        with_pid = Path(f"/proc/{number}")
        while with_pid.exists():
            time.sleep(0.01)

    def hold(self) -> None:
        """Stop the clock for all of its processes."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        process = self._package.get_postmaster_info().process
        for one in (process, *process.children()):
            with suppress(ProcessLookupError):  # whoever served a connection ends with it
                os.kill(one.pid, number)


@contextmanager
def own_server() -> Iterator[OwnServer | None]:
    """A server that nobody else uses; None where the package is missing."""
    with running() as package:
        if package is None:
            yield None
            return
        own = OwnServer(package)
        try:
            yield own
        finally:
            own.go_on()
