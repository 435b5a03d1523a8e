"""The forms of an answer, and which of them a caller wants (RFC 9110, section 12.5.1)."""

from collections.abc import Sequence
from enum import StrEnum


class Form(StrEnum):
    """A form of an answer. All but JSON are for lists, and are their rows alone."""

    JSON = "json"
    CSV = "csv"
    NDJSON = "ndjson"
    PARQUET = "parquet"

    @property
    def media_type(self) -> str:
        """As in `Accept`, without parameters."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    Form.JSON: "application/json",
    Form.CSV: "text/csv",
    Form.NDJSON: "application/x-ndjson",
    Form.PARQUET: "application/vnd.apache.parquet",
}


def preferred(accept: str, offered: Sequence[Form]) -> Form | None:
    """The offered form that an Accept header likes best, the earlier of equals.

    For each form its most specific range decides; None if nothing offered is allowed.
    """
    if not accept.strip(" ,"):  # elements may be empty (RFC 9110, section 5.6.1)
        return offered[0]
    ranges: dict[str, float] = {}
    for part in accept.split(","):
        media, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = min([1.0, *(q for p in parameters if (q := _quality(p)) is not None)])
        ranges[media] = max(quality, ranges.get(media, 0.0))
    liked = [(_liking(form.media_type, ranges), form) for form in offered]
    best = max(quality for quality, _ in liked)
    return next((form for quality, form in liked if quality == best > 0), None)


def _liking(media_type: str, ranges: dict[str, float]) -> float:
    several = media_type.partition("/")[0] + "/*"
    named = (ranges[name] for name in (media_type, several, "*/*") if name in ranges)
    return next(named, 0.0)


def _quality(parameter: str) -> float | None:
    """The weight in 0..1 that a parameter gives; None if it is another one, or makes no sense."""
    name, _, value = parameter.partition("=")
    if name.strip() != "q":
        return None
    try:
        weight = float(value)
    except ValueError:
        return None
    return weight if 0 <= weight <= 1 else None
