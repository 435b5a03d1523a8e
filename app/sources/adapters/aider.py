"""Aider's leaderboards: models edit code in aider, and tests say whether the code then works.

Document: `polyglot_leaderboard.yml` (225 exercises in six languages, from December 2024), its
          predecessor `edit_leaderboard.yml` (133 in Python, to December 2024) and
          `refactor_leaderboard.yml` (89 long Python files, to October 2024) of `Aider-AI/aider`,
          branch main. They lay in `_data/`, from 2024-06-05 in `website/_data/`, and from
          2024-07-05 in `aider/website/_data/`
Shape:    YAML, a mapping for each run: `model`, `edit_format`, `pass_rate_1`, `pass_rate_2`, ...
Units:    percent of the exercises solved, 0 to 100, in two attempts (`pass_rate_2`); refactoring
          has one attempt (`pass_rate_1`). Intervals and ranks are not given
Editions: the tables simply change; an edition is the UTC date of a commit. `date` is a run's own
Cadence:  several a month while it lasted; nothing since October 2025

Traps: a model that was run with several edit formats has a row for each. Rows are in no order. A
run with an `editor_model` is of two models, one that plans and one that writes, and no model.
YAML would make a number of some commit ids and names, so cells are read as texts. A `total_cost`
of 0 is one that nobody knows: cost is no board. `edit_leaderboard.yml` of 2024-07-12 is no YAML.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from app.domain.leaderboard import (
    BoardKind,
    EntryKind,
    Leaderboard,
    Profile,
    RawEntry,
    Snapshot,
)
from app.errors import ParseError
from app.sources import github
from app.sources.base import Payload, SourceInfo, Upstream
from app.sources.tables import yaml_table

_REPOSITORY = "Aider-AI/aider"
_FOLDER = "aider/website/_data"
_FORMER_FOLDERS = ("_data", "website/_data")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """A file with its board; `score` is the column that ranks."""

    document: github.Document
    board: Leaderboard
    score: str


def _table(
    name: str, title: str, score: str, folders: Sequence[str], *, mixed: bool = False
) -> _Table:
    file = f"{name}_leaderboard.yml"
    places = (
        github.Place(repository=_REPOSITORY, branch="main", paths=(f"{folder}/{file}",))
        for folder in folders
    )
    return _Table(
        document=github.Document(name=f"{_REPOSITORY}:{name}", places=tuple(places)),
        board=Leaderboard(
            slug=f"aider-{name}",
            title=title,
            family=f"aider-{name}",
            category="overall",
            kind=BoardKind.BENCHMARK,
            unit="percent",
            higher_is_better=True,
            mixed=mixed,
        ),
        score=score,
    )


_TABLES = (
    _table("polyglot", "Aider polyglot", "pass_rate_2", (_FOLDER,), mixed=True),
    _table("edit", "Aider code editing", "pass_rate_2", (*_FORMER_FOLDERS, _FOLDER)),
    _table("refactor", "Aider refactoring", "pass_rate_1", (*_FORMER_FOLDERS, _FOLDER)),
)
_DOCUMENTS = tuple(table.document for table in _TABLES)


def _profile(kind: EntryKind) -> Profile:
    return Profile(
        namespace=None,
        organization=None,
        licence=None,
        official=None,
        parameters_b=None,
        kind=kind,
    )


_ONE_MODEL = _profile(EntryKind.MODEL)
_TWO_MODELS = _profile(EntryKind.SYSTEM)


class Aider(github.GitSource):
    """The adapter of aider's three leaderboards."""

    info = SourceInfo(
        slug="aider",
        title="Aider LLM Leaderboards",
        homepage="https://aider.chat/docs/leaderboards/",
        licence="Apache-2.0",
        licence_url="https://www.apache.org/licenses/LICENSE-2.0",
        attribution="Aider LLM Leaderboards, the authors of aider, Apache 2.0",
        every=timedelta(hours=12),
        cadence=None,
        archived=False,
        upstream=Upstream.GITHUB,
        hosts=github.HOSTS,
    )
    documents = _DOCUMENTS

    def parse(self, payload: Payload) -> Sequence[Snapshot]:
        """One snapshot, a row for each run with a score, in the table's order."""
        revision = payload.revision
        found = next((t for t in _TABLES if t.document.name == revision.document), None)
        if found is None:
            raise ParseError(self.info.slug, f"there is no document {revision.document!r}")
        runs = yaml_table(self.info.slug, revision.document, payload.files[0])
        editors = runs.texts("editor_model") if runs.has("editor_model") else [None] * len(runs)
        entries = []
        for name, score, editor in zip(
            runs.texts("model"), runs.numbers(found.score), editors, strict=True
        ):
            if name is None:
                raise ParseError(self.info.slug, f"{revision.document}: a run names no model")
            if score is not None:
                profile = _ONE_MODEL if editor is None else _TWO_MODELS
                entries.append(RawEntry(name, score, None, None, None, None, profile))
        return [Snapshot(found.board, revision.day, entries)]
