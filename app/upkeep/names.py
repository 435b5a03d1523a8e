"""What the store says of names and profiles, laid out by number: blocks index it."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sqlalchemy.orm import Session

from app.domain.leaderboard import EntryKind, Profile, profile_text
from app.domain.names import fold
from app.domain.standings import OFFICIAL_NOT
from app.store.blocks import Block, Ints
from app.store.queries.integrity import StoredProfile, stored_names, stored_profiles
from app.store.queries.provenance import ORGANIZATION, OWNER

NOBODY = -1

Texts = npt.NDArray[np.object_]


class KnownNames(NamedTuple):
    """Columns by number, `NOBODY` where there is none.

    Of names the source, text, model, and whether its maker is official; of profiles the source,
    text, upstream's official flag, and the kind of maker that is printed, empty where none is.
    """

    source: Ints
    printed: Texts
    model: Ints
    by_official_maker: npt.NDArray[np.bool_]
    profile_source: Ints
    profile_text: Texts
    flag: Ints
    profile_maker: Texts

    def are_of(self, source_id: int, block: Block) -> bool:
        """Whether all names and profiles of a block are known, and of a source."""
        return _all_of(self.source, block.alias_id, source_id) and _all_of(
            self.profile_source, block.profile_id, source_id
        )

    def has(self, alias_id: int) -> bool:
        """Whether there is such a name."""
        return 0 <= alias_id < len(self.source) and bool(self.source[alias_id] != NOBODY)

    def called(self, alias_id: int) -> str:
        """A name, quoted, or its number where there is none."""
        return repr(self.printed[alias_id]) if self.has(alias_id) else f"name {alias_id}"

    def first_official(self, entries: Block) -> int | None:
        """The name of the first official entry, by upstream's flag, else by the maker."""
        flag = self.flag[entries.profile_id]
        official = np.where(flag == NOBODY, self.by_official_maker[entries.alias_id], flag)
        first = np.flatnonzero(official)
        return int(entries.alias_id[first[0]]) if first.size else None


def known_names(session: Session) -> KnownNames:
    """Everything that is stored of names and profiles."""
    names = list(stored_names(session))
    profiles = list(stored_profiles(session))
    of_name = [name.id for name in names]
    of_profile = [profile.id for profile in profiles]
    texts = [
        profile_text(
            Profile(
                namespace=row.namespace,
                organization=row.organization,
                licence=row.licence,
                official=row.official,
                parameters_b=row.parameters_b,
                kind=EntryKind(row.kind),
            )
        )
        for row in profiles
    ]
    flags = [NOBODY if row.official is None else int(row.official) for row in profiles]
    officials = [name.kind not in OFFICIAL_NOT for name in names]
    return KnownNames(
        source=_laid_out(of_name, [name.source_id for name in names], np.int32),
        printed=_laid_out(of_name, [name.printed_name for name in names], np.object_),
        model=_laid_out(of_name, [name.model_id for name in names], np.int32),
        by_official_maker=_laid_out(of_name, officials, np.bool_),
        profile_source=_laid_out(of_profile, [row.source_id for row in profiles], np.int32),
        profile_text=_laid_out(of_profile, texts, np.object_),
        flag=_laid_out(of_profile, flags, np.int32),
        profile_maker=_laid_out(of_profile, [_maker_in(row) for row in profiles], np.object_),
    )


def _maker_in(profile: StoredProfile) -> str:
    """The kind of maker that a profile tells, empty where it tells none."""
    on_hub = profile.namespace is not None
    text = profile.namespace if on_hub else profile.organization
    if text is None or not fold(text):
        return ""
    return OWNER if on_hub else ORGANIZATION


def _laid_out(numbers: list[int], values: list[Any], kind: type[np.generic]) -> Any:  # noqa: ANN401
    column = np.full(max(numbers, default=0) + 1, NOBODY, kind)
    column[numbers] = np.array(values, kind)
    return column


def _all_of(source: Ints, numbers: Ints, source_id: int) -> bool:
    within = bool(numbers.min() >= 0 and numbers.max() < len(source))
    return within and bool((source[numbers] == source_id).all())
