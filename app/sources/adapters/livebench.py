"""LiveBench: questions with objective answers, asked anew in every release.

Document: of each release `public/table_{date}.csv` and `public/categories_{date}.json`, the date
          as `2025_05_30`, with `src/Table/modelLinks.js` of the same commit, in the branch `main`
          of `LiveBench/livebench.github.io` (June 2024 to July 2026) and then of
          `LiveBench/new-livebench`, which holds old releases too. Releases are the tables of both
          folders that have their categories beside them
Shape:    CSV, `model` and one column a task; JSON, `{"Reasoning": ["zebra_puzzle", ...], ...}`;
          JavaScript, of which `"{model}": {`, `organization: "..."` and `rawName: "..."` are read
Units:    percent, 0 to 100
Editions: the UTC date of a commit. The date in a file's name is that of the questions: an era
Cadence:  1 to 30 days while a release is the newest one

Neither means nor makers stand in a table; the site works them out (`src/Table/Averaging.js`), and
so does this: a category is the mean of its tasks that have a score, to nine decimals; the overall
score is the mean of all categories, to two decimals, and a model without any score in one of them
has none. Names are the table's; the site shows others for some, and hides models that
`modelLinks.js` lacks.

Trap: the site's code gives two models an overall score whatever their row says: 72 to
`grok-3-thinking`, 58 to `grok-3`. Those are no measurements and are not kept. When they were
first shown, both lacked whole categories: they have no overall score here, and stand in the
categories that they were scored in.

Traps: rows end early; a missing score is empty, a blank or `N/A`, while 0.0 is a score. A task is
added to a release after weeks, which moves every mean. `modelLinks.js` named no makers before
December 2024 and may be absent; then they are unknown, and so is the maker `Stealth`, the site's
word for one who does not tell. A commit that changes only the categories is seen by `current`, by
`history` not before the table's next one: asking for the commits of every file would spend the
quota. A release that both repositories hold is read in the old one up to the first commit of its
table in the new one. Neither states a licence; the site is said to be under CC BY-SA 4.0.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import reduce
from operator import add
from typing import Annotated

from pydantic import Field, TypeAdapter

from app.domain.leaderboard import BoardKind, Leaderboard, Profile, RawEntry, Snapshot, board_slug
from app.domain.slugs import slugify
from app.errors import FetchError, ParseError
from app.sources import github
from app.sources.base import Listing, Payload, Revision, SourceInfo, Upstream
from app.sources.http import Client
from app.sources.listings import parsed
from app.sources.tables import csv_table, text_of

_REPOSITORIES = ("LiveBench/livebench.github.io", "LiveBench/new-livebench")
_BRANCH = "main"
_FOLDER = "public"
_LINKS = "src/Table/modelLinks.js"
_TABLE = re.compile(r"table_(\d{4}_\d{2}_\d{2})\.csv")
_DOCUMENT = re.compile(r"LiveBench:(?P<release>\d{4}-\d{2}-\d{2})")
_LINK = re.compile(
    r"""(['"])(?P<model>[^'"]+)\1\s*:\s*\{"""
    r"""|\b(?P<field>organization|rawName)\b['"]?\s*:\s*(['"])(?P<text>[^'"]+)\4"""
)
_CATEGORIES = TypeAdapter(
    Annotated[dict[str, Annotated[list[str], Field(min_length=1)]], Field(min_length=1)]
)

_UNTOLD = "Stealth"
_NOT_FOUND = 404

_Scores = list[float | None]


class LiveBench(github.GitSource):
    """The adapter of all of LiveBench's releases."""

    info = SourceInfo(
        slug="livebench",
        title="LiveBench",
        homepage="https://livebench.ai",
        licence="none stated by the repositories",
        licence_url=None,
        attribution="LiveBench, livebench.ai",
        every=timedelta(hours=12),
        cadence=timedelta(days=45),
        archived=False,
        upstream=Upstream.GITHUB,
        hosts=github.HOSTS,
    )

    def current(self, client: Client, validators: Mapping[str, str]) -> Listing:
        """The newest revision of every release; a repository that is not there is told of."""
        releases, skipped = self._releases(client)
        documents = [_document(*release, ("table", "categories")) for release in releases.items()]
        listing = github.current(client, self.api, documents, validators)
        if listing.revisions is None:
            return replace(listing, skipped=skipped)
        revisions = tuple(_whole(revision) for revision in listing.revisions)
        return replace(listing, revisions=revisions, skipped=skipped)

    def history(self, client: Client) -> Sequence[Revision]:
        """The last commit of every day to each table, with the categories that stood beside it."""
        releases, _skipped = self._releases(client)
        documents = [_document(*release, ("table",)) for release in releases.items()]
        return [_whole(revision) for revision in github.history(client, self.api, documents)]

    def fetch(self, client: Client, revision: Revision) -> Payload:
        """Download a table and its categories, and what names the makers if it is there."""
        *needed, links = revision.paths
        found = github.fetch(client, self.raw, replace(revision, paths=tuple(needed)))
        try:
            makers = github.fetch_file(client, self.raw, revision, links, beside=found.files)
        except FetchError as error:
            if error.status != _NOT_FOUND:
                raise
            makers = b""
        return Payload(revision=revision, files=(*found.files, makers))

    def parse(self, payload: Payload) -> Sequence[Snapshot]:
        """One snapshot overall and one a category, rows in the table's order."""
        revision = payload.revision
        release = self._release(revision)
        scores, categories, links = payload.files
        shape = self._categories(revision, categories)
        table = csv_table(self.info.slug, revision.document, scores)
        names = self._names(revision, table.texts("model"))
        makers = self._makers(revision, links)
        profiles = [_profile(makers.get(name)) for name in names]
        means = {
            category: _row_means([table.numbers(task) for task in tasks])
            for category, tasks in shape.items()
        }
        boards: list[tuple[str | None, _Scores]] = [
            (None, _overall(means.values())),
            *((category, _without_noise(column)) for category, column in means.items()),
        ]
        edition = revision.day
        snapshots = []
        for category, column in boards:
            entries = [
                RawEntry(name, score, None, None, None, None, profile)
                for name, score, profile in zip(names, column, profiles, strict=True)
                if score is not None
            ]
            if entries:
                snapshots.append(Snapshot(_board(release, category), edition, entries))
        return snapshots

    def _releases(self, client: Client) -> tuple[dict[str, list[str]], dict[str, str]]:
        """The repositories that hold each release, oldest first; those that are not there, and why.

        Raises:
            FetchError: none of them is there, or one cannot be listed now.
            ParseError: they hold no release.
        """
        releases: dict[str, list[str]] = {}
        skipped: dict[str, FetchError] = {}
        for repository in _REPOSITORIES:
            place = github.Place(repository=repository, branch=_BRANCH, paths=(_FOLDER,))
            try:
                names = set(github.names_in(client, self.api, place))
            except FetchError as error:
                if error.transient:
                    raise
                skipped[repository] = error
                continue
            for match in filter(None, map(_TABLE.fullmatch, sorted(names))):
                if f"categories_{match[1]}.json" in names:
                    releases.setdefault(match[1].replace("_", "-"), []).append(repository)
        if len(skipped) == len(_REPOSITORIES):
            raise skipped[_REPOSITORIES[-1]]
        if not releases:
            raise ParseError(self.info.slug, f"{_FOLDER} of the repositories holds no release")
        return releases, {name: str(error) for name, error in skipped.items()}

    def _release(self, revision: Revision) -> str:
        match = _DOCUMENT.fullmatch(revision.document)
        if not match:
            raise ParseError(self.info.slug, f"there is no document {revision.document!r}")
        return match["release"]

    def _categories(self, revision: Revision, file: bytes) -> dict[str, list[str]]:
        what = f"{revision.document}: the file of categories"
        shape = parsed(self.info.slug, _CATEGORIES, file, what)
        slugs = [slugify(category) for category in shape]
        if len({"", "overall", *slugs}) < len(slugs) + 2:
            text = f"{what} has categories that are no names of boards: {list(shape)}"
            raise ParseError(self.info.slug, text[:300])
        return shape

    def _names(self, revision: Revision, names: Sequence[str | None]) -> list[str]:
        """Each row's model as printed."""
        known = [name for name in names if name is not None]
        if len(known) < len(names):
            text = f"{revision.document}: row {names.index(None) + 1} names no model"
            raise ParseError(self.info.slug, text)
        return known

    def _makers(self, revision: Revision, file: bytes) -> dict[str, str]:
        """Who made each model, as far as the site's code says so."""
        what = f"{revision.document}: {_LINKS}"
        text = text_of(self.info.slug, what, file)
        if text and "modelLinks" not in text:
            raise ParseError(self.info.slug, f"{what} has no `modelLinks`")
        makers: dict[str, str] = {}
        names: list[str] = []
        maker: str | None = None
        for match in _LINK.finditer(text):
            if match["model"]:
                names, maker = [match["model"]], None
            elif match["field"] == "organization":
                maker = match["text"]
            else:
                names.append(match["text"])
            if maker is not None and maker != _UNTOLD:
                makers |= dict.fromkeys(names, maker)
        return makers


def _document(release: str, repositories: Sequence[str], stems: Sequence[str]) -> github.Document:
    """A release, of which commits to these of its files count."""
    paths = tuple(_path(stem, release) for stem in stems)
    return github.Document(
        name=f"LiveBench:{release}",
        places=tuple(
            github.Place(repository=repository, branch=_BRANCH, paths=paths)
            for repository in repositories
        ),
    )


def _path(stem: str, release: str) -> str:
    suffix = {"table": "csv", "categories": "json"}[stem]
    return f"{_FOLDER}/{stem}_{release.replace('-', '_')}.{suffix}"


def _whole(revision: Revision) -> Revision:
    """A revision with all the files that are read of it."""
    owner, name, _table = revision.paths[0].split("/", 2)
    release = revision.document.partition(":")[2]
    inside = (_path("table", release), _path("categories", release), _LINKS)
    return replace(revision, paths=tuple(f"{owner}/{name}/{path}" for path in inside))


def _row_means(columns: Sequence[_Scores]) -> _Scores:
    """The mean of each row's scores; None where it has none."""
    rows = ([score for score in row if score is not None] for row in zip(*columns, strict=True))
    return [_mean(row) if row else None for row in rows]


def _without_noise(column: _Scores) -> _Scores:
    """To nine decimals: 83.6195 and not 83.61949999999999, which is what adding makes of it."""
    return [None if score is None else round(score, 9) for score in column]


def _overall(categories: Iterable[_Scores]) -> _Scores:
    """The mean of each row's categories, to two decimals; None where one is missing."""
    rows = list(zip(*categories, strict=True))
    known = [[score for score in row if score is not None] for row in rows]
    return [
        _to_fixed(_mean(scores)) if len(scores) == len(row) else None
        for row, scores in zip(rows, known, strict=True)
    ]


def _mean(scores: Sequence[float]) -> float:
    """Added one after the other, as the site does, so that the last digit is the same."""
    return reduce(add, scores) / len(scores)


def _to_fixed(score: float) -> float:
    """To two decimals as JavaScript has it: half goes up."""
    return float(Decimal(score).quantize(Decimal("0.01"), ROUND_HALF_UP))


def _board(release: str, category: str | None) -> Leaderboard:
    family, title = "livebench", f"LiveBench {release}"
    detail = "overall" if category is None else slugify(category)
    return Leaderboard(
        slug=board_slug(family, release, detail),
        title=title if category is None else f"{title}, {category}",
        family=family,
        category=detail,
        kind=BoardKind.BENCHMARK,
        unit="percent",
        higher_is_better=True,
        era=release,
    )


def _profile(organization: str | None) -> Profile:
    return Profile(
        namespace=None,
        organization=organization,
        licence=None,
        official=None,
        parameters_b=None,
    )
