"""The names of one source that fold alike, and what was printed beside them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from app.domain.leaderboard import Profile
from app.domain.names import fold
from app.identity.model_names import base_name
from app.ingest.makers import NAME, NAMESPACE
from app.store.writes.identities import AliasRecord, EvidenceRecord, ModelRecord


@dataclass(slots=True, eq=False)
class Group:
    """Names of one source that differ by spelling alone: they are one model.

    `model` is set once it is `placed`.
    """

    source_id: int
    source: str
    key: str
    names: list[AliasRecord] = field(default_factory=list)
    evidence: list[EvidenceRecord] = field(default_factory=list)
    placed: bool = False
    model: ModelRecord = field(init=False)

    @property
    def ids(self) -> set[int]:
        """The numbers of its names."""
        return {alias.id for alias in self.names}

    @property
    def owner(self) -> str | None:
        """The Hub owner that its names say themselves, None where they are no Hub ids."""
        owners = [record.printed for record in self.evidence if record.kind == NAMESPACE]
        return min(owners, default=None)

    @property
    def name(self) -> str:
        """The model's own name; of several spellings the one with capitals."""
        on_hub = self.owner is not None
        return min(base_name(alias.printed_name, namespaced=on_hub) for alias in self.names)

    @property
    def newest_makers(self) -> Sequence[EvidenceRecord]:
        """What its newest edition printed as maker, each text once."""
        newest = max((record.last_date for record in self.evidence), default=None)
        found = [record for record in self.evidence if record.last_date == newest]
        return list({(r.kind, fold(r.printed)): r for r in found}.values())

    def put(self, model: ModelRecord) -> None:
        """Let its names mean a model."""
        self.model = model
        self.placed = True
        for alias in self.names:
            alias.model_id = model.id

    def note(self, alias: AliasRecord, profile: Profile, day: date) -> EvidenceRecord | None:
        """Remember the maker printed beside one of its names; what has to be stored of that."""
        on_hub = profile.namespace is not None
        text = profile.namespace if on_hub else profile.organization
        if text is None or not fold(text):
            return None
        kind = NAMESPACE if on_hub else NAME
        for record in self.evidence:
            if (record.alias_id, record.kind, record.printed) == (alias.id, kind, text):
                if day <= record.last_date:
                    return None
                record.last_date = day
                return record
        self.evidence.append(EvidenceRecord(alias.id, kind, text, day))
        return self.evidence[-1]
