"""Intervals for boards that publish none, from the number of a benchmark's items.

A score that is a share of n items answered correctly has the uncertainty of a binomial proportion:
that of the choice of items, not of prompts, sampling or the judge. What is derived here must be
marked as derived.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

CONFIDENCE = 0.95

_FULL = {"percent": 100.0, "fraction": 1.0}
_Z = float(ndtri((1 + CONFIDENCE) / 2))


class Benchmark(NamedTuple):
    """What a board's scores are shares of.

    `items` are the questions asked. `effective_items` is the number of independent ones that is
    worth as much; it is less where questions repeat. `floor` is the raw share, in 0..1, that the
    board prints as 0, and below which it prints 0 too; 0 where it prints the raw share.
    """

    items: int
    effective_items: int
    floor: float
    source: str


class Bounds(NamedTuple):
    """The 95 % interval of each score, on its scale; NaN where there is none."""

    lower: npt.NDArray[np.float64]
    upper: npt.NDArray[np.float64]


def _whole(items: int, source: str, *, floor: float = 0.0) -> Benchmark:
    return Benchmark(items, items, floor, source)


BENCHMARKS: Mapping[str, Benchmark] = MappingProxyType(
    {
        "open-llm-v1-arc": _whole(1172, "ARC-Challenge, test: arXiv:1803.05457"),
        "open-llm-v1-hellaswag": _whole(10042, "HellaSwag, validation: arXiv:1905.07830"),
        "open-llm-v1-winogrande": _whole(1267, "WinoGrande, validation: arXiv:1907.10641"),
        "open-llm-v1-gsm8k": _whole(1319, "GSM8K, test: arXiv:2110.14168"),
        "open-llm-v2-math": _whole(1324, "MATH, test, level 5: arXiv:2103.03874"),
        "open-llm-v2-gpqa": Benchmark(
            items=1192,
            effective_items=493,
            floor=0.25,
            source="GPQA, extended 546 + main 448 + diamond 198: arXiv:2311.12022",
        ),
        "open-llm-v2-mmlu-pro": _whole(12032, "MMLU-Pro, test: arXiv:2406.01574", floor=0.1),
    }
)
"""The benchmark of each board whose scores are shares of items, by the board's slug.

Counts of MATH, MMLU-Pro, ARC, WinoGrande and GSM8K were held against the published tables: every
score is a whole number of such items but for rounding, one stray row of MATH excepted; those of
HellaSwag are too coarsely rounded to tell. Version 2's floors are documented at
https://huggingface.co/docs/leaderboards/open_llm_leaderboard/normalization and hold exactly.

GPQA's main set is part of its extended one, and its diamond set of its main one, so that 198
questions count three times, 250 twice and 98 once. Were repeats always answered alike, the
1192 would be worth (sum w)^2 / sum w^2 = 493 independent ones (Kish, Survey Sampling, 1965);
choices are shuffled anew for each set, so that this is if anything too few and the interval too
wide.

Left out, because a score there is no share of items:

- `open-llm-v1-mmlu`, a mean over 57 subjects of unequal size; `open-llm-v1-truthfulqa`, a mean of
  probabilities (MC2);
- `open-llm-v2-bbh` and `open-llm-v2-musr`, means over tasks, each with a floor of its own;
  `open-llm-v2-ifeval`, the mean of the strict accuracies by prompt (541) and by instruction (834);
- `open-llm-v1` and `open-llm-v2`, averages of the others.
"""


def derived(leaderboard: str, percent: npt.NDArray[np.float64]) -> Bounds | None:
    """The intervals of a board's scores, which are in percent; None for a board not listed.

    NaN in is NaN out.
    """
    benchmark = BENCHMARKS.get(leaderboard)
    if benchmark is None:
        return None
    return wilson(percent, benchmark.effective_items, unit="percent", floor=benchmark.floor)


def wilson(
    scores: npt.NDArray[np.float64],
    items: int,
    *,
    unit: Literal["percent", "fraction"],
    floor: float = 0.0,
) -> Bounds:
    """Wilson score intervals, 95 %, of shares of so many items, at least one.

    Wilson 1927, "Probable inference, the law of succession, and statistical inference", JASA
    22:209-212; no correction for continuity. With a `floor` a score is (raw - floor) / (1 -
    floor) of its scale, or 0 where that is negative; the interval is that of the raw share,
    rescaled alike. A score of 0 then hides how far below the floor the raw share was, and gets
    the upper bound of one that was just there: at most too wide.

    Every interval lies in the scale and holds its score. NaN, and what lies outside of the
    scale, has none: NaN.
    """
    full = _FULL[unit]
    share = np.where((scores >= 0) & (scores <= full), scores / full, np.nan)
    raw = floor + (1 - floor) * share
    shrink = 1 + _Z**2 / items
    centre = (raw + _Z**2 / (2 * items)) / shrink
    spread = _Z / shrink * np.sqrt(raw * (1 - raw) / items + _Z**2 / (4 * items**2))
    lower = (centre - spread - floor) / (1 - floor)
    upper = (centre + spread - floor) / (1 - floor)
    # The bounds of none and of all correct are 0 and 1 but for rounding.
    return Bounds(
        lower=full * np.clip(np.minimum(lower, share), 0, 1),
        upper=full * np.clip(np.maximum(upper, share), 0, 1),
    )
