"""Vectara's hallucination leaderboard: how often a model's summary says what its text does not.

Document: `README.md` of `vectara/hallucination-leaderboard` (branch `main`)
Shape:    one Markdown table: `Model`, `Hallucination Rate`, and what is no ranking of its own: its
          complement (`Accuracy`, since 2024-01-04 `Factual Consistency Rate`), `Answer Rate`,
          `Average Summary Length (Words)`. Three orders of columns in its history
Units:    percent, fewer is better; the sign may be missing. `XX %` and `YY` are figures to come
Editions: the UTC date of a commit. The text claims a date (`Last updated on November 1st, 2023`),
          but by hand: it was up to 78 days old, went back three times, and many versions share one
Cadence:  every few days, with silences of weeks

Eras, which Vectara began anew, judge and data: scores of two of them cannot be compared. Each is
told by what stands in the table, whatever the date. GPT-4 is on every edition of the first two.

- 2023-10-31, judged by HHEM-1.0: `GPT 4`
- 2024-07-26, HHEM-2.1: `GPT-4`, later `OpenAI GPT-4`. The text names the judge only ten days later
- 2025-11-18, HHEM-2.3 on another data set: `openai/gpt-4o-2024-08-06`; what is before the stroke is
  the maker. A version that names another judge begins an era that is not known here

Traps: rows are not in order of score; a name can stand twice; a figure and its complement do not
always add to 100; emphasis in names (`Google Palm (*text-bison--001*)`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from app.domain.leaderboard import (
    BoardKind,
    Leaderboard,
    Profile,
    RawEntry,
    Snapshot,
    board_slug,
)
from app.errors import ParseError
from app.sources import github, markdown
from app.sources.base import Payload, Revision, SourceInfo, Upstream
from app.sources.tables import MISSING

_REPOSITORY = "vectara/hallucination-leaderboard"
_README = github.Document(
    name=f"{_REPOSITORY}:README.md",
    places=(github.Place(repository=_REPOSITORY, branch="main", paths=("README.md",)),),
)
_FAMILY = "vectara-hallucination"
_RATE = "Hallucination Rate"
_TO_COME = MISSING | {"xx", "xx %", "xx%", "yy", "yy %", "yy%"}
_OWNED = re.compile(r"(?P<owner>[\w.-]+)/\S+")
_JUDGE = re.compile(r"leaderboard uses HHEM-([\d.]*\d)")


@dataclass(frozen=True, slots=True)
class _Era:
    """What can be compared: its first edition, and the model that judged it."""

    since: str
    judge: str

    @property
    def board(self) -> Leaderboard:
        return Leaderboard(
            slug=board_slug(_FAMILY, self.since, "overall"),
            title=f"Vectara Hallucination Leaderboard, HHEM-{self.judge}",
            family=_FAMILY,
            category="overall",
            kind=BoardKind.BENCHMARK,
            unit="percent",
            higher_is_better=False,
            era=self.since,
        )


_FIRST = _Era("2023-10-31", "1.0")
_SECOND = _Era("2024-07-26", "2.1")
_THIRD = _Era("2025-11-18", "2.3")
_BY_GPT_4 = {"GPT 4": _FIRST, "GPT-4": _SECOND, "OpenAI GPT-4": _SECOND}


class Vectara(github.GitSource):
    """The adapter of Vectara's hallucination leaderboard."""

    info = SourceInfo(
        slug="vectara",
        title="Vectara Hallucination Leaderboard",
        homepage="https://github.com/vectara/hallucination-leaderboard",
        licence="Apache-2.0",
        licence_url="https://www.apache.org/licenses/LICENSE-2.0",
        attribution="Hallucination Leaderboard, Vectara, Apache 2.0",
        every=timedelta(hours=12),
        cadence=timedelta(days=60),
        archived=False,
        upstream=Upstream.GITHUB,
        hosts=github.HOSTS,
    )
    documents = (_README,)

    def parse(self, payload: Payload) -> Sequence[Snapshot]:
        """One snapshot; rows in the table's order."""
        revision = payload.revision
        self.check_known(revision)
        [file] = payload.files
        document = markdown.document(self.info.slug, revision.document, file)
        tables = [table for _headings, table in document.tables if table.has(_RATE)]
        if len(tables) != 1:
            raise self._error(revision, f"{len(tables)} tables have a column {_RATE!r}, not one")
        names = tables[0].texts("Model")
        rates = tables[0].numbers(_RATE, unit="%", missing=_TO_COME)
        era = self._era(revision, document.text, {name for name in names if name is not None})
        entries = []
        for row, (name, rate) in enumerate(zip(names, rates, strict=True), start=1):
            if rate is None:
                continue
            if name is None:
                raise self._error(revision, f"row {row} names no model")
            entries.append(RawEntry(name, rate, None, None, None, None, _profile(name)))
        edition = revision.day
        return [Snapshot(era.board, edition, entries)]

    def _era(self, revision: Revision, text: str, names: set[str]) -> _Era:
        """The era of a table with these names."""
        if not any(_OWNED.fullmatch(name) for name in names):
            eras = {_BY_GPT_4[name] for name in names & _BY_GPT_4.keys()}
            if len(eras) != 1:
                raise self._error(revision, "its names are of no known era, or of several")
            return eras.pop()
        judge = _JUDGE.search(text)
        if judge is not None and judge[1] != _THIRD.judge:
            raise self._error(revision, f"is judged by HHEM-{judge[1]}, so of no known era")
        return _THIRD

    def _error(self, revision: Revision, text: str) -> ParseError:
        return ParseError(self.info.slug, f"{revision.document}: {text}")


def _profile(name: str) -> Profile:
    owned = _OWNED.fullmatch(name)
    return Profile(
        namespace=None,
        organization=owned and owned["owner"],
        licence=None,
        official=None,
        parameters_b=None,
    )
