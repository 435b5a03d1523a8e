"""When a source is scraped: once in every slot, and every moment lies in exactly one."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.slots import served_slot
from app.scheduler import LONGEST_JITTER, SlotTrigger, offset_seconds, slot_of, slot_start
from app.sources.base import SourceInfo
from tests.factories import source_info

SLUGS = st.sampled_from(["open_llm", "lmarena", "livebench", "aider", "demo"])
HOURS = st.sampled_from([1, 6, 24, 24 * 7])
MOMENTS = st.integers(min_value=0, max_value=4 * 10**15).map(
    lambda microseconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
)


def info_of(slug: str, hours: int) -> SourceInfo:
    return source_info(slug, every=timedelta(hours=hours))


@pytest.mark.parametrize(
    ("slug", "seconds"),
    [
        pytest.param("open_llm", 2764, id="open_llm"),
        pytest.param("lmarena", 17442, id="lmarena"),
    ],
)
def test_a_source_has_the_same_place_in_its_interval_on_every_machine(
    slug: str, seconds: int
) -> None:
    assert offset_seconds(info_of(slug, 6)) == seconds


def test_sources_are_spread_over_the_interval() -> None:
    slugs = ["open_llm", "lmarena", "livebench", "aider", "alpaca_eval", "bfcl", "vectara"]

    offsets = {offset_seconds(info_of(slug, 6)) // 600 for slug in slugs}

    assert len(offsets) == len(slugs)


@given(SLUGS, HOURS)
def test_the_offset_lies_within_the_interval(slug: str, hours: int) -> None:
    assert 0 <= offset_seconds(info_of(slug, hours)) < hours * 3600


@given(SLUGS, HOURS, MOMENTS)
def test_every_moment_lies_in_exactly_one_slot(slug: str, hours: int, moment: datetime) -> None:
    info = info_of(slug, hours)

    slot = slot_of(info, moment)

    assert slot_start(info, slot) <= moment < slot_start(info, slot + 1)


@given(SLUGS, HOURS, st.integers(min_value=0, max_value=50_000))
def test_a_slot_begins_where_the_one_before_ends(slug: str, hours: int, slot: int) -> None:
    info = info_of(slug, hours)
    begin = slot_start(info, slot)

    assert slot_of(info, begin) == slot
    assert slot_of(info, begin - timedelta(milliseconds=1)) == slot - 1
    assert slot_start(info, slot + 1) - begin == info.every


@given(SLUGS, HOURS, MOMENTS, st.none() | MOMENTS)
def test_a_strike_comes_a_little_after_the_beginning_of_the_next_slot(
    slug: str, hours: int, moment: datetime, previous: datetime | None
) -> None:
    info = info_of(slug, hours)

    strike = SlotTrigger(info).get_next_fire_time(previous, moment)

    begin = slot_start(info, slot_of(info, moment) + 1)
    assert begin <= strike <= begin + timedelta(seconds=LONGEST_JITTER)


def test_no_slot_is_passed_over_in_years_of_strikes() -> None:
    info = info_of("open_llm", 6)
    trigger = SlotTrigger(info)
    strikes = [datetime(2024, 7, 1, 12, 34, 56, tzinfo=UTC)]

    for _ in range(3000):
        strikes.append(trigger.get_next_fire_time(strikes[-1], strikes[-1]))

    slots = [slot_of(info, strike) for strike in strikes]
    assert slots == list(range(slots[0], slots[0] + 3001))


@given(SLUGS, HOURS, HOURS, st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_run_served_the_slot_it_began_in_whatever_the_interval_was(
    slug: str, before: int, after: int, since: int, age: int
) -> None:
    moment = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=since)
    now = moment + timedelta(seconds=age)
    info = info_of(slug, after)

    served = served_slot(
        slug,
        info.every,
        slot=slot_of(info_of(slug, before), moment),
        started_at=moment,
        present=slot_of(info, now),
        now=now,
    )

    assert served == slot_of(info, moment)


def test_a_run_that_was_claimed_a_little_late_served_its_own_slot() -> None:
    info = info_of("demo", 6)
    late = slot_start(info, 1001)

    served = served_slot(
        "demo", info.every, slot=1000, started_at=late, present=1003, now=late + 2 * info.every
    )

    assert served == 1000
