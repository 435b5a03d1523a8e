"""Answers computed from the whole history of a board, when nothing of it is remembered.

usage: python -m tests.bench.analyses [--rounds 15]
"""

import argparse
import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.main import create_app
from app.store.engine import SessionFactory, reading
from app.store.queries.boards import find_board
from app.store.queries.catalogue import Catalogue
from app.store.queries.columns import Columns
from app.store.queries.editions import editions_in_force
from app.store.queries.standings import blocks_of
from tests.bench.synthetic import FIRST, NOW, Shape, build

BOARD = Shape(1, 400, 250)
WIDE = Shape(1, 90, 1000)
OTHERS = Shape(20, 400, 250)

LAST = FIRST + timedelta(days=WIDE.editions - 1)
_TRENDS = "/v1/leaderboards/bench-1/trends"
TRENDS = {
    "places": f"{_TRENDS}?window=P90D&as_of={LAST}&metric=rank",
    "scores, and those net of the pool's shift": f"{_TRENDS}?window=P90D&as_of={LAST}",
}
LEADERS = "/v1/leaderboards/bench-1/leaders"
QUESTIONS = {
    "leaders": LEADERS,
    "leaders by country": f"{LEADERS}?by=country",
    "records": "/v1/leaderboards/bench-1/records",
    "overtakes": "/v1/leaderboards/bench-1/overtakes",
    "overtakes in the top 500": "/v1/leaderboards/bench-1/overtakes?top_n=500",
    "chart run": "/v1/models/{model}/chart-run",
    "trends over a year": f"{_TRENDS}?window=P1Y&as_of={FIRST + timedelta(days=365)}",
}


class Asked:
    """The service over a record, asked as by a caller whose question is the first."""

    def __init__(self, sessions: SessionFactory) -> None:
        """Nothing is asked yet."""
        self._app: FastAPI = create_app(sessions, admin_token=None, run_now=None, clock=lambda: NOW)
        self._sessions = sessions
        self._client = TestClient(self._app)

    def __enter__(self) -> Self:
        """Start the event loop, which would take longer for each question than many answers."""
        self._client.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        """End it."""
        self._client.__exit__(*error)

    def forget(self) -> None:
        """Remember nobody's answers. Names are read again: they are no board's."""
        catalogue = Catalogue()
        with reading(self._sessions) as session:
            catalogue.made_of(catalogue.read(session), Columns)
        self._app.state.services = replace(self._app.state.services, catalogue=catalogue)

    def __call__(self, path: str) -> None:
        """Ask once."""
        answer = self._client.get(path)
        if answer.status_code != 200 or not answer.json()["data"]:
            raise SystemExit(answer.text)


def main() -> None:
    """Measure time against the floor and the goals, and memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        _trends(build(Path(folder) / "wide.db", [WIDE]), options.rounds)
        sessions = build(Path(folder) / "alone.db", [BOARD])
        _times(sessions, options.rounds)
        crowded = build(Path(folder) / "crowded.db", [BOARD, OTHERS])
        _memory(sessions, crowded)


def _trends(sessions: SessionFactory, rounds: int) -> None:
    for what, path in TRENDS.items():
        floors, times = [], []
        with Asked(sessions) as asked:
            for _ in range(rounds + 1):
                floors.append(_milliseconds(partial(packed_block_ols, sessions)))
                asked.forget()
                times.append(_milliseconds(partial(asked, path)))
        ratios = [took / floor for took, floor in zip(times[1:], floors[1:], strict=True)]
        print(
            f"trends of {what} of {WIDE.models:,} models over {WIDE.editions} editions: "
            f"{statistics.median(times[1:]):.0f} ms; packed-block OLS "
            f"{statistics.median(floors[1:]):.1f} ms; ratio {statistics.median(ratios):.1f} "
            "(goal 10)"
        )


def _times(sessions: SessionFactory, rounds: int) -> None:
    model = _a_model(sessions)
    for question, path in QUESTIONS.items():
        times = []
        with Asked(sessions) as asked:
            for _ in range(rounds + 1):
                asked.forget()
                times.append(_milliseconds(partial(asked, path.format(model=model))))
        took = statistics.median(times[1:])
        goal = " (goal 150)" if question in {"leaders", "overtakes", "chart run"} else ""
        print(f"{question} of {BOARD.editions} editions: {took:.0f} ms{goal}")


def _memory(alone: SessionFactory, crowded: SessionFactory) -> None:
    small, large = _peak(alone), _peak(crowded)
    print(
        f"leaders: peak memory {small:.1f} MB alone, {large:.1f} MB beside {OTHERS.boards} other "
        f"boards; ratio {large / small:.2f} (goal 1)"
    )


def _peak(sessions: SessionFactory) -> float:
    """What an answer takes in Python and NumPy at most, in MB."""
    with Asked(sessions) as asked:
        asked(LEADERS)
        asked.forget()
        tracemalloc.start()
        asked(LEADERS)
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return peak / 1e6


def packed_block_ols(sessions: SessionFactory) -> npt.NDArray[np.float64]:
    """The slopes of all models by least squares, from the same blocks: the floor."""
    with reading(sessions) as session:
        board = find_board(session, "bench-1")
        editions = editions_in_force(session, board.id, last=LAST)
        numbers = [edition.snapshot_id for edition in editions]
        blocks = blocks_of(session, numbers)
    days = np.array([edition.edition_date.toordinal() for edition in editions], np.float64)
    values = np.empty((len(editions), WIDE.models * 2 + 1))
    for row, number in enumerate(numbers):
        values[row, blocks[number].alias_id] = blocks[number].score
    present = values[:, np.unique(blocks[numbers[0]].alias_id)]
    centred = days - days.mean()
    slopes: npt.NDArray[np.float64] = centred @ present / (centred @ centred)
    return slopes


def _a_model(sessions: SessionFactory) -> str:
    """One that stands on the board."""
    with reading(sessions) as session:
        board = find_board(session, "bench-1")
        edition = editions_in_force(session, board.id)[-1]
        block = blocks_of(session, [edition.snapshot_id])[edition.snapshot_id]
    return f"maker--model-{block.alias_id[0]}"


def _milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
