"""How a caller learns that what it has is still right."""

import tracemalloc
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.answers import encoded, to_keep
from app.api.caching import Validators, is_fresh, strong_etag

CHANGED = datetime(2024, 7, 13, 11, 16, 14, 500_000, tzinfo=UTC)
HERE = Validators('"abc"', CHANGED)


@pytest.mark.parametrize(
    ("headers", "fresh"),
    [
        pytest.param({}, False, id="no-condition"),
        pytest.param({"if-none-match": '"abc"'}, True, id="same-tag"),
        pytest.param({"if-none-match": 'W/"abc"'}, True, id="weak-comparison"),
        pytest.param({"if-none-match": '"x", W/"abc" , "y,z"'}, True, id="one-of-several"),
        pytest.param({"if-none-match": "*"}, True, id="any"),
        pytest.param({"if-none-match": '"abd"'}, False, id="other-tag"),
        pytest.param({"if-none-match": "abc"}, False, id="no-tag"),
        pytest.param(
            {"if-modified-since": "Sat, 13 Jul 2024 11:16:14 GMT"}, True, id="same-second"
        ),
        pytest.param({"if-modified-since": "Sat, 13 Jul 2024 11:16:13 GMT"}, False, id="older"),
        pytest.param({"if-modified-since": "Fri, 31 Dec 9999 23:59:59 GMT"}, True, id="future"),
        pytest.param({"if-modified-since": "Sat, 13 Jul 2024 11:16:14"}, True, id="no-zone"),
        pytest.param({"if-modified-since": "13 July, lunch"}, False, id="no-date"),
        pytest.param({"if-modified-since": "1 Jan 2024 0:0 +" + "9" * 30}, False, id="overflow"),
        pytest.param(
            {"if-none-match": '"x"', "if-modified-since": "Fri, 31 Dec 9999 23:59:59 GMT"},
            False,
            id="the-tag-decides-alone",
        ),
    ],
)
def test_conditions(headers: dict[str, str], *, fresh: bool) -> None:
    assert is_fresh(headers, HERE) is fresh


def test_without_a_date_of_change_no_date_is_fresh() -> None:
    condition = {"if-modified-since": "Fri, 31 Dec 9999 23:59:59 GMT"}

    assert not is_fresh(condition, Validators('"abc"', None))


def test_a_date_of_change_is_sent_as_http_writes_dates() -> None:
    assert HERE.headers() == {"ETag": '"abc"', "Last-Modified": "Sat, 13 Jul 2024 11:16:14 GMT"}


@given(st.lists(st.text()), st.lists(st.text()))
def test_tags_differ_when_a_part_does(one: list[str], other: list[str]) -> None:
    assert (strong_etag(*one) == strong_etag(*other)) is (one == other)


def test_what_is_kept_takes_little_more_than_its_bytes() -> None:
    tracemalloc.start()
    kept = [to_keep(encoded({"number": number})) for number in range(1000)]
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert kept[7] == b'{"number":7}'
    assert size < 1000 * 200
