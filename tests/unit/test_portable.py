"""One form and one digest of a row, whichever database it is in."""

from datetime import UTC, date, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Boolean, Column, Double, LargeBinary, MetaData, String, Table
from sqlmodel.sql.sqltypes import UTCDateTime

from app.store.portable import Tally, from_database, to_database
from app.store.types import Day

EVERYTHING = Table(
    "everything",
    MetaData(),
    Column("number", BigInteger),
    Column("flag", Boolean),
    Column("day", Day),
    Column("moment", UTCDateTime),
    Column("score", Double),
    Column("name", String),
    Column("data", LargeBinary),
)
DAY = date(2024, 7, 1)
NOON = datetime(2024, 7, 1, 12, tzinfo=UTC)
ON_SQLITE = (7, 1, 19905, "2024-07-01 12:00:00.000000", 0.1, "né", b"\0")
ON_POSTGRESQL = (7, True, DAY, NOON, 0.1, "né", b"\0")
NOTHING = (None,) * 7
rows = st.tuples(
    *(
        st.none() | values
        for values in (
            st.integers(-(2**63), 2**63 - 1),
            st.booleans(),
            st.dates(),
            st.datetimes(timezones=st.just(UTC)),
            st.floats(allow_nan=False),
            st.text(),
            st.binary(),
        )
    )
)


def digest(*wanted: tuple[Any, ...]) -> str:
    tally = Tally(EVERYTHING)
    tally.add(wanted)
    return tally.digest


def test_both_databases_mean_the_same() -> None:
    [here] = from_database(EVERYTHING, "sqlite", [ON_SQLITE])
    [there] = from_database(EVERYTHING, "postgresql", [ON_POSTGRESQL])

    assert here == there == ON_SQLITE


def test_an_instant_is_the_same_however_it_is_written() -> None:
    short = (*ON_SQLITE[:3], "2024-07-01 12:00:00", *ON_SQLITE[4:])
    elsewhere = NOON.astimezone(timezone(timedelta(hours=5)))
    told = (*ON_POSTGRESQL[:3], elsewhere, *ON_POSTGRESQL[4:])

    assert list(from_database(EVERYTHING, "sqlite", [short])) == [ON_SQLITE]
    assert list(from_database(EVERYTHING, "postgresql", [told])) == [ON_SQLITE]


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_what_is_missing_stays_so(dialect: str) -> None:
    assert list(from_database(EVERYTHING, dialect, [NOTHING])) == [NOTHING]
    assert list(to_database(EVERYTHING, dialect, [NOTHING])) == [NOTHING]


def test_a_digest_is_of_text_that_every_version_of_python_writes() -> None:
    written = b"(7, 1, 19905, '2024-07-01 12:00:00.000000', 0.1, 'n\\xe9', None)"

    assert digest((*ON_SQLITE[:-1], None)) == sha256(written).hexdigest()


def test_a_tally_does_not_mind_the_order_or_how_many_come_at_once() -> None:
    tally = Tally(EVERYTHING)
    tally.add([NOTHING])
    tally.add([ON_SQLITE, NOTHING])

    assert (tally.rows, tally.digest) == (3, digest(NOTHING, NOTHING, ON_SQLITE))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        pytest.param(0, 8, id="number"),
        pytest.param(1, 0, id="flag"),
        pytest.param(2, 19906, id="day"),
        pytest.param(3, "2024-07-01 12:00:00.000001", id="moment"),
        pytest.param(4, 0.1 + 2**-56, id="the last bit of a score"),
        pytest.param(5, "ne\u0301", id="another spelling of a name"),
        pytest.param(6, b"\0\0", id="blob"),
        pytest.param(5, None, id="nothing"),
    ],
)
def test_whatever_is_changed_changes_the_digest(place: int, value: object) -> None:
    changed = (*ON_SQLITE[:place], value, *ON_SQLITE[place + 1 :])

    assert changed != ON_SQLITE
    assert digest(changed) != digest(ON_SQLITE)


def test_a_row_that_is_there_twice_is_not_one() -> None:
    assert digest(ON_SQLITE, ON_SQLITE) != digest(ON_SQLITE)
    assert digest(ON_SQLITE, ON_SQLITE) != digest()


@given(rows)
def test_a_row_comes_back_from_postgresql_as_it_went(row: tuple[Any, ...]) -> None:
    portable = from_database(EVERYTHING, "postgresql", [row])
    number, flag, day, moment, *rest = to_database(EVERYTHING, "postgresql", portable)[0]

    assert (number, flag, day, *rest) == (*row[:3], *row[4:])
    assert (None if moment is None else datetime.fromisoformat(moment)) == row[3]
    assert from_database(EVERYTHING, "sqlite", portable) == portable
