"""Hugging Face's Open LLM Leaderboard, versions 1 and 2: standard benchmarks run by Hugging Face.

Document: `data/train-*.parquet` of the datasets `open-llm-leaderboard/contents` (v2, June 2024 to
          March 2025) and `open-llm-leaderboard-old/contents` (v1, May 2023 to June 2024)
Shape:    one row per submission: `fullname`, `Model` (an HTML link to it), scores, facts about
          the model. A model stands there several times when it was submitted in several
          precisions, revisions or chat templates
Units:    percent, 0 to 100; v2's columns are normalised so that guessing is 0, and their
          `... Raw` twins in 0..1 are not read. Null is a score that was never computed
Editions: the table simply changes; an edition is the UTC date of a commit
Cadence:  archived in March 2025

Generations of columns, all read: `Maintainer's Highlight` became `Official Providers` on
2024-12-05, `Not_Merged` became `Merged` and whole `#Params (B)` fractional on 2024-12-11 (-1 and 0
are unknown); `Generation`, `Base Model` and `CO2 cost (kg)` came late. v1 has no flag for official
models: its `Maintainers Choice` is null everywhere.

Trap: the board's own exports hold some truth values upside down (`Flagged`, `MoE` and `Merged`
before 2024-12-11, `Available on the hub` after). None of them is read here. The flag that is
read, for official providers, is the right way up everywhere.
"""

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta

from app.domain.leaderboard import BoardKind, Leaderboard, Profile, RawEntry, Snapshot
from app.errors import ParseError
from app.sources import hub, parquet
from app.sources.base import Endpoints, Listing, Payload, Revision, SourceInfo, Upstream
from app.sources.http import Client

_STEM = "data/train"
_AVERAGE = "Average ⬆️"
_FACTS = ("fullname", "Model", "Hub License", "#Params (B)")
_LINK = re.compile(r"<a\b[^>]*>([^<]*)</a>")
_TAG = re.compile(r"<[^<>]*>")
_FLAGGED = " has been flagged!"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """One of the two datasets. `official` are the names its flag for official models had."""

    dataset: str
    boards: Mapping[str, Leaderboard]
    official: tuple[str, ...]

    @property
    def document(self) -> str:
        return f"{self.dataset}:data"


def _boards(family: str, title: str, benchmarks: Mapping[str, str]) -> dict[str, Leaderboard]:
    """The boards of a version by column; the average is its main board."""
    names = {_AVERAGE: ("overall", title)}
    for category, column in benchmarks.items():
        names[column] = (category, f"{title}, {column}")
    return {
        column: Leaderboard(
            slug=family if category == "overall" else f"{family}-{category}",
            title=name,
            family=family,
            category=category,
            kind=BoardKind.BENCHMARK,
            unit="percent",
            higher_is_better=True,
        )
        for column, (category, name) in names.items()
    }


_TABLES = (
    _Table(
        dataset="open-llm-leaderboard-old/contents",
        boards=_boards(
            "open-llm-v1",
            "Open LLM Leaderboard v1",
            {
                "arc": "ARC",
                "hellaswag": "HellaSwag",
                "mmlu": "MMLU",
                "truthfulqa": "TruthfulQA",
                "winogrande": "Winogrande",
                "gsm8k": "GSM8K",
            },
        ),
        official=(),
    ),
    _Table(
        dataset="open-llm-leaderboard/contents",
        boards=_boards(
            "open-llm-v2",
            "Open LLM Leaderboard v2",
            {
                "ifeval": "IFEval",
                "bbh": "BBH",
                "math": "MATH Lvl 5",
                "gpqa": "GPQA",
                "musr": "MUSR",
                "mmlu-pro": "MMLU-PRO",
            },
        ),
        official=("Official Providers", "Maintainer's Highlight"),
    ),
)


class OpenLLM:
    """The adapter of both versions of the Open LLM Leaderboard."""

    info = SourceInfo(
        slug="open_llm",
        title="Open LLM Leaderboard",
        homepage="https://huggingface.co/open-llm-leaderboard",
        licence="none stated by the publisher",
        licence_url=None,
        attribution="Open LLM Leaderboard, Hugging Face",
        every=timedelta(hours=24),
        cadence=None,
        archived=True,
        upstream=Upstream.HUB,
        hosts=hub.HOSTS,
    )

    def __init__(self, endpoints: Endpoints) -> None:
        """Remember where the Hub is."""
        self._endpoint = endpoints.hf

    def current(self, client: Client, validators: Mapping[str, str]) -> Listing:
        """The newest revision of each of the two tables."""
        heads = [hub.head(client, self._endpoint, t.dataset, validators) for t in _TABLES]
        known = {url: etag for head in heads for url, etag in head.validators.items()}
        if not any(head.changed for head in heads):
            return Listing(revisions=None, validators=known)
        revisions = []
        for table, head in zip(_TABLES, heads, strict=True):
            files = self._shards(client, table, head.revision)
            newest = hub.revision_of(table.document, files, edition_date=None, cumulative=False)
            revisions.append(_dated(newest))
        return Listing(revisions=tuple(revisions), validators=known)

    def history(self, client: Client) -> Sequence[Revision]:
        """The last commit of every UTC day of both tables, oldest first.

        An old revision is taken to have as many shards as the newest; one that has not
        cannot be fetched.
        """
        revisions = []
        for table in _TABLES:
            head = hub.head(client, self._endpoint, table.dataset, {})
            paths = tuple(file.path for file in self._shards(client, table, head.revision))
            days: dict[date, hub.Commit] = {}
            for commit in hub.commits(client, self._endpoint, table.dataset, head.revision):
                days.setdefault(commit.date.date(), commit)
            revisions += [
                Revision(
                    document=table.document,
                    revision=commit.id,
                    published_at=commit.date,
                    edition_date=day,
                    cumulative=False,
                    paths=paths,
                    digests=(),
                )
                for day, commit in days.items()
            ]
        return sorted(revisions, key=lambda revision: revision.published_at)

    def fetch(self, client: Client, revision: Revision) -> Payload:
        """Download a table."""
        dataset = self._table(revision).dataset
        return hub.fetch(client, self._endpoint, dataset, revision)

    def parse(self, payload: Payload) -> Sequence[Snapshot]:
        """One snapshot per board with a score; rows in the table's order, several per model."""
        table = self._table(payload.revision)
        columns = (*_FACTS, *table.official, *table.boards)
        document = parquet.Document(self.info.slug, table.document, payload.files, columns)
        names = self._names(document, table)
        profiles = self._profiles(document, table, names)
        edition = _edition_date(payload.revision)
        snapshots = []
        for column, board in table.boards.items():
            entries = [
                RawEntry(name, score, None, None, None, None, profile)
                for name, score, profile in zip(
                    names, document.numbers(column), profiles, strict=True
                )
                if score is not None
            ]
            if entries:
                snapshots.append(Snapshot(board, edition, entries))
        return snapshots

    def _shards(self, client: Client, table: _Table, revision: str) -> tuple[hub.File, ...]:
        files = hub.tree(client, self._endpoint, table.dataset, revision)
        found = hub.sharded(self.info.slug, files)
        if _STEM not in found:
            raise ParseError(self.info.slug, f"{table.dataset} has no {_STEM}-*.parquet")
        return found[_STEM]

    def _table(self, revision: Revision) -> _Table:
        for table in _TABLES:
            if table.document == revision.document:
                return table
        raise ParseError(self.info.slug, f"there is no document {revision.document!r}")

    def _names(self, document: parquet.Document, table: _Table) -> list[str]:
        """Each row's model as printed, free of markup."""
        cells = document.texts("Model")
        plain = document.texts("fullname") if document.has("fullname") else [None] * len(cells)
        names = []
        for row, (cell, fullname) in enumerate(zip(cells, plain, strict=True)):
            link = _LINK.search(cell or "")
            linked = None if link is None else _printed(link[1])
            name = _printed(fullname or "") or linked or _printed(_TAG.sub("", cell or ""))
            if not name:
                raise ParseError(self.info.slug, f"{table.document}: row {row} names no model")
            if linked is not None and linked.casefold() != name.casefold():
                text = f"row {row} is {name[:100]!r} but links to {linked[:100]!r}"
                raise ParseError(self.info.slug, f"{table.document}: {text}")
            names.append(name)
        return names

    def _profiles(
        self, document: parquet.Document, table: _Table, names: Sequence[str]
    ) -> list[Profile]:
        """What the table says of each row's model; equal ones are one object."""
        known: dict[tuple[str, str | None, float | None, bool | None], Profile] = {}
        profiles = []
        for name, licence, parameters, official in zip(
            names,
            document.texts("Hub License"),
            document.numbers("#Params (B)"),
            self._official(document, table) or [None] * len(names),
            strict=True,
        ):
            facts = (_namespace(name), licence, parameters, official)
            if facts not in known:
                known[facts] = Profile(
                    namespace=facts[0],
                    organization=None,
                    licence=licence or None,
                    official=official,
                    parameters_b=parameters if parameters is not None and parameters > 0 else None,
                )
            profiles.append(known[facts])
        return profiles

    def _official(self, document: parquet.Document, table: _Table) -> list[bool | None] | None:
        """The flag for official models by whichever name it has; None where there is none."""
        for column in table.official:
            if document.has(column):
                return document.flags(column)
        if table.official:
            columns = " or ".join(repr(column) for column in table.official)
            raise ParseError(self.info.slug, f"{table.document}: column {columns} is missing")
        return None


def _printed(text: str) -> str:
    """A name without entities, and without the remark that the model was flagged."""
    return html.unescape(text).split(_FLAGGED, 1)[0].strip()


def _namespace(name: str) -> str:
    """The owner in a Hub id; a model without one (`gpt2`) is its own owner, in lower case."""
    owner, slash, _rest = name.partition("/")
    return owner if slash else name.lower()


def _edition_date(revision: Revision) -> date:
    return revision.edition_date or revision.published_at.astimezone(UTC).date()


def _dated(revision: Revision) -> Revision:
    return replace(revision, edition_date=_edition_date(revision))
