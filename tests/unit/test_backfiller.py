"""The back-fill beside the service: real processes, tried again until nothing is left."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from app.backfiller import NICENESS, Backfiller, backfill_command

PATIENCE = 20.0
SAY = "import sys; open(sys.argv[1], 'a').write(sys.argv[2] + chr(10)); "
HANG = "import signal; signal.pause()"
HANG_ON = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "


class Children:
    """Commands of harmless children that write down who was started."""

    def __init__(self, folder: Path, code: str) -> None:
        self._log = folder / "children"
        self._code = code

    def __call__(self, source: str) -> list[str]:
        return [sys.executable, "-c", self._code, str(self._log), source]

    @property
    def started(self) -> list[str]:
        return self._log.read_text().split() if self._log.exists() else []


def finished(filler: Backfiller) -> bool:
    filler._thread.join(PATIENCE)  # noqa: SLF001 - nothing else tells when it is done
    return not filler._thread.is_alive()  # noqa: SLF001


def answers(*rounds: Sequence[str]) -> Callable[[], Sequence[str]]:
    left = iter(rounds)
    return lambda: next(left)


def test_sources_are_filled_one_after_the_other(tmp_path: Path) -> None:
    children = Children(tmp_path, SAY)
    filler = Backfiller(answers(["open_llm", "lmarena"]), command=children)

    filler.start()

    assert finished(filler)
    assert children.started == ["open_llm", "lmarena"]


def test_nothing_left_starts_nothing(tmp_path: Path) -> None:
    children = Children(tmp_path, SAY)
    filler = Backfiller(answers([]), command=children)

    filler.start()

    assert finished(filler)
    assert children.started == []


def test_what_fails_is_tried_again_and_the_others_are_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fails_once = (
        SAY + "sys.exit(sys.argv[2] == 'bad' and 'bad' not in open(sys.argv[1]).read()[4:])"
    )
    children = Children(tmp_path, fails_once)
    filler = Backfiller(
        answers(["bad", "good"], ["bad"]), command=children, first_retry_seconds=0.01
    )

    filler.start()

    assert finished(filler)
    assert children.started == ["bad", "good", "bad"]
    assert "back-fill of bad is not complete" in caplog.text


def test_not_knowing_what_is_left_is_no_reason_to_give_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    children = Children(tmp_path, SAY)
    answer = answers(["demo"])
    faults = iter([OSError("the database is away")])

    def unfinished() -> Sequence[str]:
        for fault in faults:
            raise fault
        return answer()

    filler = Backfiller(unfinished, command=children, first_retry_seconds=0.01)

    filler.start()

    assert finished(filler)
    assert children.started == ["demo"]
    assert "the database is away" in caplog.text


def test_a_command_that_cannot_be_started_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    filler = Backfiller(
        answers(["demo"], []), command=lambda _: ["/no/such/program"], first_retry_seconds=0.01
    )

    filler.start()

    assert finished(filler)
    assert "/no/such/program" in caplog.text


@pytest.mark.parametrize("code", [HANG, HANG_ON + HANG], ids=["obedient", "stubborn"])
def test_stopping_ends_the_child(tmp_path: Path, code: str) -> None:
    fifo = tmp_path / "begun"
    os.mkfifo(fifo)
    begun = f"open({str(fifo)!r}, 'w').close(); "
    before, _, after = code.rpartition("import signal; ")
    children = Children(tmp_path, f"{SAY}{before}{begun}import signal; {after}")
    filler = Backfiller(
        answers(["demo"]), command=children, first_retry_seconds=60, patience_seconds=0.5
    )

    filler.start()
    fifo.read_bytes()
    filler.stop()

    assert finished(filler)
    assert children.started == ["demo"]


def test_one_that_never_began_can_be_stopped() -> None:
    filler = Backfiller(answers([]))

    filler.stop()

    filler.start()
    assert finished(filler)


def test_a_stop_between_two_sources_starts_no_further_child(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    children = Children(tmp_path, SAY)

    def command(source: str) -> list[str]:
        filler._stop.set()  # noqa: SLF001 - a stop that comes at the worst moment
        return children(source)

    filler = Backfiller(answers(["first", "second"]), command=command)

    filler.start()

    assert finished(filler)
    assert children.started == ["first"]
    assert "not complete" not in caplog.text


def test_the_child_is_this_program_at_low_priority() -> None:
    command = backfill_command("lmarena")

    assert command[0] == sys.executable
    assert command[3:] == ["backfill", "lmarena", "--polite"]
    assert f"os.nice({NICENESS})" in command[2]
    compile(command[2], "command", "exec")
