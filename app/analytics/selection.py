"""How the entries that a caller wants stand among themselves."""

from collections.abc import Sequence
from typing import NamedTuple

from app.domain.selection import Selection
from app.domain.standings import Standing


class Selected(NamedTuple):
    """An entry that is wanted; `filtered_rank` is None when all entries are."""

    standing: Standing
    filtered_rank: int | None


def select(standings: Sequence[Standing], selection: Selection) -> list[Selected]:
    """The entries that are all that is asked, in their order, which is best first.

    Under a selection each has its standard competition rank among the selected.
    """
    if not selection:
        return [Selected(standing, None) for standing in standings]
    chosen = [standing for standing in standings if selection.selects(standing)]
    within = ranks_within([standing.rank for standing in chosen])
    return [Selected(*pair) for pair in zip(chosen, within, strict=True)]


def ranks_within(ranks: Sequence[int]) -> list[int]:
    """Standard competition ranks of the selected among themselves, given theirs on the board.

    Ranks come in ascending order and go in that order.
    """
    within: list[int] = []
    for position, rank in enumerate(ranks, start=1):
        tied = position > 1 and rank == ranks[position - 2]
        within.append(within[-1] if tied else position)
    return within
