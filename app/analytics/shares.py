"""Parts of the top N, by organization or any other group."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

from app.domain.places import Place

Group = TypeVar("Group", bound=Hashable)


def top(places: Iterable[Place], n: int) -> list[Place]:
    """The places up to N among the selected entries; ties may make them more than N."""
    return [place for place in places if place.filtered_rank <= n]


def maker_of(place: Place) -> str | None:
    """The slug of the organization that made the model, None where unknown."""
    organization = place.model.organization
    return None if organization is None else organization.slug


def entry_shares(groups: Sequence[Group]) -> dict[Group, float]:
    """Each group's part of these entries by count, in 0..1; empty without entries."""
    return {group: count / len(groups) for group, count in Counter(groups).items()}


def weighted_shares(members: Sequence[tuple[Group, int]]) -> dict[Group, float]:
    """Each group's part by weight, in 0..1: an entry of rank r weighs 1/r, normalised.

    Members are (group, rank) pairs.
    """
    weights: dict[Group, float] = defaultdict(float)
    for group, rank in members:
        weights[group] += 1 / rank
    total = sum(weights.values())
    return {group: weight / total for group, weight in weights.items()}


def herfindahl(shares: Mapping[Group, float]) -> float | None:
    """Herfindahl-Hirschman index: the sum of squared shares, 1 for a monopoly; None for none."""
    return sum(share**2 for share in shares.values()) if shares else None


def effective_number(shares: Mapping[Group, float]) -> float | None:
    """How many groups of equal size would be as concentrated: 1/HHI; None for none."""
    index = herfindahl(shares)
    return None if index is None else 1 / index
