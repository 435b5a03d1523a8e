"""How strong one organization is among the entries of an edition."""

from collections.abc import Sequence
from typing import NamedTuple

from app.analytics.shares import entry_shares, maker_of, top, weighted_shares
from app.domain.places import Place


class Strength(NamedTuple):
    """An organization's part of an edition. Shares are of the top N and None without entries."""

    best: Place | None
    entries: int
    entries_in_top_n: int
    entry_share: float | None
    weighted_share: float | None


def strength(places: Sequence[Place], organization: str, top_n: int) -> Strength:
    """What an organization holds, given its own places and all of the top N, best first."""
    own = [place for place in places if maker_of(place) == organization]
    leading = top(places, top_n)
    makers = [maker_of(place) for place in leading]
    weights = [(maker_of(place), place.filtered_rank) for place in leading]
    return Strength(
        best=own[0] if own else None,
        entries=len(own),
        entries_in_top_n=len(top(own, top_n)),
        entry_share=entry_shares(makers).get(organization, 0.0) if leading else None,
        weighted_share=weighted_shares(weights).get(organization, 0.0) if leading else None,
    )
