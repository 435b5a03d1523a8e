"""The Hub's own leaderboards: for each official benchmark, the results that stand in model cards.

Document: `owner/name`, a data set that `GET /api/datasets?filter=benchmark:official` lists; its
          board is `GET /api/datasets/{owner/name}/leaderboard?base_model=false`
Shape:    `[{"rank", "modelId", "value", "verified", "filename", "author": {"type", "name", ...},
          "source"?, "pullRequest"?, "notes"?}]`; a model may have several results (with tools and
          without, say so in `notes`)
Units:    each benchmark has its own and none is stated: see `_unit` and `_higher_is_better`
Editions: the board simply changes, and the Hub keeps no earlier state: history begins with the
          first run. An edition is the UTC day of the answer (`Date`) that first showed a content
Cadence:  whenever somebody enters a result; with all boards together a month is long

All results are asked for. The default leaves out models that declare a base model, many of the
makers' own among them (`deepseek-ai/DeepSeek-R1`); whose model it is, is told by its owner.

Most results are claims of whoever entered them. `verified` ones were run again by the Hub: they
make a second board, category `verified-runs`, beside the one of all results. Where none is, there
is no edition of it.

Revision: the moment of the answer and the SHA-256 of the board, written in one way: keys in order,
          and of `author` only name and type, as avatars change by themselves. The moment belongs
          to it because results are withdrawn: a board that is again what it once was is news. The
          same content twice in a row is stored once.

What comes and goes:
* A board is asked for with the ETag of what was read of it; one that did not change is not listed.
* A data set that is gated, closed or without a board (401, 403, 404) is skipped and named, and so
  is one that the Hub cannot answer for (500 and above, but not for several boards), and one whose
  board never had a result. A board that had some and is empty is listed: that it cannot be read is
  to be seen.
* A benchmark that is listed no more is named in the run that notices; its editions stay. One that
  was renamed is listed by its new id, and is a new board: the Hub says that the old one leads
  there, and nothing says that the questions are the same.
* Two ids that would be one slug (`a/b_c`, `a/b-c`) are both skipped: neither is the other's past.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from statistics import median
from typing import Annotated

import orjson
from pydantic import Field, TypeAdapter

from app.domain.leaderboard import (
    BoardKind,
    Leaderboard,
    Profile,
    RawEntry,
    Snapshot,
    board_slug,
)
from app.domain.slugs import slugify
from app.errors import FetchError, ParseError
from app.sources import hub
from app.sources.base import Endpoints, Listing, Payload, Revision, SourceInfo, Upstream
from app.sources.http import Client, Response
from app.sources.listings import LISTING_BYTES, Strict, following_pages, parsed

VERIFIED = "verified-runs"
OF_THE_HUB = 3  # boards that break it at once are no fault of theirs

_PART = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_ID = rf"{_PART}(?:/{_PART})?"
_BOARD_OF = re.compile(rf"/api/datasets/({_ID})/leaderboard")
_CLOSED = frozenset({401, 403, 404})
_NOT_MODIFIED = 304
_BROKEN = 500
_EMPTY = (hashlib.sha256(b"[]").hexdigest(),)
_GONE = "is no longer listed as an official benchmark"


class _Dataset(Strict):
    id: Annotated[str, Field(pattern=rf"^{_ID}$")]


class _Result(Strict):
    rank: int
    model: Annotated[str, Field(alias="modelId", pattern=r"\S")]
    value: float | None
    verified: bool


_DATASETS = TypeAdapter(list[_Dataset])
_RESULTS = TypeAdapter(list[_Result])


class HFBenchmarks:
    """The adapter of the benchmark leaderboards of the Hub."""

    info = SourceInfo(
        slug="hf_benchmarks",
        title="Hugging Face benchmark leaderboards",
        homepage="https://huggingface.co/docs/hub/eval-results",
        licence="none stated by the Hub",
        licence_url=None,
        attribution="Benchmark leaderboards, Hugging Face; results as entered by their authors",
        every=timedelta(hours=12),
        cadence=timedelta(days=30),
        archived=False,
        upstream=Upstream.HUB,
        hosts=hub.HOSTS,
    )

    def __init__(self, endpoints: Endpoints) -> None:
        """Remember where the Hub is."""
        self._endpoint = endpoints.hf

    def current(self, client: Client, validators: Mapping[str, str]) -> Listing:
        """The boards that changed, those that are skipped, and why.

        Raises:
            FetchError: a board cannot be had for another reason than its own, or not one can be
                read.
            ParseError: the list of benchmarks has an unknown shape.
        """
        listed = self._listed(client)
        skipped = dict(_ambiguous(listed))
        revisions = []
        known = {}
        broken = []
        for document in [name for name in listed if name not in skipped]:
            url = self._url(document)
            etag = validators.get(url)
            try:
                response = client.get(url, etag=etag, max_bytes=LISTING_BYTES)
            except FetchError as error:
                if not _is_its_own(error):
                    raise
                broken.append(error.transient)
                if sum(broken) == OF_THE_HUB:
                    raise
                skipped[document] = str(error).removeprefix(f"{error.source}: ")
                if etag is not None:
                    known[url] = etag
                continue
            if etag is not None and response.status == _NOT_MODIFIED:
                known[url] = etag
                continue
            revision = self._revision(document, response)
            if etag is None and revision.digests == _EMPTY:
                skipped[document] = "its board has no results"
                continue
            revisions.append(revision)
            known |= _etag(url, response)
        if len(skipped) == len(listed):
            document, reason = next(iter(skipped.items()))
            text = f"none of {len(listed)} boards can be read; {document}: {reason}"
            raise FetchError(client.source, text, transient=any(broken))
        skipped |= self._gone(client, validators, listed)
        changed = revisions or known != validators
        return Listing(
            revisions=tuple(revisions) if changed else None, validators=known, skipped=skipped
        )

    def history(self, client: Client) -> Sequence[Revision]:
        """Nothing: the Hub keeps no earlier state. That the boards are listed is made sure of."""
        self._listed(client)
        return ()

    def fetch(self, client: Client, revision: Revision) -> Payload:
        """Ask for a board again: it must be the one that was listed."""
        for _ in range(hub.DOWNLOADS):
            response = client.get(self._url(revision.document), max_bytes=LISTING_BYTES)
            board = _canonical(response.body)
            if _digest(board) in revision.digests:
                return Payload(revision=revision, files=(board,))
        text = f"the board of {revision.document} is not the one listed any more"
        raise FetchError(client.source, text, transient=True)

    def parse(self, payload: Payload) -> Sequence[Snapshot]:
        """All results, and the verified ones beside them; in the order of the board."""
        document = payload.revision.document
        if not re.fullmatch(_ID, document):
            raise ParseError(self.info.slug, f"there is no document {document!r}")
        what = f"the board of {document}"
        profiles = _Profiles()
        rows = [
            (result.verified, _entry(result, result.value, profiles.of(result.model)))
            for file in payload.files
            for result in parsed(self.info.slug, _RESULTS, file, what)
            if result.value is not None
        ]
        if not rows:
            raise ParseError(self.info.slug, f"{what} has no results")
        entries = [entry for _verified, entry in rows]
        chosen = {"overall": entries, VERIFIED: [entry for verified, entry in rows if verified]}
        edition = _edition_date(payload.revision)
        return [
            Snapshot(_leaderboard(document, category, entries), edition, those)
            for category, those in chosen.items()
            if those
        ]

    def _listed(self, client: Client) -> tuple[str, ...]:
        """The ids of all official benchmarks.

        Asked for whole every time: downloads and likes stand there too, so that it never stays
        the same, and that one page did would say nothing of the next.
        """
        url = f"{self._endpoint}/api/datasets?filter=benchmark:official"
        what = "the list of official benchmarks"
        pages = following_pages(client, self._endpoint, url, what)
        # A data set that comes up while the pages are read shifts them: one may come again.
        found = {
            dataset.id: None
            for page in pages
            for dataset in parsed(client.source, _DATASETS, page, what)
        }
        if not found:
            raise ParseError(client.source, f"{what} is empty")
        return tuple(found)

    def _url(self, document: str) -> str:
        return f"{self._endpoint}/api/datasets/{document}/leaderboard?base_model=false"

    def _revision(self, document: str, response: Response) -> Revision:
        answered_at = self._answered_at(document, response)
        digest = _digest(_canonical(response.body))
        return Revision(
            document=document,
            revision=f"{answered_at:%Y-%m-%dT%H:%M:%SZ}-{digest}",
            published_at=answered_at,
            edition_date=answered_at.date(),
            cumulative=False,
            paths=("leaderboard",),
            digests=(digest,),
        )

    def _answered_at(self, document: str, response: Response) -> datetime:
        """When upstream says it answered, in UTC."""
        text = response.headers.get("Date", "")
        try:
            if text.endswith(" GMT"):
                return parsedate_to_datetime(text)
        except ValueError:
            pass  # no such day
        shown = f"the answer for {document} has the date {text[:40]!r}"
        raise ParseError(self.info.slug, shown)

    def _gone(
        self, client: Client, validators: Mapping[str, str], listed: Sequence[str]
    ) -> dict[str, str]:
        """The benchmarks that were read before and are not listed, and what became of them."""
        gone = {}
        for url in validators:
            match = _BOARD_OF.search(url)
            if match is None or match[1] in listed:
                continue
            gone[match[1]] = _GONE
            try:
                found = _BOARD_OF.search(client.get(url, max_bytes=LISTING_BYTES).url)
            except FetchError:
                continue
            if found is not None and found[1] in listed:
                gone[match[1]] = f"was renamed: it is {found[1]} now"
        return gone


def _is_its_own(error: FetchError) -> bool:
    """Whether one board only cannot be read: it is closed, or breaks the Hub. No limit, no wire."""
    return error.status is not None and (error.status in _CLOSED or error.status >= _BROKEN)


def _digest(board: bytes) -> str:
    return hashlib.sha256(board).hexdigest()


def _etag(url: str, response: Response) -> dict[str, str]:
    etag = response.headers.get("ETag")
    return {} if etag is None else {url: etag}


def _canonical(body: bytes) -> bytes:
    """A board written in the one way by which it is known; what is no board stays as it is."""
    try:
        results = orjson.loads(body)
        if not isinstance(results, list):
            return body
        for result in results:
            author = result.get("author") if isinstance(result, dict) else None
            if isinstance(author, dict):
                result["author"] = {key: author.get(key) for key in ("name", "type")}
        return orjson.dumps(results, option=orjson.OPT_SORT_KEYS)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return body


def _slugs(document: str) -> tuple[str, str]:
    """The slugs of the two boards of a data set."""
    family = f"hf-benchmarks-{slugify(document)}"
    return family, board_slug(family, None, VERIFIED)


def _ambiguous(listed: Sequence[str]) -> dict[str, str]:
    """The data sets of which a board would have the slug of another's, and the reason."""
    named = defaultdict(set)
    for document in listed:
        for slug in _slugs(document):
            named[slug].add(document)
    return {
        document: f"would be one board with {', '.join(sorted(documents - {document}))}"
        for documents in named.values()
        if len(documents) > 1
        for document in sorted(documents)
    }


def _leaderboard(document: str, category: str, entries: Sequence[RawEntry]) -> Leaderboard:
    """The board of all results or of the verified ones; scale and direction are those of all."""
    family = _slugs(document)[0]
    title = f"Hugging Face Benchmarks, {document}"
    return Leaderboard(
        slug=board_slug(family, None, category),
        title=title if category == "overall" else f"{title}, verified runs",
        family=family,
        category=category,
        kind=BoardKind.BENCHMARK,
        unit=_unit([entry.score for entry in entries]),
        higher_is_better=_higher_is_better(entries),
    )


def _unit(scores: Sequence[float]) -> str:
    """`fraction` where half of the results are at most 1, `percent` at most 100, else `score`.

    By the middle and not by the highest: one result entered as 41.2 among fractions, or as 0.412
    among percents, is a fault in a row and does not turn the board. Neither can be below 0.
    """
    middle = median(scores)
    if min(scores) < 0 or middle > 100:  # noqa: PLR2004 - percent
        return "score"
    return "fraction" if middle <= 1 else "percent"


def _higher_is_better(entries: Sequence[RawEntry]) -> bool:
    """True, unless upstream ranks the lowest first (a word error rate) throughout."""
    ranked = sorted(entries, key=lambda entry: entry.published_rank or 0)
    scores = [entry.score for entry in ranked]
    return scores != sorted(scores) or scores[0] == scores[-1]


def _entry(result: _Result, score: float, profile: Profile) -> RawEntry:
    return RawEntry(result.model, score, None, None, None, result.rank, profile)


class _Profiles:
    """What is known of models by their owners; equal ones are one object."""

    def __init__(self) -> None:
        self._known: dict[str, Profile] = {}

    def of(self, model: str) -> Profile:
        """The owner in a Hub id; a model without one (`gpt2`) is its own, in lower case."""
        owner, slash, _name = model.partition("/")
        namespace = owner if slash else model.lower()
        if namespace not in self._known:
            self._known[namespace] = Profile(
                namespace=namespace,
                organization=None,
                licence=None,
                official=None,
                parameters_b=None,
            )
        return self._known[namespace]


def _edition_date(revision: Revision) -> date:
    return revision.edition_date or revision.published_at.astimezone(UTC).date()
