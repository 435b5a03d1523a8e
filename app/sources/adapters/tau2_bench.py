"""tau2-bench: agents serve simulated customers of an airline, a shop, a telecom or a bank.

Document: `web/leaderboard/public/submissions` of `sierra-research/tau2-bench`: `manifest.json`, and
          `<directory>/submission.json` for every directory that it lists
Shape:    the manifest is `{"submissions": [directory], "voice_submissions", "legacy_submissions"}`,
          the last two not in early versions. A submission has `model_name`, `model_organization`,
          `submission_type` (`standard`, `custom` or absent), `methodology`, and
          `results: {domain: {"pass_1": ..., "pass_4": ...} or null}`
Units:    percent, 0 to 100: `pass_k` is the share of tasks solved k times of k. Null was not run
Editions: an edition is the UTC date of a commit. What is current is told from the commits of the
          folder, since results are corrected without a word in the manifest. Back-fill reads the
          last commit of a day of the manifest only: it sees a correction with the next new entry
Cadence:  every few days to weeks
Requests: one and one for each listed submission, 13 in 2025 and some 70 now, all of raw files: a
          back-fill of 60 days is some 2,000 small files, and a call or two of the API

Boards: one for each domain and k, of text and of voice submissions apart; `pass_1` is the main one.

Eras: upstream ranks together what it lists together, although every submission names the version
and the user simulator it ran with. So do we, but for two breaks. Submissions to the first benchmark
were moved to `legacy_submissions` when tasks were mended (version 1.0.0); a manifest without that
key lists nothing but them. And banking was graded anew in version 1.0.1, which forbids comparing
older scores: a table is of that grading when most of its submissions state it.

Traps: `custom` submissions are systems around a model. Several efforts of one model have one name.
Dates in names of directories and in `submission_date` are neither that of the edition nor reliable.
`A_EXAMPLE_*` are templates. The contact's address is not read.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, TypeAdapter

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
from app.sources import github
from app.sources.base import Listing, Payload, Revision, SourceInfo, Upstream
from app.sources.http import Client
from app.sources.listings import Strict, parsed

_REPOSITORY = "sierra-research/tau2-bench"
_FOLDER = "web/leaderboard/public/submissions"
_MANIFEST = f"{_FOLDER}/manifest.json"
_NAME = f"{_REPOSITORY}:submissions"
_EXAMPLE = "A_EXAMPLE_"
_MAX_SUBMISSIONS = 1_000
_VERSION = re.compile(r"v?(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?")
_BANKING = "banking_knowledge"
_GRADED_ANEW = (1, 0, 1)
_LEGACY = "legacy"
_BEFORE = "1.0.0"

_Directory = Annotated[str, Field(pattern=r"^[^/\\.\x00-\x1f][^/\\\x00-\x1f]*$", max_length=200)]
_Directories = Annotated[list[_Directory], Field(max_length=_MAX_SUBMISSIONS)]
_Percent = Annotated[float, Field(ge=0, le=100)]
_Text = Annotated[str, Field(pattern=r"\S")]


class _Manifest(Strict):
    submissions: _Directories
    voice_submissions: _Directories | None = None
    legacy_submissions: _Directories | None = None


class _Result(Strict):
    pass_1: _Percent | None = None
    pass_2: _Percent | None = None
    pass_3: _Percent | None = None
    pass_4: _Percent | None = None


class _Methodology(Strict):
    tau2_bench_version: str | None = None


class _Submission(Strict):
    model_name: _Text
    model_organization: str
    results: dict[str, _Result | None]
    submission_type: Literal["standard", "custom"] | None = None
    methodology: _Methodology | None = None


_MANIFESTS = TypeAdapter(_Manifest)
_SUBMISSIONS = TypeAdapter(_Submission)
_METRICS = {"pass_1": "overall", "pass_2": "pass-2", "pass_3": "pass-3", "pass_4": "pass-4"}


class _Track(NamedTuple):
    """Which of upstream's rankings a submission stands in."""

    voice: bool
    legacy: bool


class _Row(NamedTuple):
    """One submission's result in one domain."""

    submission: _Submission
    result: _Result
    profile: Profile


class Tau2Bench(github.GitSource):
    """The adapter of all of tau2-bench's boards."""

    info = SourceInfo(
        slug="tau2_bench",
        title="tau2-bench",
        homepage="https://taubench.com",
        licence="MIT",
        licence_url="https://github.com/sierra-research/tau2-bench/blob/main/LICENSE",
        attribution="tau2-bench leaderboard, Sierra Research, MIT",
        every=timedelta(hours=12),
        cadence=timedelta(days=60),
        archived=False,
        upstream=Upstream.GITHUB,
        hosts=github.HOSTS,
    )

    def current(self, client: Client, validators: Mapping[str, str]) -> Listing:
        """The newest commit of any submission."""
        return github.current(client, self.api, [_document(_FOLDER)], validators)

    def history(self, client: Client) -> Sequence[Revision]:
        """The last commit of every UTC day of the manifest, oldest first."""
        return github.history(client, self.api, [_document(_MANIFEST)])

    def fetch(self, client: Client, revision: Revision) -> Payload:
        """Download the manifest and, in its order, every submission it lists.

        Raises:
            FetchError: a file is missing or incomplete, or they are too large.
            ParseError: the manifest has an unknown shape.
        """
        paths = [f"{_REPOSITORY}/{_MANIFEST}"]
        files = [github.fetch_file(client, self.raw, revision, paths[0])]
        for _track, directory in self._listed(files[0]):
            paths.append(f"{_REPOSITORY}/{_FOLDER}/{directory}/submission.json")
            files.append(github.fetch_file(client, self.raw, revision, paths[-1], beside=files))
        return Payload(revision=replace(revision, paths=tuple(paths)), files=tuple(files))

    def parse(self, payload: Payload) -> Sequence[Snapshot]:
        """One snapshot per track, domain and k, rows in the manifest's order."""
        document = payload.revision.document
        if document != _NAME:
            raise ParseError(self.info.slug, f"there is no document {document!r}")
        manifest, *files = payload.files
        listed = self._listed(manifest)
        if len(listed) != len(files):
            text = f"{document}: {len(files)} submissions where the manifest lists {len(listed)}"
            raise ParseError(self.info.slug, text)
        tables: dict[tuple[_Track, str], list[_Row]] = {}
        for (track, directory), file in zip(listed, files, strict=True):
            submission = parsed(self.info.slug, _SUBMISSIONS, file, f"{document}: {directory}")
            profile = _profile(submission)
            for domain, result in submission.results.items():
                if result is not None:
                    row = _Row(submission, result, profile)
                    tables.setdefault((track, domain), []).append(row)
        return [
            snapshot
            for (track, domain), rows in tables.items()
            for snapshot in self._snapshots(payload.revision, track, domain, rows)
        ]

    def _listed(self, manifest: bytes) -> list[tuple[_Track, str]]:
        """The directories of a manifest, in order, each with where it is ranked."""
        lists = parsed(self.info.slug, _MANIFESTS, manifest, f"{_NAME}: the manifest")
        first = lists.legacy_submissions is None
        ranked = (
            (_Track(voice=False, legacy=first), lists.submissions),
            (_Track(voice=True, legacy=False), lists.voice_submissions or []),
            (_Track(voice=False, legacy=True), lists.legacy_submissions or []),
        )
        return [
            (track, directory)
            for track, directories in ranked
            for directory in directories
            if not directory.startswith(_EXAMPLE)
        ]

    def _snapshots(
        self, revision: Revision, track: _Track, domain: str, rows: Sequence[_Row]
    ) -> list[Snapshot]:
        """A domain's table by k."""
        words = slugify(domain)
        if not words:
            raise ParseError(self.info.slug, f"{_NAME}: there is a domain {domain!r}")
        edition = revision.day
        era = _era(track, domain, rows)
        found = []
        for metric, category in _METRICS.items():
            entries = [
                RawEntry(
                    row.submission.model_name.strip(), score, None, None, None, None, row.profile
                )
                for row in rows
                if (score := getattr(row.result, metric)) is not None
            ]
            if entries:
                found.append(Snapshot(_board(track, words, era, category), edition, entries))
        return found


def _document(path: str) -> github.Document:
    place = github.Place(repository=_REPOSITORY, branch="main", paths=(path,))
    return github.Document(name=_NAME, places=(place,))


def _profile(submission: _Submission) -> Profile:
    custom = submission.submission_type == "custom"
    return Profile(
        namespace=None,
        organization=submission.model_organization.strip() or None,
        licence=None,
        official=None,
        parameters_b=None,
        kind=EntryKind.SYSTEM if custom else EntryKind.MODEL,
    )


def _era(track: _Track, domain: str, rows: Sequence[_Row]) -> str | None:
    """What a table cannot be compared with is of another era; None for the present ones."""
    if track.legacy:
        return _LEGACY
    if domain != _BANKING:
        return None
    anew = sum(_version(row.submission) >= _GRADED_ANEW for row in rows)
    return None if 2 * anew > len(rows) else _BEFORE


def _version(submission: _Submission) -> tuple[int, ...]:
    """The benchmark's version that a submission states; (0,) for none that can be read."""
    stated = submission.methodology and submission.methodology.tau2_bench_version
    match = _VERSION.match(stated or "")
    return tuple(int(number or 0) for number in match.groups()) if match else (0,)


def _board(track: _Track, domain: str, era: str | None, category: str) -> Leaderboard:
    family = f"tau2-bench-voice-{domain}" if track.voice else f"tau2-bench-{domain}"
    name = " ".join(word.capitalize() for word in domain.split("-"))
    titles = (
        f"tau2-bench Voice {name}" if track.voice else f"tau2-bench {name}",
        era,
        None if category == "overall" else category.replace("-", "^"),
    )
    return Leaderboard(
        slug=board_slug(family, era, category),
        title=", ".join(title for title in titles if title),
        family=family,
        category=category,
        kind=BoardKind.AGENTIC,
        unit="percent",
        higher_is_better=True,
        era=era,
    )
