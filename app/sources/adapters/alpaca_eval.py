"""AlpacaEval, versions 1 and 2: how often a judge prefers a model's answers to a reference's.

Document: four tables in `tatsu-lab/alpaca_eval`, branch main. The two that the page shows:
          `docs/data_AlpacaEval/alpaca_eval_gpt4_leaderboard.csv` (version 1, June 2023 to May
          2024; up to 2024-01-10 it lay in `docs/`) and
          `docs/data_AlpacaEval_2/weighted_alpaca_eval_gpt4_turbo_leaderboard.csv` (version 2).
          And what the evaluation wrote, which upstream calls precomputed leaderboards: the same
          folders and names in `src/alpaca_eval/leaderboards`
Shape:    CSV, a row for each model. The page's: `name`, `win_rate`, `link`, `filter`; `avg_length`
          and `samples` from July 2023, `length_controlled_winrate` from 2024-03-20. Precomputed:
          the model's key under a header that is empty, `win_rate`, `standard_error`, counts and
          `mode`; `length_controlled_winrate` from 2024-03-20, and of version 2
          `lc_standard_error` from 2024-05-16
Units:    percent of 805 instructions, 0 to 100, and so are standard errors. There are no ranks.
          The page has no intervals; those of precomputed leaderboards are 95 %: the rate ± 1.959964
          standard errors
Editions: the tables simply change; an edition is the UTC date of a commit
Cadence:  every few days to the end of 2024; nothing since

Versions differ in reference and judge and cannot be compared: version 1 is text-davinci-003 and
GPT-4, version 2 is GPT-4 Turbo for both. Version 2 ranks by the win rate controlled for length, so
that its main board begins on 2024-03-20, and the raw win rate has a board of its own from the
start. Version 1 was ranked by the raw win rate to its end; some of its models have no other.

Precomputed leaderboards are boards of their own beside the page's: they have models that the page
has not, under other names (`gpt4_1106_preview`), and change on other days. Rates agree. A run with
a prompt to be verbose or concise (`mode` is `dev`, `claude-2.1_concise`) is a model under a key of
its own, ranked among the others as upstream does. The page showed such runs from 2024-02-11 to
2024-03-17, `GPT-4 Turbo (verbose)` first, and left them out again.

Models made to fool the judge have `(adversarial)` behind their name on the page. Precomputed
leaderboards do not say so: there they are the two keys that have the rates of those lines.

Some entries are systems: mixtures of agents (`Together MoA`), composed experts (`Samba CoE`), what
corrects another's answers (`Aligner 2B+...`) or picks the best of many by a reward model
(`PairRM+...`, `(best-of-16)`), a search over several models (`TOA`). Nothing marks them: they are
listed by name, from all names to the end of 2024. One model is a model however it was trained
(`Tulu 2+DPO 70B`, `ExPO + ...`, merges), prompted or sampled (`num_beams=10`), and so is what does
not say how it is made (`Blendax.AI-gm-l6-vo31`, "our solution").

Traps: two models are both printed `GPT 3.5 Turbo (06/13)`. The page renamed its models on
2024-04-12 (`GPT-4 0314` became `GPT-4 (03/14)`), and printed the verbose and the concise run of
GPT 3.5 Turbo 1106 the wrong way round. The key `gpt4_turbo` became `gpt4_1106_preview`. The
reference wins 50 % against itself, with a standard error of 0. Most rates controlled for length
have no standard error, those of version 1 none. Rows may end early: what they lack is missing. Two
have `mode` and counts in each other's columns (2023-08-11), which are not read. The first edition
of the precomputed leaderboard of version 2 (2024-01-03) is of 256 instructions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

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
from app.sources.base import Payload, SourceInfo, Upstream
from app.sources.tables import TextTable, csv_table

_REPOSITORY = "tatsu-lab/alpaca_eval"
_PRECOMPUTED = "src/alpaca_eval/leaderboards"
_V1 = "data_AlpacaEval/alpaca_eval_gpt4_leaderboard.csv"
_V2 = "data_AlpacaEval_2/weighted_alpaca_eval_gpt4_turbo_leaderboard.csv"
_FAMILY = "alpaca-eval"
_RAW = "win_rate"
_CONTROLLED = "length_controlled_winrate"
_CAME_LATER = frozenset({_CONTROLLED, "lc_standard_error"})
_STANDARD_ERRORS = {_RAW: "standard_error", _CONTROLLED: "lc_standard_error"}
_Z95 = 1.959964
_FOOLS_THE_JUDGE = "(adversarial)"
_KEYS_THAT_FOOL_THE_JUDGE = frozenset({"NullModel", "gpt4_gamed"})
_SYSTEMS = frozenset(
    {
        # as the page prints them
        "Aligner 2B+Claude 3 Opus",
        "Aligner 2B+GPT-4 Turbo (04/09)",
        "Aligner 2B+Qwen1.5 72B Chat",
        "OpenPipe MoA GPT-4 Turbo",
        "PairRM 0.4B+Tulu 2+DPO 13B (best-of-16)",
        "PairRM 0.4B+Tulu 2+DPO 70B (best-of-16)",
        "PairRM 0.4B+Yi-34B-Chat (best-of-16)",
        "PairRM 0.4B+Zephyr 7B Beta (best-of-16)",
        "PairRM+Tulu 2+DPO 13B (best-of-16)",
        "PairRM+Tulu 2+DPO 70B (best-of-16)",
        "PairRM+Zephyr 7B Beta (best-of-16)",
        "Samba CoE v0.1",
        "Samba CoE v0.2",
        "Samba CoE v0.2 (best-of-16)",
        "SelfMoA + gemma-2-9b-it-SimPO",
        "SelfMoA + gemma-2-9b-it-WPO-HB",
        "Shopee SlimMoA v1",
        "Snorkel (Mistral-PairRM-DPO+best-of-16)",
        "Storm-7B (best-of-64)",
        "TOA",
        "Together MoA",
        "Together MoA-Lite",
        "UltraLM 13B (best-of-16)",
        "UltraLM 13B V2.0 (best-of-16)",
        # the keys of precomputed leaderboards
        "Samba-CoE-v0.1",
        "Samba-CoE-v0.2",
        "Samba-CoE-v0.2-best-of-16",
        "SelfMoA_gemma-2-9b-it-SimPO",
        "SelfMoA_gemma-2-9b-it-WPO-HB",
        "Shopee-SlimMoA-v1",
        "Snorkel-Mistral-PairRM-DPO-best-of-16",
        "Storm-7B-best-of-64",
        "Together-MoA",
        "Together-MoA-Lite",
        "aligner-2b_claude-3-opus-20240229",
        "aligner-2b_gpt-4-turbo-2024-04-09",
        "aligner-2b_qwen1.5-72b-chat",
        "openpipe-moa-gpt-4-turbo-v1",
        "pairrm-Yi-34B-Chat",
        "pairrm-tulu-2-13b",
        "pairrm-tulu-2-70b",
        "pairrm-zephyr-7b-beta",
        "ultralm-13b-best-of-16",
        "ultralm-13b-v2.0-best-of-16",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """A table of a version: its file, and what its columns are.

    `names` is the column of names. Columns of rates have a board, and some one of standard errors.
    """

    document: github.Document
    names: str
    standard_errors: Mapping[str, str]
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
        mixed=True,
    )


def _document(name: str, *paths: str) -> github.Document:
    places = (github.Place(repository=_REPOSITORY, branch="main", paths=(path,)) for path in paths)
    return github.Document(name=f"{_REPOSITORY}:{name}", places=tuple(places))


_TABLES = (
    _Table(
        document=_document("1", "docs/alpaca_eval_gpt4_leaderboard.csv", f"docs/{_V1}"),
        names="name",
        standard_errors={},
        boards={
            _RAW: _board("1", "overall", "AlpacaEval 1"),
            _CONTROLLED: _board("1", "length-controlled", "AlpacaEval 1, length-controlled"),
        },
    ),
    _Table(
        document=_document("2", f"docs/{_V2}"),
        names="name",
        standard_errors={},
        boards={
            _CONTROLLED: _board("2", "overall", "AlpacaEval 2"),
            _RAW: _board("2", "win-rate", "AlpacaEval 2, win rate"),
        },
    ),
    _Table(
        document=_document("1/precomputed", f"{_PRECOMPUTED}/{_V1}"),
        names="",
        standard_errors=_STANDARD_ERRORS,
        boards={
            _RAW: _board("1", "precomputed", "AlpacaEval 1, precomputed leaderboard"),
            _CONTROLLED: _board(
                "1",
                "precomputed-length-controlled",
                "AlpacaEval 1, length-controlled, precomputed leaderboard",
            ),
        },
    ),
    _Table(
        document=_document("2/precomputed", f"{_PRECOMPUTED}/{_V2}"),
        names="",
        standard_errors=_STANDARD_ERRORS,
        boards={
            _CONTROLLED: _board(
                "2",
                "precomputed",
                "AlpacaEval 2, precomputed leaderboard with development runs",
            ),
            _RAW: _board(
                "2",
                "precomputed-win-rate",
                "AlpacaEval 2, win rate, precomputed leaderboard with development runs",
            ),
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


_PROFILES = {kind: _profile(kind) for kind in EntryKind}


class AlpacaEval(github.GitSource):
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
    documents = _DOCUMENTS

    def parse(self, payload: Payload) -> Sequence[Snapshot]:
        """One snapshot for each rate that the table has, in the table's order."""
        revision = payload.revision
        found = next((t for t in _TABLES if t.document.name == revision.document), None)
        if found is None:
            raise ParseError(self.info.slug, f"there is no document {revision.document!r}")
        table = csv_table(self.info.slug, revision.document, payload.files[0])
        names = [name or "" for name in table.texts(found.names)]
        if "" in names:
            raise ParseError(self.info.slug, f"{revision.document}: a row names no model")
        day = revision.day
        snapshots = []
        for column, board in found.boards.items():
            rates = _numbers(table, column)
            errors = _numbers(table, found.standard_errors.get(column))
            entries = [
                _entry(name, rate, error)
                for name, rate, error in zip(names, rates, errors, strict=True)
                if rate is not None
            ]
            if entries:
                snapshots.append(Snapshot(board, day, entries))
        return snapshots


def _numbers(table: TextTable, column: str | None) -> list[float | None]:
    """A column; nothing but None if there is none, or none yet."""
    if column is None or (column in _CAME_LATER and not table.has(column)):
        return [None] * len(table)
    return table.numbers(column)


def _entry(name: str, rate: float, error: float | None) -> RawEntry:
    lower, upper = (None, None) if error is None else (rate - _Z95 * error, rate + _Z95 * error)
    return RawEntry(name, rate, lower, upper, None, None, _profile_of(name))


def _profile_of(name: str) -> Profile:
    kind = EntryKind.SYSTEM if name in _SYSTEMS else EntryKind.MODEL
    if name.casefold().endswith(_FOOLS_THE_JUDGE) or name in _KEYS_THAT_FOOL_THE_JUDGE:
        kind = EntryKind.ADVERSARIAL
    return _PROFILES[kind]
