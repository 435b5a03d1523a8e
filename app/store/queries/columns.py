"""What names say, laid out by number: whole editions are asked at once, and never line by line."""

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from app.domain.groups import ABSENT, UNKNOWN, Dimension, Ints
from app.domain.selection import Selection
from app.domain.standings import is_official
from app.store.queries.names import Names

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
        """Lay out everything that is known of the names."""
        aliases, profiles = names.aliases, names.profiles
        makers = {alias_id: alias.model.organization for alias_id, alias in aliases.items()}
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
        self._model = self._by_name(
            Dimension.MODEL, {number: alias.model.slug for number, alias in aliases.items()}
        )
        self._maker = self._by_name(
            Dimension.ORGANIZATION,
            {number: maker and maker.slug for number, maker in makers.items()},
        )
        self._country = self._by_name(
            Dimension.COUNTRY, {number: maker and maker.country for number, maker in makers.items()}
        )
        self._licence = self._by_name(
            Dimension.LICENCE, {number: p.licence_id for number, p in profiles.items()}
        )
        self._open = laid_out(
            (number, UNKNOWN if p.open_weights is None else int(p.open_weights))
            for number, p in profiles.items()
        )
        self._open_model = laid_out(
            (number, UNKNOWN if a.model.open_weights is None else int(a.model.open_weights))
            for number, a in aliases.items()
        )
        self._flag = laid_out(
            (number, UNKNOWN if p.official is None else int(p.official))
            for number, p in profiles.items()
        )
        self._official_maker = laid_out(
            (number, int(is_official(None, maker))) for number, maker in makers.items()
        )
        self._parameters = np.full(max(profiles, default=0) + 1, np.nan)
        for number, profile in profiles.items():
            if profile.parameters_b is not None:
                self._parameters[number] = profile.parameters_b

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

    def _by_name(self, dimension: Dimension, keys: dict[int, str | None]) -> Ints:
        numbers = self._number[dimension]
        return laid_out(
            (number, UNKNOWN if key is None else numbers[key]) for number, key in keys.items()
        )


def laid_out(values: Iterable[tuple[int, int]]) -> Ints:
    """An array of values by number; `UNKNOWN` in between."""
    pairs = np.array(list(values), np.int32).reshape(-1, 2)
    column = np.full(int(pairs[:, 0].max(initial=0)) + 1, UNKNOWN, np.int32)
    column[pairs[:, 0]] = pairs[:, 1]
    return column
