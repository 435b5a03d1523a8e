"""AlpacaEval, versions 1 and 2: how often a judge prefers a model's answers to a reference's.

Document: the tables that the leaderboard's page shows, in `tatsu-lab/alpaca_eval`, branch main:
          `docs/data_AlpacaEval/alpaca_eval_gpt4_leaderboard.csv` (version 1, June 2023 to May
          2024; up to 2024-01-10 it lay in `docs/`) and
          `docs/data_AlpacaEval_2/weighted_alpaca_eval_gpt4_turbo_leaderboard.csv` (version 2)
Shape:    CSV, a row for each model: `name`, `win_rate`, `link`, `filter`; `avg_length` and
          `samples` from July 2023, `length_controlled_winrate` from 2024-03-20
Units:    percent of 805 instructions, 0 to 100. The page gives neither ranks nor intervals
Editions: the tables simply change; an edition is the UTC date of a commit
Cadence:  every few days to the end of 2024; nothing since

Versions differ in reference and judge and cannot be compared: version 1 is text-davinci-003 and
GPT-4, version 2 is GPT-4 Turbo for both. Version 2 ranks by the win rate controlled for length, so
that its main board begins on 2024-03-20, and the raw win rate has a board of its own from the
start. Version 1 was ranked by the raw win rate to its end; some of its models have no other.

The raw tables under `src/alpaca_eval/leaderboards` are not read. They have standard errors (of
the controlled rate for a fifth of the models), but names that the page does not print, the runs
with a prompt to be verbose or brief (`mode` is `dev`) that the page left out again, and rows of
which the last cell is missing or in another column.

Traps: models made to fool the judge have `(adversarial)` behind their name. Two models are both
printed `GPT 3.5 Turbo (06/13)`. The page renamed its models on 2024-04-12 (`GPT-4 0314` became
`GPT-4 (03/14)`). From 2024-02-11 to 2024-03-17 it showed `GPT-4 Turbo (verbose)` first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta

from app.domain.leaderboard import (
    BoardKind,
    EntryKind,
    Leaderboard,
    Profile,
    RawEntry,
    Snapshot,
    board_slug,
)
from app.errors import ParseError
from app.sources import github
from app.sources.base import Endpoints, Listing, Payload, Revision, SourceInfo, Upstream
from app.sources.http import Client
from app.sources.tables import csv_table

_REPOSITORY = "tatsu-lab/alpaca_eval"
_FAMILY = "alpaca-eval"
_RAW = "win_rate"
_CONTROLLED = "length_controlled_winrate"
_FOOLS_THE_JUDGE = "(adversarial)"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """A version of AlpacaEval: its file, and the board of each column that ranks."""

    document: github.Document
    boards: Mapping[str, Leaderboard]


def _board(era: str, category: str, title: str) -> Leaderboard:
    return Leaderboard(
        slug=board_slug(_FAMILY, era, category),
        title=title,
        family=_FAMILY,
        era=era,
        category=category,
        kind=BoardKind.BENCHMARK,
        unit="percent",
        higher_is_better=True,
    )


def _document(era: str, *paths: str) -> github.Document:
    places = (github.Place(repository=_REPOSITORY, branch="main", paths=(path,)) for path in paths)
    return github.Document(name=f"{_REPOSITORY}:{era}", places=tuple(places))


_TABLES = (
    _Table(
        document=_document(
            "1",
            "docs/alpaca_eval_gpt4_leaderboard.csv",
            "docs/data_AlpacaEval/alpaca_eval_gpt4_leaderboard.csv",
        ),
        boards={
            _RAW: _board("1", "overall", "AlpacaEval 1"),
            _CONTROLLED: _board("1", "length-controlled", "AlpacaEval 1, length-controlled"),
        },
    ),
    _Table(
        document=_document(
            "2", "docs/data_AlpacaEval_2/weighted_alpaca_eval_gpt4_turbo_leaderboard.csv"
        ),
        boards={
            _CONTROLLED: _board("2", "overall", "AlpacaEval 2"),
            _RAW: _board("2", "win-rate", "AlpacaEval 2, win rate"),
        },
    ),
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


_HONEST = _profile(EntryKind.MODEL)
_ADVERSARIAL = _profile(EntryKind.ADVERSARIAL)


class AlpacaEval:
    """The adapter of both versions of AlpacaEval."""

    info = SourceInfo(
        slug="alpaca_eval",
        title="AlpacaEval",
        homepage="https://tatsu-lab.github.io/alpaca_eval/",
        licence="Apache-2.0 for the code, CC BY-NC 4.0 for the data (non-commercial)",
        licence_url="https://github.com/tatsu-lab/alpaca_eval#readme",
        attribution="AlpacaEval, tatsu-lab, Apache 2.0 and CC BY-NC 4.0 (non-commercial)",
        every=timedelta(hours=12),
        cadence=None,
        archived=False,
        upstream=Upstream.GITHUB,
        hosts=github.HOSTS,
    )

    def __init__(self, endpoints: Endpoints) -> None:
        """Remember where GitHub is."""
        self._api = endpoints.github_api
        self._raw = endpoints.github_raw

    def current(self, client: Client, validators: Mapping[str, str]) -> Listing:
        """The newest table of each version."""
        return github.current(client, self._api, _DOCUMENTS, validators)

    def history(self, client: Client) -> Sequence[Revision]:
        """The last tables of every day, oldest first."""
        return github.history(client, self._api, _DOCUMENTS)

    def fetch(self, client: Client, revision: Revision) -> Payload:
        """Download a table."""
        return github.fetch(client, self._raw, revision)

    def parse(self, payload: Payload) -> Sequence[Snapshot]:
        """One snapshot for each rate that the table has, in the table's order."""
        revision = payload.revision
        found = next((t for t in _TABLES if t.document.name == revision.document), None)
        if found is None:
            raise ParseError(self.info.slug, f"there is no document {revision.document!r}")
        table = csv_table(self.info.slug, revision.document, payload.files[0])
        names = [name or "" for name in table.texts("name")]
        if "" in names:
            raise ParseError(self.info.slug, f"{revision.document}: a row names no model")
        day = revision.edition_date or revision.published_at.astimezone(UTC).date()
        snapshots = []
        for column, board in found.boards.items():
            if column == _CONTROLLED and not table.has(column):
                continue
            entries = [
                RawEntry(name, rate, None, None, None, None, _profile_of(name))
                for name, rate in zip(names, table.numbers(column), strict=True)
                if rate is not None
            ]
            if entries:
                snapshots.append(Snapshot(board, day, entries))
        return snapshots


def _profile_of(name: str) -> Profile:
    return _ADVERSARIAL if name.casefold().endswith(_FOOLS_THE_JUDGE) else _HONEST
