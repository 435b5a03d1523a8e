"""The recorded git objects read without any of our own code, as `raw.py` reads the Hub's files.

What is told of a day is what stood in the branch after the day's last commit to a table.
"""

import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import ZipFile

import yaml

GITHUB = Path(__file__).parents[3] / "shared" / "upstream" / "data" / "github"
LIVEBENCH = "LiveBench/livebench.github.io"
SWE_BENCH = "SWE-bench/swe-bench.github.io"
NOTHING = frozenset({"", "n/a", "xx", "xx %", "yy", "yy %"})
CENT = Decimal("0.01")


class Row(NamedTuple):
    """A printed name with a score. `apart`: a line of another kind than the board ranks."""

    name: str
    score: float
    apart: bool = False


class Table(NamedTuple):
    """A board as a recorded file has it: all rows with a score, in the file's order."""

    board: str
    day: date
    rows: tuple[Row, ...]


class Held(NamedTuple):
    """What stood after a commit: the files that were there, by path."""

    day: date
    files: Mapping[str, bytes]


def folder_of(repository: str) -> Path:
    return GITHUB / repository.replace("/", "__")


def commits(repository: str) -> list[dict[str, Any]]:
    """The commits of the one branch that was recorded, oldest first."""
    index = json.loads((folder_of(repository) / "index.json").read_text(encoding="utf-8"))
    [branch] = index["branches"].values()
    return list(branch)


def held(repository: str, watched: str, beside: str = "$") -> Iterator[Held]:
    """After the last commit of every UTC day to a path that matches `watched`.

    Left out is what is the same as the time before. `beside` are paths that are read as well.
    """
    standing: dict[str, str] = {}
    days: dict[date, dict[str, str]] = {}
    for commit in commits(repository):
        changes = {
            path: digest
            for path, digest in commit["changes"].items()
            if re.fullmatch(f"{watched}|{beside}", path)
        }
        standing = {path: digest for path, digest in (standing | changes).items() if digest}
        if any(re.fullmatch(watched, path) for path in changes):
            days[datetime.fromisoformat(commit["date"]).astimezone(UTC).date()] = standing
    before: list[str] = []
    with ZipFile(folder_of(repository) / "objects.zip") as objects:
        for day, digests in days.items():
            if list(digests.values()) != before:
                yield Held(day, {path: objects.read(one) for path, one in digests.items()})
            before = list(digests.values())


def cells(file: bytes) -> list[dict[str, str]]:
    """A CSV file's rows by column; a row that ends early has empty cells."""
    lines = csv.DictReader(io.StringIO(file.decode("utf-8-sig"), newline=""), restval="")
    return [{key.strip(): cell.strip() for key, cell in line.items()} for line in lines]


def scored(
    rows: Iterable[tuple[str, str]], apart: Callable[[str], bool] = lambda _name: False
) -> tuple[Row, ...]:
    """The rows of which the second cell is a number, with or without a percent sign."""
    return tuple(
        Row(name, float(text.removesuffix("%")), apart(name))
        for name, text in rows
        if text.lower() not in NOTHING
    )


def aider() -> Iterator[Table]:
    ranked_by = {"polyglot": "pass_rate_2", "edit": "pass_rate_2", "refactor": "pass_rate_1"}
    for name, column in ranked_by.items():
        for one in held("Aider-AI/aider", rf"(.+/)?_data/{name}_leaderboard\.yml"):
            [file] = one.files.values()
            try:
                runs = yaml.load(file, Loader=yaml.CSafeLoader)
            except yaml.YAMLError:
                assert (name, one.day) == ("edit", date(2024, 7, 12))
                continue
            rows = [Row(str(r["model"]), float(r[column]), "editor_model" in r) for r in runs]
            yield Table(f"aider-{name}", one.day, tuple(rows))


def fools_the_judge(name: str) -> bool:
    return name in {"NullModel", "gpt4_gamed"} or name.lower().endswith("(adversarial)")


def is_no_model(name: str) -> bool:
    """Whether it fools the judge, or is made of several models or picks among many answers."""
    system = re.fullmatch("toa|.*moa.*|.*best-of-.*|(aligner|pairrm|samba).*", name.lower())
    return system is not None or fools_the_judge(name)


def alpaca_eval() -> Iterator[Table]:
    shown, computed = "docs/", "src/alpaca_eval/leaderboards/"
    files = {"1": r"alpaca_eval_gpt4", "2": "weighted_alpaca_eval_gpt4_turbo"}
    boards = {
        (shown, "1"): ("1", "1-length-controlled"),
        (shown, "2"): ("2-win-rate", "2"),
        (computed, "1"): ("1-precomputed", "1-precomputed-length-controlled"),
        (computed, "2"): ("2-precomputed-win-rate", "2-precomputed"),
    }
    for (place, version), pair in boards.items():
        path = rf"{place}(data_AlpacaEval(_2)?/)?{files[version]}_leaderboard\.csv"
        for one in held("tatsu-lab/alpaca_eval", path):
            lines = cells(*one.files.values())
            for board, rate in zip(pair, ("win_rate", "length_controlled_winrate"), strict=True):
                key = "name" if place == shown else ""
                rows = scored(((x[key], x.get(rate, "")) for x in lines), is_no_model)
                yield Table(f"alpaca-eval-{board}", one.day, rows)


BFCL = {
    "data.csv": {"v1": "Overall Acc", "v1-ast": "AST Summary", "v1-exec": "Exec Summary"},
    "data_combined.csv": {"v2": "Overall Acc", "v2-ast": "AST Summary", "v2-exec": "Exec Summary"},
    "data_live.csv": {"v2-live": "Overall Acc"},
    "data_non_live.csv": {"v2-non-live": "Overall Acc"},
    "data_overall.csv": {
        "v3": "Overall Acc",
        "v3-non-live-ast": "Non-Live AST Acc",
        "v3-non-live-exec": "Non-Live Exec Acc",
        "v3-live": "Live Acc",
        "v3-multi-turn": "Multi Turn Acc",
    },
}


def bfcl() -> Iterator[Table]:
    main, parts = r"data(_combined|_overall)?\.csv", r"data_(non_)?live\.csv"
    for one in held("ShishirPatil/gorilla", main, parts):
        for path, file in one.files.items():
            if "data_combined.csv" in one.files or re.fullmatch(main, path):
                lines = cells(file)
                for board, column in BFCL[path].items():
                    rows = scored((line["Model"], line.get(column, "")) for line in lines)
                    yield Table(f"bfcl-{board}", one.day, rows)


def livebench() -> Iterator[Table]:
    touched = [path for commit in commits(LIVEBENCH) for path in commit["changes"]]
    for release in sorted(set(re.findall(r"public/table_(\w+)\.csv", " ".join(touched)))):
        table, shape = f"public/table_{release}.csv", f"public/categories_{release}.json"
        for one in held(LIVEBENCH, re.escape(table), rf"{shape}|src/Table/modelLinks\.js"):
            for part, rows in means(one.files[table], json.loads(one.files[shape])).items():
                yield Table(f"livebench-{release.replace('_', '-')}{part}", one.day, tuple(rows))


def means(table: bytes, categories: Mapping[str, list[str]]) -> dict[str, list[Row]]:
    """The mean of each category's tasks, and of all categories, by the end of a board's id."""
    found = defaultdict(list)
    for line in cells(table):
        averages = {}
        for category, tasks in categories.items():
            known = [float(line[task]) for task in tasks if line[task].lower() not in NOTHING]
            if known:
                averages[category] = sum(known) / len(known)
                part = re.sub("[^a-z0-9]+", "-", f"-{category.lower()}")
                found[part].append(Row(line["model"], averages[category]))
        if len(averages) == len(categories):  # the site adds floats, and rounds like JavaScript
            mean = Decimal(sum(averages.values()) / len(averages))
            found[""].append(Row(line["model"], float(mean.quantize(CENT, ROUND_HALF_UP))))
    return found


def swe_bench() -> Iterator[Table]:
    for path in (r"template/data\.json|data/leaderboards\.json", r"template/multimodal\.json"):
        for one in held(SWE_BENCH, path):
            for name, results in (x for file in one.files.values() for x in boards_of(file)):
                rows = [
                    Row(result["name"], float(result["resolved"]))
                    for result in results
                    if result["resolved"] is not None
                ]
                yield Table(f"swe-bench-{name}", one.day, tuple(rows))


def boards_of(file: bytes) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """(name, results) of every board in any of the forms that SWE-bench's file had."""
    root = json.loads(file)
    renamed = {"verified-mini": "bash-only"}
    for board in root.get("leaderboards", ()):
        name = board["name"].lower()
        yield renamed.get(name, name), board["results"]
    former = {"test_leaderboard": "test", "lite_leaderboard": "lite", "leaderboard": "multimodal"}
    for key, name in former.items():
        if key in root or name in root:
            yield name, root.get(name) or root[key]


def vectara() -> Iterator[Table]:
    for one in held("vectara/hallucination-leaderboard", r"README\.md"):
        lines = [
            [cell.strip(" *†") for cell in line.strip().strip("|").split("|")]
            for line in one.files["README.md"].decode().splitlines()
            if line.startswith("|")
        ]
        [header] = [line for line in lines if "Hallucination Rate" in line]
        name, rate = header.index("Model"), header.index("Hallucination Rate")
        body = lines[lines.index(header) + 2 :]
        era = "2023-10-31" if one.day < date(2024, 7, 26) else "2024-07-26"
        rows = scored((line[name], line[rate]) for line in body)
        yield Table(f"vectara-hallucination-{era}", one.day, rows)


# The boards on which something else than a model stood at some time.
MIXED = ("aider-polyglot", "alpaca-eval-")
SOURCES = {
    "aider": aider,
    "alpaca_eval": alpaca_eval,
    "bfcl": bfcl,
    "livebench": livebench,
    "swe_bench": swe_bench,
    "vectara": vectara,
}


@cache
def tables(source: str) -> tuple[Table, ...]:
    """Every table of a source that has rows, and beside it the whole where some are apart."""
    found = []
    for table in SOURCES[source]():
        own = tuple(row for row in table.rows if not row.apart)
        if own:
            found.append(table._replace(rows=own))
        if len(own) < len(table.rows) or (own and table.board.startswith(MIXED)):
            found.append(table._replace(board=f"{table.board}-all-entries"))
    return tuple(found)
