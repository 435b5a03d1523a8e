"""Shapes that several answers share."""

from datetime import date, datetime
from typing import Annotated, overload

from pydantic import Field
from typing_extensions import TypedDict

from app.domain.selection import Selection
from app.domain.standings import Board, Edition, Model, Organization, Owed
from app.store.queries.sources import Upstream

ModelId = Annotated[str, Field(examples=["alibaba--qwen2-72b-instruct"])]
OrganizationId = Annotated[str, Field(examples=["alibaba"])]
LicenceId = Annotated[
    str | None,
    Field(
        description="What the printed licence is: its SPDX id, or one of our own where it has "
        "none; null where nothing is printed, or nobody knows it.",
        examples=["Apache-2.0"],
    ),
]
LeaderboardId = Annotated[str, Field(examples=["open-llm-v2"])]
Slug = Annotated[str, Field(examples=["open_llm"])]
EditionDate = Annotated[
    date, Field(description="The date the standings are for.", examples=["2024-07-13"])
]
SnapshotId = Annotated[
    int, Field(description="Number of the capture that was used.", examples=[1234])
]
PublishedAt = Annotated[
    datetime,
    Field(description="When upstream made it public.", examples=["2024-07-13T11:16:14Z"]),
]
CapturedAt = Annotated[
    datetime, Field(description="When it was fetched.", examples=["2026-11-02T08:00:12Z"])
]
EntriesTotal = Annotated[
    int, Field(description="Entries of the edition, filters or not.", examples=[1193])
]
MatchedTotal = Annotated[
    int, Field(description="Items that match the question, on all pages.", examples=[37])
]
NextCursor = Annotated[
    str | None,
    Field(description="Where the next page begins, null on the last one.", examples=[None]),
]
Asked = Annotated[
    str | None,
    Field(description="A date or an instant, as asked.", examples=["2024-07-13"]),
]
Path = Annotated[str, Field(examples=["/v1/leaderboards/open-llm-v2"])]
NextPath = Annotated[
    str | None, Field(description="The next page, null on the last one.", examples=[None])
]
IntervalsFrom = Annotated[
    str | None,
    Field(
        description="Where score intervals come from: `published`, or `derived` from the number of "
        "the benchmark's items (Wilson, 95 %); null where there are none.",
        examples=["published"],
    ),
]
Share = Annotated[float, Field(ge=0, le=1, description="In 0..1.", examples=[0.4])]
Rank = Annotated[int, Field(ge=1, description="Place on the whole board.", examples=[1])]


class NoMetaOut(TypedDict):
    """Nothing to add."""


class LinksOut(TypedDict):
    """Where this answer is."""

    self: Path


class ListLinksOut(TypedDict):
    """Where this page is, and the next."""

    self: Path
    next: NextPath


class ListMetaOut(TypedDict):
    """About a list."""

    limit: Annotated[int, Field(examples=[50])]
    next_cursor: NextCursor


SpanMetaOut = TypedDict("SpanMetaOut", {"from": Asked, "to": Asked})


class AttributionOut(TypedDict):
    """Whose figures these are, and on which terms."""

    source: Slug
    title: Annotated[str, Field(examples=["Open LLM Leaderboard"])]
    licence: Annotated[str, Field(examples=["Apache-2.0"])]
    licence_url: Annotated[
        str | None, Field(examples=["https://www.apache.org/licenses/LICENSE-2.0"])
    ]
    citation: Annotated[str, Field(examples=["Hugging Face, Open LLM Leaderboard"])]
    link: Annotated[str, Field(examples=["https://huggingface.co/open-llm-leaderboard"])]


class SelectionOut(TypedDict):
    """Which entries count, as asked; null asks nothing."""

    organization: Annotated[str | None, Field(examples=[None])]
    country: Annotated[str | None, Field(examples=[None])]
    official: Annotated[bool | None, Field(examples=[None])]
    licence: Annotated[str | None, Field(examples=[None])]
    open_weights: Annotated[bool | None, Field(examples=[None])]
    max_parameters: Annotated[float | None, Field(examples=[None])]


class OrganizationRef(TypedDict):
    """Who made a model."""

    id: OrganizationId
    name: Annotated[str, Field(examples=["Alibaba"])]
    country: Annotated[
        str | None, Field(description="ISO 3166-1 alpha-2 of its headquarters.", examples=["CN"])
    ]


class ModelRef(TypedDict):
    """A model."""

    id: ModelId
    name: Annotated[str, Field(examples=["Qwen2-72B-Instruct"])]


class EditionRef(TypedDict):
    """An edition that figures were taken from."""

    edition_date: EditionDate
    snapshot_id: SnapshotId
    published_at: PublishedAt
    captured_at: CapturedAt
    entries_total: EntriesTotal


class BoardMetaOut(TypedDict):
    """Which edition of which board was used; all null where there was none by then."""

    leaderboard: LeaderboardId
    edition_date: EditionDate | None
    snapshot_id: SnapshotId | None
    published_at: PublishedAt | None
    captured_at: CapturedAt | None
    entries_total: EntriesTotal | None
    status: Annotated[str | None, Field(description="complete or partial.", examples=["complete"])]
    leaderboard_status: Annotated[
        str,
        Field(
            description="`active`, or `archived`: upstream ended it, and the newest edition is "
            "the last.",
            examples=["archived"],
        ),
    ]
    unit: Annotated[str, Field(description="What scores are.", examples=["percent"])]
    higher_is_better: Annotated[
        bool, Field(description="Whether a higher score is the better one.", examples=[True])
    ]
    first_edition_date: Annotated[
        date | None,
        Field(description="The date of the board's first edition.", examples=["2024-06-08"]),
    ]
    attribution: AttributionOut


@overload
def organization_ref(organization: Organization, day: date) -> OrganizationRef: ...


@overload
def organization_ref(organization: Organization | None, day: date) -> OrganizationRef | None: ...


def organization_ref(organization: Organization | None, day: date) -> OrganizationRef | None:
    """An organization in an answer, by the name it had on a day."""
    if organization is None:
        return None
    return {
        "id": organization.slug,
        "name": organization.name_on(day),
        "country": organization.country,
    }


def model_ref(model: Model) -> ModelRef:
    """A model in an answer."""
    return {"id": model.slug, "name": model.name}


@overload
def edition_ref(edition: Edition) -> EditionRef: ...


@overload
def edition_ref(edition: Edition | None) -> EditionRef | None: ...


def edition_ref(edition: Edition | None) -> EditionRef | None:
    """An edition in an answer."""
    if edition is None:
        return None
    return {
        "edition_date": edition.edition_date,
        "snapshot_id": edition.snapshot_id,
        "published_at": edition.published_at,
        "captured_at": edition.captured_at,
        "entries_total": edition.entries_total,
    }


def attribution(source: Upstream | Owed) -> AttributionOut:
    """Whose figures these are."""
    return {
        "source": source.slug,
        "title": source.title,
        "licence": source.licence,
        "licence_url": source.licence_url,
        "citation": source.attribution,
        "link": source.homepage,
    }


def board_meta(board: Board, edition: Edition | None, *, first: date | None) -> BoardMetaOut:
    """Which edition of which board was used; `first` is the date of the board's first."""
    return {
        "leaderboard": board.slug,
        "edition_date": edition and edition.edition_date,
        "snapshot_id": edition and edition.snapshot_id,
        "published_at": edition and edition.published_at,
        "captured_at": edition and edition.captured_at,
        "entries_total": edition and edition.entries_total,
        "status": edition and edition.status,
        "leaderboard_status": board.status,
        "unit": board.unit,
        "higher_is_better": board.higher_is_better,
        "first_edition_date": first,
        "attribution": attribution(board.owed),
    }


def selection_out(selection: Selection) -> SelectionOut:
    """Which entries count, in an answer."""
    return {
        "organization": selection.organization,
        "country": selection.country,
        "official": selection.official,
        "licence": selection.licence,
        "open_weights": selection.open_weights,
        "max_parameters": selection.max_parameters,
    }
