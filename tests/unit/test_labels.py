"""What is said of a line beside its figures is kept, and stays right."""

from datetime import date
from typing import Any

import numpy as np
import orjson
import pytest

from app.api import labels
from app.api.labels import Labels
from app.domain.standings import Model, Organization
from app.store.blocks import NOTHING, Block
from app.store.queries.names import Alias, Names, Profile

RENAMED = Organization("x", "X", None, "US", former_names=((date(2024, 7, 1), "Twitter"),))
ACME = Organization("acme", "Acme", "community", None)
MODELS = [
    Model("x--grok", "grok", RENAMED),
    Model("acme--a", "a", ACME, open_weights=True),
    Model("nobody--n", 'n, "quoted"', None),
]
NAMES = Names(
    version="1",
    organizations={},
    organization_spellings={},
    countries={},
    models={},
    redirects={},
    aliases={
        number: Alias(number, "demo", f"printed {number}", model, reviewed=False, since=None)
        for number, model in enumerate(MODELS, start=1)
    },
    aliases_of={},
    models_of={},
    licences={},
    profiles={
        1: Profile(None, None, official=None, open_weights=None, parameters_b=None, kind="model"),
        2: Profile("mit", "MIT", official=True, open_weights=False, parameters_b=7, kind="system"),
    },
)
PAIRS = [(1, 1), (2, 1), (2, 2), (3, 1)]


def lines(pairs: list[tuple[int, int]]) -> Block:
    aliases, profiles = np.array(pairs, np.int32).T
    return NOTHING._replace(alias_id=aliases, profile_id=profiles)


def told(of: Labels, pairs: list[tuple[int, int]], day: date) -> list[dict[str, Any]]:
    return [orjson.loads(b"{%b}" % label) for label in of.of(lines(pairs), day)]


def test_a_label_is_what_its_name_and_its_profile_say() -> None:
    grok, plain, marked, nobodys = told(Labels(NAMES), PAIRS, date(2024, 7, 1))

    assert grok["organization"] == {"id": "x", "name": "X", "country": "US"}
    assert (plain["official"], marked["official"]) == (False, True)
    assert (plain["licence"], marked["licence"], marked["licence_id"]) == (None, "mit", "MIT")
    assert (plain["open_weights"], marked["open_weights"]) == (True, True)
    assert (marked["parameters_b"], marked["entry_kind"]) == (7, "system")
    assert nobodys["model"] == {"id": "nobody--n", "name": 'n, "quoted"'}
    assert (nobodys["organization"], nobodys["official"]) == (None, True)
    assert nobodys["printed_name"] == "printed 3"


def test_whose_maker_was_renamed_is_called_by_the_name_of_the_day() -> None:
    kept = Labels(NAMES)

    days = [date(2024, 7, 1), date(2024, 6, 30), date(2024, 7, 1)]
    names = [told(kept, PAIRS[:1], day)[0]["organization"]["name"] for day in days]

    assert names == ["X", "Twitter", "X"]


def test_no_more_are_kept_than_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labels, "MOST_LABELS", 2)
    kept = Labels(NAMES)
    day = date(2024, 7, 1)

    first = kept.of(lines(PAIRS), day)  # the third that may be kept is one too many
    again = [kept.of(lines([pair]), day)[0] for pair in reversed(PAIRS)][::-1]

    assert again == first
    assert [one is other for one, other in zip(first, again, strict=True)] == [
        False,
        False,
        False,
        True,
    ]
