"""Runs of the Hub's benchmark leaderboards, from the wire to the standings."""

from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime

import httpx2 as httpx
import pytest

from app.domain.runs import RunKind
from app.ingest.backfill import run_backfill
from app.ingest.runner import Work, run_scrape
from app.sources.adapters.hf_benchmarks import HFBenchmarks
from app.store.engine import SessionFactory, reading
from app.store.queries.boards import board_slugs
from app.store.queries.sources import Run, find_source, list_runs
from app.upkeep.checking import check_record
from tests.api import Api
from tests.factories import SettableClock
from tests.fakeboards import NOON, Boards
from tests.recordings.hf_benchmarks import (
    GPQA,
    GPQA_RESULTS,
    SWE_BENCH,
    SWE_BENCH_RESULTS,
    board,
    result,
)
from tests.upstreams import ENDPOINTS, client_for
from tests.views import everything

SOURCE = HFBenchmarks(ENDPOINTS)
GPQA_BOARD = "hf-benchmarks-idavidrein-gpqa"
SWE_BOARD = "hf-benchmarks-swe-bench-swe-bench-verified"


@dataclass
class Days:
    """A Hub that is scraped once a day."""

    sessions: SessionFactory
    hub: Boards
    clock: SettableClock = field(default_factory=lambda: SettableClock(NOON))

    @property
    def work(self) -> Work:
        """What a scheduler would work on."""
        return Work(
            source=SOURCE,
            open_client=lambda: client_for(SOURCE, self.hub),
            sessions=self.sessions,
            clock=self.clock,
            owner="us",
        )

    def pass_one(self) -> Run:
        """Scrape, and let the day pass; the run."""
        self.hub.date = format_datetime(self.clock(), usegmt=True)
        run_scrape(self.work, RunKind.MANUAL)
        self.clock.advance(timedelta(days=1))
        with reading(self.sessions) as session:
            assert list(check_record(session)) == []
            return list_runs(session, find_source(session, "hf_benchmarks").id)[0]

    def editions(self, slug: str) -> dict[int, int]:
        """The days of which a board has an edition, and how many results that has."""
        days = [line[0].day for line in everything(self.sessions, slug)]  # type: ignore[attr-defined]
        return {day: days.count(day) for day in sorted(set(days))}


@pytest.fixture
def days(sessions: SessionFactory) -> Days:
    boards = {SWE_BENCH: board(*SWE_BENCH_RESULTS), GPQA: board(*GPQA_RESULTS)}
    return Days(sessions, Boards(boards))


def test_a_board_has_an_edition_of_each_day_on_which_it_changed(days: Days) -> None:
    outcomes = [days.pass_one().outcome, days.pass_one().outcome]
    days.hub.boards[GPQA] = board(*GPQA_RESULTS[:3])
    outcomes += [days.pass_one().outcome, days.pass_one().outcome]

    assert outcomes == ["succeeded", "unchanged", "succeeded", "unchanged"]
    assert days.editions(GPQA_BOARD) == {1: 4, 3: 3}
    assert days.editions(SWE_BOARD) == {1: 3}
    assert days.editions(f"{SWE_BOARD}-verified-runs") == {1: 1}


@pytest.mark.parametrize("tagged", [True, False])
def test_a_result_that_is_withdrawn_leaves_the_board_as_it_was(days: Days, *, tagged: bool) -> None:
    days.hub.tagged = tagged
    before = days.hub.boards[GPQA]
    days.pass_one()
    days.hub.boards[GPQA] = board(*GPQA_RESULTS[:3])
    days.pass_one()
    days.hub.boards[GPQA] = before
    days.pass_one()
    days.pass_one()

    assert days.editions(GPQA_BOARD) == {1: 4, 2: 3, 3: 4}
    assert days.editions(SWE_BOARD) == {1: 3}


def test_a_gated_board_is_told_and_harms_no_other(days: Days) -> None:
    del days.hub.boards[GPQA]
    days.hub.shut[GPQA] = httpx.Response(401, headers={"X-Error-Code": "GatedRepo"})

    runs = [days.pass_one(), days.pass_one()]

    assert [run.outcome for run in runs] == ["succeeded", "unchanged"]
    assert all(f"{GPQA} was skipped: " in (run.notes or "") for run in runs)
    assert all("GatedRepo" in (run.notes or "") for run in runs)
    with reading(days.sessions) as session:
        assert board_slugs(session) == [SWE_BOARD, f"{SWE_BOARD}-verified-runs"]


def test_a_board_that_turned_empty_fails_the_runs_and_leaves_nobody_out(days: Days) -> None:
    whole = days.hub.boards[GPQA]
    days.pass_one()
    days.hub.boards[GPQA] = b"[]"
    days.hub.boards[SWE_BENCH] = board(*SWE_BENCH_RESULTS[:2])
    empty = [days.pass_one(), days.pass_one()]
    days.hub.boards[GPQA] = whole
    back = days.pass_one()

    assert [(run.outcome, run.error_kind) for run in empty] == [("failed", "documents")] * 2
    assert empty[0].error == (
        f"1 of 2 documents could not be read: {GPQA}: the board of {GPQA} has no results"
    )
    assert (back.outcome, back.error) == ("unchanged", None)
    assert days.editions(SWE_BOARD) == {1: 3, 2: 2}
    assert days.editions(GPQA_BOARD) == {1: 4}


def test_there_is_nothing_to_back_fill(days: Days) -> None:
    report = run_backfill(days.work)

    assert (report.outcome, report.error) == ("unchanged", None)


def test_a_board_of_one_line_may_rank_either_way(days: Days, api: Api) -> None:
    errors = [result(1, "o/few-errors", 4.0), result(2, "o/many-errors", 5.0)]
    lines = [errors[1:], errors, errors[:1], errors]
    outcomes = []
    for shown in lines:
        days.hub.boards[GPQA] = board(*shown)
        outcomes.append(days.pass_one().outcome)

    board_of = api.get(f"/v1/leaderboards/{GPQA_BOARD}")["data"]
    standings = api.get(f"/v1/leaderboards/{GPQA_BOARD}/standings?as_of=2026-03-04")["data"]

    assert outcomes == ["succeeded"] * 4
    assert board_of["higher_is_better"] is False
    assert [one["printed_name"] for one in standings] == ["o/few-errors", "o/many-errors"]


def test_a_board_that_is_turned_round_is_refused(days: Days) -> None:
    days.pass_one()
    days.hub.boards[GPQA] = board(result(1, "o/a", 0.2), result(2, "o/b", 0.3))

    run = days.pass_one()

    assert run.outcome == "failed"
    assert f"{GPQA_BOARD} of 2026-03-02 is ranked the other way than before" in (run.error or "")
    assert days.editions(GPQA_BOARD) == {1: 4}
