"""What a printed licence is, and what it says about a model's weights.

Spellings are folded to SPDX ids (https://spdx.org/licenses/) where there is one; the table
`licences.toml` has the others.
"""

from collections.abc import Mapping

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from app.domain.names import fold

_NOTHING = frozenset({"", "-", "n/a", "none", "unknown", "other"})


class Licence(BaseModel):
    """A licence. `open_weights`: whether weights under it can be had, None if it does not tell."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1)
    name: str = Field(min_length=1)
    open_weights: StrictBool | None = None
    spellings: tuple[str, ...] = ()


class LicenceTable(BaseModel):
    """The file as a whole."""

    model_config = ConfigDict(extra="forbid")

    licence: tuple[Licence, ...] = Field(min_length=1)


def says_nothing(printed: str | None) -> bool:
    """Whether what is printed as a licence is none."""
    return fold(printed or "") in _NOTHING


def licence_of(printed: str | None, curated: Mapping[str, Licence]) -> Licence | None:
    """The licence that is printed; None where nothing is, or nobody knows it.

    `curated` are the known licences by folded id and spelling.
    """
    if says_nothing(printed):
        return None
    known = curated.get(fold(printed or ""))
    if known is not None:
        return known
    identifier = spdx_id(printed or "")
    if identifier is None or "LicenseRef-" in identifier:  # somebody's own, which says nothing
        return None
    return curated.get(fold(identifier), Licence(id=identifier, name=identifier, open_weights=True))


def spdx_id(text: str) -> str | None:
    """The SPDX expression in its own spelling, None where it is none; case does not count."""
    try:
        return str(canonicalize_license_expression(text))
    except InvalidLicenseExpression:
        return None
