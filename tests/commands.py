"""The command line as its users meet it: called in this process, or as a process of its own."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.__main__ import main
from app.config import Settings
from app.wiring import Almanac, assemble

ROOT = Path(__file__).parents[1]


@dataclass
class Shell:
    """A working directory with its settings, in which `almanac` can be called."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *words: str) -> tuple[int, str]:
        """The exit code of a call, and all it has written."""
        self.monkeypatch.setattr(sys, "argv", ["almanac", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        written = self.capsys.readouterr()
        code = ended.value.code
        return (code if isinstance(code, int) else 0, written.out + written.err)

    def set(self, **variables: str) -> None:
        """Set `ALMANAC_*` variables."""
        for name, value in variables.items():
            self.monkeypatch.setenv(f"ALMANAC_{name.upper()}", value)


def opened() -> Almanac:
    """The parts on the database that the settings name, made if need be."""
    almanac = assemble(Settings())
    assert almanac.prepare()
    return almanac


@dataclass
class Running:
    """A process of `almanac` and what it has logged so far."""

    process: "subprocess.Popen[bytes]"
    log: list[str] = field(default_factory=list)

    def wait_for(self, pattern: str) -> "re.Match[str]":
        """The first line of the log, from here on, that matches."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log.append(line.decode())
            found = re.search(pattern, self.log[-1])
            if found is not None:
                return found
        raise AssertionError("it ended without saying so:\n" + "".join(self.log))

    def end(self, signal: int) -> int:
        """Send a signal; the exit code."""
        assert self.process.stderr is not None
        self.process.send_signal(signal)
        self.log.append(self.process.stderr.read().decode())
        return self.process.wait()


@contextmanager
def started(folder: Path, *words: str, **variables: str) -> Iterator[Running]:
    """`almanac` as a process, in a directory, with `ALMANAC_*` variables."""
    settings = {f"ALMANAC_{name.upper()}": value for name, value in variables.items()}
    with subprocess.Popen(
        [sys.executable, "-m", "app", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            yield Running(process)
        finally:
            process.kill()
