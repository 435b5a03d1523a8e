"""Places: where an entry stands among all, and among those that are counted."""

from typing import NamedTuple

from app.domain.standings import Model


class Place(NamedTuple):
    """`rank` on the whole board, `filtered_rank` among the selected entries; both "1224"."""

    rank: int
    filtered_rank: int
    model: Model
