"""All models in memory, and the ids they had: where a printed name can be put."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from app.identity.model_names import model_slug
from app.ingest.makers import short_hash
from app.store.writes import identities as store
from app.store.writes.counters import NewIds
from app.store.writes.identities import ModelRecord

Belongs = Callable[[int], bool]  # whether a name, by number, is one of a model's


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a model should be: its identity, and the facts that follow from who is meant.

    `slug_name` is what its id is made from: the name, with the Hub owner where that must tell.
    """

    identity: str
    organization: str | None
    organization_id: int | None
    name: str
    slug_name: str
    reviewed: bool
    base: str | None
    open_weights: bool | None


@dataclass(slots=True)
class Models:
    """Finds, makes, renames and retires models, in memory and in the record alike.

    An id is that of the first name that was known by it and left it, for good: it goes where that
    name goes. So no correction, taken back, leaves an id with another model than before.
    """

    _records: dict[int, ModelRecord] = field(default_factory=dict)
    _by_identity: dict[str, ModelRecord] = field(default_factory=dict)
    _slugs: set[str] = field(default_factory=set)
    _redirects: dict[str, int] = field(default_factory=dict)

    def load(self, session: Session) -> None:
        """Read what is stored."""
        self._records = {r.id: r for r in store.load_models(session)}
        self._by_identity = {r.identity: r for r in self._records.values()}
        self._slugs = {r.slug for r in self._records.values()}
        self._redirects = store.load_redirects(session)

    def __getitem__(self, model_id: int) -> ModelRecord:
        """The model of a number."""
        return self._records[model_id]

    def find(self, identity: str) -> ModelRecord | None:
        """The model of an identity."""
        return self._by_identity.get(identity)

    def make(self, wanted: Wanted, ids: NewIds, belongs: Belongs) -> ModelRecord:
        """A new model, which the caller stores. May take up an id of names that belong to it."""
        record = ModelRecord(
            id=ids.model(),
            slug=self._free_slug(wanted, belongs),
            name=wanted.name,
            identity=wanted.identity,
            organization_id=wanted.organization_id,
            reviewed=wanted.reviewed,
            base=wanted.base,
            open_weights=wanted.open_weights,
        )
        self._add(record)
        return record

    def rename(
        self,
        session: Session,
        model: ModelRecord,
        wanted: Wanted,
        known: int,
        belongs: Belongs,
    ) -> None:
        """Let a model with all its names be another; its old id leads to the name `known`."""
        old_slug = model.slug
        del self._by_identity[model.identity]
        self._slugs.remove(old_slug)
        if not belongs(known):
            self.lead(session, {old_slug: known})
        model.identity = wanted.identity
        model.slug = self._free_slug(wanted, belongs)
        self._add(model)
        self._take_facts(model, wanted)
        store.update_models(session, [model])
        self.lead(session, {old_slug: known})

    def take_facts(self, session: Session, model: ModelRecord, wanted: Wanted) -> bool:
        """Bring what is said of a model up to date; whether anything changed."""
        if not self._take_facts(model, wanted):
            return False
        store.update_models(session, [model])
        return True

    def straighten(
        self, session: Session, model: ModelRecord, wanted: Wanted, own: Collection[int], known: int
    ) -> bool:
        """Give a model its plain id if nobody else has or had that; whether it had another."""
        plain = model_slug(wanted.organization, wanted.slug_name)
        claimed = self._redirects.get(plain)
        if plain in self._slugs or (claimed is not None and claimed not in own):
            return False
        self._call(session, model, plain, known)
        return True

    def give_up(
        self, session: Session, model: ModelRecord, wanted: Wanted, own: Collection[int], known: int
    ) -> None:
        """Take a model's id from it if that is of a name that is none of its `own` any more.

        It is of the name it led to before, else of the name `known`.
        """
        known = self._redirects.get(model.slug, known)
        if known not in own:
            self._call(session, model, self._free_slug(wanted, own.__contains__), known)

    def retire(self, session: Session, model: ModelRecord, known: int) -> None:
        """Take away a model whose last names have just left it; its id leads to `known`."""
        store.delete_model(session, model.id)
        del self._records[model.id]
        del self._by_identity[model.identity]
        self._slugs.remove(model.slug)
        self.lead(session, {model.slug: known})

    def lead(self, session: Session, redirects: dict[str, int]) -> None:
        """Let ids mean what these names mean, unless a model has them or a name had them before."""
        further = {slug: of for slug, of in redirects.items() if not self.knows(slug)}
        store.save_redirects(session, further)
        self._redirects |= further

    def knows(self, slug: str) -> bool:
        """Whether an id is taken: by a model, or by a name that was known by it."""
        return slug in self._slugs or slug in self._redirects

    def _free_slug(self, wanted: Wanted, belongs: Belongs) -> str:
        """The plain id, unless another model has it, or a name that is not this one's had it."""
        slug = plain = model_slug(wanted.organization, wanted.slug_name)
        while slug in self._slugs or (
            slug in self._redirects and not belongs(self._redirects[slug])
        ):
            slug = f"{plain}-{short_hash(wanted.identity + slug)}"
        return slug

    def _call(self, session: Session, model: ModelRecord, slug: str, known: int) -> None:
        """Give a model an id; the one it had leads to the name `known`, which was known by it."""
        old = model.slug
        self._slugs.remove(old)
        model.slug = slug
        self._slugs.add(slug)
        store.update_models(session, [model])
        self.lead(session, {old: known})

    def _add(self, record: ModelRecord) -> None:
        self._records[record.id] = record
        self._by_identity[record.identity] = record
        self._slugs.add(record.slug)

    @staticmethod
    def _take_facts(model: ModelRecord, wanted: Wanted) -> bool:
        facts = {
            "name": wanted.name,
            "organization_id": wanted.organization_id,
            "reviewed": wanted.reviewed,
            "base": wanted.base,
            "open_weights": wanted.open_weights,
        }
        changed = {key: value for key, value in facts.items() if getattr(model, key) != value}
        for key, value in changed.items():
            setattr(model, key, value)
        return bool(changed)
