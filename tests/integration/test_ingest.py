"""What ingestion promises: whole, once, in the right order."""

from datetime import UTC, date, datetime

import pytest

from app.domain.runs import Outcome, RunKind
from app.ingest.runner import run_scrape
from app.store.engine import SessionFactory, reading
from app.store.queries.board_editions import board_editions
from app.store.queries.boards import find_board
from app.store.queries.catalogue import Catalogue
from app.store.queries.editions import edition_in_force, editions_in_force
from app.store.queries.histories import history_of
from app.store.queries.sources import find_source, list_runs
from tests.factories import DAYS, Record, SettableClock, Upstream, entry, snapshot, work
from tests.views import standings_of


def standings(sessions: SessionFactory, board: str, day: str) -> list[tuple[int, str, float]]:
    with reading(sessions) as session:
        edition = edition_in_force(session, find_board(session, board).id, date.fromisoformat(day))
        if edition is None:
            return []
        names = Catalogue().read(session)
        return [
            (s.rank, s.model.slug, s.score)
            for s in standings_of(session, names, edition.snapshot_id)
        ]


def models_of(size: int) -> dict[str, float]:
    """So many models."""
    return {f"OpenAI/m{n}": float(n) for n in range(size)}


def days_in_force(sessions: SessionFactory) -> list[int]:
    """The days of July of which the one board has an edition in force."""
    with reading(sessions) as session:
        board = find_board(session, "demo-text")
        return [edition.edition_date.day for edition in editions_in_force(session, board.id)]


def test_standings_hold_until_the_next_edition(record: Record, sessions: SessionFactory) -> None:
    record.history({"2024-07-01": {"OpenAI/a": 10, "Meta/b": 9}, "2024-07-05": {"Meta/b": 11}})

    assert standings(sessions, "demo-text", "2024-06-30") == []
    assert standings(sessions, "demo-text", "2024-07-04") == [
        (1, "openai--a", 10),
        (2, "meta--b", 9),
    ]
    assert standings(sessions, "demo-text", "2024-07-05") == [(1, "meta--b", 11)]


def test_a_scrape_twice_writes_once(sessions: SessionFactory) -> None:
    upstream = Upstream()
    upstream.publish("2024-07-01", {"OpenAI/a": 10})
    job = work(upstream, sessions)

    first = run_scrape(job, RunKind.MANUAL)
    second = run_scrape(job, RunKind.MANUAL)

    assert first is not None
    assert second is not None
    assert (first.outcome, first.counts.entries_written) == (Outcome.SUCCEEDED, 1)
    assert (second.outcome, second.counts.entries_written) == (Outcome.UNCHANGED, 0)
    with reading(sessions) as session:
        runs = list_runs(session, find_source(session, "demo").id)
    assert [run.outcome for run in runs] == ["unchanged", "succeeded"]


def test_a_restatement_stands_beside_what_it_restates(
    record: Record, sessions: SessionFactory
) -> None:
    record.add(snapshot("2024-07-02", {"OpenAI/a": 10}), published_at="2024-07-03T04:00:00+00:00")
    record.add(
        snapshot("2024-07-02", {"OpenAI/a": 10, "Meta/b": 12}),
        published_at="2024-07-08T04:00:00+00:00",
    )

    with reading(sessions) as session:
        board = find_board(session, "demo-text")
        names = Catalogue().read(session)
        then = edition_in_force(
            session, board.id, date(2024, 7, 9), known_at=datetime(2024, 7, 4, tzinfo=UTC)
        )
        now = edition_in_force(session, board.id, date(2024, 7, 9))
        assert then is not None
        assert now is not None
        assert (then.entries_total, now.entries_total) == (1, 2)
        aliases = names.aliases_of["openai--a"]
        moment = datetime(2024, 7, 4, tzinfo=UTC)
        after, before = (board_editions(session, board.id, known_at=at) for at in (None, moment))
        ranks = [p.figures.rank for p in history_of(session, board.id, aliases, after)]
        known = history_of(session, board.id, aliases, before, known_at=moment)
    assert ranks == [2]
    assert [p.figures.rank for p in known] == [1]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_who_made_a_model_does_not_depend_on_the_order_of_editions(
    record: Record, sessions: SessionFactory, order: tuple[int, ...]
) -> None:
    editions = [
        snapshot("2023-05-08", [entry("gpt-4", 10)]),
        snapshot("2024-05-08", [entry("gpt-4", 11, of="Aliaba")]),
        snapshot("2025-05-08", [entry("GPT-4", 12, of="openai")]),
    ]

    for index in order:
        record.add(editions[index])

    with reading(sessions) as session:
        names = Catalogue().read(session)
        board = find_board(session, "demo-text")
        there = board_editions(session, board.id)
        points = history_of(session, board.id, names.aliases_of["openai--gpt-4"], there)
    assert list(names.models) == ["openai--gpt-4"]
    assert [p.figures.score for p in points] == [10, 11, 12]


def test_a_mass_disappearance_that_comes_back_is_no_edition(
    record: Record, sessions: SessionFactory
) -> None:
    full = {f"OpenAI/m{i}": float(i) for i in range(30)}
    part = {f"OpenAI/m{i}": float(i) for i in range(21, 30)}

    record.history({"2024-07-01": full, "2024-07-02": part, "2024-07-03": full})

    with reading(sessions) as session:
        board = find_board(session, "demo-text")
        days = [e.edition_date.day for e in editions_in_force(session, board.id)]
        partial = edition_in_force(session, board.id, date(2024, 7, 2), include_partial=True)
    assert days == [1, 3]
    assert partial is not None
    assert partial.status_reason == "9 entries where there were 30"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(80, 37, id="livebench-of-october-2025"),
        pytest.param(145, 39, id="nyt-connections-of-february-2026"),
    ],
)
def test_a_board_that_lost_half_is_flagged_and_released_by_the_fifth_edition(
    record: Record, sessions: SessionFactory, before: int, after: int
) -> None:
    shrunk = {day: models_of(after) for day in DAYS[1:6]}
    record.history({DAYS[0]: models_of(before)})
    in_force = []
    for day, models in shrunk.items():
        record.history({day: models})
        in_force.append(days_in_force(sessions))

    assert in_force == [[1]] * 4 + [[1, 2, 3, 4, 5, 6]]
    assert len(standings(sessions, "demo-text", DAYS[4])) == after


def test_a_board_that_lost_a_fifth_has_shrunk_at_once(
    record: Record, sessions: SessionFactory
) -> None:
    record.history({DAYS[0]: models_of(45), DAYS[1]: models_of(36)})

    assert days_in_force(sessions) == [1, 2]


def test_a_failed_run_is_recorded_and_leaves_the_record_alone(sessions: SessionFactory) -> None:
    upstream = Upstream()
    upstream.publish("2024-07-01", {"OpenAI/a": 10})
    clock = SettableClock()
    job = work(upstream, sessions, clock=clock)
    run_scrape(job, RunKind.MANUAL)
    bad = upstream.publish("2024-07-02", {"OpenAI/a": 11})
    upstream.broken[bad.revision] = lambda: b"<html>"

    failed = run_scrape(job, RunKind.MANUAL)
    del upstream.broken[bad.revision]
    recovered = run_scrape(job, RunKind.MANUAL)

    assert failed is not None
    assert failed.outcome is Outcome.FAILED
    assert recovered is not None
    assert recovered.outcome is Outcome.SUCCEEDED
    with reading(sessions) as session:
        runs = list_runs(session, find_source(session, "demo").id)
    assert [(run.outcome, run.error_kind) for run in runs] == [
        ("succeeded", None),
        ("failed", "parse"),
        ("succeeded", None),
    ]
    assert standings(sessions, "demo-text", "2024-07-02") == [(1, "openai--a", 11)]
