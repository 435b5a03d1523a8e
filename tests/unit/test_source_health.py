"""How well a source is."""

from datetime import UTC, datetime, timedelta

import pytest

from app.analytics.health import source_health
from app.domain.runs import Health, Outcome

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
