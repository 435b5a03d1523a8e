"""LiveBench, typed in from public figures."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.sources.base import Payload
from tests.recordings import payload

REPOSITORY = "LiveBench/livebench.github.io"
MOVED = "LiveBench/new-livebench"
RELEASE = "2024_11_25"
TABLE = f"public/table_{RELEASE}.csv"
CATEGORIES = f"public/categories_{RELEASE}.json"
LINKS = "src/Table/modelLinks.js"
DOCUMENT = "LiveBench:2024-11-25"

# A part of the release's tasks, and of its table as it stood on 2025-02-27.
SHAPE = {
    "Reasoning": ["web_of_lies_v2", "zebra_puzzle", "spatial"],
    "Coding": ["LCB_generation", "coding_completion"],
    "Data Analysis": ["cta", "tablejoin", "tablereformat"],
    "Language": ["connections", "plot_unscrambling", "typos"],
}
TASKS = tuple(task for tasks in SHAPE.values() for task in tasks)
ROWS: dict[str, str] = {
    "claude-3-7-sonnet-thinking": (
        "100.0,81.5,82.0,73.077,76.0,66.0,70.16,86.0,71.333,56.455,52.0"
    ),
    "grok-3-thinking": "N/A,N/A,N/A,80.769,54.0,N/A,N/A,N/A,N/A,N/A,N/A",
    "grok-3": "92.0,54.75,54.0,52.564,56.0,N/A,N/A,N/A,52.167,49.825,52.0",
    "phi-3-small-8k-instruct": "18.0,17.75,12.0,24.528,16.0,44.0,2.86,44.0,,15.888,10.0",
}
MODEL_LINKS = """// modelLinks.js
export const modelLinks = {
    "grok-3": { url: "https://x.ai/blog/grok-3", organization: "xAI" },
    "claude-3-7-sonnet": {
        url: "https://www.anthropic.com/news/claude-3-7-sonnet",
        organization: "Anthropic",
        displayName: "Claude 3.7 Sonnet",
        variants: [
            { rawName: "claude-3-7-sonnet-thinking", displayName: "Claude 3.7 Sonnet Thinking" }
        ]
    },
    "sonoma-sky-alpha": { url: "https://openrouter.ai", organization: "Stealth" },
};
"""


def table(rows: Mapping[str, str] = ROWS, tasks: Sequence[str] = TASKS) -> bytes:
    """A table as LiveBench writes it."""
    lines = [",".join(("model", *tasks)), *(f"{name},{cells}" for name, cells in rows.items())]
    return ("\n".join(lines) + "\n").encode()


def livebench_payload(
    scores: bytes | None = None,
    categories: object = SHAPE,
    links: str = MODEL_LINKS,
    *,
    document: str = DOCUMENT,
) -> Payload:
    """A release as it would have been fetched."""
    files = (table() if scores is None else scores, json.dumps(categories).encode(), links.encode())
    sent = payload(document, *files)
    paths = tuple(f"{REPOSITORY}/{path}" for path in (TABLE, CATEGORIES, LINKS))
    return replace(sent, revision=replace(sent.revision, paths=paths))


RECORDINGS = (livebench_payload(),)
