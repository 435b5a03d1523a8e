"""Proving a snapshot from its block.

* `block`: there is one, it can be read, has lines, and prints names and profiles of its board's
  source, each name once.
* `score`: scores are finite; bounds are too, or missing, and in order; counts are not negative.
* `order`: the best score in the board's direction stands first; of equal scores the first name.
* `content-hash`: the digest is that of what the block prints.
* `rank`: the first line of each model is its entry. Entries have the standard competition ranks of
  their scores, and `tied` other entries of the same rank; every other line stands behind the entry
  of its model (`app.store.blocks`).
* `counts`: the number of entries and the leader's score are those of the block.
* `status`: it is complete, or partial with a reason; it was repeated after it was published.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from app.domain.leaderboard import SnapshotStatus
from app.domain.ranking import competition_ranks
from app.store.blocks import MISSING, Block, decode, one_entry_per_model
from app.store.queries.integrity import StoredBoard, StoredSnapshot
from app.store.writes.snapshots import content_hash
from app.upkeep.faults import Fault
from app.upkeep.names import KnownNames


def prove_snapshot(
    board: StoredBoard, stored: StoredSnapshot, names: KnownNames
) -> tuple[list[Fault], Block | None]:
    """What is wrong with a snapshot, and its block with the ranks that its scores give.

    None instead of the block where it says nothing that can be relied on.
    """
    where = f"{board.slug} {stored.day} snapshot {stored.id}"
    faults = [Fault("status", where, detail) for detail in _faults_of_status(stored)]
    block = _block(stored)
    if isinstance(block, str):
        return [*faults, Fault("block", where, block)], None
    rule, detail = _fault_of_lines(board, block, names)
    if rule is not None:
        return [*faults, Fault(rule, where, detail)], None
    right = one_entry_per_model(block, names.model[block.alias_id])
    found = (
        ("content-hash", _fault_of_hash(stored, block, names)),
        ("rank", _fault_of_ranks(block, right, names)),
        *(("counts", detail) for detail in _faults_of_counts(stored, right)),
    )
    faults += [Fault(rule, where, detail) for rule, detail in found if detail is not None]
    return faults, right


def _faults_of_status(stored: StoredSnapshot) -> Iterator[str]:
    complete = stored.status == SnapshotStatus.COMPLETE
    if stored.status not in set(SnapshotStatus) or complete != (stored.status_reason is None):
        yield f"is {stored.status}, for the reason {stored.status_reason}"
    if stored.repeated_at is not None and stored.repeated_at <= stored.published_at:
        yield f"is published at {stored.published_at}, and again at {stored.repeated_at}"


def _block(stored: StoredSnapshot) -> Block | str:
    """The block, or why there is none."""
    if stored.data is None:
        return "has no block"
    try:
        block = decode(stored.data)
    except (ValueError, MemoryError) as error:  # a damaged head may promise any length
        return f"cannot be read: {error}"
    return block if len(block.rank) else "has no lines"


def _fault_of_lines(board: StoredBoard, block: Block, names: KnownNames) -> tuple[str | None, str]:
    """The first rule that lines break so that no ranks follow from them."""
    if not names.are_of(board.source_id, block):
        return "block", "prints a name or profile that its source does not have"
    if not np.diff(np.sort(block.alias_id)).all():
        return "block", "prints a name twice"
    printed = names.printed[block.alias_id]
    for what, wrong in _impossible(block):
        if wrong.any():
            return "score", f"{printed[wrong][0]!r} has {what}"
    before, after = block.score[:-1], block.score[1:]
    better = after > before if board.higher_is_better else after < before
    equal = np.flatnonzero(before == after)
    better[equal] = printed[equal + 1] < printed[equal]
    if better.any():
        return "order", f"{printed[1:][better][0]!r} stands too low"
    return None, ""


def _impossible(block: Block) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    """What no line may have, and which do."""
    yield "a score that is no number", ~np.isfinite(block.score)
    bounds = np.isinf(block.score_lower) | np.isinf(block.score_upper)
    yield "an interval without end", bounds
    yield "an interval that ends before it begins", block.score_lower > block.score_upper
    for name in ("votes", "published_rank"):
        column = getattr(block, name)
        yield f"{name} below zero", (column < 0) & (column != MISSING)
    yield "no variants", block.variants < 1


def _fault_of_hash(stored: StoredSnapshot, block: Block, names: KnownNames) -> str | None:
    """What was printed has the ranks of all its lines, whoever is meant by them."""
    ranks = competition_ranks(block.score)
    digest = content_hash(
        names.printed[block.alias_id].tolist(),
        block._replace(rank=ranks.rank),
        names.profile_text[block.profile_id].tolist(),
    )
    return None if digest == stored.content_hash else "what its block prints has another digest"


def _fault_of_ranks(block: Block, right: Block, names: KnownNames) -> str | None:
    wrong = np.flatnonzero((block.rank != right.rank) | (block.tied != right.tied))
    if not wrong.size:
        return None
    first = wrong[0]
    return (
        f"{wrong.size} lines, first {names.called(block.alias_id[first])}: "
        f"rank {block.rank[first]} with {block.tied[first]} others, where the scores give "
        f"{right.rank[first]} with {right.tied[first]}"
    )


def _faults_of_counts(stored: StoredSnapshot, right: Block) -> Iterator[str]:
    entries = int((right.rank > 0).sum())
    if stored.entries_total != entries:
        yield f"counts {stored.entries_total} entries, where its block has {entries}"
    if stored.leader_score != right.score[0]:
        yield f"its leader has {stored.leader_score}, in its block {right.score[0]}"
