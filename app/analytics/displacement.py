"""Why a rank changed: by the model's own move, or because others moved, came or left."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

_ROUNDING = 1e-9  # score units; far below what any board prints


class Scores(NamedTuple):
    """An edition: each model's number, unique, and its score, turned so that more is better.

    Nothing is missing and rows may be in any order.
    """

    model: npt.NDArray[np.integer]
    score: npt.NDArray[np.float64]


class Displacement(NamedTuple):
    """The parts of the rank changes of the models in both editions, in order of their numbers.

    All in places, positive when the place improved. `own` is what the model's score did to its
    place among the others as they stood; `others` what the other stayers' scores did after that.
    `newcomers` (0 or less) and `leavers` (0 or more) are those that now stand above it, and that
    stood above it. For every model the four add up to rank then - rank now.
    """

    model: npt.NDArray[np.integer]
    own: npt.NDArray[np.int64]
    others: npt.NDArray[np.int64]
    newcomers: npt.NDArray[np.int64]
    leavers: npt.NDArray[np.int64]


def displacement(before: Scores, after: Scores, *, pool_shift: float = 0.0) -> Displacement:
    """Split every rank change between two editions.

    Ranks are standard competition ranks: 1 + the number of models strictly better. With S the
    models in both editions ("stayers"), o and n a model's old and new score, and counting
    stayers other than the model itself::

        own    = #{o_j > o_i} - #{o_j > n_i - pool_shift}
        others = #{o_j > n_i - pool_shift} - #{n_j > n_i}

    A decomposition of our own, exact because the middle term cancels: the model moves first,
    then the field (one path of a Blinder-Oaxaca split). `pool_shift` is what all scores have in
    common of their change, in score units: with it, a model that only moved with the pool has no
    part of its own. Sorted once, then searched: O(n log n).
    """
    model, then, now = np.intersect1d(
        before.model, after.model, assume_unique=True, return_indices=True
    )
    old, new = before.score[then], after.score[now]
    net = new - pool_shift
    net = np.where(np.abs(net - old) <= _ROUNDING, old, net)
    above = _better(old, old)
    passed = _better(old, net) - (old > net)
    return Displacement(
        model=model,
        own=above - passed,
        others=passed - _better(new, new),
        newcomers=-_better(np.delete(after.score, now), new),
        leavers=_better(np.delete(before.score, then), old),
    )


def _better(
    field: npt.NDArray[np.float64], scores: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """How many of a field are strictly better than each score."""
    worse_or_equal = np.searchsorted(np.sort(field), scores, side="right")
    return (field.size - worse_or_equal).astype(np.int64)
