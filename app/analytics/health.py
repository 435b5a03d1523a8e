"""How well a source is, judged by its runs, and whether a scheduler is at work."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from app.domain import slots
from app.domain.runs import Health, LateReason, Outcome, SchedulerState

LATE_AFTER_INTERVALS = 2
GRACE = timedelta(minutes=15)  # a scheduler strikes within a minute, and looks again after five


class Condition(NamedTuple):
    """How well a source is; `late_reason` is None unless it is late."""

    health: Health
    late_reason: LateReason | None = None


def source_condition(
    *,
    archived: bool,
    every: timedelta,
    cadence: timedelta | None,
    last_outcome: Outcome | None,
    last_success_at: datetime | None,
    newest_edition: date | None,
    now: datetime,
) -> Condition:
    """How a source is of which the newest run that ended did so as `last_outcome`.

    `never_run`: none has ended (None). A run under way does not change what the one before it
    said. A source that upstream has ended is `archived` once it was read. `late`: the newest
    success is two intervals old; or its newest edition is more days old than its `cadence`, the
    longest time that usually passes between two, however well it is read.
    """
    if last_outcome is None:
        return Condition(Health.NEVER_RUN)
    if archived and last_success_at is not None:
        return Condition(Health.ARCHIVED)
    if last_outcome in {Outcome.FAILED, Outcome.ABANDONED}:
        return Condition(Health.FAILING)
    if last_success_at is None:
        return Condition(Health.NEVER_RUN)
    reason = None
    if now - last_success_at > LATE_AFTER_INTERVALS * every:
        reason = LateReason.NOT_READ
    elif cadence is not None and _is_quiet(newest_edition, cadence, now.date()):
        reason = LateReason.NOTHING_NEW
    return Condition(Health.OK if reason is None else Health.LATE, reason)


def _is_quiet(newest_edition: date | None, cadence: timedelta, today: date) -> bool:
    """Whether there is no edition of the last days in which there should be one."""
    return newest_edition is None or today - newest_edition > cadence


def overdue(
    slug: str,
    *,
    every: timedelta,
    newest_slot: int | None,
    scheduled_at: datetime | None,
    held_until: datetime | None,
    now: datetime,
) -> timedelta | None:
    """How long a slot of a source has been waiting to be served; zero while somebody works on it.

    None if no scheduler ever claimed it: it may be switched off. `newest_slot` is the last one
    served, however that ended, counted in intervals of `every`; a claim of which the process died
    serves none.
    """
    if scheduled_at is None:
        return None
    if held_until is not None and held_until > now:
        return timedelta(0)
    if newest_slot is None:
        newest_slot = slots.slot_at(slug, every, scheduled_at) - 1
    if newest_slot >= slots.slot_at(slug, every, now):
        return timedelta(0)
    return now - slots.start_of_slot(slug, every, newest_slot + 1)


def scheduler_state(waiting: Iterable[timedelta | None]) -> SchedulerState:
    """Whether a scheduler is at work, by how long each of its sources is `overdue`.

    Sources that need none are left out. One that is served in time is enough, as others may have
    been switched off. There is no heartbeat: that a scheduler stopped is seen when the next slot of
    its sources is not served.
    """
    known = list(waiting)
    if not known:
        return SchedulerState.NOT_NEEDED
    scheduled = [late for late in known if late is not None]
    if not scheduled:
        return SchedulerState.NEVER_SEEN
    return SchedulerState.ALIVE if min(scheduled) <= GRACE else SchedulerState.STOPPED
