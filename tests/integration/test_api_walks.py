"""Who turns the pages of an edition's list gets that edition, whatever is published meanwhile."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import cycle, islice

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.store.engine import SessionFactory
from tests.api import Api
from tests.factories import Record, SettableClock, snapshot

BOARD = "/v1/leaderboards/demo-text"
MODELS = ("OpenAI/gpt-4", "Meta/b", "Google/c", "Cohere/d", "xAI/e0", "xAI/e1", "loner")
LAST = date(2024, 7, 8)
LISTS = [  # a list, and what of its rows cannot change as long as the edition is the same
    ("standings", {}, ("rank", "score", "model", "percentile")),
    ("standings", {"country": "US"}, ("rank", "filtered_rank", "model")),
    ("standings", {"compare_to": "2024-07-02"}, ("rank", "previous_rank", "rank_change", "model")),
    ("movements", {}, ("model", "rank_change", "score_change")),
    ("movements", {"window": "P5D", "sort": "-rank_change"}, ("model", "rank", "previous_rank")),
    ("organizations", {}, ("organization", "best_rank", "entries", "weighted_share")),
    ("countries", {"include_community": "true"}, ("country", "best_rank", "entries")),
]


class Upstream:
    """Publishes on one board, each time at a later moment."""

    def __init__(self, record: Record, clock: SettableClock) -> None:
        self._record, self._clock = record, clock
        self._times = 0

    def add(self, day: date) -> None:
        """An edition, or another version of it: all places change, and somebody comes."""
        self._times += 1
        scores = {name: float((place * self._times) % 8) for place, name in enumerate(MODELS)}
        moment = datetime(2024, 7, 9, tzinfo=UTC) + timedelta(minutes=self._times)
        scores |= {f"Mistral/n{self._times}": 3.5}
        self._record.add(snapshot(day, scores), published_at=moment, captured_at=self._clock.now)

    def newer(self) -> None:
        """An edition of the day, and the day is over."""
        self.add(self._clock.now.date())
        self._clock.advance(timedelta(days=1))

    def restated(self) -> None:
        """The newest edition anew."""
        self.add(self._clock.now.date() - timedelta(days=1))

    def nothing(self) -> None:
        """A quiet moment."""

    def earlier(self) -> None:
        """An edition of the years before, as a back-fill finds it."""
        self.add(date(2024, 7, 1) - timedelta(days=self._times))


@pytest.fixture
def api(sessions: SessionFactory) -> Api:
    """The service, on the day after the last edition."""
    clock = SettableClock(datetime(2024, 7, 9, 12, tzinfo=UTC))
    return Api(sessions, clock=clock)


@pytest.fixture
def upstream(record: Record, api: Api) -> Upstream:
    """What has published an edition a day."""
    upstream = Upstream(record, api.clock)
    for day in range(8):
        upstream.add(LAST - timedelta(days=7 - day))
    return upstream


steps = st.tuples(st.integers(1, 4), st.sampled_from(["newer", "restated", "earlier", "nothing"]))


@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.sampled_from(LISTS), st.lists(steps, min_size=1, max_size=10))
def test_an_edition_is_walked_whole_though_others_are_published(
    api: Api,
    upstream: Upstream,
    asked: tuple[str, dict[str, str], tuple[str, ...]],
    walk: Sequence[tuple[int, str]],
) -> None:
    path, query, fields = asked
    first = page = api.get(f"{BOARD}/{path}", limit=walk[0][0], **query)
    whole = api.get(f"{BOARD}/{path}", **query)["data"]
    seen = [*page["data"]]

    for size, publication in islice(cycle(walk), len(whole)):
        if page["meta"]["next_cursor"] is None:
            break
        getattr(upstream, publication)()
        cursor = page["meta"]["next_cursor"]
        page = api.get(f"{BOARD}/{path}", limit=size, cursor=cursor, **query)
        assert page["meta"]["snapshot_id"] == first["meta"]["snapshot_id"]
        seen += page["data"]

    assert [[row[name] for name in fields] for row in seen] == [
        [row[name] for name in fields] for row in whole
    ]
