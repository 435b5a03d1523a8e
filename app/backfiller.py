"""Back-fill beside the service: a process of its own, at low priority.

A process, because a thread would share the interpreter with the readers; niced, because
history can wait and readers cannot.
"""

import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence

from app.domain.runs import BackfillState
from app.ingest.runner import Work
from app.store.engine import SessionFactory, reading
from app.store.queries.sources import list_sources, source_states, with_revisions_to_try_again

log = logging.getLogger(__name__)

NICENESS = 10
RETRY_SECONDS = 900.0
FIRST_RETRY_SECONDS = 30.0
PATIENCE_SECONDS = 10.0


def backfill_command(source: str) -> list[str]:
    """The command that back-fills one source quietly, polite to readers."""
    code = f"import os, sys; os.nice({NICENESS}); from app.cli import main; main()"
    return [sys.executable, "-c", code, "backfill", source, "--polite"]


def unfinished(sessions: SessionFactory, works: Sequence[Work]) -> list[str]:
    """The sources of which there is history to be had that is not stored."""
    with reading(sessions) as session:
        states = source_states(session, list_sources(session))
        unread = with_revisions_to_try_again(session)
    finished = {
        state.source.slug
        for state in states
        if state.backfill is not None
        and state.backfill.state == BackfillState.FINISHED
        and state.source.id not in unread
    }
    return [w.source.info.slug for w in works if w.source.info.slug not in finished]


class Backfiller:
    """Back-fills sources one after the other until their history is stored.

    What fails is tried again, first soon and then ever less often.
    """

    def __init__(
        self,
        unfinished: Callable[[], Sequence[str]],
        *,
        command: Callable[[str], list[str]] = backfill_command,
        first_retry_seconds: float = FIRST_RETRY_SECONDS,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        """`unfinished` tells which sources have history that is not stored.

        `patience_seconds`: how long a child that is told to end may take for it.
        """
        self._unfinished = unfinished
        self._command = command
        self._retry_seconds = first_retry_seconds
        self._patience_seconds = patience_seconds
        self._stop = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="backfiller", daemon=True)

    def start(self) -> None:
        """Begin in the background."""
        self._thread.start()

    def stop(self) -> None:
        """End; what is stored stays, and the next start goes on."""
        self._stop.set()
        with self._lock:
            child = self._child
            if child is not None:
                child.terminate()
        if self._thread.is_alive():
            self._thread.join(timeout=self._patience_seconds)
        if child is not None:
            child.kill()

    def _run(self) -> None:
        pause = self._retry_seconds
        while not self._stop.is_set():
            left = self._one_round()
            if not left:
                return
            if not self._stop.is_set():
                log.warning(
                    "back-fill of %s is not complete; next try in %.0f seconds", left, pause
                )
            self._stop.wait(pause)
            pause = min(pause * 2, RETRY_SECONDS)

    def _one_round(self) -> str:
        """Try every unfinished source once; what is left to do, as text."""
        try:
            return ", ".join(source for source in self._unfinished() if not self._fill(source))
        except Exception:
            log.exception("cannot back-fill now")
            return "some source"

    def _fill(self, source: str) -> bool:
        with self._lock:
            if self._stop.is_set():
                return False
            log.info("back-fill of %s begins", source)
            self._child = subprocess.Popen(self._command(source))  # noqa: S603 - our own program
        return self._child.wait() == 0
