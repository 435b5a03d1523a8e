"""Lists cut into pages by key, so that a page stays right whatever is added before it."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, NamedTuple, TypeVar

from app.api.cursors import Bookmark, Key, encode

Item = TypeVar("Item")


class Slice(NamedTuple, Generic[Item]):
    """A page's items, and the cursor of the next page, None on the last one."""

    items: Sequence[Item]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Key]):
    """Which part of a list is asked for.

    `day` is the date on which the list's first page was made: "now" for all its pages. `newest`
    tells the newest snapshot that the list is made from, which later pages do not look beyond.
    """

    limit: int
    day: date
    bookmark: Bookmark[Key] | None
    bound_to: str
    newest: Callable[[], int]

    @property
    def after(self) -> Key | None:
        """The key of the last item already seen."""
        return None if self.bookmark is None else self.bookmark.key

    @property
    def snapshots(self) -> tuple[int | None, ...] | None:
        """The editions that the first page was made from; None on the first page."""
        return None if self.bookmark is None else self.bookmark.snapshots

    def cut(
        self,
        items: Sequence[Item],
        key: Callable[[Item], Any],
        *,
        snapshots: tuple[int | None, ...] = (),
    ) -> Slice[Item]:
        """The page of a whole list that is in ascending order of `key`, which is unique."""
        start = 0 if self.after is None else bisect_right(items, self.after, key=key)
        return self.trim(items[start : start + self.limit + 1], key, snapshots=snapshots)

    def trim(
        self,
        items: Sequence[Item],
        key: Callable[[Item], Any],
        *,
        snapshots: tuple[int | None, ...] = (),
    ) -> Slice[Item]:
        """The page of a list that begins at the page and holds one item more if there is more."""
        if len(items) <= self.limit:
            return Slice(items, None)
        kept = items[: self.limit]
        bookmark = Bookmark[Any](
            day=self.day, snapshots=snapshots, newest=self.newest(), key=key(kept[-1])
        )
        return Slice(kept, encode(bookmark, bound_to=self.bound_to))
