"""A document of a scrape that cannot be read is told, asked for again, and harms no other."""

import re
from collections.abc import Callable
from datetime import date
from typing import NoReturn

import pytest

from app.domain.runs import Outcome, RunKind
from app.errors import FetchError
from app.ingest.pipeline import Report
from app.ingest.runner import Work, run_scrape
from app.store.engine import SessionFactory, reading
from app.store.queries.boards import board_slugs
from app.store.writes.sources import load_validators
from app.upkeep.checking import check_record
from tests.factories import Upstream, work
from tests.views import everything, runs, statuses

NAMES = ("a", "b", "c")
DAYS_READ = [date(2024, 7, 1), date(2024, 7, 2)]


def published(*names: str, day: str = "2024-07-01") -> Upstream:
    upstream = Upstream()
    publish(upstream, *names, day=day)
    return upstream


def publish(upstream: Upstream, *names: str, day: str) -> None:
    """Each document has a board of its own."""
    for hour, name in enumerate(names):
        upstream.publish(
            day,
            {f"OpenAI/{name}": 10},
            document=f"demo:{name}",
            board=f"demo-{name}",
            published_at=f"{day}T{hour:02}:00:00+00:00",
        )


def breaking(upstream: Upstream, name: str, what: Callable[[], bytes]) -> str:
    """Let the newest revision of a document be broken; gives its id."""
    newest = [r for r, _body in upstream.revisions if r.document == f"demo:{name}"][-1]
    upstream.broken[newest.revision] = what
    return newest.revision


def scraped(job: Work) -> Report:
    report = run_scrape(job, RunKind.MANUAL)
    assert report is not None
    return report


def known(sessions: SessionFactory) -> dict[str, str]:
    """What is known of the listing."""
    with reading(sessions) as session:
        return load_validators(session, 1)


def boards(sessions: SessionFactory) -> set[str]:
    with reading(sessions) as session:
        return set(board_slugs(session))


def page() -> bytes:
    return b"<html>"


def nothing() -> bytes:
    return b"[]"


def gone() -> NoReturn:
    raise FetchError("demo", "404", transient=False)


def away() -> NoReturn:
    raise FetchError("demo", "503 after 4 tries", transient=True)


@pytest.mark.parametrize(
    ("harm", "says", "status"),
    [
        pytest.param(page, "not a demo document: .*", "refused", id="unknown-shape"),
        pytest.param(nothing, "the payload has no entries", "refused", id="empty"),
        pytest.param(gone, "404", "refused", id="missing"),
        pytest.param(away, "503 after 4 tries", "failed", id="away"),
    ],
)
def test_the_others_are_stored_and_the_bad_one_is_named(
    sessions: SessionFactory, harm: Callable[[], bytes], says: str, status: str
) -> None:
    upstream = published(*NAMES)
    breaking(upstream, "b", harm)

    report = scraped(work(upstream, sessions))

    assert report.outcome is Outcome.FAILED
    [run] = runs(sessions)
    assert (run.outcome, run.error_kind, run.error) == ("failed", "documents", report.error)
    assert re.fullmatch(f"1 of 3 documents could not be read: demo:b: {says}", run.error or "")
    assert (run.documents, run.snapshots_written, run.entries_written) == (2, 2, 2)
    assert boards(sessions) == {"demo-a", "demo-c"}
    assert statuses(sessions) == {status: 1, "stored": 2}
    with reading(sessions) as session:
        assert list(check_record(session)) == []


def test_only_the_bad_one_is_asked_for_again_until_it_can_be_read(sessions: SessionFactory) -> None:
    upstream = published(*NAMES)
    job = work(upstream, sessions)
    bad = breaking(upstream, "b", page)
    scraped(job)
    before = known(sessions)
    upstream.fetched.clear()
    again = scraped(job)
    asked = list(upstream.fetched)
    del upstream.broken[bad]
    recovered = scraped(job)

    assert (before, asked) == ({}, [bad])
    assert (again.outcome, again.error) == (
        Outcome.FAILED,
        "demo: not a demo document: Expecting value: line 1 column 1 (char 0)",
    )
    assert (recovered.outcome, recovered.error) == (Outcome.SUCCEEDED, None)
    assert known(sessions) == {"demo": "3"}
    assert boards(sessions) == {"demo-a", "demo-b", "demo-c"}
    assert statuses(sessions) == {"stored": 3}
    assert scraped(job).outcome is Outcome.UNCHANGED


def test_what_is_known_of_the_listing_stays_as_it_was(sessions: SessionFactory) -> None:
    upstream = published(*NAMES)
    job = work(upstream, sessions)
    scraped(job)
    publish(upstream, *NAMES, day="2024-07-02")
    breaking(upstream, "c", nothing)

    assert scraped(job).outcome is Outcome.FAILED

    assert known(sessions) == {"demo": "3"}
    assert [line[0] for line in everything(sessions, "demo-b")] == DAYS_READ
    assert [line[0] for line in everything(sessions, "demo-c")] == DAYS_READ[:1]


def test_where_none_can_be_read_nothing_is_stored(sessions: SessionFactory) -> None:
    upstream = published(*NAMES)
    for name, harm in zip(NAMES, (page, nothing, gone), strict=True):
        breaking(upstream, name, harm)

    report = scraped(work(upstream, sessions))

    [run] = runs(sessions)
    assert (run.outcome, run.error_kind, run.error) == ("failed", "parse", report.error)
    assert (boards(sessions), statuses(sessions), known(sessions)) == (set(), {}, {})


@pytest.mark.parametrize(
    ("away_at", "ends"),
    [
        pytest.param("bc", "documents", id="two-in-a-row"),
        pytest.param("bcef", "documents", id="four-of-six"),
        pytest.param("bcd", "fetch", id="three-in-a-row"),
    ],
)
def test_an_upstream_that_is_away_is_not_asked_for_everything(
    sessions: SessionFactory, away_at: str, ends: str
) -> None:
    upstream = published(*"abcdefg")
    for name in away_at:
        breaking(upstream, name, away)

    assert scraped(work(upstream, sessions)).outcome is Outcome.FAILED

    [run] = runs(sessions)
    assert run.error_kind == ends
    read = set("abcdefg") - set(away_at) if ends == "documents" else set()
    assert boards(sessions) == {f"demo-{name}" for name in read}
    last = upstream.fetched[-1]
    assert last == ("rev-20240701T060000" if ends == "documents" else "rev-20240701T030000")


def test_a_long_list_of_them_is_cut(sessions: SessionFactory) -> None:
    upstream = published(*"abcdefgh")
    for name in "bcdefgh":
        breaking(upstream, name, nothing)

    error = scraped(work(upstream, sessions)).error or ""

    assert error.startswith("7 of 8 documents could not be read: demo:b: the payload has no")
    assert error.endswith("demo:f: the payload has no entries; and 2 more")


def test_what_is_refused_when_it_is_to_be_stored_undoes_no_other(sessions: SessionFactory) -> None:
    """Two documents give one edition of one board, published at one moment, and differ."""
    upstream = published(*NAMES)
    for name, score in (("x", 10), ("y", 11)):
        upstream.publish("2024-07-01", {"OpenAI/x": score}, document=f"demo:{name}", board="demo-x")

    report = scraped(work(upstream, sessions))

    assert report.outcome is Outcome.FAILED
    assert report.error == (
        "1 of 5 documents could not be read: demo:y: demo-x of 2024-07-01: "
        "two contents of 2024-07-01 published at the same moment"
    )
    assert boards(sessions) == {"demo-a", "demo-b", "demo-c", "demo-x"}
    assert [line[4] for line in everything(sessions, "demo-x")] == [10]
    assert statuses(sessions) == {"refused": 1, "stored": 4}
    with reading(sessions) as session:
        assert list(check_record(session)) == []


def test_what_alone_is_refused_when_it_is_to_be_stored_leaves_no_trace(
    sessions: SessionFactory,
) -> None:
    upstream = published("a")
    job = work(upstream, sessions)
    scraped(job)
    moment = "2024-07-01T00:00:00+00:00"
    upstream.publish(
        "2024-07-01", {"OpenAI/a": 9}, document="demo:z", board="demo-a", published_at=moment
    )

    report = scraped(job)

    newest = runs(sessions)[0]
    assert (report.outcome, newest.error_kind) == (Outcome.FAILED, "rejected")
    assert statuses(sessions) == {"stored": 1}


@pytest.mark.parametrize("board", ["demo-\0", "demo-" + "".join(map(hex, range(5_000)))])
def test_a_board_that_cannot_be_stored_harms_no_other(board: str, sessions: SessionFactory) -> None:
    upstream = published("a")
    upstream.publish("2024-07-01", {"OpenAI/b": 10}, document="demo:b", board=board)

    report = scraped(work(upstream, sessions))

    assert report.error is not None
    assert report.error.startswith("1 of 2 documents could not be read: demo:b: demo-")
    assert report.error.endswith("has a title or a slug that cannot be stored")
    with reading(sessions) as session:
        assert board_slugs(session) == ["demo-a"]
