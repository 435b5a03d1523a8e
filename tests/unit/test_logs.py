"""Lines of the log: whom they are about, in which form, and what never stands in one."""

import io
import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context

import pytest
from pydantic import SecretStr

from app.config import Settings
from app.telemetry.context import REQUEST_FIELD, about_run, request_id, request_id_of
from app.telemetry.logs import LogFormat, log_to
from app.wiring import secrets_of

SECRETS = ["hf_abcdef", 'tok"en\\x', "pässwört", "hf_abc"]


@contextmanager
def written(
    form: LogFormat, *, level: str = "INFO"
) -> Iterator[tuple[logging.Logger, io.StringIO]]:
    """A logger and what it writes."""
    stream = io.StringIO()
    handler = log_to(stream, level=level, form=form, secrets=[*SECRETS, "", "abc"])
    logger = logging.getLogger("tests.logs")
    logger.addHandler(handler)
    logger.propagate = False
    logger.setLevel("DEBUG")
    try:
        yield logger, stream
    finally:
        logger.removeHandler(handler)
        logger.propagate = True


def test_text_is_a_line_for_people() -> None:
    with written("text") as (logger, stream):
        logger.info("source %s", "demo")
        logger.debug("not at this level")

    time, rest = stream.getvalue().split(" ", 2)[:2], stream.getvalue().split(" ", 2)[2]
    assert len(" ".join(time)) == len("2026-11-29 12:08:58,905")
    assert rest == "INFO tests.logs source demo\n"


def test_json_is_an_object_a_line() -> None:
    with written("json") as (logger, stream):
        logger.warning("a\nb \udcff", extra={"n": 3, "none": None, "odd": object})

    (line,) = stream.getvalue().splitlines()
    told = json.loads(line)
    assert told.pop("time").endswith("Z")
    assert told.pop("odd")
    assert told == {
        "level": "WARNING",
        "logger": "tests.logs",
        "message": "a\nb \udcff",
        "n": 3,
        "none": None,
    }


def say(logger: logging.Logger) -> None:
    """Log in the midst of a request and a run, and from a thread of it."""
    request_id.set("r-1")
    with about_run("demo", 7):
        logger.info("within")
        thread = threading.Thread(target=copy_context().run, args=(logger.info, "beside"))
        thread.start()
        thread.join()
    logger.info("after")


def test_lines_name_the_request_and_the_run_they_are_about() -> None:
    with written("json") as (logger, stream):
        copy_context().run(say, logger)
        logger.info("outside")

    told = [json.loads(line) for line in stream.getvalue().splitlines()]
    about = [{k: v for k, v in one.items() if k in {"request", "source", "run"}} for one in told]
    run = {"request": "r-1", "source": "demo", "run": 7}
    assert about == [run, run, {"request": "r-1"}, {}]


def test_people_see_that_at_the_end_of_a_line() -> None:
    with written("text") as (logger, stream):
        copy_context().run(say, logger)

    ends = [line.partition("tests.logs ")[2] for line in stream.getvalue().splitlines()]
    run = "[request=r-1 source=demo run=7]"
    assert ends == [f"within {run}", f"beside {run}", "after [request=r-1]"]


def by_message(logger: logging.Logger, secret: str) -> None:
    logger.error("it was %s", secret)


def by_extra(logger: logging.Logger, secret: str) -> None:
    logger.error("it was", extra={"what": {"is": [secret]}})


def by_traceback(logger: logging.Logger, secret: str) -> None:
    logger.error("it failed", exc_info=ValueError(secret))


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("tell", [by_message, by_extra, by_traceback])
@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_never_stands_in_a_line(
    form: LogFormat, tell: Callable[[logging.Logger, str], None], secret: str
) -> None:
    with written(form) as (logger, stream):
        tell(logger, secret)

    text = stream.getvalue()
    assert "it" in text
    assert secret not in text
    assert json.dumps(secret)[1:-1] not in text
    assert ("***" in text) == (form == "json" or tell is not by_extra)


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (
            "postgresql+psycopg://almanac:p%40w@db:5432/x",
            "postgresql+psycopg://almanac:***@db:5432/x",
        ),
        ("http://u:p@proxy:3128", "http://u:***@proxy:3128"),
        ("https://:p@host/", "https://:***@host/"),
        ("postgresql://db/x?user=u&password=p%40w", "postgresql://db/x?user=u&password=***"),
        ("postgresql://db/x?sslPassword=p%40w&b=c", "postgresql://db/x?sslPassword=***&b=c"),
        ("host=db password=p%40w user=u", "host=db password=*** user=u"),
        (r"host=db password='p%40w\' p' user=u", "host=db password=*** user=u"),
        ("host=db password='p%40w", "host=db password=***"),
        ("postgresql://db/x?passfile=/run/pgpass", "postgresql://db/x?passfile=/run/pgpass"),
        ("https://host:8000/a@b:c", "https://host:8000/a@b:c"),
        ("https://huggingface.co/a:b@c", "https://huggingface.co/a:b@c"),
    ],
)
def test_an_address_is_told_without_its_password(form: LogFormat, address: str, shown: str) -> None:
    with written(form) as (logger, stream):
        logger.error("cannot reach %s", address)

    assert shown in stream.getvalue()
    for part in ("p%40w", " p'"):
        assert part not in stream.getvalue()


def test_a_word_too_short_to_be_secret_is_left_in_others() -> None:
    with written("text") as (logger, stream):
        logger.error("abcissa")

    assert "abcissa" in stream.getvalue()


def test_all_that_the_settings_keep_to_themselves_is_taken_out() -> None:
    settings = Settings(
        admin_token=SecretStr("the-admin"),
        hf_token=SecretStr("the-hub"),
        github_token=SecretStr("the-hub-of-git"),
        database_url=SecretStr("postgresql+psycopg://u:the%2Fpassword@h/d"),
        read_database_url=SecretStr(
            "postgresql+psycopg://h/d?user=u&password=of-the%26replica&sslpassword=of-its-key"
        ),
    )

    assert secrets_of(settings) == [
        *("the-admin", "the-hub", "the-hub-of-git"),
        *("the/password", "of-the&replica", "of-its-key"),
    ]
    assert secrets_of(Settings(database_url=SecretStr("no address"))) == []


@pytest.mark.parametrize(
    "brought",
    [
        pytest.param([b"5f1c-11.aB_9:=+/@"], id="well-formed"),
        pytest.param([b"a" * 128], id="as-long-as-may-be"),
    ],
)
def test_a_request_may_bring_its_id(brought: list[bytes]) -> None:
    assert request_id_of([(REQUEST_FIELD, value) for value in brought]) == brought[0].decode()


@pytest.mark.parametrize(
    "brought",
    [
        pytest.param([], id="none"),
        pytest.param([b""], id="empty"),
        pytest.param([b"a" * 129], id="too-long"),
        pytest.param([b"a b"], id="space"),
        pytest.param([b"a\nb"], id="line"),
        pytest.param([b"a\n"], id="line-at-the-end"),
        pytest.param([b"\xc3\xa4"], id="not-ascii"),
        pytest.param([b'{"a"}'], id="quotes"),
        pytest.param([b"a", b"b"], id="two"),
    ],
)
def test_what_is_no_id_is_replaced_by_one(brought: list[bytes]) -> None:
    made = [request_id_of([(REQUEST_FIELD, value) for value in brought]) for _ in range(2)]

    assert made[0] != made[1]
    assert all(len(one) == 32 and one.isalnum() for one in made)
