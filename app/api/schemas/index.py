"""The index, and what the operator's tools ask."""

from datetime import datetime
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from app.api.schemas.common import LinksOut, NoMetaOut, Path
from app.domain.runs import Health, SchedulerState


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

    status: Annotated[str, Field(description="live or ready.", examples=["live"])]


class HealthAnswer(TypedDict):
    """That the service is well; otherwise there is a problem document."""

    data: HealthOut
    meta: NoMetaOut
    links: LinksOut


class SchedulerOut(TypedDict):
    """Whether sources are scraped on a schedule."""

    state: Annotated[
        SchedulerState,
        Field(
            description="stopped: every source waits for a scrape that is due. never_seen: none "
            "was ever scraped on a schedule. not_needed: all have ended."
        ),
    ]
    seen_at: Annotated[
        datetime | None,
        Field(
            description="When a scheduled scrape last began; null if never.",
            examples=["2026-11-02T08:00:12Z"],
        ),
    ]


class ReadyOut(TypedDict):
    """That the service can answer, and what is behind the answers."""

    status: Annotated[str, Field(description="ready.", examples=["ready"])]
    scheduler: SchedulerOut
    sources: Annotated[
        dict[str, Health],
        Field(description="How well each source is.", examples=[{"lmarena": "ok"}]),
    ]


class ReadyAnswer(TypedDict):
    """That the service can answer; otherwise there is a problem document.

    What it answers may be old all the same: `scheduler` and `sources` say so.
    """

    data: ReadyOut
    meta: NoMetaOut
    links: LinksOut
