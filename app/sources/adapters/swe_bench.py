"""SWE-bench: which share of real GitHub issues a system resolves, on several sets of them.

Document: `data/leaderboards.json` (since May 2025, before as `template/data.json`) and, for the
          autumn of 2024, `template/multimodal.json`, in the branch `master` of
          `SWE-bench/swe-bench.github.io`. Boards are read from the document
Shape:    `{"leaderboards": [{"name": "Verified", "results": [{"name": "...", "resolved": 70.6,
          "tags": ["Org: Anthropic", ...], ...}]}]}`; until August 2024 the two boards were keys of
          the whole, `test_leaderboard` and `lite_leaderboard`, then `test` and `lite` beside them
          with the same rows; `multimodal.json` has one, `leaderboard`
Units:    percent, 0 to 100; texts ("12.29") until July 2024
Editions: the UTC date of a commit. An entry's own `date` is when it was run, weeks before
Cadence:  1 to 50 days

An entry is a system: somebody's scaffold with one model or several. On `bash-only` everything
runs in one and the same scaffold, so that its entries are models. From 28 to 31 July 2025 it was
called `verified-mini`, with the same rows: it is read as what it was before and after. Board after
board is a family of its own: no score is the mean of others.

An entry's maker is that of its system, on `bash-only` that of its model. `Org` tags name it, often
none and sometimes two: of `mini-SWE-agent + X` the maker of the model before that of the scaffold,
of `OpenHands + DevStral` behind it. Of several counts the one that the scaffold, what stands before
` + ` in a name, is called by; where none is (`SemAgent_Multi-v1.0`, by Columbia), the first.

Trap: eight names stand more than once on a board (`devlo`, `TRAE`), for a system that was submitted
again. The name is what the board prints; what tells them apart, `folder`, is printed nowhere
and was not there before July 2024. No name is made of it: the rows are told as they stand, and
ingestion makes the best one the system's entry, with their number.

Traps: 0.0 is a score (one was a mistake, corrected five months later). The site hides rows with a
`warning`; here they stand. `site`, `logs`, `checked` and dates (`2508-22-`) change their types and
are not read. The scaffold of `bash-only` was renewed several times.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from pydantic import Field, TypeAdapter

from app.domain.leaderboard import (
    BoardKind,
    EntryKind,
    Leaderboard,
    Profile,
    RawEntry,
    Snapshot,
)
from app.domain.slugs import slugify
from app.errors import ParseError
from app.sources import github
from app.sources.base import Payload, Revision, SourceInfo, Upstream
from app.sources.http import Client
from app.sources.listings import Strict, parsed

_REPOSITORY = "SWE-bench/swe-bench.github.io"
_ORGANIZATION = "Org: "
_AND_A_MODEL = " + "
_BASH_ONLY = "bash-only"
_FOR_THREE_DAYS = "verified-mini"


def _place(path: str) -> github.Place:
    return github.Place(repository=_REPOSITORY, branch="master", paths=(path,))


_LEADERBOARDS = github.Document(
    name=f"{_REPOSITORY}:leaderboards",
    places=(_place("template/data.json"), _place("data/leaderboards.json")),
)
_MULTIMODAL = github.Document(
    name=f"{_REPOSITORY}:multimodal", places=(_place("template/multimodal.json"),)
)
_DOCUMENTS = frozenset({_LEADERBOARDS.name, _MULTIMODAL.name})


class _Entry(Strict):
    name: str = Field(min_length=1)
    resolved: float | Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?$")] | None
    tags: list[str] | None = None


class _Board(Strict):
    name: str
    results: list[_Entry]


class _Root(Strict):
    """Every form the whole had; one of the fields is there."""

    leaderboards: list[_Board] | None = None
    leaderboard: list[_Entry] | None = None
    test: list[_Entry] | None = None
    test_leaderboard: list[_Entry] | None = None
    lite: list[_Entry] | None = None
    lite_leaderboard: list[_Entry] | None = None

    def boards(self) -> list[tuple[str, list[_Entry]]]:
        """The boards in upstream's order, under their later names."""
        if self.leaderboards is not None:
            return [(_lasting(board.name), board.results) for board in self.leaderboards]
        found = {
            "Test": self.test or self.test_leaderboard,
            "Lite": self.lite or self.lite_leaderboard,
            "Multimodal": self.leaderboard,
        }
        return [(name, entries) for name, entries in found.items() if entries is not None]


_ROOT = TypeAdapter(_Root)


def _lasting(board: str) -> str:
    return _BASH_ONLY if board == _FOR_THREE_DAYS else board


class SWEBench(github.GitSource):
    """The adapter of all of SWE-bench's boards."""

    info = SourceInfo(
        slug="swe_bench",
        title="SWE-bench",
        homepage="https://www.swebench.com",
        licence="CC-BY-NC-4.0",
        licence_url="https://creativecommons.org/licenses/by-nc/4.0/",
        attribution="SWE-bench leaderboards, SWE-bench team, CC BY-NC 4.0, non-commercial use only",
        every=timedelta(hours=12),
        cadence=timedelta(days=60),
        archived=False,
        upstream=Upstream.GITHUB,
        hosts=github.HOSTS,
    )
    documents = (_LEADERBOARDS,)

    def history(self, client: Client) -> Sequence[Revision]:
        """The last commit of every day; of the file that is no more, all but its removal."""
        found = github.history(client, self.api, [_LEADERBOARDS, _MULTIMODAL])
        removal = [r for r in found if r.document == _MULTIMODAL.name][-1:]
        return [revision for revision in found if revision not in removal]

    def parse(self, payload: Payload) -> Sequence[Snapshot]:
        """One snapshot per board that has a score, rows in upstream's order."""
        revision = payload.revision
        if revision.document not in _DOCUMENTS:
            raise ParseError(self.info.slug, f"there is no document {revision.document!r}")
        [file] = payload.files
        boards = parsed(self.info.slug, _ROOT, file, revision.document).boards()
        slugs = [slugify(name) for name, _entries in boards]
        if not slugs or "" in slugs or len(set(slugs)) < len(slugs):
            names = str([name for name, _entries in boards])[:200]
            text = f"{revision.document}: boards that cannot be told apart: {names}"
            raise ParseError(self.info.slug, text)
        edition = revision.day
        snapshots = [Snapshot(_board(name), edition, _entries(name, rows)) for name, rows in boards]
        return [snapshot for snapshot in snapshots if snapshot.entries]


def _kind(board: str) -> EntryKind:
    return EntryKind.MODEL if slugify(board) == _BASH_ONLY else EntryKind.SYSTEM


def _board(name: str) -> Leaderboard:
    family = f"swe-bench-{slugify(name)}"
    return Leaderboard(
        slug=family,
        title=f"SWE-bench {name}",
        family=family,
        category="overall",
        kind=BoardKind.AGENTIC,
        unit="percent",
        higher_is_better=True,
        entry_kind=_kind(name),
    )


def _entries(board: str, rows: Sequence[_Entry]) -> list[RawEntry]:
    kind = _kind(board)
    return [
        RawEntry(row.name, float(row.resolved), None, None, None, None, _profile(row, kind))
        for row in rows
        if row.resolved is not None
    ]


def _profile(row: _Entry, kind: EntryKind) -> Profile:
    return Profile(
        namespace=None,
        organization=_maker(row, kind),
        licence=None,
        official=None,
        parameters_b=None,
        kind=kind,
    )


def _maker(row: _Entry, kind: EntryKind) -> str | None:
    makers = [
        tag.removeprefix(_ORGANIZATION).strip()
        for tag in row.tags or ()
        if tag.startswith(_ORGANIZATION)
    ]
    scaffold, plus, _model = row.name.casefold().partition(_AND_A_MODEL)
    of_the_scaffold = plus and kind is EntryKind.SYSTEM
    builders = [maker for maker in makers if of_the_scaffold and maker.casefold() in scaffold]
    return next(iter(builders or makers), "") or None
