"""What is being worked on: the request and the run that lines of the log belong to."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

REQUEST_FIELD = b"x-request-id"
_WELL_FORMED = re.compile(rb"[A-Za-z0-9._:=+/@-]{1,128}")


class RunContext(NamedTuple):
    """A run and its source."""

    source: str
    run: int


request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
run_context: ContextVar[RunContext | None] = ContextVar("run_context", default=None)


def request_id_of(fields: list[tuple[bytes, bytes]]) -> str:
    """The id that a request brings along, if it is one and well-formed; else a new one.

    Up to 128 letters, digits and `. _ : = + / @ -`, so that it can stand in a log and in a field.
    """
    brought = [value for name, value in fields if name == REQUEST_FIELD]
    if len(brought) == 1 and _WELL_FORMED.fullmatch(brought[0]):
        return brought[0].decode("ascii")
    return secrets.token_hex(16)


@contextmanager
def about_run(source: str, run: int) -> Iterator[None]:
    """What is logged meanwhile, in this thread, is about a run."""
    token = run_context.set(RunContext(source, run))
    try:
        yield
    finally:
        run_context.reset(token)
