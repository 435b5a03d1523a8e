"""What a caller may ask of each endpoint, and in which words."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.api.parameters import Country, Name, Text, When, Window
from app.domain.durations import parse_duration
from app.domain.leaderboard import BoardKind, BoardStatus, Movement
from app.domain.moments import Moment, moment_of_day
from app.domain.organizations import OrganizationKind
from app.domain.periods import Granularity
from app.domain.selection import Selection
from app.errors import InvalidQueryError

DEFAULT_LIMIT = 50
MAX_LIMIT = 500
MAX_ROWS = 10_000
MAX_CURSOR = 5_000  # of two names of 400 characters, which have up to four bytes each
DEFAULT_WINDOW = parse_duration("P90D")
FOUND_BY = timedelta(days=7)


def check_order(name: str, start: Moment | None, end_name: str, end: Moment) -> None:
    """Refuse a span that ends before it begins.

    Raises:
        InvalidQueryError: `start` lies after `end`.
    """
    if start is not None and start.first > end.last:
        raise InvalidQueryError(name, f"must not lie after `{end_name}`")


class HistorySort(StrEnum):
    """The order of a history; a minus puts the newest first."""

    EDITION_DATE = "edition_date"
    EDITION_DATE_DOWN = "-edition_date"


class MovementSort(StrEnum):
    """The order of movements; a minus puts the largest first. What is unknown comes last."""

    RANK = "rank"
    RANK_DOWN = "-rank"
    PREVIOUS_RANK = "previous_rank"
    PREVIOUS_RANK_DOWN = "-previous_rank"
    RANK_CHANGE = "rank_change"
    RANK_CHANGE_DOWN = "-rank_change"
    SCORE_CHANGE = "score_change"
    SCORE_CHANGE_DOWN = "-score_change"


class Question(BaseModel):
    """Query parameters. Which there are is checked before they are read (`deps`)."""

    model_config = ConfigDict(frozen=True)

    @property
    def asked_end(self) -> Moment | None:
        """The last date that it is about, None where that is now."""
        return None

    def is_closed(self, today: date) -> bool:  # noqa: ARG002 - the date matters to those below
        """Whether nothing that upstream publishes from now on can change the answer."""
        return False


class ListQuestion(Question):
    """A list, one page at a time."""

    limit: Annotated[
        int | None,
        Field(
            ge=1,
            le=MAX_ROWS,
            description=f"Items a page holds at most. In JSON {DEFAULT_LIMIT} if it is not given, "
            f"and at most {MAX_LIMIT}; in other forms {MAX_ROWS:,}.",
            examples=[DEFAULT_LIMIT],
        ),
    ] = None
    cursor: Annotated[
        Annotated[str, StringConstraints(min_length=1, max_length=MAX_CURSOR)] | None,
        Field(description="Where the page begins: `meta.next_cursor` of the page before."),
    ] = None


class KnownAtQuestion(Question):
    """The record as it was public at a moment."""

    known_at: Annotated[
        When | None,
        Field(
            description="Use what was public at this moment (a date: by its end, UTC), not what "
            "was restated since. Default now.",
            examples=["2026-07-04"],
        ),
    ] = None

    @property
    def known_until(self) -> datetime | None:
        """The last moment that counts, None for now."""
        return None if self.known_at is None else self.known_at.last

    def is_closed(self, today: date) -> bool:
        """Whether nothing that upstream publishes from now on can change the answer.

        What was published by a moment may be found days later, as an upstream is scraped at
        intervals and at times in vain.
        """
        if self.known_at is None or self.asked_end is None:
            return False
        return self.known_at.day < today - FOUND_BY and self.asked_end.day < today

    @property
    def known_at_text(self) -> str | None:
        """As asked."""
        return None if self.known_at is None else self.known_at.text


class OpennessFilter(Question):
    """Entries by what can be had of the model."""

    open_weights: Annotated[
        bool | None,
        Field(description="Only models whose weights are published, or with false the others."),
    ] = None
    max_parameters: Annotated[
        float | None,
        Field(
            gt=0,
            le=1e6,
            allow_inf_nan=False,
            description="Only models of at most so many parameters, in 10^9.",
            examples=[8],
        ),
    ] = None


class EntryFilter(OpennessFilter):
    """Entries by who made them, and under which licence they stand."""

    organization: Annotated[
        Name | None,
        Field(
            description="Only models of this organization (id or spelling).", examples=["alibaba"]
        ),
    ] = None
    country: Annotated[
        Country | None,
        Field(
            description="Only models made in this country (ISO 3166-1 alpha-2).", examples=["CN"]
        ),
    ] = None
    official: Annotated[
        bool | None,
        Field(description="Only official entries, or with false only the others."),
    ] = None
    licence: Annotated[
        Name | None,
        Field(description="Only entries under this licence (id).", examples=["Apache-2.0"]),
    ] = None

    @property
    def selection(self) -> Selection:
        """The entries asked for, in the caller's own words."""
        return Selection(
            organization=self.organization,
            country=self.country,
            official=self.official,
            licence=self.licence,
            open_weights=self.open_weights,
            max_parameters=self.max_parameters,
        )


class LeaderboardsQuestion(ListQuestion):
    """`GET /v1/leaderboards`."""

    source: Annotated[
        Text | None, Field(description="Only boards of this source.", examples=["lmarena"])
    ] = None
    family: Annotated[
        Text | None, Field(description="Only boards of this family.", examples=["lmarena-text"])
    ] = None
    kind: Annotated[BoardKind | None, Field(description="Only boards that measure this.")] = None
    status: Annotated[BoardStatus | None, Field(description="Only boards in this state.")] = None
    q: Annotated[
        Text | None,
        Field(description="Only boards whose id or title holds this text.", examples=["coding"]),
    ] = None


class AsOfQuestion(Question):
    """The editions in force at a date."""

    as_of: Annotated[
        When | None,
        Field(
            description="The edition in force then: the newest for a date up to this one. "
            "Default now.",
            examples=["2024-07-13"],
        ),
    ] = None

    @property
    def asked_end(self) -> Moment | None:
        """The last date that it is about, None where that is now."""
        return self.as_of

    def moment(self, today: date) -> Moment:
        """The date that is meant."""
        return self.as_of or moment_of_day(today)


class StandingsQuestion(AsOfQuestion, ListQuestion, KnownAtQuestion, EntryFilter):
    """`GET /v1/leaderboards/{leaderboard}/standings`."""

    compare_to: Annotated[
        When | None,
        Field(
            description="Movements since the edition in force then. Default: since the edition "
            "before.",
            examples=["2024-06-26"],
        ),
    ] = None
    include_partial: Annotated[
        bool,
        Field(description="Let partial snapshots count too: those of which upstream gave a part."),
    ] = False

    @property
    def compare_to_text(self) -> str | None:
        """As asked."""
        return None if self.compare_to is None else self.compare_to.text


class SpanQuestion(Question):
    """A span of time."""

    from_: Annotated[
        When | None,
        Field(alias="from", description="Where the span begins.", examples=["2024-03-01"]),
    ] = None
    to: Annotated[
        When | None,
        Field(description="Where the span ends. Default now.", examples=["2024-04-01"]),
    ] = None

    @property
    def asked_end(self) -> Moment | None:
        """The last date that it is about, None where that is now."""
        return self.to

    @property
    def from_day(self) -> date | None:
        """The first date that counts, None where the span has no beginning."""
        return None if self.from_ is None else self.from_.day

    @property
    def from_text(self) -> str | None:
        """As asked."""
        return None if self.from_ is None else self.from_.text

    def end(self, today: date) -> Moment:
        """Where the span ends.

        Raises:
            InvalidQueryError: before it begins.
        """
        end = self.to or moment_of_day(today)
        check_order("from", self.from_, "to", end)
        return end


class MovementsQuestion(SpanQuestion, ListQuestion, KnownAtQuestion, EntryFilter):
    """`GET /v1/leaderboards/{leaderboard}/movements`."""

    window: Annotated[
        Window | None,
        Field(
            description="Instead of `from`: so long before `to`. Without either, movements are "
            "since the edition before.",
            examples=["P30D"],
        ),
    ] = None
    movement: Annotated[Movement | None, Field(description="Only movements of this sort.")] = None
    significant: Annotated[
        bool | None,
        Field(
            description="Only those whose two score intervals separate, or with false only those "
            "whose do not; without intervals neither."
        ),
    ] = None
    sort: Annotated[
        MovementSort,
        Field(
            description="The order; `-rank_change` gives the climbers.", examples=["-rank_change"]
        ),
    ] = MovementSort.RANK

    @property
    def window_text(self) -> str | None:
        """As asked."""
        return None if self.window is None else self.window.text


class ModelsQuestion(ListQuestion):
    """`GET /v1/models`."""

    q: Annotated[
        Text | None,
        Field(
            description="Only models whose id, name or an alias holds all these words.",
            examples=["qwen2 72b"],
        ),
    ] = None
    organization: Annotated[
        Text | None,
        Field(
            description="Only models of this organization (id or spelling).", examples=["alibaba"]
        ),
    ] = None
    alias: Annotated[
        Name | None,
        Field(
            description="Only the models printed under this name; case does not matter.",
            examples=["gpt-4-1106-preview"],
        ),
    ] = None


class HistoryQuestion(SpanQuestion, ListQuestion, KnownAtQuestion):
    """`GET /v1/models/{model}/history`."""

    leaderboard: Annotated[Text, Field(description="The board's id.", examples=["lmarena-text"])]
    granularity: Annotated[
        Granularity,
        Field(
            description="Every edition, or the last of each ISO week or month; changes are "
            "against the one kept before."
        ),
    ] = Granularity.EDITION
    sort: Annotated[
        HistorySort,
        Field(
            description="The order; `-edition_date` gives the newest first.",
            examples=["edition_date"],
        ),
    ] = HistorySort.EDITION_DATE


class NamesQuestion(ListQuestion):
    """`GET /v1/sources/{source}/names`."""

    confirmed: Annotated[
        bool | None,
        Field(
            description="Only names of which somebody has confirmed the model or its maker, or "
            "with false the review list: those that want a decision."
        ),
    ] = None


class OrganizationsQuestion(ListQuestion):
    """`GET /v1/organizations`."""

    q: Annotated[
        Text | None,
        Field(description="Only organizations whose id or name holds this text.", examples=["ali"]),
    ] = None
    country: Annotated[
        Country | None, Field(description="Only those of this country.", examples=["CN"])
    ] = None
    kind: Annotated[
        OrganizationKind | None, Field(description="Only those of this kind.", examples=["company"])
    ] = None
