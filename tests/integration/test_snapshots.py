"""Nothing that was published is overwritten, and what is in force follows from what is stored."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count, permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.leaderboard import Leaderboard
from app.domain.runs import Outcome, RunKind
from app.errors import RejectedPayload
from app.ingest.runner import run_scrape
from app.store.blocks import Block, decode
from app.store.engine import SessionFactory, build_engine, reading, session_factory
from app.store.queries.boards import find_board
from app.store.queries.catalogue import Catalogue
from app.store.queries.editions import edition_in_force, editions_in_force, list_snapshots
from app.store.queries.standings import leaders_of, missing_float, missing_integer
from app.store.tables import EDITION, ENTRY, LISTING, SNAPSHOT_BLOCK
from tests.factories import Record, Upstream, entry, leaderboard, profile, snapshot, work
from tests.views import standings_of

DAY = date(2024, 7, 2)
CONTENTS = {"A": {"OpenAI/a": 10.0}, "B": {"OpenAI/a": 20.0}, "C": {"Meta/c": 30.0}}
NAMES = {10.0: "A", 20.0: "B", 30.0: "C"}
_numbers = count()


@pytest.fixture
def sqlite_sessions(sqlite_url: str) -> Iterator[SessionFactory]:
    engine = build_engine(sqlite_url)
    yield session_factory(engine)
    engine.dispose()


def july(day: int) -> datetime:
    return datetime(2024, 7, day, 4, tzinfo=UTC)


def publish(record: Record, *what: str) -> None:
    """`A3` is content A published on 3 July, `A9*` the same from a cumulative document."""
    for text in what:
        record.add(
            snapshot(DAY, CONTENTS[text[0]]),
            published_at=july(int(text[1:].rstrip("*"))),
            cumulative=text.endswith("*"),
        )


def published(sessions: SessionFactory) -> list[str]:
    with reading(sessions) as session:
        board = find_board(session, "demo-text")
        stored = [listing.edition for listing in list_snapshots(session, board.id)]
    return [f"{NAMES[e.leader_score]}{e.published_at.day}" for e in reversed(stored)]


def in_force(sessions: SessionFactory, known_at: datetime | None = None) -> str:
    with reading(sessions) as session:
        board = find_board(session, "demo-text")
        edition = edition_in_force(session, board.id, DAY, known_at=known_at)
    return "" if edition is None else NAMES[edition.leader_score]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        pytest.param(["A3"], ["A3"], id="once"),
        pytest.param(["A3", "A4"], ["A3"], id="said-again"),
        pytest.param(["A4", "A3"], ["A3"], id="said-before"),
        pytest.param(["A3", "B4"], ["A3", "B4"], id="restated"),
        pytest.param(["B4", "A3"], ["A3", "B4"], id="restated-known-backwards"),
        pytest.param(["A3", "B4", "B5"], ["A3", "B4"], id="the-restatement-said-again"),
        pytest.param(["A3", "B4", "A5"], ["A3", "B4", "A5"], id="taken-back"),
        pytest.param(["A5", "A3", "B4"], ["A3", "B4", "A5"], id="taken-back-newest-known-first"),
        pytest.param(["A3", "A5", "B4"], ["A3", "B4", "A5"], id="taken-back-middle-known-last"),
        pytest.param(["A3", "C6", "A4", "B5"], ["A3", "B5", "C6"], id="one-in-between"),
        pytest.param(["A9*"], ["A2"], id="a-cumulative-document-says-for-when-only"),
        pytest.param(["A9*", "A10*"], ["A2"], id="cumulative-again"),
        pytest.param(["A9*", "B10*"], ["A2", "B10"], id="cumulative-restated"),
        pytest.param(["A9*", "A4"], ["A4"], id="a-revision-tells-when"),
        pytest.param(["A4", "A9*"], ["A4"], id="cumulative-says-nothing-new"),
        pytest.param(["B4", "A9*"], ["B4", "A9"], id="cumulative-restates"),
        pytest.param(["A9*", "B4"], ["B4", "A9"], id="cumulative-restates-known-backwards"),
        pytest.param(["A9*", "B12"], ["A2", "B12"], id="restated-after-the-cumulative-one"),
        pytest.param(["B4", "A9*", "A5"], ["B4", "A5"], id="when-a-restatement-was-made"),
        pytest.param(["B4", "A9*", "C6", "A5"], ["B4", "A5", "C6"], id="and-what-came-after-it"),
        pytest.param(["B3", "B6", "A9*", "A5"], ["B3", "A5", "B6"], id="and-was-taken-back"),
        pytest.param(["A4", "B5", "A9*"], ["A4", "B5"], id="no-flapping-of-two-documents"),
    ],
)
def test_every_content_is_kept_with_when_it_was_published(
    record: Record, sessions: SessionFactory, order: list[str], expected: list[str]
) -> None:
    publish(record, *order)

    assert published(sessions) == expected
    assert in_force(sessions) == expected[-1][0]


@pytest.mark.parametrize("what", [["A3", "B4", "A5"], ["A3", "B4", "C5"], ["B3", "C5", "A9*"]])
def test_what_is_in_force_does_not_depend_on_the_order_of_arrival(
    sqlite_sessions: SessionFactory, what: list[str]
) -> None:
    outcomes = []
    for number, order in enumerate(permutations(what)):
        board = leaderboard(f"demo-{number}")
        record = Record(sqlite_sessions)
        for text in order:
            record.add(
                snapshot(DAY, CONTENTS[text[0]], board),
                published_at=july(int(text[1:].rstrip("*"))) + timedelta(seconds=number),
                cumulative=text.endswith("*"),
            )
        with reading(sqlite_sessions) as session:
            stored = list_snapshots(session, find_board(session, board.slug).id)
        outcomes.append([(NAMES[s.edition.leader_score], s.in_force) for s in stored])

    assert all(outcome == outcomes[0] for outcome in outcomes)


def test_a_restated_edition_is_known_as_it_was_then(
    record: Record, sessions: SessionFactory
) -> None:
    publish(record, "A3", "B5", "A7")

    known = [in_force(sessions, july(day)) for day in range(2, 9)]

    assert known == ["", "A", "A", "B", "B", "A", "A"]


def test_two_contents_of_one_moment_are_refused_and_nothing_is_stored(
    record: Record, sessions: SessionFactory
) -> None:
    publish(record, "A3")

    with pytest.raises(RejectedPayload, match="demo-text of 2024-07-02: two contents"):
        record.add(
            snapshot("2024-07-09", {"OpenAI/new": 1}),
            snapshot(DAY, CONTENTS["B"]),
            published_at=july(3),
        )

    assert published(sessions) == ["A3"]
    publish(record, "B4")
    assert published(sessions) == ["A3", "B4"]


def test_when_something_was_published_is_a_change_of_the_board(
    record: Record, sessions: SessionFactory
) -> None:
    versions = []
    for text in ("A9*", "A4", "A4", "B5"):
        publish(record, text)
        with reading(sessions) as session:
            versions.append(find_board(session, "demo-text").data_version)

    assert versions == [1, 2, 2, 3]


def test_the_same_bytes_in_a_later_revision_write_nothing(sessions: SessionFactory) -> None:
    upstream = Upstream()
    job = work(upstream, sessions)
    upstream.publish("2024-07-01", {"OpenAI/a": 10})
    run_scrape(job, RunKind.MANUAL)
    upstream.publish("2024-07-01", {"OpenAI/a": 10}, published_at="2024-07-03")

    again = run_scrape(job, RunKind.MANUAL)
    once_more = run_scrape(job, RunKind.MANUAL)

    assert again is not None
    assert again.outcome is Outcome.UNCHANGED
    assert (again.counts.documents, again.counts.snapshots_written) == (1, 0)
    assert once_more is not None
    assert once_more.counts.documents == 0
    assert len(upstream.fetched) == 2


def test_the_same_edition_in_other_bytes_writes_nothing(
    record: Record, sessions: SessionFactory
) -> None:
    rows = [entry("a", 10, of="OpenAI"), entry("b", 9, of="Meta")]
    record.add(snapshot(DAY, rows), published_at=july(3))

    report = record.add(snapshot(DAY, rows[::-1]), published_at=july(4))

    assert report.outcome is Outcome.UNCHANGED
    with reading(sessions) as session:
        assert find_board(session, "demo-text").data_version == 1


def test_the_same_row_twice_is_one_entry(record: Record, sessions: SessionFactory) -> None:
    report = record.add(snapshot(DAY, [entry("a", 10), entry("a", 10)]), published_at=july(3))

    assert report.counts.entries_written == 1
    with reading(sessions) as session:
        edition = edition_in_force(session, find_board(session, "demo-text").id, DAY)
        assert edition is not None
        [standing] = standings_of(session, Catalogue().read(session), edition.snapshot_id)
    assert standing.variants == 2


def board_of(size: int) -> dict[str, float]:
    return {f"OpenAI/m{number}": float(number) for number in range(size)}


def complete_days(sessions: SessionFactory) -> list[int]:
    with reading(sessions) as session:
        board = find_board(session, "demo-text")
        return [edition.edition_date.day for edition in editions_in_force(session, board.id)]


def test_a_part_is_in_force_as_soon_as_it_proves_to_be_the_board(
    record: Record, sessions: SessionFactory
) -> None:
    in_force_after = []
    for day, size in enumerate([40, 9, 9, 9, 9, 9], start=1):
        record.add(snapshot(f"2024-07-{day:02}", board_of(size)))
        in_force_after.append(complete_days(sessions))

    assert in_force_after == [[1], [1], [1], [1], [1], [1, 2, 3, 4, 5, 6]]


@pytest.mark.parametrize("order", list(permutations([(1, 40), (2, 9), (3, 41)])))
def test_what_is_partial_does_not_depend_on_the_order_of_arrival(
    record: Record, sessions: SessionFactory, order: Sequence[tuple[int, int]]
) -> None:
    for day, size in order:
        record.add(snapshot(f"2024-07-{day:02}", board_of(size)))

    assert complete_days(sessions) == [1, 3]


def test_a_complete_restatement_takes_the_place_of_a_part(
    record: Record, sessions: SessionFactory
) -> None:
    record.add(snapshot("2024-07-01", board_of(40)))
    record.add(snapshot("2024-07-02", board_of(9)), published_at=july(3))
    record.add(snapshot("2024-07-02", board_of(41)), published_at=july(4))

    assert complete_days(sessions) == [1, 2]
    with reading(sessions) as session:
        board = find_board(session, "demo-text").id
        edition = edition_in_force(session, board, DAY)
        known = edition_in_force(session, board, DAY, known_at=july(3))
        part = edition_in_force(session, board, DAY, known_at=july(3), include_partial=True)
    assert [e and (e.edition_date.day, e.entries_total) for e in (edition, known, part)] == [
        (2, 41),
        (1, 40),
        (2, 9),
    ]


def test_the_official_leader_follows_upstreams_flag_then_the_makers_kind(
    record: Record, sessions: SessionFactory
) -> None:
    rows = [
        entry("somebody/finetune", 9, of=profile(namespace="somebody")),
        entry("flagged", 8, of=profile("OpenAI", official=False)),
        entry("orca", 7, of=profile("OpenOrca")),
        entry("nobodys", 6),
    ]
    record.add(snapshot(DAY, rows), published_at=july(3))
    record.add(snapshot(DAY + timedelta(1), rows[:3]), published_at=july(4))

    with reading(sessions) as session:
        names = Catalogue().read(session)
        leaders = [
            (row.leader_alias_id, row.official_leader_alias_id)
            for row in session.execute(select(EDITION).order_by(EDITION.c.edition_date))
        ]
    printed = {alias_id: alias.printed_name for alias_id, alias in names.aliases.items()}
    assert [(printed[one], official and printed[official]) for one, official in leaders] == [
        ("somebody/finetune", "nobodys"),
        ("somebody/finetune", None),
    ]


def test_leaders_are_all_entries_with_the_first_place(
    record: Record, sessions: SessionFactory
) -> None:
    record.add(snapshot(DAY, {"OpenAI/b": 9, "Meta/a": 9, "Google/c": 8}))

    with reading(sessions) as session:
        edition = edition_in_force(session, find_board(session, "demo-text").id, DAY)
        assert edition is not None
        leaders = leaders_of(session, Catalogue().read(session), edition.snapshot_id)
    assert [leader.model.slug for leader in leaders] == ["meta--a", "openai--b"]


CAPTURES = st.lists(
    st.tuples(
        st.integers(min_value=0, max_value=3),
        st.dictionaries(
            st.sampled_from([f"m{number}" for number in range(12)]),
            st.sampled_from([1.0, 2.0, 2.5]),
            min_size=1,
        ),
        st.integers(min_value=0, max_value=500),
        st.booleans(),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda capture: capture[2],
)


@given(CAPTURES)
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_series_and_blocks_always_agree(
    sessions: SessionFactory, captures: Sequence[tuple[int, Mapping[str, float], int, bool]]
) -> None:
    number = next(_numbers)
    board = leaderboard(f"demo-{number}")
    record = Record(sessions)

    for day, entries, minutes, cumulative in captures:
        record.add(
            snapshot(DAY + timedelta(day), entries, board),
            published_at=july(10) + timedelta(days=number, minutes=minutes),
            cumulative=cumulative,
        )
        with reading(sessions) as session:
            check_agreement(session, board)


def check_agreement(session: Session, board: Leaderboard) -> None:
    """Whatever is in force says the same in every place where it is stored."""
    board_id = find_board(session, board.slug).id
    editions = editions_in_force(session, board_id)
    blocks = {e.edition_date: block_of(session, e.snapshot_id) for e in editions}

    assert session.execute(
        select(*(ENTRY.c[name] for name in ("edition_date", *Block._fields)))
        .where(ENTRY.c.leaderboard_id == board_id)
        .order_by(ENTRY.c.edition_date, ENTRY.c.rank, ENTRY.c.alias_id)
    ).all() == sorted(
        (row for day, block in blocks.items() for row in lines(day, block)),
        key=lambda row: (row[0], row[2], row[1]),
    )
    first_dates: dict[int, date] = {}
    for day, block in blocks.items():
        for alias_id in block.alias_id.tolist():
            first_dates.setdefault(alias_id, day)
    assert {
        row.alias_id: row.first_date
        for row in session.execute(select(LISTING).where(LISTING.c.leaderboard_id == board_id))
    } == first_dates
    newest = {
        listing.edition.edition_date: listing.edition.snapshot_id
        for listing in reversed(list_snapshots(session, board_id))
        if listing.edition.status == "complete"
    }
    assert {e.edition_date: e.snapshot_id for e in editions} == newest
    for edition in session.execute(select(EDITION).where(EDITION.c.leaderboard_id == board_id)):
        block = blocks[edition.edition_date]
        assert edition.entries_total == len(block.rank)
        assert edition.leader_alias_id == block.alias_id[0]
        assert edition.leader_score == block.score[0]


def block_of(session: Session, snapshot_id: int) -> Block:
    return decode(
        session.execute(
            select(SNAPSHOT_BLOCK.c.data).where(SNAPSHOT_BLOCK.c.snapshot_id == snapshot_id)
        ).scalar_one()
    )


def lines(day: date, block: Block) -> list[tuple[object, ...]]:
    return [
        (day, *row[:4], *map(missing_float, row[4:6]), *map(missing_integer, row[6:8]), *row[8:])
        for row in zip(*(column.tolist() for column in block), strict=True)
    ]
