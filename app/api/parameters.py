"""Kinds of input: text, moments, windows and ids, each with its bounds."""

import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Annotated, Any

from fastapi import Path
from pydantic import AfterValidator, AwareDatetime, Field, PlainValidator, StringConstraints

from app.domain.countries import COUNTRIES
from app.domain.durations import Duration, parse_duration
from app.domain.moments import Moment, parse_moment

MAX_TEXT = 200
MAX_NAME = 1_000  # a model's id is made of two names; what is stored has 400 characters at most
MAX_WORDS = 20
MAX_WORD = 250  # on the average: five models' ids can be compared whatever they are
FEWEST_MODELS, MOST_MODELS = 2, 5
FEWEST_BOARDS, MOST_BOARDS = 2, 10
MAX_ID = 2**31 - 1
_NOT_TEXT = {"Cc", "Cs"}


def _printable(text: str) -> str:
    if not text.isprintable() and any(unicodedata.category(one) in _NOT_TEXT for one in text):
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


def _words(fewest: int, most: int, *examples: str, word: str = r"[^,\x00-\x1F\x7F-\x9F]+") -> Any:  # noqa: ANN401 - a type
    """What is said of words with commas between them."""
    pattern = f"^{word}(,{word}){{{fewest - 1},{most - 1}}}$"
    shown = [Field(examples=list(examples))] if examples else []
    return Annotated[str, StringConstraints(pattern=pattern), *shown]


def _moment(value: Any) -> Moment:  # noqa: ANN401 - whatever stands in the query
    return parse_moment(str(value))


def _duration(value: Any) -> Duration:  # noqa: ANN401 - whatever stands in the query
    return parse_duration(str(value))


Text = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_TEXT),
    AfterValidator(_printable),
    Field(json_schema_extra={"pattern": r"^[^\x00-\x1F\x7F-\x9F]*$"}),
]
Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_NAME),
    AfterValidator(_printable),
    Field(json_schema_extra={"pattern": r"^[^\x00-\x1F\x7F-\x9F]*$"}),
]
Country = Annotated[
    Text, AfterValidator(country_code), Field(json_schema_extra={"pattern": "^[A-Za-z]{2}$"})
]
Words = Annotated[Several, PlainValidator(_several, json_schema_input_type=_words(1, MAX_WORDS))]
Benchmarks = Annotated[
    Several,
    PlainValidator(_several, json_schema_input_type=_words(1, MAX_WORDS, "open-llm-v2")),
]
Models = Annotated[
    Several,
    PlainValidator(
        partial(_several, so_many=f"{FEWEST_MODELS} to {MOST_MODELS} models"),
        json_schema_input_type=_words(
            FEWEST_MODELS, MOST_MODELS, "alibaba--qwen2-72b-instruct,openai--gpt-4-1106-preview"
        ),
    ),
]
Boards = Annotated[
    Several,
    PlainValidator(
        partial(_several, so_many=f"{FEWEST_BOARDS} to {MOST_BOARDS} leaderboards"),
        json_schema_input_type=_words(FEWEST_BOARDS, MOST_BOARDS, "open-llm-v2,lmarena-text"),
    ),
]
Countries = Annotated[
    Several,
    PlainValidator(_countries, json_schema_input_type=_words(1, MAX_WORDS, word="[A-Za-z]{2}")),
]
When = Annotated[Moment, PlainValidator(_moment, json_schema_input_type=date | AwareDatetime)]
Window = Annotated[Duration, PlainValidator(_duration, json_schema_input_type=timedelta)]

LeaderboardId = Annotated[
    Text, Path(description="A leaderboard's id.", examples=["open-llm-v2", "lmarena-text"])
]
ModelId = Annotated[
    Name,
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
    Name, Path(description="An organization's id; a spelling leads to it.", examples=["alibaba"])
]
SourceId = Annotated[Text, Path(description="A source's id.", examples=["open_llm"])]
RunId = Annotated[int, Path(description="A run's number.", ge=1, le=MAX_ID, examples=[42])]
ProblemId = Annotated[
    Text, Path(description="The kind of a problem.", examples=["invalid-parameter"])
]
