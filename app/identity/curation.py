"""Everything a person has decided about names: three reviewed files, read and checked as one."""

import hashlib
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from pydantic import TypeAdapter

from app.domain.names import fold
from app.identity.licences import Licence, LicenceTable
from app.identity.model_names import name_key
from app.identity.models import CuratedModel, ModelTable, PrintedName
from app.identity.organizations import Country, Organization, OrganizationTable

_DIGEST_BITS = 63  # what a signed column of the database holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Curation:
    """The curated facts, and how they are looked up.

    Raises:
        ValueError: they contradict themselves.
    """

    organizations: tuple[Organization, ...] = ()
    countries: tuple[Country, ...] = ()
    models: tuple[CuratedModel, ...] = ()
    licences: tuple[Licence, ...] = ()
    digest: int = field(init=False)
    licence_spellings: dict[str, Licence] = field(init=False, repr=False)
    _names: dict[tuple[str | None, str], tuple[CuratedModel, PrintedName]] = field(
        init=False, repr=False
    )
    _renamed_owners: dict[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Lay out what is looked up, and refuse what cannot be true."""
        owners = {organization.slug for organization in self.organizations}
        names: dict[tuple[str | None, str], tuple[CuratedModel, PrintedName]] = {}
        for model in self.models:
            if model.organization is not None and model.organization not in owners:
                raise ValueError(f"{model.name!r} is by {model.organization!r}, who is not listed")
            for printed in model.names:
                key = (printed.source, name_key(printed.name))
                if names.setdefault(key, (model, printed))[0] is not model:
                    raise ValueError(f"{printed.name!r} means two models")
        _refuse_twice("organization", (o.slug for o in self.organizations))
        spellings = [
            (fold(text), one) for one in self.licences for text in (one.id, *one.spellings)
        ]
        _refuse_twice("licence", (text for text, _ in spellings))
        renamed = {
            fold(old): new for o in self.organizations for old, new in o.former_namespaces.items()
        }
        facts = (self.organizations, self.countries, self.models, self.licences)
        content = hashlib.blake2b(TypeAdapter(tuple).dump_json(facts), digest_size=8).digest()
        object.__setattr__(self, "licence_spellings", dict(spellings))
        object.__setattr__(self, "_names", names)
        object.__setattr__(self, "_renamed_owners", renamed)
        object.__setattr__(self, "digest", int.from_bytes(content) >> (64 - _DIGEST_BITS))

    def model_of(self, source: str, key: str) -> tuple[CuratedModel, PrintedName] | None:
        """The model that a name (`name_key`) means on a source, and the name as listed."""
        return self._names.get((source, key)) or self._names.get((None, key))

    def present_owner(self, owner: str) -> str:
        """What a Hub owner is called now."""
        return self._renamed_owners.get(fold(owner), owner)


def _refuse_twice(what: str, words: Iterable[str]) -> None:
    seen: set[str] = set()
    for word in words:
        if word in seen:
            raise ValueError(f"{what} {word!r} is listed twice")
        seen.add(word)


@cache
def curation() -> Curation:
    """The facts that come with the program."""
    organizations = OrganizationTable.model_validate(_read("organizations.toml"))
    return Curation(
        organizations=organizations.organization,
        countries=organizations.country,
        models=ModelTable.model_validate(_read("models.toml")).model,
        licences=LicenceTable.model_validate(_read("licences.toml")).licence,
    )


def _read(name: str) -> dict[str, object]:
    return tomllib.loads(files("app.identity").joinpath(name).read_text(encoding="utf-8"))
