"""Query time at half a million and at twenty million entries, and bytes per entry.

usage: python -m tests.bench.queries [--entries 20000000] [--rounds 200]
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import text

from app.analytics.groups import Division
from app.domain.groups import Dimension
from app.domain.selection import Selection
from app.store.engine import SessionFactory, reading
from app.store.queries.board_editions import board_editions
from app.store.queries.boards import find_board
from app.store.queries.catalogue import Catalogue
from app.store.queries.columns import Columns
from app.store.queries.editions import edition_in_force, editions_in_force
from app.store.queries.groups import Counting, counted_entries
from app.store.queries.histories import history_of
from tests.bench.synthetic import FIRST, Shape, build
from tests.views import standings_of

SMALL = [Shape(5, 400, 250)]


def main() -> None:
    """Build both records, then ask them the same questions in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=20_000_000)
    parser.add_argument("--rounds", type=int, default=200)
    options = parser.parse_args()
    boards = max(1, options.entries // 1_000_000)
    with tempfile.TemporaryDirectory() as folder:
        records = {
            "small": (build(Path(folder) / "small.db", SMALL), Catalogue()),
            "large": (
                build(Path(folder) / "large.db", [*SMALL, Shape(boards, 1000, 1000)]),
                Catalogue(),
            ),
        }
        times: dict[tuple[str, str], list[float]] = {}
        for _ in range(options.rounds):
            for size, (sessions, catalogue) in records.items():
                for question, ask in QUESTIONS.items():
                    began = time.perf_counter()
                    ask(sessions, catalogue)
                    times.setdefault((question, size), []).append(time.perf_counter() - began)
        for question in QUESTIONS:
            small = statistics.median(times[question, "small"]) * 1000
            large = statistics.median(times[question, "large"]) * 1000
            print(
                f"{question}: {small:.3f} ms at 0.5 million, {large:.3f} ms at "
                f"{options.entries / 1e6:.1f} million entries more; ratio {large / small:.2f}"
            )


def _history(sessions: SessionFactory, catalogue: Catalogue) -> None:
    with reading(sessions) as session:
        names = catalogue.read(session)
        board = find_board(session, "bench-2")
        model = _model_on(sessions, board.id)
        points = history_of(
            session,
            board.id,
            names.aliases_of[model],
            board_editions(session, board.id),
            first=FIRST + timedelta(days=100),
            last=FIRST + timedelta(days=199),
        )
    if len(points) != 100:
        msg = f"{len(points)} points"
        raise SystemExit(msg)


_models: dict[int, str] = {}


def _model_on(sessions: SessionFactory, board_id: int) -> str:
    key = id(sessions)
    if key not in _models:
        with reading(sessions) as session:
            alias = session.execute(
                text("SELECT min(alias_id) FROM listing WHERE leaderboard_id = :board"),
                {"board": board_id},
            ).scalar_one()
        _models[key] = f"maker--model-{alias}"
    return _models[key]


def _standings(sessions: SessionFactory, catalogue: Catalogue) -> None:
    with reading(sessions) as session:
        names = catalogue.read(session)
        board = find_board(session, "bench-3")
        edition = edition_in_force(session, board.id, FIRST + timedelta(days=200))
        if edition is None:
            raise SystemExit("no edition")
        standings_of(session, names, edition.snapshot_id)


def _table(sessions: SessionFactory, catalogue: Catalogue) -> None:
    _divide(sessions, catalogue, FIRST + timedelta(days=200), FIRST + timedelta(days=200))


def _shares(sessions: SessionFactory, catalogue: Catalogue) -> None:
    _divide(sessions, catalogue, FIRST + timedelta(days=100), FIRST + timedelta(days=199))


def _divide(sessions: SessionFactory, catalogue: Catalogue, first: date, last: date) -> None:
    with reading(sessions) as session:
        columns = catalogue.made_of(catalogue.read(session), Columns)
        board = find_board(session, "bench-3")
        editions = editions_in_force(session, board.id, first=first, last=last)
        numbers = [edition.snapshot_id for edition in editions]
        for _number, counted in counted_entries(session, columns, numbers, OFFICIAL):
            Division(counted.lines, 10).holdings()


OFFICIAL = Counting(Dimension.ORGANIZATION, Selection(official=True))
QUESTIONS: dict[str, Callable[[SessionFactory, Catalogue], None]] = {
    "history of 100 points": _history,
    "standings of 250 rows": _standings,
    "organizations of 250 rows": _table,
    "shares through 100 editions": _shares,
}


if __name__ == "__main__":
    main()
