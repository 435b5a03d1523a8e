"""What the fault suite has tried, counted in whatever process and told at the end.

A plugin, not a conftest: the process that shares tests out loads none of a folder below.
"""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

# A failure is found again with the seed it was found with; more kills take longer.
SEED = int(os.environ.get("ALMANAC_TEST_SEED", "20261129"))
KILLS = int(os.environ.get("ALMANAC_TEST_KILLS", "200"))

_TOLD = "almanac_faults"


def pytest_report_header() -> str:
    """Say how what is random can be had again."""
    return f"faults: ALMANAC_TEST_SEED={SEED} ALMANAC_TEST_KILLS={KILLS}"


class Tally:
    """What a test has tried."""

    def __init__(self, told: list[tuple[str, object]]) -> None:
        """`told` goes from the process that tests to the one that reports."""
        self._told = told

    def add(self, kind: str, *, faults: int = 1, tries: int = 1, losses: int = 0) -> None:
        """So many faults of a kind, in so many tries, with so many losses."""
        self._told.append((_TOLD, (kind, faults, tries, losses)))

    @contextmanager
    def of(self, kind: str, *, faults: int = 1, tries: int = 1) -> Iterator[None]:
        """Faults that count as losses unless all that follows is as it should be."""
        try:
            yield
        except BaseException:
            self.add(kind, faults=faults, tries=tries, losses=faults)
            raise
        self.add(kind, faults=faults, tries=tries)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was tried and what was lost."""
    faults: Counter[str] = Counter()
    tries: Counter[str] = Counter()
    losses: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) != "call":
                continue
            for name, told in report.user_properties:
                if name == _TOLD:
                    faults[told[0]] += told[1]
                    tries[told[0]] += told[2]
                    losses[told[0]] += told[3]
    if not faults:
        return
    write = terminalreporter.write_line
    terminalreporter.section("faults")
    write(f"{'kind':<24}{'faults':>8}{'tries':>8}{'losses':>8}")
    for kind in sorted(faults):
        write(f"{kind:<24}{faults[kind]:>8}{tries[kind]:>8}{losses[kind]:>8}")
    write(f"{'all':<24}{faults.total():>8}{tries.total():>8}{losses.total():>8}")
