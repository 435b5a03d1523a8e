"""Which operation goes on from the answer of another: the OpenAPI document's `links`."""

from collections.abc import Iterator, Mapping
from typing import Any

_FIRST_ITEM, _WHOLE = "#/data/0/id", "#/data/id"


def describe_links(paths: Mapping[str, Mapping[str, dict[str, Any]]]) -> None:
    """Lead from a list to its first item, and from what was made to itself.

    Whatever lies one parameter below an operation's path is found by the `id` it answers with.
    """
    for path, operations in paths.items():
        for name, target in _items_of(path, paths):
            for method, operation in operations.items():
                parameters = {
                    given["name"]: f"$request.path.{given['name']}"
                    for given in operation["parameters"]
                    if given["in"] == "path"
                }
                found = _FIRST_ITEM if method == "get" else _WHOLE
                for status in operation["responses"].keys() & {"200", "202"}:
                    operation["responses"][status]["links"] = {
                        target: {
                            "operationId": target,
                            "parameters": {**parameters, name: f"$response.body{found}"},
                        }
                    }


def _items_of(
    path: str, paths: Mapping[str, Mapping[str, dict[str, Any]]]
) -> Iterator[tuple[str, str]]:
    """The parameter, and the operation that takes it, of what lies one parameter below a path."""
    for below, operations in paths.items():
        rest = below.removeprefix(f"{path}/{{")
        if rest != below and rest.endswith("}") and "/" not in rest:
            yield rest[:-1], operations["get"]["operationId"]
