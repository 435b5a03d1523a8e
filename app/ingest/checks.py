"""Reasons to refuse a well-formed payload, and to call a stored snapshot partial.

What is refused here is never stored: yesterday's complete edition is better than today's
nonsense. What only looks incomplete is stored and marked, because boards do shrink.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from app.domain.leaderboard import Profile, RawEntry, Snapshot, SnapshotStatus
from app.errors import RejectedPayload

SHRINK = 0.6
SHRINK_LEAST = 5
CONFIRMED_AFTER = 5
TRUNCATED_SIZES = frozenset({10, 20, 25, 30, 50, 100, 200, 500, 1000})
MAX_ENTRIES = 200_000
MAX_BOARDS = 1_000
MAX_TEXT = 400
MAX_INTEGER = 2**31 - 1
SAME_ROW_TWICE = 0.1
CLOCK_TOLERANCE = timedelta(days=1)
_UNSTORABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def check_payload(
    source: str, snapshots: Sequence[Snapshot], *, published_at: datetime, now: datetime
) -> None:
    """Refuse a payload that would harm the record.

    Raises:
        RejectedPayload: it has no entries, boards without end, a date in the future, a figure
            that is no number or out of bounds, a text that cannot be stored, two snapshots of one
            edition, or a table that repeats itself.
    """
    if not any(snapshot.entries for snapshot in snapshots):
        raise RejectedPayload(source, "the payload has no entries")
    seen = Counter((s.leaderboard.slug, s.edition_date) for s in snapshots)
    boards = len({slug for slug, _day in seen})
    if boards > MAX_BOARDS:
        raise RejectedPayload(source, f"the payload has {boards} boards")
    twice = [key for key, count in seen.items() if count > 1]
    if twice:
        slug, day = twice[0]
        raise RejectedPayload(source, f"{slug[:80]} of {day} stands twice in one payload")
    if published_at > now + CLOCK_TOLERANCE:
        raise RejectedPayload(source, f"published in the future, at {published_at:%Y-%m-%dT%H:%M}Z")
    latest = (now + CLOCK_TOLERANCE).date()
    for snapshot in snapshots:
        profiles = {id(entry.profile): entry.profile for entry in snapshot.entries}
        fault = (
            _fault_of_table(snapshot, latest)
            or _fault_of_rows(snapshot.entries)
            or next(filter(None, map(_fault_of_profile, profiles.values())), None)
        )
        if fault is not None:
            where = f"{snapshot.leaderboard.slug[:80]} of {snapshot.edition_date}"
            raise RejectedPayload(source, f"{where} {fault}")


def _fault_of_table(snapshot: Snapshot, latest: date) -> str | None:
    """What is wrong with a table as a whole."""
    rows = len(snapshot.entries)
    board = snapshot.leaderboard
    if not all(map(_is_storable, (board.slug, board.title, board.family, board.category))):
        return "has a title or a slug that cannot be stored"
    if snapshot.edition_date > latest:
        return "lies in the future"
    if not rows:
        return "is empty"
    if rows > MAX_ENTRIES:
        return f"has {rows} entries"
    repeated = rows - len(set(snapshot.entries))
    if repeated > max(1, SAME_ROW_TWICE * rows):
        return f"repeats {repeated} of its rows"
    return None


def _fault_of_rows(entries: Sequence[RawEntry]) -> str | None:
    """What is wrong with a row; by columns first, as nearly all are right and few have bounds."""
    names, scores, lower, upper, votes, ranks, _profiles = zip(*entries, strict=True)
    counts = [count for count in (*votes, *ranks) if count is not None]
    right = (
        {*lower, *upper} == {None}
        and all(map(math.isfinite, scores))
        and all(map(_is_name, set(names)))
        and (not counts or (min(counts) >= 0 and max(counts) <= MAX_INTEGER))
    )
    return None if right else next(filter(None, map(_fault, entries)), None)


def _fault(entry: RawEntry) -> str | None:
    """What is wrong with a row that no row may have."""
    name, score, lower, upper, votes, rank, _profile = entry
    fault = None
    if not _is_name(name):
        fault = "a name that cannot be stored"
    elif not math.isfinite(score):
        fault = "a score that is no number"
    elif not (_is_number(lower) and _is_number(upper)):
        fault = "an interval that is no number"
    elif lower is not None and upper is not None and lower > upper:
        fault = "an interval that ends before it begins"
    elif not (votes is None or 0 <= votes <= MAX_INTEGER):
        fault = "a number of votes out of bounds"
    elif not (rank is None or 0 <= rank <= MAX_INTEGER):
        fault = "a rank out of bounds"
    return None if fault is None else f"gives {name[:80]!r} {fault}"


def _fault_of_profile(profile: Profile) -> str | None:
    """What is wrong with what is said of a model."""
    for what, text in (
        ("owner", profile.namespace),
        ("maker", profile.organization),
        ("licence", profile.licence),
    ):
        if text is not None and not _is_storable(text):
            return f"gives {text[:80]!r} as a model's {what}, which cannot be stored"
    if not _is_number(profile.parameters_b):
        return "gives a size that is no number"
    return None


def _is_name(text: str) -> bool:
    return bool(text.strip()) and _is_storable(text)


def _is_storable(text: str) -> bool:
    return len(text) <= MAX_TEXT and not _UNSTORABLE.search(text)


def _is_number(bound: float | None) -> bool:
    return bound is None or math.isfinite(bound)


class Verdict(NamedTuple):
    """What the sequence of a board's snapshots says of one of them."""

    status: SnapshotStatus
    reason: str | None


_COMPLETE = Verdict(SnapshotStatus.COMPLETE, None)


def judge(sizes: Sequence[int]) -> list[Verdict]:
    """Which of a board's snapshots, oldest first, are only a part of it.

    A snapshot that lost more than 40 % of the last complete one is partial while nobody
    knows whether the board came back. If it comes back, it was. If five in a row stay small, the
    board has shrunk and they are complete; a capture cut at a round number never is.
    The verdict depends on the sequence only, not on the order in which it was fetched.
    """
    verdicts: list[Verdict] = []
    reference = 0
    suspects: list[int] = []
    for index, size in enumerate(sizes):
        if size >= SHRINK * reference or reference - size < SHRINK_LEAST:
            reference = size
            suspects = []
            verdicts.append(_COMPLETE)
            continue
        verdicts.append(
            Verdict(SnapshotStatus.PARTIAL, f"{size} entries where there were {reference}")
        )
        if size in TRUNCATED_SIZES:
            continue
        suspects.append(index)
        if len(suspects) == CONFIRMED_AFTER:
            for suspect in suspects:
                verdicts[suspect] = _COMPLETE
            reference = size
            suspects = []
    return verdicts
