"""The k-th smallest of very many numbers, for many rows at once, exact and without a full sort."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint16]
Places = npt.NDArray[np.intp]

_SAMPLE = 128
_MARGIN = 0.1
_LEVELS = 65_533.0
_TINY = 1e-200
_REACHES = (8, 64)


def order_statistics(rows: Floats, sizes: Ints, ranks: Ints, space: Floats) -> Floats:
    """Of each row of (R, N) the values at its own ranks, (R, K); rank 0 is the smallest.

    `rows` have no NaN; of each the first is finite, and as many as its size in (R,); infinity
    fills it up. A negative rank asks for nothing and is answered by NaN. `space` is overwritten,
    R * N cells at least.

    Numbers are first sorted by a key of 16 bits that never falls as they rise, which takes a
    pass for each byte (radix sort, Knuth, The Art of Computer Programming 3, 5.2.5). If all
    that share the key at a rank lie within a few places of it, then sorting these few settles
    the rank. Where they do not, numbers are tied or crowded, and all of that key are partitioned.
    Whatever the key, the answer is that of a sort.
    """
    keys = _keys(rows, sizes, ranks, space)
    order = keys.argsort(axis=1, kind="stable")
    found = np.full(ranks.shape, np.nan)
    asked = np.argwhere(ranks >= 0)
    for reach in _REACHES:
        row, which = asked.T
        near, settled = _near(rows, keys, order, row, ranks[row, which], reach)
        found[row, which] = near
        asked = asked[~settled]
    for row, which in asked:
        own = int(keys[row, order[row, ranks[row, which]]])
        first, last = keys[row].searchsorted(np.array([own, own + 1]), sorter=order[row])
        place = ranks[row, which] - first
        found[row, which] = np.partition(rows[row, order[row, first:last]], place)[place]
    return found


def _near(
    rows: Floats, keys: Keys, order: Places, row: Places, rank: Ints, reach: int
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """The number at a rank of a row, if all that share its key lie so near; whether they do."""
    count = rows.shape[1]
    start = np.clip(rank - reach, 0, max(count - 2 * reach - 1, 0))
    width = min(2 * reach + 1, count)
    places = order[row[:, None], start[:, None] + np.arange(width)]
    near, near_keys = rows[row[:, None], places], keys[row[:, None], places]
    near.sort(axis=1)
    inside = np.arange(len(row)), rank - start
    own = near_keys[inside]
    begun = (start == 0) | (near_keys[:, 0] < own)
    ended = (start + width == count) | (near_keys[:, -1] > own)
    return near[inside], begun & ended


def _keys(rows: Floats, sizes: Ints, ranks: Ints, space: Floats) -> Keys:
    """Keys that tell numbers around the wanted ranks apart, by what a sample says of those."""
    # the first of a row is finite, so that something is always drawn
    sample = np.sort(rows[:, :: max(rows.shape[1] // _SAMPLE, 1)], axis=1)
    drawn = np.isfinite(sample).sum(axis=1)
    first = np.where(ranks < 0, rows.shape[1], ranks).min(axis=1)
    low = _sampled(sample, drawn, first / sizes - _MARGIN)
    width = _sampled(sample, drawn, ranks.max(axis=1) / sizes + _MARGIN) - low
    scale = _LEVELS / np.where(width > _TINY, width, 1.0)[:, None]
    keys = np.multiply(rows, scale, out=space[: rows.size].reshape(rows.shape))
    keys += 1.0 - low[:, None] * scale
    return np.clip(keys, 0.0, _LEVELS + 1, out=keys).astype(np.uint16)


def _sampled(sample: Floats, drawn: Ints, share: Floats) -> Floats:
    """Of each sorted row the value below which a share of its finite ones lies."""
    place = np.clip((share * drawn).astype(np.int64), 0, drawn - 1)
    return sample[np.arange(len(sample)), place]
