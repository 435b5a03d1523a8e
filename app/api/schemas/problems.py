"""Problem documents."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from app.api.schemas.common import LinksOut, NoMetaOut


class FaultOut(TypedDict):
    """What is wrong with one parameter."""

    parameter: Annotated[str, Field(description="Its name.", examples=["limit"])]
    detail: Annotated[str, Field(examples=["Input should be less than or equal to 500"])]


class ProblemOut(TypedDict):
    """An error (RFC 9457)."""

    type: Annotated[
        str,
        Field(
            description="The path that describes this kind of problem.",
            examples=["/v1/problems/invalid-parameter"],
        ),
    ]
    title: Annotated[str, Field(examples=["Invalid parameter"])]
    status: Annotated[int, Field(description="The HTTP status.", examples=[422])]
    detail: Annotated[str, Field(description="What is wrong here.", examples=["check `limit`"])]
    instance: Annotated[
        str,
        Field(
            description="The path that was asked for.",
            examples=["/v1/leaderboards/open-llm-v2/standings"],
        ),
    ]
    errors: Annotated[list[FaultOut], Field(description="What is wrong with which parameter.")]


class UnknownOut(ProblemOut):
    """An id that there is not, with the ids most like it."""

    suggestions: Annotated[
        list[str],
        Field(description="Ids spelled like it, nearest first.", examples=[["open-llm-v2"]]),
    ]


class KindOut(TypedDict):
    """A kind of problem."""

    id: Annotated[str, Field(examples=["invalid-parameter"])]
    type: Annotated[
        str,
        Field(description="As in documents.", examples=["/v1/problems/invalid-parameter"]),
    ]
    title: Annotated[str, Field(examples=["Invalid parameter"])]
    status: Annotated[int, Field(description="The HTTP status.", examples=[422])]
    description: Annotated[
        str, Field(examples=["A parameter does not exist, is missing, or makes no sense."])
    ]


class KindAnswer(TypedDict):
    """One kind of problem."""

    data: KindOut
    meta: NoMetaOut
    links: LinksOut


class KindsAnswer(TypedDict):
    """Every kind of problem."""

    data: list[KindOut]
    meta: NoMetaOut
    links: LinksOut
