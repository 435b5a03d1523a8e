"""How models moved between two editions of one leaderboard."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.analytics.displacement import Scores, displacement
from app.domain.groups import Ints
from app.domain.leaderboard import Movement
from app.domain.standings import Floats, Line, Point, Standing, difference

Bools = npt.NDArray[np.bool_]
_NEW, _RE_ENTRY = 2, 3
_WAYS = {
    0: Movement.SAME,
    1: Movement.UP,
    -1: Movement.DOWN,
    _NEW: Movement.NEW,
    _RE_ENTRY: Movement.RE_ENTRY,
}


class Move(NamedTuple):
    """One model in two editions: where it stands and where it stood, `before` None if nowhere.

    The `standing` of a model that dropped out is the last it had. `rank_change` is positive
    when the place improved, `score_change` is in the board's unit. `significant`: the two score
    intervals do not overlap. All three are None without a pair to compare, `significant` also
    without intervals.
    """

    movement: Movement
    standing: Standing
    before: Standing | None
    rank_change: int | None
    score_change: float | None
    significant: bool | None

    @property
    def now(self) -> Standing | None:
        """Where the model stands, None after it dropped out."""
        return None if self.movement is Movement.DROPPED_OUT else self.standing


def by_model(standings: Sequence[Standing]) -> dict[str, Standing]:
    """Each model's best entry, given entries best first."""
    return {standing.model.slug: standing for standing in reversed(standings)}


def movements(
    before: Sequence[Standing], after: Sequence[Standing], *, seen: Collection[str]
) -> list[Move]:
    """One move for every entry now, in their order; then for each model that dropped out.

    `seen` are the models that had stood on the board by the earlier edition: what was not
    there then and is now is a re-entry if among them, else new. Those that dropped out are in
    the order in which they stood.
    """
    earlier = by_model(before)
    there = by_model(after)
    moves = [move(standing, earlier, seen) for standing in after]
    gone = [s for slug, s in earlier.items() if slug not in there]
    gone.sort(key=lambda s: (s.rank, s.model.slug))
    return moves + [Move(Movement.DROPPED_OUT, s, s, None, None, None) for s in gone]


def move(now: Standing, earlier: Mapping[str, Standing], seen: Collection[str]) -> Move:
    """How one entry of the later edition came to its place; `earlier` by model."""
    slug = now.model.slug
    before = earlier.get(slug)
    movement = came(now, before, seen)
    if before is None:
        return Move(movement, now, None, None, None, None)
    return Move(
        movement=movement,
        standing=now,
        before=before,
        rank_change=before.rank - now.rank,
        score_change=difference(now.score, before.score),
        significant=separate(before, now),
    )


def came(now: Standing, before: Standing | Line | None, seen: Collection[str]) -> Movement:
    """How an entry came to its place from where its model was before; `seen` as in `movements`."""
    if before is None:
        return Movement.RE_ENTRY if now.model.slug in seen else Movement.NEW
    return direction(before.rank - now.rank)


class Stood(NamedTuple):
    """Where the models of some entries stood in an earlier edition, as columns.

    `there`: which of them did. The rank and the score of the others mean nothing.
    """

    there: Bools
    rank: Ints
    score: Floats


def all_came(rank: Ints, before: Stood, seen: Bools) -> list[Movement]:
    """As `came` for whole columns; `seen` are the entries whose model is among those seen."""
    newcomers = np.where(seen, _RE_ENTRY, _NEW)
    ways = np.where(before.there, np.sign(before.rank - rank), newcomers)
    return [_WAYS[way] for way in ways.tolist()]


def direction(rank_change: int) -> Movement:
    """The word for a change of rank."""
    return _WAYS[(rank_change > 0) - (rank_change < 0)]


def separate_net(before: Standing, now: Standing, shift: float) -> bool | None:
    """The same when the pool's common shift is taken out of the later interval."""
    if now.score_lower is None or now.score_upper is None:
        return None
    net = now._replace(score_lower=now.score_lower - shift, score_upper=now.score_upper - shift)
    return separate(before, net)


def separate(one: Standing | Line, other: Standing | Line) -> bool | None:
    """Whether two score intervals have no point in common; None unless both are known."""
    if (
        one.score_lower is None
        or one.score_upper is None
        or other.score_lower is None
        or other.score_upper is None
    ):
        return None
    return one.score_upper < other.score_lower or other.score_upper < one.score_lower


class Split(NamedTuple):
    """What made a rank change, in places, positive when the place improved.

    `own`: the model's score; `others`: the scores of those that stayed; `newcomers` that now stand
    above it, 0 or less; `leavers` that stood above it, 0 or more. They add up to the change.
    """

    own: int
    others: int
    newcomers: int
    leavers: int


def splits(
    before: Mapping[str, Standing],
    after: Mapping[str, Standing],
    *,
    higher_is_better: bool,
    shift: float,
) -> dict[str, Split]:
    """By model in both editions what made its rank change, net of the pool's `shift`."""
    slugs = sorted(before.keys() | after.keys())
    sign = 1 if higher_is_better else -1
    number = {slug: place for place, slug in enumerate(slugs)}

    def scores(entries: Mapping[str, Standing]) -> Scores:
        return Scores(
            np.array([number[slug] for slug in entries], np.int64),
            np.array([sign * one.score for one in entries.values()], np.float64),
        )

    model, *parts = displacement(scores(before), scores(after), pool_shift=sign * shift)
    columns = zip(model.tolist(), *(part.tolist() for part in parts), strict=True)
    return {slugs[place]: Split(*values) for place, *values in columns}


def steps(points: Iterable[Point], debut: date | None) -> list[Movement]:
    """How a model came to its place in each edition of its history.

    `debut` is the first edition of the board it stood in.
    """
    return [
        _without_previous(previous_date, debut)
        if previous_rank is None
        else direction(previous_rank - figures.rank)
        for _, figures, previous_rank, previous_date, _ in points
    ]


def _without_previous(previous_date: date | None, debut: date | None) -> Movement:
    stood = debut is not None and previous_date is not None and debut <= previous_date
    return Movement.RE_ENTRY if stood else Movement.NEW
