"""An upstream that answers 200 with nothing in it, every day for 98 days, as one did."""

from datetime import date, timedelta
from typing import Any

import pytest

from app.domain.runs import RunKind
from app.ingest.runner import run_scrape
from app.store.engine import SessionFactory, reading
from app.upkeep.checking import check_record
from tests.api import Api
from tests.factories import Upstream, source_info, work
from tests.views import runs

FIRST = date(2024, 8, 1)
DAYS = 98
MODELS = {"OpenAI/a": 12.0, "Meta/b": 11.0, "Google/c": 10.0}


def publish(upstream: Upstream, day: date, board: str, models: dict[str, float]) -> None:
    upstream.publish(day, models, document=f"demo:{board}", board=f"demo-{board}")


def scrape(upstream: Upstream, sessions: SessionFactory, api: Api) -> str:
    """How a scrape of the day ends."""
    report = run_scrape(work(upstream, sessions, clock=api.clock), RunKind.MANUAL)
    assert report is not None
    api.clock.advance(timedelta(days=1))
    return report.outcome


def source(api: Api) -> dict[str, Any]:
    data: dict[str, Any] = api.get("/v1/sources/demo")["data"]
    return data


def leaves_nobody(api: Api, board: str) -> None:
    """All models still stand on a board, and none ever left it."""
    day = api.clock.now.date().isoformat()
    moved = api.get(f"/v1/leaderboards/{board}/movements", **{"from": "2024-08-01", "to": day})
    standing = api.get(f"/v1/leaderboards/{board}/standings")
    assert {row["movement"] for row in moved["data"]} == {"same"}
    assert (len(moved["data"]), standing["meta"]["entries_total"]) == (3, 3)
    for model in ("openai--a", "meta--b", "google--c"):
        run = api.get(f"/v1/models/{model}/chart-run", leaderboard=board)["data"]
        assert [one["exit_date"] for one in run] == [None]


@pytest.fixture
def upstream() -> Upstream:
    """Three documents with one board each, expected to bring something every week."""
    made = Upstream(source_info(every=timedelta(days=1), cadence=timedelta(days=7)))
    for board in ("text", "vision", "search"):
        publish(made, FIRST, board, MODELS)
    return made


def test_one_document_of_three_is_empty_and_the_others_go_on(
    upstream: Upstream, sessions: SessionFactory, api: Api
) -> None:
    scrape(upstream, sessions, api)
    ended = set()
    for day in (FIRST + timedelta(days=n) for n in range(1, DAYS + 1)):
        publish(upstream, day, "text", MODELS)
        publish(upstream, day, "vision", {})
        publish(upstream, day, "search", MODELS)
        ended.add(scrape(upstream, sessions, api))
        assert source(api)["health"] == "failing"

    told = source(api)["last_run"]
    assert ended == {"failed"}
    assert told["error_kind"] == "documents"
    assert told["error"] == (
        "1 of 3 documents could not be read: demo:vision: the payload has no entries"
    )
    boards = {one["id"]: one for one in api.get("/v1/leaderboards")["data"]}
    assert {board: one["editions"] for board, one in boards.items()} == {
        "demo-text": DAYS + 1,
        "demo-vision": 1,
        "demo-search": DAYS + 1,
    }
    for board in boards:
        leaves_nobody(api, board)
    with reading(sessions) as session:
        assert list(check_record(session)) == []


def test_all_that_was_lost_comes_back(
    upstream: Upstream, sessions: SessionFactory, api: Api
) -> None:
    scrape(upstream, sessions, api)
    empty, back = FIRST + timedelta(days=1), FIRST + timedelta(days=2)
    publish(upstream, empty, "vision", {})
    assert scrape(upstream, sessions, api) == "failed"
    publish(upstream, back, "vision", MODELS)

    assert scrape(upstream, sessions, api) == "succeeded"

    assert source(api)["health"] == "ok"
    leaves_nobody(api, "demo-vision")


def test_everything_is_empty_and_the_source_fails(
    upstream: Upstream, sessions: SessionFactory, api: Api
) -> None:
    scrape(upstream, sessions, api)
    for day in (FIRST + timedelta(days=n) for n in range(1, DAYS + 1)):
        for board in ("text", "vision", "search"):
            publish(upstream, day, board, {})
        assert scrape(upstream, sessions, api) == "failed"

    told = source(api)
    assert (told["health"], told["newest_edition_age_days"]) == ("failing", DAYS + 1)
    assert {run.error for run in runs(sessions)} == {"demo: the payload has no entries"}
    for board in ("text", "vision", "search"):
        leaves_nobody(api, f"demo-{board}")


def test_nothing_is_listed_any_more_and_the_source_is_late(
    upstream: Upstream, sessions: SessionFactory, api: Api
) -> None:
    """The run is green, as there was nothing to read: the cadence alone tells."""
    scrape(upstream, sessions, api)
    told = []
    for _day in range(DAYS):
        upstream.revisions.clear()
        assert scrape(upstream, sessions, api) == "unchanged"
        told.append((source(api)["health"], source(api)["late_reason"]))

    assert told == [("ok", None)] * 6 + [("late", "nothing_new")] * (DAYS - 6)
    for board in ("text", "vision", "search"):
        leaves_nobody(api, f"demo-{board}")
