"""The curated table of models (`models.toml`): which printed names mean one model.

Most names need no entry: what a rule can join or keep apart, a rule does (`model_names`). Some
sources print no makers; who made what they print stands in `makers.toml`.
"""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool


class PrintedName(BaseModel):
    """A name as boards print it, on every source or on one only.

    `since`: the model was renamed to it; the date of the first edition that prints it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    source: str | None = None
    since: date | None = None


def _or_just_the_name(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


class CuratedModel(BaseModel):
    """One canonical model.

    `organization` and `base` are ids; None leaves the maker to what boards print. `open_weights` is
    given where the licence that boards print says the wrong thing. `evidence` says why these
    names are one model: a link, or what the data show.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    organization: str | None = None
    name: str = Field(min_length=1)
    names: tuple[Annotated[PrintedName, BeforeValidator(_or_just_the_name)], ...] = Field(
        min_length=1
    )
    base: str | None = None
    open_weights: StrictBool | None = None
    evidence: str = Field(min_length=1)


class MakerOfNames(BaseModel):
    """Who made the models of these printed names, wherever a source prints no maker beside them.

    `evidence` says how that is known.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    organization: str
    names: tuple[Annotated[str, Field(min_length=1)], ...] = Field(min_length=1)
    evidence: str = Field(min_length=1)


class MakerTable(BaseModel):
    """The file of makers as a whole."""

    model_config = ConfigDict(extra="forbid")

    maker: tuple[MakerOfNames, ...] = Field(min_length=1)


class ModelTable(BaseModel):
    """The file as a whole."""

    model_config = ConfigDict(extra="forbid")

    model: tuple[CuratedModel, ...] = Field(min_length=1)
