"""What a line of the log looks like: text or JSON, with the request and the run it is about.

No secret stands in one: what the settings hold as such, and passwords in addresses, before the host
or as libpq's options, are taken out of the whole line, tracebacks included.
"""

import logging
import re
import sys
import time
from collections.abc import Iterable
from json import dumps
from typing import Literal, TextIO

from pythonjsonlogger.json import JsonFormatter as Formatter

from app.telemetry.context import request_id, run_context

LogFormat = Literal["text", "json"]

HIDDEN = "***"
TEXT = "%(asctime)s %(levelname)s %(name)s %(message)s%(about)s"
RESERVED = (*logging.makeLogRecord({}).__dict__, "message", "asctime", "about", "color_message")
QUIET = ("alembic", "apscheduler", "httpx2")
SHORTEST_SECRET = 4  # what is shorter protects nothing, and would be taken out of other words
# libpq's options that are secrets themselves; `passfile` and `sslkey` are paths.
SECRET_OPTIONS = (
    "password",
    "sslpassword",
    "scram_client_key",
    "scram_server_key",
    "oauth_client_secret",
)
_OPTION = re.compile(
    rf"\b({'|'.join(SECRET_OPTIONS)})=(?:'(?:[^'\\]|\\+[^\\])*'|'?[^\s&#'\"]+)", re.IGNORECASE
)
_PASSWORD = re.compile(r"(?<=://)([^\s/:@'\"]*):[^\s/@'\"]+@")


class AboutFilter(logging.Filter):
    """Adds to each line what it is about: `request`, `run` and `source`, where there is one."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let everything through."""
        about: dict[str, object] = {}
        if (request := request_id.get()) is not None:
            about["request"] = request
        if (run := run_context.get()) is not None:
            about |= {"source": run.source, "run": run.run}
        record.__dict__.update(about)
        words = " ".join(f"{name}={value}" for name, value in about.items())
        record.about = f" [{words}]" if words else ""
        return True


class Discretion:
    """Takes secrets out of text, however they are written there: as they are, or as in JSON."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """Longer ones first, as one may be a part of another."""
        told = {secret for secret in secrets if len(secret) >= SHORTEST_SECRET}
        forms = told | {dumps(secret)[1:-1] for secret in told}
        self._secrets = re.compile(
            "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True)) or r"(?!)"
        )

    def __call__(self, text: str) -> str:
        """The text without them."""
        text = _PASSWORD.sub(rf"\1:{HIDDEN}@", self._secrets.sub(HIDDEN, text))
        return _OPTION.sub(rf"\1={HIDDEN}", text)


class TextFormatter(logging.Formatter):
    """One line for people, in UTC."""

    def __init__(self, discretion: Discretion) -> None:
        """Keep what must not be told."""
        super().__init__(TEXT)
        self._discretion = discretion

    @staticmethod
    def converter(seconds: float | None = None) -> time.struct_time:
        """Time is told in UTC."""
        return time.gmtime(seconds)

    def format(self, record: logging.LogRecord) -> str:
        """The line, or several with a traceback."""
        return self._discretion(super().format(record))


class JsonFormatter(Formatter):
    """One line, one object, for programs: its fields are `extra` ones too."""

    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self, discretion: Discretion) -> None:
        """Keep what must not be told."""
        super().__init__(
            ["asctime", "levelname", "name", "message"],
            rename_fields={
                "asctime": "time",
                "levelname": "level",
                "name": "logger",
                "exc_info": "exception",
            },
            reserved_attrs=RESERVED,
        )
        self._discretion = discretion

    @staticmethod
    def converter(seconds: float | None = None) -> time.struct_time:
        """Time is told in UTC."""
        return time.gmtime(seconds)

    def format(self, record: logging.LogRecord) -> str:
        """The object."""
        return self._discretion(super().format(record))


def log_to(
    stream: TextIO, *, level: str, form: LogFormat, secrets: Iterable[str] = ()
) -> logging.Handler:
    """A handler that writes so."""
    discretion = Discretion(secrets)
    handler = logging.StreamHandler(stream)
    handler.setLevel(level)
    handler.addFilter(AboutFilter())
    handler.setFormatter(JsonFormatter(discretion) if form == "json" else TextFormatter(discretion))
    return handler


def begin_log(*, level: str, form: LogFormat, secrets: Iterable[str] = ()) -> None:
    """Log to standard error, unless the process logs already."""
    handler = log_to(sys.stderr, level=level, form=form, secrets=secrets)
    logging.basicConfig(level=level, handlers=[handler])
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
