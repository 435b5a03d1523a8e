"""What goes wrong in what the Hub says of itself: heads, listings, and where files are."""

import hashlib
import json

import httpx2 as httpx

from tests.faults.catalogue import Fault, Harm, body, wire
from tests.faults.laboratory import (
    DAY_BEFORE,
    FILE,
    HEAD,
    LINK,
    MODELS,
    PATH,
    TREE,
    Laboratory,
    arena,
)
from tests.recordings import parquet
from tests.recordings.lmarena import ARENA
from tests.upstreams import HUB, plain, says, spoken

PAGE = b"<!doctype html><title>Just a moment...</title>"
AS_JSON = "Content-Type: application/json"
SAME = (DAY_BEFORE, MODELS, (1, 2, 3))


def _entry(lab: Laboratory, *, date: object = None, **changed: object) -> bytes:
    """What the tree says of the table, but for what is given."""
    file, commit = lab.hub.datasets[ARENA][-1].files[PATH]
    entry: dict[str, object] = {
        "type": "file",
        "path": PATH,
        "lfs": {"oid": hashlib.sha256(file).hexdigest()},
        "lastCommit": {"id": commit.id, "date": date or commit.date},
        **changed,
    }
    return json.dumps([entry]).encode()


def listing(**changed: object) -> Harm:
    """The tree says of the table what is given, and all else as it is."""

    def harm(lab: Laboratory) -> None:
        lab.publish(arena())
        lab.harm(TREE, plain(content=_entry(lab, **changed)))

    return harm


def tree(name: str, says: str, *, ends: str = "parse", **changed: object) -> Fault:
    """Something that the tree says of the table."""
    return Fault(name=name, harm=listing(**changed), ends=ends, says=says, place=TREE)


def dated(name: str, date: object, says: str, *, ends: str = "parse") -> Fault:
    """When the tree says that the table was changed last."""
    return Fault(name=name, harm=listing(date=date), ends=ends, says=says, place=TREE)


def paged(*, link: str, second: httpx.Response | None = None) -> Harm:
    """The tree has a further page."""

    def harm(lab: Laboratory) -> None:
        lab.publish(arena())
        if second is not None:
            lab.harm("cursor=2", second)
        lab.harm(TREE, plain(content=_entry(lab), Link=f'<{link}>; rel="next"'))

    return harm


def no_digest(lab: Laboratory) -> None:
    """Neither the listing nor the way to the file gives a digest, and a page comes instead."""
    listing(lfs=None)(lab)
    lab.harm(LINK, body(PAGE))


def another_file(lab: Laboratory) -> None:
    """The file is a good one, and not the one that was listed."""
    lab.publish(arena())
    lab.harm(FILE, body(parquet(arena("2026-07-11"))))


def another_file_than_linked(lab: Laboratory) -> None:
    """As before, where only the way to the file gives a digest."""
    listing(lfs=None)(lab)
    lab.harm(FILE, body(parquet(arena("2026-07-11"))))


def changed_behind_a_304(lab: Laboratory) -> None:
    """There is something new, and the Hub says there is not."""
    lab.publish(arena())
    lab.harm(HEAD, plain(304, b""))


def a_new_etag_each_time(lab: Laboratory) -> None:
    """Nothing is new, and the Hub seems to say that something is."""
    sha = lab.hub.datasets[ARENA][-1].id
    answer = plain(content=json.dumps({"sha": sha}).encode(), ETag='W/"another"')
    lab.harm(HEAD, says(spoken(answer)))


def the_same_once_more(lab: Laboratory) -> None:
    """A commit that changes nothing in the file."""
    lab.hub.commit(ARENA, {PATH: parquet(arena(DAY_BEFORE))}, date="2026-07-11T08:00:00.000Z")


def an_older_commit_on_top(lab: Laboratory) -> None:
    """History was rewritten: the newest commit has the older date."""
    lab.publish(arena(DAY_BEFORE, MODELS + 1), at="2026-07-01T08:00:00.000Z")


BODIES = [
    *(
        wire(f"head-{name}", HEAD, body(content, AS_JSON), says, ends="parse", tries=1)
        for name, content, says in (
            ("empty", b"", "is not valid JSON"),
            ("list", b"[]", "unknown shape"),
            ("object", b"{}", "unknown shape: sha"),
            ("null", b"null", "unknown shape"),
            ("html", PAGE, "is an HTML page"),
            ("cut-off", b'{"sha": "ab', "is not valid JSON"),
            ("nan", b'{"sha": NaN}', "is not valid JSON"),
            ("without-end", b"[" * 100_000, "is not valid JSON"),
            ("no-utf-8", b'{"sha": "\xff\xfe"}', "is not valid JSON"),
            ("half-a-surrogate", rb'{"sha": "\ud800"}', "is not valid JSON"),
            ("number", b'{"sha": 12}', "unknown shape: sha"),
            ("way-out", b'{"sha": "../../../../etc/passwd"}', "unknown shape: sha"),
        )
    ),
    *(
        wire(f"tree-{name}", TREE, body(content, AS_JSON), says, ends="parse", tries=1)
        for name, content, says in (
            ("empty", b"", "is not valid JSON"),
            ("list", b"[]", "has no table"),
            ("object", b"{}", "unknown shape"),
            ("html", PAGE, "is an HTML page"),
            ("of-folders", b'[{"type": "directory", "path": "text"}]', "has no table"),
        )
    ),
]
ENTRIES = [
    tree("file-of-no-commit", "has no last commit", lastCommit=None),
    tree("digest-no-digest", "unknown shape: 0.lfs.oid", lfs={"oid": "xyz"}),
    tree("path-out-of-the-dataset", "has no table", path="../../etc/latest-00000-of-00001.parquet"),
    tree("path-a-number", "unknown shape: 0.path", path=7),
    tree("shard-missing", "not a whole set of shards", path="text/latest-00000-of-00002.parquet"),
    dated("date-garbage", "yesterday", "unknown shape: 0.lastCommit.date"),
    dated("date-a-number", 1_752_000_000, "unknown shape: 0.lastCommit.date"),
    dated("date-of-no-zone", "2026-07-10T08:00:00", "unknown shape: 0.lastCommit.date"),
    dated("date-in-9999", "9999-12-31T23:59:59-12:00", "unknown shape: 0.lastCommit.date"),
    dated("date-before-there-was-a-hub", "1969-07-20T20:17:00Z", "0.lastCommit.date"),
    dated("date-of-next-week", "2026-07-27T08:00:00Z", "in the future", ends="rejected"),
]
PAGES = [
    Fault(
        name="next-page-elsewhere",
        harm=paged(link="https://evil.example/tree?cursor=2"),
        ends="parse",
        says="at another host",
        place=TREE,
    ),
    Fault(
        name="pages-that-do-not-end",
        harm=paged(link=f"{HUB}/api/datasets/{ARENA}/tree/main?cursor=1"),
        ends="parse",
        says="the pages do not end",
        place=TREE,
        tries=2,
    ),
    Fault(
        name="next-page-is-away",
        harm=paged(link=f"{HUB}/api/datasets/{ARENA}/next?cursor=2", second=plain(503)),
        says="answered 503",
        place="cursor=2",
        tries=2,
    ),
]
FILES = [
    wire("page-in-place-of-the-way", LINK, body(PAGE), "is not the file listed"),
    wire(
        "page-in-place-of-the-file", FILE, body(PAGE, "Content-Type: text/html"), "is not the file"
    ),
    wire("nothing-in-place-of-the-file", FILE, body(b""), "is not the file listed"),
    Fault(name="page-where-no-digest-is", harm=no_digest, ends="parse", says="HTML", place=LINK),
    Fault(name="another-file", harm=another_file, says="is not the file listed", tries=2),
    Fault(name="another-file-than-linked", harm=another_file_than_linked, says="not the", tries=2),
]
QUIET = [
    Fault(name="304-and-changed", harm=changed_behind_a_304, ends="unchanged", tries=0),
    Fault(
        name="200-and-unchanged", harm=a_new_etag_each_time, ends="unchanged", newest=SAME, tries=0
    ),
    Fault(name="same-content-again", harm=the_same_once_more, ends="unchanged", newest=SAME),
    Fault(name="older-commit-on-top", harm=an_older_commit_on_top, ends="succeeded", newest=SAME),
]
LISTINGS = [*BODIES, *ENTRIES, *PAGES, *FILES, *QUIET]
