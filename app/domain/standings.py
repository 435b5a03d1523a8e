"""Standings: the entries of an edition after it is known who is meant.

Named tuples, because one answer holds thousands of them.
"""

from datetime import date, datetime
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.domain.groups import Ints
from app.domain.organizations import OrganizationKind

Floats = npt.NDArray[np.float64]


class Organization(NamedTuple):
    """Who made a model. `country` is ISO 3166-1 alpha-2; None is unknown.

    `former_names` are (first date of the next name, name), oldest first. `reviewed`: somebody has
    confirmed who it is.
    """

    slug: str
    name: str
    kind: str | None
    country: str | None
    homepage: str | None = None
    reviewed: bool = False
    former_names: tuple[tuple[date, str], ...] = ()

    def name_on(self, day: date) -> str:
        """What it was called on a day."""
        if not self.former_names:
            return self.name
        return next((name for until, name in self.former_names if day < until), self.name)


class Model(NamedTuple):
    """A canonical model; `slug` is its id in URLs.

    `base` is the id of the model it was made from; `reviewed`: somebody has confirmed which names
    mean it. `open_weights` is set where the licence that boards print says the wrong thing.
    """

    slug: str
    name: str
    organization: Organization | None
    reviewed: bool = False
    base: str | None = None
    open_weights: bool | None = None


class Licence(NamedTuple):
    """A licence by its SPDX id (`spdx`), or one of our own where it has none."""

    id: str
    name: str
    spdx: bool
    open_weights: bool | None


class Owed(NamedTuple):
    """Whose figures a source's are, and on which terms; `slug` is the source's."""

    slug: str
    title: str
    homepage: str
    licence: str
    licence_url: str | None
    attribution: str


class Board(NamedTuple):
    """A leaderboard as stored. `changed_at`: when its record last changed.

    `entry_kind` is what it ranks, None everything.
    """

    id: int
    slug: str
    title: str
    source: str
    family: str
    era: str | None
    category: str
    kind: str
    unit: str
    higher_is_better: bool
    entry_kind: str | None
    status: str
    data_version: int
    changed_at: datetime
    owed: Owed


class Edition(NamedTuple):
    """The snapshot that stands for one date of a leaderboard.

    `published_at`: when upstream made these figures public. `captured_at`: when they were
    fetched. `leader_score` is in the board's unit.
    """

    snapshot_id: int
    edition_date: date
    published_at: datetime
    captured_at: datetime
    revision: str
    entries_total: int
    leader_score: float
    status: str
    status_reason: str | None


class Standing(NamedTuple):
    """One entry of an edition.

    `tied` is the number of other entries with the same rank, `variants` the printed lines
    behind this one. `official`: made by an organization, not by the community. `licence` is as
    printed, `licence_id` what that is taken for.
    """

    rank: int
    tied: int
    score: float
    score_lower: float | None
    score_upper: float | None
    votes: int | None
    published_rank: int | None
    variants: int
    model: Model
    printed_name: str
    official: bool
    licence: str | None
    licence_id: str | None
    open_weights: bool | None
    parameters_b: float | None
    kind: str


class Line(NamedTuple):
    """What an edition says of a model, in short. A bound that was not published is None."""

    rank: int
    score: float
    score_lower: float | None
    score_upper: float | None


class Figures(NamedTuple):
    """What an edition says of a printed name, by its number. A bound not published is None."""

    edition_date: date
    alias_id: int
    rank: int
    tied: int
    score: float
    score_lower: float | None
    score_upper: float | None
    votes: int | None
    published_rank: int | None
    variants: int


class Point(NamedTuple):
    """One edition in a model's history, and what it says of the model.

    `previous_rank` is the model's rank in the edition before, of `previous_date`; None where it
    was absent or there was none.
    """

    edition: Edition
    figures: Figures
    previous_rank: int | None
    previous_date: date | None
    printed_name: str


OFFICIAL_NOT = frozenset({OrganizationKind.COMMUNITY, OrganizationKind.INDIVIDUAL})


def is_official(flag: bool | None, organization: Organization | None) -> bool:  # noqa: FBT001
    """Upstream's own flag where it has one, else whether the maker is no community.

    Source of the rule: the service's contract, "Rules that settle the numbers".
    """
    if flag is not None:
        return flag
    return organization is None or organization.kind not in OFFICIAL_NOT


def percentile(rank: int, tied: int, entries_total: int) -> float | None:
    """(Others below + half of the ties) / others: 1 is best; None with no others."""
    others = entries_total - 1
    if others < 1:
        return None
    below = entries_total - (rank - 1) - (tied + 1)
    return (below + tied / 2) / others


def percentiles(rank: Ints, tied: Ints, entries_total: Ints | int) -> Floats:
    """`percentile` of whole columns; NaN with no others."""
    others = np.broadcast_to(entries_total, rank.shape) - 1
    below = others - (rank - 1) - tied
    found = np.full(rank.shape, np.nan)
    np.divide(below + tied / 2, others, out=found, where=others > 0)
    return found


def difference(one: float, other: float) -> float:
    """One figure less another, to nine decimals: 42.49 - 36.18 is 6.31, not 6.310000000000002."""
    return round(one - other, 9)


def differences(one: Floats | float, other: Floats) -> Floats:
    """`difference` of whole columns; NaN where either is.

    Scaling may carry a figure over a half, which numpy then rounds another way than Python: what
    comes as close to one as that is left to Python.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        exact = one - other
        scaled = exact * 1e9
        whole = np.rint(scaled)
        doubtful = np.abs(np.abs(scaled - whole) - 0.5) <= np.abs(scaled) * 2.0**-52
    found: Floats = whole / 1e9
    for place in np.flatnonzero(doubtful | np.isinf(scaled)):
        found[place] = round(float(exact[place]), 9)
    return found
