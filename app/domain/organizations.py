"""What organizations are."""

from enum import StrEnum


class OrganizationKind(StrEnum):
    """What an organization is; it decides whether its models are official."""

    COMPANY = "company"
    LAB = "lab"
    UNIVERSITY = "university"
    COMMUNITY = "community"
    INDIVIDUAL = "individual"
