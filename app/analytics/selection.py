"""How the entries that a caller wants stand among themselves."""

from collections.abc import Sequence


def ranks_within(ranks: Sequence[int]) -> list[int]:
    """Standard competition ranks of the selected among themselves, given theirs on the board.

    Ranks come in ascending order and go in that order.
    """
    within: list[int] = []
    for position, rank in enumerate(ranks, start=1):
        tied = position > 1 and rank == ranks[position - 2]
        within.append(within[-1] if tied else position)
    return within
