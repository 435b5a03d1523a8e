"""Synthetic boards with realistic churn, written in the record's own layout."""

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.ranking import competition_ranks
from app.ingest.pipeline import register_source
from app.store.blocks import Block, encode
from app.store.bulk import insert_dicts, insert_rows, lock_writers
from app.store.engine import SessionFactory, build_engine, session_factory, transaction
from app.store.migrate import migrate
from app.store.tables import (
    ALIAS,
    EDITION,
    ENTRY,
    LEADERBOARD,
    LISTING,
    MODEL,
    PROFILE,
    SNAPSHOT,
    SNAPSHOT_BLOCK,
)
from app.store.types import day_number
from app.store.writes.years import make_room
from tests.factories import source_info

FIRST = date(2022, 1, 1)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Shape:
    """A group of boards: how many, with how many editions and models each."""

    boards: int
    editions: int
    models: int

    @property
    def entries(self) -> int:
        """Entries in all."""
        return self.boards * self.editions * self.models


def build(path: Path, shapes: list[Shape]) -> SessionFactory:
    """A fresh SQLite file with boards of these shapes; says how large it came out."""
    began = time.perf_counter()
    engine = build_engine(f"sqlite:///{path}")
    migrate(engine)
    sessions = session_factory(engine)
    entries = fill(sessions, shapes)
    with engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
    with engine.connect() as connection:
        connection.execute(text("COMMIT"))
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    size = path.stat().st_size
    seconds = time.perf_counter() - began
    print(f"{path.stem}: {entries:,} entries, {size / entries:.1f} bytes each ({seconds:.0f} s)")
    return sessions


def fill(sessions: SessionFactory, shapes: list[Shape], *, seed: int = 7) -> int:
    """Write boards of these shapes; returns the number of entries."""
    source_id = register_source(sessions, source_info("bench"))
    models = max(shape.models for shape in shapes) * 2
    with transaction(sessions) as session:
        lock_writers(session)
        _names(session, source_id, models)
    random = np.random.default_rng(seed)
    board = 0
    for shape in shapes:
        for _ in range(shape.boards):
            board += 1
            with transaction(sessions) as session:
                _board(session, source_id, board, shape, models, random)
    _count_on(sessions)
    return sum(shape.entries for shape in shapes)


def _count_on(sessions: SessionFactory) -> None:
    """Let PostgreSQL number what comes after these rows, which have numbers of their own."""
    with transaction(sessions) as session:
        if session.get_bind().dialect.name != "postgresql":
            return
        for table in (MODEL, ALIAS, PROFILE, LEADERBOARD, SNAPSHOT):
            name = table.name
            session.execute(
                text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}")
            )


def _names(session: Session, source_id: int, models: int) -> None:
    insert_dicts(
        session,
        MODEL,
        (
            {
                "id": i,
                "slug": f"maker--model-{i}",
                "name": f"model-{i}",
                "identity": f"maker/model-{i}",
                "organization_id": None,
                "reviewed": False,
                "base": None,
                "open_weights": None,
            }
            for i in range(1, models + 1)
        ),
    )
    insert_dicts(
        session,
        ALIAS,
        (
            {
                "id": i,
                "source_id": source_id,
                "printed_name": f"model-{i}",
                "model_id": i,
                "reviewed": False,
                "since": None,
            }
            for i in range(1, models + 1)
        ),
    )
    insert_dicts(
        session,
        PROFILE,
        [
            {
                "id": 1,
                "source_id": source_id,
                "digest": b"bench",
                "namespace": None,
                "organization": None,
                "licence": "MIT",
                "licence_id": None,
                "official": None,
                "parameters_b": None,
                "open_weights": True,
            }
        ],
    )


def _board(
    session: Session,
    source_id: int,
    board: int,
    shape: Shape,
    models: int,
    random: np.random.Generator,
) -> None:
    insert_dicts(
        session,
        LEADERBOARD,
        [
            {
                "id": board,
                "source_id": source_id,
                "slug": f"bench-{board}",
                "title": f"Bench {board}",
                "family": f"bench-{board}",
                "category": "overall",
                "kind": "preference",
                "unit": "elo",
                "higher_is_better": True,
                "status": "active",
                "data_version": 1,
                "changed_at": NOW,
            }
        ],
    )
    present = random.choice(models, shape.models, replace=False) + 1
    skill = random.normal(1200, 100, shape.models)
    base = (board - 1) * 10_000
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    lines: list[list[tuple[object, ...]]] = []
    snapshots, blocks, editions = [], [], []
    for number in range(shape.editions):
        day = FIRST + timedelta(days=number)
        skill += random.normal(0, 1.5, shape.models)
        order = np.argsort(-skill)
        score = skill[order]
        ranks = competition_ranks(score)
        width = random.uniform(2, 8, shape.models)
        votes = random.integers(500, 50_000, shape.models).astype(np.int32)
        block = Block(
            alias_id=present[order].astype(np.int32),
            rank=ranks.rank,
            tied=ranks.tied,
            score=score,
            score_lower=score - width,
            score_upper=score + width,
            votes=votes,
            published_rank=ranks.rank,
            profile_id=np.ones(shape.models, np.int32),
            variants=np.ones(shape.models, np.int32),
        )
        snapshot_id = base + number + 1
        snapshots.append(_snapshot(snapshot_id, board, day, block))
        blocks.append({"snapshot_id": snapshot_id, "data": encode(block)})
        editions.append(
            {
                "leaderboard_id": board,
                "edition_date": day,
                "snapshot_id": snapshot_id,
                "entries_total": shape.models,
                "leader_alias_id": int(block.alias_id[0]),
                "official_leader_alias_id": int(block.alias_id[0]),
                "leader_score": float(score[0]),
            }
        )
        columns = [column.tolist() for column in block]
        date_stored = day_number(day) if is_sqlite else day
        head = [[board] * shape.models, columns[0], [date_stored] * shape.models]
        lines.append(list(zip(*head, *columns[1:], strict=True)))
    lines_of = {line[2] for edition in lines for line in edition}
    make_room(session, {day.year for day in lines_of if isinstance(day, date)})
    insert_dicts(session, SNAPSHOT, snapshots)
    insert_dicts(session, SNAPSHOT_BLOCK, blocks)
    insert_dicts(session, EDITION, editions)
    insert_dicts(
        session,
        LISTING,
        (
            {"alias_id": alias, "leaderboard_id": board, "first_date": FIRST}
            for alias in present.tolist()
        ),
    )
    flat = [line for edition in lines for line in edition]
    flat.sort(key=lambda line: (line[1], line[2]))  # the order of the key: a bulk load
    columns_in_order = ("leaderboard_id", "alias_id", "edition_date", *Block._fields[1:])
    insert_rows(session, ENTRY, columns_in_order, flat)


def _snapshot(snapshot_id: int, board: int, day: date, block: Block) -> dict[str, object]:
    published = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return {
        "id": snapshot_id,
        "leaderboard_id": board,
        "edition_date": day,
        "published_at": published,
        "captured_at": published,
        "revision": f"bench-{snapshot_id}",
        "revision_id": None,
        "cumulative": False,
        "content_hash": snapshot_id.to_bytes(16, "big"),
        "entries_total": len(block.rank),
        "leader_score": float(block.score[0]),
        "status": "complete",
        "status_reason": None,
    }
