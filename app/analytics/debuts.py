"""When models appeared first, and which of a group's did so most lately."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple


class Appearance(NamedTuple):
    """That a model stood on a board first on a day, as one of a group's.

    A model with several names has several; the earliest is its debut.
    """

    day: date
    model: str
    board_id: int
    group: int


def debuts(appearances: Iterable[Appearance]) -> list[Appearance]:
    """Each model's first appearance on each board."""
    first: dict[tuple[int, str], Appearance] = {}
    for one in appearances:
        key = (one.board_id, one.model)
        first[key] = min(one, first.get(key, one))
    return list(first.values())


def newest_by_board(debuts: Iterable[Appearance]) -> dict[tuple[int, int], Appearance]:
    """The newest debut by (board, group); of several of one day the first by the model's id."""
    newest: dict[tuple[int, int], Appearance] = {}
    for one in debuts:
        key = (one.board_id, one.group)
        newest[key] = _newer(one, newest.get(key, one))
    return newest


def newest_anywhere(debuts: Iterable[Appearance]) -> Appearance | None:
    """The model that was first seen on any board most lately, and where it was.

    Of several of one day the first by id; of its boards the one known longest.
    """
    first: dict[str, Appearance] = {}
    for one in debuts:
        known = first.get(one.model, one)
        first[one.model] = min(one, known, key=lambda seen: (seen.day, seen.board_id))
    newest: Appearance | None = None
    for one in first.values():
        newest = one if newest is None else _newer(one, newest)
    return newest


def _newer(one: Appearance, other: Appearance) -> Appearance:
    """The later of two; of one day the first by the model's id."""
    if one.day != other.day:
        return max(one, other, key=lambda seen: seen.day)
    return min(one, other, key=lambda seen: (seen.model, seen.board_id))
