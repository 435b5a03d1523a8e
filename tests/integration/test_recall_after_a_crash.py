"""PostgreSQL gives numbers of transactions that a crash lost again; what was read goes by them."""

import os
import signal
import time
from contextlib import closing, suppress

import psycopg
import pytest
from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError

from app.ingest.resolution import resolve_again
from app.store.engine import build_engine, session_factory
from app.store.migrate import migrate
from tests.databases import database, server
from tests.factories import NOW, Record
from tests.titles import rename, title

pytestmark = pytest.mark.uncounted


def crash(url: URL) -> None:
    """Kill a process of the server, which makes it begin anew by itself."""
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with closing(psycopg.connect(address)) as connection:
        os.kill(connection.info.backend_pid, signal.SIGKILL)
        with suppress(psycopg.Error):
            connection.execute("SELECT pg_sleep(10)")


def test_a_number_that_is_given_again_recalls_nothing() -> None:
    with server(durable=True) as own:
        if own is None:
            pytest.skip("no PostgreSQL of one's own to crash")
        with database(own) as url:
            engine, other = build_engine(url), build_engine(url)
            migrate(engine)
            resolve_again(session_factory(engine), now=NOW)
            sessions, writers = session_factory(engine), session_factory(other)
            Record(sessions).history({"2024-07-01": {"OpenAI/a": 1.0}})
            rename(writers, "before")
            time.sleep(1)  # until all of it is in the log
            rename(writers, "never", stored=False)
            assert title(sessions) == "before"

            crash(url)
            engine.dispose()
            other.dispose()
            until = time.monotonic() + 30
            while time.monotonic() < until:
                try:
                    rename(writers, "after")
                    break
                except SQLAlchemyError:
                    time.sleep(0.2)

            assert title(sessions) == "after"
            engine.dispose()
            other.dispose()
