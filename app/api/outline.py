"""The API's description, cut to what a language model needs to ask it (llmstxt.org)."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

MAY_BE_LEFT_OUT = "operation"
_OPTIONAL = "Optional"  # a heading with this meaning at llmstxt.org


def outline(document: Mapping[str, Any], *, root: str) -> str:
    """Markdown: title, summary, and a link to every GET operation of an OpenAPI document.

    Links hold the examples of what they need, so that each can be followed as it is; which runs
    there are no example knows. `root` is where the service is, as part of a URL.
    """
    info = document["info"]
    parts = [f"# {info['title']}", f"> {info['summary']}", info["description"].strip()]
    parts.append(
        "## Documentation\n\n"
        f"- [OpenAPI]({root}/openapi.json): every operation, parameter, answer and error, 3.1\n"
        f"- [Swagger UI]({root}/docs): the same, to be tried\n"
        f"- [Redoc]({root}/redoc): the same, to be read"
    )
    for tag in document["tags"]:
        title = _OPTIONAL if tag["name"] == MAY_BE_LEFT_OUT else tag["name"].capitalize()
        items = "\n".join(_items(document, tag["name"], root))
        parts.append(f"## {title}\n\n{items}")
    return "\n\n".join(parts) + "\n"


def _items(document: Mapping[str, Any], tag: str, root: str) -> Iterator[str]:
    for path, operations in document["paths"].items():
        operation = operations.get("get")
        if operation is not None and tag in operation["tags"] and "{run}" not in path:
            meaning = " ".join(operation["description"].partition("\n\n")[0].split())
            yield f"- [{operation['summary']}]({root}{_example(path, operation)}): {meaning}"


def _example(path: str, operation: Mapping[str, Any]) -> str:
    """The path with what it must have."""
    needed = {"path": dict[str, str](), "query": dict[str, str]()}
    for parameter in operation["parameters"]:
        if parameter["required"]:
            value = parameter["schema"]["examples"][0]
            needed[parameter["in"]][parameter["name"]] = quote(str(value), safe=",")
    query = urlencode(needed["query"], safe=",%")
    return path.format(**needed["path"]) + (f"?{query}" if query else "")
