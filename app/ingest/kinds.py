"""Rankings of models without what is none: lines of another kind get a board beside the main one.

A board ranks one kind of entry. Where another stands on it as well (a human, an agent, a baseline
that was made to win), the board keeps what it ranks, and everything as printed is an edition of a
board of its own, for whoever asks for that.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from app.domain.leaderboard import Leaderboard, Snapshot, board_slug

ALL_ENTRIES = "all-entries"


def kinds_apart(snapshots: Sequence[Snapshot]) -> list[Snapshot]:
    """The snapshots of boards with only what they rank, and of those with everything."""
    return [part for snapshot in snapshots for part in _apart(snapshot)]


def _apart(snapshot: Snapshot) -> Iterator[Snapshot]:
    board = snapshot.leaderboard
    own = [entry for entry in snapshot.entries if entry.profile.kind is board.entry_kind]
    if len(own) == len(snapshot.entries) and not board.mixed:
        yield snapshot
        return
    if own:
        yield snapshot._replace(entries=own)
    yield snapshot._replace(leaderboard=with_all_entries(board))


def with_all_entries(board: Leaderboard) -> Leaderboard:
    """The board beside another one that has everything that stands there."""
    main = board.category == "overall"
    category = ALL_ENTRIES if main else f"{board.category}-{ALL_ENTRIES}"
    return replace(
        board,
        slug=board_slug(board.family, board.era, category),
        title=f"{board.title}, all entries",
        category=category,
        entry_kind=None,
        mixed=False,
    )
