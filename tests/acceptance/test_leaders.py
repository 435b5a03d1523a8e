"""Reigns over the whole recorded history, against a walk through the raw files."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pytest

from tests.acceptance import raw
from tests.acceptance.service import Service, clean

pytestmark = pytest.mark.emulator


def arena_leaders() -> dict[date, set[str]]:
    """The names with the best score of each edition, in its last publication."""
    return {
        table.day: {row.name for row in table.rows if row.rank == 1}
        for category, table in raw.arena_tables("text")
        if category == "overall"
    }


def open_llm_leaders(*, official: bool) -> dict[date, set[str]]:
    found = {}
    for commit in raw.commits(raw.V2):
        content = raw.file_of(raw.V2, commit["files"][raw.TABLE])
        flags = content.get("Official Providers") or content["Maintainer's Highlight"]
        best: dict[str, tuple[float, bool]] = {}
        for printed, score, flag in zip(
            content["fullname"], content["Average ⬆️"], flags, strict=True
        ):
            if score is not None and score > best.get(clean(printed), (-1.0, False))[0]:
                best[clean(printed)] = (score, bool(flag))
        scores = {name: score for name, (score, flag) in best.items() if flag or not official}
        top = max(scores.values())
        day = date.fromisoformat(commit["date"][:10])
        found[day] = {name for name, score in scores.items() if score == top}
    return found


def walked(
    leaders: Mapping[date, set[str]], models: Mapping[str, str]
) -> Iterator[tuple[str, str, int]]:
    """(model, first date, editions) of each reign; who leads keeps the lead while it is shared."""
    holder: tuple[str, str, int] | None = None
    for day in sorted(leaders):
        first = {models[name] for name in leaders[day]}
        if holder is not None and holder[0] in first:
            holder = (*holder[:2], holder[2] + 1)
            continue
        if holder is not None:
            yield holder
        holder = (min(first), str(day), 1)
    assert holder is not None
    yield holder


@pytest.mark.parametrize(
    ("board", "official", "source", "at_least"),
    [
        pytest.param("lmarena-text", False, "lmarena", 30, id="the-arena"),
        pytest.param("open-llm-v2", False, "open_llm", 5, id="open-llm"),
        pytest.param("open-llm-v2", True, "open_llm", 1, id="open-llm-official"),
    ],
)
def test_reigns_are_those_of_the_raw_files(
    service: Service,
    board: str,
    official: bool,  # noqa: FBT001
    source: str,
    at_least: int,
) -> None:
    models = {
        clean(alias.printed_name): alias.model.slug
        for alias in service.names.aliases.values()
        if alias.source == source
    }
    leaders = arena_leaders() if source == "lmarena" else open_llm_leaders(official=official)
    question: dict[str, Any] = {"official": "true"} if official else {}

    rows, meta = service.everything(f"/v1/leaderboards/{board}/leaders", **question)

    told = [(row["model"]["id"], row["from"], row["editions"]) for row in rows]
    assert told == list(walked(leaders, models))
    assert len(told) >= at_least
    assert meta["editions"] == len(leaders)
    assert [one["to"] for one in rows[:-1]] == [one["from"] for one in rows[1:]]
    assert rows[-1]["to"] is None
