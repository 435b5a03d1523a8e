"""SWE-bench, typed in from public figures."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.sources.base import Payload
from tests.recordings import payload

REPOSITORY = "SWE-bench/swe-bench.github.io"
BRANCH = "master"
NEW = "data/leaderboards.json"
OLD = "template/data.json"
MULTIMODAL = "template/multimodal.json"
LEADERBOARDS = f"{REPOSITORY}:leaderboards"

Row = Mapping[str, object]


def row(name: str, resolved: object, *tags: str, **further: object) -> Row:
    """An entry with the fields of 2025."""
    return {
        "name": name,
        "folder": f"20250612_{name.lower()}",
        "resolved": resolved,
        "date": "2025-06-12",
        "checked": False,
        "tags": [*tags, "System: Attempts - 1"],
        "warning": None,
        **further,
    }


# A part of the boards as they stood in August 2025, in their order.
BOARDS: dict[str, Sequence[Row]] = {
    "Verified": (
        row("TRAE", 75.2, "Model: claude-4-opus-20250522", "Org: TRAE", date="2508-22-"),
        row("TRAE", 70.6, "Model: claude-3-7-sonnet-20250219", folder="20250519_trae"),
        row("mini-SWE-agent + Claude 4 Opus (20250514)", 67.6, "Org: Anthropic", "Org: SWE-agent"),
        row("Factory Code Droid", 37.0, warning=True),
        row("RAG + ChatGPT 3.5", 0.4, "Org: SWE-agent", site=None, logs=True),
    ),
    "Lite": (row("Moatless Tools + Deepseek V3", 0.0, "Org: Moatless Tools"),),
    "bash-only": (
        row("Claude 4 Opus (20250514)", 67.6, "Org: Anthropic", checked=True),
        row("GPT-5 (2025-08-07) (medium reasoning)", 65.0, "Org: OpenAI"),
    ),
}
# As they stood in April 2024.
FIRST: dict[str, Sequence[Row]] = {
    "test_leaderboard": (
        {"name": "SWE-agent + GPT 4", "resolved": "12.29", "date": "2024-4-2"},
        {"name": "RAG + Claude 3 Opus", "resolved": "3.79", "date": "2024-4-2"},
    ),
    "lite_leaderboard": ({"name": "SWE-agent + GPT 4", "resolved": "17.00", "date": "2024-4-2"},),
}
# As they stood in October 2024.
WITH_PICTURES: dict[str, Sequence[Row]] = {
    "leaderboard": (
        {
            "name": "SWE-agent Multimodal + GPT 4o (2024-08-06)",
            "resolved": 12.2,
            "date": "2024-10-06",
            "verified": True,
            "oss": True,
        },
    )
}


def listed(boards: Mapping[str, Sequence[Row]] = BOARDS) -> dict[str, object]:
    """Boards in the form they have had since August 2024."""
    return {"leaderboards": [{"name": name, "results": rows} for name, rows in boards.items()]}


def swe_bench_payload(root: object, *, document: str = LEADERBOARDS, path: str = NEW) -> Payload:
    """A file as it would have been fetched."""
    sent = payload(document, json.dumps(root).encode())
    return replace(sent, revision=replace(sent.revision, paths=(f"{REPOSITORY}/{path}",)))


RECORDINGS = (
    swe_bench_payload(listed()),
    swe_bench_payload(FIRST, path=OLD),
    swe_bench_payload(WITH_PICTURES, document=f"{REPOSITORY}:multimodal", path=MULTIMODAL),
)
