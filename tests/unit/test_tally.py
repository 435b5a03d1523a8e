"""What is counted is told, alone and together with other processes."""

import multiprocessing
from array import array
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from app.telemetry.sharing import Share
from app.telemetry.tally import BUCKETS, GAUGES, Tally

IDS = ("get_b", "get_a")


def counted(tally: Tally) -> dict[tuple[str, str, str], tuple[int, int]]:
    """Kept and worked-out answers of each kind."""
    return {
        (kind.operation, kind.method, kind.status): (kind.kept, sum(kind.within))
        for kind in tally.requests()
    }


def test_nothing_is_told_of_what_was_never_asked() -> None:
    assert list(Tally(IDS).requests()) == []


@pytest.mark.parametrize(
    ("method", "status", "expected"),
    [
        pytest.param("GET", 200, ("GET", "2xx"), id="ok"),
        pytest.param("HEAD", 304, ("HEAD", "304"), id="not-modified"),
        pytest.param("GET", 308, ("GET", "3xx"), id="moved"),
        pytest.param("POST", 422, ("POST", "4xx"), id="refused"),
        pytest.param("GET", 503, ("GET", "5xx"), id="failed"),
        pytest.param("GET", 999, ("GET", "5xx"), id="no-such-status"),
        pytest.param("BREW", 405, ("other", "4xx"), id="a-word-of-the-callers"),
    ],
)
def test_answers_are_told_apart_by_what_no_caller_chooses(
    method: str, status: int, expected: tuple[str, str]
) -> None:
    tally = Tally(IDS)
    tally.worked_out(tally.number_of("get_a"), method, status, 0.02)

    assert counted(tally) == {("get_a", *expected): (0, 1)}


@pytest.mark.parametrize("operation", [None, "none", "get_nothing"])
def test_what_is_no_operation_is_counted_as_none(operation: str | None) -> None:
    tally = Tally(IDS)
    tally.kept(tally.number_of(operation), "GET", 200)
    tally.kept(tally.number_of(operation), "HEAD", 304)

    assert counted(tally) == {("none", "GET", "2xx"): (1, 0), ("none", "HEAD", "304"): (1, 0)}


def test_every_kind_has_a_place_of_its_own() -> None:
    tally = Tally(IDS)
    for operation in range(3):
        for method in ("GET", "HEAD"):
            for status in (200, 304):
                tally.kept(operation, method, status)
        for method in ("GET", "HEAD", "POST", "PUT"):
            for status in (200, 304, 308, 404, 500):
                tally.worked_out(operation, method, status, 100.0)

    assert len(counted(tally)) == 3 * 4 * 5
    assert {worked for _, worked in counted(tally).values()} == {1}
    assert sum(kept for kept, _ in counted(tally).values()) == 3 * 4


def test_times_fall_into_buckets_with_their_bounds() -> None:
    tally = Tally(IDS)
    for seconds in (0.0, BUCKETS[0], BUCKETS[1], BUCKETS[-1], BUCKETS[-1] + 1):
        tally.worked_out(1, "GET", 200, seconds)

    (kind,) = tally.requests()
    assert kind.seconds == pytest.approx(61.0035)
    assert kind.within == (2, 1, *[0] * (len(BUCKETS) - 3), 1, 1)


def test_gauges_are_as_they_were_noted_last() -> None:
    tally = Tally(IDS)
    tally.set_gauges(dict.fromkeys(GAUGES, 9))
    tally.set_gauges({"workers": 1, "threads_max": 2})

    assert {name: value for name, value in tally.gauges().items() if value} == {
        "workers": 1,
        "threads_max": 2,
    }


def worker(directory: Path, line: Connection) -> None:
    """Another process: answers once, says so, and stays until it is told to go."""
    tally = Tally(IDS)
    share = Share(directory, tally)
    tally.worked_out(1, "GET", 200, 0.1)
    tally.set_gauges({"workers": 1})
    share.publish()
    line.send(counted(tally))
    line.recv()
    share.close()


@pytest.fixture
def processes() -> Iterator[multiprocessing.context.SpawnContext]:
    context = multiprocessing.get_context("spawn")
    yield context
    for child in multiprocessing.active_children():
        child.kill()
        child.join()


GET_A = ("get_a", "GET", "2xx")


@pytest.mark.uncounted
def test_a_worker_that_is_killed_loses_no_count_and_has_a_successor(
    tmp_path: Path, processes: multiprocessing.context.SpawnContext
) -> None:
    own = Tally(IDS)
    share = Share(tmp_path, own)
    own.worked_out(1, "GET", 200, 0.1)
    own.set_gauges({"workers": 1})
    told = []
    for _ in range(2):
        ours, theirs = processes.Pipe()
        child = processes.Process(target=worker, args=(tmp_path, theirs))
        child.start()
        began_with = ours.recv()[GET_A]
        alive = own.plus(share.others())
        child.kill()
        child.join()
        dead = own.plus(share.others())
        told.append(
            [began_with, *((counted(t)[GET_A], t.gauges()["workers"]) for t in (alive, dead))]
        )
    share.close()

    assert told == [
        [(0, 1), ((0, 2), 2), ((0, 2), 1)],
        [(0, 2), ((0, 3), 2), ((0, 3), 1)],
    ]
    assert len(list(tmp_path.iterdir())) == 2


def test_a_place_is_taken_over_with_its_counts_and_not_with_its_gauges(tmp_path: Path) -> None:
    first = Tally(IDS)
    before = Share(tmp_path, first)
    first.kept(1, "GET", 200)
    first.set_gauges({"workers": 1})
    before.close()

    second = Tally(IDS)
    after = Share(tmp_path, second)
    second.kept(1, "GET", 200)

    assert counted(second) == {GET_A: (2, 0)}
    assert second.gauges()["workers"] == 0
    assert list(after.others()) == []
    after.close()


def test_two_in_one_directory_have_two_places(tmp_path: Path) -> None:
    one, two = Tally(IDS), Tally(IDS)
    shares = [Share(tmp_path, one), Share(tmp_path, two)]
    two.kept(1, "GET", 200)
    two.set_gauges({"workers": 1})
    shares[1].publish()
    (tmp_path / "of-another-version").write_bytes(bytes(8))

    together = one.plus(shares[0].others())
    shares[1].close()
    alone = one.plus(shares[0].others())

    assert (counted(together), together.gauges()["workers"]) == ({GET_A: (1, 0)}, 1)
    assert (counted(alone), alone.gauges()["workers"]) == ({GET_A: (1, 0)}, 0)
    assert isinstance(one.numbers, array)
    shares[0].close()
