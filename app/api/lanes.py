"""The threads that answer questions."""

from anyio import CapacityLimiter

# SQLite gives the interpreter up at each step, so that two who ask it at once only wait for each
# other. A server is waited for.
THREADS_TO_A_FILE = 1
THREADS_TO_A_SERVER = 2


class Lanes:
    """Threads for short questions and for long ones: those that are short wait for no long one."""

    def __init__(self, *, is_file: bool) -> None:
        """Nobody waits yet; `is_file` where the database is a file, and not a server."""
        self.is_file = is_file
        threads = THREADS_TO_A_FILE if is_file else THREADS_TO_A_SERVER
        self.short, self.long = CapacityLimiter(threads), CapacityLimiter(threads)
