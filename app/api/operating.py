"""What operators are told of sources and schedulers, in readiness and in metrics."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from app.analytics.health import Condition, overdue, scheduler_state, source_condition
from app.domain.runs import Outcome, SchedulerState
from app.store.queries.sources import SourceState
from app.store.queries.watching import WatchedSource


class Judged(NamedTuple):
    """A source, how well it is, and how long a slot of it waits (None: nobody schedules it)."""

    watched: WatchedSource
    condition: Condition
    overdue: timedelta | None


class Schedule(NamedTuple):
    """Whether a scheduler is at work, and when it last claimed a source."""

    state: SchedulerState
    seen_at: datetime | None


def judge(sources: Sequence[WatchedSource], now: datetime) -> list[Judged]:
    """Every source as it is now."""
    return [Judged(one, condition_of(one, now), _overdue(one, now)) for one in sources]


def schedule_of(sources: Sequence[Judged]) -> Schedule:
    """The scheduler, by what it did for its sources."""
    needing = [one for one in sources if not one.watched.is_done]
    claims = [one.watched.scheduled_at for one in sources if one.watched.scheduled_at is not None]
    return Schedule(
        scheduler_state(one.overdue for one in needing), max(claims) if claims else None
    )


def condition_of(one: WatchedSource | SourceState, now: datetime) -> Condition:
    """How well a source is, by its runs and its newest edition."""
    last, success, cadence = one.last_ended, one.last_success, one.source.cadence_seconds
    return source_condition(
        archived=one.source.archived,
        every=timedelta(seconds=one.source.every_seconds),
        cadence=None if cadence is None else timedelta(seconds=cadence),
        last_outcome=None if last is None else Outcome(last.outcome),
        last_success_at=None if success is None else success.finished_at,
        newest_edition=one.newest_edition_date,
        now=now,
    )


def _overdue(one: WatchedSource, now: datetime) -> timedelta | None:
    if one.is_done:
        return None
    return overdue(
        one.source.slug,
        every=timedelta(seconds=one.source.every_seconds),
        newest_slot=one.newest_slot,
        scheduled_at=one.scheduled_at,
        held_until=one.held_until,
        now=now,
    )
