"""Kinds of input: text, moments, windows and ids, each with its bounds."""

import unicodedata
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from fastapi import Path
from pydantic import AfterValidator, PlainValidator, StringConstraints, WithJsonSchema

from app.domain.countries import COUNTRIES
from app.domain.durations import Duration, parse_duration
from app.domain.moments import Moment, parse_moment

MAX_TEXT = 200
MAX_WORDS = 20
MAX_WORD = 100
FEWEST_MODELS, MOST_MODELS = 2, 5
FEWEST_BOARDS, MOST_BOARDS = 2, 10
MAX_ID = 2**31 - 1
_NOT_TEXT = {"Cc", "Cs"}


def _printable(text: str) -> str:
    if any(unicodedata.category(character) in _NOT_TEXT for character in text):
        msg = "must not hold control characters"
        raise ValueError(msg)
    return text


def country_code(text: str) -> str:
    """The country's code in capitals.

    Raises:
        ValueError: there is no such country.
    """
    code = text.upper()
    if code not in COUNTRIES:
        msg = "must be a country's ISO 3166-1 alpha-2 code, such as CN or US"
        raise ValueError(msg)
    return code


@dataclass(frozen=True, slots=True)
class Several:
    """Words with commas between them; `text` is as asked."""

    words: tuple[str, ...]
    text: str


def words_of(several: Several | None) -> tuple[str, ...]:
    """The words that were asked for; none where nothing was."""
    return () if several is None else several.words


def _several(
    value: Any,  # noqa: ANN401 - whatever stands in the query
    *,
    so_many: str = f"one to {MAX_WORDS} words",
) -> Several:
    text = _printable(str(value))
    words = tuple(dict.fromkeys(word.strip() for word in text.split(",")))
    if not all(words) or len(words) > MAX_WORDS or len(text) > MAX_WORDS * MAX_WORD:
        msg = f"must be {so_many} with commas between them"
        raise ValueError(msg)
    return Several(words, text)


def _countries(value: Any) -> Several:  # noqa: ANN401 - whatever stands in the query
    several = _several(value)
    return Several(tuple(dict.fromkeys(map(country_code, several.words))), several.text)


def _moment(value: Any) -> Moment:  # noqa: ANN401 - whatever stands in the query
    return parse_moment(str(value))


def _duration(value: Any) -> Duration:  # noqa: ANN401 - whatever stands in the query
    return parse_duration(str(value))


Text = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_TEXT), AfterValidator(_printable)
]
Country = Annotated[Text, AfterValidator(country_code)]
Words = Annotated[Several, PlainValidator(_several), WithJsonSchema({"type": "string"})]
Benchmarks = Annotated[
    Several,
    PlainValidator(_several),
    WithJsonSchema({"type": "string", "examples": ["open-llm-v2"]}),
]
Models = Annotated[
    Several,
    PlainValidator(partial(_several, so_many=f"{FEWEST_MODELS} to {MOST_MODELS} models")),
    WithJsonSchema({"type": "string", "examples": ["alibaba--qwen2-72b-instruct,openai--gpt-4o"]}),
]
Boards = Annotated[
    Several,
    PlainValidator(partial(_several, so_many=f"{FEWEST_BOARDS} to {MOST_BOARDS} leaderboards")),
    WithJsonSchema({"type": "string", "examples": ["open-llm-v2,lmarena-text"]}),
]
Countries = Annotated[Several, PlainValidator(_countries), WithJsonSchema({"type": "string"})]
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
CountryId = Annotated[
    Text,
    Path(description="A country's ISO 3166-1 alpha-2 code.", examples=["CN"]),
]
OrganizationId = Annotated[
    Text, Path(description="An organization's id; a spelling leads to it.", examples=["alibaba"])
]
SourceId = Annotated[Text, Path(description="A source's id.", examples=["open_llm"])]
RunId = Annotated[int, Path(description="A run's number.", ge=1, le=MAX_ID, examples=[42])]
ProblemId = Annotated[
    Text, Path(description="The kind of a problem.", examples=["invalid-parameter"])
]
