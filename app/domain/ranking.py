"""Ranks from scores."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Ranks(NamedTuple):
    """Places in an ordered table. `tied` is the number of other rows with the same rank."""

    rank: npt.NDArray[np.int32]
    tied: npt.NDArray[np.int32]


def competition_ranks(scores: npt.NDArray[np.float64]) -> Ranks:
    """Standard competition ranks ("1224"): equal scores share the better place.

    `scores` are in order, best first, whichever direction is better.
    """
    if not scores.size:
        empty = np.zeros(0, dtype=np.int32)
        return Ranks(empty, empty)
    begins = np.flatnonzero(np.r_[True, scores[1:] != scores[:-1]])
    sizes = np.diff(np.r_[begins, scores.size])
    rank = np.repeat(begins + 1, sizes).astype(np.int32)
    return Ranks(rank, np.repeat(sizes - 1, sizes).astype(np.int32))
