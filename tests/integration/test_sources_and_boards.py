"""What is kept of sources and boards, and when a board is retired."""

from datetime import UTC, date, timedelta

import pytest
from sqlalchemy import select

from app.domain.leaderboard import Leaderboard
from app.domain.runs import RunKind
from app.errors import NotFoundError
from app.ingest.backfill import run_backfill
from app.ingest.pipeline import register_source
from app.ingest.runner import run_scrape
from app.store.clock import shared_clock
from app.store.engine import SessionFactory, reading
from app.store.queries.boards import find_board, first_dates, list_boards
from app.store.queries.sources import find_source, list_runs, list_sources
from app.store.tables import PAYLOAD, RUN
from app.wiring import utc_now
from tests.factories import NOW, Record, Upstream, leaderboard, snapshot, source_info, work
from tests.views import stored_days


def board(category: str, family: str = "demo") -> Leaderboard:
    return leaderboard(f"{family}-{category}", family=family, category=category)


def statuses(sessions: SessionFactory) -> dict[str, str]:
    with reading(sessions) as session:
        return {b.board.slug: b.board.status for b in list_boards(session)}


def test_a_source_is_brought_in_line_with_its_adapter(sessions: SessionFactory) -> None:
    first = register_source(sessions, source_info())
    changed = source_info(every=timedelta(hours=1), archived=True)

    second = register_source(sessions, changed)

    assert second == first
    with reading(sessions) as session:
        stored = find_source(session, "demo")
    assert (stored.every_seconds, stored.archived) == (3600, True)


def test_sources_and_boards_are_listed_by_slug(record: Record, sessions: SessionFactory) -> None:
    for slug in ("b", "a", "c"):
        other = record.of(source_info(slug))
        other.add(snapshot("2024-07-01", {"OpenAI/a": 1}, leaderboard(f"{slug}-text")))

    with reading(sessions) as session:
        sources = [source.slug for source in list_sources(session, after="a", limit=1)]
        boards = [summary.board.slug for summary in list_boards(session, after="a-text", limit=5)]
        found = [summary.board.slug for summary in list_boards(session, source="c", q="TEX")]
        with pytest.raises(NotFoundError) as missing:
            find_source(session, "d")

    assert sources == ["b"]
    assert boards == ["b-text", "c-text"]
    assert found == ["c-text"]
    assert missing.value.suggestions == ("a", "b", "c")


@pytest.mark.parametrize(
    ("days", "status"),
    [pytest.param(90, "active", id="ninety-days"), pytest.param(91, "archived", id="a-day-more")],
)
def test_a_category_that_stays_behind_its_family_is_retired(
    record: Record, sessions: SessionFactory, days: int, status: str
) -> None:
    first = date(2024, 1, 1)
    record.add(
        snapshot(first, {"OpenAI/a": 1}, board("overall")),
        snapshot(first, {"OpenAI/a": 1}, board("polish")),
        snapshot(first, {"OpenAI/a": 1}, board("overall", "other")),
    )

    record.add(snapshot(first + timedelta(days), {"OpenAI/a": 2}, board("overall")))

    assert statuses(sessions) == {
        "demo-overall": "active",
        "demo-polish": status,
        "other-overall": "active",
    }


def test_a_category_that_comes_back_is_active_again(
    record: Record, sessions: SessionFactory
) -> None:
    polish = board("polish")
    record.add(snapshot("2024-01-01", {"OpenAI/a": 1}, polish))
    record.add(snapshot("2024-07-01", {"OpenAI/a": 1}, board("overall")))
    retired = statuses(sessions)["demo-polish"]
    with reading(sessions) as session:
        version = find_board(session, polish.slug).data_version

    record.add(snapshot("2024-07-02", {"OpenAI/a": 1}, polish))

    assert retired == "archived"
    assert version == 2
    assert statuses(sessions)["demo-polish"] == "active"


def test_boards_of_an_archived_source_are_archived(
    record: Record, sessions: SessionFactory
) -> None:
    old = record.of(source_info("old", archived=True))
    old.add(snapshot("2024-07-01", {"OpenAI/a": 1}, leaderboard("old-text")))

    assert statuses(sessions) == {"old-text": "archived"}


def test_a_board_of_nothing_but_a_part_has_no_edition_in_force(
    record: Record, sessions: SessionFactory
) -> None:
    record.add(snapshot("2024-07-01", {f"OpenAI/m{n}": float(n) for n in range(40)}))
    record.add(snapshot("2024-07-02", {"OpenAI/m1": 1}))

    assert stored_days(sessions) == ["2024-07-01"]


def test_many_names_are_found_as_few_are(record: Record, sessions: SessionFactory) -> None:
    record.add(snapshot("2024-07-01", {"OpenAI/a": 1, "OpenAI/b": 2}))
    many = list(range(1, 2000))

    with reading(sessions) as session:
        board_id = find_board(session, "demo-text").id
        few = first_dates(session, board_id, [1, 2])
        among_many = first_dates(session, board_id, many)
        others = first_dates(session, board_id, many[1:])

    assert few == among_many == {1: date(2024, 7, 1), 2: date(2024, 7, 1)}
    assert list(others) == [2]


def test_payloads_are_kept_once_and_compressed_where_that_helps(
    sessions: SessionFactory,
) -> None:
    upstream = Upstream()
    long = {f"OpenAI/model-{number}": 1.0 for number in range(100)}
    upstream.publish("2024-07-01", {"x": 1})
    upstream.publish("2024-07-02", long)
    upstream.publish("2024-07-02", long, published_at="2024-07-03")

    run_backfill(work(upstream, sessions))

    with reading(sessions) as session:
        rows = session.execute(select(PAYLOAD).order_by(PAYLOAD.c.size)).all()
    assert [(row.encoding, row.size > len(row.data)) for row in rows] == [
        ("identity", False),
        ("zstd", True),
    ]


def test_the_log_of_runs_can_be_read_page_by_page(sessions: SessionFactory) -> None:
    job = work(Upstream(), sessions)
    for _ in range(3):
        run_scrape(job, RunKind.MANUAL)

    with reading(sessions) as session:
        newest = list_runs(session, 1, limit=2)
        older = list_runs(session, 1, before=newest[-1].id)
        total = len(session.scalars(select(RUN.c.id)).all())

    assert (len(newest), len(older), total) == (2, 1, 3)


def test_a_server_tells_the_time_to_all_who_share_it(sessions: SessionFactory) -> None:
    now = shared_clock(sessions, lambda: NOW)

    moment = now()

    with reading(sessions) as session:
        embedded = session.get_bind().dialect.name == "sqlite"
    assert (moment == NOW) is embedded
    assert moment.tzinfo is UTC
    assert embedded or abs(moment - utc_now()) < timedelta(hours=1)
