"""The NYT Connections benchmark as it stood in each of its eras, typed in from public figures."""

from collections.abc import Sequence
from dataclasses import replace

from app.sources.base import Payload
from tests.recordings import payload

REPOSITORY = "lechmazur/nyt-connections"
README = f"{REPOSITORY}:README.md"

QUADRATIC = "Headline results use quadratic-v1\nscoring: a puzzle with `g` exact groups counts."
FIRST_COLUMNS = ("Rank", "Model", "Score(%)")
COLUMNS = ("Rank", "Model", "Score %", "#Puzzles")
OLDER_COLUMNS = ("Rank", "Model", "Score %", "#Puzzles (window)", "Total Coverage")

ORIGINAL = """\
### Leaderboard: Original Version

| Model | Score |
| --- | --- |
| o1 | 90.7
| o1-preview | 87.1
| Multi-turn ensemble | 37.8
| Gemini 2.0 Flash Thinking Exp\t| 18.6
"""


def table(columns: Sequence[str], *rows: Sequence[object]) -> str:
    """A table as the document writes it."""
    lines = (columns, ["---:"] * len(columns), *rows)
    return "".join(f"|{'|'.join(map(str, cells))}|\n" for cells in lines)


FIRST_MAIN = table(
    FIRST_COLUMNS,
    (1, "o1-pro (medium reasoning)", 82.3),
    (2, "o1 (medium reasoning)", 70.8),
    (3, "Grok 2 12-12", 19.2),
    (4, "Gemini 1.5 Pro (Sept)", 19.2),
)
FIRST_NEWEST = table(
    FIRST_COLUMNS,
    (1, "o1-pro (medium reasoning)", 80.4),
    (2, "o1 (medium reasoning)", 70.2),
)
MIXED_MAIN = table(
    COLUMNS,
    (1, "Grok 4", 91.7, 759),
    (2, "o3-pro (medium reasoning)", 87.3, 759),
    (3, "o1-pro (medium reasoning)", 82.5, 651),
    (4, "Gemini 1.5 Pro (Sept)", 19.2, 601),
)
FULL_MAIN = table(
    COLUMNS,
    (1, "Gemini 3.1 Pro Preview", 98.4, 940),
    (2, "GPT-5.5 (xhigh reasoning)", 97.5, 940),
    (3, "Mistral Medium 3.1", 15.5, 940),
)
FULL_OLDER = table(
    OLDER_COLUMNS,
    (1, "Sherlock Think Alpha", 92.4, 759, "759/940"),
    (2, "Grok 4", 91.7, 759, "759/940"),
    (3, "o1-pro (medium reasoning)", 82.5, 651, "651/940"),
)
QUADRATIC_MAIN = table(
    COLUMNS,
    (1, "Gemini 3.1 Pro Preview", 97.4, 940),
    (2, "Gemini 3.8 Flash (high reasoning)", 97.4, 940),
    (3, "GPT-5.5 (xhigh reasoning)", 96.2, 940),
    (4, "Mistral Medium 3.1", 6.5, 940),
)
QUADRATIC_NEWEST = table(
    COLUMNS,
    (1, "Gemini 3.8 Flash (high reasoning)", 96.5, 100),
    (2, "Gemini 3.1 Pro Preview", 96.1, 100),
)
QUADRATIC_OLDER = table(
    OLDER_COLUMNS,
    (1, "ByteDance Seed2.1 Pro", 97.8, 101, "101/940"),
    (2, "GLM-5.2 (max reasoning)", 89.5, 194, "194/940"),
    (3, "GLM-5.2 (max reasoning)", 75.9, 211, "211/940"),
    (4, "o1-pro (medium reasoning)", 74.6, 651, "651/940"),
    (5, "Mistral Medium 3.1", 5.5, 759, "759/940"),
)


def main(rows: str) -> str:
    """The main table under its heading."""
    return f"### Leaderboard: Extended Version\n\nWords about it.\n\n{rows}"


def newest(rows: str) -> str:
    """The table of the newest puzzles under its headings, one of them without it."""
    heading = "Newest 100 puzzles, extended version"
    return (
        f"## Newest 100 puzzles. \n\n### Chart: {heading}\n\n### Leaderboard: {heading}\n\n{rows}"
    )


def older(rows: str) -> str:
    """The table of older models under its heading; a line follows at once, as in the document."""
    return f"### Leaderboard: Older models\n\n{rows}---"


def readme(*parts: str, end: str = "## Notes\n- Partial credit is awarded.") -> bytes:
    """The document with these parts."""
    return ("\n\n".join(("# NYT Connections", *parts, end)) + "\n").encode()


BEFORE_EXTENDED = readme(ORIGINAL.replace(": Original Version", "").replace("### ", "## "))
FIRST = readme(main(FIRST_MAIN), newest(FIRST_NEWEST), ORIGINAL)
MIXED = readme(main(MIXED_MAIN), ORIGINAL)
FULL = readme(main(FULL_MAIN), ORIGINAL, older(FULL_OLDER))
SQUARED = readme(
    QUADRATIC, main(QUADRATIC_MAIN), newest(QUADRATIC_NEWEST), ORIGINAL, older(QUADRATIC_OLDER)
)


def recording(file: bytes) -> Payload:
    """A document as it would have been fetched."""
    sent = payload(README, file)
    return replace(sent, revision=replace(sent.revision, paths=(f"{REPOSITORY}/README.md",)))


RECORDINGS = tuple(map(recording, (SQUARED, FULL, MIXED, FIRST, BEFORE_EXTENDED)))
