"""What a source prints about its models beside their scores; each combination is kept once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.domain.leaderboard import Profile, Snapshot, profile_text
from app.identity.curation import Curation
from app.identity.licences import Licence, licence_of, spdx_id
from app.store.writes import profiles as store
from app.store.writes.counters import NewIds
from app.store.writes.profiles import LicenceRecord


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
    curation: Curation
    flags: dict[int, bool | None] = field(default_factory=dict)
    _numbers: dict[bytes, int] = field(default_factory=dict)
    _licences: dict[str, LicenceRecord] = field(default_factory=dict)

    def load(self, session: Session) -> None:
        """Read what is stored."""
        stored = store.load_profiles(session, self.source_id)
        self._numbers = {digest: number for digest, (number, _flag) in stored.items()}
        self.flags = dict(stored.values())
        self._licences = store.load_licences(session)

    def keep(
        self, session: Session, snapshots: Sequence[Snapshot]
    ) -> tuple[dict[Profile, StoredProfile], bool]:
        """How the profiles of these snapshots are kept, and whether any had to be stored."""
        printed = {id(e.profile): e.profile for s in snapshots for e in s.entries}
        new: list[dict[str, object]] = []
        licences: dict[str, LicenceRecord] = {}
        ids = NewIds(session)
        found: dict[Profile, StoredProfile] = {}
        for profile in printed.values():
            text = profile_text(profile)
            digest = store.profile_digest(text)
            if digest not in self._numbers:
                number = self._numbers[digest] = ids.profile()
                self.flags[number] = profile.official
                licence = licence_of(profile.licence, self.curation.licence_spellings)
                if licence is not None:
                    licences[licence.id] = _record(licence)
                new.append(self._row(number, digest, profile, licence))
            found[profile] = StoredProfile(self._numbers[digest], text)
        further = [record for key, record in licences.items() if key not in self._licences]
        store.save_licences(session, self._licences, further)
        self._licences |= licences
        store.insert_profiles(session, new)
        return found, bool(new)

    def _row(
        self, number: int, digest: bytes, profile: Profile, licence: Licence | None
    ) -> dict[str, object]:
        return {
            "id": number,
            "source_id": self.source_id,
            "digest": digest,
            "namespace": profile.namespace,
            "organization": profile.organization,
            "licence": profile.licence,
            "licence_id": licence and licence.id,
            "official": profile.official,
            "parameters_b": profile.parameters_b,
            "kind": profile.kind,
            "open_weights": _openness(licence, on_hub=profile.namespace is not None),
        }


def read_licences_anew(session: Session, curation: Curation) -> bool:
    """Let every stored profile say what its licence is taken for now; whether any changed."""
    uses = store.licence_uses(session)
    known = store.load_licences(session)
    found: dict[str | None, Licence | None] = {}
    changed = []
    for use in uses:
        if use.printed not in found:
            found[use.printed] = licence_of(use.printed, curation.licence_spellings)
        licence = found[use.printed]
        now = use._replace(
            licence_id=None if licence is None else licence.id,
            open_weights=_openness(licence, on_hub=use.on_hub),
        )
        if now != use:
            changed.append(now)
    wanted = {one.id: _record(one) for one in found.values() if one is not None}
    moved = bool(changed) or known != wanted
    if moved:
        store.save_licences(session, known, list(wanted.values()))
        store.update_licence_uses(session, changed)
        store.delete_licences(session, [key for key in known if key not in wanted])
    return moved


def _openness(licence: Licence | None, *, on_hub: bool) -> bool | None:
    """Whether the weights can be had: of what stands on the Hub they can, whatever its licence."""
    if on_hub:
        return True
    return None if licence is None else licence.open_weights


def _record(licence: Licence) -> LicenceRecord:
    return LicenceRecord(
        licence.id, licence.name, spdx_id(licence.id) == licence.id, licence.open_weights
    )
