"""What a caller may ask of analyses over several boards."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from app.api.parameters import Benchmarks, Boards, Country, Name, Text
from app.api.questions import (
    MAX_LIMIT,
    AsOfQuestion,
    EntryFilter,
    KnownAtQuestion,
    ListQuestion,
    Question,
    SpanQuestion,
)
from app.domain.moments import Moment
from app.domain.periods import Granularity
from app.domain.selection import Selection


class AnalysisBy(StrEnum):
    """What has a row of its own."""

    MODEL = "model"
    ORGANIZATION = "organization"


class GeneralizationSort(StrEnum):
    """The order of changes; a minus puts the largest first. What is unknown comes last."""

    FROM_PERCENTILE = "from_percentile"
    FROM_PERCENTILE_DOWN = "-from_percentile"
    TO_PERCENTILE = "to_percentile"
    TO_PERCENTILE_DOWN = "-to_percentile"
    PERCENTILE_CHANGE = "percentile_change"
    PERCENTILE_CHANGE_DOWN = "-percentile_change"
    MODELS = "models"
    MODELS_DOWN = "-models"
    Q_VALUE = "q_value"
    Q_VALUE_DOWN = "-q_value"


ONLY_OF_ORGANIZATIONS = {
    GeneralizationSort.MODELS,
    GeneralizationSort.MODELS_DOWN,
    GeneralizationSort.Q_VALUE,
    GeneralizationSort.Q_VALUE_DOWN,
}


class RowsQuestion(Question):
    """Rows of models or of their makers; a filter leaves the figures of the others alone."""

    by: Annotated[AnalysisBy, Field(description="A row for each model, or for each maker.")] = (
        AnalysisBy.MODEL
    )
    organization: Annotated[
        Name | None,
        Field(
            description="Only rows of this organization (id or spelling); figures stay those "
            "among all.",
            examples=["meta"],
        ),
    ] = None
    country: Annotated[
        Country | None,
        Field(
            description="Only rows of this country (ISO 3166-1 alpha-2); figures stay those "
            "among all.",
            examples=["US"],
        ),
    ] = None

    @property
    def selection(self) -> Selection:
        """The rows asked for, in the caller's own words."""
        return Selection(organization=self.organization, country=self.country)


class GeneralizationQuestion(AsOfQuestion, KnownAtQuestion, RowsQuestion, ListQuestion):
    """`GET /v1/analyses/generalization`."""

    from_board: Annotated[
        Text, Field(description="The older board's id.", examples=["open-llm-v1"])
    ]
    to_board: Annotated[Text, Field(description="The newer board's id.", examples=["open-llm-v2"])]
    include_community: Annotated[
        bool,
        Field(
            description="Compare all models on both boards, not only those that are official on "
            "both."
        ),
    ] = False
    sort: Annotated[
        GeneralizationSort,
        Field(
            description="The order; `-from_percentile` begins with those that led the older board, "
            "`percentile_change` with those that fell the furthest. `models` and `q_value` go with "
            "`by=organization`.",
            examples=["percentile_change"],
        ),
    ] = GeneralizationSort.FROM_PERCENTILE_DOWN

    @property
    def counted(self) -> Selection:
        """The entries that count, on either board."""
        return Selection(official=None if self.include_community else True)


class GapSort(StrEnum):
    """The order of gaps; a minus puts the largest first. What is unknown comes last."""

    STUDENTIZED = "studentized"
    STUDENTIZED_DOWN = "-studentized"
    Q_VALUE = "q_value"
    Q_VALUE_DOWN = "-q_value"


class PreferenceGapQuestion(AsOfQuestion, KnownAtQuestion, RowsQuestion, ListQuestion):
    """`GET /v1/analyses/benchmark-preference-gap`."""

    benchmark: Annotated[
        Benchmarks,
        Field(
            description="The benchmark's id, or several by commas: then the mean of their "
            "standard scores counts, of the models on all of them.",
        ),
    ]
    preference: Annotated[
        Text,
        Field(description="The id of a board of people's preference.", examples=["lmarena-text"]),
    ]
    sort: Annotated[
        GapSort,
        Field(
            description="The order; `-studentized` begins with those that people prefer to what "
            "benchmarks say.",
            examples=["q_value"],
        ),
    ] = GapSort.STUDENTIZED_DOWN


class Among(StrEnum):
    """Which models two boards are compared by."""

    COMMON = "common"
    ALL = "all"


class TopQuestion(Question):
    """The first k of a ranking."""

    k: Annotated[int, Field(ge=1, le=MAX_LIMIT, description="The top k: those with rank <= k.")] = (
        10
    )


class AgreementQuestion(
    AsOfQuestion, SpanQuestion, KnownAtQuestion, EntryFilter, TopQuestion, ListQuestion
):
    """`GET /v1/analyses/agreement`."""

    leaderboards: Annotated[
        Boards,
        Field(
            description="Ids of two to ten boards, by commas; every two are compared.",
        ),
    ]
    among: Annotated[
        Among,
        Field(
            description="`common`: rankings of the models on both, ranked anew; `all`: the whole "
            "boards. tau-b is always among those on both."
        ),
    ] = Among.COMMON
    granularity: Annotated[
        Granularity | None,
        Field(
            description="Compare over time instead of `as_of` a date: at every edition of either "
            "board, or by the last of each ISO week or month. With `from` or `to` default month."
        ),
    ] = None

    @property
    def asked_end(self) -> Moment | None:
        """The last date that it is about, None where that is now."""
        return self.as_of or self.to

    @property
    def steps(self) -> Granularity | None:
        """How often to compare, None for once."""
        if self.granularity is None and (self.from_ or self.to):
            return Granularity.MONTH
        return self.granularity


class ChurnQuestion(SpanQuestion, KnownAtQuestion, EntryFilter, TopQuestion, ListQuestion):
    """`GET /v1/leaderboards/{leaderboard}/churn`."""

    granularity: Annotated[
        Granularity,
        Field(
            description="Every edition, or the last of each ISO week or month, against the one "
            "kept before."
        ),
    ] = Granularity.EDITION


class LagBy(StrEnum):
    """What kinds of groups can trail each other."""

    COUNTRY = "country"
    ORGANIZATION = "organization"
    OPEN_WEIGHTS = "open_weights"


class LagQuestion(AsOfQuestion, KnownAtQuestion, ListQuestion):
    """`GET /v1/analyses/lag`."""

    leaderboard: Annotated[Text, Field(description="The board's id.", examples=["lmarena-text"])]
    by: Annotated[
        LagBy,
        Field(
            description="Whether countries are meant, organizations, or open and closed weights."
        ),
    ] = LagBy.COUNTRY
    group: Annotated[
        Name,
        Field(
            description="Who may trail: a country's code, an organization, or with "
            "`by=open_weights` open or closed.",
            examples=["CN"],
        ),
    ]
    behind: Annotated[
        Name, Field(description="Behind whose frontier: a group of the same kind.", examples=["US"])
    ]
    include_community: Annotated[
        bool, Field(description="Count all entries, not the official ones only.")
    ] = False

    @property
    def counted(self) -> Selection:
        """The entries that count."""
        return Selection(official=None if self.include_community else True)
