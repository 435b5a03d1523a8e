"""How many of the things found are found by chance, where much is tested at once."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def q_values(p_values: Sequence[float | None]) -> list[float | None]:
    """Benjamini-Hochberg adjusted p-values, in the order given and in 0..1.

    Whoever calls all with `q <= level` a discovery expects at most that part of them to be
    false, if the tests are independent or positively dependent. None stays None and does not
    count as a test.

    Source of the method: Benjamini and Hochberg 1995, J. R. Stat. Soc. B 57(1), 289-300, as
    the step-up adjustment: the smallest of `p * tests / rank` over this and all greater p.
    """
    known = np.array([np.nan if p is None else p for p in p_values], np.float64)
    return [None if np.isnan(q) else q for q in adjusted(known).tolist()]


def adjusted(p_values: Floats) -> Floats:
    """The same for an array (N,), in which NaN is what was not tested."""
    found = np.full(len(p_values), np.nan)
    tested = np.flatnonzero(~np.isnan(p_values))
    order = tested[p_values[tested].argsort(kind="stable")]
    scaled = p_values[order] * (len(order) / np.arange(1, len(order) + 1))
    found[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return found
