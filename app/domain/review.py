"""What of the printed names still wants a person's decision."""

from enum import StrEnum

from app.domain.standings import Model


class Want(StrEnum):
    """Why nobody can be sure who is meant by a name."""

    ORGANIZATION = "organization"
    REVIEW = "review"


def wanted(model: Model) -> Want | None:
    """What is not known of a name's model: who made it, or whether that maker is who it seems.

    Nothing where somebody has confirmed the model or its maker.
    """
    if model.reviewed:
        return None
    if model.organization is None:
        return Want.ORGANIZATION
    return None if model.organization.reviewed else Want.REVIEW
