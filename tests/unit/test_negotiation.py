"""Which forms of an answer a caller allows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.forms import Form, preferred

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        pytest.param("", "json", id="nothing-said"),
        pytest.param(" ", "json", id="nothing-but-space"),
        pytest.param(", ,", "json", id="nothing-but-commas"),
        pytest.param("application/json", "json", id="json"),
        pytest.param("Application/JSON; charset=utf-8", "json", id="json-with-parameter"),
        pytest.param("*/*", "json", id="anything"),
        pytest.param(BROWSER, "json", id="browser"),
        pytest.param("application/*;q=0.1", "json", id="application"),
        pytest.param("text/csv", "csv", id="csv"),
        pytest.param("text/*", "csv", id="text"),
        pytest.param("application/x-ndjson", "ndjson", id="ndjson"),
        pytest.param("application/vnd.apache.parquet", "parquet", id="parquet"),
        pytest.param("application/json;q=0.5, text/csv", "csv", id="the-better-liked"),
        pytest.param("text/csv;q=0.5, */*;q=0.4", "csv", id="the-better-liked-by-name"),
        pytest.param("text/csv;q=0.3, */*;q=0.4", "json", id="the-better-liked-by-range"),
        pytest.param("text/csv, application/json", "json", id="equally-liked"),
        pytest.param("application/json;q=0", None, id="refused"),
        pytest.param("application/json; q=0.000, */*", "csv", id="the-specific-range-decides"),
        pytest.param("*/*;q=0, application/json", "json", id="all-but-json-refused"),
        pytest.param("application/json;q=high", "json", id="strange-weight"),
        pytest.param("application/json;q=7", "json", id="weight-beyond-one"),
        pytest.param("application/json;q=nan", "json", id="weight-that-is-none"),
        pytest.param("json", None, id="no-media-type"),
        pytest.param("text/html", None, id="another"),
        pytest.param(",;,", None, id="garbage"),
    ],
)
def test_accept(accept: str, expected: str | None) -> None:
    assert preferred(accept, tuple(Form)) == expected


def test_only_what_is_offered_is_chosen() -> None:
    assert preferred("text/csv, application/json;q=0.1", [Form.JSON]) is Form.JSON
    assert preferred("text/csv", [Form.JSON]) is None


@given(st.text())
def test_no_header_breaks_it(accept: str) -> None:
    assert preferred(accept, tuple(Form)) in {None, *Form}
