"""Every figure of a row stands under its own name."""

from datetime import UTC, date, datetime

import numpy as np
import orjson

from app.analytics.intervals import RankIntervals
from app.analytics.movements import Stood
from app.api.schemas.models import points_out
from app.api.schemas.standings import entries_out
from app.domain.groups import Ints
from app.domain.leaderboard import Movement
from app.domain.standings import Edition, Figures, Floats, Point
from app.store.blocks import MISSING, Block

DAY = date(2024, 7, 13)
MOMENT = datetime(2024, 7, 13, tzinfo=UTC)
EDITION = Edition(7, DAY, MOMENT, MOMENT, "rev", 5, 50.0, "complete", None)


def ints(*values: int) -> Ints:
    return np.array(values, np.int32)


def floats(*values: float) -> Floats:
    return np.array(values, np.float64)


def test_each_figure_of_an_entry_has_its_name() -> None:
    nan = float("nan")
    entries = Block(
        alias_id=ints(1, 2),
        rank=ints(2, 4),
        tied=ints(1, 0),
        score=floats(40.0, 30.0),
        score_lower=floats(38.5, nan),
        score_upper=floats(41.25, nan),
        votes=ints(900, MISSING),
        published_rank=ints(3, MISSING),
        profile_id=ints(1, 1),
        variants=ints(6, 1),
    )

    known, unknown = entries_out(
        entries,
        EDITION,
        open_ranks=RankIntervals(
            np.array([True, False]), lower=ints(8, 0), upper=ints(9, 0), tier=ints(11, 0)
        ),
        before=Stood(np.array([True, False]), ints(12, 0), floats(39.0, 0.0)),
        came=[Movement.UP, Movement.NEW],
        labels=[b'"model":"a"', b'"model":"b"'],
    )

    assert orjson.loads(known) == {
        "rank": 2,
        "previous_rank": 12,
        "rank_change": 10,
        "movement": "up",
        "published_rank": 3,
        "score": 40.0,
        "score_lower": 38.5,
        "score_upper": 41.25,
        "score_change": 1.0,
        "rank_lower": 8,
        "rank_upper": 9,
        "tier": 11,
        "votes": 900,
        "percentile": 0.625,
        "gap_to_leader": 10.0,
        "model": "a",
        "variants": 6,
    }
    there = {"rank", "movement", "score", "percentile", "gap_to_leader", "model", "variants"}
    assert {name for name, value in orjson.loads(unknown).items() if value is not None} == there


def test_each_figure_of_a_point_has_its_name() -> None:
    figures = Figures(DAY, 1, 2, 1, 40.0, 38.5, 41.25, 900, 3, 6)
    nothing = Figures(DAY, 1, 4, 0, 30.0, None, None, None, None, 1)
    points = [Point(EDITION, figures, 12, DAY, 'a, "b"'), Point(EDITION, nothing, None, None, "c")]

    known, unknown = points_out(points, [Movement.UP, Movement.NEW])

    assert orjson.loads(known) == {
        "edition_date": "2024-07-13",
        "snapshot_id": 7,
        "entries_total": 5,
        "rank": 2,
        "previous_rank": 12,
        "rank_change": 10,
        "movement": "up",
        "published_rank": 3,
        "score": 40.0,
        "score_lower": 38.5,
        "score_upper": 41.25,
        "votes": 900,
        "percentile": 0.625,
        "gap_to_leader": 10.0,
        "printed_name": 'a, "b"',
        "variants": 6,
    }
    missing = {"previous_rank", "rank_change", "published_rank", "score_lower", "score_upper"}
    nulls = {name for name, value in orjson.loads(unknown).items() if value is None}
    assert nulls == missing | {"votes"}


def test_of_nothing_nothing_is_told() -> None:
    assert points_out([], []) == []
