"""No request makes the service fail, and when it fails it says so properly."""

import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_from_bytes

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from app.api import problems
from app.domain.leaderboard import BoardKind
from app.store.engine import SessionFactory, build_engine, session_factory
from app.store.queries.catalogue import Catalogue
from tests.api import TOKEN, Api
from tests.factories import Record, leaderboard, snapshot
from tests.stores import stored

# What is said to SQLite at random is made up in test_api_contract.py, and held against more.
OF_POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
STANDINGS = "/v1/leaderboards/demo-text/standings"
SOUND = {
    "leaderboard": "demo-text",
    "model": "openai--a",
    "organization": "openai",
    "country": "US",
    "source": "demo",
    "run": "1",
    "problem": "not-found",
}
GIVEN = {
    "leaderboard": "demo-text",
    "from_board": "demo-text",
    "to_board": "demo-text-coding",
    "benchmark": "demo-tests",
    "preference": "demo-text",
    "group": "CN",
    "behind": "US",
    "leaderboards": "demo-text,demo-text-coding",
    "models": "openai--a,meta--b",
}
NASTY = [
    "",
    " ",
    "\0",
    "a\0b",
    "\r\nX-Evil: 1",
    "'; DROP TABLE entry; --",
    "%",
    "_",
    "../../etc/passwd",
    "{}",
    "null",
    "-1",
    "0",
    "2147483648",
    "9223372036854775808",
    "9" * 400,
    "1e400",
    "nan",
    "-inf",
    "0000-00-00",
    "9999-12-31",
    "0001-01-01",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2024-07-01T00:00:00Z",
    "P1D",
    "P100Y",
    "P99999D",
    "true",
    "demo-text",
    "openai",
    "\N{ZERO WIDTH SPACE}",
    "\N{RIGHT-TO-LEFT OVERRIDE}txt",
    "\N{ANGSTROM SIGN}",
    "İ" * 100,
    "a" * 201,
]
values = (st.sampled_from(NASTY) | st.text(max_size=40)).map(lambda text: quote(text, safe=""))
raw = st.binary(max_size=20).map(quote_from_bytes)


@pytest.fixture
def operated(sessions: SessionFactory) -> Api:
    return Api(sessions, admin_token=TOKEN)


@stored(gives="operated")
def filled(record: Record) -> None:
    """A small record, with a restatement and a board that came later."""
    record.add(snapshot("2024-07-01", {"OpenAI/a": 10, "Meta/b": 9, "odd \N{SNOWMAN}": 3}))
    record.add(snapshot("2024-07-02", {"OpenAI/a": 10, "Meta/b": 9}), published_at="2024-07-03")
    record.add(snapshot("2024-07-02", {"OpenAI/a": 10, "Meta/b": 9.5}), published_at="2024-07-05")
    record.add(snapshot("2024-07-04", {"OpenAI/a": 1}, leaderboard("demo-text-coding")))
    tests = leaderboard("demo-tests", kind=BoardKind.BENCHMARK)
    record.add(snapshot("2024-07-04", {"OpenAI/a": 1, "Meta/b": 2}, tests))


def operations(api: Api) -> list[tuple[str, str, list[dict[str, Any]]]]:
    paths = api.client.get("/openapi.json").json()["paths"]
    return [
        (method.upper(), path, operation.get("parameters", []))
        for path, item in paths.items()
        for method, operation in item.items()
    ]


@OF_POSTGRESQL
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_no_parameter_makes_it_fail(filled: Api, data: st.DataObject) -> None:
    for method, path, parameters in operations(filled):
        queries = [p["name"] for p in parameters if p["in"] == "query"]
        some = (
            st.lists(st.sampled_from(queries), max_size=3, unique=True) if queries else st.just([])
        )
        chosen = data.draw(some)
        pairs = [(name, data.draw(values | raw)) for name in chosen]
        pairs += [
            (name, value) for name, value in GIVEN.items() if name in queries and name not in chosen
        ]

        answer = filled.ask(
            path.format(**SOUND), method=method, query="&".join(f"{n}={v}" for n, v in pairs)
        )

        assert answer.status_code < 500, (path, pairs)


@OF_POSTGRESQL
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_no_path_makes_it_fail(filled: Api, data: st.DataObject) -> None:
    for method, path, parameters in operations(filled):
        names = {p["name"]: data.draw(values | raw) for p in parameters if p["in"] == "path"}

        answer = filled.client.request(method, path.format(**names))

        assert answer.status_code < 500, (path, names)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.dictionaries(
        st.sampled_from(
            ["Accept", "If-None-Match", "If-Modified-Since", "Host", "Authorization", "Range"]
        ),
        st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60),
    )
)
def test_no_header_makes_it_fail(filled: Api, headers: dict[str, str]) -> None:
    sent = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]

    for method, path in (("GET", STANDINGS), ("POST", "/v1/sources/demo/runs"), ("GET", "/no")):
        assert filled.client.request(method, path, headers=sent).status_code in {
            *(200, 304, 401, 404, 406),
            503,  # nobody guessed the token, but if so this process does not scrape
        }


@pytest.fixture
def without_tables() -> Iterator[Engine]:
    """A database of another time."""
    engine = build_engine("sqlite://")
    yield engine
    engine.dispose()


def test_a_database_that_does_not_answer_is_a_503(
    without_tables: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    api = Api(session_factory(without_tables))

    with caplog.at_level(logging.ERROR):
        problem = api.problem(STANDINGS, 503)

    assert problem["detail"] == "the database does not answer"
    assert "no such table" in caplog.text


@pytest.mark.parametrize(
    ("change", "status", "detail"),
    [
        pytest.param(
            "ALTER TABLE leaderboard RENAME COLUMN family TO clan",
            503,
            "the database has the schema of another version",
            id="other-column",
        ),
        pytest.param(
            "ALTER TABLE leaderboard RENAME TO board",
            503,
            "the database has the schema of another version",
            id="other-table",
        ),
        pytest.param(
            "ALTER TABLE leaderboard ALTER COLUMN slug TYPE integer USING 1",
            500,
            "the service failed; its log says why",
            id="something-else",
        ),
    ],
)
def test_a_schema_of_another_version_is_told_from_a_mistake_of_ours(
    postgresql_url: str, change: str, status: int, detail: str
) -> None:
    engine = build_engine(postgresql_url)
    with engine.begin() as connection:
        connection.execute(text(change))
    api = Api(session_factory(engine))

    problem = api.problem(STANDINGS, status)

    engine.dispose()
    assert problem["detail"] == detail


def test_a_service_whose_schema_is_another_is_not_ready(without_tables: Engine) -> None:
    api = Api(session_factory(without_tables))

    assert "migrate" in api.problem("/health/ready", 503)["detail"]
    assert api.get("/health/live")["data"]["status"] == "live"


def test_a_service_without_a_database_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> None:
        raise OperationalError("connect", None, Exception("refused"))

    engine = build_engine("sqlite://")
    monkeypatch.setattr(engine.pool, "connect", gone)

    api = Api(session_factory(engine))

    assert api.problem("/health/ready", 503)["title"] == "Service unavailable"
    assert api.get("/health/live")["data"]["status"] == "live"


def test_a_bug_is_a_500_without_a_trace_for_the_caller(
    filled: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Catalogue, session: object, **_how: object) -> None:  # noqa: ARG001
        message = "a secret of the inside"
        raise RuntimeError(message)

    monkeypatch.setattr(Catalogue, "read", broken)

    answer = filled.ask(STANDINGS)

    assert answer.status_code == 500
    assert "secret" not in answer.text


def test_an_error_without_a_place_in_the_table_is_a_bug(
    filled: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(problems, "_OF_ERROR", {})

    assert filled.ask("/v1/leaderboards/nothing").status_code == 500
