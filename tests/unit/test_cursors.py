"""Opaque cursors and the pages they lead to."""

from base64 import urlsafe_b64encode
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.cursors import Bookmark, Word, decode, encode, seal
from app.api.pages import Page
from app.errors import InvalidQueryError

Key = tuple[int, Word]
HERE = "/v1/leaderboards/demo/standings"
DAY = date(2024, 7, 13)


def bookmark(*key: object, snapshots: tuple[int | None, ...] = (7, None)) -> Bookmark[Any]:
    return Bookmark[Any](day=DAY, snapshots=snapshots, newest=9, key=key)


def made_by_hand(payload: bytes, *, bound_to: str = HERE) -> str:
    return urlsafe_b64encode(seal(payload, bound_to) + payload).decode()


def test_a_cursor_leads_back_to_its_bookmark() -> None:
    cursor = encode(bookmark(3, "a"), bound_to=HERE)

    found = decode(cursor, Bookmark[Key], bound_to=HERE)

    assert found == Bookmark[Key](day=DAY, snapshots=(7, None), newest=9, key=(3, "a"))


@given(st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=50))
def test_numbers_and_names_survive(number: float, name: str) -> None:
    name = name.replace("\0", "")
    cursor = encode(bookmark(number, name), bound_to=HERE)

    assert decode(cursor, Bookmark[tuple[float, Word]], bound_to=HERE).key == (number, name)


def test_a_cursor_of_another_question_is_refused() -> None:
    cursor = encode(bookmark(3, "a"), bound_to=HERE)

    with pytest.raises(InvalidQueryError, match="another question") as refused:
        decode(cursor, Bookmark[Key], bound_to="/v1/elsewhere")
    assert refused.value.parameter == "cursor"


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"null",
        b"{",
        b"\xff",
        b'{"day": "2024-07-13", "snapshots": [7, null], "key": [3, "a"]}',
        b'{"day": "2024-07-13", "snapshots": [7, null], "newest": -1, "key": [3, "a"]}',
        b'{"day": "2024-07-13", "snapshots": [7, null], "newest": 99999999999, "key": [3, "a"]}',
        b'{"day": "2024-07-13", "snapshots": [7, null], "newest": 9, "key": [3]}',
        b'{"day": "2024-07-13", "snapshots": [7, null], "newest": 9, "key": [3, "\\u0000"]}',
        b'{"day": "2024-07-13", "snapshots": [7, null], "newest": 9, "key": ["x", "a"]}',
        b'{"day": "2024-07-13", "snapshots": [0], "newest": 9, "key": [3, "a"]}',
        b'{"day": "2024-07-13", "snapshots": [99999999999], "newest": 9, "key": [3, "a"]}',
        b'{"day": "2024-07-13", "snapshots": [1, 2, 3], "newest": 9, "key": [3, "a"]}',
        b'{"day": "never", "snapshots": [7, null], "newest": 9, "key": [3, "a"]}',
        b'{"key": ' + b"[" * 600,
    ],
)
def test_what_is_inside_is_checked_even_when_the_digest_fits(payload: bytes) -> None:
    with pytest.raises(InvalidQueryError):
        decode(made_by_hand(payload), Bookmark[Key], bound_to=HERE)


@given(st.text(max_size=100))
def test_no_text_does_worse_than_being_refused(text: str) -> None:
    with pytest.raises(InvalidQueryError):
        decode(text, Bookmark[Key], bound_to=HERE)


@given(st.sets(st.integers(0, 99)), st.integers(1, 10))
def test_pages_together_are_the_list(numbers: set[int], limit: int) -> None:
    items = sorted(numbers)
    seen: list[int] = []
    place: Bookmark[tuple[int]] | None = None
    more = True
    while more:
        page = Page(limit=limit, day=DAY, bookmark=place, bound_to=HERE, newest=lambda: 9)
        shown = page.cut(items, lambda number: (number,))
        assert len(shown.items) <= limit
        seen += shown.items
        more = shown.next_cursor is not None
        place = (
            decode(shown.next_cursor or "", Bookmark[tuple[int]], bound_to=HERE) if more else None
        )

    assert seen == items
