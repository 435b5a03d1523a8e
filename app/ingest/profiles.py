"""What a source prints about its models beside their scores; each combination is kept once."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.domain.leaderboard import Profile, Snapshot
from app.identity.licences import open_weights
from app.store.writes import identities as store
from app.store.writes.identities import NewIds


class StoredProfile(NamedTuple):
    """The number under which a profile is kept, and its text."""

    id: int
    text: str


@dataclass(slots=True)
class Profiles:
    """The profiles of one source in memory, for one writer.

    `flags` tells by number what upstream says of being official.
    """

    source_id: int
    flags: dict[int, bool | None] = field(default_factory=dict)
    _numbers: dict[bytes, int] = field(default_factory=dict)

    def load(self, session: Session) -> None:
        """Read what is stored."""
        stored = store.load_profiles(session, self.source_id)
        self._numbers = {digest: number for digest, (number, _flag) in stored.items()}
        self.flags = dict(stored.values())

    def keep(
        self, session: Session, snapshots: Sequence[Snapshot]
    ) -> tuple[dict[Profile, StoredProfile], bool]:
        """How the profiles of these snapshots are kept, and whether any had to be stored."""
        printed = {id(e.profile): e.profile for s in snapshots for e in s.entries}
        new: list[dict[str, object]] = []
        ids = NewIds(session)
        found: dict[Profile, StoredProfile] = {}
        for profile in printed.values():
            text = profile_text(profile)
            digest = hashlib.blake2b(text.encode(), digest_size=12).digest()
            if digest not in self._numbers:
                number = self._numbers[digest] = ids.profile()
                self.flags[number] = profile.official
                new.append(self._row(number, digest, profile))
            found[profile] = StoredProfile(self._numbers[digest], text)
        store.insert_profiles(session, new)
        return found, bool(new)

    def _row(self, number: int, digest: bytes, profile: Profile) -> dict[str, object]:
        return {
            "id": number,
            "source_id": self.source_id,
            "digest": digest,
            "namespace": profile.namespace,
            "organization": profile.organization,
            "licence": profile.licence,
            "official": profile.official,
            "parameters_b": profile.parameters_b,
            "open_weights": open_weights(profile.licence, on_hub=profile.namespace is not None),
        }


def profile_text(profile: Profile) -> str:
    """A profile as one line, equal for equal profiles only."""
    return repr(
        (
            profile.namespace,
            profile.organization,
            profile.licence,
            profile.official,
            profile.parameters_b,
        )
    )
