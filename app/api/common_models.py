"""The same models on several boards, each as it stood at a date."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from app.api.answers import Exchange
from app.api.cursors import Number, Word
from app.api.record import Record
from app.api.schemas.common import BoardMetaOut, OrganizationRef
from app.domain.groups import Dimension, Ints
from app.domain.selection import Selection
from app.domain.standings import Board, Edition, Model
from app.store.blocks import NOTHING, Block, Floats
from app.store.queries.standings import block_of

ANYBODY = Selection()

SortKey = tuple[bool, Number, Word]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardThen:
    """A board as it stood at a date. Without an edition by then it has no entries."""

    board: Board
    edition: Edition | None
    entries: Block

    @property
    def sign(self) -> int:
        """What turns its scores so that more is better."""
        return 1 if self.board.higher_is_better else -1

    @property
    def day(self) -> date:
        """The date of the edition; the last there is without one."""
        return date.max if self.edition is None else self.edition.edition_date

    def meta(self, record: Record) -> BoardMetaOut:
        """Which edition of which board this is, and whose figures they are."""
        return record.board_meta(self.board, self.edition)


class CommonModels:
    """The models that count on each of several boards, in order of their ids.

    `model` and `maker` are numbers of the record's columns, one for each model. `ranks` and
    `scores` hold a column for each board, with what is printed there; in `oriented` scores more is
    better.
    """

    def __init__(
        self, record: Record, boards: Sequence[BoardThen], counted: Selection = ANYBODY
    ) -> None:
        """`counted` is what an entry must be, on each of the boards."""
        self._record = record
        blocks = [
            board.entries.only(record.columns.selected(board.entries, counted)) for board in boards
        ]
        models = [record.columns.groups(Dimension.MODEL, block) for block in blocks]
        common = models[0]
        for others in models[1:]:
            common = np.intersect1d(common, others, assume_unique=True)
        rows = [_places_of(common, numbers) for numbers in models]
        placed = list(zip(blocks, rows, strict=True))
        self.model: Ints = common
        self.maker: Ints = record.columns.groups(Dimension.ORGANIZATION, blocks[0])[rows[0]]
        self.ranks: list[Ints] = [block.rank[at] for block, at in placed]
        self.scores: list[Floats] = [block.score[at] for block, at in placed]
        self.oriented: list[Floats] = [
            board.sign * scores for board, scores in zip(boards, self.scores, strict=True)
        ]

    def places(self) -> list[list[float]]:
        """The columns of ranks, then those of scores, as plain numbers."""
        columns: list[list[float]] = [ranks.tolist() for ranks in self.ranks]
        return columns + [scores.tolist() for scores in self.scores]

    def models(self) -> list[Model]:
        """Who they are."""
        keys, models = self._record.columns.keys[Dimension.MODEL], self._record.names.models
        return [models[keys[number]] for number in self.model.tolist()]


def board_then(
    record: Record, board: Board, as_of: date, *, known_at: datetime | None
) -> BoardThen:
    """A board as it stood at a date, as known at a moment."""
    edition = record.edition(board, as_of, known_at=known_at)
    entries = NOTHING if edition is None else block_of(record.session, edition.snapshot_id)
    return BoardThen(board=board, edition=edition, entries=entries)


def settle(exchange: Exchange, record: Record, boards: Sequence[Board], day: date) -> None:
    """Say that an answer depends on these boards, before it is worked out.

    Raises:
        NotModified: the caller has that answer.
    """
    changed_at = max(board.changed_at for board in boards)
    exchange.settle(*record.version_of_these(boards), changed_at=changed_at, day=day)


def chosen(
    rows: Sequence[dict[str, Any]], asked: Selection, key: Callable[[dict[str, Any]], SortKey]
) -> list[dict[str, Any]]:
    """The rows of the maker and of the country that are asked for, in order."""
    return sorted((row for row in rows if _is_wanted(row["organization"], asked)), key=key)


def order_by(sort: str, ids: str) -> Callable[[dict[str, Any]], SortKey]:
    """The key of an order of rows: by a field, what is unknown last; ties by the id in `ids`."""
    field, sign = sort.removeprefix("-"), -1 if sort.startswith("-") else 1

    def key(row: dict[str, Any]) -> SortKey:
        value = row[field]
        return value is None, 0.0 if value is None else sign * value, row[ids]["id"]

    return key


def _is_wanted(maker: OrganizationRef | None, asked: Selection) -> bool:
    if maker is None:
        return not asked
    return asked.organization in {None, maker["id"]} and asked.country in {None, maker["country"]}


def _places_of(wanted: Ints, numbers: Ints) -> npt.NDArray[np.intp]:
    """Where each number that is wanted stands; all are there once."""
    order = numbers.argsort()
    return order[numbers[order].searchsorted(wanted)]
