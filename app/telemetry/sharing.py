"""The counts of all processes of a service, so that any of them can tell the whole.

Whichever process a scrape meets, totals must not go back and forth. Each worker has a file in a
directory that the process which began them has made, and writes its numbers there once a second,
and before it tells them. A file belongs to whoever holds its lock, that is to nobody once the
process is dead; the next worker takes it over and counts on from there, so that no total that was
told is lost with a worker.
"""

import fcntl
import os
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from app.telemetry.tally import Tally


class Share:
    """A worker's place among the others."""

    def __init__(self, directory: Path, tally: Tally) -> None:
        """Take the first file that nobody holds, and let the tally count on from there."""
        self._directory = directory
        self._tally = tally
        self._file, self._name = _first_free(directory)
        before = self._file.read()
        if len(before) == len(tally.numbers.tobytes()):
            tally.numbers = tally.without_gauges(array("Q", before))
        self.publish()

    def publish(self) -> None:
        """Let the others see the numbers as they are now."""
        os.pwrite(self._file.fileno(), self._tally.numbers.tobytes(), 0)

    def others(self) -> "Iterator[array[int]]":
        """The numbers of the other workers, and of those that were and have no successor yet."""
        size = len(self._tally.numbers)
        for path in sorted(self._directory.iterdir()):
            if path.name == self._name:
                continue
            with path.open("rb") as file:
                numbers = array("Q", file.read())
                if len(numbers) == size:
                    yield (
                        numbers
                        if _is_taken(file, fcntl.LOCK_SH)
                        else self._tally.without_gauges(numbers)
                    )

    def close(self) -> None:
        """Publish for the last time, and leave the place to another."""
        self._tally.set_gauges({})
        self.publish()
        self._file.close()


def _first_free(directory: Path) -> tuple[BinaryIO, str]:
    number = 0
    while True:
        path = directory / f"{number}"
        path.touch()
        file = path.open("r+b")
        if not _is_taken(file, fcntl.LOCK_EX):
            return file, path.name
        file.close()
        number += 1


def _is_taken(file: BinaryIO, lock: int) -> bool:
    """Whether another process holds a file; if not it is ours until it is closed."""
    try:
        fcntl.flock(file, lock | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False
