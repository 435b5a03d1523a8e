"""What a printed licence says about a model's weights."""

from app.domain.names import fold

_CLOSED = frozenset({"proprietary", "propretary", "closed", "commercial"})
_UNKNOWN = frozenset({"", "-", "n/a", "none", "unknown", "other"})


def open_weights(licence: str | None, *, on_hub: bool) -> bool | None:
    """Whether the weights can be had, as far as the printed licence tells.

    `on_hub`: the source lists only models whose weights are published, so the licence
    does not matter. None where nothing is known.
    """
    if on_hub:
        return True
    folded = fold(licence or "")
    if folded in _CLOSED or folded.startswith("proprietary"):
        return False
    return None if folded in _UNKNOWN else True
