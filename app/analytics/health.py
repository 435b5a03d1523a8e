"""How well a source is, judged by its runs."""

from datetime import datetime, timedelta

from app.domain.runs import Health, Outcome

LATE_AFTER_INTERVALS = 2


def source_health(
    *,
    archived: bool,
    every: timedelta,
    last_outcome: Outcome | None,
    last_success_at: datetime | None,
    now: datetime,
) -> Health:
    """The word for a source whose newest run ended as `last_outcome`, None if it never ran.

    A source that upstream has ended is `archived` once it was read. `late`: the newest success
    is two intervals old. A run under way does not change what the one before it said.
    """
    if last_outcome is None:
        return Health.NEVER_RUN
    if archived and last_success_at is not None:
        return Health.ARCHIVED
    if last_outcome in {Outcome.FAILED, Outcome.ABANDONED}:
        return Health.FAILING
    if last_success_at is None:
        return Health.NEVER_RUN
    return Health.LATE if now - last_success_at > LATE_AFTER_INTERVALS * every else Health.OK
