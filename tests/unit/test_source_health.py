"""How well a source is, and whether anybody scrapes it."""

from datetime import UTC, datetime, timedelta

import pytest

from app.analytics.health import GRACE, overdue, scheduler_state, source_health
from app.domain.runs import Health, Outcome, SchedulerState
from app.domain.slots import slot_at, start_of_slot

NOW = datetime(2024, 8, 1, 12, tzinfo=UTC)
FRESH, OLD = NOW - timedelta(hours=12), NOW - timedelta(hours=13)


@pytest.mark.parametrize(
    ("archived", "outcome", "success", "expected"),
    [
        pytest.param(False, None, None, Health.NEVER_RUN, id="never"),
        pytest.param(True, None, None, Health.NEVER_RUN, id="archived-but-never-read"),
        pytest.param(False, Outcome.SUCCEEDED, FRESH, Health.OK, id="fresh"),
        pytest.param(False, Outcome.UNCHANGED, FRESH, Health.OK, id="unchanged-is-success"),
        pytest.param(False, Outcome.SUCCEEDED, OLD, Health.LATE, id="two-intervals-old"),
        pytest.param(False, Outcome.FAILED, FRESH, Health.FAILING, id="failed"),
        pytest.param(False, Outcome.ABANDONED, FRESH, Health.FAILING, id="died"),
        pytest.param(False, Outcome.RUNNING, FRESH, Health.OK, id="running-after-success"),
        pytest.param(False, Outcome.RUNNING, None, Health.NEVER_RUN, id="first-run-under-way"),
        pytest.param(True, Outcome.SUCCEEDED, OLD, Health.ARCHIVED, id="archived"),
        pytest.param(True, Outcome.FAILED, None, Health.FAILING, id="archived-and-unreadable"),
    ],
)
def test_runs_tell(
    *, archived: bool, outcome: Outcome | None, success: datetime | None, expected: Health
) -> None:
    health = source_health(
        archived=archived,
        every=timedelta(hours=6),
        last_outcome=outcome,
        last_success_at=success,
        now=NOW,
    )

    assert health is expected


EVERY = timedelta(hours=6)
PRESENT = slot_at("demo", EVERY, NOW)
BEGUN = start_of_slot("demo", EVERY, PRESENT)


@pytest.mark.parametrize(
    ("slot", "scheduled_at", "held_until", "expected"),
    [
        pytest.param(None, None, None, None, id="never-scheduled"),
        pytest.param(PRESENT, FRESH, None, timedelta(0), id="served"),
        pytest.param(PRESENT + 1, FRESH, None, timedelta(0), id="clock-set-back"),
        pytest.param(PRESENT - 1, OLD, None, NOW - BEGUN, id="due"),
        pytest.param(PRESENT - 2, OLD, None, NOW - BEGUN + EVERY, id="a-slot-was-missed"),
        pytest.param(PRESENT - 2, OLD, NOW + EVERY, timedelta(0), id="under-way"),
        pytest.param(PRESENT - 1, OLD, NOW, NOW - BEGUN, id="claim-lapsed"),
        pytest.param(None, NOW, None, NOW - BEGUN, id="its-process-died"),
    ],
)
def test_a_slot_waits_until_it_is_served(
    slot: int | None,
    scheduled_at: datetime | None,
    held_until: datetime | None,
    expected: timedelta | None,
) -> None:
    waits = overdue(
        "demo",
        every=EVERY,
        newest_slot=slot,
        scheduled_at=scheduled_at,
        held_until=held_until,
        now=NOW,
    )

    assert waits == expected


@pytest.mark.parametrize(
    ("waiting", "expected"),
    [
        pytest.param([], SchedulerState.NOT_NEEDED, id="nothing-to-scrape"),
        pytest.param([None, None], SchedulerState.NEVER_SEEN, id="nothing-was-ever-scheduled"),
        pytest.param([timedelta(0)], SchedulerState.ALIVE, id="in-time"),
        pytest.param([GRACE], SchedulerState.ALIVE, id="a-little-late"),
        pytest.param([GRACE * 1.01], SchedulerState.STOPPED, id="too-late"),
        pytest.param([GRACE * 2, None], SchedulerState.STOPPED, id="one-was-never-on"),
        pytest.param([GRACE * 2, timedelta(0)], SchedulerState.ALIVE, id="one-was-switched-off"),
    ],
)
def test_a_scheduler_is_known_by_what_it_serves(
    waiting: list[timedelta | None], expected: SchedulerState
) -> None:
    assert scheduler_state(waiting) is expected
