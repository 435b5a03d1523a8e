"""Every list that the service has, with what has to be asked to get it."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.api.tables import Columns, columns_of
from tests.api import Api

GIVEN = {
    "leaderboard": "demo-text",
    "from_board": "demo-text",
    "to_board": "demo-other",
    "benchmark": "demo-other",
    "preference": "demo-text",
    "group": "CN",
    "behind": "US",
    "leaderboards": "demo-text,demo-other,demo-third",
    "models": "openai--gpt,alibaba--qwen-1,meta--llama",
}
IN_PATH = {
    "leaderboard": "demo-text",
    "model": "alibaba--qwen-1",
    "organization": "alibaba",
    "country": "CN",
    "source": "demo",
}
NOTHING_TO_TELL = {"get_benchmark_preference_gap", "list_runs"}  # of the record `told`


@dataclass(frozen=True)
class List:
    """A list: the operation, its path, its columns and what to ask to get it whole."""

    operation: str
    path: str
    columns: Columns
    query: dict[str, str]


def lists(api: Api) -> Iterator[List]:
    """Every list, of the record that the fixture `told` makes."""
    document = api.client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        operation = operations.get("get", {})
        columns = columns_of(document, operation) if operation else None
        if columns is not None:
            asked = {
                p["name"]: p["required"] for p in operation["parameters"] if p["in"] == "query"
            }
            query = {name: GIVEN[name] for name, required in asked.items() if required}
            query |= {"limit": "500"} if "limit" in asked else {}
            yield List(operation["operationId"], path.format(**IN_PATH), columns, query)
