"""A file in a git repository has a history, wherever it stood."""

from datetime import UTC, date, datetime

import httpx2 as httpx
import pytest

from app.errors import FetchError, ParseError
from app.sources import github
from app.sources.base import Revision
from app.sources.github import Document, Place
from app.sources.http import Client, ClientLimits
from tests.fakegit import FakeGit
from tests.upstreams import ENDPOINTS, FakeTime, client_of, plain

API, RAW = ENDPOINTS.github_api, ENDPOINTS.github_raw
BOARD = Document(
    name="org/bench:board",
    places=(
        Place(repository="org/old", branch="master", paths=("board.csv",)),
        Place(
            repository="org/bench", branch="gh-pages", paths=("data/board.csv", "data/sizes.csv")
        ),
    ),
)

HEAD = r"/commits\?sha=gh-pages&per_page"


def client(git: FakeGit, *, time: FakeTime | None = None, tries: int = 2) -> Client:
    return client_of(git, endpoint=API, also=(RAW,), limits=ClientLimits(tries=tries), time=time)


def moved() -> FakeGit:
    git = FakeGit()
    git.commit("org/old", {"board.csv": b"1"}, date="2025-01-01T08:00:00Z", branch="master")
    git.commit("org/old", {"README": b"-"}, date="2025-01-01T12:00:00Z", branch="master")
    git.commit("org/old", {"board.csv": b"2"}, date="2025-01-01T23:59:59+00:00", branch="master")
    git.commit("org/old", {"board.csv": b"3"}, date="2025-01-02T01:00:00+02:00", branch="master")
    git.commit("org/old", {"board.csv": b"4"}, date="2025-02-01T09:00:00Z", branch="master")
    git.commit("org/old", {"board.csv": None}, date="2025-02-01T10:00:00Z", branch="master")
    for hour, files in (
        ("10:00:00Z", {"data/board.csv": b"4", "data/sizes.csv": b"s"}),
        ("11:00:00Z", {"data/sizes.csv": b"t"}),
    ):
        git.commit("org/bench", files, date=f"2025-02-01T{hour}", branch="gh-pages")
    return git


def test_the_last_commit_of_a_day_is_that_days_revision() -> None:
    with client(moved()) as asking:
        found = github.history(asking, API, [BOARD])

    assert [(one.edition_date, one.published_at.isoformat()) for one in found] == [
        (date(2025, 1, 1), "2025-01-01T23:59:59+00:00"),
        (date(2025, 2, 1), "2025-02-01T11:00:00+00:00"),
    ]
    assert {one.document for one in found} == {"org/bench:board"}


def test_of_commits_of_one_second_the_last_one_is_that_days_revision() -> None:
    git = FakeGit()
    document = Document(
        name="b", places=(Place(repository="org/old", branch="main", paths=("board.csv",)),)
    )
    for number in range(6):
        git.commit("org/old", {"board.csv": b"%d" % number}, date="2025-03-01T00:00:00Z")

        with client(git) as asking:
            [found] = github.history(asking, API, [document])
            assert found in (github.current(asking, API, [document], {}).revisions or ())
            assert github.fetch(asking, RAW, found).files == (b"%d" % number,)


def test_a_file_is_fetched_where_it_stood_then() -> None:
    git = moved()
    with client(git) as asking:
        files = [github.fetch(asking, RAW, r).files for r in github.history(asking, API, [BOARD])]

    assert files == [(b"2",), (b"4", b"t")]


def test_files_that_are_too_large_together_are_not_held() -> None:
    git = FakeGit()
    half = b"." * (github.MAX_FILES_BYTES // 2 + 1)
    document = Document(name=BOARD.name, places=BOARD.places[1:])
    files = {"data/board.csv": half, "data/sizes.csv": half}
    git.commit("org/bench", files, branch="gh-pages")

    with client(git) as asking:
        [revision] = github.history(asking, API, [document])
        with pytest.raises(
            FetchError, match=r"sizes\.csv announces \d+ bytes, more than"
        ) as caught:
            github.fetch(asking, RAW, revision)

    assert not caught.value.transient


def test_the_commit_that_moves_a_file_away_is_none_of_the_old_place() -> None:
    document = Document(
        name="org/bench:board",
        places=(
            Place(repository="org/bench", branch="main", paths=("_data/board.csv",)),
            Place(repository="org/bench", branch="main", paths=("site/board.csv",)),
        ),
    )
    git = FakeGit()
    git.commit("org/bench", {"_data/board.csv": b"1"}, date="2025-01-01T08:00:00Z")
    git.commit(
        "org/bench",
        {"_data/board.csv": None, "site/board.csv": b"1"},
        date="2025-01-03T08:00:00Z",
    )

    with client(git) as asking:
        found = github.history(asking, API, [document])

    assert [one.paths for one in found] == [
        ("org/bench/_data/board.csv",),
        ("org/bench/site/board.csv",),
    ]


def test_a_place_to_which_nothing_has_come_yet_ends_nothing() -> None:
    git = moved()
    git.branches["org/bench", "gh-pages"] = git.branches["org/bench", "gh-pages"][:1]
    git.branches["org/bench", "gh-pages"][0].touched = frozenset()

    with client(git) as asking:
        found = github.history(asking, API, [BOARD])
        with pytest.raises(ParseError, match="no document has a commit"):
            github.current(asking, API, [BOARD], {})

    assert [one.edition_date for one in found][-1] == date(2025, 2, 1)


def test_pages_of_commits_are_followed() -> None:
    git = FakeGit(page_size=2)
    for day in range(1, 8):
        git.commit("org/old", {"board.csv": b"%d" % day}, date=f"2025-03-0{day}T00:00:00Z")
    document = Document(
        name="b", places=(Place(repository="org/old", branch="main", paths=("board.csv",)),)
    )

    with client(git) as asking:
        found = github.history(asking, API, [document])

    assert [one.edition_date for one in found] == [date(2025, 3, day) for day in range(1, 8)]
    assert len(git.asked) == 4


def test_the_newest_revision_is_asked_for_when_the_branch_has_moved() -> None:
    git = moved()
    with client(git) as asking:
        first = github.current(asking, API, [BOARD], {})
        asked = len(git.asked)
        again = github.current(asking, API, [BOARD], first.validators)
        between = len(git.asked)
        git.commit("org/bench", {"data/board.csv": b"5"}, branch="gh-pages")
        later = github.current(asking, API, [BOARD], again.validators)

    assert first.revisions is not None
    assert [one.published_at.isoformat() for one in first.revisions] == [
        "2025-02-01T11:00:00+00:00"
    ]
    assert again.revisions is None
    assert again.validators == first.validators
    assert between - asked == 1
    assert later.revisions is not None
    assert later.validators != first.validators


def test_a_branch_without_a_tag_is_asked_anew() -> None:
    git = moved()
    commit = {"sha": "a" * 40, "commit": {"committer": {"date": "2025-02-01T11:00:00Z"}}}
    git.faults[HEAD] = httpx.Response(200, json=[commit])

    with client(git) as asking:
        assert github.current(asking, API, [BOARD], {}).validators == {}


def test_a_folder_names_its_files() -> None:
    place = Place(repository="org/bench", branch="gh-pages", paths=("data",))
    git = moved()
    git.commit("org/bench", {"data/sub/x": b""}, branch="gh-pages")

    with client(git) as asking:
        assert github.names_in(asking, API, place) == ["board.csv", "sizes.csv"]


def test_a_file_that_is_gone_is_told_of() -> None:
    git = moved()
    sha = git.branches["org/old", "master"][-1].sha
    revision = Revision(
        document="b",
        revision=sha,
        published_at=datetime(2025, 2, 1, 10, tzinfo=UTC),
        edition_date=None,
        cumulative=False,
        paths=("org/old/board.csv",),
        digests=(),
    )

    with client(git) as asking, pytest.raises(FetchError, match="404") as caught:
        github.fetch(asking, RAW, revision)

    assert not caught.value.transient


@pytest.mark.parametrize(
    "commit",
    [
        {"sha": "a" * 40},
        {"sha": "A" * 40, "commit": {"committer": {"date": "2025-02-01T11:00:00Z"}}},
        {"sha": "a" * 40, "commit": {"committer": {"date": 1738407600}}},
        {"sha": "a" * 40, "commit": {"committer": {"date": "2025-02-01T11:00:00"}}},
    ],
)
def test_a_commit_of_another_shape_is_refused(commit: dict[str, object]) -> None:
    git = FakeGit(faults={"path=": httpx.Response(200, json=[commit])})

    with client(git) as asking, pytest.raises(ParseError, match="unknown shape"):
        github.history(asking, API, [BOARD])


LIMITED = {
    "Date": "Sat, 01 Feb 2025 10:00:00 GMT",
    "X-RateLimit-Remaining": "0",
    "X-RateLimit-Reset": "1738404060",  # a minute later
}


def test_a_spent_quota_of_the_api_does_not_hold_up_files() -> None:
    git = moved()
    time = FakeTime()
    with client(git, time=time) as asking:
        revision = github.history(asking, API, [BOARD])[0]
        git.faults[HEAD] = httpx.Response(
            200,
            headers=LIMITED,
            json=[{"sha": "a" * 40, "commit": {"committer": {"date": "2025-02-01T11:00:00Z"}}}],
        )
        github.current(asking, API, [BOARD], {})
        waited = sum(time.slept)
        github.fetch(asking, RAW, revision)

    assert waited == pytest.approx(61)
    assert sum(time.slept) == waited


def test_a_refusal_for_too_many_requests_is_waited_for() -> None:
    answers = iter([httpx.Response(403, headers=LIMITED), plain()])
    time = FakeTime()

    with client_of(lambda _request: next(answers), endpoint=API, time=time) as asking:
        assert asking.get(f"{API}/repos/org/old").body == b"data"

    assert sum(time.slept) == pytest.approx(61)
