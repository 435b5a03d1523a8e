"""A PostgreSQL server and a streaming replica of it, to be stopped, held up and promoted."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, create_engine, make_url, text

from tests.postgresql import folder, installed

PATIENCE_SECONDS = 30.0


def until(what: Callable[[], bool]) -> None:
    """Wait for something that the servers do in their own time."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


@dataclass(frozen=True)
class Server:
    """A server; `folder` holds its data in `data`, and its socket. `run` runs its programs."""

    folder: Path
    run: Callable[..., None]

    @property
    def url(self) -> URL:
        """Where to find it."""
        url = make_url("postgresql+psycopg://postgres@/postgres")
        return url.update_query_dict({"host": str(self.folder)})

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = f'-h "" -k {self.folder} -c fsync=off -c max_wal_senders=4'
        self._control("-w", "-l", str(self.folder / "log"), "-o", settings, "start")

    def stop(self, *, how: str = "fast") -> None:
        """Stop it; `immediate` is as if it was killed."""
        self._control("-m", how, "-w", "stop")

    def promote(self) -> None:
        """Let a replica take writes."""
        self._control("-w", "promote")

    def ask(self, question: str) -> Any:  # noqa: ANN401 - whatever is asked
        """What one statement says, if it says anything."""
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                answer = connection.execute(text(question))
                return answer.scalar() if answer.returns_rows else None
        finally:
            engine.dispose()

    def _control(self, *arguments: str) -> None:
        self.run("pg_ctl", ("-D", str(self.folder / "data"), *arguments))


@contextmanager
def primary_and_replica() -> Iterator[tuple[Server, Server] | None]:
    """Two servers, of which one repeats the other; None where there is no package of one.

    The package makes the first one, and with it the user that both run as.
    """
    package = installed()
    if package is None:
        yield None
        return
    with folder() as root:
        folders = [root / name for name in ("one", "two")]
        for each in folders:
            each.mkdir()
        made = package.servers.get_server(folders[0] / "data", start=False)
        made.ensure_pgdata_inited()

        def run(command: str, arguments: tuple[str, ...]) -> None:
            package.execute(command, arguments, bin_path=made.bin_path, user=made.system_user)

        if made.system_user is not None:
            for each in folders:
                shutil.chown(each, made.system_user)
        with _started(*(Server(each, run) for each in folders)) as both:
            yield both


@contextmanager
def _started(primary: Server, replica: Server) -> Iterator[tuple[Server, Server]]:
    """Both, of which the second is made from the first, until they are no longer needed."""
    try:
        primary.start()
        source = f"host={primary.folder} user=postgres"
        where = str(replica.folder / "data")
        fast = ("-c", "fast", "--no-sync", "-X", "stream")
        arguments = ("-d", source, "-D", where, "-R", "-C", "-S", "replica", *fast)
        primary.run("pg_basebackup", arguments)
        replica.start()
        yield primary, replica
    finally:
        for server in (replica, primary):
            if (server.folder / "data" / "postmaster.pid").exists():
                server.stop(how="immediate")
