"""The threads that answer questions."""

from itertools import product

from anyio import CapacityLimiter

# For each kind of question, where the database is a file and where it is a server. SQLite gives the
# interpreter up at each step, so that two who ask it at once only wait for each other.
THREADS = {True: 1, False: 2}


class Lanes:
    """Short questions have threads of their own: none of them waits for a long one."""

    def __init__(self) -> None:
        """Nobody waits yet."""
        self._lanes = {
            (is_file, is_short): CapacityLimiter(THREADS[is_file])
            for is_file, is_short in product((True, False), repeat=2)
        }

    def of(self, *, is_file: bool, is_short: bool) -> CapacityLimiter:
        """Who may answer a question, to a database that is a file or a server."""
        return self._lanes[is_file, is_short]

    def all(self, *, is_file: bool) -> list[CapacityLimiter]:
        """The lanes to a file or a server."""
        return [self.of(is_file=is_file, is_short=is_short) for is_short in (True, False)]
