"""What is refused, and what is called a part of a board."""

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.leaderboard import RawEntry, Snapshot, SnapshotStatus
from app.errors import RejectedPayload
from app.ingest.checks import MAX_BOARDS, MAX_ENTRIES, MAX_INTEGER, MAX_TEXT, check_payload, judge
from tests.factories import NOW, entry, leaderboard, profile, snapshot

DAY = date(2024, 7, 1)
GOOD = entry("a", 1.0, lower=0.5, upper=1.5, votes=3, published_rank=1, of="OpenAI")


def board(*entries: RawEntry) -> list[Snapshot]:
    return [snapshot(DAY, entries)]


def many(count: int) -> list[RawEntry]:
    return [entry(f"model {number}", float(number)) for number in range(count)]


@pytest.mark.parametrize(
    ("snapshots", "reason"),
    [
        pytest.param([], "no entries", id="no-snapshot"),
        pytest.param(board(), "no entries", id="no-entry-at-all"),
        pytest.param(
            [snapshot(DAY, {"a": 1}), snapshot(DAY, {}, leaderboard("demo-coding"))],
            "demo-coding of 2024-07-01 is empty",
            id="one-empty-board",
        ),
        pytest.param(
            [snapshot(DAY, {"a": 1}), snapshot(DAY, {"b": 2})],
            "demo-text of 2024-07-01 stands twice",
            id="an-edition-twice",
        ),
        pytest.param(
            [snapshot("2024-08-03", {"a": 1})], "2024-08-03 lies in the future", id="edition-ahead"
        ),
        pytest.param(
            [snapshot(DAY, {"a": 1}, leaderboard(f"demo-{n}")) for n in range(MAX_BOARDS + 1)],
            f"the payload has {MAX_BOARDS + 1} boards",
            id="boards-without-end",
        ),
        pytest.param(
            [snapshot(DAY, {"a": 1}, leaderboard("demo-text\0"))], "cannot be stored", id="a-nul"
        ),
        pytest.param(
            [snapshot(DAY, {"a": 1}, leaderboard("demo-" + "x" * MAX_TEXT))],
            "demo-x+ of 2024-07-01 has a title or a slug that cannot be stored",
            id="a-slug-without-end",
        ),
        pytest.param(board(*[GOOD] * 3), "repeats 2 of its rows", id="a-table-that-repeats"),
        pytest.param(
            board(*many(30), *many(4)), "repeats 4 of its rows", id="a-tenth-repeats-itself"
        ),
        pytest.param(
            board(*[GOOD] * (MAX_ENTRIES + 1)), f"{MAX_ENTRIES + 1} entries", id="endless"
        ),
    ],
)
def test_a_payload_that_would_harm_the_record_is_refused(
    snapshots: Sequence[Snapshot], reason: str
) -> None:
    with pytest.raises(RejectedPayload, match=f"^demo: .*{reason}"):
        check_payload("demo", snapshots, published_at=NOW, now=NOW)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param(GOOD._replace(printed_name=""), "a name that cannot be stored", id="no-name"),
        pytest.param(
            GOOD._replace(printed_name=" \u2003 "), "a name that cannot be stored", id="blank-name"
        ),
        pytest.param(GOOD._replace(printed_name="a\0b"), "a name that cannot be stored", id="nul"),
        pytest.param(
            GOOD._replace(printed_name="a\ud800"),
            "a name that cannot be stored",
            id="lone-surrogate",
        ),
        pytest.param(
            GOOD._replace(printed_name="a\nb"), "a name that cannot be stored", id="line-break"
        ),
        pytest.param(
            GOOD._replace(printed_name="a\x9b31m"),
            "a name that cannot be stored",
            id="terminal-control",
        ),
        pytest.param(
            GOOD._replace(printed_name="a" * (MAX_TEXT + 1)),
            "a name that cannot be stored",
            id="long-name",
        ),
        pytest.param(GOOD._replace(score=math.nan), "a score that is no number", id="nan"),
        pytest.param(GOOD._replace(score=math.inf), "a score that is no number", id="infinity"),
        pytest.param(GOOD._replace(score_lower=math.nan), "an interval that is no", id="nan-lower"),
        pytest.param(GOOD._replace(score_upper=math.inf), "an interval that is no", id="inf-upper"),
        pytest.param(
            GOOD._replace(score_lower=2.0, score_upper=1.0), "ends before it", id="inside-out"
        ),
        pytest.param(GOOD._replace(votes=-1), "votes out of bounds", id="negative-votes"),
        pytest.param(GOOD._replace(votes=MAX_INTEGER + 1), "votes out of bounds", id="many-votes"),
        pytest.param(GOOD._replace(published_rank=-1), "rank out of bounds", id="negative-rank"),
        pytest.param(
            GOOD._replace(published_rank=MAX_INTEGER + 1), "rank out of bounds", id="endless-rank"
        ),
        pytest.param(
            GOOD._replace(profile=profile("Open\0AI")), "maker, which cannot", id="nul-in-maker"
        ),
        pytest.param(
            GOOD._replace(profile=profile(namespace="\udfff")),
            "owner, which cannot",
            id="bad-namespace",
        ),
        pytest.param(
            GOOD._replace(profile=profile("x" * (MAX_TEXT + 1))),
            "maker, which cannot",
            id="long-maker",
        ),
        pytest.param(
            GOOD._replace(profile=profile(licence="MIT\0")),
            "licence, which cannot",
            id="nul-in-licence",
        ),
        pytest.param(
            GOOD._replace(profile=profile(parameters_b=math.inf)), "a size that", id="endless-size"
        ),
    ],
)
def test_a_row_that_no_row_may_be_is_refused(row: RawEntry, reason: str) -> None:
    with pytest.raises(
        RejectedPayload, match=f"^demo: demo-text of 2024-07-01: '.*' has {reason}|{reason}"
    ):
        check_payload("demo", board(entry("fine"), row), published_at=NOW, now=NOW)


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(GOOD, id="everything"),
        pytest.param(entry("a", 0.0), id="only-a-score"),
        pytest.param(entry("a", -0.0019, lower=-0.1, upper=-0.0019), id="negative"),
        pytest.param(entry("a", 1.0, lower=2.0), id="half-an-interval-says-nothing"),
        pytest.param(entry("a", 1.0, lower=2.0, upper=3.0), id="a-score-outside-its-interval"),
        pytest.param(entry("a" * MAX_TEXT, votes=MAX_INTEGER, published_rank=0), id="the-limits"),
        pytest.param(entry("模型 ﷽ é 🦙"), id="any-script"),
        pytest.param(
            entry("a", of=profile("零一万物", licence="", parameters_b=0.0)), id="profile"
        ),
    ],
)
def test_a_row_that_is_only_unusual_is_taken(row: RawEntry) -> None:
    check_payload("demo", board(row), published_at=NOW, now=NOW)


def test_a_few_repeated_rows_are_taken() -> None:
    check_payload("demo", board(*many(30), *many(3)), published_at=NOW, now=NOW)


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(days=1)], ids=["now", "a-day-ahead"])
def test_clocks_may_differ_by_a_day(ahead: timedelta) -> None:
    check_payload("demo", board(GOOD), published_at=NOW + ahead, now=NOW)


def test_what_was_published_in_the_future_is_refused() -> None:
    moment = NOW + timedelta(days=1, seconds=1)

    with pytest.raises(RejectedPayload, match="in the future, at 2024-08-02T12:00Z"):
        check_payload("demo", board(GOOD), published_at=moment, now=NOW)


def test_an_edition_may_be_a_day_ahead_of_us() -> None:
    late = datetime(2024, 8, 1, 13, tzinfo=UTC)

    check_payload("demo", [snapshot("2024-08-02", {"a": 1})], published_at=late, now=late)


C, P = True, False


@pytest.mark.parametrize(
    ("sizes", "complete"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([100], [C], id="the-first-is-believed"),
        pytest.param([100, 61, 60], [C, C, C], id="losing-less-than-40-percent"),
        pytest.param([100, 60], [C, C], id="losing-exactly-40-percent"),
        pytest.param([100, 59], [C, P], id="losing-more"),
        pytest.param([6, 2], [C, C], id="a-small-board-may-lose-four"),
        pytest.param([6, 1], [C, P], id="but-not-five"),
        pytest.param([100, 9, 99], [C, P, C], id="it-came-back"),
        pytest.param([100, 9, 60, 9], [C, P, C, P], id="it-came-back-smaller"),
        pytest.param([100, 9, 9, 9, 9], [C, P, P, P, P], id="four-small-ones-prove-nothing"),
        pytest.param([100, 9, 9, 9, 9, 9], [C, C, C, C, C, C], id="five-small-ones-are-the-board"),
        pytest.param([100, 9, 9, 9, 9, 9, 9, 3], [C] * 7 + [P], id="and-its-size-is-the-measure"),
        pytest.param([100, 9, 9, 100, 9, 9, 9], [C, P, P, C, P, P, P], id="in-a-row"),
        pytest.param(
            [100, *[20] * 9], [C, *[P] * 9], id="cut-at-a-round-number-is-never-the-board"
        ),
        pytest.param([100, 9, 9, 20, 9, 9, 9], [C, C, C, P, C, C, C], id="a-cut-one-in-between"),
        pytest.param([20, 20], [C, C], id="a-board-may-have-a-round-size"),
        pytest.param([1159, 66, 72, 95, 6715], [C, P, P, P, C], id="october-2023"),
        pytest.param([198, 168], [C, C], id="the-deprecated-ones-of-february-2025"),
        pytest.param([80, 37, 37, 37, 37], [C, *[P] * 4], id="livebench-of-october-2025"),
        pytest.param([80, *[37] * 5, 38], [C] * 7, id="livebench-of-october-2025-stays-so"),
        pytest.param([80, 37, 80], [C, P, C], id="livebench-had-it-come-back"),
        pytest.param([45, 36], [C, C], id="livebench-of-july-2026"),
        pytest.param([145, 39, 39, 40, 40], [C, *[P] * 4], id="nyt-connections-of-february-2026"),
        pytest.param([145, 39, 39, 40, 40, 41], [C] * 6, id="nyt-connections-stays-so"),
        pytest.param([100, 9, 8, 7, 6, 5, 90], [C] * 7, id="shrunk-then-grown"),
    ],
)
def test_which_snapshots_are_complete(sizes: list[int], complete: list[bool]) -> None:
    verdicts = judge(sizes)

    assert [verdict.status is SnapshotStatus.COMPLETE for verdict in verdicts] == complete
    assert [verdict.reason is None for verdict in verdicts] == complete


def test_a_partial_snapshot_says_why() -> None:
    assert judge([100, 50])[1].reason == "50 entries where there were 100"


@given(st.lists(st.integers(min_value=1, max_value=200), max_size=30))
def test_a_board_that_never_shrinks_is_always_complete(sizes: list[int]) -> None:
    verdicts = judge(sorted(sizes))

    assert {verdict.status for verdict in verdicts} <= {SnapshotStatus.COMPLETE}


@given(st.lists(st.integers(min_value=1, max_value=200), min_size=1, max_size=30))
def test_what_is_known_already_is_judged_the_same_as_long_as_it_is_complete(
    sizes: list[int],
) -> None:
    before, after = judge(sizes[:-1]), judge(sizes)

    kept = [new for old, new in zip(before, after, strict=False) if old.reason is None]
    assert {verdict.status for verdict in kept} <= {SnapshotStatus.COMPLETE}
