"""What the API's description says of answers beside their shape: headers, and what goes wrong."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.api.problems import (
    BAD_REQUEST,
    CONFLICT,
    FORBIDDEN,
    HEAD_TOO_LARGE,
    INTERNAL,
    INVALID_PARAMETER,
    KINDS,
    MEDIA_TYPE,
    NOT_ACCEPTABLE,
    NOT_FOUND,
    REQUEST_TIMEOUT,
    TOO_LARGE,
    TOO_MANY,
    UNAUTHORIZED,
    UNAVAILABLE,
    Kind,
)

EVERYWHERE = (
    BAD_REQUEST,
    UNAUTHORIZED,
    NOT_ACCEPTABLE,
    REQUEST_TIMEOUT,
    TOO_LARGE,
    INVALID_PARAMETER,
    TOO_MANY,
    HEAD_TOO_LARGE,
    INTERNAL,
    UNAVAILABLE,
)
ABOUT_NOW = "/health/"
_WITH_OTHER_NAMES = {"country", "leaderboard", "model", "organization", "source"}
_ASKED = "/v1/leaderboards/open-llm-v2/standings"


def _header(description: str, example: str, *, required: bool = True) -> dict[str, Any]:
    header: dict[str, Any] = {"description": description, "schema": {"type": "string"}}
    return {**header, "example": example} | ({"required": True} if required else {})


HEADERS = {
    "Cache-Control": _header(
        "How long it may be kept, which is longer for a closed past; what is older may be used "
        "while it is asked for anew.",
        "public, max-age=60, stale-while-revalidate=600",
    ),
    "Vary": _header("Which headers of a request the answer depends on.", "Accept"),
    "ETag": _header(
        "Tells this answer from others to the same question; send it as `If-None-Match`.",
        '"3f786850e387550fdab836ed7e6dc8"',
    ),
    "Last-Modified": _header(
        "When an answer to this question last changed, where that is known; send it as "
        "`If-Modified-Since`.",
        "Sat, 13 Jul 2024 11:16:14 GMT",
        required=False,
    ),
    "Link": _header(
        'The next page (`rel="next"`). Of a table also the JSON it is the rows of '
        '(`rel="alternate"`) and the licences of its figures (`rel="license"`).',
        f'<{_ASKED}?cursor=...>; rel="next"',
        required=False,
    ),
    "Content-Disposition": _header(
        "A name to save a table by; not with JSON.",
        'inline; filename="leaderboards-open-llm-v2-standings.csv"',
        required=False,
    ),
    "Memento-Datetime": _header(
        "Since when what is told was public; with `known_at` (RFC 7089).",
        "Sat, 13 Jul 2024 11:16:14 GMT",
        required=False,
    ),
    "RateLimit-Policy": _header(
        "How many requests there are in how many seconds: `default` for an address, `key` for a "
        "key; where there is a limit.",
        '"default";q=100;w=10',
        required=False,
    ),
    "RateLimit": _header(
        "How many are left, and when all are there again; where that is known.",
        '"default";r=0;t=10',
        required=False,
    ),
    "Location": _header("Where to go.", _ASKED),
    "WWW-Authenticate": _header("What is needed.", 'ApiKey realm="almanac"'),
    "X-Request-Id": _header(
        "By which the operator finds the request in the log: the caller's own, if it sent one.",
        "4bf92f3577b34da6a3ce929d0e0e4736",
    ),
    "Retry-After": _header("Seconds to wait, where it is known.", "5", required=False),
}


def _headers(names: Iterable[str]) -> dict[str, dict[str, str]]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


_LIMITS = ("RateLimit-Policy", "RateLimit")
_STATED = ("Cache-Control", "Vary", *_LIMITS)
_KEPT = (*_STATED, "ETag", "Last-Modified")
_OF_LISTS = ("Link", "Content-Disposition")
NOT_MODIFIED = {"description": "The caller's copy is right.", "headers": _headers(_KEPT)}
MOVED = {
    "description": "The path has an old id, or another name: go to the canonical one.",
    "headers": _headers([*_STATED, "Location"]),
}
_OF_PROBLEMS = {
    UNAUTHORIZED: ("WWW-Authenticate",),
    TOO_MANY: ("Retry-After",),
    INTERNAL: ("X-Request-Id",),
    UNAVAILABLE: ("Retry-After", "X-Request-Id"),
}

# kind: what a document says of it, and of which parameters
_EXAMPLES: dict[Kind, tuple[str, Sequence[tuple[str, str]]]] = {
    BAD_REQUEST: ("this is no host of that name", ()),
    UNAUTHORIZED: ("the key in `X-API-Key` is unknown or was revoked", ()),
    FORBIDDEN: ("no token is configured here (ALMANAC_ADMIN_TOKEN)", ()),
    NOT_FOUND: (
        "there is no leaderboard 'open-llm'",
        [("leaderboard", "there is no leaderboard 'open-llm'")],
    ),
    NOT_ACCEPTABLE: ("`Accept` allows none of application/json", ()),
    CONFLICT: ("open_llm is being scraped now", ()),
    REQUEST_TIMEOUT: ("not all of it came in 20 seconds", ()),
    TOO_LARGE: ("a body may have 65536 bytes", ()),
    INVALID_PARAMETER: (
        "check `limit`",
        [("limit", "Input should be greater than or equal to 1")],
    ),
    TOO_MANY: ("there were too many requests; `Retry-After` says when to go on", ()),
    HEAD_TOO_LARGE: (
        "the request's line and header may have 65536 bytes and 100 fields",
        (),
    ),
    INTERNAL: ("the service failed; its log says why", ()),
    UNAVAILABLE: ("the database does not answer", ()),
}


def describe_answers(
    document: dict[str, Any], path: str, operation: dict[str, Any], *, is_list: bool
) -> None:
    """Say which answers an operation of the document has, and what they come with."""
    components = document["components"]
    components.setdefault("headers", HEADERS)
    shared = components.setdefault("responses", {})
    responses = operation["responses"]
    is_kept = not path.startswith(ABOUT_NOW)
    for status in responses.keys() & {"200", "202"}:
        response = responses[status]
        if "application/json" in response["content"]:
            schema = response["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            response["description"] = components["schemas"][schema]["description"]
        names = [*(_KEPT if is_kept else _STATED), *(_OF_LISTS if is_list else ())]
        if "302" in responses:
            names.append("Memento-Datetime")
        response["headers"] = _headers(names if status == "200" else [*_STATED, "Location"])
    if "302" in responses:
        responses["302"]["headers"] = _headers([*_STATED, "Link", "Location"])
    named = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"}
    if "200" in responses and is_kept:
        responses["304"] = _share(shared, "NotModified", NOT_MODIFIED)
    if named & _WITH_OTHER_NAMES:
        responses["308"] = _share(shared, "Moved", MOVED)
    for kind in KINDS.values():
        if kind in EVERYWHERE or str(kind.status) in responses:
            name = kind.title.title().replace(" ", "")
            responses[str(kind.status)] = _share(shared, name, _problem(kind))


def _share(shared: dict[str, Any], name: str, response: Mapping[str, Any]) -> dict[str, str]:
    shared[name] = response
    return {"$ref": f"#/components/responses/{name}"}


def _problem(kind: Kind) -> dict[str, Any]:
    detail, faults = _EXAMPLES[kind]
    example: dict[str, Any] = {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "instance": _ASKED,
        "errors": [{"parameter": name, "detail": fault} for name, fault in faults],
    }
    if kind is NOT_FOUND:
        example["suggestions"] = ["open-llm-v1", "open-llm-v2"]
    schema = "UnknownOut" if kind is NOT_FOUND else "ProblemOut"
    return {
        "description": kind.description,
        "headers": _headers(["Cache-Control", *_OF_PROBLEMS.get(kind, ()), *_LIMITS]),
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": f"#/components/schemas/{schema}"},
                "example": example,
            }
        },
    }
