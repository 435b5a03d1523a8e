"""How well a source is, and whether anybody scrapes it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.analytics.health import GRACE, Condition, overdue, scheduler_state, source_condition
from app.domain.runs import Health, LateReason, Outcome, SchedulerState
from app.domain.slots import slot_at, start_of_slot

NOW = datetime(2024, 8, 1, 12, tzinfo=UTC)
FRESH, OLD = NOW - timedelta(hours=12), NOW - timedelta(hours=13)
OK = Condition(Health.OK)
UNREAD = Condition(Health.LATE, LateReason.NOT_READ)
QUIET = Condition(Health.LATE, LateReason.NOTHING_NEW)


@pytest.mark.parametrize(
    ("archived", "outcome", "success", "expected"),
    [
        pytest.param(False, None, None, Health.NEVER_RUN, id="never"),
        pytest.param(True, None, None, Health.NEVER_RUN, id="archived-but-never-read"),
        pytest.param(False, Outcome.SUCCEEDED, FRESH, Health.OK, id="fresh"),
        pytest.param(False, Outcome.UNCHANGED, FRESH, Health.OK, id="unchanged-is-success"),
        pytest.param(False, Outcome.SUCCEEDED, OLD, UNREAD, id="two-intervals-old"),
        pytest.param(False, Outcome.FAILED, FRESH, Health.FAILING, id="failed"),
        pytest.param(False, Outcome.ABANDONED, FRESH, Health.FAILING, id="died"),
        pytest.param(False, Outcome.RUNNING, FRESH, Health.OK, id="running-after-success"),
        pytest.param(False, Outcome.RUNNING, None, Health.NEVER_RUN, id="first-run-under-way"),
        pytest.param(True, Outcome.SUCCEEDED, OLD, Health.ARCHIVED, id="archived"),
        pytest.param(True, Outcome.FAILED, None, Health.FAILING, id="archived-and-unreadable"),
    ],
)
def test_runs_tell(
    *,
    archived: bool,
    outcome: Outcome | None,
    success: datetime | None,
    expected: Health | Condition,
) -> None:
    condition = source_condition(
        archived=archived,
        every=timedelta(hours=6),
        cadence=None,
        last_outcome=outcome,
        last_success_at=success,
        newest_edition=date(2023, 5, 8),
        now=NOW,
    )

    assert condition == (expected if isinstance(expected, Condition) else Condition(expected))


@pytest.mark.parametrize(
    ("outcome", "success", "newest", "expected"),
    [
        pytest.param(Outcome.SUCCEEDED, FRESH, date(2024, 8, 2), OK, id="a-day-ahead"),
        pytest.param(Outcome.SUCCEEDED, FRESH, date(2024, 7, 18), OK, id="as-old-as-it-may-be"),
        pytest.param(Outcome.SUCCEEDED, FRESH, date(2024, 7, 17), QUIET, id="a-day-older"),
        pytest.param(Outcome.UNCHANGED, FRESH, date(2024, 7, 17), QUIET, id="green-all-the-time"),
        pytest.param(Outcome.UNCHANGED, FRESH, None, QUIET, id="green-and-empty-from-the-start"),
        pytest.param(Outcome.UNCHANGED, OLD, None, UNREAD, id="not-even-read"),
        pytest.param(
            Outcome.FAILED, FRESH, None, Condition(Health.FAILING), id="failing-says-more"
        ),
        pytest.param(None, None, None, Condition(Health.NEVER_RUN), id="never-run"),
    ],
)
def test_editions_tell_by_the_cadence_of_the_source(
    outcome: Outcome | None, success: datetime | None, newest: date | None, expected: Condition
) -> None:
    condition = source_condition(
        archived=False,
        every=timedelta(hours=6),
        cadence=timedelta(days=14),
        last_outcome=outcome,
        last_success_at=success,
        newest_edition=newest,
        now=NOW,
    )

    assert condition == expected


def test_what_upstream_has_ended_is_never_late() -> None:
    condition = source_condition(
        archived=True,
        every=timedelta(hours=6),
        cadence=timedelta(days=14),
        last_outcome=Outcome.SUCCEEDED,
        last_success_at=OLD,
        newest_edition=date(2023, 5, 8),
        now=NOW,
    )

    assert condition == Condition(Health.ARCHIVED)


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
