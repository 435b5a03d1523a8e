"""Eras of boards: what upstream began anew without a way to compare."""

from datetime import date
from typing import NamedTuple


class Beginning(NamedTuple):
    """The first edition of a board of an era."""

    board_id: int
    family: str
    category: str
    era: str
    day: date
