"""What one process has counted: requests as plain integers, so that counting is an addition.

The path of a kept answer takes microseconds, of which a metrics library's objects would be a
large part. All numbers lie in one array, which processes can also exchange as it is.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

NO_OPERATION = "none"
METHODS = ("GET", "HEAD", "POST", "other")
STATUSES = ("2xx", "304", "3xx", "4xx", "5xx")
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
POOLS = ("primary", "replica")
POOL_GAUGES = ("connections_in_use", "connections_idle", "connections_max", "pools_exhausted")
GAUGES = (
    "workers",
    "requests_in_progress",
    "requests_waiting",
    "threads_busy",
    "threads_max",
    "kept_answers",
    "kept_bytes",
    "kept_bytes_max",
    *(f"{pool}_{gauge}" for pool in POOLS for gauge in POOL_GAUGES),
)

_METHOD = {name: number for number, name in enumerate(METHODS)}
_OTHER = _METHOD["other"]
_METHODS, _STATUSES = len(METHODS), len(STATUSES)
_OK, _NOT_MODIFIED = 0, 1
_NS = 1_000_000_000
_WORKED = len(BUCKETS) + 2  # a number for each bucket, one for what is above, and the nanoseconds


class Requests(NamedTuple):
    """How many requests of a kind there were.

    `kept` were answered from memory. Of the others `within` says how many took at most so long as
    each bucket, and how many longer than all; and how many `seconds` they took together.
    """

    operation: str
    method: str
    status: str
    kept: int
    within: tuple[int, ...]
    seconds: float


class Tally:
    """Counts by operation, method and class of status: none of them is anything a caller chose.

    To be used by one thread.
    """

    def __init__(self, operations: Iterable[str] = ()) -> None:
        """Nothing is counted yet."""
        self.in_progress = 0
        self.know(operations)

    def know(self, operations: Iterable[str]) -> None:
        """Begin anew, with these operations to be told apart."""
        self.operations = (NO_OPERATION, *sorted(operations))
        self._number = {name: number for number, name in enumerate(self.operations)}
        self._kinds = len(self.operations) * _METHODS * _STATUSES
        self._gauges = self._kinds * (1 + _WORKED)
        self.numbers = array("Q", bytes(8 * (self._gauges + len(GAUGES))))

    def number_of(self, operation: str | None) -> int:
        """What `kept` and `worked_out` call an operation; 0 if it is none that is known."""
        return self._number.get(operation or NO_OPERATION, 0)

    def kept(self, operation: int, method: str, status: int) -> None:
        """Count an answer from memory: a whole one, or that the caller has it."""
        kind = (operation * _METHODS + _METHOD[method]) * _STATUSES + (status == 304)  # noqa: PLR2004 - not modified
        self.numbers[kind] += 1

    def worked_out(self, operation: int, method: str, status: int, seconds: float) -> None:
        """Count any other answer, and how long it took."""
        kind = (operation * _METHODS + _METHOD.get(method, _OTHER)) * _STATUSES + _class_of(status)
        at = self._kinds + kind * _WORKED
        self.numbers[at + bisect_left(BUCKETS, seconds)] += 1
        self.numbers[at + _WORKED - 1] += int(seconds * _NS)

    def set_gauges(self, values: Mapping[str, int]) -> None:
        """Note what is so now; what is not named is 0."""
        for number, name in enumerate(GAUGES):
            self.numbers[self._gauges + number] = values.get(name, 0)

    def gauges(self) -> dict[str, int]:
        """What was noted last."""
        return dict(zip(GAUGES, self.numbers[self._gauges :], strict=True))

    def requests(self) -> Iterator[Requests]:
        """All kinds of which there was one."""
        kind = 0
        for operation in self.operations:
            for method in METHODS:
                for status in STATUSES:
                    at = self._kinds + kind * _WORKED
                    *within, nanoseconds = self.numbers[at : at + _WORKED]
                    kept = self.numbers[kind]
                    kind += 1
                    if kept or any(within):
                        yield Requests(
                            operation, method, status, kept, tuple(within), nanoseconds / _NS
                        )

    def plus(self, others: "Iterable[array[int]]") -> "Tally":
        """Those of several processes together."""
        total = Tally(self.operations[1:])
        total.numbers = array("Q", map(sum, zip(self.numbers, *others, strict=True)))
        return total

    def without_gauges(self, numbers: "array[int]") -> "array[int]":
        """The counts of a process that is no more: what it had in hand is no more either."""
        return numbers[: self._gauges] + array("Q", bytes(8 * len(GAUGES)))


def _class_of(status: int) -> int:
    if status == 304:  # noqa: PLR2004 - not modified
        return _NOT_MODIFIED
    return _OK if status < 300 else min(status // 100, 5) - 1  # noqa: PLR2004 - classes
