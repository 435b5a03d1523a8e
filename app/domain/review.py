"""What of the printed names still wants a person's decision."""

from enum import StrEnum

from app.domain.organizations import OrganizationKind
from app.domain.standings import Model


class Want(StrEnum):
    """Why nobody can be sure who is meant by a name."""

    ORGANIZATION = "organization"
    REVIEW = "review"
    COUNTRY = "country"


def wanted(model: Model) -> Want | None:
    """What is not known of a name's model, the first of these that is not.

    Who made it, and whether that maker is who it seems, unless somebody has confirmed the model
    or its maker; and where a company has its headquarters.
    """
    maker = model.organization
    if maker is None:
        return None if model.reviewed else Want.ORGANIZATION
    if not (model.reviewed or maker.reviewed):
        return Want.REVIEW
    if maker.kind == OrganizationKind.COMPANY and maker.country is None:
        return Want.COUNTRY
    return None
