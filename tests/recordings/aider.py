"""Aider's tables, typed in from public figures."""

from collections.abc import Mapping
from dataclasses import replace

from app.sources.base import Payload
from tests.recordings import payload

POLYGLOT, EDIT, REFACTOR = (f"Aider-AI/aider:{name}" for name in ("polyglot", "edit", "refactor"))


def run(model: str, edit_format: str, *rates: object, **more: object) -> dict[str, object]:
    """A run, with the rates of its one or two attempts."""
    return {
        "model": model,
        "edit_format": edit_format,
        **{f"pass_rate_{n}": rate for n, rate in enumerate(rates, start=1)},
        **more,
    }


def yml(*runs: Mapping[str, object]) -> bytes:
    """A table as aider writes it: a dash, and a line for each value."""
    rows = ("\n  ".join(f"{key}: {value}" for key, value in row.items()) for row in runs)
    return "\n\n".join(f"- {row}" for row in rows).encode() + b"\n"


# As the boards stood at their ends, some rows of each in their order.
POLYGLOT_RUNS = (
    run("gpt-4o-mini-2024-07-18", "whole", 0.9, 3.6, commit_hash="a755079-dirty"),
    run("Qwen2.5-Coder-32B-Instruct", "diff", 4.4, 8.0, date="2024-12-22", total_cost="0.0000"),
    run("Qwen2.5-Coder-32B-Instruct", "whole", 4.9, 16.4, date="2024-12-26", total_cost="0.0000"),
    run("o3 (high) + gpt-4.1", "architect", 34.8, 78.2, editor_model="gpt-4.1"),
    run("gpt-5 (high)", "diff", 52.0, 88.0, test_cases=225, total_cost=29.0829),
)
EDIT_RUNS = (
    run("Mistral Large 2 (2407)", "whole", 39.8, 60.2),
    run("codestral:22b-v0.1-q8_0", "whole", 35.3, 48.1),
    run("Nova Pro", "whole", 44.4, 54.1),
)
REFACTOR_RUNS = (
    run("claude-3-opus-20240229", "diff", 72.3, total_cost=27.9176),
    run("gpt-4-turbo-2024-04-09 (diff)", "diff", 21.4, commit_hash=7875418),
)


def recording(document: str, *runs: Mapping[str, object]) -> Payload:
    """A table as it would have been fetched from where it lies now."""
    repository, _colon, name = document.partition(":")
    sent = payload(document, yml(*runs))
    path = f"{repository}/aider/website/_data/{name}_leaderboard.yml"
    return replace(sent, revision=replace(sent.revision, paths=(path,)))


RECORDINGS = (
    recording(POLYGLOT, *POLYGLOT_RUNS),
    recording(EDIT, *EDIT_RUNS),
    recording(REFACTOR, *REFACTOR_RUNS),
)
