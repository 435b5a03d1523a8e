"""The API's description: as it is committed, and answers held against it."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import httpx2 as httpx
from starlette.routing import compile_path

from app.api.edge import FIXED
from app.main import Service, create_app
from app.store.engine import build_engine, session_factory
from tests.factories import SettableClock

COMMITTED = Path(__file__).parent / "data" / "openapi.json"
WIDTH = 100
OF_NO_OPERATION = {
    *("content-type", "content-length", "content-security-policy"),
    *("ratelimit", "ratelimit-policy", *(name.decode() for name, _ in FIXED)),
}


@cache
def application() -> Service:
    """One application for all tests of a process: it takes a while to describe itself."""
    sessions = session_factory(build_engine("sqlite://"))
    return create_app(sessions, admin_token=None, run_now=None, clock=SettableClock())


def document() -> dict[str, Any]:
    """The OpenAPI document of this version."""
    return application().openapi()


class Description:
    """Which answers there may be, and what they come with."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        """Read an OpenAPI document."""
        self.document = document
        self._paths = [(compile_path(path)[0], path) for path in document["paths"]]

    def resolved(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a reference leads to; anything else as it is."""
        found: Any = node
        if "$ref" in node:
            found = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                found = found[step]
        return found  # type: ignore[no-any-return] # JSON

    def check(self, method: str, path: str, answer: httpx.Response) -> None:
        """Hold an answer against the operation it is of, if it is of any."""
        for pattern, name in self._paths:
            verb = "get" if method == "HEAD" else method.lower()
            operation = self.document["paths"][name].get(verb)
            if operation is not None and pattern.match(path):
                self._check(operation["responses"], answer)

    def _check(self, responses: Mapping[str, Any], answer: httpx.Response) -> None:
        response = self.resolved(responses[str(answer.status_code)])
        headers = {
            name.lower(): self.resolved(header)
            for name, header in response.get("headers", {}).items()
        }
        needed = {name for name, header in headers.items() if header.get("required", False)}
        sent = set(answer.headers.keys())
        assert needed <= sent
        assert sent <= headers.keys() | OF_NO_OPERATION
        if answer.content:
            media_type = answer.headers["content-type"].partition(";")[0]
            assert media_type in response["content"]


def rendered(node: object, depth: int = 0) -> str:
    """JSON with keys in order; what fits into a line stands on one."""
    flat = json.dumps(node, ensure_ascii=False, sort_keys=True)
    margin = " " * depth
    if not isinstance(node, dict | list) or len(margin) + len(flat) <= WIDTH:
        return flat
    inner = depth + 1
    if isinstance(node, dict):
        items = [f"{json.dumps(key)}: {rendered(node[key], inner)}" for key in sorted(node)]
    else:
        items = [rendered(item, inner) for item in node]
    start, end = "{}" if isinstance(node, dict) else "[]"
    return start + "".join(f"\n{margin} {item}," for item in items)[:-1] + f"\n{margin}{end}"


if __name__ == "__main__":
    COMMITTED.write_text(rendered(document()) + "\n", encoding="utf-8")
