"""Runs against the emulator: faults are recorded and pass, and a replay equals a back-fill."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.domain.runs import Outcome, RunKind
from app.ingest.backfill import run_backfill
from app.ingest.runner import run_scrape
from app.store.engine import SessionFactory, reading
from app.store.queries.boards import list_boards
from app.store.queries.catalogue import Catalogue
from app.store.queries.editions import editions_in_force
from app.store.queries.sources import find_source, list_runs
from app.wiring import Almanac, assemble
from tests.acceptance.conftest import Emulator
from tests.views import standings_of

pytestmark = pytest.mark.emulator

FAULTS = [
    {"kind": "status", "status": 503},
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 404},
    {"kind": "timeout", "seconds": 3},
    {"kind": "slow", "seconds": 8},
    {"kind": "truncate"},
    {"kind": "reset"},
    {"kind": "garbage_html"},
    {"kind": "invalid_json"},
    {"kind": "wrong_type"},
    {"kind": "gzip_bomb"},
    {"kind": "redirect_loop"},
    {"kind": "huge"},
    {"kind": "rate_limit", "seconds": 900},
]


def almanac_at(folder: Path, emulator: Emulator) -> Almanac:
    almanac = assemble(
        emulator.settings(f"sqlite:///{folder / 'almanac.db'}").model_copy(
            update={
                "fetch_timeout_seconds": 1,
                "fetch_deadline_seconds": 2,
                "fetch_max_bytes": 4_000_000,
                "fetch_tries": 1,
            }
        )
    )
    almanac.prepare()
    return almanac


@pytest.fixture
def almanac(tmp_path: Path, emulator: Emulator) -> Iterator[Almanac]:
    almanac = almanac_at(tmp_path, emulator)
    yield almanac
    almanac.engine.dispose()


def everything(sessions: SessionFactory, first: date, last: date) -> dict[str, Any]:
    """All standings in force between two dates, as plain values."""
    with reading(sessions) as session:
        names = Catalogue().read(session)
        return {
            f"{summary.board.slug} {edition.edition_date} {edition.published_at}": [
                (s.rank, s.tied, s.score, s.score_lower, s.score_upper, s.votes, s.model.slug)
                for s in standings_of(session, names, edition.snapshot_id)
            ]
            for summary in list_boards(session, limit=500)
            for edition in editions_in_force(session, summary.board.id, first=first, last=last)
        }


@pytest.mark.parametrize("where", ["/api/datasets/lmarena", "/cdn-lfs|/resolve/"])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: "-".join(map(str, fault.values())))
def test_a_fault_is_a_failed_run_that_hurts_nobody(
    almanac: Almanac, emulator: Emulator, fault: dict[str, object], where: str
) -> None:
    (arena,) = almanac.works(["lmarena"])
    emulator.set_clock("2023-06-01T00:00:00Z")
    run_scrape(arena, RunKind.MANUAL)
    before = everything(almanac.sessions, date(2023, 1, 1), date(2023, 12, 31))
    emulator.set_clock("2023-06-21T00:00:00Z")
    emulator.set_faults({"match": where, **fault})

    failed = run_scrape(arena, RunKind.MANUAL)

    assert failed is not None
    assert failed.outcome is Outcome.FAILED
    assert everything(almanac.sessions, date(2023, 1, 1), date(2023, 12, 31)) == before
    with reading(almanac.sessions) as session:
        newest = list_runs(session, find_source(session, "lmarena").id)[0]
    assert newest.error_kind in {"fetch", "parse", "rejected"}
    assert newest.error is not None
    assert newest.error.startswith("lmarena: ")
    emulator.set_faults()
    recovered = run_scrape(arena, RunKind.MANUAL)
    assert recovered is not None
    assert recovered.outcome is Outcome.SUCCEEDED


def test_a_faulty_upstream_does_not_touch_the_other(almanac: Almanac, emulator: Emulator) -> None:
    hub, arena = almanac.works(["open_llm", "lmarena"])
    emulator.set_clock("2024-07-20T00:00:00Z")
    emulator.set_faults({"match": "lmarena", "kind": "garbage_html"})

    reports = [run_scrape(hub, RunKind.MANUAL), run_scrape(arena, RunKind.MANUAL)]

    assert [report and report.outcome for report in reports] == [
        Outcome.SUCCEEDED,
        Outcome.FAILED,
    ]


@pytest.mark.parametrize(
    ("source", "first", "last"),
    [
        pytest.param("lmarena", date(2026, 6, 12), date(2026, 7, 12), id="lmarena"),
        pytest.param("open_llm", date(2024, 7, 13), date(2024, 8, 13), id="open_llm"),
    ],
)
def test_a_month_scraped_day_by_day_equals_its_back_fill(
    tmp_path: Path, emulator: Emulator, source: str, first: date, last: date
) -> None:
    replayed, filled = tmp_path / "replayed", tmp_path / "filled"
    replayed.mkdir()
    filled.mkdir()
    scraped = almanac_at(replayed, emulator)
    (work,) = scraped.works([source])
    for number in range((last - first).days + 1):
        day = datetime(first.year, first.month, first.day, 23, 59, 59, tzinfo=UTC)
        emulator.set_clock(f"{day + timedelta(days=number):%Y-%m-%dT%H:%M:%SZ}")
        report = run_scrape(work, RunKind.MANUAL)
        assert report is not None
        assert report.outcome is not Outcome.FAILED, report.error
    backfilled = almanac_at(filled, emulator)
    (work,) = backfilled.works([source])
    run_backfill(work, first=first, last=last)

    standings = everything(backfilled.sessions, first, last)

    assert len(standings) >= 70
    assert everything(scraped.sessions, first, last) == standings
    scraped.engine.dispose()
    backfilled.engine.dispose()
