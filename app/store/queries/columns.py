"""What names say, laid out by number: whole editions are asked at once, and never line by line."""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from app.domain.groups import ABSENT, UNKNOWN, Dimension, Ints
from app.domain.selection import Selection
from app.domain.standings import Model, is_official
from app.store.blocks import Block
from app.store.queries.names import Names, Profile

OPENNESS = ("closed", "open")


class Marks(Protocol):
    """By what lines are known: the numbers of their names and of what was printed beside them."""

    @property
    def alias_id(self) -> Ints:
        """The name of each line."""
        ...

    @property
    def profile_id(self) -> Ints:
        """The profile of each line; 0 where nothing is known of it."""
        ...


class Columns:
    """Properties of names and profiles as arrays that a block's columns index.

    `keys` are the groups of a dimension: a group's number is its place there.
    """

    def __init__(self, names: Names) -> None:
        """Lay out the models and their order; any other property when it is first wanted."""
        self._names = names
        self.keys: dict[Dimension, Sequence[str]] = {
            Dimension.MODEL: sorted(names.models),
            Dimension.ORGANIZATION: sorted(names.organizations),
            Dimension.COUNTRY: sorted(names.organizations_in),
            Dimension.LICENCE: sorted(names.licences),
            Dimension.OPEN_WEIGHTS: OPENNESS,
        }
        self._number = {
            dimension: {key: number for number, key in enumerate(keys)}
            for dimension, keys in self.keys.items()
        }
        self._model = self._by_alias(Dimension.MODEL, lambda model: model.slug)
        self._place = laid_out(
            (alias.id, place)
            for place, alias in enumerate(
                sorted(names.aliases.values(), key=lambda one: (one.model.slug, one.printed_name))
            )
        )

    @cached_property
    def _maker(self) -> Ints:
        return self._by_alias(
            Dimension.ORGANIZATION, lambda model: model.organization and model.organization.slug
        )

    @cached_property
    def _country(self) -> Ints:
        return self._by_alias(
            Dimension.COUNTRY, lambda model: model.organization and model.organization.country
        )

    @cached_property
    def _licence(self) -> Ints:
        numbers = self._number[Dimension.LICENCE]
        return laid_out(
            (number, UNKNOWN if profile.licence_id is None else numbers[profile.licence_id])
            for number, profile in self._names.profiles.items()
        )

    @cached_property
    def _open(self) -> Ints:
        return self._by_profile(lambda profile: profile.open_weights)

    @cached_property
    def _flag(self) -> Ints:
        return self._by_profile(lambda profile: profile.official)

    @cached_property
    def _open_model(self) -> Ints:
        return laid_out(
            (number, _as_number(alias.model.open_weights))
            for number, alias in self._names.aliases.items()
        )

    @cached_property
    def _official_maker(self) -> Ints:
        return laid_out(
            (number, int(is_official(None, alias.model.organization)))
            for number, alias in self._names.aliases.items()
        )

    @cached_property
    def _parameters(self) -> npt.NDArray[np.float64]:
        profiles = self._names.profiles
        found = np.full(max(profiles, default=0) + 1, np.nan)
        for number, profile in profiles.items():
            if profile.parameters_b is not None:
                found[number] = profile.parameters_b
        return found

    def best_first(self, block: Block) -> Block:
        """The lines of an edition by rank; ties by the model's id, then by printed name."""
        if (block.rank[1:] > block.rank[:-1]).all():
            return block
        return block.in_order(np.lexsort((self._place[block.alias_id], block.rank)))

    def number(self, dimension: Dimension, key: str) -> int:
        """The number of a group, `ABSENT` of one that there is not."""
        return self._number[dimension].get(key, ABSENT)

    def groups(self, dimension: Dimension, lines: Marks) -> Ints:
        """The group of each line, `UNKNOWN` where it belongs to none."""
        if dimension is Dimension.MODEL:
            return self._model[lines.alias_id]
        if dimension is Dimension.ORGANIZATION:
            return self._maker[lines.alias_id]
        if dimension is Dimension.COUNTRY:
            return self._country[lines.alias_id]
        if dimension is Dimension.LICENCE:
            return self._licence[lines.profile_id]
        return self._openness(lines)

    def officials(self, lines: Marks) -> npt.NDArray[np.bool_]:
        """Which lines are official, by the rule of `is_official`."""
        flag = self._flag[lines.profile_id]
        official: npt.NDArray[np.bool_] = (
            np.where(flag == UNKNOWN, self._official_maker[lines.alias_id], flag) == 1
        )
        return official

    def parameters(self, lines: Marks) -> npt.NDArray[np.float64]:
        """The parameters of each line in 10^9, NaN where nobody says."""
        return self._parameters[lines.profile_id]

    def selected(self, lines: Marks, selection: Selection) -> npt.NDArray[np.bool_]:
        """Which lines are all that is asked, by the rule of `Selection.selects`."""
        wanted = np.ones(len(lines.alias_id), np.bool_)
        for dimension, key in (
            (Dimension.ORGANIZATION, selection.organization),
            (Dimension.COUNTRY, selection.country),
            (Dimension.LICENCE, selection.licence),
        ):
            if key is not None:
                wanted &= self.groups(dimension, lines) == self.number(dimension, key)
        if selection.official is not None:
            wanted &= self.officials(lines) == selection.official
        if selection.open_weights is not None:
            wanted &= self._openness(lines) == int(selection.open_weights)
        if selection.max_parameters is not None:
            wanted &= self.parameters(lines) <= selection.max_parameters
        return wanted

    def _openness(self, lines: Marks) -> Ints:
        """The model's own where it is known, else that of the printed licence."""
        own = self._open_model[lines.alias_id]
        return np.where(own == UNKNOWN, self._open[lines.profile_id], own)

    def _by_alias(self, dimension: Dimension, key: Callable[[Model], str | None]) -> Ints:
        numbers = self._number[dimension]
        found = ((number, key(alias.model)) for number, alias in self._names.aliases.items())
        return laid_out((number, UNKNOWN if of is None else numbers[of]) for number, of in found)

    def _by_profile(self, answer: Callable[[Profile], bool | None]) -> Ints:
        profiles = self._names.profiles
        return laid_out((number, _as_number(answer(one))) for number, one in profiles.items())


def _as_number(answer: bool | None) -> int:  # noqa: FBT001 - a value
    return UNKNOWN if answer is None else int(answer)


def laid_out(values: Iterable[tuple[int, int]]) -> Ints:
    """An array of values by number; `UNKNOWN` in between."""
    pairs = np.array(list(values), np.int32).reshape(-1, 2)
    column = np.full(int(pairs[:, 0].max(initial=0)) + 1, UNKNOWN, np.int32)
    column[pairs[:, 0]] = pairs[:, 1]
    return column
