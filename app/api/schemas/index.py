"""The index, and what the operator's tools ask."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from app.api.schemas.common import LinksOut, NoMetaOut, Path


class IndexOut(TypedDict):
    """The service."""

    name: Annotated[str, Field(examples=["Almanac"])]
    description: Annotated[str, Field(examples=["The record book of AI leaderboards."])]
    version: Annotated[str, Field(examples=["0.1.0"])]


class IndexLinksOut(LinksOut):
    """Where to go from here."""

    sources: Path
    leaderboards: Path
    models: Path
    organizations: Path
    countries: Path
    problems: Path
    openapi: Path
    docs: Path
    redoc: Path
    llms: Path
    api_catalog: Path
    live: Path
    ready: Path


class IndexAnswer(TypedDict):
    """Where to start."""

    data: IndexOut
    meta: NoMetaOut
    links: IndexLinksOut


class HealthOut(TypedDict):
    """How the service is."""

    status: Annotated[str, Field(description="live or ready.", examples=["ready"])]


class HealthAnswer(TypedDict):
    """That the service is well; otherwise there is a problem document."""

    data: HealthOut
    meta: NoMetaOut
    links: LinksOut
