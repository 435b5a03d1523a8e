"""Dates and instants as callers write them."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.moments import parse_moment
from app.domain.periods import Granularity, period_start


@pytest.mark.parametrize(
    ("text", "day", "first", "last", "shown"),
    [
        pytest.param(
            "2024-07-13",
            "2024-07-13",
            "2024-07-13T00:00:00Z",
            "2024-07-13T23:59:59.999999Z",
            "2024-07-13",
            id="date",
        ),
        pytest.param(
            "2024-07-13T11:16:14Z",
            "2024-07-13",
            "2024-07-13T11:16:14Z",
            "2024-07-13T11:16:14.999999Z",
            "2024-07-13T11:16:14Z",
            id="second",
        ),
        pytest.param(
            "2024-07-13T11:16:14.5Z",
            "2024-07-13",
            "2024-07-13T11:16:14.5Z",
            "2024-07-13T11:16:14.5Z",
            "2024-07-13T11:16:14.500000Z",
            id="fraction",
        ),
        pytest.param(
            "2024-07-13T01:00+02:00",
            "2024-07-12",
            "2024-07-12T23:00:00Z",
            "2024-07-12T23:00:00.999999Z",
            "2024-07-12T23:00:00Z",
            id="offset",
        ),
        pytest.param(
            "2024-07-13T01:00 02:00",
            "2024-07-12",
            "2024-07-12T23:00:00Z",
            "2024-07-12T23:00:00.999999Z",
            "2024-07-12T23:00:00Z",
            id="plus-that-a-url-made-a-space",
        ),
    ],
)
def test_a_moment_lies_on_a_utc_date(
    text: str, day: str, first: str, last: str, shown: str
) -> None:
    moment = parse_moment(text)

    assert moment.day == date.fromisoformat(day)
    assert moment.first == datetime.fromisoformat(first)
    assert moment.last == datetime.fromisoformat(last)
    assert moment.text == shown


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "must be a date", id="empty"),
        pytest.param("yesterday", "must be a date", id="words"),
        pytest.param("20240713", "must be a date", id="compact"),
        pytest.param("2024-7-13", "must be a date", id="short"),
        pytest.param("2024-W28-6", "must be a date", id="week-date"),
        pytest.param("2024-07-1\N{ARABIC-INDIC DIGIT THREE}", "must be a date", id="other-digits"),
        pytest.param("2024-07-13\n", "must be a date", id="line-end"),
        pytest.param("2024-07-13T11:16:14", "must have a zone", id="no-zone"),
        pytest.param("2024-02-30", "calendar", id="no-such-day"),
        pytest.param("0000-01-01", "calendar", id="year-zero"),
        pytest.param("2024-07-13T24:30Z", "calendar", id="no-such-hour"),
        pytest.param("2024-07-13T11:16:60Z", "calendar", id="leap-second"),
        pytest.param("2024-07-13T11:16+99:00", "calendar", id="no-such-offset"),
        pytest.param("0001-01-01T00:00+14:00", "calendar", id="before-the-calendar"),
        pytest.param("9999-12-31T23:59-14:00", "calendar", id="after-the-calendar"),
    ],
)
def test_anything_else_is_refused_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_moment(text)


@given(st.text(max_size=30))
def test_no_text_does_worse_than_being_refused(text: str) -> None:
    try:
        moment = parse_moment(text)
    except ValueError:
        return
    assert moment.first <= moment.last


@given(st.datetimes())
def test_every_instant_is_within_itself(instant: datetime) -> None:
    moment = parse_moment(instant.isoformat() + "Z")

    assert moment.first <= instant.replace(tzinfo=UTC) <= moment.last


@pytest.mark.parametrize(
    ("granularity", "expected"),
    [
        pytest.param(Granularity.EDITION, "2024-07-13", id="edition"),
        pytest.param(Granularity.WEEK, "2024-07-08", id="iso-week"),
        pytest.param(Granularity.MONTH, "2024-07-01", id="month"),
    ],
)
def test_a_period_begins(granularity: Granularity, expected: str) -> None:
    assert period_start(date(2024, 7, 13), granularity) == date.fromisoformat(expected)


@given(st.dates(), st.sampled_from(Granularity))
def test_every_date_lies_in_a_period(day: date, granularity: Granularity) -> None:
    start = period_start(day, granularity)

    assert start <= day
    assert period_start(start, granularity) == start
