"""From a printed maker or Hub owner to an organization."""

import hashlib
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from app.domain.names import fold
from app.domain.organizations import OrganizationKind
from app.domain.slugs import slugify
from app.domain.standings import OFFICIAL_NOT
from app.identity.curation import Curation
from app.identity.organizations import Organization
from app.store.writes import organizations as store
from app.store.writes.counters import NewIds
from app.store.writes.organizations import Key, OrganizationRecord

NAME = "name"
NAMESPACE = "namespace"
FORMER_ID = "former_id"


@dataclass(slots=True)
class Makers:
    """All organizations in memory, for one writer.

    `ids` are for the transaction under way. `changed` and `kinds_changed`: the curated table has
    changed an organization, or even what it is, since these were last put back.
    """

    curation: Curation
    ids: NewIds = field(init=False)
    changed: bool = False
    kinds_changed: bool = False
    _records: dict[int, OrganizationRecord] = field(default_factory=dict)
    _by_slug: dict[str, int] = field(default_factory=dict)
    _texts: dict[Key, int] = field(default_factory=dict)
    _new: dict[Key, OrganizationRecord] = field(default_factory=dict)
    _heirs: dict[int, int] = field(default_factory=dict)
    _known_by: dict[int, str] = field(default_factory=dict)

    def load(self, session: Session) -> None:
        """Read what is stored."""
        self._records = {r.id: r for r in store.load_organizations(session)}
        self._by_slug = {r.slug: r.id for r in self._records.values()}
        self._texts = store.load_organization_aliases(session)
        self._new = {}

    def bring_in_line(self, session: Session) -> None:
        """Let what is stored say what the curated table says.

        Whose models are whose is to be decided anew after this, and then `retire` called.
        """
        curated = {organization.slug for organization in self.curation.organizations}
        left = [r for r in self._records.values() if r.reviewed and r.slug not in curated]
        for record in left:
            del self._by_slug[record.slug]
            self._known_by[record.id] = record.slug
            record.slug, record.reviewed = f"~{record.id}", False  # until it is taken away
            self.changed = self.kinds_changed = True
        store.update_organizations(session, left)
        self.changed |= store.save_countries(
            session, {country.code: country.name for country in self.curation.countries}
        )
        self._store_texts(session, self._store_curated(session))

    def retire(self, session: Session) -> None:
        """Take away organizations that nothing printed means any more; their ids lead on.

        An id leads to whoever has taken over a text by which the organization was recognised.
        """
        with_models = store.organizations_with_models(session)
        called = {held for (kind, _), held in self._texts.items() if kind != FORMER_ID}
        gone = [
            record
            for record in self._records.values()
            if not record.reviewed and record.id not in with_models | called
        ]
        further: dict[Key, int] = {}
        for record in gone:
            heir = self._heirs.get(record.id)
            if heir is not None:
                for key in [k for k, held in self._texts.items() if held == record.id]:
                    store.move_organization_alias(session, key, heir)
                slug = self._known_by.get(record.id, record.slug)
                if self._by_slug.get(slug, record.id) == record.id:
                    further[FORMER_ID, slug] = heir
        store.delete_organizations(session, [record.id for record in gone])
        store.insert_organization_aliases(session, further)
        self.changed |= bool(gone)
        self._heirs, self._known_by = {}, {}
        self.load(session)

    def goes_before(self, maker: int, other: int) -> bool:
        """Which of two makers counts where a board prints both: the reviewed one, then by id."""
        one, two = self._records[maker], self._records[other]
        return (not one.reviewed, one.slug) < (not two.reviewed, two.slug)

    def slug(self, maker: int | None) -> str | None:
        """The slug of an organization, None of none."""
        return None if maker is None else self._records[maker].slug

    def curated(self, slug: str) -> int:
        """The organization that the curated table calls so."""
        return self._by_slug[slug]

    def is_official(self, maker: int | None) -> bool:
        """Whether a maker's models are official where upstream does not say."""
        return maker is None or self._records[maker].kind not in OFFICIAL_NOT

    def find(self, kind: str, text: str, printed: str) -> int | None:
        """The organization printed with a name, made if nobody knows it.

        The owner of a name without one (`gpt2`) counts only where it is curated.
        """
        key = (kind, fold(text))
        found = self._texts.get(key)
        if found is not None or (kind == NAMESPACE and "/" not in printed):
            return found
        record = OrganizationRecord(
            id=self.ids.organization(),
            slug=self._free_slug(text, key),
            name=text,
            kind=OrganizationKind.COMMUNITY if kind == NAMESPACE else None,
            country=None,
            homepage=None,
            reviewed=False,
        )
        self._records[record.id] = record
        self._by_slug[record.slug] = record.id
        self._texts[key] = record.id
        self._new[key] = record
        return record.id

    def store_new(self, session: Session) -> bool:
        """Store the organizations made since the last time; whether there were any."""
        new, self._new = self._new, {}
        store.insert_organizations(session, list(new.values()))
        store.insert_organization_aliases(session, {key: r.id for key, r in new.items()})
        again = [(FORMER_ID, r.slug) for r in new.values() if (FORMER_ID, r.slug) in self._texts]
        store.delete_organization_aliases(session, again)
        for key in again:
            del self._texts[key]
        return bool(new)

    def _free_slug(self, text: str, key: Key) -> str:
        slug = slugify(text) or "organization"
        return f"{slug}-{short_hash(':'.join(key))}" if slug in self._by_slug else slug

    def _store_curated(self, session: Session) -> dict[Key, int]:
        """Store the curated organizations; whom everything means by which one is recognised."""
        new: list[OrganizationRecord] = []
        other: list[OrganizationRecord] = []
        right: dict[Key, int] = {}
        for organization in self.curation.organizations:
            known = self._by_slug.get(organization.slug)
            record = OrganizationRecord(
                id=self.ids.organization() if known is None else known,
                slug=organization.slug,
                name=organization.name,
                kind=organization.kind,
                country=organization.country,
                homepage=organization.homepage,
                reviewed=True,
                former_names=tuple(sorted((n.until, n.name) for n in organization.former_names)),
            )
            if known is None:
                new.append(record)
            elif self._records[known] != record:
                other.append(record)
                self.kinds_changed |= self._records[known].kind != record.kind
            self._records[record.id] = record
            self._by_slug[record.slug] = record.id
            right |= dict.fromkeys(_keys(organization), record.id)
        self.changed |= bool(new or other)
        store.insert_organizations(session, new)
        store.update_organizations(session, other)
        return right

    def _store_texts(self, session: Session, right: dict[Key, int]) -> None:
        """Let the curated texts mean who they should, and no other text a curated maker."""
        wrong = []
        for key, held in self._texts.items():
            kind, text = key
            if kind == FORMER_ID:
                if text in self._by_slug:
                    wrong.append(key)
            elif key not in right:
                if self._records[held].reviewed or self._records[held].slug.startswith("~"):
                    wrong.append(key)
            elif right[key] != held:
                store.move_organization_alias(session, key, right[key])
                self._heirs[held] = right[key]
        store.delete_organization_aliases(session, wrong)
        further = {key: maker for key, maker in right.items() if key not in self._texts}
        store.insert_organization_aliases(session, further)
        for key in wrong:
            del self._texts[key]
        self._texts |= right


def _keys(organization: Organization) -> list[Key]:
    """Everything by which a curated organization is recognised."""
    return [
        *((NAME, text) for text in sorted(organization.texts)),
        *((NAMESPACE, owner) for owner in sorted(organization.owners)),
    ]


def short_hash(text: str) -> str:
    """Six hexadecimal digits that tell one text from another."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=3).hexdigest()
