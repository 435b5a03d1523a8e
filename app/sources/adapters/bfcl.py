"""Berkeley Function-Calling Leaderboard: how well models call functions, versions 1 to 4.

Document: tables on the branch `gh-pages` of `ShishirPatil/gorilla`: `data.csv` (v1, to August
          2024), `data_combined.csv` with `data_live.csv` and `data_non_live.csv` (v2, to September
          2024), `data_combined_Sep_20_2024.csv`, then `data_overall.csv` (v3, from August 2025 v4)
Shape:    one row per model and way of asking it: `Rank`, `Overall Acc`, `Model`, `Organization`,
          `License`, and the accuracies of the parts. `(FC)` and `(Prompt)` at the end of a name are
          two entries of one model, as is any other remark there
Units:    percent, written `84.28%`; costs and latencies beside them are bare numbers and not read
Editions: the tables simply change; an edition is the UTC date of a commit
Cadence:  every 1 to 6 weeks until June 2025, seldom since

Eras: each version has other questions and another mean of them, and none is compared with another.
Which one a table is of is told from its columns, since files were reused: v1 knows one kind of
relevance, v2 two, v3 asks in several turns, v4 searches the web and remembers.

Traps: a score without its `%` could be a fraction and is refused. `N/A` is a missing score; `0.00%`
is one that was published, also where a run failed. `Non-Live Exec Acc` ended in April 2025, and
`Multi Turn Composite` was never filled in. `CALM-8B` stood twice for two days. Ranks of upstream
are of `Overall Acc` only.

Not read of v3 and v4: `data_live.csv` and `data_multi_turn.csv`, which repeat columns of the main
table; `data_non_live.csv` and `data_agentic.csv`, means of columns that stand there, without
makers; relevance and irrelevance, in which whoever always or never calls is best; and
`data_format_sensitivity.csv`, whose first rank is the most sensitive.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from app.domain.leaderboard import (
    BoardKind,
    Leaderboard,
    Profile,
    RawEntry,
    Snapshot,
    board_slug,
)
from app.errors import ParseError
from app.sources import github, tables
from app.sources.base import Payload, Revision, SourceInfo, Upstream
from app.sources.http import Client

_FAMILY = "bfcl"
_OVERALL = "Overall Acc"
_REPOSITORY = "ShishirPatil/gorilla"
_COMBINED = "data_combined.csv"
_PARTS_OF_COMBINED = ("data_live.csv", "data_non_live.csv")
_DOCUMENT = github.Document(
    name=f"{_REPOSITORY}:leaderboard",
    places=tuple(
        github.Place(repository=_REPOSITORY, branch="gh-pages", paths=(path,))
        for path in ("data.csv", _COMBINED, "data_combined_Sep_20_2024.csv", "data_overall.csv")
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """A table by its columns: the scores by category, and what tells it from other tables.

    Those of `ended` may be missing.
    """

    scores: Mapping[str, str]
    has: frozenset[str]
    lacks: frozenset[str]
    ended: frozenset[str] = frozenset()

    def fits(self, table: tables.TextTable) -> bool:
        """Whether a table is of this kind."""
        header = frozenset(table.header)
        return self.has <= header and not self.lacks & header


_TURNS = "Multi Turn Acc"
_RELEVANCE = "Relevance Detection"
_IRRELEVANCE = "Irrelevance Detection"
_AGENTIC = frozenset({"Web Search Acc", "Memory Acc"})
_SUMMARIES = {"overall": _OVERALL, "ast": "AST Summary", "exec": "Exec Summary"}
_PARTS = {
    "overall": _OVERALL,
    "non-live-ast": "Non-Live AST Acc",
    "live": "Live Acc",
    "multi-turn": _TURNS,
}
_EXEC = {"non-live-exec": "Non-Live Exec Acc"}

_ERAS: Mapping[str, tuple[_Shape, ...]] = {
    "v1": (
        _Shape(
            scores=_SUMMARIES,
            has=frozenset({_RELEVANCE, "Organization"}),
            lacks=frozenset({_IRRELEVANCE, _TURNS}),
        ),
    ),
    "v2": (
        _Shape(
            scores=_SUMMARIES,
            has=frozenset({_RELEVANCE, _IRRELEVANCE, "Exec Summary"}),
            lacks=frozenset({_TURNS}),
        ),
        _Shape(
            scores={"live": _OVERALL},
            has=frozenset({_RELEVANCE, _IRRELEVANCE, "Python Multiple AST"}),
            lacks=frozenset({"Exec Summary"}),
        ),
        _Shape(
            scores={"non-live": _OVERALL},
            has=frozenset({_IRRELEVANCE, "Java Simple AST"}),
            lacks=frozenset({_RELEVANCE}),
        ),
    ),
    "v3": (
        _Shape(
            scores=_PARTS | _EXEC,
            has=frozenset({_TURNS}),
            lacks=_AGENTIC,
            ended=frozenset(_EXEC.values()),
        ),
    ),
    "v4": (
        _Shape(
            scores=_PARTS | {"web-search": "Web Search Acc", "memory": "Memory Acc"},
            has=_AGENTIC | {_TURNS},
            lacks=frozenset(),
        ),
    ),
}
_TITLES = {
    "ast": "AST",
    "exec": "Exec",
    "live": "Live",
    "non-live": "Non-Live",
    "non-live-ast": "Non-Live AST",
    "non-live-exec": "Non-Live Exec",
    "multi-turn": "Multi Turn",
    "web-search": "Web Search",
    "memory": "Memory",
}


class BFCL(github.GitSource):
    """The adapter of all versions of the Berkeley Function-Calling Leaderboard."""

    info = SourceInfo(
        slug="bfcl",
        title="Berkeley Function-Calling Leaderboard",
        homepage="https://gorilla.cs.berkeley.edu/leaderboard.html",
        licence="Apache-2.0",
        licence_url="https://www.apache.org/licenses/LICENSE-2.0",
        attribution="Berkeley Function-Calling Leaderboard, UC Berkeley, Apache 2.0",
        every=timedelta(hours=12),
        cadence=None,
        archived=False,
        upstream=Upstream.GITHUB,
        hosts=github.HOSTS,
    )
    documents = (_DOCUMENT,)

    def history(self, client: Client) -> Sequence[Revision]:
        """The last commit of every UTC day of the main table, oldest first."""
        return [_whole(r) for r in github.history(client, self.api, [_DOCUMENT])]

    def parse(self, payload: Payload) -> Sequence[Snapshot]:
        """One snapshot per column of scores that has one, rows in the table's order."""
        document = payload.revision.document
        if document != _DOCUMENT.name:
            raise ParseError(self.info.slug, f"there is no document {document!r}")
        read = [
            tables.csv_table(self.info.slug, f"{document}, table {number}", file)
            for number, file in enumerate(payload.files, start=1)
        ]
        era, shapes = self._era(document, read)
        edition = _edition_date(payload.revision)
        return [
            Snapshot(_board(era, category), edition, entries)
            for table, shape in zip(read, shapes, strict=True)
            for category, entries in self._entries(document, table, shape).items()
        ]

    def _era(
        self, document: str, read: Sequence[tables.TextTable]
    ) -> tuple[str, tuple[_Shape, ...]]:
        """The version that tables are of, all of them."""
        for era, shapes in _ERAS.items():
            if len(shapes) == len(read) and all(
                shape.fits(table) for shape, table in zip(shapes, read, strict=True)
            ):
                return era, shapes
        headers = "; ".join(", ".join(table.header)[:200] for table in read)
        raise ParseError(self.info.slug, f"{document}: columns of no known version: {headers}")

    def _entries(
        self, document: str, table: tables.TextTable, shape: _Shape
    ) -> dict[str, list[RawEntry]]:
        """The rows with a score, by category."""
        names = []
        for row, name in enumerate(table.texts("Model"), start=1):
            if name is None:
                raise ParseError(self.info.slug, f"{document}: row {row} names no model")
            names.append(name)
        ranks = table.wholes("Rank")
        nowhere = [None] * len(names)
        profiles = _profiles(table)
        found = {}
        for category, column in shape.scores.items():
            if column in shape.ended and not table.has(column):
                continue
            entries = [
                RawEntry(name, score, None, None, None, rank, profile)
                for name, score, rank, profile in zip(
                    names,
                    self._percents(document, table, column),
                    ranks if column == _OVERALL else nowhere,
                    profiles,
                    strict=True,
                )
                if score is not None
            ]
            if entries:
                found[category] = entries
        return found

    def _percents(self, document: str, table: tables.TextTable, column: str) -> list[float | None]:
        """A column of scores, each with its unit."""
        for row, text in enumerate(table.texts(column), start=1):
            if _said(text) and not str(text).endswith("%"):
                shown = f"column {column!r}, row {row}: {str(text)[:40]!r} is no percentage"
                raise ParseError(self.info.slug, f"{document}: {shown}")
        return table.numbers(column, unit="%")


def _whole(revision: Revision) -> Revision:
    """With the tables that v2 kept beside its main one."""
    if not revision.paths[0].endswith(f"/{_COMBINED}"):
        return revision
    parts = tuple(f"{_REPOSITORY}/{path}" for path in _PARTS_OF_COMBINED)
    return replace(revision, paths=revision.paths + parts)


def _board(era: str, category: str) -> Leaderboard:
    title = f"BFCL {era}"
    return Leaderboard(
        slug=board_slug(_FAMILY, era, category),
        title=title if category == "overall" else f"{title}, {_TITLES[category]}",
        family=_FAMILY,
        category=category,
        kind=BoardKind.BENCHMARK,
        unit="percent",
        higher_is_better=True,
        era=era,
    )


def _profiles(table: tables.TextTable) -> list[Profile]:
    """What a table says of each row's model; equal ones are one object."""
    known: dict[tuple[str | None, str | None], Profile] = {}
    facts = list(zip(table.texts("Organization"), table.texts("License"), strict=True))
    for organization, licence in facts:
        known[organization, licence] = Profile(
            namespace=None,
            organization=_said(organization),
            licence=_said(licence),
            official=None,
            parameters_b=None,
        )
    return [known[key] for key in facts]


def _said(text: str | None) -> str | None:
    """A cell, unless it says that there is nothing."""
    return None if text is None or text.lower() in tables.MISSING else text


def _edition_date(revision: Revision) -> date:
    return revision.day
