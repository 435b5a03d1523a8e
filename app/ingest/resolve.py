"""From printed names to models and organizations.

Decisions are few and reversible: a printed maker or Hub owner is looked up in the curated
table, an unknown one becomes an organization of its own, not yet reviewed; a model is its
maker and its name, folded. Names of one source that differ only by case are one model. The
maker printed in the newest edition counts: boards name makers late and correct them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.domain.leaderboard import Profile, Snapshot
from app.identity.model_names import base_name, identity_key, model_slug, name_key
from app.ingest.makers import Makers, short_hash
from app.ingest.profiles import Profiles, StoredProfile
from app.store.bulk import lock_writers
from app.store.writes import identities as store
from app.store.writes.identities import AliasRecord, ModelRecord, NewIds
from app.store.writes.snapshots import Officials


class Meaning(NamedTuple):
    """What a printed name stands for now."""

    alias_id: int
    model_id: int


@dataclass(slots=True)
class _Group:
    """The names of one source that fold alike: they are one model."""

    model: ModelRecord
    aliases: list[AliasRecord]
    evidence_date: date | None


@dataclass(slots=True)
class _Evidence:
    """That an edition of a date printed a maker beside a name.

    `lasting`: another edition may print another maker. A Hub id names its owner itself.
    """

    group: _Group
    maker: int
    name: str
    day: date
    lasting: bool
    newer: bool = False

    def dated(self) -> list[AliasRecord]:
        """The names whose newest evidence this has become."""
        return self.group.aliases if self.newer and self.lasting else []


@dataclass(slots=True)
class Resolver:
    """The names of the record in memory, for one writer. Kept from one payload to the next."""

    source_id: int
    makers: Makers
    _version: tuple[int, int] | None = None
    _models: dict[int, ModelRecord] = field(default_factory=dict)
    _by_identity: dict[str, ModelRecord] = field(default_factory=dict)
    _slugs: dict[str, int] = field(default_factory=dict)
    _redirects: dict[str, int] = field(default_factory=dict)
    _aliases: dict[str, AliasRecord] = field(default_factory=dict)
    _groups: dict[str, _Group] = field(default_factory=dict)
    _grouped: set[int] = field(default_factory=set)
    _names_of: dict[int, int] = field(default_factory=dict)
    _officials: dict[int, bool] = field(default_factory=dict)
    _flipped: bool = False
    _meanings: int = 0
    _profiles: Profiles = field(init=False)

    def __post_init__(self) -> None:
        """The profiles are of the same source."""
        self._profiles = Profiles(self.source_id)

    def open(self, session: Session) -> None:
        """Be the one who decides names until the transaction ends; read what others decided."""
        lock_writers(session)
        self._meanings = store.version_of(session, store.IDENTITY)
        if _versions(session) == self._version:
            return
        known_as = self.makers.load(session)
        self._load(session)
        if known_as:
            self._hand_over(session, known_as)
            self.makers.load(session)
            self._load(session)
        self._remember(session)

    def forget(self) -> None:
        """The transaction failed: what was decided in it never was."""
        self._version = None
        self._flipped = False

    def resolve(
        self, session: Session, names: Mapping[str, tuple[Profile, date]]
    ) -> dict[str, Meaning]:
        """Who is meant by each printed name, given what was printed and for which edition.

        Stores what is new. Called between `open` and the end of the transaction.
        """
        new_models: list[ModelRecord] = []
        new_aliases: list[AliasRecord] = []
        ids = NewIds(session)
        evidence: list[_Evidence] = []
        for printed, (profile, day) in names.items():
            if profile.namespace is not None and printed in self._aliases:
                continue  # a Hub id says who made it; nothing can change about it
            maker = self.makers.find(profile, printed, ids)
            name = base_name(printed, namespaced=profile.namespace is not None)
            group = self._groups.get(name_key(printed))
            if group is None:
                owner = self._owner_that_counts(maker, profile, name)
                model = self._model(maker, name, ids, new_models, owner=owner)
                if profile.namespace is not None and model.name != name:
                    model.name = name  # the Hub's spelling is the maker's own
                    store.rename_model(session, model)
                group = self._groups[name_key(printed)] = _Group(model, [], None)
                self._grouped.add(model.id)
            if printed not in self._aliases:
                record = AliasRecord(ids.alias(), self.source_id, printed, group.model.id, None)
                group.aliases.append(record)
                self._aliases[printed] = record
                self._names_of[group.model.id] = self._names_of.get(group.model.id, 0) + 1
                new_aliases.append(record)
            if maker is not None:
                evidence.append(_Evidence(group, maker, name, day, profile.namespace is None))
        made = self.makers.store_new(session)
        store.insert_models(session, new_models)
        store.insert_aliases(session, new_aliases)
        if made or new_models or new_aliases:
            store.bump_version(session, store.NAMES)
        for piece in evidence:
            self._weigh(session, piece)
        store.update_evidence(session, [a for piece in evidence for a in piece.dated()])
        self._remember(session)
        self._note_officials(record.printed_name for record in new_aliases)
        self._note_officials(a.printed_name for piece in evidence for a in piece.group.aliases)
        return {
            printed: Meaning(self._aliases[printed].id, self._aliases[printed].model_id)
            for printed in names
        }

    def profiles(
        self, session: Session, snapshots: Sequence[Snapshot]
    ) -> dict[Profile, StoredProfile]:
        """How the profiles of these snapshots are kept; stores new ones.

        Called between `open` and the end of the transaction.
        """
        found, new = self._profiles.keep(session, snapshots)
        if new:
            store.bump_version(session, store.NAMES)
            self._remember(session)
        return found

    @property
    def officials(self) -> Officials:
        """Which lines of the source are official."""
        return Officials(self._profiles.flags, self._officials)

    def meanings_changed(self, session: Session) -> bool:
        """Whether a known name or maker means another since `open`.

        Answers about any board may then differ: what is new only adds to the board it is on.
        """
        return store.version_of(session, store.IDENTITY) != self._meanings

    def with_other_leaders(self, session: Session) -> list[int]:
        """The sources whose editions may have other official leaders since this was last asked.

        A maker's kind is of all sources, whose model a name is only of its own.
        """
        affected = [self.source_id] if self._flipped else []
        if self.makers.kinds_changed:
            affected = store.source_ids(session)
        self._flipped = self.makers.kinds_changed = False
        return affected

    def _remember(self, session: Session) -> None:
        self._version = _versions(session)

    def _note_officials(self, names: Iterable[str]) -> None:
        for printed in names:
            alias = self._aliases[printed]
            maker = self._groups[name_key(printed)].model.organization_id
            official = self.makers.is_official(maker)
            self._flipped |= self._officials.get(alias.id, official) != official
            self._officials[alias.id] = official

    def _owner_that_counts(self, maker: int | None, profile: Profile, name: str) -> str | None:
        """The Hub owner, where it must tell a model from one of the same name and maker.

        A source that prints two ids means two entries, even where one has moved to the other.
        """
        if profile.namespace is None or maker is None:
            return None
        found = self._by_identity.get(identity_key(self.makers.slug(maker), name))
        taken = found is not None and found.id in self._grouped
        moved = self.makers.is_former(profile.namespace)
        return profile.namespace if taken or moved else None

    def _model(
        self,
        maker: int | None,
        name: str,
        ids: NewIds,
        new: list[ModelRecord],
        *,
        owner: str | None = None,
    ) -> ModelRecord:
        """The model of a maker by a name, made if there is none."""
        organization = self.makers.slug(maker)
        whole = name if owner is None else f"{owner}/{name}"
        identity = identity_key(organization, name, owner=owner)
        found = self._by_identity.get(identity)
        if found is not None:
            return found
        record = ModelRecord(
            id=ids.model(),
            slug=self._free_slug(organization, whole, identity, None),
            name=name,
            identity=identity,
            organization_id=maker,
        )
        self._add_model(record)
        new.append(record)
        return record

    def _free_slug(
        self, organization: str | None, name: str, identity: str, own: int | None
    ) -> str:
        """The plain slug, unless another model has it, or had it."""
        slug = plain = model_slug(organization, name)
        while slug in self._slugs or self._redirects.get(slug, own) != own:
            slug = f"{plain}-{short_hash(identity + slug)}"
        return slug

    def _add_model(self, record: ModelRecord) -> None:
        self._models[record.id] = record
        self._by_identity[record.identity] = record
        self._slugs[record.slug] = record.id

    def _weigh(self, session: Session, piece: _Evidence) -> None:
        """Let the maker printed in the newest edition decide whose model a name is.

        Of several printed on one day the same one decides, in whichever order they come.
        """
        group = piece.group
        piece.newer = group.evidence_date is None or piece.day > group.evidence_date
        organization_id = group.model.organization_id
        if piece.newer:
            group.evidence_date = piece.day
            for alias in group.aliases:
                alias.evidence_date = piece.day
        elif organization_id is not None and not (
            piece.day == group.evidence_date
            and self.makers.goes_before(piece.maker, organization_id)
        ):
            return
        if organization_id != piece.maker:
            self._assign(session, group, piece.maker, piece.name)
            store.bump_version(session, store.IDENTITY)

    def _assign(self, session: Session, group: _Group, maker: int, name: str) -> None:
        """Give the names of a group to the model of the same name of another maker."""
        organization = self.makers.slug(maker)
        model = group.model
        identity = identity_key(organization, name)
        target = self._by_identity.get(identity)
        alone = self._names_of[model.id] == len(group.aliases)
        if target is None and alone:
            self._rename(session, model, maker, name)
            return
        if target is None:
            new: list[ModelRecord] = []
            target = self._model(maker, name, NewIds(session), new)
            store.insert_models(session, new)
        store.move_aliases(session, group.aliases, target.id)
        group.model = target
        self._grouped.add(target.id)
        for alias in group.aliases:
            alias.model_id = target.id
        self._names_of[model.id] -= len(group.aliases)
        self._names_of[target.id] = self._names_of.get(target.id, 0) + len(group.aliases)
        if alone:
            self._retire(session, model, target)

    def _rename(self, session: Session, model: ModelRecord, maker: int, name: str) -> None:
        organization = self.makers.slug(maker)
        old_slug = model.slug
        del self._by_identity[model.identity]
        del self._slugs[old_slug]
        model.identity = identity_key(organization, name)
        model.organization_id = maker
        model.slug = self._free_slug(organization, name, model.identity, model.id)
        self._add_model(model)
        if self._redirects.pop(model.slug, None) is not None:
            store.drop_redirect(session, model.slug)
        store.rename_model(session, model)
        self._redirect(session, old_slug, model)

    def _retire(self, session: Session, model: ModelRecord, successor: ModelRecord) -> None:
        store.retire_model(session, model.id, successor.id)
        del self._models[model.id]
        del self._by_identity[model.identity]
        del self._slugs[model.slug]
        for slug, model_id in self._redirects.items():
            if model_id == model.id:
                self._redirects[slug] = successor.id
        self._redirect(session, model.slug, successor)

    def _redirect(self, session: Session, slug: str, model: ModelRecord) -> None:
        if slug != model.slug:
            self._redirects[slug] = model.id
            store.redirect_slug(session, slug, model.id)

    def _hand_over(self, session: Session, known_as: Mapping[int, int]) -> None:
        """Give the models of organizations that turned out to be others to those.

        Two of one source stay two, told apart by the name of the former maker.
        """
        sources = store.sources_of_models(session)
        for model in list(self._models.values()):
            maker = known_as.get(model.organization_id or 0)
            if maker is None:
                continue
            former, _, name = model.identity.partition("/")
            target = self._by_identity.get(identity_key(self.makers.slug(maker), name))
            if target is None:
                self._rename(session, model, maker, name)
            elif sources[model.id] & sources[target.id]:
                self._rename(session, model, maker, f"{former}/{name}")
            else:
                store.move_all_aliases(session, model.id, target.id)
                sources[target.id] |= sources[model.id]
                self._retire(session, model, target)
        self.makers.retire(session, known_as)
        store.bump_version(session, store.IDENTITY)

    def _load(self, session: Session) -> None:
        self._models = {r.id: r for r in store.load_models(session)}
        self._by_identity = {r.identity: r for r in self._models.values()}
        self._slugs = {r.slug: r.id for r in self._models.values()}
        self._redirects = store.load_redirects(session)
        self._aliases = {}
        self._groups = {}
        self._grouped = set()
        self._names_of = {}
        for record in store.load_aliases(session):
            self._names_of[record.model_id] = self._names_of.get(record.model_id, 0) + 1
            if record.source_id != self.source_id:
                continue
            self._aliases[record.printed_name] = record
            self._grouped.add(record.model_id)
            group = self._groups.setdefault(
                name_key(record.printed_name),
                _Group(self._models[record.model_id], [], None),
            )
            group.aliases.append(record)
            if record.evidence_date is not None:
                group.evidence_date = max(
                    group.evidence_date or record.evidence_date, record.evidence_date
                )
        self._profiles.load(session)
        self._officials = {}
        self._note_officials(self._aliases)


def _versions(session: Session) -> tuple[int, int]:
    return (store.version_of(session, store.NAMES), store.version_of(session, store.IDENTITY))
