"""What a caller may ask of tables and histories by organization, country or licence."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from app.api.parameters import Countries, Country, Name, Text, When, Window, Words
from app.api.questions import (
    DEFAULT_WINDOW,
    MAX_LIMIT,
    AsOfQuestion,
    KnownAtQuestion,
    ListQuestion,
    OpennessFilter,
    Question,
    SpanQuestion,
)
from app.domain.durations import Duration
from app.domain.groups import Dimension
from app.domain.moments import Moment, moment_of_day
from app.domain.periods import Granularity
from app.domain.selection import Selection


class LicenceGrouping(StrEnum):
    """What entries are grouped by in tables of licences."""

    LICENCE = "licence"
    OPEN_WEIGHTS = "open_weights"


class Flagship(StrEnum):
    """Which model stands for a group: the best placed, or the one that came last."""

    HIGHEST = "highest"
    LATEST = "latest"


class CountedQuestion(Question):
    """Which entries count, and how many are the top."""

    top_n: Annotated[
        int, Field(ge=1, le=MAX_LIMIT, description="Shares are of the top N entries.")
    ] = 10
    include_community: Annotated[
        bool, Field(description="Count all entries, not the official ones only.")
    ] = False

    @property
    def official(self) -> bool | None:
        """The official entries, or all."""
        return None if self.include_community else True


class WindowedQuestion(Question):
    """Two dates to compare, and the time between."""

    window: Annotated[
        Window | None,
        Field(
            description="Days as leader over this time until `as_of`. Default P90D.",
            examples=["P1Y"],
        ),
    ] = None
    compare_to: Annotated[
        When | None,
        Field(
            description="Changes since the edition in force then. Default: the window's start.",
            examples=["2024-06-26"],
        ),
    ] = None

    @property
    def span(self) -> Duration:
        """The window that is meant."""
        return self.window or DEFAULT_WINDOW

    def earlier(self, start: date) -> Moment:
        """The moment to compare with, given the window's start."""
        return self.compare_to or moment_of_day(start)


class SelectedQuestion(CountedQuestion, OpennessFilter):
    """Entries by properties that they are not grouped by: the others do not count at all."""

    @property
    def selection(self) -> Selection:
        """The entries that count."""
        return Selection(
            official=self.official,
            open_weights=self.open_weights,
            max_parameters=self.max_parameters,
        )


class LicensedQuestion(SelectedQuestion):
    """Entries by the licence they stand under, too."""

    licence: Annotated[
        Name | None,
        Field(description="Only entries under this licence.", examples=["Apache-2.0"]),
    ] = None

    @property
    def selection(self) -> Selection:
        """The entries that count."""
        return super().selection._replace(licence=self.licence)


class ByOrganization(LicensedQuestion):
    """Entries by who made them."""

    organization: Annotated[
        Words | None,
        Field(
            description="Only these organizations' rows (ids or spellings, by commas); shares stay "
            "those of all.",
            examples=["alibaba,meta"],
        ),
    ] = None
    country: Annotated[
        Country | None,
        Field(description="Only entries made in this country (ISO 3166-1).", examples=["CN"]),
    ] = None

    @property
    def dimension(self) -> Dimension:
        """What entries are grouped by."""
        return Dimension.ORGANIZATION

    @property
    def selection(self) -> Selection:
        """The entries that count."""
        return super().selection._replace(country=self.country)


class ByCountry(LicensedQuestion):
    """Entries by where they were made."""

    country: Annotated[
        Countries | None,
        Field(
            description="Only these countries' rows (ISO 3166-1 alpha-2, by commas); shares stay "
            "those of all.",
            examples=["CN,US"],
        ),
    ] = None

    @property
    def dimension(self) -> Dimension:
        """What entries are grouped by."""
        return Dimension.COUNTRY


class ByLicence(SelectedQuestion):
    """Entries by the licence that is printed beside them, or by whether the weights are open."""

    by: Annotated[
        LicenceGrouping,
        Field(description="A row for each licence, or one for open and one for closed weights."),
    ] = LicenceGrouping.LICENCE
    licence: Annotated[
        Words | None,
        Field(
            description="Only these licences' rows (ids, by commas); shares stay those of all.",
            examples=["Apache-2.0,MIT"],
        ),
    ] = None
    organization: Annotated[
        Name | None,
        Field(
            description="Only entries of this organization (id or spelling).", examples=["alibaba"]
        ),
    ] = None
    country: Annotated[
        Country | None,
        Field(description="Only entries made in this country (ISO 3166-1).", examples=["CN"]),
    ] = None

    @property
    def dimension(self) -> Dimension:
        """What entries are grouped by."""
        return Dimension(self.by)

    @property
    def selection(self) -> Selection:
        """The entries that count."""
        return super().selection._replace(organization=self.organization, country=self.country)


class TableQuestion(AsOfQuestion, KnownAtQuestion, WindowedQuestion, ListQuestion):
    """The league table of a board as of a date."""


class SeriesQuestion(SpanQuestion, KnownAtQuestion, ListQuestion):
    """Editions one after the other."""

    granularity: Annotated[
        Granularity, Field(description="Every edition, or the last of each ISO week or month.")
    ] = Granularity.EDITION


class OrganizationTableQuestion(TableQuestion, ByOrganization):
    """`GET /v1/leaderboards/{leaderboard}/organizations`."""


class CountryTableQuestion(TableQuestion, ByCountry):
    """`GET /v1/leaderboards/{leaderboard}/countries`."""


class LicenceTableQuestion(TableQuestion, ByLicence):
    """`GET /v1/leaderboards/{leaderboard}/licenses`."""


class OrganizationSeriesQuestion(SeriesQuestion, ByOrganization):
    """`GET /v1/leaderboards/{leaderboard}/organizations/history`."""


class CountrySeriesQuestion(SeriesQuestion, ByCountry):
    """`GET /v1/leaderboards/{leaderboard}/countries/history`."""


class LicenceSeriesQuestion(SeriesQuestion, ByLicence):
    """`GET /v1/leaderboards/{leaderboard}/licenses/history`."""


class GroupHistoryQuestion(SeriesQuestion, CountedQuestion):
    """`GET /v1/organizations/{organization}/history`, and the same of countries."""

    leaderboard: Annotated[Text, Field(description="The board's id.", examples=["lmarena-text"])]
    flagship: Annotated[
        Flagship,
        Field(
            description="The model told of for each edition: the best placed, or the newest on the "
            "board."
        ),
    ] = Flagship.HIGHEST


class SummaryQuestion(AsOfQuestion, KnownAtQuestion, WindowedQuestion, CountedQuestion):
    """`GET /v1/organizations/{organization}`, and the same of countries."""
