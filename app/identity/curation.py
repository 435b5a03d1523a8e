"""Everything a person has decided about names: four reviewed files, read and checked as one."""

import hashlib
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from app.domain.countries import COUNTRIES
from app.domain.names import fold
from app.errors import CuratedFactsError
from app.identity.licences import Licence, LicenceTable
from app.identity.model_names import identity_key, model_slug, name_key
from app.identity.models import CuratedModel, MakerOfNames, MakerTable, ModelTable, PrintedName
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
    makers: tuple[MakerOfNames, ...] = ()
    digest: int = field(init=False)
    licence_spellings: dict[str, Licence] = field(init=False, repr=False)
    _names: dict[tuple[str | None, str], tuple[CuratedModel, PrintedName]] = field(
        init=False, repr=False
    )
    _renamed_owners: dict[str, str] = field(init=False, repr=False)
    _makers: dict[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Lay out what is looked up, and refuse what cannot be true."""
        self._check_organizations()
        self._check_models()
        names: dict[tuple[str | None, str], tuple[CuratedModel, PrintedName]] = {}
        for model in self.models:
            for printed in model.names:
                key = (printed.source, name_key(printed.name))
                if names.setdefault(key, (model, printed))[0] is not model:
                    raise ValueError(f"{printed.name!r} means two models")
        spellings = [
            (fold(text), one) for one in self.licences for text in (one.id, *one.spellings)
        ]
        _refuse_twice("licence", (text for text, _ in spellings))
        renamed = {
            fold(old): new for o in self.organizations for old, new in o.former_namespaces.items()
        }
        makers = [(name_key(name), one.organization) for one in self.makers for name in one.names]
        _refuse_twice("name with a maker", (name for name, _ in makers))
        facts = (self.organizations, self.countries, self.models, self.licences, self.makers)
        content = hashlib.blake2b(TypeAdapter(tuple).dump_json(facts), digest_size=8).digest()
        object.__setattr__(self, "licence_spellings", dict(spellings))
        object.__setattr__(self, "_names", names)
        object.__setattr__(self, "_renamed_owners", renamed)
        object.__setattr__(self, "_makers", dict(makers))
        object.__setattr__(self, "digest", int.from_bytes(content) >> (64 - _DIGEST_BITS))

    def _check_organizations(self) -> None:
        _refuse_twice("organization", (o.slug for o in self.organizations))
        _refuse_twice("organization's name", (t for o in self.organizations for t in o.texts))
        _refuse_twice("namespace", (t for o in self.organizations for t in o.owners))
        for code in (*(o.country for o in self.organizations), *(c.code for c in self.countries)):
            if code is not None and code not in COUNTRIES:
                raise ValueError(f"there is no country {code!r}")

    def _check_models(self) -> None:
        owners = {organization.slug for organization in self.organizations}
        for maker in self.makers:
            if maker.organization not in owners:
                raise ValueError(f"{maker.names[0]!r} is by {maker.organization!r}, not listed")
        for model in self.models:
            if model.organization is not None and model.organization not in owners:
                raise ValueError(f"{model.name!r} is by {model.organization!r}, who is not listed")
        _refuse_twice("model", (identity_key(m.organization, m.name) for m in self.models))
        bases = {model_slug(m.organization, m.name): m.base for m in self.models if m.base}
        for start in bases:
            seen: set[str] = set()
            one: str | None = start
            while one is not None:
                if one in seen:
                    raise ValueError(f"{start!r} is made from itself")
                seen.add(one)
                one = bases.get(one)

    def model_of(self, source: str, key: str) -> tuple[CuratedModel, PrintedName] | None:
        """The model that a name (`name_key`) means on a source, and the name as listed."""
        return self._names.get((source, key)) or self._names.get((None, key))

    def maker_of(self, key: str) -> str | None:
        """The slug of who made what has a name (`name_key`) beside which no maker is printed."""
        return self._makers.get(key)

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
    """The facts that come with the program.

    Raises:
        CuratedFactsError: as `read_curation`.
    """
    return read_curation(files("app.identity"))


def read_curation(folder: Traversable) -> Curation:
    """The facts in the files of a folder.

    Raises:
        CuratedFactsError: a file cannot be read, or the facts contradict themselves.
    """
    organizations = _read(folder, "organizations.toml", OrganizationTable)
    models = _read(folder, "models.toml", ModelTable)
    licences = _read(folder, "licences.toml", LicenceTable)
    makers = _read(folder, "makers.toml", MakerTable)
    try:
        return Curation(
            organizations=organizations.organization,
            countries=organizations.country,
            models=models.model,
            licences=licences.licence,
            makers=makers.maker,
        )
    except ValueError as error:
        raise CuratedFactsError(f"the curated facts contradict themselves: {error}") from error


Shape = TypeVar("Shape", bound=BaseModel)


def _read(folder: Traversable, name: str, shape: type[Shape]) -> Shape:
    try:
        content = tomllib.loads(folder.joinpath(name).read_text(encoding="utf-8"))
        return shape.model_validate(content)
    except ValidationError as error:
        faults = "; ".join(f"{_place(fault['loc'])}: {fault['msg']}" for fault in error.errors())
        raise CuratedFactsError(f"{name}: {faults}") from error
    except (OSError, ValueError) as error:
        raise CuratedFactsError(f"{name}: {error}") from error


def _place(where: tuple[int | str, ...]) -> str:
    """Where in a file a fault is; its entries are counted from 1."""
    return " ".join(f"no. {step + 1}" if isinstance(step, int) else step for step in where)
