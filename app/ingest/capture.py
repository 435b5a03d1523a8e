"""From a parsed snapshot to one that can be stored: one line per name, ranked, packed."""

import operator
from collections.abc import Mapping
from datetime import date, datetime

import numpy as np

from app.domain.leaderboard import Profile, RawEntry, Snapshot
from app.domain.ranking import competition_ranks
from app.ingest.profiles import StoredProfile
from app.ingest.resolve import Meaning
from app.store.blocks import MISSING, Block, one_entry_per_model
from app.store.writes.snapshots import Capture, content_hash


def best_rows(snapshot: Snapshot, meanings: Mapping[str, Meaning]) -> list[tuple[RawEntry, int]]:
    """One row per name, its best, with the number of rows it is the best of.

    Names that fold alike are one. Of equal scores the row with more votes is the better, then the
    first by name, so that the choice does not depend on the order in which upstream lists them.
    """
    better = operator.gt if snapshot.leaderboard.higher_is_better else operator.lt
    best: dict[int, tuple[RawEntry, int]] = {}
    for entry in snapshot.entries:
        group = meanings[entry.printed_name].group
        other = best.get(group)
        if other is None:
            best[group] = (entry, 1)
            continue
        held, count = other
        preferred = (
            _preference(entry) < _preference(held)
            if entry.score == held.score
            else better(entry.score, held.score)
        )
        best[group] = (entry if preferred else held, count + 1)
    return list(best.values())


def _preference(entry: RawEntry) -> tuple[int, str, str]:
    """How rows of one score are told apart: everything printed decides in the end."""
    votes = -1 if entry.votes is None else entry.votes
    return (-votes, entry.printed_name, repr(entry))


def capture(  # noqa: PLR0913 - one keyword per fact
    snapshot: Snapshot,
    meanings: Mapping[str, Meaning],
    profiles: Mapping[Profile, StoredProfile],
    *,
    leaderboard_id: int,
    published_at: datetime,
    captured_at: datetime,
    revision: str,
    revision_id: int,
    cumulative: bool,
) -> Capture:
    """The snapshot as it is stored: ranks are ours, computed from the score.

    Its digest does not depend on who is meant by the names.
    """
    rows = best_rows(snapshot, meanings)
    rows.sort(key=lambda row: row[0].printed_name)
    rows.sort(key=lambda row: row[0].score, reverse=snapshot.leaderboard.higher_is_better)
    entries = [entry for entry, _count in rows]
    kept = [profiles[entry.profile] for entry in entries]
    score = np.array([e.score for e in entries], dtype=np.float64)
    ranks = competition_ranks(score)
    block = Block(
        alias_id=_ints([meanings[e.printed_name].alias_id for e in entries]),
        rank=ranks.rank,
        tied=ranks.tied,
        score=score,
        score_lower=np.array([e.score_lower for e in entries], dtype=np.float64),
        score_upper=np.array([e.score_upper for e in entries], dtype=np.float64),
        votes=_ints([MISSING if e.votes is None else e.votes for e in entries]),
        published_rank=_ints(
            [MISSING if e.published_rank is None else e.published_rank for e in entries]
        ),
        profile_id=_ints([profile.id for profile in kept]),
        variants=_ints([count for _entry, count in rows]),
    )
    models = _ints([meanings[e.printed_name].model_id for e in entries])
    return Capture(
        leaderboard_id=leaderboard_id,
        edition_date=snapshot.edition_date,
        published_at=published_at,
        captured_at=captured_at,
        revision=revision,
        revision_id=revision_id,
        cumulative=cumulative,
        content_hash=content_hash(
            [e.printed_name for e in entries], block, [profile.text for profile in kept]
        ),
        block=one_entry_per_model(block, models),
        leader_score=entries[0].score,
    )


def _ints(values: list[int]) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return np.array(values, dtype=np.int32)


def printed_names(snapshots: list[Snapshot]) -> dict[str, tuple[Profile, date]]:
    """Each name of a payload with what its newest edition printed beside it.

    An edition that prints no maker says nothing about the maker.
    """
    names: dict[str, tuple[Profile, date]] = {}
    silent: set[str] = set()
    for snapshot in sorted(snapshots, key=_newest_first):
        for entry in snapshot.entries:
            name = entry.printed_name
            if name in names and name not in silent:
                continue
            if _names_maker(entry.profile):
                names[name] = (entry.profile, snapshot.edition_date)
                silent.discard(name)
            elif name not in names:
                names[name] = (entry.profile, snapshot.edition_date)
                silent.add(name)
    return names


def _newest_first(snapshot: Snapshot) -> tuple[int, str]:
    return (-snapshot.edition_date.toordinal(), snapshot.leaderboard.slug)


def _names_maker(profile: Profile) -> bool:
    return bool(profile.namespace or (profile.organization or "").strip())
