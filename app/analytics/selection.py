"""Which entries a caller wants, and how they stand among themselves."""

from collections.abc import Sequence
from typing import NamedTuple

from app.domain.standings import Standing


class Selection(NamedTuple):
    """What an entry must be; None asks nothing. `max_parameters` is in 10^9 parameters.

    An entry whose property is unknown is not selected by a question about it.
    """

    organization: str | None = None
    country: str | None = None
    official: bool | None = None
    open_weights: bool | None = None
    max_parameters: float | None = None

    def __bool__(self) -> bool:
        """Whether anything is asked."""
        return any(wanted is not None for wanted in self)

    def selects(self, standing: Standing) -> bool:
        """Whether the entry is all that is asked."""
        maker = standing.model.organization
        parameters = standing.parameters_b
        return (
            (self.organization is None or (maker is not None and maker.slug == self.organization))
            and (self.country is None or (maker is not None and maker.country == self.country))
            and (self.official is None or standing.official == self.official)
            and (self.open_weights is None or standing.open_weights == self.open_weights)
            and (
                self.max_parameters is None
                or (parameters is not None and parameters <= self.max_parameters)
            )
        )


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
