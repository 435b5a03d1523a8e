"""Entries as they are kept in memory."""

from datetime import UTC, datetime

import numpy as np

from app.api.entries import Entries
from app.domain.groups import Dimension
from app.domain.standings import Board, Model, Owed
from app.store.blocks import NOTHING, Block
from app.store.queries.columns import Columns
from app.store.queries.names import Alias, Names

MODELS = [Model(slug, slug, None) for slug in ("a", "b", "c")]
NAMES = Names(
    version="1",
    organizations={},
    organization_spellings={},
    countries={},
    models={model.slug: model for model in MODELS},
    redirects={},
    aliases={
        number: Alias(number, "demo", f"n{number}", MODELS[model], reviewed=False, since=None)
        for number, model in enumerate((0, 1, 1), start=1)
    },
    aliases_of={},
    models_of={},
    licences={},
    profiles={},
)
COLUMNS = Columns(NAMES)
BOARD = Board(
    id=1,
    slug="demo",
    title="Demo",
    source="demo",
    family="demo",
    era=None,
    category="overall",
    kind="preference",
    unit="elo",
    higher_is_better=True,
    entry_kind=None,
    status="active",
    data_version=1,
    changed_at=datetime(2024, 7, 1, tzinfo=UTC),
    owed=Owed("demo", "Demo", "", "MIT", None, "Demo"),
)


def entries(*lines: tuple[int, int, float]) -> Entries:
    """Of (number of a name, rank, score)."""
    alias_id, rank, score = zip(*lines, strict=True)
    empty = Block(*(np.zeros(len(lines), column.dtype) for column in NOTHING))
    block = empty._replace(
        alias_id=np.array(alias_id, np.int32),
        rank=np.array(rank, np.int32),
        score=np.array(score, np.float64),
    )
    return Entries(BOARD, block, COLUMNS)


def test_a_model_stood_where_its_best_entry_did() -> None:
    earlier = entries((3, 1, 9.0), (1, 2, 8.0), (2, 3, 7.0))
    asked = np.array([COLUMNS.number(Dimension.MODEL, slug) for slug in "cba"], np.int32)

    there, rank, score = earlier.best_of(asked)

    assert there.tolist() == [False, True, True]
    assert (rank[there].tolist(), score[there].tolist()) == ([1, 2], [9.0, 8.0])


def test_where_nobody_stood_nobody_was() -> None:
    nobody = Entries(BOARD, NOTHING, COLUMNS)

    assert nobody.best_of(np.array([0, 2], np.int32)).there.tolist() == [False, False]
