"""When upstream ended the eras of its boards: each ends when the next one begins."""

from collections.abc import Iterable, Sequence
from datetime import date

from app.domain.eras import Beginning


def era_ends(beginnings: Sequence[Beginning]) -> dict[int, date]:
    """By board, of those whose era was followed by another of its family, the day that ended it.

    Eras are in order of the first edition of any of their boards; those of one day are beside each
    other. A board ends with the first edition of its own category in a later era, or where no later
    one has it, with the first edition of any.
    """
    begun: dict[tuple[str, str], date] = {}
    for one in beginnings:
        key = (one.family, one.era)
        begun[key] = min(one.day, begun.get(key, one.day))
    ends: dict[int, date] = {}
    for board in beginnings:
        since = begun[board.family, board.era]
        later = [
            one
            for one in beginnings
            if one.family == board.family and begun[one.family, one.era] > since
        ]
        own = [one for one in later if one.category == board.category]
        if later:
            ends[board.board_id] = _first(own or later)
    return ends


def _first(beginnings: Iterable[Beginning]) -> date:
    return min(one.day for one in beginnings)


def held_until(newest: date, ended: date | None) -> date | None:
    """Until when a board's newest edition held, None if it still does.

    `ended` is when the next era began. What was printed after that, beside it, held no longer.
    """
    return None if ended is None else max(newest, ended)
