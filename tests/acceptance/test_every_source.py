"""Every source's whole recorded history, back-filled, against the recorded files.

Those of git repositories row by row; those of the Hub by their number, as `test_truth` compares
their rows. Names that fold alike are one line, that of the best row, which knows of how many.
"""

import random
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import func, select

from app.export.exporter import export_record
from app.store.blocks import Block, decode
from app.store.engine import reading
from app.store.tables import (
    EDITION,
    ENTRY,
    LEADERBOARD,
    REVISION,
    SNAPSHOT,
    SNAPSHOT_BLOCK,
    SOURCE,
)
from app.wiring import utc_now
from tests.acceptance import raw, raw_git
from tests.acceptance.conftest import END_OF_DATA
from tests.acceptance.service import Service, clean
from tests.exports import descriptor_of, rows_of

pytestmark = pytest.mark.emulator

Edition = tuple[str, date]
SEPARATORS = re.compile(r"[\s_()\[\]{}:;,-]+")
LAST_DAY = date.fromisoformat(END_OF_DATA[:10])
FEWER_IS_BETTER = {"vectara"}
ON_THE_HUB = {"hf_benchmarks", "lmarena", "open_llm"}


class Recorded(NamedTuple):
    """What the record has of a source.

    `entries` are those of editions in force; of the `editions`, `partial` are not. `lines` are all
    that blocks hold, with the further names of a model. `rejected` are commits, and words of why.
    """

    boards: int
    editions: int
    partial: int
    entries: int
    lines: int
    rejected: Mapping[str, str]


RECORDED = {
    "aider": Recorded(
        boards=4,
        editions=186,
        partial=0,
        entries=7_431,
        lines=7_433,
        rejected={"cfa1c6c7560ec01632026f6cf4c17c97d26b7422": "aider:edit: is no YAML"},
    ),
    "alpaca_eval": Recorded(14, 696, 0, 87_779, 87_779, {}),
    "bfcl": Recorded(
        boards=13,
        editions=156,
        partial=0,
        entries=9_259,
        lines=11_387,
        rejected={
            "e82d4246bec26276cceade9c710df92b9d83420a": "data_combined.csv answered 404 Not Found"
        },
    ),
    "hf_benchmarks": Recorded(2, 2, 0, 76, 76, {}),
    "livebench": Recorded(74, 1_044, 8, 62_782, 63_072, {}),
    "lmarena": Recorded(107, 682, 0, 138_473, 138_473, {}),
    "open_llm": Recorded(14, 804, 15, 1_335_398, 1_337_613, {}),
    "swe_bench": Recorded(5, 191, 0, 6_469, 6_469, {}),
    "vectara": Recorded(2, 90, 0, 6_730, 6_730, {}),
}


class Owed(NamedTuple):
    """A small board of a source, and what is owed to the source."""

    board: str
    licence: str
    attribution: str


OWED = {
    "aider": Owed(
        "aider-refactor", "Apache-2.0", "Aider LLM Leaderboards, the authors of aider, Apache 2.0"
    ),
    "alpaca_eval": Owed(
        "alpaca-eval-1-precomputed-length-controlled",
        "Apache-2.0 for the code, CC BY-NC 4.0 for the data (non-commercial)",
        "AlpacaEval, tatsu-lab, Apache 2.0 and CC BY-NC 4.0 (non-commercial)",
    ),
    "bfcl": Owed(
        "bfcl-v2-live",
        "Apache-2.0",
        "Berkeley Function-Calling Leaderboard, UC Berkeley, Apache 2.0",
    ),
    "hf_benchmarks": Owed(
        "hf-benchmarks-tiger-lab-mmlu-pro",
        "none stated by the Hub",
        "Benchmark leaderboards, Hugging Face; results as entered by their authors",
    ),
    "livebench": Owed(
        "livebench-2025-04-25", "none stated by the repositories", "LiveBench, livebench.ai"
    ),
    "lmarena": Owed(
        "lmarena-video-edit", "CC-BY-4.0", "LMArena leaderboard dataset, LMArena, CC BY 4.0"
    ),
    "open_llm": Owed(
        "open-llm-v1-gsm8k", "none stated by the publisher", "Open LLM Leaderboard, Hugging Face"
    ),
    "swe_bench": Owed(
        "swe-bench-bash-only",
        "CC-BY-NC-4.0",
        "SWE-bench leaderboards, SWE-bench team, CC BY-NC 4.0, non-commercial use only",
    ),
    "vectara": Owed(
        "vectara-hallucination-2023-10-31",
        "Apache-2.0",
        "Hallucination Leaderboard, Vectara, Apache 2.0",
    ),
}


class Kept(NamedTuple):
    """A snapshot as it is stored."""

    edition: Edition
    block: Block
    in_force: bool


def kept(service: Service, source: str) -> Iterator[Kept]:
    """All snapshots of a source."""
    wanted = (
        select(
            LEADERBOARD.c.slug,
            SNAPSHOT.c.edition_date,
            SNAPSHOT_BLOCK.c.data,
            EDITION.c.snapshot_id.is_not(None),
        )
        .select_from(SNAPSHOT)
        .join(SNAPSHOT_BLOCK, SNAPSHOT_BLOCK.c.snapshot_id == SNAPSHOT.c.id)
        .join(LEADERBOARD, LEADERBOARD.c.id == SNAPSHOT.c.leaderboard_id)
        .join(SOURCE, SOURCE.c.id == LEADERBOARD.c.source_id)
        .outerjoin(EDITION, EDITION.c.snapshot_id == SNAPSHOT.c.id)
        .where(SOURCE.c.slug == source)
    )
    with reading(service.almanac.sessions) as session:
        for slug, day, data, in_force in session.execute(wanted):
            yield Kept((slug, day), decode(data), in_force)


def entries_in_force(service: Service, source: str) -> int:
    """How many lines the histories of models are made of."""
    counted = (
        select(func.count())
        .select_from(ENTRY)
        .join(LEADERBOARD, LEADERBOARD.c.id == ENTRY.c.leaderboard_id)
        .join(SOURCE, SOURCE.c.id == LEADERBOARD.c.source_id)
        .where(SOURCE.c.slug == source)
    )
    with reading(service.almanac.sessions) as session:
        return session.scalars(counted).one()


def rejected(service: Service, source: str) -> dict[str, str]:
    """The versions that were passed over, and why."""
    wanted = (
        select(REVISION.c.revision, REVISION.c.error)
        .join(SOURCE, SOURCE.c.id == REVISION.c.source_id)
        .where(SOURCE.c.slug == source, REVISION.c.status != "stored")
    )
    with reading(service.almanac.sessions) as session:
        return {revision: str(error) for revision, error in session.execute(wanted)}


def test_every_recorded_source_is_held_against_its_record(service: Service) -> None:
    rows, _meta = service.everything("/v1/sources")

    assert [row["id"] for row in rows] == sorted(RECORDED) == sorted(OWED)
    assert {*raw_git.SOURCES, *ON_THE_HUB} == set(RECORDED)


@pytest.mark.parametrize("source", RECORDED)
def test_all_of_a_source_is_stored_and_what_is_not_says_why(service: Service, source: str) -> None:
    wanted = RECORDED[source]
    snapshots = list(kept(service, source))
    boards, _meta = service.everything("/v1/leaderboards", source=source)
    refused = rejected(service, source)

    found = Recorded(
        boards=len(boards),
        editions=len({one.edition for one in snapshots}),
        partial=sum(not one.in_force for one in snapshots),
        entries=sum(len(one.block.entries().rank) for one in snapshots if one.in_force),
        lines=sum(len(one.block.rank) for one in snapshots),
        rejected={sha: why for sha, why in wanted.rejected.items() if why in refused[sha]},
    )

    assert found == wanted
    assert len(snapshots) == wanted.editions
    assert refused.keys() == wanted.rejected.keys()
    assert sum(board["editions"] for board in boards) == wanted.editions - wanted.partial
    assert entries_in_force(service, source) == wanted.entries


def test_a_board_that_is_closed_is_named_in_the_notes_of_its_run(service: Service) -> None:
    runs, _meta = service.everything("/v1/sources/hf_benchmarks/runs")

    assert [run["notes"].split(" answered ")[0].split(": ")[0] for run in runs] == [
        "Idavidrein/gpqa was skipped"
    ]
    assert "answered 401 Unauthorized (GatedRepo; " in runs[0]["notes"]


def fold(name: str) -> str:
    """What is the same for names of one model: in `owner/name` separators count."""
    text = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    return text if "/" in text else SEPARATORS.sub("-", text).strip("-")


def best_rows(source: str, rows: Sequence[raw_git.Row]) -> dict[str, tuple[float, int]]:
    """The best score of each name as printed there, and of how many rows it is the best."""
    sign = 1 if source in FEWER_IS_BETTER else -1
    best: dict[str, raw_git.Row] = {}
    for row in sorted(rows, key=lambda row: (sign * row.score, row.name)):
        best.setdefault(fold(row.name), row)
    counts = Counter(fold(row.name) for row in rows)
    return {row.name: (round(row.score, 9), counts[name]) for name, row in best.items()}


@pytest.mark.parametrize("source", raw_git.SOURCES)
def test_every_row_of_every_version_is_as_recorded(service: Service, source: str) -> None:
    printed = {alias.id: alias.printed_name for alias in service.names.aliases.values()}
    tables = {(table.board, table.day): table.rows for table in raw_git.tables(source)}

    stored = {
        one.edition: {
            printed[alias]: (round(score, 9), variants)
            for alias, score, variants in zip(
                one.block.alias_id.tolist(),
                one.block.score.tolist(),
                one.block.variants.tolist(),
                strict=True,
            )
        }
        for one in kept(service, source)
    }

    assert len(tables) == len(raw_git.tables(source)) == RECORDED[source].editions
    assert stored.keys() == tables.keys()
    for edition, rows in tables.items():
        assert stored[edition] == best_rows(source, rows), edition
        assert sum(variants for _score, variants in stored[edition].values()) == len(rows)


def rows_on_the_hub(source: str) -> dict[Edition, int]:
    if source == "hf_benchmarks":
        return {(board_of(name), LAST_DAY): len(rows) for name, rows in raw.benchmarks().items()}
    editions = raw.arena_editions() if source == "lmarena" else raw.open_llm_editions()
    return {edition: file.rows for edition, file in editions.items()}


def board_of(dataset: str) -> str:
    return "hf-benchmarks-" + re.sub("[/_]", "-", dataset.lower())


@pytest.mark.parametrize("source", sorted(ON_THE_HUB))
def test_every_edition_has_as_many_rows_as_were_recorded(service: Service, source: str) -> None:
    stored = {one.edition: int(one.block.variants.sum()) for one in kept(service, source)}

    assert stored == rows_on_the_hub(source)


def sampled(source: str) -> Iterator[tuple[str, date, str, float]]:
    """Twenty rows: board, day, name, score."""
    pick = random.Random(source)
    if source == "hf_benchmarks":
        every = [(name, *row) for name, rows in raw.benchmarks().items() for row in rows]
        for dataset, name, score in pick.sample(every, 20):
            yield board_of(dataset), LAST_DAY, name.lower(), score
    elif source in ON_THE_HUB:
        editions = raw.arena_editions() if source == "lmarena" else raw.open_llm_editions()
        for board, day in pick.sample(sorted(editions), 20):
            row = pick.choice(editions[board, day].table(day).rows)
            yield board, day, row.name, row.score
    else:
        for table in pick.sample(raw_git.tables(source), 20):
            best = best_rows(source, table.rows)
            name = pick.choice(sorted(best))
            yield table.board, table.day, name.lower(), best[name][0]


@pytest.mark.parametrize("source", RECORDED)
def test_twenty_random_rows_are_answered_as_recorded(service: Service, source: str) -> None:
    rows = list(sampled(source))

    for board, day, name, score in rows:
        path = f"/v1/leaderboards/{board}/standings"
        told, meta = service.everything(path, as_of=day, include_partial="true")
        found = [row["score"] for row in told if clean(row["printed_name"]) == name]
        assert meta["edition_date"] == str(day)
        assert [round(one, 9) for one in found] == [round(score, 9)], (board, day, name)
    assert len(set(rows)) == 20


@pytest.mark.parametrize("source", OWED)
def test_what_is_owed_to_a_source_stands_beside_its_figures(service: Service, source: str) -> None:
    board, licence, attribution = OWED[source]
    listed = {row["id"]: row for row in service.everything("/v1/sources")[0]}
    beside = service.get(f"/v1/leaderboards/{board}/standings")["meta"]["attribution"]

    assert (listed[source]["licence"], listed[source]["attribution"]) == (licence, attribution)
    assert (beside["source"], beside["licence"], beside["citation"]) == (
        source,
        licence,
        attribution,
    )


def test_what_is_owed_to_every_source_stands_in_an_export(service: Service, tmp_path: Path) -> None:
    boards = [owed.board for owed in OWED.values()]

    export_record(service.almanac.sessions, tmp_path / "export", boards, now=utc_now())

    said = descriptor_of(tmp_path / "export")
    owed = {source: (licence, text) for source, (_board, licence, text) in OWED.items()}
    assert {one["name"]: (one["licence"], one["attribution"]) for one in said["sources"]} == owed
    assert [one["title"] for one in said["licenses"]] == [
        owed[s["name"]][0] for s in said["sources"]
    ]
    for part in (one for one in said["resources"] if "leaderboard" in one):
        [source], [licence] = part["sources"], part["licenses"]
        assert OWED[source["name"]].board == part["leaderboard"]
        assert (licence["title"], source["attribution"]) == owed[source["name"]]
    rows = rows_of(tmp_path / "export", "sources")
    assert {row["id"]: (row["licence"], row["attribution"]) for row in rows} == owed
