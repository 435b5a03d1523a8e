"""What a source publishes: leaderboards, raw entries and the snapshots that hold them."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple


class BoardKind(StrEnum):
    """What a leaderboard measures."""

    BENCHMARK = "benchmark"
    PREFERENCE = "preference"
    AGENTIC = "agentic"


class EntryKind(StrEnum):
    """What stands in a line of a leaderboard.

    `system`: a model or several in a scaffold of somebody's making, `agent`: one that is sold as a
    whole. `adversarial`: made to win and not to answer.
    """

    MODEL = "model"
    SYSTEM = "system"
    AGENT = "agent"
    HUMAN = "human"
    ADVERSARIAL = "adversarial"


class BoardStatus(StrEnum):
    """`archived`: upstream publishes no further editions."""

    ACTIVE = "active"
    ARCHIVED = "archived"


class SnapshotStatus(StrEnum):
    """`partial`: checks say that upstream gave only a part; never in force by itself."""

    COMPLETE = "complete"
    PARTIAL = "partial"


class Movement(StrEnum):
    """How a model's place differs between two editions."""

    UP = "up"
    DOWN = "down"
    SAME = "same"
    NEW = "new"
    RE_ENTRY = "re_entry"
    DROPPED_OUT = "dropped_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaderboard:
    """One ranking by one metric.

    `family` groups boards of one task set, `category` tells them apart within it (`overall`
    for the main board). `era` is what upstream began anew without a way to compare (a release, a
    methodology): scores of two eras are different boards; None where that never happened. The slug
    is made of the three. `unit` says what the score is (`percent`, `elo`). `entry_kind` is what
    the board ranks; what else stands there is on a board beside it (`app.ingest.kinds`), of
    which it is None. `mixed`: at some time something else did, so that the board beside it has all
    editions, and nobody comes to it on the day on which the first other did.
    """

    slug: str
    title: str
    family: str
    category: str
    kind: BoardKind
    unit: str
    higher_is_better: bool
    era: str | None = None
    entry_kind: EntryKind | None = EntryKind.MODEL
    mixed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What upstream says about a model beside its score, exactly as printed.

    `namespace` is the owner part of a Hub id, `organization` a printed maker; a source gives
    one or the other. `parameters_b` is in 10^9 parameters. `official` is upstream's own flag
    where it has one. None is unknown. `kind` says what it is if it is no model.
    """

    namespace: str | None
    organization: str | None
    licence: str | None
    official: bool | None
    parameters_b: float | None
    kind: EntryKind = EntryKind.MODEL


def profile_text(profile: Profile) -> str:
    """A profile as one line, equal for equal profiles only."""
    facts: tuple[object, ...] = (
        profile.namespace,
        profile.organization,
        profile.licence,
        profile.official,
        profile.parameters_b,
    )
    if profile.kind is not EntryKind.MODEL:  # digests of before there were kinds stay as they are
        facts += (str(profile.kind),)
    return repr(facts)


def board_slug(family: str, era: str | None, category: str) -> str:
    """The id of a board: `livebench-2025-05-30-reasoning`; the main board's has no category."""
    parts = (family, era, None if category == "overall" else category)
    return "-".join(part for part in parts if part)


class RawEntry(NamedTuple):
    """One printed line of a snapshot. A tuple because millions are made in a back-fill.

    `score`, `score_lower` and `score_upper` are in the board's unit, never rescaled.
    `published_rank` is upstream's own rank, kept beside ours.
    """

    printed_name: str
    score: float
    score_lower: float | None
    score_upper: float | None
    votes: int | None
    published_rank: int | None
    profile: Profile


class Snapshot(NamedTuple):
    """A whole leaderboard as one payload shows it. Entries in upstream's order."""

    leaderboard: Leaderboard
    edition_date: date
    entries: list[RawEntry]
