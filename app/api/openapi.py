"""The description of the API, and what the service itself looks up in it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.routing import compile_path

from app import __version__
from app.api.fields import describe_fields
from app.api.forms import Form
from app.api.openapi_links import describe_links
from app.api.problems import NOT_FOUND
from app.api.responses import describe_answers
from app.api.schemas.problems import ProblemOut, UnknownOut
from app.api.tables import Columns, columns_of

SUMMARY = "The record book of AI leaderboards."
DESCRIPTION = """
Almanac keeps what AI leaderboards published and answers what no leaderboard answers about itself:
who led when, who moved, how a model or an organization stood over time. Every answer says which
edition it was computed from, when upstream made that public and when it was fetched.

Answers are `{"data", "meta", "links"}`; errors are problem documents (RFC 9457). Lists come in
pages: follow `links.next`. The pages of a list are all of the record as it was when the first one
was made; lists of what there is (boards, models, runs) also have what came since.

Every list is there as JSON, CSV, NDJSON and Parquet, by `Accept` or `format`; the last three hold
its rows alone, up to 10,000 at once, and the next page and the licence are in `Link`. With `fields`
rows hold these alone, in this order: names as in JSON, with dots before what is in an object
(`fields=rank,score,model.id,organization`); what is required of rows is of whole ones.

Answers carry an ETag: send it back as `If-None-Match`. What is about a closed past (`known_at` more
than a week ago, and `as_of` or `to` over) may be kept for a day, most else for a minute:
`Cache-Control` says so.

Where the service reads from a replica, `meta.max_staleness_seconds` says how far that may be
behind.

Everything can be read without a key. Whoever has one sends it as `X-API-Key` and may ask more;
answers are the same. `RateLimit-Policy` and `RateLimit` say how much that is and what is left.

HEAD is there wherever GET is. The figures are under the licences of their sources, which
`meta.attribution` names.
"""
TAGS = [
    {"name": "index", "description": "Where to start."},
    {"name": "leaderboards", "description": "Boards, their editions and standings."},
    {"name": "models", "description": "Models and their histories."},
    {"name": "groups", "description": "A board by organization, country and licence."},
    {"name": "organizations", "description": "Who makes models, over all boards."},
    {"name": "countries", "description": "Where models are made, over all boards."},
    {"name": "analyses", "description": "What boards say of each other."},
    {"name": "sources", "description": "Where figures come from, and the log of runs."},
    {"name": "operation", "description": "For the operator, and for those who meet an error."},
]
LICENCE = {"name": "Apache License 2.0", "identifier": "Apache-2.0"}
KEY_SCHEME = "ApiKey"
STALENESS = {
    "type": "number",
    "description": "How far the record that this was read from may be behind what is stored, in "
    "seconds. Only where the service reads from a replica.",
    "examples": [60.0],
}
FORMS = tuple(Form)
_METHODS = {"get", "post"}
_VALUES = {"const", "default", "enum", "examples"}


class Operations:
    """Which parameters, forms and columns an operation has, and which methods a path."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        """Read an OpenAPI document."""
        self._parameters: dict[str, frozenset[str]] = {}
        self._columns: dict[str, Columns] = {}
        self._paths = []
        self.paths: dict[str, str] = {}  # of each operation
        for path, operations in document["paths"].items():
            methods = sorted(method.upper() for method in operations.keys() & _METHODS)
            self._paths.append((compile_path(path)[0], methods))
            for method in operations.keys() & _METHODS:
                operation = operations[method]
                self.paths[operation["operationId"]] = path
                columns = columns_of(document, operation)
                if columns is not None:
                    self._columns[operation["operationId"]] = columns
                self._parameters[operation["operationId"]] = frozenset(
                    parameter["name"]
                    for parameter in operation.get("parameters", ())
                    if parameter["in"] == "query"
                )

    def parameters(self, operation_id: str | None) -> frozenset[str] | None:
        """The names of an operation's query parameters, None where it is not described."""
        return None if operation_id is None else self._parameters[operation_id]

    def columns(self, operation_id: str | None) -> Columns | None:
        """The columns of an operation's list, None where it answers with no list."""
        return self._columns.get(operation_id or "")

    def forms(self, operation_id: str | None) -> Sequence[Form]:
        """The forms of an operation's answers."""
        return FORMS if operation_id in self._columns else FORMS[:1]

    def methods(self, path: str) -> list[str]:
        """The methods of a path, none if it is not described; HEAD goes wherever GET does."""
        found = {method for form, methods in self._paths if form.match(path) for method in methods}
        return sorted(found | {"HEAD"}) if "GET" in found else sorted(found)


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI 3.1 document: FastAPI's, with what it cannot know."""
    document = get_openapi(
        title=app.title,
        version=__version__,
        summary=SUMMARY,
        description=DESCRIPTION,
        routes=app.routes,
        tags=TAGS,
        servers=[{"url": "/"}],
        license_info=LICENCE,
    )
    _describe_keys(document)
    _describe_staleness(document["components"]["schemas"])
    for path, operations in document["paths"].items():
        for operation in operations.values():
            columns = columns_of(document, operation)
            _describe_parameters(operation)
            _describe_forms(operation, columns)
            if columns is not None:
                operation["parameters"].append(describe_fields(columns))
            describe_answers(document, path, operation, is_list=columns is not None)
    describe_links(document["paths"])
    _drop_unused(document)
    _drop_titles(document["components"]["schemas"])
    return document


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of an endpoint for these statuses; unknown ids come with suggestions."""
    return {
        status: {"model": UnknownOut if status == NOT_FOUND.status else ProblemOut}
        for status in statuses
    }


def _describe_keys(document: dict[str, Any]) -> None:
    """Nothing needs a key, and every operation takes one; what needs a token says so."""
    schemes = document["components"].setdefault("securitySchemes", {})
    schemes[KEY_SCHEME] = {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "Optional: a key that the operator has made, for a higher limit.",
    }
    document["security"] = [{}, {KEY_SCHEME: []}]
    for operations in document["paths"].values():
        for operation in operations.values():
            if "security" in operation:
                needed = operation["security"]
                operation["security"] = [*needed, *({**way, KEY_SCHEME: []} for way in needed)]


def _describe_staleness(schemas: dict[str, Any]) -> None:
    """Any answer may be read from a replica, and says so then."""
    answers = [schema["properties"] for name, schema in schemas.items() if name.endswith("Answer")]
    for answer in answers:
        meta = schemas[answer["meta"]["$ref"].rpartition("/")[2]]
        meta.setdefault("properties", {})["max_staleness_seconds"] = STALENESS


def _describe_parameters(operation: dict[str, Any]) -> None:
    """A parameter is absent, never null; what it is called and means is said once."""
    for parameter in operation.get("parameters", ()):
        schema = parameter["schema"]
        for said in ("title", "description"):
            schema.pop(said, None)
        options = [s for s in schema.get("anyOf", ()) if s != {"type": "null"}]
        if len(options) == 1:
            del schema["anyOf"]
            schema.update(options[0])
        elif options:
            schema["anyOf"] = options


def _describe_forms(operation: dict[str, Any], columns: Columns | None) -> None:
    """Lists have several forms."""
    forms = FORMS if columns else FORMS[:1]
    for parameter in operation.get("parameters", ()):
        if parameter["name"] == "format":
            parameter["schema"]["enum"] = [form.value for form in forms]
    if columns is not None:
        header = ",".join(column.name for column in columns)
        content = operation["responses"]["200"]["content"]
        content[Form.CSV.media_type] = {"schema": {"type": "string"}, "example": f"{header}\r\n"}
        content[Form.NDJSON.media_type] = {"schema": {"type": "string"}}
        content[Form.PARQUET.media_type] = {"schema": {"type": "string", "format": "binary"}}


def _drop_unused(document: dict[str, Any]) -> None:
    """Leave out schemas that nothing refers to, such as those of values already parsed."""
    schemas = document["components"]["schemas"]
    before = len(schemas) + 1
    while len(schemas) < before:
        before = len(schemas)
        used = set(_references(document))
        for name in schemas.keys() - used:
            del schemas[name]


def _drop_titles(node: object) -> None:
    """Leave out what only repeats a name."""
    if isinstance(node, dict):
        if isinstance(node.get("title"), str):
            del node["title"]
        for key, value in node.items():
            if key not in _VALUES:
                _drop_titles(value)
    elif isinstance(node, list):
        for item in node:
            _drop_titles(item)


def _references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value.removeprefix("#/components/schemas/")
            yield from _references(value)
    elif isinstance(node, list):
        for item in node:
            yield from _references(item)
