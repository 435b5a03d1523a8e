"""From a printed maker or Hub owner to an organization."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from app.domain.leaderboard import Profile
from app.domain.names import fold
from app.domain.slugs import slugify
from app.domain.standings import OFFICIAL_NOT
from app.identity.organizations import Organization, OrganizationKind
from app.store.writes import identities as store
from app.store.writes.identities import NewIds, OrganizationRecord

NAME = "name"
NAMESPACE = "namespace"


@dataclass(slots=True)
class Makers:
    """All organizations in memory, for one writer.

    `kinds_changed`: the curated table has changed what some organization is.
    """

    curated: tuple[Organization, ...]
    kinds_changed: bool = False
    _records: dict[int, OrganizationRecord] = field(default_factory=dict)
    _slugs: set[str] = field(default_factory=set)
    _spellings: dict[tuple[str, str], int] = field(default_factory=dict)
    _new: dict[tuple[str, str], OrganizationRecord] = field(default_factory=dict)
    _former: frozenset[str] = frozenset()

    def load(self, session: Session) -> dict[int, int]:
        """Read what is stored, and bring it in line with the curated table.

        Returns organizations nobody had reviewed, whose spelling the table now gives to
        another, and that other: what they have made is to be handed over.
        """
        self._former = frozenset(
            fold(owner) for organization in self.curated for owner in organization.former_namespaces
        )
        self._read(session)
        if self._sync(session):
            self._read(session)
        return self._correct(session)

    def retire(self, session: Session, known_as: Mapping[int, int]) -> None:
        """Take away organizations whose models were handed over; their ids lead to the others."""
        for old, new in known_as.items():
            key = (NAME, fold(self._records[old].slug))
            if key not in self._spellings:
                store.insert_organization_aliases(session, {key: new})
            store.retire_organization(session, old, new)

    def goes_before(self, maker: int, other: int) -> bool:
        """Which of two makers counts where a board prints both: the reviewed one, then by id."""
        one, two = self._records[maker], self._records[other]
        return (not one.reviewed, one.slug) < (not two.reviewed, two.slug)

    def slug(self, maker: int | None) -> str | None:
        """The slug of an organization, None of none."""
        return None if maker is None else self._records[maker].slug

    def is_official(self, maker: int | None) -> bool:
        """Whether a maker's models are official where upstream does not say."""
        return maker is None or self._records[maker].kind not in OFFICIAL_NOT

    def is_former(self, owner: str) -> bool:
        """Whether the models of a Hub owner have moved to another."""
        return fold(owner) in self._former

    def find(self, profile: Profile, printed: str, ids: NewIds) -> int | None:
        """The organization printed with a model, made if nobody knows it; None where none is.

        The owner of a name without one (`gpt2`) counts only where it is curated.
        """
        kind, text = (
            (NAMESPACE, profile.namespace)
            if profile.namespace is not None
            else (NAME, profile.organization)
        )
        if text is None or not fold(text):
            return None
        key = (kind, fold(text))
        found = self._spellings.get(key)
        if found is not None or (kind == NAMESPACE and "/" not in printed):
            return found
        record = OrganizationRecord(
            id=ids.organization(),
            slug=self._free_slug(text, key),
            name=text,
            kind=OrganizationKind.COMMUNITY if kind == NAMESPACE else None,
            country=None,
            homepage=None,
            reviewed=False,
        )
        self._records[record.id] = record
        self._slugs.add(record.slug)
        self._spellings[key] = record.id
        self._new[key] = record
        return record.id

    def store_new(self, session: Session) -> bool:
        """Store the organizations made since the last time; whether there were any."""
        new, self._new = self._new, {}
        store.insert_organizations(session, list(new.values()))
        store.insert_organization_aliases(session, {key: r.id for key, r in new.items()})
        return bool(new)

    def _free_slug(self, text: str, key: tuple[str, str]) -> str:
        slug = slugify(text) or "organization"
        return f"{slug}-{short_hash(':'.join(key))}" if slug in self._slugs else slug

    def _read(self, session: Session) -> None:
        self._records = {r.id: r for r in store.load_organizations(session)}
        self._slugs = {r.slug for r in self._records.values()}
        self._spellings = store.load_organization_aliases(session)
        self._new = {}

    def _correct(self, session: Session) -> dict[int, int]:
        right = {
            key: organization.slug for organization in self.curated for key in _keys(organization)
        }
        by_slug = {record.slug: record.id for record in self._records.values()}
        known_as = {}
        moved = False
        for key, held in list(self._spellings.items()):
            maker = by_slug[right[key]] if key in right else held
            if maker == held:
                continue
            store.move_organization_alias(session, key, maker)
            self._spellings[key] = maker
            if not self._records[held].reviewed:
                known_as[held] = maker
            moved = True
        if moved:
            store.bump_version(session, store.IDENTITY)
            self.kinds_changed = True
        return known_as

    def _sync(self, session: Session) -> bool:
        by_slug = {record.slug: record for record in self._records.values()}
        new: list[OrganizationRecord] = []
        aliases: dict[tuple[str, str], int] = {}
        changed = False
        ids = NewIds(session)
        for organization in self.curated:
            known = by_slug.get(organization.slug)
            record = OrganizationRecord(
                id=ids.organization() if known is None else known.id,
                slug=organization.slug,
                name=organization.name,
                kind=organization.kind,
                country=organization.country,
                homepage=organization.homepage,
                reviewed=True,
            )
            if known is None:
                new.append(record)
            elif known != record:
                store.update_organization(session, record)
                changed = True
            aliases |= {key: record.id for key in _keys(organization) if key not in self._spellings}
        if not (new or aliases or changed):
            return False
        store.insert_organizations(session, new)
        store.insert_organization_aliases(session, aliases)
        store.bump_version(session, store.IDENTITY if changed else store.NAMES)
        self.kinds_changed |= changed
        return True


def _keys(organization: Organization) -> list[tuple[str, str]]:
    """Everything by which a curated organization is recognised."""
    return [
        *((NAME, fold(text)) for text in (organization.name, *organization.spellings)),
        *(
            (NAMESPACE, fold(owner))
            for owner in (*organization.namespaces, *organization.former_namespaces)
        ),
    ]


def short_hash(text: str) -> str:
    """Six hexadecimal digits that tell one text from another."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=3).hexdigest()
