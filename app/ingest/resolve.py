"""From printed names to models and organizations.

A name means what the curated table says (`app.identity`). Where it says nothing, a printed maker or
Hub owner is looked up, an unknown one becomes an organization of its own, not yet reviewed; and a
model is its maker and its name, folded, without how it was asked. Names of one source that differ
only by case are one model. The maker printed in the newest edition counts: boards name makers late
and correct them.

What was printed is kept, so that every decision can be made anew when the table changes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.domain.leaderboard import Profile, Snapshot
from app.identity.curation import Curation
from app.identity.model_names import model_slug, name_key
from app.ingest.decisions import Decisions
from app.ingest.groups import Group
from app.ingest.makers import Makers
from app.ingest.models import Belongs, Models, Wanted
from app.ingest.profiles import Profiles, StoredProfile, read_licences_anew
from app.store.bulk import lock_writers
from app.store.writes import counters
from app.store.writes import identities as store
from app.store.writes.counters import NewIds
from app.store.writes.identities import AliasRecord, EvidenceRecord, ModelRecord
from app.store.writes.officials import Officials


class Meaning(NamedTuple):
    """What a printed name stands for now.

    `group` is the same for the names of one source that fold alike.
    """

    alias_id: int
    group: int
    model_id: int


@dataclass(slots=True)
class Resolver:
    """All names of the record in memory, for one writer. Kept from one payload to the next.

    `moved` are the names that mean another model since this was last emptied.
    """

    source_id: int
    curation: Curation
    moved: set[int] = field(default_factory=set)
    _version: dict[str, int] | None = None
    _meanings: int = 0
    _decisions: Decisions = field(init=False)
    _ids: NewIds = field(init=False)
    _sources: dict[int, str] = field(default_factory=dict)
    _names: dict[tuple[int, str], tuple[AliasRecord, Group]] = field(default_factory=dict)
    _groups: dict[tuple[int, str], Group] = field(default_factory=dict)
    _group_of: dict[int, Group] = field(default_factory=dict)
    _officials: dict[int, bool] = field(default_factory=dict)
    _flipped: set[int] = field(default_factory=set)
    _had: dict[int, set[int]] = field(default_factory=dict)
    _profiles: Profiles = field(init=False)

    def __post_init__(self) -> None:
        """The profiles are of the one source."""
        self._decisions = Decisions(self.curation, Makers(self.curation), Models())
        self._profiles = Profiles(self.source_id, self.curation)

    @property
    def _makers(self) -> Makers:
        return self._decisions.makers

    @property
    def _models(self) -> Models:
        return self._decisions.models

    @property
    def _held(self) -> dict[int, list[Group]]:
        return self._decisions.held

    def open(self, session: Session, *, anew: bool = False) -> None:
        """Be the one who decides names until the transaction ends; read what others decided.

        Where that was done by another curated table, or on demand, everything is decided `anew`
        first.
        """
        lock_writers(session)
        self._ids = self._makers.ids = NewIds(session)
        versions = _versions(session)
        self._meanings = versions[counters.IDENTITY]
        if versions != self._version:
            self._load(session)
        if anew or counters.curation_applied(session) != self.curation.digest:
            self._decide_anew(session)
        self._remember(session)

    def forget(self) -> None:
        """The transaction failed: what was decided in it never was."""
        self._version = None
        self._decisions.makers = Makers(self.curation)
        self._flipped = set()
        self.moved = set()
        self._had = {}

    def _decide_anew(self, session: Session) -> None:
        """Decide whom every stored name means, from what was printed and the curated table."""
        self._makers.bring_in_line(session)
        groups = sorted(self._groups.values(), key=lambda group: min(group.ids))
        groups.sort(key=lambda group: not self._decisions.is_listed(group))
        for group in groups:
            self._settle(session, group)
        self._part_ids(session)
        while self._straighten(session):
            counters.bump_version(session, counters.IDENTITY)
        self._had = {}
        self._makers.retire(session)
        if read_licences_anew(session, self.curation) | self._makers.changed:
            counters.bump_version(session, counters.IDENTITY)
        self._makers.changed = False
        counters.note_curation(session, self.curation.digest)
        self._profiles.load(session)

    def resolve(
        self, session: Session, printed: Mapping[str, tuple[Profile, date]]
    ) -> dict[str, Meaning]:
        """Who is meant by each printed name, given what was printed and for which edition.

        Stores what is new. Called between `open` and the end of the transaction.
        """
        arrivals: list[AliasRecord] = []
        evidence: list[EvidenceRecord] = []
        stirred: dict[Group, None] = {}
        for name, (profile, day) in printed.items():
            known = self._names.get((self.source_id, name))
            if known is not None and profile.namespace is not None:
                continue  # a Hub id says who made it; nothing can change about it
            alias, group = known or self._arrive(name)
            if known is None:
                arrivals.append(alias)
                stirred[group] = None
            record = group.note(alias, profile, day)
            if record is not None:
                evidence.append(record)
                stirred[group] = None
        self._place(session, [group for group in stirred if not group.placed])
        for alias in arrivals:
            alias.model_id = self._names[self.source_id, alias.printed_name][1].model.id
        store.insert_aliases(session, arrivals)
        store.save_evidence(session, evidence)
        if evidence:
            counters.bump_version(session, counters.MAKERS)
        if arrivals:
            counters.bump_version(session, counters.NAMES)
        for group in stirred:
            self._settle(session, group)
        self._part_ids(session)
        self._had = {}
        self._remember(session)
        return {name: self._meaning(name) for name in printed}

    def profiles(
        self, session: Session, snapshots: Sequence[Snapshot]
    ) -> dict[Profile, StoredProfile]:
        """How the profiles of these snapshots are kept; stores new ones.

        Called between `open` and the end of the transaction.
        """
        found, new = self._profiles.keep(session, snapshots)
        if new:
            counters.bump_version(session, counters.NAMES)
            self._remember(session)
        return found

    @property
    def officials(self) -> Officials:
        """Which lines of the source are official."""
        return Officials(self._profiles.flags, self._officials)

    def models(self) -> dict[int, int]:
        """The model of every name, by number."""
        return {alias.id: alias.model_id for alias, _ in self._names.values()}

    def meanings_changed(self, session: Session) -> bool:
        """Whether a known name or maker means another since `open`.

        Answers about any board may then differ: what is new only adds to the board it is on.
        """
        return counters.version_of(session, counters.IDENTITY) != self._meanings

    def with_other_leaders(self) -> list[int]:
        """The sources whose editions may have other official leaders since this was last asked.

        A maker's kind is of all sources, whose model a name is only of its own.
        """
        affected = sorted(self._sources) if self._makers.kinds_changed else sorted(self._flipped)
        self._flipped = set()
        self._makers.kinds_changed = False
        return affected

    def _arrive(self, name: str) -> tuple[AliasRecord, Group]:
        """A name that nobody has printed before, among those it folds with."""
        alias = AliasRecord(self._ids.alias(), self.source_id, name, 0, reviewed=False, since=None)
        return alias, self._put_in_group(alias)

    def _put_in_group(self, alias: AliasRecord) -> Group:
        key = (alias.source_id, name_key(alias.printed_name))
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = Group(key[0], self._sources[key[0]], key[1])
        group.names.append(alias)
        self._names[alias.source_id, alias.printed_name] = (alias, group)
        self._group_of[alias.id] = group
        return group

    def _place(self, session: Session, groups: Sequence[Group]) -> None:
        """Put new groups to the models they mean, made where there are none."""
        new: list[ModelRecord] = []
        for group in groups:
            wanted = self._decisions.wanted(group)
            model = self._models.find(wanted.identity)
            if model is None:
                model = self._models.make(wanted, self._ids, self._belonging_to(wanted))
                new.append(model)
            elif model not in new:
                self._had.setdefault(model.id, self._names_of(model))
            group.put(model)
            self._held.setdefault(model.id, []).append(group)
        self._makers.store_new(session)
        store.insert_models(session, new)

    def _settle(self, session: Session, group: Group) -> None:
        """Let a group mean what it should by now, and the record say so."""
        wanted = self._wanted_now(session, group)
        changed = group.model.identity != wanted.identity
        if changed:
            self._move(session, group, wanted)
        held = self._held[group.model.id]
        if len(held) > 1:
            for other in [o for o in held if o is not group and self._decisions.is_driven_out(o)]:
                self._settle(session, other)
        changed |= self._refresh(session, group.model)
        changed |= self._confirm(session, group)
        if changed:
            counters.bump_version(session, counters.IDENTITY)
        self._note_officials(group)

    def _move(self, session: Session, group: Group, wanted: Wanted) -> None:
        """Give the names of a group to another model; the one they leave may end."""
        model = group.model
        held = self._held[model.id]
        target = self._models.find(wanted.identity)
        belongs = self._belonging_to(wanted)
        if target is None and held == [group]:
            known = min(self._had.pop(model.id, group.ids))
            self._models.rename(session, model, wanted, known, belongs)
            return
        had = self._had.setdefault(model.id, self._names_of(model))
        if target is None:
            target = self._models.make(wanted, self._ids, belongs)
            store.insert_models(session, [target])
        else:
            self._had.setdefault(target.id, self._names_of(target))
        held.remove(group)
        group.put(target)
        self._held.setdefault(target.id, []).append(group)
        store.update_aliases(session, group.names)
        self.moved |= group.ids
        if held:
            self._refresh(session, model)
        else:
            del self._held[model.id]
            self._models.retire(session, model, min(had))

    def _belonging_to(self, wanted: Wanted) -> Belongs:
        """Which names are to mean the model that is wanted, be it that they do not do so yet."""

        def belongs(alias_id: int) -> bool:
            return self._decisions.wanted(self._group_of[alias_id]).identity == wanted.identity

        return belongs

    def _wanted_now(self, session: Session, group: Group) -> Wanted:
        """The model that a group should mean; its maker is stored if it is new."""
        wanted = self._decisions.wanted(group)
        self._makers.store_new(session)
        return wanted

    def _refresh(self, session: Session, model: ModelRecord) -> bool:
        """Let a model be called what the best known of its names says."""
        return self._models.take_facts(session, model, self._facts(session, model))

    def _facts(self, session: Session, model: ModelRecord) -> Wanted:
        """What the best known of a model's names says that it should be."""
        lead = self._decisions.lead(self._held[model.id])
        return self._wanted_now(session, lead)

    def _part_ids(self, session: Session) -> None:
        """Let names that have left a model take the id with them that is theirs."""
        for model_id in self._had.keys() & self._held.keys():
            model = self._models[model_id]
            own, known = self._names_of(model), self._known_by(model)
            self._models.give_up(session, model, self._facts(session, model), own, known)

    def _straighten(self, session: Session) -> bool:
        """Let models have their plain ids where these have become free; whether any had not."""
        changed = False
        own = {model_id: self._names_of(self._models[model_id]) for model_id in self._held}
        for model_id in sorted(own, key=lambda model_id: min(own[model_id])):
            model = self._models[model_id]
            facts = self._facts(session, model)
            known = self._known_by(model)
            changed |= self._models.straighten(session, model, facts, own[model_id], known)
        return changed

    def _names_of(self, model: ModelRecord) -> set[int]:
        return set[int]().union(*(group.ids for group in self._held.get(model.id, ())))

    def _known_by(self, model: ModelRecord) -> int:
        """Whose a model's id is: the name longest known of those that it had and still has.

        Where it has none of them, of those that it had: what came meanwhile was not known by it.
        `_had` is kept until a decision is made, for models that names leave or come to.
        """
        own = self._names_of(model)
        had = self._had.get(model.id, own)
        return min(had & own or had)

    def _confirm(self, session: Session, group: Group) -> bool:
        """Note on names what the curated table says, and by which id else they would be known."""
        listed = self.curation.model_of(group.source, group.key)
        facts = (listed is not None, None if listed is None else listed[1].since)
        changed = [alias for alias in group.names if (alias.reviewed, alias.since) != facts]
        for alias in changed:
            alias.reviewed, alias.since = facts
        store.update_aliases(session, changed)
        if listed is not None:
            maker = self._decisions.maker(group)
            self._makers.store_new(session)
            plain = model_slug(self._makers.slug(maker), group.name)
            if not self._models.knows(plain):
                self._models.lead(session, {plain: min(group.ids)})
        return bool(changed)

    def _note_officials(self, group: Group) -> None:
        official = self._makers.is_official(group.model.organization_id)
        for alias in group.names:
            if self._officials.get(alias.id, official) != official:
                self._flipped.add(group.source_id)
            self._officials[alias.id] = official

    def _meaning(self, name: str) -> Meaning:
        alias, group = self._names[self.source_id, name]
        return Meaning(alias.id, group.names[0].id, alias.model_id)

    def _remember(self, session: Session) -> None:
        self._version = _versions(session)

    def _load(self, session: Session) -> None:
        self._sources = store.load_sources(session)
        self._makers.load(session)
        self._models.load(session)
        self._names, self._groups, self._group_of = {}, {}, {}
        self._held.clear()
        self._officials = {}
        of_alias = {alias.id: self._put_in_group(alias) for alias in store.load_aliases(session)}
        for record in store.load_evidence(session):
            of_alias[record.alias_id].evidence.append(record)
        for group in self._groups.values():
            group.put(self._models[group.names[0].model_id])
            self._held.setdefault(group.model.id, []).append(group)
            self._note_officials(group)
        self._profiles.load(session)


def _versions(session: Session) -> dict[str, int]:
    return counters.versions_of(session, (counters.NAMES, counters.IDENTITY, counters.MAKERS))
