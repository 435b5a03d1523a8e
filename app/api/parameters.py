"""Kinds of input: text, moments, windows and ids, each with its bounds."""

import unicodedata
from typing import Annotated, Any

from fastapi import Path
from pydantic import AfterValidator, PlainValidator, StringConstraints, WithJsonSchema

from app.domain.countries import COUNTRIES
from app.domain.durations import Duration, parse_duration
from app.domain.moments import Moment, parse_moment

MAX_TEXT = 200
MAX_ID = 2**31 - 1
_NOT_TEXT = {"Cc", "Cs"}


def _printable(text: str) -> str:
    if any(unicodedata.category(character) in _NOT_TEXT for character in text):
        msg = "must not hold control characters"
        raise ValueError(msg)
    return text


def _country(text: str) -> str:
    code = text.upper()
    if code not in COUNTRIES:
        msg = "must be a country's ISO 3166-1 alpha-2 code, such as CN or US"
        raise ValueError(msg)
    return code


def _moment(value: Any) -> Moment:  # noqa: ANN401 - whatever stands in the query
    return parse_moment(str(value))


def _duration(value: Any) -> Duration:  # noqa: ANN401 - whatever stands in the query
    return parse_duration(str(value))


Text = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_TEXT), AfterValidator(_printable)
]
Country = Annotated[Text, AfterValidator(_country)]
When = Annotated[
    Moment,
    PlainValidator(_moment),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "format": "date"},
                {"type": "string", "format": "date-time"},
            ]
        }
    ),
]
Window = Annotated[
    Duration,
    PlainValidator(_duration),
    WithJsonSchema({"type": "string", "format": "duration"}),
]

LeaderboardId = Annotated[
    Text, Path(description="A leaderboard's id.", examples=["open-llm-v2", "lmarena-text"])
]
ModelId = Annotated[
    Text,
    Path(
        description="A model's id; an old one, or a printed name, leads to it.",
        examples=["alibaba--qwen2-72b-instruct"],
    ),
]
OrganizationId = Annotated[
    Text, Path(description="An organization's id; a spelling leads to it.", examples=["alibaba"])
]
SourceId = Annotated[Text, Path(description="A source's id.", examples=["open_llm"])]
RunId = Annotated[int, Path(description="A run's number.", ge=1, le=MAX_ID, examples=[42])]
ProblemId = Annotated[
    Text, Path(description="The kind of a problem.", examples=["invalid-parameter"])
]
