"""LMArena's table of text, typed in from public figures."""

from collections.abc import Sequence
from typing import Any

from tests.recordings import parquet, payload

ARENA = "lmarena-ai/leaderboard-dataset"

# lmarena: model, organization, licence, rating, lower, upper, votes, rank, category.
TEXT_ROWS: Sequence[Sequence[object]] = (
    ("claude-opus-4-6", "anthropic", "Proprietary", 1534.8, 1528.9, 1540.7, 17275, 1, "coding"),
    (
        *("claude-opus-4-6-thinking", "anthropic", "Proprietary"),
        *(1501.18, 1497.39, 1504.96, 58968, 1, "overall"),
    ),
    ("claude-opus-4-6", "anthropic", "Proprietary", 1497.51, 1493.82, 1501.2, 62650, 2, "overall"),
    ("gpt-4", "", "", 1274.19, None, None, None, 3, "overall"),
)
TEXT_DATE = "2026-07-10"


def arena_columns(
    rows: Sequence[Sequence[object]] = TEXT_ROWS, published: str = TEXT_DATE
) -> dict[str, Sequence[Any]]:
    """The columns of an LMArena table, votes and ranks as floats like `text` has them."""
    names = ("model_name", "organization", "license", "rating", "rating_lower", "rating_upper")
    table: dict[str, Sequence[Any]] = {
        name: [row[n] for row in rows] for n, name in enumerate((*names, "vote_count", "rank"))
    }
    for name in ("vote_count", "rank"):
        table[name] = [None if value is None else float(value) for value in table[name]]
    table["variance"] = [None] * len(rows)
    table["category"] = [row[8] for row in rows]
    table["leaderboard_publish_date"] = [published] * len(rows)
    return table


RECORDINGS = (payload(f"{ARENA}:text/latest", parquet(arena_columns())),)
