"""Vectara's leaderboard as it stood in each of its eras, typed in from public figures."""

from collections.abc import Sequence
from dataclasses import replace

from app.sources.base import Payload
from tests.recordings import payload

REPOSITORY = "vectara/hallucination-leaderboard"
README = f"{REPOSITORY}:README.md"

COLUMNS = (
    *("Model", "Hallucination Rate", "Factual Consistency Rate"),
    *("Answer Rate", "Average Summary Length (Words)"),
)
FIRST_COLUMNS = (
    *("Model", "Accuracy", "Hallucination Rate"),
    *("Average Summary Length (Words)", "Answer Rate"),
)
FIRST_ROWS = (
    ("GPT 4", "97.0 %", "3.0 %", "81.1", "100 %"),
    ("Llama 2 70B", "94.9 %", "5.1 %", "84.9", "99.9 %"),
    ("Google Palm (*text-bison--001*)", "87.9 %", "12.1 %", "36.2", "92.4 %"),
)
SECOND_ROWS = (
    ("Google Gemini-2.0-Flash-001", "0.7 %", "99.3 %", "100.0 %", "65.2"),
    ("OpenAI GPT-4", "1.8 %", "98.2 %", "100.0 %", "81.1"),
    ("XAI Grok-2", "1.9 %", "98.1", "100.0 %", "86.5"),
    ("MoonshotAI Kimi-K2-Instruct-0905", "6.2%", "93.8 %", "99.6 %", "61.2"),
    ("Google Gemini-1.5-Pro-002", "6.6 %", "93.7 %", "99.9 %", "62.0"),
)
THIRD_ROWS = (
    ("antgroup/finix_s1_32b", "1.8 %", "98.2 %", "99.5 %", "172.4"),
    ("amazon/nova-pro-v1:0", "5.1 %", "94.9 %", "99.3 %", "66.2"),
    ("xai-org/grok-3", "5.8 %", "94.2 %", "93.0 %", "95.9"),
    ("openai/gpt-4o-2024-08-06", "9.6 %", "90.4 %", "93.8 %", "86.6"),
)


def readme(
    rows: Sequence[Sequence[str]] = THIRD_ROWS,
    columns: Sequence[str] = COLUMNS,
    *,
    judge: str = "",
) -> bytes:
    """The document with this table."""
    lines = [f"|{'|'.join(cells)}|" for cells in (columns, ["----:"] * len(columns), *rows)]
    parts = (
        "# Hallucination Leaderboard",
        "<!-- LEADERBOARD_START -->\nLast updated on March 10, 2026",
        "![Plot](./img/rates.png)",
        "\n".join(lines),
        "<!-- LEADERBOARD_END -->",
        f"## Model\nThis leaderboard uses {judge}, a commercial model." if judge else "## Model",
    )
    return ("\n\n".join(parts) + "\n").encode()


def recording(file: bytes) -> Payload:
    """A document as it would have been fetched."""
    sent = payload(README, file)
    return replace(sent, revision=replace(sent.revision, paths=(f"{REPOSITORY}/README.md",)))


RECORDINGS = (
    recording(readme(judge="HHEM-2.3")),
    recording(readme(SECOND_ROWS, judge="HHEM-2.1")),
    recording(readme(FIRST_ROWS, FIRST_COLUMNS)),
)
