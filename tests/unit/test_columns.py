"""Properties by number say what the same properties say one by one."""

from dataclasses import replace
from datetime import date
from itertools import product
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.groups import ABSENT, UNKNOWN, Dimension, Ints
from app.domain.selection import Selection
from app.domain.standings import Licence, Model, Organization, Standing, is_official
from app.store.blocks import NOTHING, Block
from app.store.queries.catalogue import Catalogue
from app.store.queries.columns import Columns
from app.store.queries.names import Alias, Names, Profile
from tests.values import standing

MAKERS = (
    None,
    Organization("acme", "Acme", "company", "US"),
    Organization("crowd", "Crowd", "community", None),
    Organization("lab", "Lab", None, "CN"),
)
MODELS = [
    Model(f"m{number}", f"m{number}", maker, open_weights=openness)
    for number, (maker, openness) in enumerate(product(MAKERS, (None, True, False)))
]
PROFILES = [
    Profile(licence, licence, official, openness, parameters, "model")
    for licence, official, openness, parameters in product(
        (None, "MIT"), (None, True, False), (None, True, False), (None, 7.0, 70.0)
    )
]
NAMES = Names(
    version="1",
    organizations={maker.slug: maker for maker in MAKERS if maker is not None},
    organization_spellings={},
    countries={},
    models={model.slug: model for model in MODELS},
    redirects={},
    aliases={
        2 * number + 1: Alias(2 * number + 1, "demo", model.slug, model, reviewed=False, since=None)
        for number, model in enumerate(MODELS)
    },
    aliases_of={},
    models_of={},
    licences={"MIT": Licence("MIT", "MIT", spdx=True, open_weights=True)},
    profiles={number + 1: profile for number, profile in enumerate(PROFILES)},
)


class Lines(NamedTuple):
    """Every model with every profile."""

    alias_id: Ints
    profile_id: Ints


PAIRS = list(product(NAMES.aliases, NAMES.profiles))
LINES = Lines(*np.array(PAIRS, np.int32).T)


def entry(alias_id: int, profile_id: int) -> Standing:
    """The same line as a value."""
    model, profile = NAMES.aliases[alias_id].model, NAMES.profiles[profile_id]
    return standing(maker=model.organization)._replace(
        model=model,
        official=is_official(profile.official, model.organization),
        licence_id=profile.licence_id,
        open_weights=profile.open_weights if model.open_weights is None else model.open_weights,
        parameters_b=profile.parameters_b,
    )


ENTRIES = [entry(*pair) for pair in PAIRS]


@pytest.mark.parametrize("organization", [None, "acme", "nobody"])
@pytest.mark.parametrize("country", [None, "CN"])
@pytest.mark.parametrize("official", [None, True, False])
@pytest.mark.parametrize("licence", [None, "MIT", "zlib"])
@pytest.mark.parametrize("open_weights", [None, True, False])
@pytest.mark.parametrize("max_parameters", [None, 7.0])
def test_the_same_entries_are_selected(
    organization: str | None,
    country: str | None,
    official: bool | None,  # noqa: FBT001
    licence: str | None,
    open_weights: bool | None,  # noqa: FBT001
    max_parameters: float | None,
) -> None:
    selection = Selection(organization, country, official, licence, open_weights, max_parameters)

    selected = Columns(NAMES).selected(LINES, selection)

    assert selected.tolist() == [selection.selects(one) for one in ENTRIES]


@pytest.mark.parametrize("dimension", Dimension)
def test_the_same_entries_are_of_a_group(dimension: Dimension) -> None:
    columns = Columns(NAMES)

    numbers = columns.groups(dimension, LINES).tolist()

    assert [None if n == UNKNOWN else columns.keys[dimension][n] for n in numbers] == [
        group(one, dimension) for one in ENTRIES
    ]


def group(one: Standing, dimension: Dimension) -> str | None:
    maker = one.model.organization
    if dimension is Dimension.MODEL:
        return one.model.slug
    if dimension is Dimension.ORGANIZATION:
        return maker and maker.slug
    if dimension is Dimension.COUNTRY:
        return maker and maker.country
    if dimension is Dimension.LICENCE:
        return one.licence_id
    return {None: None, True: "open", False: "closed"}[one.open_weights]


def test_a_group_that_there_is_not_has_no_entries() -> None:
    columns = Columns(NAMES)

    number = columns.number(Dimension.COUNTRY, "BQ")

    assert number == ABSENT
    assert number not in columns.groups(Dimension.COUNTRY, LINES).tolist()


def test_nothing_can_be_laid_out() -> None:
    nothing = Names("0", *({} for _ in range(10)))

    assert Columns(nothing).keys[Dimension.ORGANIZATION] == []


def test_an_organization_was_called_what_it_was_called_then() -> None:
    renamed = Organization(
        "x",
        "Third",
        None,
        None,
        former_names=((date(2024, 1, 1), "First"), (date(2025, 1, 1), "Second")),
    )

    days = [date(2023, 12, 31), date(2024, 1, 1), date(2024, 12, 31), date(2025, 1, 1)]
    assert [renamed.name_on(day) for day in days] == ["First", "Second", "Second", "Third"]


def test_names_are_laid_out_once_for_each_version() -> None:
    catalogue = Catalogue()

    columns = catalogue.made_of(NAMES, Columns)
    assert catalogue.made_of(NAMES, Columns) is columns
    assert catalogue.made_of(replace(NAMES, version="2"), Columns) is not columns


def test_what_is_made_of_names_may_be_forbidden_where_it_is_not_there_yet() -> None:
    def forbid() -> None:
        raise TimeoutError

    catalogue = Catalogue()
    with pytest.raises(TimeoutError):
        catalogue.made_of(NAMES, Columns, before=forbid)

    columns = catalogue.made_of(NAMES, Columns)
    assert catalogue.made_of(NAMES, Columns, before=forbid) is columns


TWICE = replace(
    NAMES,
    aliases={
        number: Alias(number, "demo", printed, MODELS[model], reviewed=False, since=None)
        for number, (model, printed) in enumerate(product((1, 0), ("b", "a", "c")), start=1)
    },
)


@given(st.lists(st.tuples(st.sampled_from(sorted(TWICE.aliases)), st.integers(1, 3)), max_size=12))
def test_entries_of_a_rank_are_in_order_of_their_models(entries: list[tuple[int, int]]) -> None:
    check_order(entries)


@pytest.mark.parametrize("ranks", [(1, 2, 3, 4, 5, 6), (6, 5, 4, 3, 2, 1), (1, 1, 1, 1, 1, 1)])
def test_entries_are_in_order(ranks: tuple[int, ...]) -> None:
    check_order(list(zip(TWICE.aliases, ranks, strict=True)))


def check_order(entries: list[tuple[int, int]]) -> None:
    aliases, ranks = np.array(entries, np.int32).reshape(-1, 2).T
    block = Block(*(np.zeros(len(ranks), column.dtype) for column in NOTHING))
    ordered = Columns(TWICE).best_first(block._replace(alias_id=aliases, rank=ranks))

    def key(rank: int, number: int) -> tuple[int, str, str]:
        alias = TWICE.aliases[number]
        return rank, alias.model.slug, alias.printed_name

    found = zip(ordered.rank.tolist(), ordered.alias_id.tolist(), strict=True)
    assert [key(*one) for one in found] == sorted(key(rank, number) for number, rank in entries)
