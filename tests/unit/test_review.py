"""What of a name wants a person's decision."""

import pytest

from app.domain.review import Want, wanted
from app.domain.standings import Model, Organization

KNOWN = Organization("acme", "Acme", "company", "US", reviewed=True)
HOMELESS = KNOWN._replace(country=None)
SEEN = Organization("new-lab", "New Lab", None, None)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        pytest.param(Model("a", "a", KNOWN), None, id="a-maker-who-is-known"),
        pytest.param(Model("a", "a", SEEN), Want.REVIEW, id="a-maker-who-was-only-seen"),
        pytest.param(Model("a", "a", None), Want.ORGANIZATION, id="no-maker"),
        pytest.param(Model("a", "a", SEEN, reviewed=True), None, id="a-model-that-is-known"),
        pytest.param(Model("a", "a", None, reviewed=True), None, id="and-is-nobodys"),
        pytest.param(Model("a", "a", HOMELESS), Want.COUNTRY, id="a-company-of-no-country"),
        pytest.param(
            Model("a", "a", HOMELESS, reviewed=True), Want.COUNTRY, id="even-of-a-known-model"
        ),
        pytest.param(
            Model("a", "a", HOMELESS._replace(kind="lab")), None, id="a-lab-may-be-anywhere"
        ),
    ],
)
def test_what_is_wanted(model: Model, expected: Want | None) -> None:
    assert wanted(model) is expected
