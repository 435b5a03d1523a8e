"""Errors as problem documents."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException
from starlette.requests import Request

from app.api.problems import BAD_REQUEST, KINDS, NOT_FOUND, nearest, on_http, problem_response

NAMES = ["open-llm-v1", "open-llm-v2", "lmarena-text", "lmarena-text-coding", "aider-polyglot"]


@pytest.mark.parametrize(
    ("name", "first"),
    [
        pytest.param("open-llm-v3", "open-llm-v1", id="one-sign"),
        pytest.param("lmarena_text", "lmarena-text", id="punctuation"),
        pytest.param("AIDER", "aider-polyglot", id="case-and-length"),
    ],
)
def test_the_nearest_name_comes_first(name: str, first: str) -> None:
    assert nearest(name, NAMES)[0] == first


def test_what_is_like_nothing_has_no_suggestions() -> None:
    assert nearest("zzzzqqq", NAMES) == []


@given(st.text(), st.lists(st.text(), max_size=9))
def test_there_are_at_most_five_and_all_are_candidates(name: str, candidates: list[str]) -> None:
    found = nearest(name, candidates)

    assert len(found) <= 5
    assert set(found) <= set(candidates)


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_can_be_sent(text: str) -> None:
    answer = problem_response(
        NOT_FOUND, text, path=text, errors=[{"parameter": text, "detail": text}]
    )

    assert json.loads(bytes(answer.body))["status"] == 404


def test_every_kind_has_a_status_of_its_own() -> None:
    statuses = [kind.status for kind in KINDS.values()]

    assert len(set(statuses)) == len(statuses)


def test_what_the_framework_refuses_for_another_reason_is_a_bad_request() -> None:
    request = Request({"type": "http", "method": "GET", "path": "/v1", "headers": []})

    answer = on_http(request, HTTPException(418, "short and stout"))

    assert json.loads(bytes(answer.body)) == {
        "type": BAD_REQUEST.type,
        "title": "Bad request",
        "status": 400,
        "detail": "short and stout",
        "instance": "/v1",
        "errors": [],
    }


def test_of_long_names_the_beginning_counts() -> None:
    alike = "a model of " + "very " * 100 + "many words"
    candidates = ["another", alike, "a model", "of " * 200]

    assert nearest(alike.replace("model", "modem"), candidates)[0] == alike
