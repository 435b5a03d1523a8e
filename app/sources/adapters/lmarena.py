"""LMArena (Chatbot Arena): people compare two anonymous answers; votes become ratings.

Document: `{subset}/latest-*.parquet` (the newest edition) and `{subset}/full-*.parquet` (every
          edition so far) of the dataset `lmarena-ai/leaderboard-dataset`. Subsets are read from
          the Hub's tree, categories from the column `category`
Shape:    one row per category, publish date and model: `model_name`, `organization` ("" when
          unknown), `license`, `rating`, `rating_lower`, `rating_upper`, `vote_count`, `rank`,
          `category`, `leaderboard_publish_date`. Subsets of agents have `score`,
          `score_ci_lower`, `score_ci_upper`, `observation_count` in place of the ratings
Units:    a rating on the Elo scale; an agent's score is an estimate that may be negative.
          Votes and ranks are stored as floats in some subsets; intervals and votes may be null
Editions: `leaderboard_publish_date`; an edition can be issued again with more rows
Cadence:  every 1 to 11 days, each subset on days of its own; one commit per subset, titled
          `Update {subset} for {publish date}`
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from app.domain.leaderboard import BoardKind, Leaderboard, Profile, RawEntry, Snapshot
from app.domain.slugs import slugify
from app.errors import ParseError
from app.sources import hub, parquet
from app.sources.base import Endpoints, Listing, Payload, Revision, SourceInfo, Upstream
from app.sources.http import Client

_DATASET = "lmarena-ai/leaderboard-dataset"
_STEM = re.compile(r"(?P<subset>\w[\w.-]*)/(?P<split>latest|full)")
_TITLE = re.compile(r"Update (?P<subset>\w[\w.-]*) for (?P<date>\d{4}-\d{2}-\d{2})")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_PIECE_ROWS = 50_000
_SMALL_WORDS = frozenset({"and", "for", "of", "or", "to"})

_Groups = defaultdict[tuple[str | None, str | None], list[RawEntry]]


class _Shape(NamedTuple):
    """The columns of a subset's figures, and what they measure."""

    score: str
    lower: str
    upper: str
    votes: str
    kind: BoardKind
    unit: str


_RATINGS = _Shape(
    "rating", "rating_lower", "rating_upper", "vote_count", BoardKind.PREFERENCE, "elo"
)
_AGENTS = _Shape(
    "score", "score_ci_lower", "score_ci_upper", "observation_count", BoardKind.AGENTIC, "score"
)

_COLUMNS = (
    *("model_name", "organization", "license", "rank", "category", "leaderboard_publish_date"),
    *(_RATINGS.score, _RATINGS.lower, _RATINGS.upper, _RATINGS.votes),
    *(_AGENTS.score, _AGENTS.lower, _AGENTS.upper, _AGENTS.votes),
)


class LMArena:
    """The adapter of all of LMArena's leaderboards."""

    info = SourceInfo(
        slug="lmarena",
        title="LMArena",
        homepage="https://huggingface.co/datasets/lmarena-ai/leaderboard-dataset",
        licence="CC-BY-4.0",
        licence_url="https://creativecommons.org/licenses/by/4.0/",
        attribution="LMArena leaderboard dataset, LMArena, CC BY 4.0",
        every=timedelta(hours=6),
        cadence=timedelta(days=30),
        archived=False,
        upstream=Upstream.HUB,
        hosts=hub.HOSTS,
    )

    def __init__(self, endpoints: Endpoints) -> None:
        """Remember where the Hub is."""
        self._endpoint = endpoints.hf

    def current(self, client: Client, validators: Mapping[str, str]) -> Listing:
        """The newest `latest` of every subset."""
        head = hub.head(client, self._endpoint, _DATASET, validators)
        if not head.changed:
            return Listing(revisions=None, validators=head.validators)
        tables = self._newest_tables(client, head.revision)
        revisions = [
            hub.revision_of(_document(stem), files, edition_date=None, cumulative=False)
            for stem, files in tables.items()
            if stem.endswith("/latest")
        ]
        return Listing(revisions=tuple(revisions), validators=head.validators)

    def history(self, client: Client) -> Sequence[Revision]:
        """Every commit of a subset's `latest`, oldest first, then each subset's newest `full`.

        A commit's title says of which subset and edition it is. One that says nothing is
        asked for its tree, so that no edition is missed.
        """
        head = hub.head(client, self._endpoint, _DATASET, {})
        tables = self._newest_tables(client, head.revision)
        revisions: list[Revision] = []
        for commit in reversed(hub.commits(client, self._endpoint, _DATASET, head.revision)):
            announced = _announced(commit, tables)
            revisions += [announced] if announced else self._found(client, commit)
        revisions.sort(key=lambda revision: revision.published_at)
        revisions += [
            hub.revision_of(_document(stem), files, edition_date=None, cumulative=True)
            for stem, files in tables.items()
            if stem.endswith("/full")
        ]
        return revisions

    def fetch(self, client: Client, revision: Revision) -> Payload:
        """Download one split of one subset."""
        return hub.fetch(client, self._endpoint, _DATASET, revision)

    def parse(self, payload: Payload) -> Sequence[Snapshot]:
        """One snapshot per publish date and category, rows in the table's order."""
        subset = self._subset(payload.revision)
        document = parquet.Document(
            self.info.slug, payload.revision.document, payload.files, _COLUMNS
        )
        shape = _AGENTS if document.has("score") and not document.has("rating") else _RATINGS
        groups: _Groups = defaultdict(list)
        profiles = _Profiles()
        for piece in document.pieces(_PIECE_ROWS):
            self._group(payload.revision, piece, shape, groups, profiles)
        return [
            Snapshot(
                self._board(payload.revision, subset, category, shape),
                self._edition_date(payload.revision, day),
                group,
            )
            for (day, category), group in groups.items()
        ]

    def _group(
        self,
        revision: Revision,
        document: parquet.Document,
        shape: _Shape,
        groups: _Groups,
        profiles: "_Profiles",
    ) -> None:
        """Put a table's rows to their publish date and category."""
        names, scores = document.texts("model_name"), document.numbers(shape.score)
        if None in names:
            raise self._error(revision, "column 'model_name' has a row without a name")
        entries = map(
            RawEntry._make,
            zip(
                names,
                scores,
                document.numbers(shape.lower),
                document.numbers(shape.upper),
                document.wholes(shape.votes),
                document.wholes("rank"),
                map(profiles.of, document.texts("organization"), document.texts("license")),
                strict=True,
            ),
        )
        published = document.texts("leaderboard_publish_date")
        for day, category, score, entry in zip(
            published, document.texts("category"), scores, entries, strict=True
        ):
            if score is not None:
                groups[day, category].append(entry)

    def _tables(self, client: Client, revision: str) -> dict[str, tuple[hub.File, ...]]:
        files = hub.tree(client, self._endpoint, _DATASET, revision)
        tables = hub.sharded(self.info.slug, files)
        return {stem: shards for stem, shards in tables.items() if _STEM.fullmatch(stem)}

    def _newest_tables(self, client: Client, revision: str) -> dict[str, tuple[hub.File, ...]]:
        """The tables of today, of which there are always some: a listing of none is not whole."""
        tables = self._tables(client, revision)
        if not any(stem.endswith("/latest") for stem in tables):
            raise ParseError(self.info.slug, f"{_DATASET} has no table of a newest edition")
        return tables

    def _found(self, client: Client, commit: hub.Commit) -> list[Revision]:
        """What a commit changed, whatever its title says."""
        return [
            revision
            for stem, files in self._tables(client, commit.id).items()
            if stem.endswith("/latest")
            for revision in [
                hub.revision_of(_document(stem), files, edition_date=None, cumulative=False)
            ]
            if revision.revision == commit.id
        ]

    def _board(
        self, revision: Revision, subset: str, category: str | None, shape: _Shape
    ) -> Leaderboard:
        family, detail = f"lmarena-{slugify(subset)}", slugify(category or "")
        if not detail:
            raise self._error(revision, f"column 'category' has a row with {category!r}")
        main = detail == "overall"
        title = f"LMArena {_words(subset)}"
        return Leaderboard(
            slug=family if main else f"{family}-{detail}",
            title=title if main else f"{title}, {_words(detail)}",
            family=family,
            category=detail,
            kind=shape.kind,
            unit=shape.unit,
            higher_is_better=True,
        )

    def _edition_date(self, revision: Revision, published: str | None) -> date:
        text = published or ""
        try:
            if _DATE.fullmatch(text):
                return date.fromisoformat(text)
        except ValueError:
            pass  # no such day
        shown = text[:40]
        column = "leaderboard_publish_date"
        raise self._error(revision, f"column {column!r} has {shown!r}, not a date YYYY-MM-DD")

    def _subset(self, revision: Revision) -> str:
        dataset, _colon, stem = revision.document.partition(":")
        match = _STEM.fullmatch(stem)
        if dataset != _DATASET or not match:
            raise ParseError(self.info.slug, f"there is no document {revision.document!r}")
        return match["subset"]

    def _error(self, revision: Revision, text: str) -> ParseError:
        return ParseError(self.info.slug, f"{revision.document}: {text}")


def _document(stem: str) -> str:
    return f"{_DATASET}:{stem}"


def _announced(commit: hub.Commit, tables: Mapping[str, Sequence[hub.File]]) -> Revision | None:
    """The revision that a commit's title announces. Its shards are taken to be today's."""
    match = _TITLE.fullmatch(commit.title)
    if match is None:
        return None
    try:
        day = date.fromisoformat(match["date"])
    except ValueError:
        return None
    stem = f"{match['subset']}/latest"
    paths = tuple(file.path for file in tables.get(stem, ()))
    return Revision(
        document=_document(stem),
        revision=commit.id,
        published_at=commit.date,
        edition_date=day,
        cumulative=False,
        paths=paths or (f"{stem}-00000-of-00001.parquet",),
        digests=(),
    )


class _Profiles:
    """What rows say of their models; equal ones are one object."""

    def __init__(self) -> None:
        self._known: dict[tuple[str | None, str | None], Profile] = {}

    def of(self, organization: str | None, licence: str | None) -> Profile:
        profile = self._known.get((organization, licence))
        if profile is None:
            profile = self._known[organization, licence] = Profile(
                namespace=None,
                organization=organization or None,
                licence=licence or None,
                official=None,
                parameters_b=None,
            )
        return profile


def _words(name: str) -> str:
    """`text_to_image` as a title: `Text to Image`."""
    words = slugify(name).split("-")
    return " ".join(
        word if index and word in _SMALL_WORDS else word.capitalize()
        for index, word in enumerate(words)
    )
