"""Groups of entries: by model, by its maker or country, or by the licence it stands under."""

from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]

UNKNOWN = -1
ABSENT = -2


class Dimension(StrEnum):
    """What entries are grouped by."""

    MODEL = "model"
    ORGANIZATION = "organization"
    COUNTRY = "country"
    LICENCE = "licence"
    OPEN_WEIGHTS = "open_weights"


class Lines(NamedTuple):
    """The entries of an edition that count, as columns, best first.

    `group` is a number, `UNKNOWN` where the entry belongs to none; `ABSENT` is a group that has no
    entries. `rank` is the place on the whole board, `filtered_rank` that among these entries, both
    "1224".
    """

    group: Ints
    rank: Ints
    filtered_rank: Ints


NOBODY = Lines(*(np.zeros(0, np.int32) for _ in Lines._fields))
