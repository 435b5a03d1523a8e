"""The Hub's listings and downloads: read to the end, and believed only in the shape we know."""

from datetime import UTC, datetime

import httpx2 as httpx
import pytest

from app.errors import FetchError, ParseError
from app.sources import hub, listings
from app.sources.base import Revision
from tests.fakehub import CDN, FakeHub, client_for_hub
from tests.upstreams import HUB

DATASET = "someone/something"
FIRST = datetime(2024, 7, 13, 11, 16, 14, tzinfo=UTC)
LATER = "2024-07-14T00:00:00.000Z"


def revision(*paths: str, digests: tuple[str, ...] = (), commit: str = "main") -> Revision:
    return Revision(
        document=f"{DATASET}:data",
        revision=commit,
        published_at=FIRST,
        edition_date=None,
        cumulative=False,
        paths=paths,
        digests=digests,
    )


def file(path: str, *, commit: str = "c", day: int = 1, sha256: str | None = "0") -> hub.File:
    moment = datetime(2024, 7, day, tzinfo=UTC)
    return hub.File(path=path, sha256=sha256, commit=commit, committed_at=moment)


def test_the_head_is_the_newest_commit() -> None:
    fake = FakeHub()
    fake.commit(DATASET, {})
    newest = fake.commit(DATASET, {})

    with client_for_hub(fake) as client:
        head = hub.head(client, HUB, DATASET, {})

    assert (head.revision, head.changed) == (newest, True)
    assert list(head.validators) == [f"{HUB}/api/datasets/{DATASET}?expand%5B%5D=sha"]


def test_an_unchanged_head_says_so() -> None:
    fake = FakeHub()
    fake.commit(DATASET, {})

    with client_for_hub(fake) as client:
        before = hub.head(client, HUB, DATASET, {})
        after = hub.head(client, HUB, DATASET, before.validators)

    assert (after.revision, after.changed, after.validators) == ("main", False, before.validators)


def test_a_head_without_an_etag_has_no_validators() -> None:
    fake = FakeHub(faults={"": httpx.Response(200, json={"sha": "a" * 40})})

    with client_for_hub(fake) as client:
        assert hub.head(client, HUB, DATASET, {}).validators == {}


def test_a_dataset_that_does_not_exist_is_no_passing_failure() -> None:
    with client_for_hub(FakeHub()) as client, pytest.raises(FetchError) as caught:
        hub.head(client, HUB, DATASET, {})

    assert not caught.value.transient
    assert "RepoNotFound; there is no such repository" in str(caught.value)


def test_a_tree_is_read_over_all_its_pages() -> None:
    fake = FakeHub(page_size=2)
    first = fake.commit(DATASET, {f"data/{n}.parquet": b"%d" % n for n in range(5)})
    second = fake.commit(DATASET, {"data/3.parquet": b"new", "README.md": b"#"}, date=LATER)

    with client_for_hub(fake) as client:
        files = hub.tree(client, HUB, DATASET, second)

    assert [file.path for file in files] == ["README.md", *(f"data/{n}.parquet" for n in range(5))]
    assert [file.commit for file in files] == [second, first, first, first, second, first]
    assert files[0].sha256 is None
    assert files[1].sha256 is not None
    assert files[1].committed_at == FIRST
    assert len(fake.requests) == 4


def test_commits_are_read_over_all_their_pages_newest_first() -> None:
    fake = FakeHub(page_size=2)
    ids = [fake.commit(DATASET, {}, title=f"{n}") for n in range(5)]

    with client_for_hub(fake) as client:
        commits = hub.commits(client, HUB, DATASET, "main")

    assert [commit.id for commit in commits] == ids[::-1]
    assert (commits[0].title, commits[0].date) == ("4", FIRST)


def test_a_commit_that_two_pages_show_is_one_commit() -> None:
    page = [{"id": "a" * 40, "title": "", "date": LATER}]
    fake = FakeHub(
        faults={
            "p=1": httpx.Response(200, json=page),
            "": httpx.Response(
                200,
                json=page,
                headers={"Link": f'<{HUB}/x?p=0>; rel="first",<{HUB}/x?p=1>;rel=next'},
            ),
        }
    )

    with client_for_hub(fake) as client:
        assert len(hub.commits(client, HUB, DATASET, "main")) == 1


@pytest.mark.parametrize(
    ("following", "said"),
    [
        pytest.param("https://elsewhere.example/api", "another host", id="another-host"),
        pytest.param("https://hub.example.elsewhere.example/", "another host", id="our-prefix"),
        pytest.param(f"{HUB}/again", "do not end", id="loop"),
        pytest.param("/relative", "another host", id="relative"),
    ],
)
def test_a_next_page_must_be_a_page_that_follows(following: str, said: str) -> None:
    page = httpx.Response(200, json=[], headers={"Link": f'<{following}>; rel="next"'})
    fake = FakeHub(faults={"": page})

    with client_for_hub(fake) as client, pytest.raises(ParseError, match=said):
        hub.tree(client, HUB, DATASET, "main")


def test_a_listing_without_end_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listings, "MAX_PAGES", 7)
    fake = FakeHub(page_size=1)
    for _ in range(9):
        fake.commit(DATASET, {})

    with client_for_hub(fake) as client, pytest.raises(ParseError, match="do not end"):
        hub.commits(client, HUB, DATASET, "main")


BAD_JSON = [
    pytest.param(b"", id="empty"),
    pytest.param(b"<!DOCTYPE html><html>", id="html"),
    pytest.param(b'[{"id": "a', id="cut-off"),
    pytest.param(b"[" * 100_000, id="deep"),
    pytest.param(b"\xff\xfe", id="not-utf-8"),
    pytest.param(b"[NaN]", id="nan"),
    pytest.param(b'["\\ud800"]', id="lone-surrogate"),
    pytest.param(b"null", id="null"),
    pytest.param(b'"text"', id="text"),
    pytest.param(b"[1]", id="numbers"),
    pytest.param(b"[[]]", id="lists"),
]


@pytest.mark.parametrize("body", BAD_JSON)
def test_a_listing_that_is_no_listing_is_a_parse_error(body: bytes) -> None:
    fake = FakeHub(faults={"": httpx.Response(200, content=body)})

    with client_for_hub(fake) as client:
        for read in (hub.tree, hub.commits):
            with pytest.raises(ParseError, match="someone/something"):
                read(client, HUB, DATASET, "main")
        with pytest.raises(ParseError):
            hub.head(client, HUB, DATASET, {})


@pytest.mark.parametrize(
    ("replaced", "where"),
    [
        pytest.param({"id": "HEAD"}, "0.id", id="id-no-digest"),
        pytest.param({"id": 7}, "0.id", id="id-a-number"),
        pytest.param({"title": None}, "0.title", id="title-null"),
        pytest.param({"date": 1720000000}, "0.date", id="date-a-number"),
        pytest.param({"date": "1720000000"}, "0.date", id="date-a-number-as-text"),
        pytest.param({"date": "yesterday"}, "0.date", id="date-a-word"),
        pytest.param({"date": "2024-07-13T11:16:14"}, "0.date", id="date-without-zone"),
        pytest.param({"date": "0001-01-01T00:00:00+14:00"}, "0.date", id="date-before-time"),
    ],
)
def test_a_commit_of_an_unknown_shape_is_a_parse_error(
    replaced: dict[str, object], where: str
) -> None:
    commit = {"id": "a" * 40, "title": "", "date": LATER, **replaced}
    fake = FakeHub(faults={"": httpx.Response(200, json=[commit])})

    with client_for_hub(fake) as client, pytest.raises(ParseError, match=f"shape: {where}"):
        hub.commits(client, HUB, DATASET, "main")


@pytest.mark.parametrize(
    ("replaced", "said"),
    [
        pytest.param({"path": None}, "0.path", id="path-null"),
        pytest.param({"lfs": {"oid": "short"}}, "0.lfs.oid", id="digest-too-short"),
        pytest.param({"lastCommit": {"id": "a" * 40}}, "0.lastCommit.date", id="no-date"),
        pytest.param({"lastCommit": None}, "has no last commit", id="no-last-commit"),
    ],
)
def test_a_tree_of_an_unknown_shape_is_a_parse_error(
    replaced: dict[str, object], said: str
) -> None:
    last = {"id": "a" * 40, "date": LATER}
    entry = {"type": "file", "path": "x", "lastCommit": last, **replaced}
    fake = FakeHub(faults={"": httpx.Response(200, json=[entry])})

    with client_for_hub(fake) as client, pytest.raises(ParseError, match=said):
        hub.tree(client, HUB, DATASET, "main")


def test_the_shards_of_a_table_are_put_in_order() -> None:
    paths = ["b-00001-of-00002.parquet", "README.md", "a/b-00000-of-00001.parquet"]
    files = [file(path) for path in [*paths, "b-00000-of-00002.parquet"]]

    tables = hub.sharded("example", files)

    assert {stem: [shard.path for shard in shards] for stem, shards in tables.items()} == {
        "b": ["b-00000-of-00002.parquet", "b-00001-of-00002.parquet"],
        "a/b": ["a/b-00000-of-00001.parquet"],
    }


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["00000-of-00002"], id="one-missing"),
        pytest.param(["00001-of-00002", "00002-of-00002"], id="wrong-numbers"),
        pytest.param(["00000-of-00001", "00000-of-00002", "00001-of-00002"], id="two-generations"),
    ],
)
def test_shards_that_are_not_whole_are_a_parse_error(names: list[str]) -> None:
    with pytest.raises(ParseError, match="not a whole set of shards"):
        hub.sharded("example", [file(f"b-{name}.parquet") for name in names])


def test_a_table_is_as_new_as_its_newest_shard() -> None:
    shards = [file("a", commit="new", day=3), file("b", commit="old", day=2)]

    made = hub.revision_of("doc", shards, edition_date=None, cumulative=False)

    assert (made.revision, made.published_at.day) == ("new", 3)
    assert (made.paths, made.digests) == (("a", "b"), ("0", "0"))


def test_a_digest_that_is_not_known_for_every_shard_is_none() -> None:
    shards = [file("a"), file("b", sha256=None)]

    assert hub.revision_of("d", shards, edition_date=None, cumulative=False).digests == ()


def test_all_files_of_a_revision_are_fetched() -> None:
    fake = FakeHub()
    old = fake.commit(DATASET, {"a b/é.parquet": b"1", "c.md": b"2"})
    fake.commit(DATASET, {"a b/é.parquet": b"3"})
    wanted = revision("a b/é.parquet", "c.md", commit=old)

    with client_for_hub(fake) as client:
        payload = hub.fetch(client, HUB, DATASET, wanted)

    assert (payload.revision, payload.files) == (wanted, (b"1", b"2"))


@pytest.mark.parametrize(
    "digests", [pytest.param((), id="linked"), pytest.param(("0" * 64,), id="listed")]
)
def test_a_file_that_is_not_the_one_listed_is_a_passing_failure(digests: tuple[str, ...]) -> None:
    fake = FakeHub(faults={CDN: httpx.Response(200, content=b"other")})
    fake.commit(DATASET, {"a.parquet": b"1"})

    with client_for_hub(fake) as client, pytest.raises(FetchError) as caught:
        hub.fetch(client, HUB, DATASET, revision("a.parquet", digests=digests))

    assert caught.value.transient
    assert "someone/something/a.parquet at main is not the file listed" in str(caught.value)


def test_a_file_that_is_not_there_is_no_passing_failure() -> None:
    fake = FakeHub()
    fake.commit(DATASET, {})

    with client_for_hub(fake) as client, pytest.raises(FetchError, match="EntryNotFound") as caught:
        hub.fetch(client, HUB, DATASET, revision("a.parquet"))

    assert not caught.value.transient
