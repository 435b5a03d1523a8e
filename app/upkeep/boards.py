"""Proving a board: its snapshots, and what follows from those in force.

* `edition`: in force for a date is its newest published complete snapshot, and nothing for others.
* `leader`: an edition's number of entries, leader, official leader and leading score are those of
  its snapshot.
* `entry`: the lines in force are the entries of the snapshots in force, and there are no others.
* `listing`: a name is listed from the first edition in force on in which it has a line, be it
  behind another name of its model, and no other name is.
* `version`: the record of a board with snapshots has changed at least once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy.orm import Session

from app.domain.leaderboard import SnapshotStatus
from app.store.blocks import MISSING, NOTHING, Block
from app.store.queries.integrity import (
    Days,
    Series,
    StoredBoard,
    StoredEdition,
    joined,
    stored_editions,
    stored_listing,
    stored_series,
    stored_snapshots,
)
from app.store.types import EPOCH, day_number
from app.upkeep.faults import Fault
from app.upkeep.names import KnownNames
from app.upkeep.provenance import NewestMakers
from app.upkeep.snapshots import prove_snapshot

_DAYS = 1 << 22  # more than there are; a name and a day are one number


@dataclass(slots=True)
class _InForce:
    """What should be in force: by date the snapshot and its block, None where that is no proof."""

    snapshots: dict[date, int] = field(default_factory=dict)
    blocks: dict[date, Block | None] = field(default_factory=dict)


def faults_of_board(
    session: Session, board: StoredBoard, names: KnownNames, makers: NewestMakers
) -> Iterator[Fault]:
    """What is wrong with a board; its snapshots first. Notes the makers in its lines."""
    right = _InForce()
    count = 0
    for stored in stored_snapshots(session, board.id):
        count += 1
        faults, block = prove_snapshot(board, stored, names)
        yield from faults
        if stored.status == SnapshotStatus.COMPLETE:  # the newest of a date comes last
            right.snapshots[stored.day] = stored.id
            right.blocks[stored.day] = block
    for day, block in right.blocks.items():
        if block is not None:
            makers.note(day, block)
    if count and board.data_version < 1:
        yield Fault("version", board.slug, f"has {count} snapshots, and no version")
    yield from _faults_of_editions(stored_editions(session, board.id), board, right, names)
    yield from _faults_of_series(stored_series(session, board.id), board, right, names)
    yield from _faults_of_listing(stored_listing(session, board.id), board, right, names)


def _faults_of_editions(
    stored: dict[date, StoredEdition], board: StoredBoard, right: _InForce, names: KnownNames
) -> Iterator[Fault]:
    for day in sorted(stored.keys() | right.snapshots.keys()):
        where = f"{board.slug} {day}"
        edition, wanted = stored.get(day), right.snapshots.get(day)
        held = None if edition is None else edition.snapshot_id
        if held != wanted:
            detail = f"in force is {_snapshot(held)}, where it should be {_snapshot(wanted)}"
            yield Fault("edition", where, detail)
            continue
        block = right.blocks[day]
        if edition is None or block is None:
            continue
        entries = block.entries()
        facts = (len(entries.rank), int(entries.alias_id[0]), names.first_official(entries))
        for name, value in zip(StoredEdition._fields[2:], (*facts, block.score[0]), strict=True):
            if getattr(edition, name) != value:
                detail = f"{name} is {getattr(edition, name)}, in its snapshot {value}"
                yield Fault("leader", where, detail)


def _snapshot(number: int | None) -> str:
    return "nothing" if number is None else f"snapshot {number}"


def _faults_of_series(
    stored: Series, board: StoredBoard, right: _InForce, names: KnownNames
) -> Iterator[Fault]:
    """Compare the lines in force with those that should be; what cannot be proven is left out."""
    unproven = [day_number(day) for day, block in right.blocks.items() if block is None]
    looked_at = ~np.isin(stored.day, unproven)
    lines, day = stored.lines.only(looked_at), stored.day[looked_at]
    wanted = _wanted(right)
    keys, wanted_keys = _keys(lines, day), _keys(wanted.lines, wanted.day)
    here = np.isin(keys, wanted_keys, assume_unique=True)
    there = np.isin(wanted_keys, keys, assume_unique=True)
    for key in wanted_keys[~there].tolist():
        yield Fault("entry", _where(board, key, names), "is missing")
    for key in keys[~here].tolist():
        yield Fault("entry", _where(board, key, names), "is of no snapshot in force")
    lines, keys = lines.only(here), keys[here]
    wanted_lines = wanted.lines.only(there)
    for name in Block._fields[1:]:
        has, should = getattr(lines, name), getattr(wanted_lines, name)
        for place in np.flatnonzero(_differ(has, should)).tolist():
            detail = f"{name} is {_said(has[place])}, in the snapshot {_said(should[place])}"
            yield Fault("entry", _where(board, int(keys[place]), names), detail)


def _wanted(right: _InForce) -> Series:
    """The lines that should be in force, in order of name and date."""
    proven = [(day, block.entries()) for day, block in right.blocks.items() if block is not None]
    lines = joined([NOTHING, *(entries for _day, entries in proven)])
    counts = [len(entries.rank) for _day, entries in proven]
    day = np.repeat(np.array([day_number(day) for day, _entries in proven], np.int64), counts)
    order = np.lexsort((day, lines.alias_id))
    return Series(day[order], lines.in_order(order))


def _keys(lines: Block, day: Days) -> npt.NDArray[np.int64]:
    return lines.alias_id.astype(np.int64) * _DAYS + day + EPOCH


def _where(board: StoredBoard, key: int, names: KnownNames) -> str:
    alias_id, ordinal = divmod(key, _DAYS)
    return f"{board.slug} {date.fromordinal(ordinal)} {names.called(alias_id)}"


def _differ(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Where two columns differ; what is missing in both does not."""
    differ: npt.NDArray[np.bool_] = (one != other) & ((one == one) | (other == other))  # noqa: PLR0124 - NaN
    return differ


def _said(value: Any) -> str:  # noqa: ANN401 - a number of either kind
    return "missing" if value != value or value == MISSING else str(value)  # noqa: PLR0124 - NaN


def _faults_of_listing(
    stored: dict[int, date], board: StoredBoard, right: _InForce, names: KnownNames
) -> Iterator[Fault]:
    """Compare since when names are listed; nothing can be said where an edition is no proof."""
    since = np.zeros(len(names.source), np.int32)  # as ordinals: no date is 0
    for day in sorted(right.blocks, reverse=True):
        block = right.blocks[day]
        if block is None:
            return
        since[block.alias_id] = day.toordinal()
    listed = np.flatnonzero(since)
    days = map(date.fromordinal, since[listed].tolist())
    first = dict(zip(listed.tolist(), days, strict=True))
    for alias_id in sorted(stored.keys() | first.keys()):
        if stored.get(alias_id) != first.get(alias_id):
            where = f"{board.slug} {names.called(alias_id)}"
            detail = f"listed since {stored.get(alias_id)}, in force since {first.get(alias_id)}"
            yield Fault("listing", where, detail)
