"""The recorded files read without any of our own code: what the service is held against."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, cached_property
from itertools import compress
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

HF = Path(__file__).parents[3] / "shared" / "upstream" / "data" / "hf"
V2 = "open-llm-leaderboard__contents"
V1 = "open-llm-leaderboard-old__contents"
ARENA = "lmarena-ai__leaderboard-dataset"
TABLE = "data/train-00000-of-00001.parquet"
# The columns of Open LLM that rank, by the end of the board's id.
V1_COLUMNS = {
    "": "Average ⬆️",
    "-arc": "ARC",
    "-hellaswag": "HellaSwag",
    "-mmlu": "MMLU",
    "-truthfulqa": "TruthfulQA",
    "-winogrande": "Winogrande",
    "-gsm8k": "GSM8K",
}
V2_COLUMNS = {
    "": "Average ⬆️",
    "-ifeval": "IFEval",
    "-bbh": "BBH",
    "-math": "MATH Lvl 5",
    "-gpqa": "GPQA",
    "-musr": "MUSR",
    "-mmlu-pro": "MMLU-PRO",
}

# Names that stand in one edition and are one model: repositories that their owners renamed, and
# whose old name is listed beside the new one. In small letters.
ONE_MODEL = (
    {"gpt2", "openai-community/gpt2"},
    {"meta-llama/llama-3.1-8b", "meta-llama/meta-llama-3.1-8b"},
    {"qwen/qwen1.5-14b", "qwen/qwen2-beta-14b"},
    {"qwen/qwen1.5-72b", "qwen/qwen2-beta-72b"},
    {"cognitivecomputations/dolphin-2.2-yi-34b-200k", "ehartford/dolphin-2.2-yi-34b-200k"},
    {"cognitivecomputations/dolphin-2.2.1-mistral-7b", "ehartford/dolphin-2.2.1-mistral-7b"},
    *(
        {f"pankajmathur/{name}", f"psmathur/{name}"}
        for name in ("model_007", "orca_mini_v3_7b", "orca_mini_v3_13b", "orca_mini_v3_70b")
    ),
)


@dataclass(frozen=True)
class Row:
    """One model's line: its name, its score, and its place among all scores."""

    name: str
    score: float
    rank: int


@dataclass(frozen=True)
class Table:
    """The best score of each name, best first."""

    day: date
    published_at: datetime
    rows: tuple[Row, ...]

    @cached_property
    def by_name(self) -> dict[str, Row]:
        return {row.name: row for row in self.rows}


def commits(dataset: str) -> list[dict[str, Any]]:
    index = json.loads((HF / dataset / "index.json").read_text(encoding="utf-8"))
    return list(index["commits"])


def file_of(dataset: str, digest: str, columns: list[str] | None = None) -> dict[str, list[Any]]:
    """These columns of a table, or all."""
    return dict(pq.read_table(HF / dataset / "blobs" / digest[:20], columns=columns).to_pydict())


def blobs(dataset: str) -> set[str]:
    """The digests of all tables of a data set."""
    return {
        digest
        for commit in commits(dataset)
        for path, digest in commit["files"].items()
        if path.endswith(".parquet")
    }


def column_of(dataset: str, digest: str, name: str) -> set[Any]:
    """All values of a column."""
    table = pq.read_table(HF / dataset / "blobs" / digest[:20], columns=[name])
    return set(table.column(name).to_pylist())


def open_llm_tables(dataset: str, column: str = "Average ⬆️") -> Iterator[Table]:
    for commit in commits(dataset):
        moment = datetime.fromisoformat(commit["date"])
        content = file_of(dataset, commit["files"][TABLE], ["fullname", column])
        yield _table(moment.date(), moment, zip(content["fullname"], content[column], strict=True))


@dataclass(frozen=True)
class File:
    """Where the rows of an edition stand: `rows` of them have a score."""

    dataset: str
    digest: str
    published_at: datetime
    score: str
    category: str | None
    rows: int

    def table(self, day: date) -> Table:
        """The edition, read anew."""
        names = ["fullname"] if self.category is None else ["model_name", "category"]
        path = HF / self.dataset / "blobs" / self.digest[:20]
        content = pq.read_table(path, columns=[self.score, *names]).to_pydict()
        pairs = zip(content[names[0]], content[self.score], strict=True)
        of = content.get("category", [None] * len(content[self.score]))
        chosen = compress(pairs, [one == self.category for one in of])
        return _table(day, self.published_at, chosen)


@cache
def open_llm_editions() -> dict[tuple[str, date], File]:
    """Every edition of every board of Open LLM that has a score, by board and date."""
    found = {}
    for dataset, board, columns in (
        (V1, "open-llm-v1", V1_COLUMNS),
        (V2, "open-llm-v2", V2_COLUMNS),
    ):
        for commit in commits(dataset):
            moment = datetime.fromisoformat(commit["date"])
            digest = commit["files"][TABLE]
            table = pq.read_table(HF / dataset / "blobs" / digest[:20])
            for part, column in columns.items():
                rows = len(table) - table.column(column).null_count
                if rows:
                    file = File(dataset, digest, moment, column, None, rows)
                    found[f"{board}{part}", moment.date()] = file
    return found


@cache
def arena_editions() -> dict[tuple[str, date], File]:
    """Every edition of every board of the arena as it was published last, by board and date."""
    found = {}
    for commit in commits(ARENA):
        moment = datetime.fromisoformat(commit["date"])
        for path, digest in commit["files"].items():
            subset, _slash, name = path.partition("/")
            if name != "latest-00000-of-00001.parquet":
                continue
            columns = ["category", "leaderboard_publish_date"]
            read = pq.read_table(HF / ARENA / "blobs" / digest[:20], columns=columns)
            counts = read.group_by(columns).aggregate([([], "count_all")]).to_pydict()
            listed = zip(*(counts[name] for name in (*columns, "count_all")), strict=True)
            for category, day, rows in listed:
                slug = "-".join(["lmarena", subset, *([] if category == "overall" else [category])])
                file = File(ARENA, digest, moment, "rating", category, rows)
                found[slug.replace("_", "-"), date.fromisoformat(day)] = file
    return found


def benchmarks() -> dict[str, list[tuple[str, float]]]:
    """What everybody may read of the Hub's own leaderboards in the end, by data set."""
    found = {}
    for index in sorted(HF.glob("*/index.json")):
        dataset = json.loads(index.read_text(encoding="utf-8"))
        meta = dataset["meta"]
        if meta.get("benchmark") and not meta["gated"]:
            found[dataset["id"]] = [(one["modelId"], one["value"]) for one in meta["leaderboard"]]
    return found


def arena_files(subset: str) -> Iterator[tuple[datetime, dict[str, list[Any]]]]:
    """(moment, columns) of every publication of a subset's newest edition."""
    path = f"{subset}/latest-00000-of-00001.parquet"
    for commit in commits(ARENA):
        if path in commit["files"]:
            moment = datetime.fromisoformat(commit["date"])
            yield moment, file_of(ARENA, commit["files"][path])


def arena_tables(subset: str) -> Iterator[tuple[str, Table]]:
    """(category, table) of every publication of a subset's newest edition."""
    for moment, content in arena_files(subset):
        for category in sorted(set(content["category"])):
            rows = [
                (name, score, day)
                for name, score, of, day in zip(
                    content["model_name"],
                    content["rating"],
                    content["category"],
                    content["leaderboard_publish_date"],
                    strict=True,
                )
                if of == category
            ]
            day = date.fromisoformat(rows[0][2])
            yield category, _table(day, moment, ((name, score) for name, score, _day in rows))


def _table(day: date, moment: datetime, pairs: Iterable[tuple[str, float | None]]) -> Table:
    best: dict[str, float] = {}
    for name, score in pairs:
        clean = name.split(" has been flagged")[0].lower()
        if score is not None and score > best.get(clean, float("-inf")):
            best[clean] = score
    for names in ONE_MODEL:
        printed = sorted(names & best.keys(), key=lambda name: (-best[name], name))
        for name in printed[1:]:
            del best[name]
    ordered = sorted(best.items(), key=lambda pair: (-pair[1], pair[0]))
    scores = sorted(best.values(), reverse=True)
    places = {score: place for place, score in reversed(list(enumerate(scores, start=1)))}
    return Table(
        day=day,
        published_at=moment,
        rows=tuple(Row(name, score, places[score]) for name, score in ordered),
    )
