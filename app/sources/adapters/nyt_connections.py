"""Lech Mazur's NYT Connections benchmark: sixteen words are to be sorted into four groups.

Document: `README.md` of `lechmazur/nyt-connections` (branch `master`)
Shape:    Markdown tables under headings that name the board: `Leaderboard: Extended Version`,
          `Leaderboard: Newest 100 puzzles, extended version`, `Leaderboard: Older models`,
          `Leaderboard: Original Version` (only `Leaderboard` before 2025-02-04). `Rank`, `Model`,
          `Score(%)` or `Score %`, since July 2025 `#Puzzles`; the original one has `Model` and
          `Score`, and no pipe at the end of a row. `Notes` follow the last table
Units:    percent; a puzzle partly solved counts partly
Editions: the UTC date of a commit; nothing else is said of a table's date
Cadence:  every few days, with silences of weeks

Families: `nyt-connections-original`, 436 puzzles, unchanged since February 2025 and still in every
version; `nyt-connections-extended`, up to four more words to a puzzle. The newest 100 puzzles are
its category `newest-100`: others whenever puzzles are added, and not printed between the summers
of 2025 and 2026.

Eras of the extended version, read from the document; no score of one can be compared with the next:

- `2025-02-04`: one table of all models, of whatever number of puzzles each had run (601 to 940)
- `940`: on 2026-02-23 the table lost the 106 of its 145 models that had not run all 940 puzzles.
  They did not leave, the rule changed: so another board begins, and they go on in its category
  `older`, where each has puzzles of its own (`194/940`): one that ran few and easy ones can lead
- `940-quadratic-v1`: since 2026-07-24 a puzzle half solved counts a quarter, and all scores fell

More puzzles, or a further way of scoring, begin an era by themselves. Refused are a main table that
mixes numbers of puzzles beside older models, and after July 2026 a version that names no scoring.

Traps: a model can stand twice in one table, and in two of them (`Mistral Medium 3.1`); one line is
no model but several at work (`Multi-turn ensemble`); makers are not printed.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from app.domain.leaderboard import (
    BoardKind,
    EntryKind,
    Leaderboard,
    Profile,
    RawEntry,
    Snapshot,
    board_slug,
)
from app.domain.slugs import slugify
from app.errors import ParseError
from app.sources import github, markdown
from app.sources.base import Payload, Revision, SourceInfo, Upstream
from app.sources.tables import TextTable

_REPOSITORY = "lechmazur/nyt-connections"
_README = github.Document(
    name=f"{_REPOSITORY}:README.md",
    places=(github.Place(repository=_REPOSITORY, branch="master", paths=("README.md",)),),
)
_ORIGINAL = "original"
_MAIN = "overall"
_OLDER = "older"
_BOARDS = {
    "Leaderboard": _ORIGINAL,
    "Leaderboard: Original Version": _ORIGINAL,
    "Leaderboard: Extended Version": _MAIN,
    "Leaderboard: Older models": _OLDER,
}
_NEWEST = re.compile(r"Leaderboard: (?P<category>Newest \d+) puzzles\b.*")
_END = "Notes"
_SCORING = re.compile(r"headline\s+results\s+use\s+(\S+-v\d+)\s+scoring", re.IGNORECASE)
_MIXED_ERA = "2025-02-04"
_SCORING_NAMED_BY = date(2026, 8, 1)
_MODEL = Profile(namespace=None, organization=None, licence=None, official=None, parameters_b=None)
_SYSTEM = Profile(
    namespace=None,
    organization=None,
    licence=None,
    official=None,
    parameters_b=None,
    kind=EntryKind.SYSTEM,
)
_SYSTEMS = frozenset({"Multi-turn ensemble"})


class NYTConnections(github.GitSource):
    """The adapter of the NYT Connections benchmark."""

    info = SourceInfo(
        slug="nyt_connections",
        title="NYT Connections",
        homepage="https://github.com/lechmazur/nyt-connections",
        licence="none stated by the publisher",
        licence_url=None,
        attribution="NYT Connections LLM benchmark, Lech Mazur",
        every=timedelta(hours=12),
        cadence=timedelta(days=60),
        archived=False,
        upstream=Upstream.GITHUB,
        hosts=github.HOSTS,
    )
    documents = (_README,)

    def parse(self, payload: Payload) -> Sequence[Snapshot]:
        """One snapshot for each table, in the document's order; rows in the table's order."""
        revision = payload.revision
        self.check_known(revision)
        [file] = payload.files
        document = markdown.document(self.info.slug, revision.document, file)
        if _END not in document.headings:
            raise self._error(revision, f"ends before its {_END}")
        tables = self._tables(revision, document)
        edition = revision.day
        era = None
        if tables.keys() - {_ORIGINAL}:
            if _MAIN not in tables:
                raise self._error(revision, "has no table of the extended version")
            era = self._era(revision, document.text, tables, edition)
        return [
            Snapshot(_board(category, era), edition, self._entries(revision, category, table))
            for category, table in tables.items()
        ]

    def _tables(self, revision: Revision, document: markdown.Document) -> dict[str, TextTable]:
        """The tables of models by what they rank: `original`, or a category of the extended."""
        tables: dict[str, TextTable] = {}
        for headings, table in document.tables:
            if not table.has("Model"):
                continue
            heading = headings[-1] if headings else ""
            newest = _NEWEST.fullmatch(heading)
            category = slugify(newest["category"]) if newest else _BOARDS.get(heading)
            if category is None:
                raise self._error(revision, f"has an unknown table under {heading[:80]!r}")
            if category in tables:
                raise self._error(revision, f"has two tables under {heading!r}")
            tables[category] = table
        if not tables:
            raise self._error(revision, "has no table of models")
        return tables

    def _era(
        self, revision: Revision, text: str, tables: Mapping[str, TextTable], edition: date
    ) -> str:
        """What the scores of the extended version can be compared within."""
        scoring = _SCORING.search(text)
        if scoring is None and edition >= _SCORING_NAMED_BY:
            raise self._error(revision, "does not say how it is scored")
        if scoring is None and _OLDER not in tables:
            return _MIXED_ERA
        pools = {pool for pool in tables[_MAIN].wholes("#Puzzles") if pool is not None}
        if len(pools) != 1:
            numbers = " and ".join(map(str, sorted(pools))) or "no"
            raise self._error(revision, f"its main table is of {numbers} puzzles")
        [pool] = pools
        return f"{pool}" if scoring is None else f"{pool}-{slugify(scoring[1])}"

    def _entries(self, revision: Revision, category: str, table: TextTable) -> list[RawEntry]:
        column = "Score(%)" if table.has("Score(%)") else "Score %"
        names = table.texts("Model")
        scores = table.numbers("Score" if category == _ORIGINAL else column)
        ranks = table.wholes("Rank") if table.has("Rank") else [None] * len(names)
        entries = []
        for row, (name, score, rank) in enumerate(zip(names, scores, ranks, strict=True), start=1):
            if score is None:
                continue
            if name is None:
                raise self._error(revision, f"row {row} of table {category!r} names no model")
            profile = _SYSTEM if name in _SYSTEMS else _MODEL
            entries.append(RawEntry(name, score, None, None, None, rank, profile))
        return entries

    def _error(self, revision: Revision, text: str) -> ParseError:
        return ParseError(self.info.slug, f"{revision.document}: {text}")


def _board(table: str, era: str | None) -> Leaderboard:
    """The board of a table; the original version has no eras."""
    original = table == _ORIGINAL
    family = "nyt-connections-original" if original else "nyt-connections-extended"
    category = _MAIN if original else table
    era = None if original else era
    said = {_MAIN: "", _OLDER: ", older models"}.get(category, f", {category.replace('-', ' ')}")
    version = "original version" if original else f"extended version ({era})"
    return Leaderboard(
        slug=board_slug(family, era, category),
        title=f"NYT Connections, {version}{said}",
        family=family,
        category=category,
        kind=BoardKind.BENCHMARK,
        unit="percent",
        higher_is_better=True,
        era=era,
    )
