"""Ids for URLs, and the folding that makes one name of several spellings."""

import re
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.names import fold
from app.domain.slugs import slugify
from app.identity.model_names import base_name, identity_key, model_slug


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        pytest.param("Qwen2-72B-Instruct", "qwen2-72b-instruct", id="lower-case"),
        pytest.param("qwen2.5", "qwen2.5", id="dots-stay"),
        pytest.param("industry_mathematical", "industry-mathematical", id="underscore"),
        pytest.param("GPT-4o (08/06)", "gpt-4o-08-06", id="punctuation-is-one-hyphen"),
        pytest.param("  a  -- b ", "a-b", id="no-hyphen-at-the-ends"),
        pytest.param("ﬁne①", "fine1", id="compatibility-forms"),
        pytest.param("\uff27\uff30\uff34\uff0d\uff14", "gpt-4", id="full-width"),
        pytest.param("零一万物", "", id="nothing-that-can-stand"),
        pytest.param("..", "", id="dots-alone-are-a-path"),
        pytest.param("", "", id="empty"),
    ],
)
def test_a_slug_keeps_letters_digits_and_dots(text: str, slug: str) -> None:
    assert slugify(text) == slug


@given(st.text())
def test_a_slug_is_one_safe_path_segment(text: str) -> None:
    slug = slugify(text)

    assert re.fullmatch(r"(?:[a-z0-9.]+(?:-[a-z0-9.]+)*)?", slug)
    assert slug not in {".", ".."}
    assert slugify(slug) == slug


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("GPT-4", "gpt-4", id="case"),
        pytest.param("Straße", "STRASSE", id="sharp-s"),
        pytest.param("a  b", " a\tb ", id="white-space"),
        pytest.param("é", "e\u0301", id="composed-and-decomposed"),
        pytest.param("\uff21\uff22\uff23", "abc", id="full-width"),
        pytest.param("Anthropic  Anthropic", "anthropic anthropic", id="a-real-one"),
    ],
)
def test_spelling_alone_does_not_make_two_of_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_different_names_stay_apart() -> None:
    names = ["ferret-7b", "ferret_7b", "ferret 7b", "ferret7b", "ferret.7b", "\u0444erret-7b"]

    assert [pair for pair in combinations(names, 2) if fold(pair[0]) == fold(pair[1])] == []


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("printed", "namespaced", "name"),
    [
        pytest.param("Qwen/Qwen2-72B", True, "Qwen2-72B", id="hub-id"),
        pytest.param("gpt2", True, "gpt2", id="hub-id-without-owner"),
        pytest.param("owner/", True, "owner/", id="owner-without-name"),
        pytest.param("a/b/c", True, "b/c", id="first-slash-only"),
        pytest.param("AI2/UW-model", False, "AI2/UW-model", id="a-slash-is-no-owner-elsewhere"),
    ],
)
def test_a_models_own_name(printed: str, namespaced: bool, name: str) -> None:  # noqa: FBT001
    assert base_name(printed, namespaced=namespaced) == name


@pytest.mark.parametrize(
    ("organization", "name", "slug", "identity"),
    [
        pytest.param(
            "alibaba",
            "Qwen2-72B-Instruct",
            "alibaba--qwen2-72b-instruct",
            "alibaba/qwen2-72b-instruct",
            id="maker-and-name",
        ),
        pytest.param(None, "vicuna-13b", "unknown--vicuna-13b", "/vicuna-13b", id="no-maker"),
        pytest.param(
            "cohere", "command-r+", "cohere--command-r", "cohere/command-r+", id="a-sign-that-tells"
        ),
        pytest.param(
            "anthropic",
            "Claude Opus 4 (20250514)",
            "anthropic--claude-opus-4-20250514",
            "anthropic/claude-opus-4-20250514",
            id="separators-tell-nothing",
        ),
        pytest.param("01.ai", "零", "01.ai--model", "01.ai/零", id="no-name-that-can-stand"),
    ],
)
def test_a_model_is_its_maker_and_its_name(
    organization: str | None, name: str, slug: str, identity: str
) -> None:
    assert model_slug(organization, name) == slug
    assert identity_key(organization, name) == identity
