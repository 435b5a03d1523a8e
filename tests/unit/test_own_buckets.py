"""The buckets of one process."""

import anyio
import pytest

from app.api.buckets import OwnBuckets
from app.domain.quotas import Taken, quota_of


@pytest.mark.parametrize("uptime", [1000.1, 1000.3, 3333.1])
def test_a_clock_that_rounds_makes_nobody_wait_longer(
    monkeypatch: pytest.MonkeyPatch, uptime: float
) -> None:
    monkeypatch.setattr("throttled.utils.now_mono_f", lambda: uptime)
    buckets, quota = OwnBuckets(), quota_of("1/h")

    first, second = (anyio.run(buckets.take, "somebody", quota) for _ in range(2))

    assert first == Taken(0, 3600, None)
    assert second == Taken(0, 3600, 3600)
