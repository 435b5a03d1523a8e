"""Opaque cursors: where a page ended, and which editions its list was made from.

A cursor is bound to the question it continues by a digest, so that one from elsewhere, or one
that was tampered with, is refused. The digest is no secret: whoever computes one himself
learns nothing, and what is inside is checked like any other input.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import date, datetime, timedelta
from hashlib import blake2b
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from app.api.parameters import MAX_ID, MAX_TEXT
from app.errors import InvalidQueryError

_DIGEST_BYTES = 9

Key = TypeVar("Key", bound=tuple[Any, ...])
SnapshotNumber = Annotated[int, Field(ge=1, le=MAX_ID)]
Word = Annotated[str, StringConstraints(max_length=5 * MAX_TEXT, pattern=r"^[^\x00]*$")]
Number = Annotated[float, Field(allow_inf_nan=False)]


def _in_utc(moment: datetime) -> datetime:
    if moment.utcoffset() != timedelta(0):
        raise ValueError("not in UTC")
    return moment


Instant = Annotated[datetime, AfterValidator(_in_utc)]


_shapes: dict[Any, Any] = {}


class Bookmark(BaseModel, Generic[Key]):
    """Where a list goes on: after `key`, in the list made on `day` from `snapshots`.

    `newest` was the newest snapshot of the record then, 0 if there was none.
    """

    def __class_getitem__(cls, key: Any) -> Any:  # noqa: ANN401 - as pydantic's own
        """The bookmarks with keys of this type.

        Kept, as pydantic lets go of what nobody holds, and making one takes longer than many
        answers.
        """
        if key not in _shapes:
            _shapes[key] = super().__class_getitem__(key)
        return _shapes[key]

    model_config = ConfigDict(frozen=True, strict=False)

    day: date
    snapshots: tuple[SnapshotNumber | None, ...] = Field(max_length=2)
    newest: int = Field(ge=0, le=MAX_ID)
    key: Key


def encode(bookmark: Bookmark[Key], *, bound_to: str) -> str:
    """The cursor for a bookmark of this question."""
    payload = bookmark.model_dump_json().encode()
    return urlsafe_b64encode(seal(payload, bound_to) + payload).decode().rstrip("=")


def decode(text: str, shape: type[Bookmark[Key]], *, bound_to: str) -> Bookmark[Key]:
    """The bookmark in a cursor.

    Raises:
        InvalidQueryError: it is none of ours, or belongs to another question.
    """
    try:
        raw = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        digest, payload = raw[:_DIGEST_BYTES], raw[_DIGEST_BYTES:]
        if digest != seal(payload, bound_to):
            raise InvalidQueryError("cursor", "it belongs to another question, or is no cursor")
        return shape.model_validate_json(payload)
    except (ValueError, ValidationError) as error:
        raise InvalidQueryError("cursor", "it is no cursor") from error


def seal(payload: bytes, bound_to: str) -> bytes:
    """The digest that binds a cursor's content to a question."""
    key = blake2b(bound_to.encode("utf-8", "replace")).digest()
    return blake2b(payload, digest_size=_DIGEST_BYTES, key=key).digest()
