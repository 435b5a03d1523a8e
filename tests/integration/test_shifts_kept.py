"""What is kept of a board's shifts is what would be found out if nothing were."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from app.analytics.shifts import Shift
from app.api.record import Record as View
from app.api.shifts import shifts_of
from app.domain.leaderboard import RawEntry
from app.store.engine import SessionFactory, reading
from app.store.queries.boards import find_board
from app.store.queries.catalogue import Catalogue
from tests.curated import decide, listed, with_models
from tests.factories import Record, entry, leaderboard, snapshot
from tests.statements import Statement, statements

FIRST = date(2024, 7, 1)
MODELS = ["a", "b", "c", "d"]
SEVERAL = [with_models(), with_models(listed("A", "a", "b")), with_models(listed("B", "b", "c"))]
numbers = count()


class Step(NamedTuple):
    """What comes to a record: an edition, or another form of one, or another judgement of names.

    `later` is how many hours after its date it was published, which no two forms share.
    """

    day: int
    later: int
    rows: Sequence[RawEntry]
    meant: int | None


def rows_of(scores: dict[str, tuple[int, int]]) -> list[RawEntry]:
    """Entries by name: a score, and how far its interval reaches."""
    return [
        entry(name, score, lower=score - arm if arm else None, upper=score + arm if arm else None)
        for name, (score, arm) in scores.items()
    ]


steps = st.builds(
    Step,
    day=st.integers(0, 5),
    later=st.integers(0, 3),
    rows=st.dictionaries(
        st.sampled_from(MODELS), st.tuples(st.integers(1, 40), st.integers(0, 3)), min_size=1
    ).map(rows_of),
    meant=st.none() | st.none() | st.integers(0, len(SEVERAL) - 1),
)


def told(
    sessions: SessionFactory, catalogue: Catalogue, slug: str, known_at: datetime | None = None
) -> Sequence[Shift]:
    """The shifts of a board, by what a catalogue keeps."""
    with reading(sessions) as session:
        return shifts_of(
            View(lambda: session, catalogue), find_board(session, slug), known_at=known_at
        )


@given(st.lists(steps, min_size=2, max_size=8), st.integers(0, 5))
@settings(
    derandomize=True,
    max_examples=10,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_shifts_are_the_same_whatever_was_asked_before(
    sessions: SessionFactory, sequence: list[Step], known: int
) -> None:
    board, kept, taken = leaderboard(f"demo-{next(numbers)}"), Catalogue(), set[tuple[int, int]]()
    record = Record(sessions)
    for step in sequence:
        if (step.day, step.later) in taken:
            continue
        taken.add((step.day, step.later))
        day = FIRST + timedelta(days=step.day)
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        record.add(snapshot(day, step.rows, board), published_at=noon + timedelta(hours=step.later))
        if step.meant is not None:
            decide(sessions, SEVERAL[step.meant])
        then = datetime(2024, 7, 1 + known, 13, tzinfo=UTC)

        for known_at in (None, then):
            whole = told(sessions, Catalogue(), board.slug, known_at)
            assert told(sessions, kept, board.slug, known_at) == whole


def read_of(sent: list[Statement]) -> list[int]:
    """How many blocks each question asked for."""
    asked = [re.search(r"snapshot_block.*IN \((.*)\)", sql, re.DOTALL) for sql, _ in sent]
    return [len(found[1].split(",")) for found in asked if found is not None]


def test_only_what_is_new_is_read(engine: Engine, sessions: SessionFactory, record: Record) -> None:
    days = [str(FIRST + timedelta(days=number)) for number in range(9)]
    record.history({day: {"a": 10 + place, "b": 9} for place, day in enumerate(days[:7])})
    kept = Catalogue()

    def read() -> list[int]:
        with statements(engine) as sent:
            told(sessions, kept, "demo-text")
        return read_of(sent)

    assert read() == [7]
    assert read() == []
    record.add(snapshot(days[8], {"a": 1, "b": 2}))
    assert read() == [2]
    record.add(snapshot(days[7], {"a": 1, "b": 3}))
    assert read() == [3]
    record.add(snapshot(days[3], {"a": 1, "b": 3, "new": 1}), published_at="2024-08-01")
    assert read() == [3]


def test_what_is_kept_is_bounded(
    sessions: SessionFactory, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.api.shifts.MOST_KEPT", 2)
    days = [str(FIRST + timedelta(days=number)) for number in range(6)]
    record.history({day: {"a": 10 + place, "b": 9} for place, day in enumerate(days)})
    kept = Catalogue()

    for known_at in (None, datetime(2024, 7, 4, 12, tzinfo=UTC), None):
        whole = told(sessions, Catalogue(), "demo-text", known_at)
        assert told(sessions, kept, "demo-text", known_at) == whole
