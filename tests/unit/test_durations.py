"""Windows that end on a date."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.durations import parse_duration


@pytest.mark.parametrize(
    ("text", "day", "expected"),
    [
        pytest.param("P7D", "2024-03-05", "2024-02-27", id="days-over-a-leap-day"),
        pytest.param("P2W", "2024-07-15", "2024-07-01", id="weeks"),
        pytest.param("P1M", "2024-03-31", "2024-02-29", id="month-without-that-day"),
        pytest.param("P1M", "2024-01-15", "2023-12-15", id="month-over-a-year"),
        pytest.param("P1Y", "2024-02-29", "2023-02-28", id="year-without-that-day"),
        pytest.param("P1Y2M3W4D", "2024-07-31", "2023-05-06", id="all-parts"),
        pytest.param("P100Y", "0050-01-01", "0001-01-01", id="before-the-calendar-months"),
        pytest.param("P400D", "0002-01-01", "0001-01-01", id="before-the-calendar-days"),
        pytest.param("P1M5D", "0001-02-03", "0001-01-01", id="before-the-calendar-both"),
    ],
)
def test_a_window_is_calendar_aware(text: str, day: str, expected: str) -> None:
    start = parse_duration(text).before(date.fromisoformat(day))

    assert start == date.fromisoformat(expected)


FORMS = ["", "P", "7D", "P7", "P-7D", "p7d", "P7D ", "P7D\n", "P1D1M", "PT1H", "P1DT1H", "P1.5D"]
LENGTHS = ["P0D", "P0Y0M", "P101Y", "P1201M", "P99999D", "P100Y1D", "P999999D"]


@pytest.mark.parametrize("text", [*FORMS, *LENGTHS, "P\N{ARABIC-INDIC DIGIT THREE}D"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must"):
        parse_duration(text)


@given(st.integers(1, 36_000), st.dates())
def test_days_are_days(days: int, day: date) -> None:
    reached = parse_duration(f"P{days}D").before(day)

    assert reached == max(date.min, day - timedelta(days=min(days, (day - date.min).days)))
