"""The OpenAPI document: what programs learn of the API."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate
from pydantic import SecretStr

from app.config import Settings
from app.ingest.runner import Work
from app.main import app_of, create_app, from_env
from app.store.engine import build_engine, session_factory
from app.wiring import assemble, utc_now
from tests.description import COMMITTED, Description, document, rendered

DOCUMENT = document()
DESCRIPTION = Description(DOCUMENT)
OPERATIONS = [
    (f"{method.upper()} {path}", operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
]


def test_it_is_openapi() -> None:
    validate(DOCUMENT)

    assert DOCUMENT["openapi"].startswith("3.1")


def test_operations_have_names_of_their_own() -> None:
    names = [operation["operationId"] for _, operation in OPERATIONS]

    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"(get|list|start)(_[a-z]+)+", name) for name in names)


@pytest.mark.parametrize(("name", "operation"), OPERATIONS, ids=[name for name, _ in OPERATIONS])
def test_an_operation_is_described(name: str, operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert operation["description"]
    assert operation["tags"]
    assert {"406", "413", "422", "500", "503"} <= operation["responses"].keys()
    for parameter in operation["parameters"]:
        assert parameter["description"], (name, parameter["name"])
        schema = parameter["schema"]
        assert is_shown(schema) or "default" in schema or parameter["name"] == "cursor"
    for status, reference in operation["responses"].items():
        response = DESCRIPTION.resolved(reference)
        assert response["description"]
        assert "Cache-Control" in response["headers"]
        if status >= "400":
            assert list(response["content"]) == ["application/problem+json"]


@pytest.mark.parametrize(("name", "operation"), OPERATIONS, ids=[name for name, _ in OPERATIONS])
def test_what_may_be_kept_can_be_asked_for_again(name: str, operation: dict[str, Any]) -> None:
    if "/health/" in name or "200" not in operation["responses"]:
        assert "304" not in operation["responses"]
        return
    for status in ("200", "304"):
        response = DESCRIPTION.resolved(operation["responses"][status])
        assert {"ETag", "Last-Modified", "Vary"} <= response["headers"].keys()


def test_it_is_the_committed_one() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == rendered(DOCUMENT) + "\n", "run `make openapi`"


def test_no_name_in_it_is_one_of_our_modules() -> None:
    assert [name for name in DOCUMENT["components"]["schemas"] if "__" in name] == []


def test_every_example_is_one() -> None:
    """Of fields, of parameters, and of problems, by the schema that they are shown for."""
    examples = 0
    for schema, example in shown(DOCUMENT):
        whole = {**schema, "components": DOCUMENT["components"]}
        OAS31Validator(whole, format_checker=OAS31Validator.FORMAT_CHECKER).validate(example)
        examples += 1

    assert examples > 400


def shown(node: object) -> Iterator[tuple[dict[str, Any], Any]]:
    """Every schema in a part of the document that has an example, with each it has."""
    if isinstance(node, dict):
        if isinstance(node.get("examples"), list):
            yield from ((node, example) for example in node["examples"])
        if "example" in node and "schema" in node:
            yield node["schema"], node["example"]
        for inner in node.values():
            yield from shown(inner)
    elif isinstance(node, list):
        for item in node:
            yield from shown(item)


def properties() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        for field, content in schema.get("properties", {}).items():
            yield f"{name}.{field}", content


def is_shown(content: dict[str, Any]) -> bool:
    """Whether a reader can see what a value looks like."""
    if content.keys() & {"examples", "enum", "$ref"} or content.get("type") == "boolean":
        return True
    if content.get("type") == "array":
        return is_shown(content["items"])
    return any(is_shown(option) for option in content.get("anyOf", ()))


def test_every_field_has_an_example() -> None:
    shown = {name: is_shown(content) for name, content in properties()}

    assert [name for name, there in shown.items() if not there] == []


def test_every_field_is_required_but_the_place_under_a_filter_and_a_replicas_lag() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    metas = {
        schema["properties"]["meta"]["$ref"].rpartition("/")[2]
        for name, schema in schemas.items()
        if name.endswith("Answer")
    }
    optional = {
        f"{name}.{field}"
        for name, schema in DOCUMENT["components"]["schemas"].items()
        for field in schema.get("properties", {}).keys() - set(schema.get("required", ()))
    }

    assert len(metas) > 20
    assert optional == {
        "EntryOut.filtered_rank",
        *(f"{meta}.max_staleness_seconds" for meta in metas),
    }


def test_the_only_operation_that_needs_a_token_says_so() -> None:
    secured = [name for name, operation in OPERATIONS if "security" in operation]

    assert secured == ["POST /v1/sources/{source}/runs"]


def test_nothing_else_needs_a_key_but_all_take_one() -> None:
    schemes = DOCUMENT["components"]["securitySchemes"]
    responses = [operation["responses"] for _, operation in OPERATIONS]

    assert DOCUMENT["security"] == [{}, {"ApiKey": []}]
    assert DOCUMENT["paths"]["/v1/sources/{source}/runs"]["post"]["security"] == [
        {"HTTPBearer": []},
        {"HTTPBearer": [], "ApiKey": []},
    ]
    assert (schemes["ApiKey"]["in"], schemes["ApiKey"]["name"]) == ("header", "X-API-Key")
    assert all("401" in answers for answers in responses)


def test_the_environment_makes_an_application(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALMANAC_DATABASE_URL", sqlite_url)

    assert from_env().openapi() == DOCUMENT


def test_it_starts_and_stops(sqlite_url: str) -> None:
    sessions = session_factory(build_engine(sqlite_url))
    app = create_app(sessions, admin_token=None, run_now=None, clock=utc_now)

    with TestClient(app) as client:
        assert client.get("/health/ready").json()["data"]["status"] == "ready"


def test_an_almanac_scrapes_what_it_is_told_to(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    almanac = assemble(Settings(database_url=SecretStr(sqlite_url)))

    def start(work: Work) -> int:
        asked.append(work.source.info.slug)
        return 7

    monkeypatch.setattr("app.main.start_scrape", start)

    run_now = app_of(almanac).state.services.run_now

    assert run_now("open_llm") == 7
    assert asked == ["open_llm"]
    almanac.engine.dispose()
