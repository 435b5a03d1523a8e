"""The pages of every list are those of one record, whatever is stored between two of them."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.domain.leaderboard import BoardKind, RawEntry
from app.domain.runs import RunKind
from app.ingest.runner import run_scrape
from app.store.engine import SessionFactory
from tests.api import Api
from tests.factories import (
    Record,
    SettableClock,
    entry,
    leaderboard,
    profile,
    snapshot,
    source_info,
    work,
)
from tests.factories import Upstream as Scripted
from tests.lists import List, lists

pytestmark = pytest.mark.uncounted

MAKERS = ("OpenAI", "Alibaba", "Meta", "Google", "Mistral")
MODELS = (
    "OpenAI/gpt",
    "Alibaba/qwen-1",
    "Meta/llama",
    *(f"{m}/{m}-{n}" for m in MAKERS for n in range(5)),
)
BOARDS = {
    "demo-text": leaderboard("demo-text"),
    "demo-other": leaderboard("demo-other", kind=BoardKind.BENCHMARK),
}
LICENCES = ("MIT", "Apache-2.0", "Proprietary")
FIRST, LAST = date(2024, 5, 1), date(2024, 7, 8)
# What there is and what is known of it by now, one row for each, in the order of ids.
OF_NOW = {
    "list_countries",
    "list_leaderboards",
    "list_models",
    "list_names",
    "list_organizations",
    "list_problems",
    "list_runs",
    "list_sources",
}
# Whether a name had stood on the board before is what is known by now, too.
LEARNT = {"get_standings", "get_movements", "get_model_history"}


class World:
    """Publishes on three boards, so that at each time all places change and somebody comes."""

    def __init__(self, record: Record, clock: SettableClock) -> None:
        self._record, self._clock = record, clock
        self._other = record.of(source_info("other"))
        self._times = 0

    def add(self, day: date) -> None:
        """An edition, or another version of it, public before now."""
        self._times += 1
        moment = datetime(2024, 7, 9, tzinfo=UTC) + timedelta(minutes=self._times)
        names = (*MODELS, f"Mistral/n{self._times}")
        tables = [
            snapshot(
                day, [self._entry(day, name, place, step) for place, name in enumerate(names)], one
            )
            for step, one in enumerate((*BOARDS.values(), leaderboard("demo-third")))
        ]
        self._record.add(*tables[:2], published_at=moment, captured_at=self._clock.now)
        self._other.add(tables[2], published_at=moment, captured_at=self._clock.now)

    def _entry(self, day: date, name: str, place: int, step: int) -> RawEntry:
        """A line: who is ahead changes from time to time, and scores rise with the days."""
        maker, _, model = name.partition("/")
        score = float(place * (self._times + step + 1) % 31) + day.toordinal()
        return entry(model, score, of=profile(maker, licence=LICENCES[place % 3]))

    def change(self) -> None:
        """In turn a new edition, the newest and an old one anew, and one from the years before."""
        today = self._clock.now.date()
        turn = self._times % 4
        days = (today, today - timedelta(days=1), LAST - timedelta(days=3), FIRST)
        self.add(days[turn] - timedelta(days=self._times if turn == 3 else 0))
        if turn == 0:
            self._clock.advance(timedelta(days=1))


@pytest.fixture
def api(sessions: SessionFactory) -> Api:
    """The service, on the day after the last edition."""
    return Api(sessions, clock=SettableClock(datetime(2024, 7, 9, 12, tzinfo=UTC)))


@pytest.fixture
def world(record: Record, api: Api, sessions: SessionFactory) -> World:
    """Editions at five dates, and three runs."""
    world = World(record, api.clock)
    for days in (60, 30, 3, 1, 0):
        world.add(LAST - timedelta(days=days))
    for _ in range(3):
        run_scrape(work(Scripted(), sessions), RunKind.MANUAL)
    return world


def test_every_list_is_walked_whole_though_others_are_stored(api: Api, world: World) -> None:
    walked = {}

    for one in (one for one in lists(api) if "limit" in one.query):
        seen, whole = walk(api, world, one)
        walked[one.operation] = len(whole)
        if one.operation in OF_NOW:
            assert {identity(row) for row in whole} <= {identity(row) for row in seen}, one
            assert len({identity(row) for row in seen}) == len(seen), one
            continue
        if one.operation in LEARNT:
            for row in (*seen, *whole):
                del row["movement"]
        assert seen == whole, one

    assert len(walked) >= 30
    assert {name for name, rows in walked.items() if rows < 2} == set()


def walk(api: Api, world: World, one: List) -> tuple[list[Any], list[Any]]:
    """The rows of a list's pages, with a change before each but the first; and all of before."""
    whole = [row for page in api.pages(one.path, **one.query) for row in page["data"]]
    size = min(500, max(1, len(whole) // 3))
    page = first = api.get(one.path, **{**one.query, "limit": size})
    seen = [*page["data"]]
    while (onward := page["links"]["next"]) is not None:
        world.change()
        page = api.get(onward)
        assert told(page) == told(first) or one.operation in OF_NOW, one
        seen += page["data"]
    return seen, whole


def told(page: Mapping[str, Any]) -> dict[str, Any]:
    """What every page says of the list."""
    names = ("edition_date", "snapshot_id", "as_of", "to", "matched_total", "first_edition_date")
    return {name: page["meta"].get(name) for name in names}


def identity(row: Mapping[str, Any]) -> object:
    """What makes a row one of its list."""
    return row.get("id") or row.get("country") or row.get("printed_name")
