"""What printed licences are, and what they say about weights."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.names import fold
from app.identity.curation import curation
from app.identity.licences import Licence, licence_of, says_nothing, spdx_id

KNOWN = curation().licence_spellings
PRINTED_BY_BFCL = (
    ("CC-BY-NC 4.0 License (w/ Acceptable Use Addendum)", "CC-BY-NC-4.0"),
    ("Databricks Open Model", "databricks-open-model-license"),
    ("Meta Llama 3 Community", "llama3"),
    ("Meta Llama 4 Community", "llama4"),
    ("Mistral AI Research License", "mrl"),
    ("falcon-llm-license", "falcon-llm-license"),
    ("gemma-terms-of-use", "gemma"),
    ("glm-4", "glm-4"),
    ("qwen-research", "qwen-research"),
)


@pytest.mark.parametrize(
    ("printed", "expected", "open_weights"),
    [
        pytest.param("Apache 2.0", "Apache-2.0", True, id="a-spelling"),
        pytest.param("apache-2.0", "Apache-2.0", True, id="a-tag-of-the-hub"),
        pytest.param("MIT", "MIT", True, id="the-id-itself"),
        pytest.param("CC-BY-NC-4.0", "CC-BY-NC-4.0", True, id="not-for-trade-but-published"),
        pytest.param("Llama 3 Community", "llama3", True, id="restricted-but-published"),
        pytest.param("Proprietary", "proprietary", False, id="proprietary"),
        pytest.param(" PROPRIETARY ", "proprietary", False, id="spelling-does-not-matter"),
        pytest.param("Propretary", "proprietary", False, id="a-typing-error-of-lmarena"),
        *[pytest.param(*printed, True, id=f"bfcl-{printed[1]}") for printed in PRINTED_BY_BFCL],
        pytest.param("zlib", "Zlib", True, id="an-spdx-id-that-nobody-listed"),
        pytest.param("mit or apache-2.0", "MIT OR Apache-2.0", True, id="an-spdx-expression"),
    ],
)
def test_a_licence_is_known_by_any_spelling(
    printed: str,
    expected: str,
    open_weights: bool,  # noqa: FBT001
) -> None:
    licence = licence_of(printed, KNOWN)

    assert licence is not None
    assert (licence.id, licence.open_weights) == (expected, open_weights)


@pytest.mark.parametrize("printed", [None, "", " ", "-", "N/A", "Other", "unknown"])
def test_nothing_printed_is_no_licence(printed: str | None) -> None:
    assert says_nothing(printed)
    assert licence_of(printed, KNOWN) is None


def test_what_nobody_knows_is_not_guessed() -> None:
    assert not says_nothing("Our Own Licence")
    assert licence_of("Our Own Licence", KNOWN) is None
    assert licence_of("LicenseRef-Our-Own", KNOWN) is None
    assert licence_of("MIT AND LicenseRef-Our-Own", KNOWN) is None


def test_an_spdx_licence_says_its_own_name_where_no_better_is_listed() -> None:
    assert licence_of("zlib", {}) == Licence(id="Zlib", name="Zlib", open_weights=True)


def test_no_licence_stands_twice() -> None:
    table = curation().licences
    spellings = Counter(fold(s) for licence in table for s in (licence.id, *licence.spellings))

    assert [text for text, count in spellings.items() if count > 1] == []


@pytest.mark.parametrize("licence", curation().licences, ids=lambda licence: licence.id)
def test_an_id_is_the_one_that_spdx_gives_if_it_gives_one(licence: Licence) -> None:
    assert spdx_id(licence.id) in {licence.id, None}
    assert spdx_id(licence.id) is not None or licence.id == licence.id.lower()


@given(st.text())
def test_any_text_is_a_licence_or_none(text: str) -> None:
    licence = licence_of(text, KNOWN)

    assert licence is None or licence.id
