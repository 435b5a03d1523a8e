"""What an upstream's headers ask for, GitHub's among them."""

import pytest

from app.sources.pauses import is_throttled, spent_quota

SPENT = {
    "Date": "Sat, 01 Feb 2025 10:00:00 GMT",
    "X-RateLimit-Remaining": "0",
    "X-RateLimit-Reset": "1738407600",
}


def test_a_quota_of_an_hour_ends_when_it_says() -> None:
    assert spent_quota(SPENT) == 3601


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"X-RateLimit-Remaining": "1"}, id="not-spent"),
        pytest.param({"X-RateLimit-Reset": ""}, id="no-moment"),
        pytest.param({"X-RateLimit-Reset": "soon"}, id="no-number"),
        pytest.param({"X-RateLimit-Reset": "\N{SUPERSCRIPT TWO}"}, id="no-digit"),
        pytest.param({"Date": "yesterday"}, id="no-date"),
    ],
)
def test_what_says_no_moment_asks_for_no_pause(changed: dict[str, str]) -> None:
    assert spent_quota({**SPENT, **changed}) == 0


def test_a_moment_that_is_past_is_waited_for_a_second() -> None:
    assert spent_quota({**SPENT, "X-RateLimit-Reset": "1738400000"}) == 1


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        pytest.param(403, {"X-RateLimit-Remaining": "0"}, True, id="primary-limit"),
        pytest.param(403, {"Retry-After": "60"}, True, id="secondary-limit"),
        pytest.param(403, {"X-RateLimit-Remaining": "7"}, False, id="forbidden"),
        pytest.param(403, {}, False, id="gated"),
        pytest.param(404, {"X-RateLimit-Remaining": "0"}, False, id="not-found"),
    ],
)
def test_a_refusal_for_too_many_requests_is_known(
    status: int, headers: dict[str, str], *, expected: bool
) -> None:
    assert is_throttled(status, headers) is expected
