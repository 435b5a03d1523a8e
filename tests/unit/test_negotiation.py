"""Which forms of an answer a caller allows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.deps import accepts_json


@pytest.mark.parametrize(
    ("accept", "allowed"),
    [
        pytest.param("", True, id="nothing-said"),
        pytest.param(" ", True, id="nothing-but-space"),
        pytest.param("application/json", True, id="json"),
        pytest.param("Application/JSON; charset=utf-8", True, id="json-with-parameter"),
        pytest.param("*/*", True, id="anything"),
        pytest.param("text/html, application/xhtml+xml, */*;q=0.8", True, id="browser"),
        pytest.param("application/*;q=0.1", True, id="application"),
        pytest.param("text/csv", False, id="csv"),
        pytest.param("application/json;q=0", False, id="refused"),
        pytest.param("application/json; q=0.000, */*", False, id="the-specific-range-decides"),
        pytest.param("*/*;q=0, application/json", True, id="all-but-json-refused"),
        pytest.param("application/json;q=high", True, id="strange-weight"),
        pytest.param("json", False, id="no-media-type"),
        pytest.param(",;,", False, id="garbage"),
    ],
)
def test_accept(accept: str, *, allowed: bool) -> None:
    assert accepts_json(accept) is allowed


@given(st.text())
def test_no_header_breaks_it(accept: str) -> None:
    assert accepts_json(accept) in {True, False}
